//! A declaration's tokens to an [`ast`](super::ast), by way of tree-sitter's C grammar.

use super::ast::{Attributes, Basic, Declaration, Declarator, Enum, Enumerator, Member, Modifier, Record, Specifier};
use super::attributes::{Clean, Placed, clean, is_placeholder, plain_word};
use super::error::TokenError;
use super::intern::{Interner, Symbol};
use super::limits;
use super::token::Token;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::ops::Range;
use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

thread_local! {
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Parses one external declaration, given without its semicolon. None if it declares no type.
pub(crate) fn parse(tokens: &[Token], interner: &Interner) -> Result<Option<Declaration>, TokenError> {
    let declares_type = tokens.iter().any(|t| matches!(interner.str(t.symbol), "typedef" | "{"));
    if !declares_type {
        return Ok(None);
    }
    let clean = clean(tokens, interner)?;
    if clean.kept.is_empty() {
        return Ok(None);
    }
    let text = Text::new(tokens, &clean, interner);
    let tree = text.tree()?;
    let reader = Reader { tokens, clean: &clean, text: &text };
    let declaration = reader.declaration(tree.root_node())?;
    reader.all_attributes_used(&declaration)?;
    Ok(Some(declaration))
}

/// The text given to tree-sitter, and where each token begins in it.
struct Text {
    text: String,
    offsets: Vec<u32>,
    /// Index of each token among the declaration's.
    kept: Vec<u32>,
}

impl Text {
    fn new(tokens: &[Token], clean: &Clean, interner: &Interner) -> Self {
        let mut text = String::with_capacity(clean.kept.len() * 8);
        let mut offsets = Vec::with_capacity(clean.kept.len() + 1);
        for (index, &i) in clean.kept.iter().enumerate() {
            offsets.push(text.len() as u32);
            if is_placeholder(&clean.kept, index) {
                text.push_str("unnamed ");
                continue;
            }
            text.push_str(plain_word(interner.str(tokens[i as usize].symbol)));
            text.push(' ');
        }
        offsets.push(text.len() as u32);
        text.push(';');
        Self { text, offsets, kept: clean.kept.clone() }
    }

    /// The kept token at a byte.
    fn token(&self, byte: usize) -> usize {
        self.offsets.partition_point(|&o| o as usize <= byte).saturating_sub(1)
    }

    /// The kept tokens of a node.
    fn range(&self, node: Node<'_>) -> Range<usize> {
        let end = self.offsets.partition_point(|&o| (o as usize) < node.end_byte());
        self.token(node.start_byte())..end
    }

    /// An error at the token that stands at `byte`.
    fn error(&self, byte: usize, message: impl Into<String>) -> TokenError {
        let at = self.kept.get(self.token(byte).min(self.kept.len().saturating_sub(1)));
        TokenError::new(at.copied().unwrap_or(0), message)
    }

    fn tree(&self) -> Result<Tree, TokenError> {
        PARSER.with_borrow_mut(|slot| {
            let parser = match slot {
                Some(parser) => parser,
                None => {
                    let mut parser = Parser::new();
                    let set = parser.set_language(&tree_sitter_c::LANGUAGE.into());
                    set.map_err(|e| self.error(0, format!("tree-sitter's C grammar does not load: {e}")))?;
                    slot.insert(parser)
                }
            };
            // Error recovery may take time without bound, and we have no use for what it recovers.
            let mut failed_at = None;
            let mut watch = |state: &ParseState| {
                if state.has_error() {
                    failed_at = Some(state.current_byte_offset());
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            };
            let bytes = self.text.as_bytes();
            let tree = parser.parse_with_options(
                &mut |at, _| bytes.get(at..).unwrap_or_default(),
                None,
                Some(ParseOptions::new().progress_callback(&mut watch)),
            );
            let Some(tree) = tree else {
                parser.reset();
                return Err(self.not_understood(failed_at.unwrap_or(0)));
            };
            match tree.root_node().has_error() {
                true => Err(self.not_understood(first_error(&tree))),
                false => Ok(tree),
            }
        })
    }

    fn not_understood(&self, byte: usize) -> TokenError {
        let token = self.token(byte);
        let near = &self.text[self.offsets[token] as usize..];
        let near: String = near.chars().take(40).collect();
        self.error(byte, format!("this declaration is not understood, near '{}'", near.trim_end()))
    }
}

/// Where the first erroneous or missing node stands.
fn first_error(tree: &Tree) -> usize {
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            return node.start_byte();
        }
        let into = node.has_error() && cursor.goto_first_child();
        if !into && !cursor.goto_next_sibling() {
            return node.start_byte();
        }
    }
}

