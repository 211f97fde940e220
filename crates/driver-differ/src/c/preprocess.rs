//! A translation unit: directives carried out, includes followed, text expanded and cut into declarations.

use super::attributes;
use super::error::{Error, LineError, Place};
use super::expr;
use super::intern::Symbol;
use super::limits;
use super::macros::{Definition, Macros};
use super::scan::{ItemKind, Scan};
use super::target;
use super::token::{Kind, Token, lex_line};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A scanned file with its names interned.
pub(crate) struct Unit {
    bytes: Arc<[u8]>,
    lines: Vec<Line>,
    tokens: Vec<Token>,
}

struct Line {
    number: u32,
    directive: Directive,
}

enum Directive {
    Text(std::ops::Range<u32>),
    Define(Symbol, u32),
    Undef(Symbol),
    Include(u32),
    If(u32),
    Ifdef(Symbol, bool),
    Elif(u32),
    Else,
    Endif,
    Pragma(u32),
    Error(u32),
    Unknown(Symbol),
    ElifDefined(Symbol),
}

impl Unit {
    pub(crate) fn new(bytes: Arc<[u8]>, scan: Scan, system: bool, macros: &mut Macros) -> Self {
        let text = |r: &std::ops::Range<u32>| {
            // Spans of names hold identifier characters alone, which are ASCII.
            str::from_utf8(&bytes[r.start as usize..r.end as usize]).unwrap_or_default()
        };
        let mut lines = Vec::with_capacity(scan.items.len());
        for item in scan.items {
            let mut symbol = |r: &_| macros.interner.intern(text(r));
            let directive = match item.kind {
                ItemKind::Text(range) => Directive::Text(range),
                ItemKind::Define { name, function_like, body, value } => {
                    let name = symbol(&name);
                    let definition = Definition {
                        bytes: bytes.clone(),
                        body,
                        line: item.line,
                        function_like,
                        value,
                        parsed: None,
                        system,
                    };
                    macros.definitions.push(definition);
                    Directive::Define(name, macros.definitions.len() as u32 - 1)
                }
                ItemKind::Undef(name) => Directive::Undef(symbol(&name)),
                ItemKind::Ifdef(name) => Directive::Ifdef(symbol(&name), true),
                ItemKind::Ifndef(name) => Directive::Ifdef(symbol(&name), false),
                ItemKind::Unknown(name) => Directive::Unknown(symbol(&name)),
                ItemKind::ElifDefined(name) => Directive::ElifDefined(symbol(&name)),
                ItemKind::Include(at) => Directive::Include(at),
                ItemKind::If(at) => Directive::If(at),
                ItemKind::Elif(at) => Directive::Elif(at),
                ItemKind::Else => Directive::Else,
                ItemKind::Endif => Directive::Endif,
                ItemKind::Pragma(at) => Directive::Pragma(at),
                ItemKind::Error(at) => Directive::Error(at),
            };
            lines.push(Line { number: item.line, directive });
        }
        let tokens = scan.tokens.iter().map(|t| t.resolve(&bytes, &mut macros.interner)).collect();
        Self { bytes, lines, tokens }
    }

    /// Whether the definition stands in this file.
    pub(crate) fn defines(&self, definition: u32) -> bool {
        self.lines.iter().any(|l| matches!(l.directive, Directive::Define(_, d) if d == definition))
    }
}

/// Where headers come from.
pub(crate) trait Headers {
    /// The file at `path`, ready to be read; None if there is none.
    fn open(&mut self, path: &str, macros: &mut Macros) -> Result<Option<Arc<Unit>>, Error>;
}

/// A declaration's tokens in [`Preprocessed::tokens`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) tokens: std::ops::Range<u32>,
    /// `#pragma pack` in force, in bytes; 0 for none.
    pub(crate) pack: u32,
}

