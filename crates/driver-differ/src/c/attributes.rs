//! What is taken out of a declaration before tree-sitter sees it: words without an effect on layouts, and
//! attributes, whose places the C grammar does not know. Attributes are remembered with where they stood.

use super::ast::{Aligned, Attributes};
use super::error::TokenError;
use super::intern::Interner;
use super::token::{Kind, Token};

/// A declaration fit for the C grammar.
pub(crate) struct Clean {
    /// Index of each remaining token among the declaration's. An unnamed bit-field's colon stands here twice: the
    /// first time as the name that the C grammar wants, see [`is_placeholder`].
    pub(crate) kept: Vec<u32>,
    pub(crate) attributes: Vec<Placed>,
}

/// An attribute that decides layouts, before `kept[before]`.
pub(crate) struct Placed {
    pub(crate) before: u32,
    pub(crate) attribute: Attribute,
    /// Index of its keyword among the declaration's tokens.
    pub(crate) at: u32,
    /// Something has made use of it.
    pub(crate) used: std::cell::Cell<bool>,
}

pub(crate) enum Attribute {
    Packed,
    Aligned(Aligned),
    /// `mode (DI)` and its like: an integer of so many bytes.
    Mode(u64),
    /// One that this layout engine does not implement.
    Unsupported(String),
}

impl Attribute {
    /// Adds this attribute to `to`.
    pub(crate) fn add(&self, to: &mut Attributes) -> Result<(), String> {
        match self {
            Self::Packed => to.packed = true,
            Self::Aligned(aligned) => to.aligned.push(aligned.clone()),
            Self::Mode(bytes) => to.mode = Some(*bytes),
            Self::Unsupported(name) => return Err(format!("the attribute '{name}' is not supported on a type")),
        }
        Ok(())
    }
}

/// Attributes that change no layout.
const HARMLESS: [&str; 56] = [
    "access",
    "alias",
    "alloc_align",
    "alloc_size",
    "always_inline",
    "artificial",
    "assume_aligned",
    "cdecl",
    "cleanup",
    "cold",
    "const",
    "constructor",
    "counted_by",
    "deprecated",
    "designated_init",
    "destructor",
    "enum_extensibility",
    "error",
    "externally_visible",
    "fallthrough",
    "fastcall",
    "flag_enum",
    "flatten",
    "format",
    "format_arg",
    "gcc_struct",
    "gnu_inline",
    "hot",
    "leaf",
    "malloc",
    "may_alias",
    "ms_abi",
    "naked",
    "no_instrument_function",
    "noclone",
    "noinline",
    "nonnull",
    "nonstring",
    "noreturn",
    "nothrow",
    "optimize",
    "pure",
    "regparm",
    "returns_nonnull",
    "returns_twice",
    "section",
    "sentinel",
    "stdcall",
    "sysv_abi",
    "transparent_union",
    "unused",
    "used",
    "visibility",
    "warn_unused_result",
    "warning",
    "weak",
];

/// The answer to `__has_attribute`.
pub(crate) fn is_known(name: &str) -> bool {
    let name = plain(name);
    HARMLESS.contains(&name) || matches!(name, "packed" | "aligned" | "mode" | "vector_size" | "ms_struct")
}

/// `__name__` is `name`.
fn plain(name: &str) -> &str {
    name.strip_prefix("__").and_then(|n| n.strip_suffix("__")).unwrap_or(name)
}

/// The standard spelling of a word that gcc also knows by another.
pub(super) fn plain_word(word: &str) -> &str {
    match word {
        "__signed__" | "__signed" => "signed",
        other => other,
    }
}

/// Words that say nothing about a layout.
pub(super) fn is_noise(word: &str) -> bool {
    matches!(
        word,
        "const"
            | "volatile"
            | "restrict"
            | "extern"
            | "static"
            | "inline"
            | "register"
            | "auto"
            | "_Noreturn"
            | "_Thread_local"
            | "__thread"
            | "__extension__"
            | "__const"
            | "__const__"
            | "__volatile"
            | "__volatile__"
            | "__restrict"
            | "__restrict__"
            | "__inline"
            | "__inline__"
    )
}

