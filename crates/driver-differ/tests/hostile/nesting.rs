//! Deep nesting of everything that nests.

use crate::check::{accepted, refused};

const DEEP: usize = 100_000;

fn wrap(open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[test]
fn deep_expressions_are_refused() {
    for expression in [
        wrap("(", "1", ")"),
        wrap("- ", "1", ""),
        wrap("!", "1", ""),
        wrap("1 ? ", "1", " : 1"),
        wrap("1 ? 1 : ", "1", ""),
        wrap("(int)", "1", ""),
        wrap("1 + (", "1", ")"),
        wrap("sizeof(char[", "1", "])"),
        wrap("_Alignof(char[", "1", "])"),
    ] {
        refused(&format!("#if {expression}\n#endif\n"), "a.h:1", "");
        // Parentheses about a plain number are not even looked at.
        if !expression.starts_with("((") {
            refused(&format!("\n#define A {expression}\n"), "a.h:2", "");
        }
        refused(&format!("\ntypedef int a[{expression}];\n"), "a.h:2", "");
        refused(&format!("\nenum e {{ A = {expression} }};\n"), "a.h:2", "");
        refused(&format!("\nstruct s {{ int a : {expression}; }};\n"), "a.h:2", "");
    }
    let sum = format!("(1{})", " + 1".repeat(DEEP / 2));
    assert_eq!(accepted(&format!("typedef char a[{sum}];\n")).aliases["a"].size, DEEP as u64 / 2 + 1);
}

#[test]
fn deep_declarations_are_refused() {
    for declaration in [
        wrap("struct {", "int a;", "} a;"),
        wrap("union {", "int a;", "};"),
        format!("typedef int {};", wrap("*", "a", "")),
        format!("typedef int {};", wrap("(*", "a", ")")),
        format!("typedef int {};", wrap("(*", "a", ")(int)")),
        format!("typedef int {};", wrap("(*", "a", ")[1]")),
        format!("typedef int {};", wrap("", "a", "[1]")),
        format!("typedef int a({});", wrap("int (*f)(", "int", ")")),
        format!("typedef int a[{}];", wrap("[", "1", "]")),
        format!("typedef {} a;", wrap("struct s *", "a", "")),
        format!("struct {} {{ int a; }};", wrap("__attribute__((", "packed", "))")),
        format!("typedef __typeof__{} a;", wrap("(", "int", ")")),
        wrap("struct a {", "", ""),
        wrap("(", "", ""),
    ] {
        refused(&format!("\n{declaration}\n"), "a.h:2", "");
    }
    refused(&format!("\n{}", "typedef struct {} ".repeat(DEEP)), "a.h:2", "");
    assert_eq!(accepted(&format!("typedef int {};", wrap("(", "a", ")"))).aliases["a"].size, 4);
    assert_eq!(accepted(&format!("int a = {};", wrap("{", "1", "}"))), Default::default());
    refused("\nint a[1};\n", "a.h:2", "a closing bracket without its opening one");
    refused("\n}\n", "a.h:2", "a closing bracket without its opening one");
    refused("\nstruct s {\n", "a.h:2", "is not finished at the end");
}

#[test]
fn long_chains_of_names_are_followed() {
    let typedefs: String = (1..DEEP).map(|i| format!("typedef t{} t{i};\n", i - 1)).collect();
    let domain = accepted(&format!("typedef int t0;\n{typedefs}"));
    assert_eq!(domain.aliases[&format!("t{}", DEEP - 1)].size, 4);

    let pointers: String = (1..DEEP).map(|i| format!("typedef t{} *t{i};\n", i - 1)).collect();
    let domain = accepted(&format!("typedef int t0;\n{pointers}"));
    assert_eq!(domain.aliases[&format!("t{}", DEEP - 1)].ty, format!("t{} *", DEEP - 2));

    // Each names the next one, which is not defined yet.
    let links: String = (0..DEEP).map(|i| format!("struct s{i} {{ struct s{} *next; }};\n", i + 1)).collect();
    assert_eq!(accepted(&links).records.len(), DEEP);

    let contained: String = (1..DEEP).map(|i| format!("struct s{i} {{ struct s{} inner; }};\n", i - 1)).collect();
    assert_eq!(accepted(&format!("struct s0 {{ int a; }};\n{contained}")).records.len(), DEEP);
}

#[test]
fn arrays_of_ever_more_dimensions_are_refused() {
    let arrays: String = (1..DEEP).map(|i| format!("typedef t{} t{i}[1];\n", i - 1)).collect();
    refused(&format!("typedef int t0;\n{arrays}"), "a.h:66", "more than 64 dimensions");
}

#[test]
fn two_long_chains_are_compared_within_bounds() {
    let chain = |n: &str| (1..20_000).map(|i| format!("typedef {n}{} *{n}{i};\n", i - 1)).collect::<String>();
    let again = "typedef a19999 x;\ntypedef b19999 x;\n".repeat(50_000);
    let text = format!("typedef int a0;\ntypedef int b0;\n{}{}{again}", chain("a"), chain("b"));
    refused(&text, "a.h:40002", "'x' is already another type");
}
