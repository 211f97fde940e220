//! Macro definitions and their expansion (C17 6.10.3, with GNU's `, ## __VA_ARGS__`).

use super::error::LineError;
use super::intern::{Interner, Symbol};
use super::limits;
use super::scan::Body;
use super::token::{Kind, Lexeme, Lexer, Token, lex_line};
use std::sync::Arc;

/// A `#define`, parsed when it is first used.
pub(crate) struct Definition {
    pub(crate) bytes: Arc<[u8]>,
    /// Where the text after the name begins.
    pub(crate) body: u32,
    pub(crate) line: u32,
    pub(crate) function_like: bool,
    pub(crate) value: Body,
    pub(crate) parsed: Option<Arc<Parsed>>,
    /// The compiler or the C library defines it.
    pub(crate) system: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parsed {
    parameters: Option<Parameters>,
    body: Vec<Token>,
}

#[derive(Debug, PartialEq, Eq)]
struct Parameters {
    names: Vec<Symbol>,
    /// The last one takes all further arguments.
    variadic: bool,
}

/// Spellings the expander compares with.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    open: Symbol,
    close: Symbol,
    comma: Symbol,
    hash: Symbol,
    paste: Symbol,
    line: Symbol,
    counter: Symbol,
}

impl Words {
    fn new(interner: &mut Interner) -> Self {
        let mut word = |s| interner.intern(s);
        Self {
            open: word("("),
            close: word(")"),
            comma: word(","),
            hash: word("#"),
            paste: word("##"),
            line: word("__LINE__"),
            counter: word("__COUNTER__"),
        }
    }
}

/// Every definition ever seen, and those in force at this point of this translation unit.
pub(crate) struct Macros {
    pub(crate) interner: Interner,
    pub(crate) definitions: Vec<Definition>,
    /// By symbol: 0 for none, else one more than the definition's index.
    current: Vec<u32>,
    /// Tokens produced so far in this translation unit.
    produced: usize,
    /// Bytes of spellings made by `#` and `##` so far.
    made_bytes: usize,
    counter: i32,
    words: Words,
}

impl Macros {
    pub(crate) fn new() -> Self {
        let mut interner = Interner::default();
        let words = Words::new(&mut interner);
        Self { interner, definitions: Vec::new(), current: Vec::new(), produced: 0, made_bytes: 0, counter: 0, words }
    }

    /// Forgets what is in force: a new translation unit begins.
    pub(crate) fn reset(&mut self) {
        self.current.fill(0);
        self.produced = 0;
        self.counter = 0;
    }

    pub(crate) fn define(&mut self, name: Symbol, definition: u32) {
        if self.current.len() <= name.0 as usize {
            self.current.resize(self.interner.len().max(name.0 as usize + 1), 0);
        }
        self.current[name.0 as usize] = definition + 1;
    }

    pub(crate) fn undefine(&mut self, name: Symbol) {
        if let Some(slot) = self.current.get_mut(name.0 as usize) {
            *slot = 0;
        }
    }

    /// The definition in force.
    pub(crate) fn definition(&self, name: Symbol) -> Option<u32> {
        self.current.get(name.0 as usize)?.checked_sub(1)
    }

    pub(crate) fn is_defined(&self, name: Symbol) -> bool {
        self.definition(name).is_some() || name == self.words.line || name == self.words.counter
    }

    /// All macros in force.
    pub(crate) fn all(&self) -> Vec<(Symbol, u32)> {
        let slots = self.current.iter().enumerate();
        slots.filter_map(|(i, d)| Some((Symbol(i as u32), d.checked_sub(1)?))).collect()
    }