type Parsed<T> = Result<T, TokenError>;

struct Reader<'a> {
    tokens: &'a [Token],
    clean: &'a Clean,
    text: &'a Text,
}

impl Reader<'_> {
    fn spelling(&self, node: Node<'_>) -> &str {
        &self.text.text[node.byte_range()]
    }

    fn symbol(&self, node: Node<'_>) -> Symbol {
        self.tokens[self.at(node) as usize].symbol
    }

    /// Index of a node's first token among the declaration's.
    fn at(&self, node: Node<'_>) -> u32 {
        let kept = self.text.token(node.start_byte());
        self.text.kept[kept.min(self.text.kept.len() - 1)]
    }

    fn error<T>(&self, node: Node<'_>, message: impl Into<String>) -> Parsed<T> {
        Err(self.text.error(node.start_byte(), message))
    }

    fn unexpected<T>(&self, node: Node<'_>) -> Parsed<T> {
        let text: String = self.spelling(node).chars().take(40).collect();
        self.error(node, format!("'{}' is not expected in a declaration ({})", text.trim_end(), node.kind()))
    }

    fn expression(&self, node: Node<'_>) -> Box<[Token]> {
        let kept = &self.text.kept[self.text.range(node)];
        kept.iter().map(|&i| self.tokens[i as usize]).collect()
    }

    fn children<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        node.children(&mut node.walk()).collect()
    }

    /// Attributes that stand before the kept tokens `from..=to`. A record may have as many attributes as fields, so
    /// they are sought by bisection.
    fn placed(&self, from: u32, to: u32) -> &[Placed] {
        let all = &self.clean.attributes;
        let start = all.partition_point(|p| p.before < from);
        &all[start..all.partition_point(|p| p.before <= to).max(start)]
    }

    /// Those of `among` that satisfy `wanted`, marked as used.
    fn attributes(&self, among: &[Placed], wanted: impl Fn(&Placed) -> bool) -> Parsed<Attributes> {
        let mut out = Attributes::default();
        for placed in among.iter().filter(|p| wanted(p)) {
            placed.attribute.add(&mut out).map_err(|m| TokenError::new(placed.at, m))?;
            placed.used.set(true);
        }
        Ok(out)
    }

    fn all_attributes_used(&self, declaration: &Declaration) -> Parsed<()> {
        // On a variable or a function they change no type.
        let defines_entity = !declaration.typedef && !declaration.declarators.is_empty();
        let unused = |p: &&Placed| !p.used.get() && !defines_entity;
        match self.clean.attributes.iter().find(unused) {
            Some(placed) => Err(TokenError::new(placed.at, "an attribute stands where it has no known meaning")),
            None => Ok(()),
        }
    }

    fn declaration(&self, root: Node<'_>) -> Parsed<Declaration> {
        let mut children = self.children(root);
        children.retain(|n| n.kind() != ";");
        match children.as_slice() {
            [node] => match node.kind() {
                "type_definition" => self.parts(*node, true, 0),
                "declaration" => self.parts(*node, false, 0),
                _ => Ok(Declaration { typedef: false, specifier: self.specifier(*node, 0)?, declarators: Vec::new() }),
            },
            [_, second, ..] => self.unexpected(*second),
            [] => self.unexpected(root),
        }
    }

    /// Specifier and declarators of a declaration, type definition or member.
    fn parts(&self, node: Node<'_>, typedef: bool, depth: usize) -> Parsed<Declaration> {
        if depth > limits::TYPE_DEPTH {
            return self.error(node, "types nest too deeply");
        }
        let mut specifier = None;
        let mut declarators: Vec<Declarator> = Vec::new();
        // Declarators are set apart by commas; a bit-field's width belongs to the one before it, if there is one.
        let mut expect = true;
        for child in self.children(node) {
            match child.kind() {
                "typedef" | ";" => {}
                "," => expect = true,
                _ if specifier.is_none() => specifier = Some(self.specifier(child, depth)?),
                "bitfield_clause" => {
                    let bits = child.named_child(0).map(|n| self.expression(n));
                    if expect {
                        declarators.push(Declarator {
                            name: None,
                            modifiers: Vec::new(),
                            bits: None,
                            attributes: Attributes::default(),
                            at: self.at(child),
                        });
                        expect = false;
                    }
                    if let Some(last) = declarators.last_mut() {
                        last.bits = bits;
                    }
                }
                // A variable's initializer, which decides no type.
                "init_declarator" if !typedef => match child.child_by_field_name("declarator") {
                    Some(inner) => declarators.push(self.declarator(inner, depth)?),
                    None => return self.unexpected(child),
                },
                _ if expect => {
                    declarators.push(self.declarator(child, depth)?);
                    expect = false;
                }
                _ => return self.unexpected(child),
            }
        }
        let Some(specifier) = specifier else { return self.unexpected(node) };
        let mut declaration = Declaration { typedef, specifier, declarators };
        self.attach(node, &mut declaration)?;
        Ok(declaration)
    }

    /// Gives each declarator the attributes written before all of them and those written after it.
    fn attach(&self, node: Node<'_>, declaration: &mut Declaration) -> Parsed<()> {
        let whole = self.text.range(node);
        let among = self.placed(whole.start as u32, whole.end as u32);
        if among.iter().all(|p| p.used.get()) {
            return Ok(());
        }
        let node_children = self.children(node);
        let kept_of = |at: u32| self.text.kept.partition_point(|&k| k < at) as u32;
        let body = node_children.iter().find_map(|n| n.child_by_field_name("body")).map(|n| self.text.range(n));
        let outside_body = |p: u32| body.as_ref().is_none_or(|b| p <= b.start as u32 || p >= b.end as u32);
        let starts: Vec<u32> = declaration.declarators.iter().map(|d| kept_of(d.at)).collect();
        let Some(&first) = starts.first() else { return Ok(()) };
        let before_all = self.placed(whole.start as u32, first);
        let shared = self.attributes(before_all, |p| outside_body(p.before) && !p.used.get())?;
        // An attribute beyond the semicolon belongs to what comes next.
        let mut end = whole.end.saturating_sub(1) as u32;
        for (declarator, &start) in declaration.declarators.iter_mut().zip(&starts).rev() {
            self.no_attribute_within(start, end)?;
            let own = self.attributes(self.placed(start, end), |p| !p.used.get())?;
            // The comma before this declarator ends the one before it.
            end = start.saturating_sub(1);
            for attributes in [&shared, &own] {
                declarator.attributes.packed |= attributes.packed;
                declarator.attributes.mode = attributes.mode.or(declarator.attributes.mode);
                declarator.attributes.aligned.extend(attributes.aligned.iter().cloned());
            }
        }
        Ok(())
    }

    /// Behind a star or within parentheses an attribute speaks of a type on the way from the specifier to what is
    /// declared.
    fn no_attribute_within(&self, start: u32, end: u32) -> Parsed<()> {
        for placed in self.placed(start + 1, end).iter().filter(|p| !p.used.get()) {
            let text = |kept: u32| self.text.offsets.get(kept as usize).map_or(0, |&o| o as usize);
            let before = self.text.text.get(text(start)..text(placed.before)).unwrap_or_default();
            let open = before.matches('(').count() > before.matches(')').count();
            if open || before.trim_end().ends_with('*') {
                return Err(TokenError::new(placed.at, "an attribute within a declarator is not supported"));
            }
        }
        Ok(())
    }

    fn specifier(&self, node: Node<'_>, depth: usize) -> Parsed<Specifier> {
        match node.kind() {
            "struct_specifier" => self.record(node, false, depth),
            "union_specifier" => self.record(node, true, depth),
            "enum_specifier" => self.enumeration(node),
            "type_identifier" | "primitive_type" | "sized_type_specifier" => {
                let words: Vec<&str> = self.spelling(node).split_whitespace().collect();
                match basic(&words) {
                    Some(basic) => Ok(Specifier::Basic(basic)),
                    None if words.len() == 1 => Ok(Specifier::Named(self.symbol(node))),
                    None => self.error(node, format!("the type '{}' is not known", words.join(" "))),
                }
            }
            _ => self.unexpected(node),
        }
    }

    fn record(&self, node: Node<'_>, union: bool, depth: usize) -> Parsed<Specifier> {
        if depth > limits::TYPE_DEPTH {
            return self.error(node, "types nest too deeply");
        }
        let tag = node.child_by_field_name("name").map(|n| self.symbol(n));
        let body = node.child_by_field_name("body");
        let members = match body {
            None => None,
            Some(body) => {
                let mut members = Vec::new();
                for child in self.children(body) {
                    match child.kind() {
                        "{" | "}" | ";" => {}
                        "field_declaration" => {
                            let at = self.at(child);
                            let parts = self.parts(child, false, depth + 1)?;
                            members.push(Member { specifier: parts.specifier, declarators: parts.declarators, at });
                        }
                        _ => return self.unexpected(child),
                    }
                }
                Some(members)
            }
        };
        let attributes = self.type_attributes(node, members.is_some())?;
        Ok(Specifier::Record(Record { union, tag, members, attributes, at: self.at(node) }))
    }

    /// Attributes of a record or enum defined here: after its keyword, or after its closing brace.
    fn type_attributes(&self, node: Node<'_>, defined: bool) -> Parsed<Attributes> {
        let range = self.text.range(node);
        let (keyword, end) = (range.start as u32 + 1, range.end as u32);
        if !defined {
            // Behind the keyword gcc takes no notice of it; before or behind the whole it is the declarator's.
            return match self.placed(keyword, keyword).first() {
                Some(placed) if range.len() > 1 => {
                    Err(TokenError::new(placed.at, "an attribute on a type that is not defined here"))
                }
                _ => Ok(Attributes::default()),
            };
        }
        let mut out = self.attributes(self.placed(keyword, keyword), |_| true)?;
        let after = self.attributes(self.placed(end, end), |_| end != keyword)?;
        out.packed |= after.packed;
        out.mode = out.mode.or(after.mode);
        out.aligned.extend(after.aligned);
        Ok(out)
    }

    fn enumeration(&self, node: Node<'_>) -> Parsed<Specifier> {
        let tag = node.child_by_field_name("name").map(|n| self.symbol(n));
        if let Some(underlying) = node.child_by_field_name("underlying_type") {
            return self.error(underlying, "an enum with a fixed underlying type is not supported");
        }
        let mut enumerators = None;
        if let Some(body) = node.child_by_field_name("body") {
            let mut list = Vec::new();
            for child in self.children(body) {
                match (child.kind(), child.child_by_field_name("name")) {
                    ("{" | "}" | ",", _) => {}
                    ("enumerator", Some(name)) => {
                        let value = child.child_by_field_name("value").map(|n| self.expression(n));
                        list.push(Enumerator { name: self.symbol(name), value, at: self.at(child) });
                    }
                    _ => return self.unexpected(child),
                }
            }
            enumerators = Some(list);
        }
        let attributes = self.type_attributes(node, enumerators.is_some())?;
        Ok(Specifier::Enum(Enum { tag, enumerators, attributes }))
    }

    fn declarator(&self, node: Node<'_>, depth: usize) -> Parsed<Declarator> {
        let mut modifiers = Vec::new();
        let mut node = node;
        let at = self.at(node);
        // From the outside of the syntax inwards, which is from the specifier outwards in meaning.
        loop {
            if modifiers.len() + depth > limits::TYPE_DEPTH {
                return self.error(node, "the declarator nests too deeply");
            }
            let inner = node.child_by_field_name("declarator");
            match node.kind() {
                "identifier" | "field_identifier" | "type_identifier" | "primitive_type" => {
                    let unnamed = is_placeholder(&self.text.kept, self.text.token(node.start_byte()));
                    let (name, bits) = ((!unnamed).then(|| self.symbol(node)), None);
                    return Ok(Declarator { name, modifiers, bits, attributes: Attributes::default(), at });
                }
                "pointer_declarator" => modifiers.push(Modifier::Pointer),
                "array_declarator" => {
                    let size = node.child_by_field_name("size").map(|n| self.expression(n));
                    modifiers.push(Modifier::Array(size));
                }
                "function_declarator" => modifiers.push(Modifier::Function),
                "parenthesized_declarator" => {
                    let Some(inside) = node.named_child(0) else { return self.unexpected(node) };
                    node = inside;
                    continue;
                }
                _ => return self.unexpected(node),
            }
            match inner {
                Some(inside) => node = inside,
                None => return self.unexpected(node),
            }
        }
    }
}