/// What a translation unit comes to.
#[derive(Default)]
pub(crate) struct Preprocessed {
    pub(crate) tokens: Vec<Token>,
    /// Which file tokens come from: from this token on, the file of this index.
    marks: Vec<(u32, u32)>,
    pub(crate) files: Vec<Arc<str>>,
    pub(crate) chunks: Vec<Chunk>,
    /// Files read, repeats counted.
    pub(crate) included: usize,
}

impl Preprocessed {
    /// Where a token stands.
    pub(crate) fn place(&self, token: u32) -> Place {
        let mark = self.marks.partition_point(|&(from, _)| from <= token);
        let file = mark.checked_sub(1).map_or(0, |m| self.marks[m].1);
        let line = self.tokens.get(token as usize).map_or(0, |t| t.line);
        Place { file: self.files[file as usize].clone(), line }
    }
}

/// Reads `roots` one after the other as one translation unit.
pub(crate) fn preprocess(
    macros: &mut Macros,
    headers: &mut dyn Headers,
    roots: &[String],
    include_dirs: &[String],
) -> Result<Preprocessed, Error> {
    macros.reset();
    let mut p = Preprocessor {
        headers,
        include_dirs,
        out: Preprocessed::default(),
        once: FxHashSet::default(),
        resolved: FxHashMap::default(),
        pack: Vec::new(),
        pack_now: 0,
        chunk: ChunkState::new(macros),
        call_pending: None,
        bytes: 0,
        macros,
    };
    let predefined = p.builtin("<predefined>", target::PREDEFINED)?;
    p.file("<predefined>", predefined, 0)?;
    for root in roots {
        let name: Arc<str> = root.as_str().into();
        let Some(unit) = p.headers.open(root, p.macros)? else {
            let place = Place { file: name, line: 1 };
            return Err(Error { place, message: "there is no such file".into() });
        };
        if !p.once.contains(root.as_str()) {
            p.file(root, unit, 0)?;
        }
    }
    p.finish()
}

/// A header's path and content, if there is one.
type Found = Option<(Arc<str>, Arc<Unit>)>;

struct Preprocessor<'a> {
    macros: &'a mut Macros,
    headers: &'a mut dyn Headers,
    include_dirs: &'a [String],
    out: Preprocessed,
    /// Paths that said `#pragma once`.
    once: FxHashSet<Arc<str>>,
    /// What an `#include` operand means in a directory, once looked up.
    resolved: FxHashMap<(Arc<str>, String), Found>,
    pack: Vec<u32>,
    pack_now: u32,
    chunk: ChunkState,
    /// The last token of the text so far names a function-like macro: a `(` now would be its argument list.
    call_pending: Option<Symbol>,
    /// Bytes of the files read so far, repeats counted.
    bytes: usize,
}

/// One `#if` .. `#endif`.
struct Conditional {
    line: u32,
    /// The group being read is kept.
    live: bool,
    /// Some group was kept already, or the whole conditional stands in a skipped group.
    done: bool,
    seen_else: bool,
}

