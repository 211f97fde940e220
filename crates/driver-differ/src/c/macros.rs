//! Macro definitions and their expansion (C17 6.10.3, with GNU's `, ## __VA_ARGS__`).

use super::error::LineError;
use super::intern::{Interner, Symbol};
use super::limits;
use super::scan::Body;
use super::token::{Kind, Lexeme, Lexer, Token, lex_line};
use rustc_hash::FxHashMap;
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
    /// Which parameter each token of the body is; [`NO_PARAMETER`] for any other token.
    which: Vec<u32>,
    /// It has `#` or `##`.
    operators: bool,
}

const NO_PARAMETER: u32 = u32::MAX;

#[derive(Debug, PartialEq, Eq)]
struct Parameters {
    count: usize,
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
    va_args: Symbol,
    va_opt: Symbol,
    defined: Symbol,
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
            va_args: word("__VA_ARGS__"),
            va_opt: word("__VA_OPT__"),
            defined: word("defined"),
        }
    }

    fn is_operator(&self, token: &Token) -> bool {
        token.kind == Kind::Punct && (token.symbol == self.hash || token.symbol == self.paste)
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
    /// `__LINE__` or `__COUNTER__` was expanded: what came of it holds only where it stands.
    placed: bool,
    words: Words,
}

impl Macros {
    pub(crate) fn new() -> Self {
        let mut interner = Interner::default();
        let words = Words::new(&mut interner);
        Self {
            interner,
            definitions: Vec::new(),
            current: Vec::new(),
            produced: 0,
            made_bytes: 0,
            counter: 0,
            placed: false,
            words,
        }
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
        let parsed = parse(d, &self.words, &mut self.interner);
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
        let most = out.len().saturating_add(most);
        Expansion { macros: self, input, at: 0, frames: Vec::new(), active, most, condition: false }.run(out)
    }

    /// Expands the operand of an `#if`.
    pub(crate) fn expand_condition(&mut self, input: &[Token]) -> Result<Vec<Token>, LineError> {
        let mut out = Vec::new();
        let most = limits::EXPANSION_TOKENS;
        let frames = Vec::new();
        Expansion { macros: self, input, at: 0, frames, active: Vec::new(), most, condition: true }.run(&mut out)?;
        Ok(out)
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
        self.placed = false;
        self.expand_into(&body.body, Some(name), limits::CONSTANT_TOKENS, &mut tokens)?;
        // Its value depends on where it is used.
        Ok((!self.placed).then_some(Constant::Expression(tokens.into())))
    }
}

/// A macro's body, expanded.
pub(crate) enum Constant {
    Value(u64),
    Expression(Box<[Token]>),
}

fn parse(definition: &Definition, words: &Words, interner: &mut Interner) -> Result<Parsed, LineError> {
    let Definition { bytes, line, function_like, .. } = definition;
    let mut lexer = Lexer::new(bytes, definition.body as usize, *line);
    let mut names = FxHashMap::default();
    let parameters = match function_like {
        true => Some(parse_parameters(&mut lexer, bytes, words, interner, &mut names)?),
        false => None,
    };
    let raw = lex_line(bytes, lexer.at, lexer.line)?;
    let body: Vec<Token> = raw.iter().map(|t| t.resolve(bytes, interner)).collect();
    let named = |t: &Token| if t.kind == Kind::Ident { names.get(&t.symbol).copied() } else { None };
    let which: Vec<u32> = body.iter().map(|t| named(t).unwrap_or(NO_PARAMETER)).collect();
    let parsed = Parsed { operators: body.iter().any(|t| words.is_operator(t)), parameters, body, which };
    check_operators(&parsed, words, *line)?;
    Ok(parsed)
}