/// The basic type that words, in whatever order, name; None if one of them names no basic type.
pub(crate) fn basic(words: &[&str]) -> Option<Basic> {
    let count = |w: &str| words.iter().filter(|&&x| x == w).count();
    let known = ["signed", "unsigned", "short", "long", "int", "char", "void", "float", "double", "_Bool", "__int128"];
    if let [word] = words {
        match *word {
            "__builtin_va_list" => return Some(Basic::VaList),
            "_Float128" | "__float128" => return Some(Basic::Float128),
            "__int128_t" => return Some(Basic::Int128),
            "__uint128_t" => return Some(Basic::UnsignedInt128),
            _ => {}
        }
    }
    if words.is_empty() || words.iter().any(|w| !known.contains(w)) {
        return None;
    }
    let (signed, unsigned, int) = (count("signed"), count("unsigned"), count("int"));
    let (short, long) = (count("short"), count("long"));
    if signed + unsigned > 1 || int > 1 {
        return None;
    }
    let plain = signed + unsigned == 0;
    let rest: Vec<&str> =
        words.iter().copied().filter(|w| !matches!(*w, "signed" | "unsigned" | "int" | "short" | "long")).collect();
    let sign = |s, u| if unsigned == 1 { u } else { s };
    Some(match (rest.as_slice(), short, long) {
        ([], 0, 0) => sign(Basic::Int, Basic::UnsignedInt),
        ([], 1, 0) => sign(Basic::Short, Basic::UnsignedShort),
        ([], 0, 1) => sign(Basic::Long, Basic::UnsignedLong),
        ([], 0, 2) => sign(Basic::LongLong, Basic::UnsignedLongLong),
        (["char"], 0, 0) if int == 0 && plain => Basic::Char,
        (["char"], 0, 0) if int == 0 => sign(Basic::SignedChar, Basic::UnsignedChar),
        (["__int128"], 0, 0) if int == 0 => sign(Basic::Int128, Basic::UnsignedInt128),
        (["void"], 0, 0) if int == 0 && plain => Basic::Void,
        (["_Bool"], 0, 0) if int == 0 && plain => Basic::Bool,
        (["float"], 0, 0) if int == 0 && plain => Basic::Float,
        (["double"], 0, 0) if int == 0 && plain => Basic::Double,
        (["double"], 0, 1) if int == 0 && plain => Basic::LongDouble,
        _ => return None,
    })
}
