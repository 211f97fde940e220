//! One file to directives and runs of tokens: all that can be said of it without knowing any other file.
//!
//! Nine tenths of NVIDIA's header bytes are `#define NAME (number)` and comments, so those two have a fast path:
//! a comment is skipped by searching for its end, a plain number is evaluated here, and any other macro body is
//! only remembered as a range until something expands it.

use super::error::LineError;
use super::limits;
use super::macros::Definition;
use super::token::{Lexeme, Lexer, RawToken, Token, is_ident, is_ident_start};

/// A directive, or a run of tokens between two directives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) line: u32,
    pub(crate) kind: ItemKind,
}

/// A range of the file's bytes.
pub(crate) type Span = std::ops::Range<u32>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// Range of [`Scan::tokens`].
    Text(Span),
    Define {
        name: Span,
        function_like: bool,
        body: u32,
        value: Body,
    },
    Undef(Span),
    /// Where the operand begins.
    Include(u32),
    If(u32),
    Ifdef(Span),
    Ifndef(Span),
    Elif(u32),
    Else,
    Endif,
    Pragma(u32),
    Error(u32),
    /// A directive that is not C17: an error if it is reached.
    Unknown(Span),
    /// `#elifdef` or `#elifndef` of C23, which gcc knows, too: an error even where text is skipped.
    ElifDefined(Span),
}

/// What a macro's body is, as far as it shows without expanding anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Empty,
    /// One integer literal, perhaps in parentheses.
    Integer(u64),
    /// Two integer literals with a colon between: a bit range of NVIDIA's register macros, never a constant.
    BitRange,
    Other,
}

/// What [`scan`] finds in a file.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) items: Vec<Item>,
    pub(crate) tokens: Vec<RawToken>,
}

impl Scan {
    /// About the bytes of memory that this file will take once its names are looked up.
    pub(crate) fn memory(&self) -> usize {
        // A `#define` has a line of its own and a definition; other directives less.
        self.items.len() * (size_of::<Item>() + size_of::<Definition>()) + self.tokens.len() * size_of::<Token>()
    }
}

/// Cuts a file into directives and tokens.
pub(crate) fn scan(bytes: &[u8]) -> Result<Scan, LineError> {
    if bytes.len() > limits::FILE_BYTES {
        let message = format!("the file has {} bytes, more than the {} allowed", bytes.len(), limits::FILE_BYTES);
        return Err(LineError::new(1, message));
    }
    let byte_order_mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut scan = Scan::default();
    let mut lexer = Lexer::new(bytes, byte_order_mark, 1);
    let mut text_from: Option<(u32, u32)> = None;
    loop {
        // At the start of a line.
        lexer.skip_space()?;
        match bytes.get(lexer.at) {
            None => break,
            Some(b'\n') => {
                lexer.at += 1;
                lexer.line += 1;
            }
            Some(b'#') => {
                close_text(&mut scan, &mut text_from);
                lexer.at += 1;
                let item = directive(bytes, &mut lexer)?;
                scan.items.extend(item);
                if scan.items.len() > limits::FILE_DIRECTIVES {
                    let message = format!("the file has more than {} directives", limits::FILE_DIRECTIVES);
                    return Err(LineError::new(lexer.line, message));
                }
            }
            Some(_) => {
                let first = scan.tokens.len();
                text_from.get_or_insert((first as u32, lexer.line));
                while let Lexeme::Token(token) = lexer.next()? {
                    scan.tokens.push(token);
                }
                if let Some(token) = scan.tokens.get_mut(first) {
                    // By the end of the line before.
                    token.spaced = true;
                }
                if scan.tokens.len() > limits::FILE_TOKENS {
                    let message = format!("the file has more than {} tokens", limits::FILE_TOKENS);
                    return Err(LineError::new(lexer.line, message));
                }
            }
        }
    }
    close_text(&mut scan, &mut text_from);
    Ok(scan)
}

fn close_text(scan: &mut Scan, from: &mut Option<(u32, u32)>) {
    if let Some((start, line)) = from.take() {
        scan.items.push(Item { line, kind: ItemKind::Text(start..scan.tokens.len() as u32) });
    }
}