/// `##` stands between two tokens, and a function-like macro's `#` before a parameter (C17 6.10.3.2, 6.10.3.3).
fn check_operators(parsed: &Parsed, words: &Words, line: u32) -> Result<(), LineError> {
    let Parsed { parameters, body, which, .. } = parsed;
    let is = |t: &Token, word: Symbol| t.kind == Kind::Punct && t.symbol == word;
    if body.first().is_some_and(|t| is(t, words.paste)) || body.last().is_some_and(|t| is(t, words.paste)) {
        return Err(LineError::new(line, "'##' at an end of a macro's body"));
    }
    let Some(parameters) = parameters else { return Ok(()) };
    for (i, token) in body.iter().enumerate() {
        if is(token, words.hash) && which.get(i + 1).is_none_or(|&w| w == NO_PARAMETER) {
            return Err(LineError::new(line, "'#' needs a parameter after it"));
        }
        if parameters.variadic && token.symbol == words.va_opt {
            return Err(LineError::new(line, "__VA_OPT__ is not supported"));
        }
    }
    Ok(())
}

/// Reads the parameter list, numbering the names in their order.
fn parse_parameters(
    lexer: &mut Lexer<'_>,
    bytes: &[u8],
    words: &Words,
    interner: &mut Interner,
    names: &mut FxHashMap<Symbol, u32>,
) -> Result<Parameters, LineError> {
    let line = lexer.line;
    let bad = || LineError::new(line, "the macro's parameter list is malformed");
    let mut expect_name = true;
    lexer.next()?; // The opening parenthesis, which made the macro function-like.
    loop {
        let Lexeme::Token(token) = lexer.next()? else { return Err(bad()) };
        match token.bytes(bytes) {
            b")" if !expect_name || names.is_empty() => return Ok(Parameters { count: names.len(), variadic: false }),
            b"," if !expect_name => expect_name = true,
            b"..." => {
                if expect_name {
                    names.insert(words.va_args, names.len() as u32);
                }
                let Lexeme::Token(close) = lexer.next()? else { return Err(bad()) };
                let closed = close.bytes(bytes) == b")";
                return if closed { Ok(Parameters { count: names.len(), variadic: true }) } else { Err(bad()) };
            }
            _ if token.kind == Kind::Ident && expect_name => {
                let number = names.len();
                let name = token.resolve(bytes, interner).symbol;
                if number == limits::MACRO_PARAMETERS || name == words.va_args || names.contains_key(&name) {
                    return Err(bad());
                }
                names.insert(name, number as u32);
                expect_name = false;
            }
            _ => return Err(bad()),
        }
    }
}

/// What stands between a function-like macro's parentheses.
#[derive(Default)]
struct Arguments {
    lists: Vec<Vec<Token>>,
    /// There is nothing for the last parameter, which is variadic.
    omitted: bool,
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
    /// What is to be expanded, and how much of it was read.
    input: &'a [Token],
    at: usize,
    /// Expansions that are read before the rest of the input, innermost last.
    frames: Vec<Frame>,
    /// Macros that must not be expanded now, innermost last.
    active: Vec<Symbol>,
    /// Length that the output may reach.
    most: usize,
    /// This is an `#if`'s operand: the operand of `defined` is left alone.
    condition: bool,
}

