//! Large numbers, and large numbers of things.

use crate::check::{accepted, read, refused};

const MANY: usize = 100_000;

#[test]
fn objects_larger_than_memory_are_refused() {
    for text in [
        "typedef char a[0xffffffffffffffff];",
        "typedef char a[-1];",
        "typedef int a[0x7fffffffffffffff];",
        "typedef char a[0x100000000][0x100000000];",
        "struct s { char a[0x7fffffffffffffff], b[0x7fffffffffffffff]; };",
        "struct s { char a[0x7fffffffffffffff]; int b; };",
        "union u { char a[0x7fffffffffffffff]; int b; };",
        "struct s { char a[0x7fffffffffffffff]; int b : 1; };",
        "struct s { int a; } __attribute__((aligned(0x40000000)));",
        "struct s { int a __attribute__((aligned(3))); };",
        "struct s { int a : 33; };",
        "struct s { int a : -1; };",
        "struct s { int a : 0; };",
        "typedef char a[1 / 0];",
        "enum e { A = 0xffffffffffffffff, B };",
        "enum e { A = 0xffffffffffffffff, B = -1 };",
        "typedef struct s { char a[0x7fffffffffffffff]; } t[2];",
        "struct s { struct s a; };",
        "struct s { struct s { int b; } a; };",
        "struct s { void a; };",
        "struct s { struct none a; };",
    ] {
        refused(&format!("\n{text}\n"), "a.h:2", "");
    }
    let halves: String = (1..100).map(|i| format!("typedef struct {{ t{} a, b; }} t{i};\n", i - 1)).collect();
    refused(&format!("typedef int t0;\n{halves}"), "a.h:62", "too large");
}

#[test]
fn many_things_are_read() {
    let list = |f: &dyn Fn(usize) -> String| (0..MANY).map(f).collect::<String>();
    let fields = accepted(&format!("struct s {{\n{} }};\n", list(&|i| format!("int f{i};\n"))));
    assert_eq!(fields.records["s"].fields.len(), MANY);
    let one_line = accepted(&format!(
        "struct s {{ int a{}; }};\n",
        (0..MANY / 2).map(|i| format!(", *f{i}[2]")).collect::<String>()
    ));
    assert_eq!(one_line.records["s"].fields.len(), MANY / 2 + 1);
    let records = accepted(&list(&|i| format!("typedef struct s{i} {{ int a : {}; }} t{i};\n", i % 32 + 1)));
    assert_eq!(records.records.len(), 2 * MANY);
    let enumerators = accepted(&format!("enum e {{\n{} }};\ntypedef char t[E99999];\n", list(&|i| format!("E{i},\n"))));
    assert_eq!(enumerators.aliases["t"].size, MANY as u64 - 1);
    let constants = accepted(&format!("#define D 1\n{}", list(&|i| format!("#define C{i} (D + {i})\n"))));
    assert_eq!(constants.constants.len(), MANY + 1);
    let typedefs = accepted(&format!("typedef int t{};\n", list(&|i| format!(", t{i}"))));
    assert_eq!(typedefs.aliases.len(), MANY + 1);
}

#[test]
fn many_attributes_are_read() {
    let aligned: String = (0..20_000).map(|i| format!("int f{i} __attribute__((aligned(8)));\n")).collect();
    assert_eq!(accepted(&format!("struct s {{\n{aligned}}};\n")).records["s"].size, 8 * 20_000);
    let packed: String =
        (0..20_000).map(|i| format!("struct {{ char a; int b; }} __attribute__((packed)) f{i};\n")).collect();
    assert_eq!(accepted(&format!("struct s {{\n{packed}}};\n")).records["s"].size, 5 * 20_000);
    let repeated = "__attribute__((aligned(8))) ".repeat(20_000);
    assert_eq!(accepted(&format!("struct s {{ int a; }} {repeated};\n")).records["s"].size, 8);
    assert_eq!(accepted(&format!("struct s {{ int a {repeated}; }};\n")).records["s"].size, 8);
}

#[test]
fn names_that_double_at_each_level_are_refused() {
    let mut nested = "int x;".to_string();
    for _ in 0..40 {
        nested = format!("struct {{ {nested} }} a, b;");
    }
    let error = read(&format!("\nstruct s {{ {nested} }};\n")).unwrap_err();
    assert!(error.starts_with("a.h:2: more than 262144 records"), "{error}");
    let long = |c: char| c.to_string().repeat(1000);
    let mut nested = "int x;".to_string();
    for _ in 0..40 {
        nested = format!("struct {{ {nested} }} {}, {};", long('a'), long('b'));
    }
    let error = read(&format!("\nstruct s {{ {nested} }};\n")).unwrap_err();
    assert!(error.starts_with("a.h:2: with this record all layouts take more than"), "{error}");
}

#[test]
fn a_large_record_under_many_names_is_refused() {
    let fields: String = (0..20_000).map(|i| format!("int f{i};\n")).collect();
    let names: String = (0..20_000).map(|i| format!(", n{i}")).collect();
    let error = read(&format!("typedef struct {{\n{fields}}} n{names};\n")).unwrap_err();
    assert!(error.starts_with("a.h:1: with this record all layouts take more than"), "{error}");
}

#[test]
fn long_names_are_refused() {
    let long = "x".repeat(1 << 20);
    for text in [format!("struct {long} {{ int a; }};"), format!("#define {long} 1"), format!("#ifdef {long}\n#endif")]
    {
        refused(&format!("\n{text}\n"), "a.h:2", "a name of 1048576 bytes");
    }
    let numbers = format!("struct s {{ {} }};", format!("int a[{}];", "1".repeat(100_000)).repeat(100));
    refused(&format!("\n{numbers}\n"), "a.h:2", "more text than the limit");
}

#[test]
fn too_many_tokens_are_refused() {
    refused(&";".repeat(5 << 20), "a.h:1", "the file has more than 4194304 tokens");
    refused(&"#a\n".repeat(5 << 20), "a.h:1048577", "the file has more than 1048576 directives");
    refused(&format!("\nstruct s {{ {} }};", "int a; ".repeat(1 << 18)), "a.h:2", "larger than the limit");
}
