//! Random integer constant expressions, as they stand in `#define`s.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// An expression; what it means depends on the macros before it.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// Value, then how it is written.
    Literal(u64, usize),
    Char(usize),
    /// A macro defined before.
    Macro(Index),
    Enumerator(usize),
    Size(usize, usize),
    Unary(usize, Box<Expression>),
    Binary(usize, Box<Expression>, Box<Expression>),
    Cast(usize, Box<Expression>),
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(usize, Box<Expression>, Box<Expression>),
}

/// What every text begins with: types, enumerators and function-like macros to use.
pub(crate) const PROLOGUE: &str = "\
typedef unsigned char u8; typedef signed short s16; typedef unsigned int NvU32; typedef unsigned long long NvU64;
typedef NvU32 chain; typedef NvU64 aligned_u64 __attribute__((aligned(16)));
struct record { char c; NvU64 v; short a[3]; }; union either { struct record r; char bytes[40]; };
enum small { NONE, ONE, MINUS = -5, MORE, LAST = 0x7fffffff };
enum large { ZERO = 0, TOP = 0xfffffffe, NEXT, OVER = TOP + 2, FAR = 1ULL << 32, FARTHER };
enum signed_large { BELOW = -1, ABOVE = 0x80000000 };
enum huge { HUGE = 0xfedcba9876543210 };
enum __attribute__((packed)) tiny { TINY = 200 };
#define DRF_SHIFT(d) ((d) % 32)
#define DRF_NUM(x, n) (((NvU32)(n)) << DRF_SHIFT(x))
#define IOWR(a, b) (((3U) << 30) | (((a) & 0xff) << 8) | ((b) & 0xff) | ((sizeof(struct record)) << 16))
#define PASTE(a, b) a##b
#define HEX(a, b) (PASTE(0x, 1f) + (a) - (b))
";

const TYPES: [&str; 22] = [
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "int",
    "unsigned",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "_Bool",
    "u8",
    "s16",
    "NvU32",
    "NvU64",
    "chain",
    "const NvU32",
    "enum small",
    "enum large",
    "enum tiny",
    "aligned_u64",
];
const OBJECTS: [&str; 12] = [
    "struct record",
    "union either",
    "void *",
    "struct record *const *",
    "char[3]",
    "NvU64[2][ONE + 3]",
    "int (*)[4]",
    "int (*)(void)",
    "enum huge",
    "long double",
    "__int128",
    "struct record [2]",
];
const ENUMERATORS: [&str; 12] =
    ["NONE", "ONE", "MINUS", "MORE", "LAST", "TOP", "NEXT", "FARTHER", "BELOW", "ABOVE", "HUGE", "TINY"];
const CHARS: [&str; 8] = ["'A'", "'\\0'", "'\\n'", "'\\xff'", "'\\377'", "'\\''", "L'a'", "U'z'"];
const UNARY: [&str; 4] = ["-", "~", "!", "+"];
/// The last four may have no value, which their right operand decides.
const BINARY: [&str; 22] = [
    "+", "-", "*", "&", "|", "^", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "+", "-", "&", "|", "<<", ">>", "/",
    "%",
];
const CALLS: [&str; 3] = ["DRF_NUM", "IOWR", "HEX"];

/// Bodies of macros, each of which may use those before it.
pub(crate) fn expressions() -> impl Strategy<Value = Vec<Expression>> {
    let edges = [0, 1, 7, 31, 63, 127, 128, 255, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    let wide = [1 << 32, i64::MAX as u64, 1 << 63, u64::MAX, 0x1234_5678_9abc_def0];
    let number = prop_oneof![4 => select(edges.to_vec()), 1 => select(wide.to_vec()), 3 => 0u64..40, 1 => any::<u64>()];
    let leaf = prop_oneof![
        8 => (number, any::<usize>()).prop_map(|(n, form)| Expression::Literal(n, form)),
        1 => any::<usize>().prop_map(Expression::Char),
        3 => any::<Index>().prop_map(Expression::Macro),
        2 => any::<usize>().prop_map(Expression::Enumerator),
        1 => any::<(usize, usize)>().prop_map(|(form, ty)| Expression::Size(form, ty)),
    ];
    let expression = leaf.prop_recursive(4, 24, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            2 => (any::<usize>(), boxed()).prop_map(|(o, e)| Expression::Unary(o, e)),
            8 => (any::<usize>(), boxed(), boxed()).prop_map(|(o, a, b)| Expression::Binary(o, a, b)),
            4 => (any::<usize>(), boxed()).prop_map(|(t, e)| Expression::Cast(t, e)),
            1 => (boxed(), boxed(), boxed()).prop_map(|(c, a, b)| Expression::Choice(c, a, b)),
            1 => (any::<usize>(), boxed(), boxed()).prop_map(|(m, a, b)| Expression::Call(m, a, b)),
        ]
    });
    vec(expression, 1..40)
}

/// `#define`s of all of them, with their names.
pub(crate) fn render(expressions: &[Expression]) -> (String, Vec<String>) {
    let mut text = PROLOGUE.to_string();
    let mut names = Vec::new();
    for expression in expressions {
        let name = format!("C_{}", names.len());
        text.push_str(&format!("#define {name} {}\n", written(expression, &names)));
        names.push(name);
    }
    (text, names)
}

fn pick<'a>(list: &[&'a str], index: usize) -> &'a str {
    list[index % list.len()]
}

fn written(expression: &Expression, names: &[String]) -> String {
    let text = |e: &Expression| written(e, names);
    match expression {
        Expression::Literal(value, form) => literal(*value, *form),
        Expression::Char(i) => pick(&CHARS, *i).to_string(),
        Expression::Macro(_) if names.is_empty() => "1".to_string(),
        Expression::Macro(index) => index.get(names).clone(),
        Expression::Enumerator(i) => pick(&ENUMERATORS, *i).to_string(),
        Expression::Size(form, ty) => {
            let ty = if form % 3 == 0 { pick(&TYPES, *ty) } else { pick(&OBJECTS, *ty) };
            format!("{}({ty})", ["sizeof", "_Alignof", "sizeof "][form / 3 % 3])
        }
        Expression::Unary(o, e) => format!("({} {})", pick(&UNARY, *o), text(e)),
        Expression::Binary(o, a, b) => match pick(&BINARY, *o) {
            // Mostly a shift that has a value, a divisor that is not zero.
            shift @ ("<<" | ">>") if o / 32 % 8 > 0 => format!("({} {shift} ({} & 31))", text(a), text(b)),
            divide @ ("/" | "%") if o / 32 % 8 > 0 => format!("({} {divide} ({} | 1))", text(a), text(b)),
            // Without parentheses, so that precedence is tried.
            operator if o / 32 % 2 > 0 => format!("{} {operator} {}", text(a), text(b)),
            operator => format!("({} {operator} {})", text(a), text(b)),
        },
        Expression::Cast(t, e) => format!("({})({})", pick(&TYPES, *t), text(e)),
        Expression::Choice(c, a, b) => format!("({} ? {} : {})", text(c), text(a), text(b)),
        Expression::Call(m, a, b) => format!("{}({}, {})", pick(&CALLS, *m), text(a), text(b)),
    }
}

fn literal(value: u64, form: usize) -> String {
    let suffix = pick(&["", "", "u", "UL", "ull", "LLU", "L", "ll"], form / 4);
    match form % 4 {
        // A decimal literal that no signed type holds has no type in C.
        0 | 1 if value <= i64::MAX as u64 => format!("{value}{suffix}"),
        2 => format!("0{value:o}{suffix}"),
        _ => format!("0x{value:X}{suffix}"),
    }
}
