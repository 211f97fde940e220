//! Names looked up and records laid out, by the System V x86-64 ABI with gcc's attributes.

use super::ast::{self, Aligned, Attributes, Declaration, Declarator, Modifier, Specifier};
use super::expr::{self, Int, Scope, TypeFacts, Value};
use super::intern::{Interner, Symbol};
use super::limits;
use super::syntax::basic;
use super::token::{Kind, Token};
use super::types::{Bits, Enum, EnumId, Extent, Field, Layout, Record, RecordId, Type, TypeId, Types};
use rustc_hash::FxHashMap;

/// What a translation unit declares, in its order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entity {
    Typedef(Symbol, TypeId),
    Tag(Symbol, RecordId),
}

/// All declarations of a translation unit so far.
pub(crate) struct Declarations<'a> {
    pub(crate) types: Types,
    pub(crate) entities: Vec<Entity>,
    pub(crate) enumerators: FxHashMap<Symbol, Value>,
    typedefs: FxHashMap<Symbol, TypeId>,
    record_tags: FxHashMap<Symbol, RecordId>,
    enum_tags: FxHashMap<Symbol, EnumId>,
    interner: &'a Interner,
    /// Of the declaration being read: its first token, and `#pragma pack`.
    base: u32,
    pack: u64,
}

/// An error at a token of the translation unit.
#[derive(Debug)]
pub(crate) struct LayoutError {
    pub(crate) token: u32,
    pub(crate) message: String,
}

type Result<T> = std::result::Result<T, LayoutError>;

impl<'a> Declarations<'a> {
    pub(crate) fn new(interner: &'a Interner) -> Self {
        Self {
            types: Types::default(),
            entities: Vec::new(),
            enumerators: FxHashMap::default(),
            typedefs: FxHashMap::default(),
            record_tags: FxHashMap::default(),
            enum_tags: FxHashMap::default(),
            interner,
            base: 0,
            pack: 0,
        }
    }

    fn error<T>(&self, at: u32, message: impl Into<String>) -> Result<T> {
        Err(LayoutError { token: self.base + at, message: message.into() })
    }

    /// Takes in one external declaration whose tokens begin at `base`.
    pub(crate) fn add(&mut self, declaration: &Declaration, base: u32, pack: u32) -> Result<()> {
        (self.base, self.pack) = (base, u64::from(pack));
        let specified = self.specifier(&declaration.specifier)?;
        for declarator in declaration.declarators.iter().filter(|_| declaration.typedef) {
            let Some(name) = declarator.name else { continue };
            let target = self.declared(specified, declarator)?;
            let align = self.alignment(&declarator.attributes, declarator.at)?;
            if let Some(&before) = self.typedefs.get(&name) {
                if !self.types.same(before, target) {
                    let message = format!("'{}' is already another type", self.interner.str(name));
                    return self.error(declarator.at, message);
                }
                continue;
            }
            let ty = self.types.add_typedef(name, target, align);
            self.typedefs.insert(name, ty);
            self.entities.push(Entity::Typedef(name, ty));
        }
        Ok(())
    }

    fn specifier(&mut self, specifier: &Specifier) -> Result<TypeId> {
        match specifier {
            Specifier::Basic(basic) => Ok(self.types.add(Type::Basic(*basic))),
            Specifier::Named(name) => match self.typedefs.get(name) {
                Some(&ty) => Ok(ty),
                None => self.error(0, format!("the type '{}' is not declared", self.interner.str(*name))),
            },
            Specifier::Record(record) => self.record(record),
            Specifier::Enum(e) => self.enumeration(e),
        }
    }

    /// The type that a declarator makes of the specified one.
    fn declared(&mut self, specified: TypeId, declarator: &Declarator) -> Result<TypeId> {
        let mut ty = specified;
        for modifier in &declarator.modifiers {
            ty = match modifier {
                Modifier::Pointer => self.types.add(Type::Pointer(ty)),
                Modifier::Function => self.types.add(Type::Function),
                Modifier::Array(bound) => {
                    let bound = match bound {
                        None => None,
                        Some(expression) => Some(self.bound(expression, declarator.at)?),
                    };
                    match self.types.add_array(ty, bound) {
                        Ok(array) => array,
                        Err(message) => return self.error(declarator.at, format!("an array of {message}")),
                    }
                }
            };
        }
        Ok(ty)
    }

    fn evaluate(&self, expression: &[Token], at: u32) -> Result<Value> {
        match expr::evaluate(expression, self.interner, self) {
            Ok(value) => Ok(value),
            Err(failure) => self.error(at, format!("not an integer constant expression: {failure}")),
        }
    }