impl Expansion<'_> {
    fn run(mut self, out: &mut Vec<Token>) -> Result<(), LineError> {
        while let Some(mut token) = self.next() {
            if token.kind == Kind::Ident && !token.painted && self.macros.is_defined(token.symbol) {
                if self.active.contains(&token.symbol) {
                    token.painted = true;
                } else if self.enter(token)? {
                    continue;
                }
            }
            self.push(out, token)?;
            if self.condition && token.symbol == self.macros.words.defined {
                self.pass_operand(out)?;
            }
        }
        Ok(())
    }

    /// Takes over what follows `defined`, a name or `(` and a name, unexpanded.
    fn pass_operand(&mut self, out: &mut Vec<Token>) -> Result<(), LineError> {
        let open = self.macros.words.open;
        for _ in 0..2 {
            let Some(token) = self.next() else { return Ok(()) };
            self.push(out, Token { painted: true, ..token })?;
            if token.symbol != open {
                break;
            }
        }
        Ok(())
    }

    fn push(&mut self, out: &mut Vec<Token>, token: Token) -> Result<(), LineError> {
        if out.len() >= self.most {
            return Err(too_much(token.line));
        }
        out.push(token);
        Ok(())
    }

    fn next(&mut self) -> Option<Token> {
        while let Some(frame) = self.frames.last_mut() {
            if let Some(&token) = frame.tokens.get(frame.at) {
                frame.at += 1;
                return Some(token);
            }
            if self.frames.pop().is_some_and(|f| f.expansion) {
                self.active.pop();
            }
        }
        let token = self.input.get(self.at).copied();
        self.at += usize::from(token.is_some());
        token
    }

    fn peek(&mut self) -> Option<Token> {
        let token = self.next()?;
        // `next` drops the frames it finds read to their end, so the token is the innermost one's left.
        match self.frames.last_mut() {
            Some(frame) => frame.at -= 1,
            None => self.at -= 1,
        }
        Some(token)
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
            None => self.substitute(&parsed, &Arguments::default(), name)?,
            Some(parameters) => {
                if self.peek().is_none_or(|t| t.symbol != words.open || t.kind != Kind::Punct) {
                    return Ok(false);
                }
                let arguments = self.arguments(parameters, name)?;
                self.substitute(&parsed, &arguments, name)?
            }
        };
        for token in &mut tokens {
            token.line = name.line;
        }
        if let Some(first) = tokens.first_mut() {
            first.spaced = name.spaced;
        }
        if tokens.len() > limits::EXPANSION_TOKENS {
            return Err(too_much(name.line));
        }
        self.count(tokens.len(), name.line)?;
        self.active.push(name.symbol);
        self.frames.push(Frame { tokens, at: 0, expansion: true });
        Ok(true)
    }

    /// Counts tokens that were copied: the measure of the work, whatever comes of them.
    fn count(&mut self, tokens: usize, line: u32) -> Result<(), LineError> {
        self.macros.produced += tokens;
        if self.macros.produced > limits::TOTAL_EXPANSION_TOKENS { Err(too_much(line)) } else { Ok(()) }
    }

    fn builtin(&mut self, name: Token) -> Token {
        self.macros.placed = true;
        let value = if name.symbol == self.macros.words.line {
            name.line.to_string()
        } else {
            self.macros.counter += 1;
            (self.macros.counter - 1).to_string()
        };
        Token { symbol: self.macros.interner.intern(&value), kind: Kind::Number, ..name }
    }

    /// Reads the arguments, parentheses included.
    fn arguments(&mut self, parameters: &Parameters, name: Token) -> Result<Arguments, LineError> {
        let words = self.macros.words;
        let mut arguments = vec![Vec::new()];
        let mut depth = 0usize;
        loop {
            let Some(mut token) = self.next() else {
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
                let rest = parameters.variadic && arguments.len() == parameters.count;
                if !rest {
                    arguments.push(Vec::new());
                    // Far more than are taken: an error below, without the memory.
                    if arguments.len() > 2 * limits::MACRO_PARAMETERS {
                        break;
                    }
                    continue;
                }
            }
            if token.kind == Kind::Ident && self.active.contains(&token.symbol) {
                // The macro may have ended by the time the argument is expanded; gcc, too, decides here.
                token.painted = true;
            }
            if let Some(last) = arguments.last_mut() {
                last.push(token);
            }
        }
        let wanted = parameters.count;
        if wanted == 0 && arguments.len() == 1 && arguments[0].is_empty() {
            arguments.clear();
        }
        let none = arguments.len() == 1 && arguments[0].is_empty();
        let omitted = parameters.variadic && (none || arguments.len() < wanted);
        if parameters.variadic && arguments.len() + 1 == wanted {
            arguments.push(Vec::new());
        }
        if arguments.len() != wanted {
            let name_text = self.macros.interner.str(name.symbol);
            let message = format!("{name_text} takes {wanted} arguments, not {}", arguments.len());
            return Err(LineError::new(name.line, message));
        }
        self.count(arguments.iter().map(|a| a.len() + 1).sum(), name.line)?;
        Ok(Arguments { lists: arguments, omitted })
    }

    /// The body with parameters replaced, `#` and `##` carried out.
    fn substitute(&mut self, macro_: &Parsed, arguments: &Arguments, name: Token) -> Result<Vec<Token>, LineError> {
        let Parsed { parameters, body, which, operators } = macro_;
        let Arguments { lists: arguments, omitted } = arguments;
        if arguments.is_empty() && !operators {
            return Ok(body.clone());
        }
        let words = self.macros.words;
        let is = |t: Option<&Token>, word: Symbol| t.is_some_and(|t| t.kind == Kind::Punct && t.symbol == word);
        let argument = |at: usize| arguments.get(*which.get(at)? as usize);
        // Only a function-like macro has the operator `#`.
        let is_hash = |at: usize| parameters.is_some() && is(body.get(at), words.hash);
        let rest = parameters.as_ref().filter(|p| p.variadic).map(|p| p.count as u32 - 1);
        let mut expanded: Vec<Option<Vec<Token>>> = vec![None; arguments.len()];
        let mut out: Vec<Token> = Vec::new();
        let mut at = 0;
        // Where the left operand of a coming `##` begins in `out`; equal to its length if that operand is empty.
        let mut operand = 0;
        while let Some(token) = body.get(at) {
            at += 1;
            if is(Some(token), words.paste) {
                let made;
                let right: &[Token] = match argument(at) {
                    Some(argument) => argument,
                    None if is_hash(at) => {
                        at += 1;
                        made = self.stringify(argument(at).map_or(&[], Vec::as_slice), body[at - 1], name)?;
                        std::slice::from_ref(&made)
                    }
                    // check_operators saw that something follows.
                    None => body.get(at..=at).unwrap_or_default(),
                };
                let takes_rest = rest.is_some() && which.get(at).copied() == rest;
                at += 1;
                if takes_rest && operand < out.len() && is(out.last(), words.comma) {
                    // GNU: the comma goes if the further arguments were left out (not if there was an empty one);
                    // else it stays and nothing is pasted.
                    if is(body.get(at), words.paste) {
                        return Err(LineError::new(name.line, "'##' after ', ## __VA_ARGS__' is not supported"));
                    }
                    if *omitted {
                        out.pop();
                    }
                    out.extend(right);
                } else {
                    self.paste(&mut out, operand, right, name)?;
                }
            } else if is_hash(at - 1) {
                operand = out.len();
                out.push(self.stringify(argument(at).map_or(&[], Vec::as_slice), *token, name)?);
                at += 1;
            } else if let Some(argument) = argument(at - 1) {
                operand = out.len();
                if is(body.get(at), words.paste) {
                    // An operand of `##` is taken as written, any other argument expanded.
                    out.extend(argument);
                } else {
                    let slot = &mut expanded[which[at - 1] as usize];
                    if slot.is_none() {
                        *slot = Some(self.argument(argument)?);
                    }
                    out.extend(slot.iter().flatten());
                }
                if let Some(first) = out.get_mut(operand) {
                    first.spaced = token.spaced;
                }
            } else {
                operand = out.len();
                out.push(*token);
            }
            if out.len() > limits::EXPANSION_TOKENS {
                return Err(too_much(name.line));
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
        let most = limits::EXPANSION_TOKENS;
        let inner =
            Expansion { macros: self.macros, input: tokens, at: 0, frames: Vec::new(), active, most, condition: false };
        inner.run(&mut out)?;
        self.count(out.len(), line)?;
        Ok(out)
    }

    fn stringify(&mut self, tokens: &[Token], hash: Token, name: Token) -> Result<Token, LineError> {
        let mut text = String::from("\"");
        for (i, t) in tokens.iter().enumerate().take(limits::MADE_SPELLING_BYTES) {
            if text.len() > limits::MADE_SPELLING_BYTES {
                break;
            }
            if i > 0 && t.spaced {
                text.push(' ');
            }
            let spelling = self.macros.interner.str(t.symbol);
            match t.kind {
                Kind::Str | Kind::Char => {
                    for c in spelling.chars() {
                        if matches!(c, '"' | '\\') {
                            text.push('\\');
                        }
                        text.push(c);
                    }
                }
                _ => text.push_str(spelling),
            }
        }
        text.push('"');
        Ok(Token { symbol: self.made(&text, name.line)?, kind: Kind::Str, ..hash })
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

fn too_much(line: u32) -> LineError {
    LineError::new(line, "macro expansion is larger than the limit")
}
