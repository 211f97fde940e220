//! Type names in expressions: `sizeof (T[2])`, `(T)x`, `_Alignof (T *)`.

use super::ast::Basic;
use super::expr::{self, Scope, TypeFacts, Value};
use super::intern::Symbol;
use super::layout::Declarations;
use super::limits;
use super::syntax::basic;
use super::token::{Kind, Token};
use super::types::{Extent, Type, TypeId, Types};

const POINTER: TypeFacts = TypeFacts { size: 8, align: 8, signed: None, boolean: false };

impl Declarations<'_> {
    /// What a type name stands for: a specifier, then stars, array bounds or a pointer in parentheses.
    pub(super) fn named_type(&self, tokens: &[Token]) -> Result<TypeFacts, String> {
        let spelling = |t: &Token| self.interner.str(t.symbol);
        let specifier = tokens.iter().position(|t| matches!(spelling(t), "*" | "[" | "(")).unwrap_or(tokens.len());
        let (specifier, mut rest) = tokens.split_at(specifier);
        let words: Vec<&str> = specifier.iter().map(spelling).filter(|w| !is_qualifier(w)).collect();
        let mut facts = self.specified(&words)?;
        while let Some((first, after)) = rest.split_first() {
            match spelling(first) {
                "*" => facts = Ok(POINTER),
                word if is_qualifier(word) => {}
                _ => break,
            }
            rest = after;
        }
        // A pointer to an array or to a function: `(*)[2]`, `(*)(int)`.
        if let [open, star, after @ ..] = rest
            && (spelling(open), spelling(star)) == ("(", "*")
            && after.iter().map(spelling).find(|w| *w != "*" && !is_qualifier(w)) == Some(")")
        {
            return Ok(POINTER);
        }
        let bounds = self.bounds(rest)?;
        let mut facts = facts?;
        for bound in bounds {
            let size = facts.size.checked_mul(bound).filter(|&s| s <= limits::OBJECT_BYTES);
            let size = size.ok_or("more bytes than an object can have")?;
            facts = TypeFacts { size, signed: None, boolean: false, ..facts };
        }
        Ok(facts)
    }

    /// The numbers in `[a][b]`.
    fn bounds(&self, mut rest: &[Token]) -> Result<Vec<u64>, String> {
        let spelling = |t: &Token| self.interner.str(t.symbol);
        let mut bounds = Vec::new();
        while let Some((first, after)) = rest.split_first() {
            let mut depth = 1usize;
            let close = after.iter().position(|t| {
                depth += usize::from(spelling(t) == "[");
                depth -= usize::from(spelling(t) == "]");
                depth == 0
            });
            let (Some(close), "[") = (close, spelling(first)) else {
                return Err(format!("'{}' is not expected in a type name", spelling(first)));
            };
            let value = expr::evaluate(&after[..close], self.interner, self).map_err(|e| e.to_string())?;
            bounds.push(u64::try_from(value.number()).map_err(|_| "an array of less than no elements")?);
            rest = &after[close + 1..];
        }
        Ok(bounds)
    }

    /// Facts of a specifier; the inner error is that of an incomplete type, to which there can be pointers.
    fn specified(&self, words: &[&str]) -> Result<Result<TypeFacts, String>, String> {
        let symbol = |w: &str| self.interner.get(w);
        let unknown = || format!("the type '{}' is not known", words.join(" "));
        Ok(match words {
            ["struct" | "union", tag] => {
                let id = symbol(tag).and_then(|s| self.record_tags.get(&s));
                let layout = id.and_then(|id| self.types.record(*id).layout.as_ref());
                let facts = |size, align| TypeFacts { size, align, signed: None, boolean: false };
                layout.map(|l| facts(l.size, l.align)).ok_or_else(unknown)
            }
            ["enum", tag] => match symbol(tag).and_then(|s| self.enum_tags.get(&s)) {
                Some(id) => {
                    let e = self.types.enumeration(*id);
                    let facts =
                        |Extent { size, align }| TypeFacts { size, align, signed: Some(e.signed), boolean: false };
                    self.types.enum_extent(*id).map(facts)
                }
                None => Err(unknown()),
            },
            [name] if symbol(name).is_some_and(|s| self.typedefs.contains_key(&s)) => {
                match symbol(name).and_then(|s| self.typedefs.get(&s)) {
                    Some(&id) => facts_of(&self.types, id),
                    None => return Err(unknown()),
                }
            }
            _ => {
                let basic = basic(words).ok_or_else(unknown)?;
                let mut scratch = Types::default();
                let id = scratch.add(Type::Basic(basic));
                facts_of(&scratch, id)
            }
        })
    }
}

fn facts_of(types: &Types, id: TypeId) -> Result<TypeFacts, String> {
    let extent = types.extent(id)?;
    let signed = types.integer(id).map(|(_, signed)| signed);
    let boolean = types.resolved(id) == Type::Basic(Basic::Bool);
    Ok(TypeFacts { size: extent.size, align: extent.align, signed, boolean })
}

fn is_qualifier(word: &str) -> bool {
    matches!(word, "const" | "volatile" | "restrict" | "__const" | "__volatile__" | "__restrict")
}

impl Scope for Declarations<'_> {
    fn enumerator(&self, name: Symbol) -> Option<Value> {
        self.enumerators.get(&name).copied()
    }

    fn begins_type(&self, token: Token) -> bool {
        if token.kind != Kind::Ident {
            return false;
        }
        let word = self.interner.str(token.symbol);
        self.typedefs.contains_key(&token.symbol)
            || matches!(
                word,
                "struct" | "union" | "enum" | "const" | "volatile" | "unsigned" | "signed" | "long" | "short"
            )
            || basic(&[word]).is_some()
    }

    fn type_facts(&self, tokens: &[Token]) -> Result<TypeFacts, String> {
        self.named_type(tokens)
    }
}
