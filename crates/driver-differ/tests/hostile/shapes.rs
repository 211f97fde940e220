//! One fragment after another: whatever comes of it, it comes soon.

use crate::check::read;

/// Bytes of each header: enough for quadratic work to show, few enough for the many cases.
const SIZE: usize = 1 << 16;

const FRAGMENTS: [&str; 62] = [
    "'",
    "\"",
    "\"\\\"",
    "\\\"",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "#",
    "##",
    "/",
    "/*",
    "//",
    "\\\n",
    "\\ ",
    "\n",
    "\r\n",
    " ",
    "a ",
    "a",
    "1",
    "1 ",
    ";",
    ",",
    "*",
    "a;",
    "int a;",
    "int a;\n",
    "struct a{",
    "struct a{}",
    "struct a b;",
    "enum{a};",
    "typedef int a;",
    "typedef struct{int a;}b;\n",
    "#if 1\n",
    "#if 0\n#endif\n",
    "#define a\n",
    "#define a b\n",
    "#define a(b)\n",
    "#undef a\n",
    "#error '\"\\\"",
    "#pragma pack()\n",
    "#include",
    "#\n",
    "A ",
    "B ",
    "F(",
    "F()",
    "F(a",
    "F(A,",
    "G(A)",
    "A A B ",
    "__attribute__((packed))",
    "__attribute__",
    "_Static_assert(1);",
    "int f(){}",
    "a(",
    "a[",
    "=",
    "? a : ",
];

/// Before the fragments, and after them.
const CONTEXTS: [(&str, &str); 9] = [
    ("", ""),
    ("#if 0\n", "\n#endif\n"),
    ("#define A B\n#define B\n#define F(x, y...) x\n#define G(x) x\nint a\n", ";\n"),
    ("#define X ", "\nX;\n"),
    ("#if ", "\n#endif\n"),
    ("#define S(x) #x\nchar *s = S(", ");\n"),
    ("struct s {", "};\n"),
    ("typedef int ", ";\n"),
    ("enum e { ", "};\n"),
];

#[test]
fn a_large_header_of_any_shape_is_read_or_refused_soon() {
    for (before, after) in CONTEXTS {
        for fragment in FRAGMENTS {
            let text = format!("{before}{}{after}", fragment.repeat((SIZE) / fragment.len()));
            if let Err(error) = read(&text) {
                let place = error.split(": ").next().unwrap_or_default();
                assert!(place.starts_with("a.h:"), "{before}{fragment}..: {error:.300}");
                assert!(error.len() < 1000, "{before}{fragment}..: an error of {} bytes", error.len());
            }
        }
    }
}
