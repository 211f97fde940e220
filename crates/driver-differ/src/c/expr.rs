//! Integer constant expressions (C17 6.6), with C's types: `~0U` is 0xffffffff and `-1` is negative.

use super::intern::{Interner, Symbol};
use super::limits;
use super::token::{Kind, Token};
use std::fmt;

/// An integer type after promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Int {
    I32,
    U32,
    I64,
    U64,
}

/// An integer of a promoted type. `bits` is sign-extended for signed types and zero-extended for unsigned ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) bits: u64,
    pub(crate) int: Int,
}

impl Int {
    fn bits(self) -> u32 {
        if matches!(self, Self::I32 | Self::U32) { 32 } else { 64 }
    }

    pub(crate) fn signed(self) -> bool {
        matches!(self, Self::I32 | Self::I64)
    }

    fn rank(self) -> u8 {
        match self {
            Self::I32 => 0,
            Self::U32 => 1,
            Self::I64 => 2,
            Self::U64 => 3,
        }
    }

    /// The usual arithmetic conversions (C17 6.3.1.8) on LP64: the higher of the two in this order.
    fn common(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }
}

impl Value {
    pub(crate) fn new(bits: u64, int: Int) -> Self {
        let bits = match int {
            Int::I32 => bits as i32 as i64 as u64,
            Int::U32 => u64::from(bits as u32),
            Int::I64 | Int::U64 => bits,
        };
        Self { bits, int }
    }

    pub(crate) fn int(value: i32) -> Self {
        Self::new(value as u64, Int::I32)
    }

    /// The value as mathematics has it.
    pub(crate) fn number(self) -> i128 {
        if self.int.signed() { i128::from(self.bits as i64) } else { i128::from(self.bits) }
    }

    /// Converted to an integer type of `size` bytes, then promoted.
    pub(crate) fn cast(self, size: u64, signed: bool) -> Self {
        match (size, signed) {
            (1, true) => Self::int(i32::from(self.bits as i8)),
            (1, false) => Self::int(i32::from(self.bits as u8)),
            (2, true) => Self::int(i32::from(self.bits as i16)),
            (2, false) => Self::int(i32::from(self.bits as u16)),
            (4, true) => Self::new(self.bits, Int::I32),
            (4, false) => Self::new(self.bits, Int::U32),
            (_, true) => Self::new(self.bits, Int::I64),
            (_, false) => Self::new(self.bits, Int::U64),
        }
    }

    fn is_true(self) -> bool {
        self.bits != 0
    }
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It is not an integer constant expression; that is no fault in a macro nobody uses as one.
    NotConstant(String),
    /// It asks for more than the limits allow.
    Limit(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::NotConstant(message) | Self::Limit(message)) = self;
        f.write_str(message)
    }
}

fn not_constant<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::NotConstant(message.into()))
}

/// What a type name in an expression stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeFacts {
    pub(crate) size: u64,
    pub(crate) align: u64,
    /// For integer types: whether signed. A cast to any other type is no integer constant expression.
    pub(crate) signed: Option<bool>,
    /// `_Bool`: conversion asks whether the value is zero.
    pub(crate) boolean: bool,
}

/// What identifiers mean where the expression stands.
pub(crate) trait Scope {
    /// The value of an enumerator.
    fn enumerator(&self, name: Symbol) -> Option<Value>;
    /// Whether a token can begin a type name.
    fn begins_type(&self, token: Token) -> bool;
    /// The type that `tokens` name, within an expression that already nests `depth` deep.
    fn type_facts(&self, tokens: &[Token], depth: usize) -> Result<TypeFacts, Failure>;
}

/// The scope of `#if`: every identifier left after expansion is 0 (C17 6.10.1p4), and arithmetic is 64 bits wide.
pub(crate) struct Conditional;

impl Scope for Conditional {
    fn enumerator(&self, _: Symbol) -> Option<Value> {
        Some(Value::new(0, Int::I64))
    }