    fn bound(&self, expression: &[Token], at: u32) -> Result<u64> {
        let value = self.evaluate(expression, at)?;
        match u64::try_from(value.number()) {
            Ok(bound) if bound <= limits::OBJECT_BYTES => Ok(bound),
            _ => self.error(at, format!("an array of {} elements", value.number())),
        }
    }

    /// Alignment asked for by attributes, in bytes.
    fn alignment(&self, attributes: &Attributes, at: u32) -> Result<Option<u64>> {
        let mut most = None;
        for aligned in &attributes.aligned {
            let align = match aligned {
                Aligned::Most => 16,
                Aligned::To(expression) => {
                    let value = self.evaluate(expression, at)?;
                    match u64::try_from(value.number()) {
                        Ok(n) if n.is_power_of_two() && n <= 1 << 28 => n,
                        _ => return self.error(at, format!("an alignment of {} bytes", value.number())),
                    }
                }
                Aligned::As(tokens) => match self.named_type(tokens) {
                    Ok(facts) => facts.align,
                    Err(_) => {
                        let constant = Aligned::To(tokens.clone());
                        let one = Attributes { packed: false, aligned: vec![constant] };
                        self.alignment(&one, at)?.unwrap_or(1)
                    }
                },
            };
            most = most.max(Some(align));
        }
        Ok(most)
    }

    fn record(&mut self, record: &ast::Record) -> Result<TypeId> {
        let at = self.base + record.at;
        let known = record.tag.and_then(|tag| self.record_tags.get(&tag).copied());
        let id = match known {
            Some(id) => {
                let before = self.types.record(id);
                if before.union != record.union {
                    return self.error(record.at, "the tag is declared as the other of struct and union");
                }
                if record.members.is_some() && before.layout.is_some() {
                    return self.error(record.at, "the struct or union is defined twice");
                }
                id
            }
            None => {
                let id = self.types.add_record(Record { union: record.union, tag: record.tag, layout: None, at });
                if let Some(tag) = record.tag {
                    self.record_tags.insert(tag, id);
                    self.entities.push(Entity::Tag(tag, id));
                }
                id
            }
        };
        if let Some(members) = &record.members {
            let layout = self.lay_out(record, members)?;
            if self.types.record(id).layout.is_some() {
                return self.error(record.at, "the struct or union is defined within itself");
            }
            let defined = self.types.record_mut(id);
            defined.layout = Some(layout);
            defined.at = at;
        }
        Ok(self.types.add(Type::Record(id)))
    }

    fn enumeration(&mut self, e: &ast::Enum) -> Result<TypeId> {
        let known = e.tag.and_then(|tag| self.enum_tags.get(&tag).copied());
        let id = match known {
            Some(id) => id,
            None => {
                let id = self.types.add_enum(Enum { tag: e.tag, size: None, signed: false });
                if let Some(tag) = e.tag {
                    self.enum_tags.insert(tag, id);
                }
                id
            }
        };
        if let Some(enumerators) = &e.enumerators {
            if let (Some(first), Some(_)) = (enumerators.first(), self.types.enumeration(id).size) {
                return self.error(first.at, "the enum is defined twice");
            }
            let (size, signed) = self.enumerators(enumerators, e.attributes.packed)?;
            let defined = self.types.enumeration_mut(id);
            (defined.size, defined.signed) = (Some(size), signed);
        }
        Ok(self.types.add(Type::Enum(id)))
    }

    /// Numbers the enumerators; gives the size that holds them all, and whether it must be signed.
    fn enumerators(&mut self, enumerators: &[ast::Enumerator], packed: bool) -> Result<(u64, bool)> {
        let (mut next, mut least, mut most) = (0i128, 0i128, 0i128);
        for enumerator in enumerators {
            let number = match &enumerator.value {
                Some(expression) => self.evaluate(expression, enumerator.at)?.number(),
                None => next,
            };
            if number > i128::from(u64::MAX) {
                return self.error(enumerator.at, "the enumerator is larger than any integer type");
            }
            (least, most, next) = (least.min(number), most.max(number), number + 1);
            let int = match number {
                n if i32::try_from(n).is_ok() => Int::I32,
                n if u32::try_from(n).is_ok() => Int::U32,
                n if i64::try_from(n).is_ok() => Int::I64,
                _ => Int::U64,
            };
            if self.enumerators.insert(enumerator.name, Value::new(number as u64, int)).is_some() {
                let message = format!("the enumerator '{}' is defined twice", self.interner.str(enumerator.name));
                return self.error(enumerator.at, message);
            }
        }
        let signed = least < 0;
        let holds = |bytes: u32| {
            let bits = 8 * bytes - u32::from(signed);
            most < 1 << bits && (!signed || least >= -(1 << bits))
        };
        let smallest = if packed { 1 } else { 4 };
        match [1, 2, 4, 8].into_iter().find(|&bytes| bytes >= smallest && holds(bytes)) {
            Some(bytes) => Ok((u64::from(bytes), signed)),
            None => self.error(enumerators.first().map_or(0, |e| e.at), "no integer type holds all enumerators"),
        }
    }

