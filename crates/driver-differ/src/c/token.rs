//! Preprocessing tokens, and the lexer that cuts bytes into them.

use super::error::LineError;
use super::intern::{Interner, Symbol};
use super::limits;
use memchr::{memchr, memmem};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Ident,
    Number,
    Str,
    Char,
    Punct,
}

/// A token with its spelling interned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) symbol: Symbol,
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    /// White space or a comment stands before it.
    pub(crate) spaced: bool,
    /// An identifier that named a macro being expanded: it is never expanded again (C17 6.10.3.4p2).
    pub(crate) painted: bool,
}

/// A token as a range of the file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawToken {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    pub(crate) spaced: bool,
}

impl RawToken {
    pub(crate) fn bytes<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        &file[self.start as usize..self.end as usize]
    }

    pub(crate) fn resolve(&self, file: &[u8], interner: &mut Interner) -> Token {
        let bytes = self.bytes(file);
        let literal = matches!(self.kind, Kind::Str | Kind::Char);
        let symbol = match str::from_utf8(bytes) {
            Ok(s) if literal && memchr(b'\n', bytes).is_some() => interner.intern(&without_continuations(s)),
            Ok(s) => interner.intern(s),
            // Only literals can hold such bytes, and no literal's content matters to a layout.
            Err(_) => interner.intern(&String::from_utf8_lossy(bytes)),
        };
        Token { symbol, line: self.line, kind: self.kind, spaced: self.spaced, painted: false }
    }
}

/// A literal that goes on behind a backslash at the end of a line, in one piece.
fn without_continuations(literal: &str) -> String {
    let mut lines = literal.split('\n').peekable();
    let mut whole = String::with_capacity(literal.len());
    while let Some(line) = lines.next() {
        whole.push_str(if lines.peek().is_some() { line.trim_end().trim_end_matches('\\') } else { line });
    }
    whole
}

/// What the lexer met.
pub(crate) enum Lexeme {
    Token(RawToken),
    /// End of a line that is not continued.
    Newline,
    End,
}

/// Cuts a file's bytes into tokens; comments and continued lines count as white space.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    pub(crate) line: u32,
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

pub(crate) fn is_ident_start(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b'$'
}

pub(crate) fn is_ident(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'$'
}

/// Three- and two-character punctuators; every other one is a single character.
const LONG_PUNCTUATORS: [&[u8]; 23] = [
    b"...", b"<<=", b">>=", b"->", b"++", b"--", b"<<", b">>", b"<=", b">=", b"==", b"!=", b"&&", b"||", b"+=", b"-=",
    b"*=", b"/=", b"%=", b"&=", b"|=", b"^=", b"##",
];

/// Other spellings of `#`, `[`, `]`, `{` and `}`, which no header needs (C17 6.4.6p3).
const DIGRAPHS: [&[u8]; 5] = [b"%:", b"<:", b":>", b"<%", b"%>"];