    /// Parameters and body of a macro that is used at `line`.
    fn parsed(&mut self, definition: u32, line: u32) -> Result<Arc<Parsed>, LineError> {
        let d = &mut self.definitions[definition as usize];
        if let Some(parsed) = &d.parsed {
            return Ok(parsed.clone());
        }
        let parsed = parse(&d.bytes, d.body as usize, d.line, d.function_like, &mut self.interner);
        // The definition may stand in another file than its use.
        let parsed = parsed.map_err(|e| {
            LineError::new(line, format!("in the definition of this macro, line {} of its file: {}", e.line, e.message))
        });
        let parsed = Arc::new(parsed?);
        d.parsed = Some(parsed.clone());
        Ok(parsed)
    }

    /// Expands `input` completely, appending to `out`, which may grow by `most` tokens. `within` is the macro
    /// whose body this is, if it is one's.
    pub(crate) fn expand_into(
        &mut self,
        input: &[Token],
        within: Option<Symbol>,
        most: usize,
        out: &mut Vec<Token>,
    ) -> Result<(), LineError> {
        let mut active = Vec::new();
        active.extend(within);
        Expansion { macros: self, frames: Vec::new(), active, most: out.len().saturating_add(most) }.run(input, out)
    }

    /// What is left to evaluate of a macro that may stand for an integer; None if it cannot.
    pub(crate) fn constant(&mut self, name: Symbol, definition: u32) -> Result<Option<Constant>, LineError> {
        let d = &self.definitions[definition as usize];
        match d.value {
            Body::Integer(value) => return Ok(Some(Constant::Value(value))),
            Body::Empty | Body::BitRange => return Ok(None),
            Body::Other if d.function_like => return Ok(None),
            Body::Other => {}
        }
        let line = d.line;
        let body = self.parsed(definition, line)?;
        let mut tokens = Vec::new();
        self.expand_into(&body.body, Some(name), limits::EXPANSION_TOKENS, &mut tokens)?;
        Ok(Some(Constant::Expression(tokens)))
    }
}

/// A macro's body, expanded.
pub(crate) enum Constant {
    Value(u64),
    Expression(Vec<Token>),
}

fn parse(
    bytes: &[u8],
    at: usize,
    line: u32,
    function_like: bool,
    interner: &mut Interner,
) -> Result<Parsed, LineError> {
    let mut lexer = Lexer::new(bytes, at, line);
    let parameters = if function_like { Some(parse_parameters(&mut lexer, bytes, interner)?) } else { None };
    let raw = lex_line(bytes, lexer.at, lexer.line)?;
    let body = raw.iter().map(|t| t.resolve(bytes, interner)).collect();
    Ok(Parsed { parameters, body })
}

fn parse_parameters(lexer: &mut Lexer<'_>, bytes: &[u8], interner: &mut Interner) -> Result<Parameters, LineError> {
    let line = lexer.line;
    let bad = || LineError::new(line, "the macro's parameter list is malformed");
    let mut names = Vec::new();
    let mut expect_name = true;
    lexer.next()?; // The opening parenthesis, which made the macro function-like.
    loop {
        let Lexeme::Token(token) = lexer.next()? else { return Err(bad()) };
        match token.bytes(bytes) {
            b")" if !expect_name || names.is_empty() => return Ok(Parameters { names, variadic: false }),
            b"," if !expect_name => expect_name = true,
            b"..." => {
                if expect_name {
                    names.push(interner.intern("__VA_ARGS__"));
                }
                let Lexeme::Token(close) = lexer.next()? else { return Err(bad()) };
                return if close.bytes(bytes) == b")" { Ok(Parameters { names, variadic: true }) } else { Err(bad()) };
            }
            _ if token.kind == Kind::Ident && expect_name => {
                names.push(token.resolve(bytes, interner).symbol);
                expect_name = false;
            }
            _ => return Err(bad()),
        }
    }
}

/// Tokens waiting to be read.
struct Frame {
    tokens: Vec<Token>,
    at: usize,
    /// They are the expansion of the innermost active macro.
    expansion: bool,
}

struct Expansion<'a> {
    macros: &'a mut Macros,
    frames: Vec<Frame>,
    /// Macros that must not be expanded now, innermost last.
    active: Vec<Symbol>,
    /// Length that the output may reach.
    most: usize,
}