    fn begins_type(&self, _: Token) -> bool {
        false
    }

    fn type_facts(&self, _: &[Token], _: usize) -> Result<TypeFacts, Failure> {
        not_constant("#if knows no types")
    }
}

/// Evaluates `tokens`, all of them.
pub(crate) fn evaluate(tokens: &[Token], interner: &Interner, scope: &dyn Scope) -> Result<Value, Failure> {
    evaluate_within(tokens, interner, scope, 0)
}

/// Like [`evaluate`], for an expression that stands in a type name within another one.
pub(crate) fn evaluate_within(
    tokens: &[Token],
    interner: &Interner,
    scope: &dyn Scope,
    depth: usize,
) -> Result<Value, Failure> {
    let mut parser = Parser { tokens, at: 0, depth, interner, scope, wide: false };
    parser.whole()
}

/// Evaluates the operand of `#if` after expansion.
pub(crate) fn evaluate_conditional(tokens: &[Token], interner: &Interner) -> Result<Value, Failure> {
    let mut parser = Parser { tokens, at: 0, depth: 0, interner, scope: &Conditional, wide: true };
    parser.whole()
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    interner: &'a Interner,
    scope: &'a dyn Scope,
    /// Literals have 64 bits, as in `#if`.
    wide: bool,
}

/// Binary operators by how tightly they bind (C17 6.5.5 to 6.5.14).
fn binding(operator: &str) -> Option<u8> {
    Some(match operator {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" | "!=" => 6,
        "<" | ">" | "<=" | ">=" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        _ => return None,
    })
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Result<Value, Failure> {
        let value = self.conditional(true)?;
        match self.tokens.get(self.at) {
            None => Ok(value),
            Some(&t) => not_constant(format!("'{}' is not expected here", self.spelling(t))),
        }
    }

    fn spelling(&self, token: Token) -> &'a str {
        self.interner.str(token.symbol)
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(|&t| self.spelling(t))
    }

    fn eat(&mut self, spelling: &str) -> bool {
        let found = self.peek() == Some(spelling);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, spelling: &str) -> Result<(), Failure> {
        if self.eat(spelling) {
            return Ok(());
        }
        let found = self.peek().unwrap_or("the end");
        not_constant(format!("'{spelling}' expected, not '{found}'"))
    }

    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.depth == limits::EXPRESSION_DEPTH {
            return Err(Failure::Limit(format!("expression nests deeper than {}", limits::EXPRESSION_DEPTH)));
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// `live` is false in the operand that `?:`, `&&` or `||` does not evaluate: it may divide by zero.
    fn conditional(&mut self, live: bool) -> Result<Value, Failure> {
        self.nested(|p| {
            let condition = p.binary(1, live)?;
            if !p.eat("?") {
                return Ok(condition);
            }
            let yes = p.conditional(live && condition.is_true())?;
            p.expect(":")?;
            let no = p.conditional(live && !condition.is_true())?;
            let chosen = if condition.is_true() { yes } else { no };
            Ok(Value::new(chosen.bits, yes.int.common(no.int)))
        })
    }

    fn binary(&mut self, least: u8, live: bool) -> Result<Value, Failure> {
        let mut left = self.unary(live)?;
        while let Some(operator) = self.peek() {
            let Some(tightness) = binding(operator).filter(|&t| t >= least) else { break };
            self.at += 1;
            let needed = match operator {
                "&&" => left.is_true(),
                "||" => !left.is_true(),
                _ => true,
            };
            let right = self.nested(|p| p.binary(tightness + 1, live && needed))?;
            left = match apply(operator, left, right) {
                Ok(value) if self.wide && value.int == Int::I32 => self.truth(value.is_true()),
                Ok(value) => value,
                Err(message) if live => return not_constant(message),
                Err(_) if matches!(operator, "<<" | ">>") => Value::new(0, left.int),
                Err(_) => Value::new(0, left.int.common(right.int)),
            };
        }
        Ok(left)
    }

    /// The result of a comparison: an int, which in `#if` acts as intmax_t.
    fn truth(&self, holds: bool) -> Value {
        Value::new(u64::from(holds), if self.wide { Int::I64 } else { Int::I32 })
    }

    fn unary(&mut self, live: bool) -> Result<Value, Failure> {
        let Some(&token) = self.tokens.get(self.at) else { return not_constant("the expression ends too early") };
        self.at += 1;
        match self.spelling(token) {
            "+" | "__extension__" => self.nested(|p| p.unary(live)),
            "-" => self.nested(|p| p.unary(live)).map(|v| Value::new(v.bits.wrapping_neg(), v.int)),
            "~" => self.nested(|p| p.unary(live)).map(|v| Value::new(!v.bits, v.int)),
            "!" => self.nested(|p| p.unary(live)).map(|v| self.truth(!v.is_true())),
            "(" => match self.type_name()? {
                Some(facts) => {
                    let value = self.nested(|p| p.unary(live))?;
                    match facts.signed {
                        _ if facts.size > 8 => not_constant("a cast to an integer of more than 64 bits"),
                        _ if facts.boolean => Ok(Value::int(i32::from(value.is_true()))),
                        Some(signed) => Ok(value.cast(facts.size, signed)),
                        None => not_constant("a cast to a type that is no integer"),
                    }
                }
                None => {
                    let value = self.conditional(live)?;
                    self.expect(")")?;
                    Ok(value)
                }
            },
            word @ ("sizeof" | "_Alignof" | "__alignof__" | "__alignof") => {
                self.expect("(")?;
                match self.type_name()? {
                    Some(facts) => {
                        let bytes = if word == "sizeof" { facts.size } else { facts.align };
                        Ok(Value::new(bytes, Int::U64))
                    }
                    None => not_constant(format!("{word} of something other than a type")),
                }
            }
            spelling => match token.kind {
                Kind::Number => match integer_literal(spelling.as_bytes()) {
                    // C17 6.10.1p4: int acts as intmax_t, so only a suffix or the value makes it unsigned.
                    Some(v) if self.wide => {
                        let unsigned = v.bits > i64::MAX as u64 || spelling.contains(['u', 'U']);
                        Ok(Value::new(v.bits, if unsigned { Int::U64 } else { Int::I64 }))
                    }
                    Some(v) => Ok(v),
                    None => not_constant(format!("'{spelling}' is not an integer")),
                },
                Kind::Char => match char_literal(spelling) {
                    Some(v) if self.wide => Ok(Value::new(v.bits, if v.int.signed() { Int::I64 } else { Int::U64 })),
                    Some(v) => Ok(v),
                    None => not_constant(format!("the character constant {spelling} is not supported")),
                },
                Kind::Ident => match self.scope.enumerator(token.symbol) {
                    Some(value) => Ok(value),
                    None => not_constant(format!("'{spelling}' is not a constant")),
                },
                Kind::Str | Kind::Punct => not_constant(format!("'{spelling}' is not expected here")),
            },
        }
    }

    /// After `(`: the type named up to the matching `)`, if a type name begins here.
    fn type_name(&mut self) -> Result<Option<TypeFacts>, Failure> {
        let rest = &self.tokens[self.at..];
        if !rest.first().is_some_and(|&t| self.scope.begins_type(t)) {
            return Ok(None);
        }
        let mut depth = 1usize;
        for (i, &token) in rest.iter().enumerate() {
            match self.spelling(token) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += i + 1;
                return self.scope.type_facts(&rest[..i], self.depth).map(Some);
            }
        }
        not_constant("')' is missing")
    }
}

