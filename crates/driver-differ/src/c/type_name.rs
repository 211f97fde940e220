//! Type names in expressions: `sizeof (T[2])`, `(T)x`, `_Alignof (T *)`.

use super::ast::Basic;
use super::attributes::{is_noise, plain_word};
use super::expr::{self, Failure, Scope, TypeFacts, Value};
use super::intern::Symbol;
use super::layout::Declarations;
use super::limits;
use super::syntax::basic;
use super::token::{Kind, Token};
use super::types::{Extent, Type, TypeId, Types};

const POINTER: TypeFacts = TypeFacts { size: 8, align: 8, signed: None, boolean: false };

impl Declarations<'_> {
    /// What a type name stands for: a specifier, then stars, array bounds or a pointer in parentheses.
    ///
    /// `depth` is how deep the expression around it nests.
    pub(super) fn named_type(&self, tokens: &[Token], depth: usize) -> Result<TypeFacts, Failure> {
        let spelling = |t: &Token| self.interner.str(t.symbol);
        let specifier = tokens.iter().position(|t| matches!(spelling(t), "*" | "[" | "(")).unwrap_or(tokens.len());
        let (specifier, mut rest) = tokens.split_at(specifier);
        let words = specifier.iter().map(spelling).filter(|w| !is_noise(w)).map(plain_word);
        let mut facts = self.specified(&words.collect::<Vec<_>>()).map_err(Failure::NotConstant)?;
        while let Some((first, after)) = rest.split_first() {
            match spelling(first) {
                "*" => facts = Ok(POINTER),
                word if is_noise(word) => {}
                _ => break,
            }
            rest = after;
        }
        // A pointer to an array or to a function: `(*)[2]`, `(*)(int)`.
        if let [open, star, after @ ..] = rest
            && (spelling(open), spelling(star)) == ("(", "*")
            && after.iter().map(spelling).find(|w| *w != "*" && !is_noise(w)) == Some(")")
        {
            return Ok(POINTER);
        }
        let bounds = self.bounds(rest, depth)?;
        let mut facts = facts.map_err(Failure::NotConstant)?;
        for bound in bounds {
            let size = facts.size.checked_mul(bound).filter(|&s| s <= limits::OBJECT_BYTES);
            let size = size.ok_or_else(|| Failure::NotConstant("more bytes than an object can have".into()))?;
            facts = TypeFacts { size, signed: None, boolean: false, ..facts };
        }
        Ok(facts)
    }

    /// The numbers in `[a][b]`.
    fn bounds(&self, mut rest: &[Token], depth: usize) -> Result<Vec<u64>, Failure> {
        let spelling = |t: &Token| self.interner.str(t.symbol);
        let mut bounds = Vec::new();
        while let Some((first, after)) = rest.split_first() {
            let mut open = 1usize;
            let close = after.iter().position(|t| {
                open += usize::from(spelling(t) == "[");
                open -= usize::from(spelling(t) == "]");
                open == 0
            });
            let (Some(close), "[") = (close, spelling(first)) else {
                return Err(Failure::NotConstant(format!("'{}' is not expected in a type name", spelling(first))));
            };
            let value = expr::evaluate_within(&after[..close], self.interner, self, depth)?;
            let negative = |_| Failure::NotConstant("an array of less than no elements".into());
            bounds.push(u64::try_from(value.number()).map_err(negative)?);
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
            || matches!(plain_word(word), "struct" | "union" | "enum" | "unsigned" | "signed" | "long" | "short")
            // In an expression this one stands before an operand, not in a type's name.
            || (is_noise(word) && word != "__extension__")
            || basic(&[word]).is_some()
    }

    fn type_facts(&self, tokens: &[Token], depth: usize) -> Result<TypeFacts, Failure> {
        self.named_type(tokens, depth)
    }
}