impl Expansion<'_> {
    fn run(mut self, input: &[Token], out: &mut Vec<Token>) -> Result<(), LineError> {
        // Most tokens name no macro: take them from the input directly, without a frame.
        let mut at = 0;
        while let Some(&token) = input.get(at) {
            at += 1;
            if token.kind != Kind::Ident || token.painted || !self.macros.is_defined(token.symbol) {
                self.push(out, token)?;
                continue;
            }
            let end = at - 1 + look_ahead(&self.macros.words, input, at - 1);
            self.frames.push(Frame { tokens: input[at - 1..end].to_vec(), at: 0, expansion: false });
            self.drain(out)?;
            at = end;
        }
        Ok(())
    }

    fn push(&mut self, out: &mut Vec<Token>, token: Token) -> Result<(), LineError> {
        if out.len() >= self.most {
            return Err(LineError::new(token.line, "macro expansion is larger than the limit"));
        }
        out.push(token);
        Ok(())
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let frame = self.frames.last_mut()?;
            if let Some(&token) = frame.tokens.get(frame.at) {
                frame.at += 1;
                return Some(token);
            }
            if self.frames.pop().is_some_and(|f| f.expansion) {
                self.active.pop();
            }
        }
    }

    fn peek(&mut self) -> Option<Token> {
        let token = self.next()?;
        self.frames.last_mut()?.at -= 1;
        Some(token)
    }

    fn drain(&mut self, out: &mut Vec<Token>) -> Result<(), LineError> {
        while let Some(mut token) = self.next() {
            if token.kind == Kind::Ident && !token.painted && self.macros.is_defined(token.symbol) {
                if self.active.contains(&token.symbol) {
                    token.painted = true;
                } else if self.enter(token)? {
                    continue;
                }
            }
            self.push(out, token)?;
        }
        Ok(())
    }

    /// Replaces a macro's name (and arguments) by its expansion. False if it is left as it stands.
    fn enter(&mut self, name: Token) -> Result<bool, LineError> {
        let words = self.macros.words;
        let Some(definition) = self.macros.definition(name.symbol) else {
            let value = self.builtin(name);
            self.frames.push(Frame { tokens: vec![value], at: 0, expansion: false });
            return Ok(true);
        };
        if self.active.len() >= limits::EXPANSION_DEPTH {
            return Err(LineError::new(name.line, "macros expand into one another too deeply"));
        }
        let parsed = self.macros.parsed(definition, name.line)?;
        let mut tokens = match &parsed.parameters {
            None => self.substitute(&parsed.body, None, &[], name)?,
            Some(parameters) => {
                if self.peek().is_none_or(|t| t.symbol != words.open || t.kind != Kind::Punct) {
                    return Ok(false);
                }
                let arguments = self.arguments(parameters, name)?;
                self.substitute(&parsed.body, Some(parameters), &arguments, name)?
            }
        };
        for token in &mut tokens {
            token.line = name.line;
        }
        if let Some(first) = tokens.first_mut() {
            first.spaced = name.spaced;
        }
        self.macros.produced += tokens.len();
        if self.macros.produced > limits::TOTAL_EXPANSION_TOKENS || tokens.len() > limits::EXPANSION_TOKENS {
            let message =
                format!("expanding {} gives more tokens than the limit", self.macros.interner.str(name.symbol));
            return Err(LineError::new(name.line, message));
        }
        self.active.push(name.symbol);
        self.frames.push(Frame { tokens, at: 0, expansion: true });
        Ok(true)
    }

    fn builtin(&mut self, name: Token) -> Token {
        let value = if name.symbol == self.macros.words.line {
            name.line.to_string()
        } else {
            self.macros.counter += 1;
            (self.macros.counter - 1).to_string()
        };
        Token { symbol: self.macros.interner.intern(&value), kind: Kind::Number, ..name }
    }

    /// Reads the arguments, parentheses included.
    fn arguments(&mut self, parameters: &Parameters, name: Token) -> Result<Vec<Vec<Token>>, LineError> {
        let words = self.macros.words;
        let mut arguments = vec![Vec::new()];
        let mut depth = 0usize;
        loop {
            let Some(token) = self.next() else {
                let message = format!("the arguments of {} are not closed", self.macros.interner.str(name.symbol));
                return Err(LineError::new(name.line, message));
            };
            let punct = token.kind == Kind::Punct;
            if punct && token.symbol == words.open {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            } else if punct && token.symbol == words.close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            } else if punct && token.symbol == words.comma && depth == 1 {
                let rest = parameters.variadic && arguments.len() == parameters.names.len();
                if !rest {
                    arguments.push(Vec::new());
                    continue;
                }
            }
            if let Some(last) = arguments.last_mut() {
                last.push(token);
            }
        }
        let wanted = parameters.names.len();
        if wanted == 0 && arguments.len() == 1 && arguments[0].is_empty() {
            arguments.clear();
        }
        if parameters.variadic && arguments.len() + 1 == wanted {
            arguments.push(Vec::new());
        }
        if arguments.len() != wanted {
            let name_text = self.macros.interner.str(name.symbol);
            let message = format!("{name_text} takes {wanted} arguments, not {}", arguments.len());
            return Err(LineError::new(name.line, message));
        }
        Ok(arguments)
    }

    /// The body with parameters replaced, `#` and `##` carried out.
    fn substitute(
        &mut self,
        body: &[Token],
        parameters: Option<&Parameters>,
        arguments: &[Vec<Token>],
        name: Token,
    ) -> Result<Vec<Token>, LineError> {
        let words = self.macros.words;
        let is = |t: Option<&Token>, word: Symbol| t.is_some_and(|t| t.kind == Kind::Punct && t.symbol == word);
        let parameter = |t: &Token| {
            let names = parameters.filter(|_| t.kind == Kind::Ident)?;
            names.names.iter().position(|&n| n == t.symbol)
        };
        if arguments.is_empty() && !body.iter().any(|t| t.symbol == words.paste) {
            return Ok(body.to_vec());
        }
        let mut expanded: Vec<Option<Vec<Token>>> = vec![None; arguments.len()];
        let mut out: Vec<Token> = Vec::new();
        let mut at = 0;
        // Where the left operand of a coming `##` begins in `out`; equal to its length if that operand is empty.
        let mut operand = 0;
        while let Some(token) = body.get(at) {
            at += 1;
            if is(Some(token), words.paste) {
                let Some(right) = body.get(at) else {
                    return Err(LineError::new(name.line, "'##' ends a macro's body"));
                };
                at += 1;
                let right_tokens = match parameter(right) {
                    Some(i) => arguments[i].clone(),
                    None => vec![*right],
                };
                let gnu_comma = operand < out.len()
                    && is(out.last(), words.comma)
                    && parameters.is_some_and(|p| p.variadic && parameter(right) == Some(p.names.len() - 1));
                if gnu_comma {
                    // GNU: the comma goes when there are no further arguments, else it stays and nothing is pasted.
                    if right_tokens.is_empty() {
                        out.pop();
                    }
                    out.extend(right_tokens);
                } else {
                    self.paste(&mut out, operand, &right_tokens, name)?;
                }
                continue;
            }
            operand = out.len();
            if is(Some(token), words.hash) && parameters.is_some() {
                let Some(i) = body.get(at).and_then(&parameter) else {
                    return Err(LineError::new(name.line, "'#' needs a parameter after it"));
                };
                at += 1;
                out.push(self.stringify(&arguments[i], *token)?);
                continue;
            }
            match parameter(token) {
                None => out.push(*token),
                // An operand of `##` is taken as written, any other argument expanded.
                Some(i) if is(body.get(at), words.paste) => out.extend(&arguments[i]),
                Some(i) => {
                    if expanded[i].is_none() {
                        expanded[i] = Some(self.argument(&arguments[i])?);
                    }
                    out.extend(expanded[i].iter().flatten());
                }
            }
            if out.len() > limits::EXPANSION_TOKENS {
                return Err(LineError::new(name.line, "a macro's expansion is larger than the limit"));
            }
        }
        Ok(out)
    }

    fn argument(&mut self, tokens: &[Token]) -> Result<Vec<Token>, LineError> {
        let line = tokens.first().map_or(0, |t| t.line);
        if self.active.len() >= limits::EXPANSION_DEPTH {
            return Err(LineError::new(line, "macros expand into one another too deeply"));
        }
        // The marker keeps nested arguments within the same depth limit.
        let mut active = self.active.clone();
        active.push(Symbol(u32::MAX));
        let mut out = Vec::new();
        let inner = Expansion { macros: self.macros, frames: Vec::new(), active, most: limits::EXPANSION_TOKENS };
        inner.run(tokens, &mut out)?;
        self.macros.produced += out.len();
        Ok(out)
    }

    fn stringify(&mut self, tokens: &[Token], hash: Token) -> Result<Token, LineError> {
        let mut text = String::from("\"");
        for (i, t) in tokens.iter().enumerate().take(limits::MADE_SPELLING_BYTES) {
            if text.len() > limits::MADE_SPELLING_BYTES {
                break;
            }
            if i > 0 && t.spaced {
                text.push(' ');
            }
            text.push_str(self.macros.interner.str(t.symbol));
        }
        text.push('"');
        Ok(Token { symbol: self.made(&text, hash.line)?, kind: Kind::Str, ..hash })
    }

    /// Interns a spelling that no file holds; macros can make these grow without end.
    fn made(&mut self, text: &str, line: u32) -> Result<Symbol, LineError> {
        self.macros.made_bytes += text.len();
        if text.len() > limits::MADE_SPELLING_BYTES || self.macros.made_bytes > limits::MADE_BYTES {
            return Err(LineError::new(line, "'#' and '##' make more text than the limit"));
        }
        Ok(self.macros.interner.intern(text))
    }

    /// Joins the last token of the left operand (`out[operand..]`) with the first of the right one.
    fn paste(&mut self, out: &mut Vec<Token>, operand: usize, right: &[Token], name: Token) -> Result<(), LineError> {
        let Some((&first, rest)) = right.split_first() else { return Ok(()) };
        if operand >= out.len() {
            out.extend(right);
            return Ok(());
        }
        let Some(left) = out.pop() else { return Ok(()) };
        let text = {
            let interner = &self.macros.interner;
            format!("{}{}", interner.str(left.symbol), interner.str(first.symbol))
        };
        let symbol = self.made(&text, name.line)?;
        let one = lex_line(text.as_bytes(), 0, name.line).ok().filter(|raw| raw.len() == 1);
        let Some([raw]) = one.as_deref() else {
            return Err(LineError::new(name.line, format!("'##' makes '{text}', which is not one token")));
        };
        out.push(Token { symbol, line: name.line, kind: raw.kind, spaced: left.spaced, painted: false });
        out.extend(rest);
        Ok(())
    }
}

/// How many tokens from `at` on a macro's expansion can need: its name, and a parenthesised list if one follows.
/// A macro whose expansion ends in another one's name may take what comes after, hence lists are taken as long
/// as one follows another.
fn look_ahead(words: &Words, input: &[Token], at: usize) -> usize {
    let mut end = at + 1;
    while input.get(end).is_some_and(|t| t.kind == Kind::Punct && t.symbol == words.open) {
        let mut depth = 0usize;
        for token in &input[end..] {
            end += 1;
            if token.kind == Kind::Punct && token.symbol == words.open {
                depth += 1;
            } else if token.kind == Kind::Punct && token.symbol == words.close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }
    end - at
}