fn apply(operator: &str, left: Value, right: Value) -> Result<Value, String> {
    let int = left.int.common(right.int);
    let (a, b) = (Value::new(left.bits, int), Value::new(right.bits, int));
    let truth = |condition: bool| Ok(Value::int(i32::from(condition)));
    let wrap = |bits: u64| Ok(Value::new(bits, int));
    let ordering = a.number().cmp(&b.number());
    match operator {
        "||" => truth(left.is_true() || right.is_true()),
        "&&" => truth(left.is_true() && right.is_true()),
        "|" => wrap(a.bits | b.bits),
        "^" => wrap(a.bits ^ b.bits),
        "&" => wrap(a.bits & b.bits),
        "==" => truth(ordering.is_eq()),
        "!=" => truth(ordering.is_ne()),
        "<" => truth(ordering.is_lt()),
        ">" => truth(ordering.is_gt()),
        "<=" => truth(ordering.is_le()),
        ">=" => truth(ordering.is_ge()),
        "<<" | ">>" => shift(operator == "<<", left, right),
        "+" => wrap(a.bits.wrapping_add(b.bits)),
        "-" => wrap(a.bits.wrapping_sub(b.bits)),
        "*" => wrap(a.bits.wrapping_mul(b.bits)),
        "/" | "%" if b.bits == 0 => Err("division by zero".into()),
        // In i128 neither INT64_MIN / -1 nor its remainder overflows; the result wraps to the type.
        "/" => wrap((a.number() / b.number()) as u64),
        "%" => wrap((a.number() % b.number()) as u64),
        _ => Err(format!("'{operator}' is not an operator")),
    }
}