impl Preprocessor<'_> {
    fn builtin(&mut self, name: &str, text: &str) -> Result<Arc<Unit>, Error> {
        let scan = super::scan::scan(text.as_bytes()).map_err(|e| e.within(&name.into()))?;
        Ok(Arc::new(Unit::new(text.as_bytes().into(), scan, true, self.macros)))
    }

    fn file(&mut self, path: &str, unit: Arc<Unit>, depth: usize) -> Result<(), Error> {
        let path: Arc<str> = path.into();
        self.out.included += 1;
        self.bytes += unit.bytes.len();
        if self.bytes > limits::UNIT_BYTES {
            let message = format!("with this file the headers, repeats counted, exceed {} bytes", limits::UNIT_BYTES);
            return Err(LineError::new(1, message).within(&path));
        }
        let index = self.out.files.len() as u32;
        self.out.files.push(path.clone());
        self.mark(index);
        self.lines(&path, &unit, index, depth)
    }

    fn mark(&mut self, file: u32) {
        self.out.marks.push((self.out.tokens.len() as u32, file));
    }

    fn lines(&mut self, path: &Arc<str>, unit: &Arc<Unit>, index: u32, depth: usize) -> Result<(), Error> {
        let mut conditionals: Vec<Conditional> = Vec::new();
        let mut skipping = false;
        for line in &unit.lines {
            let fail = |e: LineError| e.within(path);
            match &line.directive {
                Directive::If(_) | Directive::Ifdef(..) | Directive::Elif(_) | Directive::Else | Directive::Endif => {
                    self.conditional(path, unit, line, &mut conditionals).map_err(fail)?;
                    skipping = conditionals.last().is_some_and(|c| !c.live);
                }
                Directive::ElifDefined(name) => {
                    let message = format!("the directive '#{}' is not supported", self.macros.interner.str(*name));
                    return Err(fail(LineError::new(line.number, message)));
                }
                _ if skipping => {}
                Directive::Define(name, definition) => self.macros.define(*name, *definition),
                Directive::Undef(name) => self.macros.undefine(*name),
                Directive::Text(range) => {
                    let tokens = &unit.tokens[range.start as usize..range.end as usize];
                    self.text(tokens).map_err(fail)?;
                }
                Directive::Include(at) => {
                    self.include(path, unit, *at, line.number, depth)?;
                    self.mark(index);
                }
                Directive::Pragma(at) => self.pragma(path, unit, *at, line.number).map_err(fail)?,
                Directive::Error(at) => {
                    let rest = &unit.bytes[*at as usize..];
                    let end = rest.iter().take(300).position(|&b| b == b'\n').unwrap_or(rest.len().min(300));
                    let text = String::from_utf8_lossy(&rest[..end]);
                    return Err(fail(LineError::new(line.number, format!("#error {}", text.trim()))));
                }
                Directive::Unknown(name) => {
                    let message = format!("the directive '#{}' is not known", self.macros.interner.str(*name));
                    return Err(fail(LineError::new(line.number, message)));
                }
            }
        }
        match conditionals.last() {
            Some(open) => Err(LineError::new(open.line, "the conditional has no #endif").within(path)),
            None => Ok(()),
        }
    }

    fn conditional(
        &mut self,
        path: &Arc<str>,
        unit: &Unit,
        line: &Line,
        open: &mut Vec<Conditional>,
    ) -> Result<(), LineError> {
        let skipping = open.last().is_some_and(|c| !c.live);
        match line.directive {
            Directive::If(_) | Directive::Ifdef(..) => {
                if open.len() == limits::CONDITIONAL_DEPTH {
                    return Err(LineError::new(line.number, "conditionals nest too deeply"));
                }
                let live = !skipping
                    && match line.directive {
                        Directive::Ifdef(name, wanted) => self.macros.is_defined(name) == wanted,
                        Directive::If(at) => self.condition(path, unit, at, line.number)?,
                        _ => false,
                    };
                open.push(Conditional { line: line.number, live, done: live || skipping, seen_else: false });
                return Ok(());
            }
            _ => {}
        }
        let Some(mut current) = open.pop() else {
            return Err(LineError::new(line.number, "there is no #if that this belongs to"));
        };
        match line.directive {
            Directive::Elif(_) | Directive::Else if current.seen_else => {
                return Err(LineError::new(line.number, "another group after #else"));
            }
            Directive::Elif(at) => {
                current.live = !current.done && self.condition(path, unit, at, line.number)?;
                current.done |= current.live;
                open.push(current);
            }
            Directive::Else => {
                current.live = !current.done;
                current.done = true;
                current.seen_else = true;
                open.push(current);
            }
            _ => {}
        }
        Ok(())
    }

    /// The truth of an `#if` operand.
    fn condition(&mut self, path: &Arc<str>, unit: &Unit, at: u32, line: u32) -> Result<bool, LineError> {
        let tokens = self.operands(unit, at, line)?;
        let replaced = self.operators(path, &tokens, line)?;
        let expanded = self.macros.expand_condition(&replaced)?;
        // Once more: like gcc, take these operators where a macro's expansion brings them, too.
        let expanded = self.operators(path, &expanded, line)?;
        match expr::evaluate_conditional(&expanded, &self.macros.interner) {
            Ok(value) => Ok(value.bits != 0),
            Err(failure) => Err(LineError::new(line, format!("the condition has no value: {failure}"))),
        }
    }

    /// Replaces `defined X` and `__has_include (..)` and its like by 1 or 0.
    fn operators(&mut self, path: &Arc<str>, tokens: &[Token], line: u32) -> Result<Vec<Token>, LineError> {
        let mut replaced = Vec::with_capacity(tokens.len());
        let mut i = 0;
        while let Some(&token) = tokens.get(i) {
            i += 1;
            let answer = match self.macros.interner.str(token.symbol) {
                "defined" => {
                    let (name, used) = parenthesised_name(&tokens[i..], self.macros)
                        .ok_or_else(|| LineError::new(line, "'defined' needs a macro's name"))?;
                    i += used;
                    self.macros.is_defined(name)
                }
                word @ ("__has_include" | "__has_attribute" | "__has_builtin") => {
                    let word = word.to_string();
                    let (answer, used) = self.has(path, &word, &tokens[i..], line)?;
                    i += used;
                    answer
                }
                _ => {
                    replaced.push(token);
                    continue;
                }
            };
            let symbol = self.macros.interner.intern(if answer { "1" } else { "0" });
            replaced.push(Token { symbol, kind: Kind::Number, ..token });
        }
        Ok(replaced)
    }

    /// `__has_include (..)` and its like: the answer, and how many tokens it took.
    fn has(&mut self, path: &Arc<str>, word: &str, rest: &[Token], line: u32) -> Result<(bool, usize), LineError> {
        let interner = &self.macros.interner;
        let close = rest.iter().position(|t| interner.str(t.symbol) == ")");
        let (Some(close), Some("(")) = (close, rest.first().map(|t| interner.str(t.symbol))) else {
            return Err(LineError::new(line, format!("{word} needs an operand in parentheses")));
        };
        let operand: String = rest[1..close].iter().map(|t| interner.str(t.symbol)).collect();
        let answer = match word {
            "__has_include" => {
                let quoted = operand.strip_prefix('"').and_then(|o| o.strip_suffix('"'));
                let angled = operand.strip_prefix('<').and_then(|o| o.strip_suffix('>'));
                let name = quoted.or(angled);
                let name = name.ok_or_else(|| LineError::new(line, "__has_include needs \"FILE\" or <FILE>"))?;
                if name.len() > limits::PATH_BYTES {
                    return Err(LineError::new(line, format!("a path of {} bytes", name.len())));
                }
                self.resolve(path, name, quoted.is_some()).map_err(|e| LineError::new(line, e.message))?.is_some()
            }
            "__has_attribute" => attributes::is_known(&operand),
            _ => operand.starts_with("__builtin_"),
        };
        Ok((answer, close + 1))
    }

    /// The tokens after a directive's name.
    fn operands(&mut self, unit: &Unit, at: u32, line: u32) -> Result<Vec<Token>, LineError> {
        let raw = lex_line(&unit.bytes, at as usize, line)?;
        Ok(raw.iter().map(|t| t.resolve(&unit.bytes, &mut self.macros.interner)).collect())
    }

    fn include(&mut self, path: &Arc<str>, unit: &Unit, at: u32, line: u32, depth: usize) -> Result<(), Error> {
        let fail = |message: String| LineError::new(line, message).within(path);
        let (name, quoted) = self.include_operand(unit, at, line).map_err(|e| e.within(path))?;
        if name.len() > limits::PATH_BYTES {
            return Err(fail(format!("a path of {} bytes", name.len())));
        }
        if depth == limits::INCLUDE_DEPTH {
            return Err(fail(format!("includes nest deeper than {} (a cycle?)", limits::INCLUDE_DEPTH)));
        }
        if self.out.included == limits::INCLUDES {
            return Err(fail(format!("more than {} files are included", limits::INCLUDES)));
        }
        let next = unit.bytes[..at as usize].ends_with(b"include_next");
        let found = if next { self.resolve_next(path, &name)? } else { self.resolve(path, &name, quoted)? };
        match found {
            Some((found, _)) if self.once.contains(&found) => Ok(()),
            Some((found, unit)) => self.file(&found, unit, depth + 1),
            None => Err(fail(format!("the header \"{name}\" is not on the include path"))),
        }
    }

    /// The name between the quotes or angle brackets, and whether they are quotes.
    fn include_operand(&mut self, unit: &Unit, at: u32, line: u32) -> Result<(String, bool), LineError> {
        let rest = &unit.bytes[at as usize..];
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = String::from_utf8_lossy(&rest[..end]);
        let text = text.trim_start();
        for (open, close) in [('"', '"'), ('<', '>')] {
            if let Some(name) = text.strip_prefix(open).and_then(|t| t.split_once(close)) {
                return Ok((name.0.to_string(), open == '"'));
            }
        }
        let tokens = self.operands(unit, at, line)?;
        let mut expanded = Vec::new();
        self.macros.expand_into(&tokens, None, limits::EXPANSION_TOKENS, &mut expanded)?;
        let spelled: String = expanded.iter().map(|t| self.macros.interner.str(t.symbol)).collect();
        let quoted = spelled.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
        let angled = spelled.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
        match (quoted, angled) {
            (Some(name), _) => Ok((name.to_string(), true)),
            (_, Some(name)) => Ok((name.to_string(), false)),
            _ => Err(LineError::new(line, "#include needs \"FILE\" or <FILE>")),
        }
    }

    /// Finds a header: beside the including file if quoted, then along the include path, then among the stand-ins
    /// for the system's.
    fn resolve(&mut self, from: &str, name: &str, quoted: bool) -> Result<Found, Error> {
        let directory = if quoted { from.rsplit_once('/').map_or("", |(d, _)| d) } else { "<" };
        let key = (Arc::from(directory), name.to_string());
        if let Some(known) = self.resolved.get(&key) {
            return Ok(known.clone());
        }
        let beside = quoted.then_some(directory).into_iter();
        let mut found = None;
        for directory in beside.chain(self.include_dirs.iter().map(String::as_str)) {
            let Some(path) = join(directory, name) else { continue };
            if let Some(unit) = self.headers.open(&path, self.macros)? {
                found = Some((Arc::from(path), unit));
                break;
            }
        }
        if found.is_none()
            && let Some(text) = target::system_header(name)
        {
            let path = format!("<{name}>");
            let unit = self.builtin(&path, text)?;
            found = Some((Arc::from(path), unit));
        }
        self.resolved.insert(key, found.clone());
        Ok(found)
    }

    /// As [`Self::resolve`], but past the directory that the including file was found in.
    fn resolve_next(&mut self, from: &str, name: &str) -> Result<Found, Error> {
        let within = |d: &String| from.strip_prefix(d.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let dirs = self.include_dirs;
        let here = (0..dirs.len()).filter(|&i| within(&dirs[i])).max_by_key(|&i| dirs[i].len());
        for directory in &dirs[here.map_or(0, |i| i + 1)..] {
            let Some(path) = join(directory, name) else { continue };
            if let Some(unit) = self.headers.open(&path, self.macros)? {
                return Ok(Some((Arc::from(path), unit)));
            }
        }
        Ok(None)
    }

    fn pragma(&mut self, path: &Arc<str>, unit: &Unit, at: u32, line: u32) -> Result<(), LineError> {
        let tokens = self.operands(unit, at, line)?;
        let words: Vec<&str> = tokens.iter().map(|t| self.macros.interner.str(t.symbol)).collect();
        if words.first() == Some(&"pack") && (self.chunk.start as usize) < self.out.tokens.len() {
            return Err(LineError::new(line, "#pragma pack within a declaration is not supported"));
        }
        match words.as_slice() {
            ["once", ..] => {
                self.once.insert(path.clone());
            }
            ["pack", "(", ")"] => self.pack_now = 0,
            ["pack", "(", "pop", ")"] => match self.pack.pop() {
                Some(before) => self.pack_now = before,
                None => return Err(LineError::new(line, "#pragma pack(pop) without a push")),
            },
            ["pack", "(", "push", ")"] => self.push_pack(line)?,
            ["pack", "(", "push", ",", n, ")"] => {
                let value = pack_value(n, line)?;
                self.push_pack(line)?;
                self.pack_now = value;
            }
            ["pack", "(", n, ")"] => self.pack_now = pack_value(n, line)?,
            ["pack" | "scalar_storage_order" | "ms_struct" | "push_macro" | "pop_macro", ..] => {
                return Err(LineError::new(line, format!("#pragma {} is not supported", words.join(" "))));
            }
            // Others speak of diagnostics, optimisation or linkage.
            _ => {}
        }
        Ok(())
    }

    fn push_pack(&mut self, line: u32) -> Result<(), LineError> {
        if self.pack.len() == limits::CONDITIONAL_DEPTH {
            return Err(LineError::new(line, "#pragma pack(push) nests too deeply"));
        }
        self.pack.push(self.pack_now);
        Ok(())
    }

    fn text(&mut self, tokens: &[Token]) -> Result<(), LineError> {
        let Some(first) = tokens.first() else { return Ok(()) };
        if let Some(name) = self.call_pending
            && self.macros.interner.str(first.symbol) == "("
        {
            let message = format!("the arguments of {} follow a directive", self.macros.interner.str(name));
            return Err(LineError::new(first.line, message));
        }
        let start = self.out.tokens.len();
        self.macros.expand_into(tokens, None, limits::UNIT_TOKENS - start, &mut self.out.tokens)?;
        // If nothing has come of this text, what stood before it still waits.
        if let Some(last) = self.out.tokens[start..].last() {
            let name = Some(last).filter(|t| t.kind == Kind::Ident && !t.painted).map(|t| t.symbol);
            let definition = name.and_then(|n| self.macros.definition(n));
            let pending = definition.filter(|&d| self.macros.definitions[d as usize].function_like);
            self.call_pending = pending.and(name);
        }
        self.chunk.cut(&mut self.out, start, self.pack_now)
    }

    fn finish(self) -> Result<Preprocessed, Error> {
        self.refuse_pragma_operators()?;
        let at = self.chunk.start;
        if (at as usize) < self.out.tokens.len() {
            let message = "the declaration that begins here is not finished at the end".to_string();
            return Err(Error { place: self.out.place(at), message });
        }
        Ok(self.out)
    }

    /// `_Pragma ("pack (1)")` comes out of macros, at any place among the tokens.
    fn refuse_pragma_operators(&self) -> Result<(), Error> {
        let interner = &self.macros.interner;
        let Some(operator) = interner.get("_Pragma") else { return Ok(()) };
        for (i, token) in self.out.tokens.iter().enumerate().filter(|(_, t)| t.symbol == operator) {
            let operand = self.out.tokens.iter().skip(i + 1).take(2).map(|t| interner.str(t.symbol));
            let text: String = operand.collect();
            if ["pack", "macro", "storage", "ms_struct"].iter().any(|word| text.contains(word)) {
                let place = Place { line: token.line, ..self.out.place(i as u32) };
                return Err(Error { place, message: "_Pragma of what changes layouts is not supported".into() });
            }
        }
        Ok(())
    }
}

