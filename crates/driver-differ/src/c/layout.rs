//! Names looked up and declarations given their types; [`placer`](super::placer) gives members their offsets.

use super::ast::{self, Aligned, Attributes, Declaration, Declarator, Modifier, Specifier};
use super::expr::{self, Int, Value};
use super::intern::{Interner, Symbol};
use super::limits;
use super::placer::{BitField, Placer};
use super::token::Token;
use super::types::{Enum, EnumId, Layout, Record, RecordId, Type, TypeId, Types};
use rustc_hash::FxHashMap;

/// What a translation unit declares, in its order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entity {
    Typedef(TypeId),
    Tag(Symbol, RecordId),
}

/// All declarations of a translation unit so far.
pub(crate) struct Declarations<'a> {
    pub(crate) types: Types,
    pub(crate) entities: Vec<Entity>,
    pub(crate) enumerators: FxHashMap<Symbol, Value>,
    pub(super) typedefs: FxHashMap<Symbol, TypeId>,
    pub(super) record_tags: FxHashMap<Symbol, RecordId>,
    pub(super) enum_tags: FxHashMap<Symbol, EnumId>,
    pub(super) interner: &'a Interner,
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
            let align = self.type_alignment(&declarator.attributes, declarator.at)?;
            if let Some(&before) = self.typedefs.get(&name) {
                if !self.types.same(before, target) {
                    let message = format!("'{}' is already another type", self.interner.str(name));
                    return self.error(declarator.at, message);
                }
                continue;
            }
            let ty = self.types.add_typedef(name, target, align);
            self.typedefs.insert(name, ty);
            self.entities.push(Entity::Typedef(ty));
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
        let mut ty = self.with_mode(specified, declarator)?;
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

    /// The integer type of the size that the attribute `mode` asks for.
    fn with_mode(&mut self, specified: TypeId, declarator: &Declarator) -> Result<TypeId> {
        use ast::Basic as B;
        let Some(bytes) = declarator.attributes.mode else { return Ok(specified) };
        let signed = match self.types.resolved(specified) {
            Type::Basic(basic) if basic != B::Bool && declarator.modifiers.is_empty() => {
                self.types.integer(specified).map(|(_, signed)| signed)
            }
            _ => None,
        };
        let basic = match (bytes, signed) {
            (_, None) => return self.error(declarator.at, "the attribute 'mode' on what is no plain integer"),
            (1, Some(true)) => B::SignedChar,
            (1, Some(false)) => B::UnsignedChar,
            (2, Some(true)) => B::Short,
            (2, Some(false)) => B::UnsignedShort,
            (4, Some(true)) => B::Int,
            (4, Some(false)) => B::UnsignedInt,
            (8, Some(true)) => B::Long,
            (8, Some(false)) => B::UnsignedLong,
            (_, Some(true)) => B::Int128,
            (_, Some(false)) => B::UnsignedInt128,
        };
        Ok(self.types.add(Type::Basic(basic)))
    }

    pub(super) fn evaluate(&self, expression: &[Token], at: u32) -> Result<Value> {
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

    /// Alignment asked for by a type's attributes, in bytes. Of several the last one counts, by rules of gcc's on
    /// which one is last.
    fn type_alignment(&self, attributes: &Attributes, at: u32) -> Result<Option<u64>> {
        let one = |a: &Aligned| self.alignment(&Attributes { aligned: vec![a.clone()], ..Attributes::default() }, at);
        let each: Vec<_> = attributes.aligned.iter().map(one).collect::<Result<_>>()?;
        if each.windows(2).any(|pair| pair[0] != pair[1]) {
            return self.error(at, "different alignments are asked for one type");
        }
        Ok(each.first().copied().flatten())
    }

    /// Alignment asked for by a member's attributes, in bytes: the largest of them.
    fn alignment(&self, attributes: &Attributes, at: u32) -> Result<Option<u64>> {
        let mut most = None;
        for aligned in &attributes.aligned {
            let align = match aligned {
                Aligned::Most => 16,
                Aligned::To(expression) | Aligned::Alignas(expression) => {
                    let value = self.evaluate(expression, at)?;
                    match u64::try_from(value.number()) {
                        // `_Alignas (0)` asks for nothing.
                        Ok(0) if aligned.may_be_zero() => continue,
                        Ok(n) if n.is_power_of_two() && n <= 1 << 28 => n,
                        _ => return self.error(at, format!("an alignment of {} bytes", value.number())),
                    }
                }
                Aligned::As(tokens) => match self.named_type(tokens, 0) {
                    Ok(facts) => facts.align,
                    Err(_) => {
                        let constant = Aligned::Alignas(tokens.clone());
                        let one = Attributes { aligned: vec![constant], ..Attributes::default() };
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
            // gcc takes an alignment asked for and makes nothing of it.
            let defined = self.types.enumeration_mut(id);
            (defined.size, defined.signed) = (Some(size), signed);
        }
        Ok(self.types.add(Type::Enum(id)))
    }

    /// Numbers the enumerators; gives the size that holds them all, and whether it must be signed.
    fn enumerators(&mut self, enumerators: &[ast::Enumerator], packed: bool) -> Result<(u64, bool)> {
        let (mut next, mut least, mut most) = (Some(Value::int(0)), 0i128, 0i128);
        for enumerator in enumerators {
            let value = match (&enumerator.value, next) {
                (Some(expression), _) => self.evaluate(expression, enumerator.at)?,
                (None, Some(next)) => next,
                // Compilers disagree on what comes then, and gcc takes it for an error too.
                (None, None) => return self.error(enumerator.at, "the enumerator before it is the last of its type"),
            };
            let number = value.number();
            (least, most) = (least.min(number), most.max(number));
            // While the enum is being defined, a value that no int holds has the type it is written with.
            let value = if i32::try_from(number).is_ok() { Value::new(number as u64, Int::I32) } else { value };
            next = Some(Value::new(value.bits.wrapping_add(1), value.int)).filter(|next| next.number() > number);
            if self.enumerators.insert(enumerator.name, value).is_some() {
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
        let Some(bytes) = [1, 2, 4, 8].into_iter().find(|&bytes| bytes >= smallest && holds(bytes)) else {
            return self.error(enumerators.first().map_or(0, |e| e.at), "no integer type holds all enumerators");
        };
        // Afterwards it has the enum's type, as gcc extends C; those that an int holds stay one.
        for enumerator in enumerators {
            if let Some(value) = self.enumerators.get_mut(&enumerator.name)
                && i32::try_from(value.number()).is_err()
            {
                *value = value.cast(u64::from(bytes), signed);
            }
        }
        Ok((u64::from(bytes), signed))
    }

    fn lay_out(&mut self, record: &ast::Record, members: &[ast::Member]) -> Result<Layout> {
        let asked = self.type_alignment(&record.attributes, record.at)?;
        let mut placer = Placer::new(record.union, record.attributes.packed, self.pack, asked.unwrap_or(1));
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
        match placer.finish() {
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
                placer.bit_field(BitField { name, ty, extent, width, packed: attributes.packed, asked })
            }
        };
        match placed {
            Some(()) => Ok(()),
            None => self.error(at, "the struct or union is too large"),
        }
    }

    pub(super) fn is_bool(&self, ty: TypeId) -> bool {
        self.types.resolved(ty) == Type::Basic(ast::Basic::Bool)
    }
}
