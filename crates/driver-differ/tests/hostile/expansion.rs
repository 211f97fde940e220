//! Macros that grow, nest or refer to themselves.

use crate::check::{accepted, read, refused};

/// `#define P0 x`, and each next one the last one `times` over.
fn laughs(first: &str, levels: usize, times: usize) -> String {
    let mut text = format!("#define P0 {first}\n");
    for level in 1..levels {
        text += &format!("#define P{level} {}\n", format!("P{} ", level - 1).repeat(times));
    }
    text
}

#[test]
fn a_macro_that_names_itself_is_expanded_once() {
    let recursions = "#define A A\n#define B C\n#define C B\n#define F(x) F(x) G(x)\n#define G(x) F(x) G(x)\n";
    let domain = accepted(&format!("{recursions}#if A + B + F + G\n#endif\nstruct A {{ int B; }};\n"));
    assert_eq!(domain.records["A"].fields[0].name, "B");
    refused(&format!("{recursions}typedef int t[F(F(F(1)))];\n"), "a.h:6", "");
    refused(&format!("{recursions}typedef int t[A];\n"), "a.h:6", "'A' is not a constant");
}

#[test]
fn expansion_that_doubles_at_each_level_is_refused() {
    let laughs = laughs("1 +", 40, 2);
    refused(&format!("{laughs}int a = P39 0;\n"), "a.h:41", "macro expansion is larger than the limit");
    refused(&format!("{laughs}#if P39 0\n#endif\n"), "a.h:41", "macro expansion is larger than the limit");
    refused(&format!("{laughs}#include P39\n"), "a.h:41", "macro expansion is larger than the limit");
    let error = read(&laughs).unwrap_err();
    assert!(error.contains("in the macro P16: macro expansion is larger than the limit"), "{error}");
    assert!(error.starts_with("a.h:17: "), "{error}");
}

#[test]
fn arguments_that_double_at_each_level_are_refused() {
    let nested = |times| format!("{}1{}", "F(".repeat(times), ")".repeat(times));
    let doubling = "#define F(x) x x\n";
    refused(&format!("{doubling}int a = {};\n", nested(60)), "a.h:2", "macro expansion is larger than the limit");
    let chain: String = (1..60).map(|i| format!("#define F{i}(x) F{}(x x)\n", i - 1)).collect();
    refused(
        &format!("#define F0(x) x\n{chain}int a = F59(1);\n"),
        "a.h:61",
        "macro expansion is larger than the limit",
    );
    refused(&format!("{doubling}int a = {};\n", nested(1000)), "a.h:2", "macros expand into one another too deeply");
    // What is thrown away was copied all the same.
    let empty = "#define E(x)\n#define B E(1 1 1 1 1 1 1 1 1 1)\n";
    let bodies: String = (0..9).map(|i| format!("#define C{} {}\n", i + 1, format!("C{i} ").repeat(10))).collect();
    refused(&format!("{empty}#define C0 B\n{bodies}int a C9;\n"), "a.h:13", "macro expansion is larger than the limit");
}

#[test]
fn text_made_by_macros_is_bounded() {
    let paste: String = (1..60).map(|i| format!("#define P{i}(x) P{}(x##x)\n", i - 1)).collect();
    refused(&format!("#define P0(x) x\n{paste}int P59(a);\n"), "a.h:61", "'##' makes");
    let numbers = format!("#define P0(x) x\n{paste}int P59(1);\n");
    refused(&numbers, "a.h:61", "'#' and '##' make more text than the limit");
    let spell = format!("#define S(x) #x\nchar *s = S({});\n", "a ".repeat(1 << 20));
    refused(&spell, "a.h:2", "'#' and '##' make more text than the limit");
    let nested: String = (1..40).map(|i| format!("#define S{i}(x) S{}(#x #x)\n", i - 1)).collect();
    refused(&format!("#define S0(x) x\n{nested}char *s = S39(\"\");\n"), "a.h:41", "more text than the limit");
}

#[test]
fn a_long_chain_of_macros_is_refused_or_expanded() {
    let chain = |n: usize| {
        let links: String = (1..n).map(|i| format!("#define A{i} A{}\n", i - 1)).collect();
        format!("#define A0 1\n{links}")
    };
    assert_eq!(accepted(&chain(150)).constants["A149"], 1);
    let error = read(&chain(100_000)).unwrap_err();
    assert!(error.contains("macros expand into one another too deeply"), "{error}");
}

#[test]
fn many_large_constants_are_refused() {
    let many: String = (0..10_000).map(|i| format!("#define C{i} P15 0\n")).collect();
    let error = read(&format!("{}{many}", laughs("1 +", 16, 2))).unwrap_err();
    assert!(error.contains("macro expansion is larger than the limit"), "{error}");
}

#[test]
fn malformed_macros_are_refused_where_they_are_used() {
    for (text, message) in [
        ("#define F(x\nint a F(1);", "parameter list is malformed"),
        ("#define F(x x) 1\nint a F(1);", "parameter list is malformed"),
        ("#define F(x, x) 1\nint a F(1, 2);", "parameter list is malformed"),
        ("#define F(..., x) 1\nint a F(1);", "parameter list is malformed"),
        ("#define F(__VA_ARGS__) 1\nint a F(1);", "parameter list is malformed"),
        ("#define F(x) #1\nint a F(1);", "'#' needs a parameter"),
        ("#define F() #x\nint a F();", "'#' needs a parameter"),
        ("#define F(x) ##x\nint a F(1);", "'##' at an end"),
        ("#define F(x) x##\nint a F(1);", "'##' at an end"),
        ("#define F(x...) __VA_OPT__(x)\nint a F(1);", "__VA_OPT__ is not supported"),
        ("#define F(x, y) x##y\nint a F(+, 1);", "which is not one token"),
        ("#define F(x) x\nint a F(1, 2);", "F takes 1 arguments, not 2"),
        ("#define F(x, y) x\nint a F(1);", "F takes 2 arguments, not 1"),
        ("#define F() x\nint a F(1);", "F takes 0 arguments, not 1"),
        ("#define F(x) x\nint a F(1;", "the arguments of F are not closed"),
        ("#define F(x) x '\nint a F(1);", "literal is not closed"),
    ] {
        refused(text, "a.h:2", message);
    }
    let parameters: Vec<String> = (0..100_000).map(|i| format!("p{i}")).collect();
    refused(&format!("#define F({}) 1\nint a F(1);", parameters.join(",")), "a.h:2", "parameter list is malformed");
    refused(&format!("#define F(x) 1\nint a F({});", ",".repeat(1 << 20)), "a.h:2", "F takes 1 arguments, not");
}