fn parenthesised_name(rest: &[Token], macros: &Macros) -> Option<(Symbol, usize)> {
    let word = |i: usize| rest.get(i).map(|t| macros.interner.str(t.symbol));
    if word(0) == Some("(") {
        let name = rest.get(1).filter(|t| t.kind == Kind::Ident)?;
        (word(2) == Some(")")).then_some((name.symbol, 3))
    } else {
        rest.first().filter(|t| t.kind == Kind::Ident).map(|t| (t.symbol, 1))
    }
}

fn pack_value(text: &str, line: u32) -> Result<u32, LineError> {
    match text.parse::<u32>() {
        Ok(n @ (0 | 1 | 2 | 4 | 8 | 16)) => Ok(n),
        _ => Err(LineError::new(line, format!("#pragma pack({text}) is not supported"))),
    }
}

/// `directory/name` without `.` and `..`; None if it leaves the root, as an absolute name does.
fn join(directory: &str, name: &str) -> Option<String> {
    if name.starts_with('/') {
        return None;
    }
    let whole = if directory.is_empty() { name.to_string() } else { format!("{directory}/{name}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(if whole.starts_with('/') { format!("/{}", parts.join("/")) } else { parts.join("/") })
}

/// Cuts the token stream into external declarations: at a `;` outside all brackets, or after a function's body.
struct ChunkState {
    start: u32,
    open: Vec<Symbol>,
    /// The brace that is open outermost belongs to a function's body.
    function: bool,
    words: ChunkWords,
}

struct ChunkWords {
    brackets: [(Symbol, Symbol); 3],
    brace: Symbol,
    semicolon: Symbol,
    attribute: [Symbol; 2],
}

impl ChunkState {
    fn new(macros: &mut Macros) -> Self {
        let mut word = |s| macros.interner.intern(s);
        let words = ChunkWords {
            brackets: [(word("("), word(")")), (word("["), word("]")), (word("{"), word("}"))],
            brace: word("{"),
            semicolon: word(";"),
            attribute: [word("__attribute__"), word("__attribute")],
        };
        Self { start: 0, open: Vec::new(), function: false, words }
    }

    /// Looks at the tokens from `from` on.
    fn cut(&mut self, out: &mut Preprocessed, from: usize, pack: u32) -> Result<(), LineError> {
        for i in from..out.tokens.len() {
            let token = out.tokens[i];
            if token.kind != Kind::Punct {
                continue;
            }
            let closes = self.words.brackets.iter().find(|b| b.1 == token.symbol);
            if self.words.brackets.iter().any(|b| b.0 == token.symbol) {
                if self.open.is_empty() {
                    self.function = token.symbol == self.words.brace
                        && self.ends_in_parameters(&out.tokens[self.start as usize..i]);
                }
                if self.open.len() == limits::DECLARATION_TOKENS {
                    return Err(LineError::new(token.line, "brackets nest too deeply"));
                }
                self.open.push(token.symbol);
            } else if let Some(&(open, _)) = closes {
                if self.open.pop() != Some(open) {
                    return Err(LineError::new(token.line, "a closing bracket without its opening one"));
                }
                if self.open.is_empty() && self.function && open == self.words.brace {
                    // A function's body: it declares nothing we are asked about.
                    self.start = i as u32 + 1;
                }
            } else if token.symbol == self.words.semicolon && self.open.is_empty() {
                let tokens = self.start..i as u32;
                self.start = i as u32 + 1;
                if !tokens.is_empty() {
                    out.chunks.push(Chunk { tokens, pack });
                }
            }
            if i - self.start.min(i as u32) as usize > limits::DECLARATION_TOKENS {
                return Err(LineError::new(token.line, "the declaration is larger than the limit"));
            }
        }
        Ok(())
    }

    /// Whether what stands before a `{` is a function's head: it ends in a parenthesis that is no attribute's.
    fn ends_in_parameters(&self, mut before: &[Token]) -> bool {
        let (open, close) = self.words.brackets[0];
        loop {
            if before.last().is_none_or(|t| t.symbol != close) {
                return false;
            }
            let mut depth = 0usize;
            let Some(at) = before.iter().rposition(|t| {
                depth += usize::from(t.symbol == close);
                depth -= usize::from(t.symbol == open);
                depth == 0
            }) else {
                return false;
            };
            before = &before[..at];
            match before.split_last() {
                Some((last, rest)) if self.words.attribute.contains(&last.symbol) => before = rest,
                _ => return true,
            }
        }
    }
}