/// The result has the left operand's type alone (C17 6.5.7).
fn shift(to_left: bool, left: Value, right: Value) -> Result<Value, String> {
    let by = right.number();
    if by < 0 || by >= i128::from(left.int.bits()) {
        return Err(format!("a shift of {} bits by {by}", left.int.bits()));
    }
    let bits = if to_left {
        left.bits << by
    } else if left.int.signed() {
        ((left.bits as i64) >> by) as u64
    } else {
        left.bits >> by
    };
    Ok(Value::new(bits, left.int))
}

/// An integer literal with its type on LP64 (C17 6.4.4.1). None if it is none, or wider than 64 bits.
pub(crate) fn integer_literal(text: &[u8]) -> Option<Value> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', ..] => (8, text),
        [b'1'..=b'9', ..] => (10, text),
        _ => return None,
    };
    let count = digits.iter().take_while(|b| b.is_ascii_hexdigit() && (radix == 16 || b.is_ascii_digit())).count();
    if count == 0 {
        return None;
    }
    let mut bits: u64 = 0;
    for &b in &digits[..count] {
        let digit = char::from(b).to_digit(radix)?;
        bits = bits.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    let (unsigned, long) = match &digits[count..] {
        b"" => (false, false),
        b"u" | b"U" => (true, false),
        b"l" | b"L" | b"ll" | b"LL" => (false, true),
        b"ul" | b"uL" | b"Ul" | b"UL" | b"lu" | b"lU" | b"Lu" | b"LU" => (true, true),
        b"ull" | b"uLL" | b"Ull" | b"ULL" | b"llu" | b"llU" | b"LLu" | b"LLU" => (true, true),
        _ => return None,
    };
    let fits_32 = |signed_limit: u64| !long && bits <= signed_limit;
    let int = if !unsigned && fits_32(i32::MAX as u64) {
        Int::I32
    } else if (unsigned || radix != 10) && fits_32(u64::from(u32::MAX)) {
        Int::U32
    } else if !unsigned && bits <= i64::MAX as u64 {
        Int::I64
    } else if unsigned || radix != 10 {
        Int::U64
    } else {
        // A decimal literal that no signed type holds.
        return None;
    };
    Some(Value { bits, int })
}