    fn lay_out(&mut self, record: &ast::Record, members: &[ast::Member]) -> Result<Layout> {
        let mut placer = Placer::new(record.union, record.attributes.packed, self.pack);
        for member in members {
            let specified = self.specifier(&member.specifier)?;
            if member.declarators.is_empty() {
                // An unnamed struct or union; anything else without a declarator declares no member.
                if matches!(&member.specifier, Specifier::Record(r) if r.tag.is_none() && r.members.is_some()) {
                    self.place(&mut placer, None, specified, None, &Attributes::default(), member.at)?;
                }
            }
            for declarator in &member.declarators {
                let ty = self.declared(specified, declarator)?;
                let bits = match &declarator.bits {
                    None => None,
                    Some(width) => Some(self.bound(width, declarator.at)?),
                };
                self.place(&mut placer, declarator.name, ty, bits, &declarator.attributes, declarator.at)?;
            }
        }
        let align = self.alignment(&record.attributes, record.at)?;
        match placer.finish(align) {
            Some(layout) => Ok(layout),
            None => self.error(record.at, "the struct or union is too large"),
        }
    }

    fn place(
        &self,
        placer: &mut Placer,
        name: Option<Symbol>,
        ty: TypeId,
        bits: Option<u64>,
        attributes: &Attributes,
        at: u32,
    ) -> Result<()> {
        let asked = self.alignment(attributes, at)?;
        let extent = match self.types.extent(ty) {
            Ok(extent) => extent,
            Err(message) => return self.error(at, format!("a member is {message}")),
        };
        let placed = match bits {
            None => placer.member(name, ty, extent, attributes.packed, asked),
            Some(width) => {
                let most = match self.types.integer(ty) {
                    Some(_) if self.is_bool(ty) => 1,
                    Some((size, _)) => size * 8,
                    None => return self.error(at, "a bit-field whose type is no integer"),
                };
                if width > most || (width == 0 && name.is_some()) {
                    return self.error(at, format!("a bit-field of {width} bits in a type of {most}"));
                }
                placer.bit_field(name, ty, extent, width, attributes.packed, asked)
            }
        };
        match placed {
            Some(()) => Ok(()),
            None => self.error(at, "the struct or union is too large"),
        }
    }

    fn is_bool(&self, ty: TypeId) -> bool {
        self.types.resolved(ty) == Type::Basic(ast::Basic::Bool)
    }

    /// The type that a type name without arrays and functions stands for.
    fn named_type(&self, tokens: &[Token]) -> std::result::Result<TypeFacts, String> {
        let words: Vec<&str> = tokens
            .iter()
            .map(|t| self.interner.str(t.symbol))
            .filter(|w| !matches!(*w, "const" | "volatile" | "__const" | "__volatile__"))
            .collect();
        let stars = words.iter().rev().take_while(|&&w| w == "*").count();
        let words = &words[..words.len() - stars];
        let symbol = |w: &str| self.interner.get(w);
        let unknown = || format!("the type '{}' is not known", words.join(" "));
        let from_id = |id: TypeId| {
            let extent = self.types.extent(id)?;
            let signed = self.types.integer(id).map(|(_, signed)| signed);
            Ok::<_, String>(TypeFacts { size: extent.size, align: extent.align, signed, boolean: self.is_bool(id) })
        };
        let facts = match words {
            _ if stars > 0 => return Ok(TypeFacts { size: 8, align: 8, signed: None, boolean: false }),
            ["struct" | "union", tag] => {
                let id = symbol(tag).and_then(|s| self.record_tags.get(&s)).ok_or_else(unknown)?;
                let layout = self.types.record(*id).layout.as_ref().ok_or_else(unknown)?;
                TypeFacts { size: layout.size, align: layout.align, signed: None, boolean: false }
            }
            ["enum", tag] => {
                let id = symbol(tag).and_then(|s| self.enum_tags.get(&s)).ok_or_else(unknown)?;
                let e = self.types.enumeration(*id);
                let size = e.size.ok_or_else(unknown)?;
                TypeFacts { size, align: size, signed: Some(e.signed), boolean: false }
            }
            [name] if symbol(name).is_some_and(|s| self.typedefs.contains_key(&s)) => {
                match symbol(name).and_then(|s| self.typedefs.get(&s)) {
                    Some(&id) => from_id(id)?,
                    None => return Err(unknown()),
                }
            }
            _ => {
                let basic = basic(words).ok_or_else(unknown)?;
                let mut scratch = Types::default();
                let id = scratch.add(Type::Basic(basic));
                let extent = scratch.extent(id)?;
                let signed = scratch.integer(id).map(|(_, signed)| signed);
                TypeFacts { size: extent.size, align: extent.align, signed, boolean: basic == ast::Basic::Bool }
            }
        };
        Ok(facts)
    }
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