/// Reads one directive after its `#`, through the end of its line. None for the null directive.
fn directive(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<Option<Item>, LineError> {
    lexer.skip_space()?;
    let line = lexer.line;
    let name = ident(bytes, lexer.at);
    lexer.at = name.end as usize;
    let word = &bytes[name.start as usize..name.end as usize];
    let kind = match word {
        b"define" => {
            let kind = define(bytes, lexer)?;
            return Ok(Some(Item { line, kind }));
        }
        b"undef" => ItemKind::Undef(operand(bytes, lexer)?),
        b"ifdef" => ItemKind::Ifdef(operand(bytes, lexer)?),
        b"ifndef" => ItemKind::Ifndef(operand(bytes, lexer)?),
        b"include" | b"include_next" => ItemKind::Include(lexer.at as u32),
        b"if" => ItemKind::If(lexer.at as u32),
        b"elif" => ItemKind::Elif(lexer.at as u32),
        b"else" => ItemKind::Else,
        b"endif" => ItemKind::Endif,
        b"pragma" => ItemKind::Pragma(lexer.at as u32),
        b"error" => ItemKind::Error(lexer.at as u32),
        b"warning" | b"ident" => {
            skip_line(bytes, lexer)?;
            return Ok(None);
        }
        b"" if matches!(bytes.get(lexer.at), None | Some(b'\n')) => return Ok(None),
        b"elifdef" | b"elifndef" => ItemKind::ElifDefined(name),
        _ => ItemKind::Unknown(name),
    };
    skip_line(bytes, lexer)?;
    Ok(Some(Item { line, kind }))
}

fn ident(bytes: &[u8], at: usize) -> Span {
    let starts = bytes.get(at).copied().is_some_and(is_ident_start);
    let length = if starts { bytes[at..].iter().take_while(|&&b| is_ident(b)).count() } else { 0 };
    at as u32..(at + length) as u32
}

fn operand(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<Span, LineError> {
    lexer.skip_space()?;
    let name = ident(bytes, lexer.at);
    if name.is_empty() {
        return Err(LineError::new(lexer.line, "the directive needs a macro's name"));
    }
    if name.len() > limits::NAME_BYTES {
        return Err(LineError::new(lexer.line, format!("a name of {} bytes", name.len())));
    }
    if &bytes[name.start as usize..name.end as usize] == b"defined" {
        return Err(LineError::new(lexer.line, "'defined' is no macro's name"));
    }
    if lexer
        .continuation(name.end as usize)
        .is_some_and(|n| bytes.get(name.end as usize + n).is_some_and(|&b| is_ident(b)))
    {
        return Err(LineError::new(lexer.line, "a token is continued on the next line by a backslash"));
    }
    lexer.at = name.end as usize;
    Ok(name)
}

fn define(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<ItemKind, LineError> {
    let name = operand(bytes, lexer)?;
    let function_like = bytes.get(lexer.at) == Some(&b'(');
    let body = lexer.at as u32;
    let value = if function_like { Body::Other } else { plain_body(bytes, lexer)? };
    if value == Body::Other {
        lexer.at = body as usize;
        skip_line(bytes, lexer)?;
    }
    Ok(ItemKind::Define { name, function_like, body, value })
}

/// Classifies an object-like macro's body. Reads through the end of the line unless it answers `Other`.
fn plain_body(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<Body, LineError> {
    let line = lexer.line;
    if !lexer.skip_space()? && !matches!(bytes.get(lexer.at), None | Some(b'\n')) {
        return Ok(Body::Other);
    }
    let mut open = 0;
    while bytes.get(lexer.at) == Some(&b'(') {
        open += 1;
        lexer.at += 1;
        lexer.skip_space()?;
    }
    let mut body = Body::Empty;
    if let Some(value) = integer(bytes, lexer) {
        body = Body::Integer(value);
        lexer.skip_space()?;
        if bytes.get(lexer.at) == Some(&b':') {
            lexer.at += 1;
            lexer.skip_space()?;
            body = if integer(bytes, lexer).is_some() { Body::BitRange } else { Body::Other };
            lexer.skip_space()?;
        }
        while open > 0 && bytes.get(lexer.at) == Some(&b')') {
            open -= 1;
            lexer.at += 1;
            lexer.skip_space()?;
        }
    }
    let ended = matches!(bytes.get(lexer.at), None | Some(b'\n'));
    if open > 0 || !ended || body == Body::Other {
        lexer.line = line;
        return Ok(Body::Other);
    }
    Ok(body)
}

fn integer(bytes: &[u8], lexer: &mut Lexer<'_>) -> Option<u64> {
    let rest = &bytes[lexer.at..];
    let length = rest.iter().take_while(|&&b| is_ident(b) || b == b'.').count();
    let value = super::expr::integer_literal(&rest[..length])?;
    // A sign after an exponent letter, or a line continuation, would make this a longer token.
    if rest.get(length) == Some(&b'\\') {
        return None;
    }
    lexer.at += length;
    Some(value.bits)
}

/// Moves to the end of the directive's logical line without cutting it into tokens.
fn skip_line(bytes: &[u8], lexer: &mut Lexer<'_>) -> Result<(), LineError> {
    loop {
        lexer.skip_space()?;
        let rest = &bytes[lexer.at..];
        let Some(n) = rest.iter().position(|&b| matches!(b, b'\n' | b'/' | b'"' | b'\'' | b'\\')) else {
            lexer.at = bytes.len();
            return Ok(());
        };
        lexer.at += n;
        match rest[n] {
            b'\n' => return Ok(()),
            quote @ (b'"' | b'\'') => skip_literal(bytes, lexer, quote),
            // Comments and continuations; skip_space stops at any other one of these two.
            _ => {
                if !lexer.skip_space()? {
                    lexer.at += 1;
                }
            }
        }
    }
}

/// Skips a literal. A quote without a partner (as in `#error don't`) takes the rest of the line, as it does for gcc.
fn skip_literal(bytes: &[u8], lexer: &mut Lexer<'_>, quote: u8) {
    lexer.at += 1;
    loop {
        match bytes.get(lexer.at) {
            None | Some(b'\n') => return,
            Some(b'\\') => match lexer.continuation(lexer.at) {
                Some(n) => {
                    lexer.at += n;
                    lexer.line += 1;
                }
                None => lexer.at = (lexer.at + 2).min(bytes.len()),
            },
            Some(&b) => {
                lexer.at += 1;
                if b == quote {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<(u32, String)> {
        let s = scan(text.as_bytes()).unwrap();
        let cut = |r: &Span| &text[r.start as usize..r.end as usize];
        s.items
            .iter()
            .map(|i| {
                let what = match &i.kind {
                    ItemKind::Define { name, value, .. } => format!("define {} {value:?}", cut(name)),
                    ItemKind::Text(r) => s.tokens[r.start as usize..r.end as usize]
                        .iter()
                        .map(|t| &text[t.start as usize..t.end as usize])
                        .collect::<Vec<_>>()
                        .join(" "),
                    ItemKind::Unknown(r) => format!("unknown {}", cut(r)),
                    other => format!("{other:?}").split(['(', ' ']).next().unwrap().to_string(),
                };
                (i.line, what)
            })
            .collect()
    }

    #[test]
    fn bodies_are_classified() {
        for (body, want) in [
            ("", "Empty"),
            (" // nothing", "Empty"),
            (" (0x10U) /* sixteen */", "Integer(16)"),
            (" ((7))", "Integer(7)"),
            (" 010", "Integer(8)"),
            (" 31:0", "BitRange"),
            (" (15 : 8) // field", "BitRange"),
            (" 1.5", "Other"),
            (" (1", "Other"),
            (" 1 2", "Other"),
            (" 1 \\\n + 2", "Other"),
            (" \"a /* b\"", "Other"),
            (" B", "Other"),
        ] {
            assert_eq!(items(&format!("#define A{body}")), [(1, format!("define A {want}"))], "{body:?}");
        }
    }

    #[test]
    fn lines_are_those_of_the_file_whatever_is_continued() {
        let text = "/* a\n b */ # define A 1 \\\n + 2\nint x;\n\n#define B 'c' /* d\n e */\n#if 1 // f\n#endif\ny\n";
        let want: [(u32, &str); 6] =
            [(2, "define A Other"), (4, "int x ;"), (6, "define B Other"), (8, "If"), (9, "Endif"), (10, "y")];
        assert_eq!(items(text), want.map(|(l, s)| (l, s.to_string())));
    }

    #[test]
    fn an_apostrophe_in_error_text_ends_with_its_line() {
        let want: [(u32, &str); 2] = [(1, "Error"), (2, "define A Integer(1)")];
        assert_eq!(items("#error don't\n#define A 1\n"), want.map(|(l, s)| (l, s.to_string())));
    }

    #[test]
    fn unknown_directives_are_kept_for_the_preprocessor_to_refuse() {
        assert_eq!(items("#assert x\n"), [(1, "unknown assert".to_string())]);
    }
}
