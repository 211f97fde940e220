//! Corners of C and of gcc's extensions: each text comes out as gcc has it, or is refused with its place.

mod common;

use common::compare::compare;
use common::gcc::Gcc;
use driver_differ::extract::Session;
use driver_differ::source::Memory;

/// What the front end must do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// What gcc does.
    Exact,
    /// Say where it does not follow; gcc takes the text.
    Refused,
}

use Want::{Exact, Refused};

const CASES: &[(Want, &str)] = &[
    (Exact, "enum e { A } __attribute__((aligned(8))); struct s { char c; enum e v; enum e b : 3; };"),
    (Exact, "struct s { __attribute__((aligned(16))) char a; char b; };"),
    (Exact, "struct s { char a; __attribute__((packed)) int b; int c __attribute__((packed)); };"),
    (Exact, "struct s { int a, b __attribute__((aligned(16))), c; };"),
    (Exact, "struct s { int __attribute__((aligned(16))) a, b; };"),
    (Exact, "struct s { int a; __attribute__((aligned(16))) int b, c; int d; };"),
    (Exact, "struct s { char a; _Alignas(8) char b; _Alignas(double) char c; _Alignas(0) char d; };"),
    (Exact, "struct s { int a; ; ; int b;; };"),
    (Exact, "struct s { unsigned : 3; unsigned a : 2, : 5, b : 7; int : 0; char c; unsigned long : 9; };"),
    (Exact, "typedef unsigned u; struct s { u : 3; u a : 1; const u : 2; enum { X } : 4; char z; };"),
    (Exact, "struct s { int a : 1 ? 3 : 4; int b : sizeof(int) > 2 ? 5 : 6; };"),
    (Exact, "typedef struct s s; struct s { s *next; const struct s *const *p; s *(*f)(s *, struct s); };"),
    (Exact, "typedef volatile struct { int a; } v; struct s { const v a; volatile struct { char x; } b; };"),
    (Exact, "typedef int t[3], *p, (*f)(void), (*a)[2]; struct s { t x[2]; p y; f z[2]; a w; };"),
    (
        Exact,
        "static inline int f(struct q { int a; } *x) { struct inner { int b; } y; return 0; } struct s { int c; };",
    ),
    (
        Exact,
        "extern int g(void) __asm__(\"h\"); extern int i __attribute__((aligned(64))); struct s { int c; } v = { 1 };",
    ),
    (Exact, "__extension__ typedef struct { __extension__ union { int a; float b; }; } t;"),
    (
        Exact,
        "typedef int t __attribute__((mode(DI))); typedef unsigned u __attribute__((__mode__(__QI__))); struct s { u a; t b; };",
    ),
    (Exact, "struct s { int a; struct { int b; union { int c; char d; }; } e; struct { short f; }; };"),
    (Exact, "union __attribute__((packed)) s { int a : 3; long b : 33; char c; };"),
    (Exact, "struct __attribute__((packed, aligned(4))) s { char a; short b; char c; };"),
    (Exact, "struct s { char a; short b; } __attribute__((packed)) __attribute__((aligned(2)));"),
    (Exact, "typedef struct { char a; int b; } __attribute__((packed)) t, *p; struct s { char c; t d; p e; };"),
    (Exact, "struct { int x; } v; struct s { int y; } w, *z; typedef struct s t;"),
    (Exact, "enum e; struct s { enum e *p; }; enum e { A, B };"),
    (Refused, "enum { N = 3, M = N * 2 }; struct s { char a[N][M]; char b[sizeof(struct { int q[N]; }) / 4]; };"),
    (Exact, "struct a { int x[sizeof(int[2])]; }; struct s { char y[sizeof(struct a[2])][_Alignof(struct a)]; };"),
    (Exact, "struct s { long double a; _Float128 b; __int128 c; float d; __float128 e; };"),
    (Exact, "struct s { int n; struct { int m; int data[]; } tail; };"),
    (Exact, "struct s { char a; int b[0]; }; union u { char a; long b[0]; }; struct e { };"),
    (Exact, "typedef char t __attribute__((aligned(16), unused)); struct s { char a; t b; t c : 3; char d; };"),
    (
        Exact,
        "typedef int t __attribute__((aligned(1))); struct s { char a; t b; t c : 20; t d : 32; t e : 5; char f; };",
    ),
    (Exact, "typedef long t __attribute__((aligned(64))); struct s { char a; t b : 20; t c : 60; char d; };"),
    (
        Exact,
        "#pragma pack(2)\nstruct s { char a; long b; int c : 20; int d : 20; };\n#pragma pack()\nstruct t { char a; long b; };",
    ),
    (Exact, "struct s { char a; int b __attribute__((aligned(2))) __attribute__((packed)); };"),
    (Refused, "struct s { int *restrict p; const char *const *volatile q; _Atomic int *r; };"),
    (Refused, "struct s { _Atomic int a; char b; _Atomic long c; };"),
    (Exact, "typedef __builtin_va_list l; struct s { l a; char b; __builtin_va_list c; };"),
    (Exact, "_Static_assert(sizeof(int) == 4, \"size\"); struct s { int a; _Static_assert(1, \"in\"); int b; };"),
    (Exact, "struct s { signed a : 3; long long int unsigned b : 40; _Bool c : 1; _Bool d; char e : 8; };"),
    (Exact, "struct s { int x; } __attribute__((aligned(16), packed, deprecated(\"no, (really)\")));"),
    (Refused, "struct s { char a; } __attribute__((aligned(16))) __attribute__((aligned(4)));"),
    (Refused, "typedef int t __attribute__((aligned(16))) __attribute__((aligned(4))); struct s { char a; t b; };"),
    (Exact, "struct s { char a; int b __attribute__((aligned(16))) __attribute__((aligned(4))); };"),
    (Exact, "struct a { char c; }; typedef struct a t __attribute__((aligned(8))); struct s { char x; t y; char z; };"),
    (
        Exact,
        "struct a { int c; }; struct s { char x; struct a __attribute__((packed)) y; struct a z __attribute__((packed)); };",
    ),
    (Exact, "typedef struct a { int c; } t __attribute__((packed)); struct s { char x; t y; };"),
    (Refused, "struct s { char c; int * __attribute__((aligned(16))) p, q; };"),
    (Refused, "struct s { char c; int (__attribute__((aligned(16))) *p); };"),
    (Refused, "struct s { typeof(int) a; __typeof__(char *) b; };"),
    (
        Exact,
        "struct s { int a; union { struct { int b; } __attribute__((packed)) c; int d; } __attribute__((aligned(16))); int e; };",
    ),
    (Refused, "struct s { double _Complex a; char b; };"),
    (
        Refused,
        "#pragma pack(push, 1)\n#pragma pack(push, lab, 2)\nstruct s { char a; long b; };\n#pragma pack(pop)\nstruct t { char a; long b; };",
    ),
    (Refused, "_Pragma(\"pack(1)\") struct s { char a; long b; };"),
    (Refused, "struct s { char a;\n#pragma pack(1)\nlong b; };\nstruct t { char a; long b; };"),
    (Refused, "typedef int v4 __attribute__((vector_size(16))); struct s { char a; v4 b; };"),
    (Refused, "struct __attribute__((ms_struct)) s { char a : 3; int b : 4; };"),
    (Refused, "struct s { int a; } __attribute__((scalar_storage_order(\"big-endian\")));"),
    (
        Refused,
        "int n; struct s { char a[sizeof n]; char b[sizeof(n)]; char c[sizeof \"abc\"]; char d[sizeof(1 + 1L)]; };",
    ),
    (Refused, "struct a { int x; long y; }; struct s { char b[__builtin_offsetof(struct a, y)]; };"),
    (Refused, "struct a { int x; }; struct s { char b[(int)1.5]; char c[sizeof(((struct a *)0)->x)]; };"),
    (Exact, "enum __attribute__((aligned(8))) e { A }; struct s { char c; enum e v; };"),
    (Refused, "struct s { struct { char a; long b; } x;\n#pragma pack(1)\nchar c; long d; };"),
    (Refused, "struct s { char c; int * __attribute__((packed)) p; };"),
    (Refused, "struct s { char c; int * __attribute__((aligned(2))) p; };"),
    (
        Exact,
        "struct s { char c; void (__attribute__((ms_abi)) *f)(int); int (*g)(void) __attribute__((aligned(16))); };",
    ),
    (Exact, "typedef int t[3] __attribute__((aligned(16))); struct s { char c; t v; };"),
    (Exact, "struct a { int x; } __attribute__((aligned(2))); struct s { char c; struct a v; };"),
    (Exact, "struct s { char c; struct a { int x; } __attribute__((aligned(16))) v, w; char d; };"),
    (Exact, "struct s { char c; struct __attribute__((aligned(16))) { int x; } v; char d; };"),
    (Exact, "struct __attribute__((packed)) s; struct s { char c; int x; };"),
    (Refused, "struct a { int x; }; struct s { char c; struct __attribute__((packed)) a v; };"),
    (Exact, "typedef struct __attribute__((aligned(8))) { int x; } *p, t; struct s { char c; t v; p w; };"),
    (Exact, "__attribute__((aligned(16))) typedef int t; struct s { char c; t v; };"),
    (Exact, "typedef __attribute__((aligned(16))) int t, *p; struct s { char c; t v; char d; p w; };"),
    (Exact, "typedef __attribute__((aligned(16))) struct { int x; } t; struct s { char c; t v; };"),
    (Refused, "__attribute__((packed)) struct s { char c; int x; };"),
    (Exact, "struct s { char c; int x; } __attribute__((packed)) v; struct t { struct s w; };"),
    (Exact, "struct s { char c; int x : 9 __attribute__((packed)), y : 9 __attribute__((aligned(4))); int z : 9; };"),
    (Exact, "struct s { char c; __attribute__((aligned(4))) int : 3; int x : 2; };"),
    (Exact, "struct s { char c; long : 0 __attribute__((packed)); char d; };"),
    (Exact, "struct __attribute__((packed)) s { char c : 3; int : 0; char d; int e : 30; int f : 30; };"),
    (Exact, "struct a { char c; int x[]; } __attribute__((packed)); struct s { char b; struct a v; };"),
    (Exact, "typedef _Bool b; struct s { b x : 1; unsigned char y : 7; b z : 1; b : 0; b w : 1; };"),
    (Exact, "enum e { A = 'a', B = -A, C = ~0U, D = C - 1 }; struct s { char x[A]; enum e y; };"),
    (Exact, "struct s { unsigned long long int long_word; short int unsigned s; char unsigned c; long signed l; };"),
    (Exact, "typedef struct s { int x; } s, *sp; typedef s t; typedef t u; struct v { u a; sp b; struct s c; };"),
    (Exact, "struct s { int (*a[3])(int (*)[2]); char (*(*b)[2])[3]; int *(*c)(void), d; };"),
    (Exact, "typedef int f(int); typedef f *fp; struct s { f *a; fp b; fp c[2]; };"),
];

#[test]
fn corners_are_exact_or_refused_as_listed() {
    let Some(gcc) = Gcc::find("corners of C") else { return };
    let mut wrong = Vec::new();
    for &(want, text) in CASES {
        let truth = gcc.types(text).unwrap_or_else(|e| panic!("gcc does not take {text}: {e}"));
        let tree = Memory::new([("case.h", text)]).expect("the text is hashed");
        let verdict = match Session::new().extract_files(&tree, &["case.h".into()], &[]) {
            Err(e) if want == Refused && e.to_string().starts_with("case.h:") => continue,
            Err(e) => format!("refused: {e}"),
            Ok((ours, _)) => match compare(&ours, &truth).1 {
                differences if !differences.is_empty() => differences.join("; "),
                _ if want == Exact => continue,
                _ => "exact now: say so in the list".to_string(),
            },
        };
        wrong.push(format!("{text}\n    {verdict}"));
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