    fn type_facts(&self, tokens: &[Token]) -> std::result::Result<TypeFacts, String> {
        self.named_type(tokens)
    }
}

/// Gives members their offsets. Compare gcc's `gcc/stor-layout.cc`: `place_field`, `layout_decl` and
/// `update_alignment_for_field`, for a target where a bit-field's type matters.
struct Placer {
    union: bool,
    packed: bool,
    /// `#pragma pack` in bytes, 0 for none.
    pack: u64,
    /// The first free bit.
    bit: u128,
    /// Bytes of the largest union member.
    largest: u64,
    align: u64,
    fields: Vec<Field>,
}

fn round_up(value: u128, to: u128) -> u128 {
    value.div_ceil(to) * to
}

impl Placer {
    fn new(union: bool, packed: bool, pack: u64) -> Self {
        Self { union, packed, pack, bit: 0, largest: 0, align: 1, fields: Vec::new() }
    }

    fn limit(&self, align: u64) -> u64 {
        if self.pack == 0 { align } else { align.min(self.pack) }
    }

    /// None if the record grows too large.
    fn member(
        &mut self,
        name: Option<Symbol>,
        ty: TypeId,
        extent: Extent,
        packed: bool,
        asked: Option<u64>,
    ) -> Option<()> {
        let natural = if packed || self.packed { 1 } else { extent.align };
        let align = self.limit(natural.max(asked.unwrap_or(1)));
        self.align = self.align.max(align);
        let start = if self.union { 0 } else { round_up(self.bit, u128::from(align) * 8) };
        self.fields.push(Field { name, ty, offset: bytes(start)?, bits: None });
        self.advance(start, u128::from(extent.size) * 8)
    }

    fn bit_field(
        &mut self,
        name: Option<Symbol>,
        ty: TypeId,
        extent: Extent,
        width: u64,
        packed: bool,
        asked: Option<u64>,
    ) -> Option<()> {
        let packed = packed || self.packed;
        let unit = u128::from(extent.align) * 8;
        let mut start = if self.union { 0 } else { self.bit };
        if width == 0 {
            // Ends the unit whatever the packing, and lays no alignment on the record.
            let unit = unit.max(u128::from(asked.unwrap_or(1)) * 8);
            self.bit = if self.union { 0 } else { round_up(start, unit) };
            return Some(());
        }
        if let Some(asked) = asked {
            start = round_up(start, u128::from(self.limit(asked)) * 8);
        }
        let crosses = (start % unit + u128::from(width)).div_ceil(unit) > u128::from(extent.size) * 8 / unit;
        if crosses && !packed && self.pack == 0 {
            start = round_up(start, unit);
        }
        if name.is_some() {
            let natural = match (self.pack, packed) {
                (0, true) => 1,
                (0, false) => extent.align,
                (pack, _) => extent.align.min(pack),
            };
            self.align = self.align.max(natural).max(self.limit(asked.unwrap_or(1)));
            let bits = Bits { width, offset: u64::try_from(start).ok()? };
            self.fields.push(Field { name, ty, offset: 0, bits: Some(bits) });
        }
        self.advance(start, u128::from(width))
    }

    fn advance(&mut self, start: u128, bits: u128) -> Option<()> {
        if self.union {
            self.largest = self.largest.max(bytes(bits)?);
        } else {
            self.bit = start + bits;
            bytes(self.bit)?;
        }
        Some(())
    }

    fn finish(self, asked: Option<u64>) -> Option<Layout> {
        let align = self.align.max(asked.unwrap_or(1));
        let used = if self.union { self.largest } else { bytes(self.bit)? };
        let size = bytes(round_up(u128::from(used), u128::from(align)) * 8)?;
        Some(Layout { size, align, fields: self.fields })
    }
}

/// Whole bytes that hold so many bits, if an object may be that large.
fn bytes(bits: u128) -> Option<u64> {
    u64::try_from(bits.div_ceil(8)).ok().filter(|&b| b <= limits::OBJECT_BYTES)
}