impl<'a> Lexer<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize, line: u32) -> Self {
        Self { bytes, at, line }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Length of a line continuation at `at`: a backslash, then the line's end. Like gcc, overlook white space
    /// between the two.
    pub(crate) fn continuation(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at..)?.strip_prefix(b"\\")?;
        let blanks = rest.iter().take_while(|&&b| is_blank(b)).count();
        (rest.get(blanks) == Some(&b'\n')).then_some(blanks + 2)
    }

    /// Skips white space within the line, comments and continuations. True if there was any.
    pub(crate) fn skip_space(&mut self) -> Result<bool, LineError> {
        let start = self.at;
        loop {
            match self.peek(0) {
                b'\r' if !matches!(self.bytes.get(self.at + 1), None | Some(b'\n')) => {
                    return Err(LineError::new(self.line, "a carriage return without a line feed"));
                }
                b if is_blank(b) => self.at += 1,
                b'/' if self.peek(1) == b'*' => self.skip_block_comment()?,
                b'/' if self.peek(1) == b'/' => self.skip_line_comment(),
                b'\\' => match self.continuation(self.at) {
                    Some(n) => {
                        self.at += n;
                        self.line += 1;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        Ok(self.at > start)
    }

    fn skip_block_comment(&mut self) -> Result<(), LineError> {
        let from = self.at + 2;
        let Some(length) = memmem::find(&self.bytes[from..], b"*/") else {
            return Err(LineError::new(self.line, "comment is not closed"));
        };
        self.line += memchr::memchr_iter(b'\n', &self.bytes[from..from + length]).count() as u32;
        self.at = from + length + 2;
        Ok(())
    }

    /// Stops before the newline that ends the comment.
    fn skip_line_comment(&mut self) {
        loop {
            let Some(n) = memchr(b'\n', &self.bytes[self.at..]) else {
                self.at = self.bytes.len();
                return;
            };
            let newline = self.at + n;
            let line = &self.bytes[self.at..newline];
            if line.iter().rfind(|&&b| !is_blank(b)) != Some(&b'\\') {
                self.at = newline;
                return;
            }
            self.at = newline + 1;
            self.line += 1;
        }
    }

    /// The next token of this line, or its end; a newline is consumed with the report of it.
    pub(crate) fn next(&mut self) -> Result<Lexeme, LineError> {
        let spaced = self.skip_space()?;
        let start = self.at;
        let Some(&first) = self.bytes.get(start) else { return Ok(Lexeme::End) };
        let line = self.line;
        let kind = match first {
            b'\n' => {
                self.at += 1;
                self.line += 1;
                return Ok(Lexeme::Newline);
            }
            b'L' | b'u' | b'U' if self.literal_prefix().is_some() => {
                let prefix = self.literal_prefix().unwrap_or(0);
                self.at += prefix;
                self.literal(self.peek(0))?
            }
            b if is_ident_start(b) => {
                while is_ident(self.peek(0)) {
                    self.at += 1;
                }
                let name = &self.bytes[start..self.at];
                if name.len() > limits::NAME_BYTES {
                    return Err(LineError::new(line, format!("a name of {} bytes", name.len())));
                }
                if self.peek(0) == b'"' && matches!(name, b"R" | b"LR" | b"uR" | b"UR" | b"u8R") {
                    return Err(LineError::new(line, "raw strings are not supported"));
                }
                Kind::Ident
            }
            b if b.is_ascii_digit() || (b == b'.' && self.peek(1).is_ascii_digit()) => {
                self.number();
                Kind::Number
            }
            quote @ (b'"' | b'\'') => self.literal(quote)?,
            0 => return Err(LineError::new(line, "a NUL byte: this is not a text file")),
            b if b.is_ascii_graphic() => {
                self.punctuator(line)?;
                Kind::Punct
            }
            b => return Err(LineError::new(line, format!("unexpected byte 0x{b:02x}"))),
        };
        self.refuse_spliced_token(kind, start, line)?;
        Ok(Lexeme::Token(RawToken { start: start as u32, end: self.at as u32, line, kind, spaced }))
    }

    /// Length of an encoding prefix if a literal follows it.
    fn literal_prefix(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        [&b"u8"[..], b"L", b"u", b"U"]
            .into_iter()
            .find(|p| rest.starts_with(p) && matches!(rest.get(p.len()), Some(b'"' | b'\'')))
            .map(<[u8]>::len)
    }

    /// A preprocessing number (C17 6.4.8): digits, letters, dots, and signs after an exponent letter.
    fn number(&mut self) {
        loop {
            let b = self.peek(0);
            let signed = matches!(b, b'e' | b'E' | b'p' | b'P') && matches!(self.peek(1), b'+' | b'-');
            // In a hexadecimal number `e` is a digit, but C's grammar takes the sign all the same.
            self.at += match b {
                _ if signed => 2,
                _ if is_ident(b) || b == b'.' => 1,
                _ => return,
            };
        }
    }

    fn literal(&mut self, quote: u8) -> Result<Kind, LineError> {
        let line = self.line;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(&b) if b == quote => {
                    self.at += 1;
                    return Ok(if quote == b'"' { Kind::Str } else { Kind::Char });
                }
                Some(b'\\') => match self.continuation(self.at) {
                    Some(n) => {
                        self.at += n;
                        self.line += 1;
                    }
                    None => self.at += 2,
                },
                Some(b'\n') | None => return Err(LineError::new(line, "literal is not closed on its line")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn punctuator(&mut self, line: u32) -> Result<(), LineError> {
        let rest = &self.bytes[self.at..];
        if DIGRAPHS.iter().any(|d| rest.starts_with(d)) {
            return Err(LineError::new(line, "digraphs are not supported"));
        }
        self.at += LONG_PUNCTUATORS.iter().find(|p| rest.starts_with(p)).map_or(1, |p| p.len());
        Ok(())
    }

    /// A token cut in two by a line continuation would be read as two: an error instead.
    fn refuse_spliced_token(&self, kind: Kind, start: usize, line: u32) -> Result<(), LineError> {
        let Some(n) = self.continuation(self.at) else { return Ok(()) };
        let next = self.bytes.get(self.at + n).copied().unwrap_or(b'\n');
        let token = &self.bytes[start..self.at];
        let joins = match kind {
            // What another continuation leads to is not worth the search.
            Kind::Ident | Kind::Number | Kind::Punct if next == b'\\' => true,
            Kind::Ident => is_ident(next) || matches!(next, b'"' | b'\''),
            Kind::Number => is_ident(next) || matches!(next, b'.' | b'+' | b'-'),
            Kind::Punct => {
                let starts = |p: &[u8]| p.starts_with(token) && p.get(token.len()) == Some(&next);
                let comment = token == b"/" && matches!(next, b'/' | b'*');
                let number = token == b"." && next.is_ascii_digit();
                comment
                    || number
                    || LONG_PUNCTUATORS.iter().copied().any(starts)
                    || DIGRAPHS.iter().copied().any(starts)
            }
            Kind::Str | Kind::Char => false,
        };
        if joins { Err(LineError::new(line, "a token is continued on the next line by a backslash")) } else { Ok(()) }
    }
}

/// All tokens of `bytes` from `at` to the end of the logical line.
pub(crate) fn lex_line(bytes: &[u8], at: usize, line: u32) -> Result<Vec<RawToken>, LineError> {
    let mut lexer = Lexer::new(bytes, at, line);
    let mut tokens = Vec::new();
    while let Lexeme::Token(t) = lexer.next()? {
        tokens.push(t);
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(text: &str) -> Vec<&str> {
        let tokens = lex_line(text.as_bytes(), 0, 1).unwrap();
        tokens.iter().map(|t| &text[t.start as usize..t.end as usize]).collect()
    }

    #[test]
    fn comments_and_continuations_are_white_space() {
        assert_eq!(spellings("a/* b\n */c // d"), ["a", "c"]);
        assert_eq!(spellings("a \\\n b"), ["a", "b"]);
        assert_eq!(spellings("a // b \\\n c\nd"), ["a"]);
    }

    #[test]
    fn punctuators_take_the_longest_match() {
        assert_eq!(spellings("a<<=b>>c->d...e##f"), ["a", "<<=", "b", ">>", "c", "->", "d", "...", "e", "##", "f"]);
    }

    #[test]
    fn numbers_and_literals_keep_their_spelling() {
        assert_eq!(spellings("0x1eULL 1e+5 .5 'a' L\"b\\\"c\""), ["0x1eULL", "1e+5", ".5", "'a'", "L\"b\\\"c\""]);
    }

    #[test]
    fn what_is_no_token_is_an_error_with_its_line() {
        for (text, message) in [
            ("a \\\n /* b", "comment is not closed"),
            ("a \\\n \"b", "literal is not closed on its line"),
            ("a \\\n \u{e9}", "unexpected byte 0xc3"),
            ("a \\\n \0", "a NUL byte: this is not a text file"),
            (" \\\n ab\\\ncd", "a token is continued on the next line by a backslash"),
        ] {
            assert_eq!(lex_line(text.as_bytes(), 0, 1), Err(LineError::new(2, message)), "{text:?}");
        }
    }
}