/// Takes attributes and noise out of `tokens`.
pub(crate) fn clean(tokens: &[Token], interner: &Interner) -> Result<Clean, TokenError> {
    let mut clean = Clean { kept: Vec::with_capacity(tokens.len()), attributes: Vec::new() };
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        let word = if token.kind == Kind::Ident { interner.str(token.symbol) } else { "" };
        let before = clean.kept.len() as u32;
        let mut place = |attribute| {
            clean.attributes.push(Placed { before, attribute, at: at as u32, used: false.into() });
        };
        match word {
            _ if is_noise(word) => at += 1,
            "__attribute__" | "__attribute" => {
                let inner = parenthesised(tokens, at + 1, interner)?;
                let list = parenthesised(tokens, inner.start, interner)?;
                for attribute in split(&tokens[list], interner) {
                    let read = read_attribute(attribute, interner);
                    if let Some(attribute) = read.map_err(|e| TokenError::new(at as u32, e.message))? {
                        place(attribute);
                    }
                }
                at = inner.end + 1;
            }
            "_Alignas" | "alignas" => {
                let inner = parenthesised(tokens, at + 1, interner)?;
                let operand: Box<[Token]> = tokens[inner.clone()].into();
                let constant = operand.first().is_some_and(|t| t.kind == Kind::Number);
                place(Attribute::Aligned(if constant { Aligned::Alignas(operand) } else { Aligned::As(operand) }));
                at = inner.end + 1;
            }
            "__asm__" | "__asm" | "asm" => at = parenthesised(tokens, at + 1, interner)?.end + 1,
            "_Static_assert" | "static_assert" => {
                at = parenthesised(tokens, at + 1, interner)?.end + 1;
                // Within a record it is a member declaration with a semicolon of its own.
                if tokens.get(at).is_some_and(|t| interner.str(t.symbol) == ";") {
                    at += 1;
                }
            }
            "_Pragma" => {
                let inner = parenthesised(tokens, at + 1, interner)?;
                if tokens[inner.clone()].iter().any(|t| interner.str(t.symbol).contains("pack")) {
                    return Err(TokenError::new(at as u32, "_Pragma of pack is not supported"));
                }
                at = inner.end + 1;
            }
            _ => {
                let last = clean.kept.last().map(|&k| interner.str(tokens[k as usize].symbol));
                let spelling = if token.kind == Kind::Punct { interner.str(token.symbol) } else { "" };
                if spelling == ":" && unnamed_before(&clean.kept, tokens, interner) {
                    clean.kept.push(at as u32);
                }
                // gcc takes a semicolon too many within a record, the C grammar does not.
                if spelling != ";" || !matches!(last, Some(";" | "{")) {
                    clean.kept.push(at as u32);
                }
                at += 1;
            }
        }
    }
    Ok(clean)
}

/// Whether `kept[index]` is no token of the header but stands for the name of an unnamed bit-field.
pub(crate) fn is_placeholder(kept: &[u32], index: usize) -> bool {
    kept.get(index).is_some_and(|k| kept.get(index + 1) == Some(k))
}

/// Whether a colon after `kept` begins an unnamed bit-field: a type, or nothing, stands before it.
fn unnamed_before(kept: &[u32], tokens: &[Token], interner: &Interner) -> bool {
    let mut words = kept.iter().rev().map(|&k| (tokens[k as usize].kind, interner.str(tokens[k as usize].symbol)));
    let Some((kind, last)) = words.next() else { return false };
    match (last, kind) {
        ("," | "}", _) => true,
        _ if super::syntax::basic(&[last]).is_some() => true,
        (_, Kind::Ident) => matches!(words.next(), Some((_, ";" | "{" | "enum"))),
        _ => false,
    }
}

/// The range between the parenthesis at `at` and its partner.
fn parenthesised(tokens: &[Token], at: usize, interner: &Interner) -> Result<std::ops::Range<usize>, TokenError> {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match interner.str(token.symbol) {
            "(" => depth += 1,
            ")" if depth == 1 => return Ok(at + 1..i),
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 => break,
            _ => {}
        }
    }
    Err(TokenError::new(at.saturating_sub(1) as u32, "a parenthesised operand is expected here"))
}

/// Splits at commas outside parentheses.
fn split<'a>(tokens: &'a [Token], interner: &Interner) -> Vec<&'a [Token]> {
    let mut depth = 0usize;
    tokens
        .split(|t| {
            match interner.str(t.symbol) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && interner.str(t.symbol) == ","
        })
        .collect()
}

fn read_attribute(tokens: &[Token], interner: &Interner) -> Result<Option<Attribute>, TokenError> {
    let Some((name, arguments)) = tokens.split_first() else { return Ok(None) };
    let spelled = interner.str(name.symbol);
    Ok(match plain(spelled) {
        "packed" if arguments.is_empty() => Some(Attribute::Packed),
        "aligned" if arguments.is_empty() => Some(Attribute::Aligned(Aligned::Most)),
        "aligned" => {
            let operand = parenthesised(arguments, 0, interner)?;
            Some(Attribute::Aligned(Aligned::To(arguments[operand].into())))
        }
        "mode" => {
            let operand = parenthesised(arguments, 0, interner)?;
            let words: Vec<&str> = arguments[operand].iter().map(|t| interner.str(t.symbol)).collect();
            Some(match words.as_slice() {
                [word] => {
                    integer_mode(word).map_or_else(|| Attribute::Unsupported(format!("mode({word})")), Attribute::Mode)
                }
                _ => Attribute::Unsupported(spelled.to_string()),
            })
        }
        known if HARMLESS.contains(&known) => None,
        _ => Some(Attribute::Unsupported(spelled.to_string())),
    })
}

/// Bytes of gcc's machine modes for integers; those of floats and vectors are not supported.
fn integer_mode(word: &str) -> Option<u64> {
    Some(match plain(word) {
        "QI" | "byte" => 1,
        "HI" => 2,
        "SI" => 4,
        "DI" | "word" | "pointer" | "unwind_word" => 8,
        "TI" => 16,
        _ => return None,
    })
}