/// A plain or simply escaped character of one byte; with `L`, `u` or `U` before it, of ASCII.
fn char_literal(text: &str) -> Option<Value> {
    let (prefix, rest) = text.split_at(text.find('\'')?);
    let inner = rest.strip_prefix('\'')?.strip_suffix('\'')?;
    let byte = match inner.as_bytes() {
        [b] if *b != b'\\' => *b,
        [b'\\', rest @ ..] => match rest {
            b"n" => b'\n',
            b"t" => b'\t',
            b"r" => b'\r',
            b"a" => 7,
            b"b" => 8,
            b"f" => 12,
            b"v" => 11,
            [b @ (b'\\' | b'\'' | b'"' | b'?')] => *b,
            [b'x', digits @ ..] if digits.len() <= 2 && digits.iter().all(u8::is_ascii_hexdigit) => {
                u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?
            }
            digits if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => {
                u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok()?
            }
            _ => return None,
        },
        _ => return None,
    };
    match prefix {
        // Plain char is signed on x86-64.
        "" => Some(Value::int(i32::from(byte as i8))),
        "L" | "u" if byte.is_ascii() => Some(Value::int(i32::from(byte))),
        "U" if byte.is_ascii() => Some(Value::new(u64::from(byte), Int::U32)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c::token::lex_line;

    fn eval(text: &str) -> Result<i128, Failure> {
        let mut interner = Interner::default();
        let raw = lex_line(text.as_bytes(), 0, 1).unwrap();
        let tokens: Vec<_> = raw.iter().map(|t| t.resolve(text.as_bytes(), &mut interner)).collect();
        struct None_;
        impl Scope for None_ {
            fn enumerator(&self, _: Symbol) -> Option<Value> {
                None
            }
            fn begins_type(&self, _: Token) -> bool {
                false
            }
            fn type_facts(&self, _: &[Token], _: usize) -> Result<TypeFacts, Failure> {
                not_constant("no types")
            }
        }
        evaluate(&tokens, &interner, &None_).map(Value::number)
    }

    /// Values by gcc 12 on x86-64.
    #[test]
    fn expressions_have_the_values_a_c_compiler_gives() {
        for (text, want) in [
            ("1 + 2 * 3 - 4 / 2", 5),
            ("(1 << 31)", -2147483648),
            ("1U << 31", 2147483648),
            ("~0", -1),
            ("~0U", 4294967295),
            ("~0ULL", 18446744073709551615),
            ("-1 > 0U", 1),
            ("-1 > 0", 0),
            ("0x80000000 >> 31", 1),
            ("-8 >> 1", -4),
            ("4294967295 + 1", 4294967296),
            ("0xffffffff + 1", 0),
            ("2147483647 + 1L", 2147483648),
            ("-7 / 2", -3),
            ("-7 % 3", -1),
            ("1 ? 2 : 1 / 0", 2),
            ("0 && 1 / 0", 0),
            ("1 || 1 / 0", 1),
            ("1 ? -1 : 0U", 4294967295),
            ("5 & 3 == 3", 1),
            ("6 ^ 3 | 8", 13),
            ("!5 == 0", 1),
            ("'A'", 65),
            ("L'\\0' - 1", -1),
            ("U'\\0' - 1", 4294967295),
            ("'\\n' + '\\x41' + '\\101'", 140),
            ("0b101 + 017", 20),
            ("- - 1", 1),
        ] {
            assert_eq!(eval(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_constant_expression_says_so() {
        for text in [
            "",
            "1 +",
            "(1",
            "1 2",
            "a",
            "1.5",
            "1 / 0",
            "1 << 32",
            "1 << -1",
            "\"s\"",
            "31:0",
            "08",
            "0x",
            "18446744073709551616",
            "9223372036854775808",
        ] {
            assert!(matches!(eval(text), Err(Failure::NotConstant(_))), "{text}: {:?}", eval(text));
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in
            ["(".repeat(100_000), "- ".repeat(100_001), "1?".repeat(100_000), "1+".repeat(10) + &"~".repeat(1000)]
        {
            assert!(matches!(eval(&text), Err(Failure::Limit(_))), "{}", &text[..20]);
        }
    }
}
