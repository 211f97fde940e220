//! Includes, conditionals and pragmas.

use crate::check::{accepted, assert_refusal, read_files, refused};

#[test]
fn an_include_cycle_with_guards_is_fine() {
    let guarded = |name: &str, other: &str| format!("#ifndef {name}\n#define {name} 1\n#include \"{other}\"\n#endif\n");
    let (domain, _) = read_files(vec![("a.h", guarded("A", "b.h")), ("b.h", guarded("B", "a.h"))]).unwrap();
    assert_eq!((domain.constants["A"], domain.constants["B"]), (1, 1));
}

#[test]
fn an_include_cycle_without_guards_is_refused() {
    let error = read_files(vec![("a.h", "\n#include \"b.h\"\n"), ("b.h", "#include \"a.h\"\n")]).unwrap_err();
    assert_refusal("cycle", &error, "a.h:2", "includes nest deeper than 200 (a cycle?)");
    refused("#include \"a.h\"\n#include \"a.h\"\n", "a.h:1", "includes nest deeper than 200");
}

#[test]
fn includes_that_double_at_each_level_are_refused() {
    let names: Vec<String> = (0..30).map(|i| format!("{i}.h")).collect();
    let text = |i: usize| format!("#include \"{}.h\"\n#include \"{}.h\"\n", i + 1, i + 1);
    let mut files: Vec<(&str, String)> = names.iter().enumerate().map(|(i, n)| (n.as_str(), text(i))).collect();
    files[29].1 = String::new();
    let error = read_files(files).unwrap_err();
    assert!(error.contains("more than 100000 files are included"), "{error}");
}

#[test]
fn a_large_header_included_again_and_again_is_refused() {
    let files = vec![("a.h", "#include \"b.h\"\n".repeat(1000)), ("b.h", "#define A 1\n".repeat(100_000))];
    assert_refusal("repeats", &read_files(files).unwrap_err(), "b.h:1", "repeats counted, exceed");
}

#[test]
fn conditionals_that_do_not_balance_are_refused() {
    for (text, place, message) in [
        ("\n#if 1\n", "a.h:2", "the conditional has no #endif"),
        ("#if 0\n#if 1\n#endif\n", "a.h:1", "the conditional has no #endif"),
        ("\n#endif\n", "a.h:2", "there is no #if that this belongs to"),
        ("#else\n", "a.h:1", "there is no #if that this belongs to"),
        ("#elif 1\n", "a.h:1", "there is no #if that this belongs to"),
        ("#if 1\n#else\n#else\n#endif\n", "a.h:3", "another group after #else"),
        ("#if 0\n#else\n#elif 1\n#endif\n", "a.h:3", "another group after #else"),
        ("#if\n#endif\n", "a.h:1", "the condition has no value"),
        ("#if 1 +\n#endif\n", "a.h:1", "the condition has no value"),
        ("#if defined\n#endif\n", "a.h:1", "'defined' needs a macro's name"),
        ("#if defined(A\n#endif\n", "a.h:1", "'defined' needs a macro's name"),
        ("#ifdef\n#endif\n", "a.h:1", "the directive needs a macro's name"),
        ("#define\n", "a.h:1", "the directive needs a macro's name"),
        ("#define defined 1\n", "a.h:1", "'defined' is no macro's name"),
        ("#if 0\n#elifdef A\n#endif\n", "a.h:2", "'#elifdef' is not supported"),
        ("#if __has_include(X)\n#endif\n", "a.h:1", "__has_include needs"),
        ("#assert x\n", "a.h:1", "'#assert' is not known"),
        ("\n#error no\n", "a.h:2", "#error no"),
    ] {
        refused(text, place, message);
    }
    refused(&"#if 1\n".repeat(100_000), "a.h:1001", "conditionals nest too deeply");
    refused(&"#if 0\n".repeat(100_000), "a.h:1001", "conditionals nest too deeply");
}

#[test]
fn a_header_cut_off_in_a_conditional_does_not_close_its_includers() {
    let files = vec![("a.h", "#if 1\n#include \"b.h\"\n"), ("b.h", "#endif\n")];
    assert_refusal("endif", &read_files(files).unwrap_err(), "b.h:1", "there is no #if that this belongs to");
}

#[test]
fn includes_that_lead_nowhere_are_refused() {
    for (text, message) in [
        ("#include \"none.h\"\n", "the header \"none.h\" is not on the include path"),
        ("#include\n", "#include needs \"FILE\" or <FILE>"),
        ("#include A\n", "#include needs \"FILE\" or <FILE>"),
        ("#include \"../../a.h\"\n", "is not on the include path"),
        ("#include \"/a.h\"\n", "is not on the include path"),
    ] {
        refused(text, "a.h:1", message);
    }
    refused(&format!("#include \"{}\"\n", "x".repeat(1 << 20)), "a.h:1", "a path of 1048576 bytes");
}

#[test]
fn a_directive_between_a_macro_and_its_arguments_is_refused() {
    let define = "#define F(x) x\n#define G F\n#define NOTHING\n";
    for (text, line, message) in [
        ("int a F(1,\n#define X\n2);\n", 4, "the arguments of F are not closed"),
        ("int a F\n#define X\n(1);\n", 6, "the arguments of F follow a directive"),
        ("int a G\n#define X\n(1);\n", 6, "the arguments of F follow a directive"),
        ("int a G\n#define X\nNOTHING\n#define Y\n(1);\n", 8, "the arguments of F follow a directive"),
    ] {
        refused(&format!("{define}{text}"), &format!("a.h:{line}"), message);
    }
}

#[test]
fn pragmas_whose_effect_is_not_known_are_refused() {
    for (text, place, message) in [
        ("#pragma pack(pop)\n", "a.h:1", "without a push"),
        ("#pragma pack(3)\n", "a.h:1", "#pragma pack(3) is not supported"),
        ("#pragma pack(N)\n", "a.h:1", "#pragma pack(N) is not supported"),
        ("#pragma pack(push, x, 1)\n", "a.h:1", "is not supported"),
        ("#pragma pack\n", "a.h:1", "is not supported"),
        ("struct s {\n#pragma pack(1)\n};\n", "a.h:2", "within a declaration"),
        ("_Pragma(\"pack(1)\")\nint x;\n", "a.h:1", "_Pragma"),
        ("void f(void) {\n_Pragma(\"pack(1)\") }\n", "a.h:2", "_Pragma"),
    ] {
        refused(text, place, message);
    }
    refused(&"#pragma pack(push)\n".repeat(100_000), "a.h:1001", "nests too deeply");
    let domain =
        accepted("#pragma once and for all\n#include \"a.h\"\n#pragma pack(1)\nstruct s { char a; int b; };\n");
    assert_eq!(domain.records["s"].size, 5);
}
