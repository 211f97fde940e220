//! Types after their names are looked up, and their sizes on x86-64.

use super::ast::Basic;
use super::intern::Symbol;
use super::limits;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TypeId(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RecordId(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EnumId(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Basic(Basic),
    Pointer(TypeId),
    /// Without a bound: an incomplete array, or a flexible member, which takes no room. The extent is the whole's.
    Array(TypeId, Option<u64>, Extent),
    Function,
    Record(RecordId),
    Enum(EnumId),
    Typedef {
        name: Symbol,
        target: TypeId,
        /// What the chain of typedefs ends in.
        base: TypeId,
        /// Alignment by attribute, this typedef's or one's further down the chain; it may also be lowered.
        align: Option<u64>,
    },
}

/// A struct or union.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) union: bool,
    pub(crate) tag: Option<Symbol>,
    /// None while it is only declared.
    pub(crate) layout: Option<Layout>,
    /// The keyword's token in the translation unit.
    pub(crate) at: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: u64,
    pub(crate) align: u64,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Option<Symbol>,
    pub(crate) ty: TypeId,
    /// In bytes.
    pub(crate) offset: u64,
    pub(crate) bits: Option<Bits>,
}

/// A bit-field's extent, counted from the record's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) width: u64,
    pub(crate) offset: u64,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) tag: Option<Symbol>,
    /// In bytes; None while it is only declared.
    pub(crate) size: Option<u64>,
    pub(crate) signed: bool,
}

/// Size and alignment in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) size: u64,
    pub(crate) align: u64,
}

/// All types of one translation unit.
#[derive(Debug, Default)]
pub(crate) struct Types {
    types: Vec<Type>,
    records: Vec<Record>,
    enums: Vec<Enum>,
}

impl Types {
    pub(crate) fn add(&mut self, ty: Type) -> TypeId {
        self.types.push(ty);
        TypeId(self.types.len() as u32 - 1)
    }

    pub(crate) fn add_record(&mut self, record: Record) -> RecordId {
        self.records.push(record);
        RecordId(self.records.len() as u32 - 1)
    }

    pub(crate) fn add_enum(&mut self, e: Enum) -> EnumId {
        self.enums.push(e);
        EnumId(self.enums.len() as u32 - 1)
    }

    pub(crate) fn get(&self, id: TypeId) -> Type {
        self.types[id.0 as usize]
    }

    pub(crate) fn record(&self, id: RecordId) -> &Record {
        &self.records[id.0 as usize]
    }

    pub(crate) fn record_mut(&mut self, id: RecordId) -> &mut Record {
        &mut self.records[id.0 as usize]
    }

    pub(crate) fn enumeration(&self, id: EnumId) -> &Enum {
        &self.enums[id.0 as usize]
    }

    pub(crate) fn enumeration_mut(&mut self, id: EnumId) -> &mut Enum {
        &mut self.enums[id.0 as usize]
    }

    /// A typedef of `target`.
    pub(crate) fn add_typedef(&mut self, name: Symbol, target: TypeId, align: Option<u64>) -> TypeId {
        let (base, inherited) = match self.get(target) {
            Type::Typedef { base, align, .. } => (base, align),
            _ => (target, None),
        };
        self.add(Type::Typedef { name, target, base, align: align.or(inherited) })
    }

    /// An array of `bound` elements, or why there can be none.
    pub(crate) fn add_array(&mut self, element: TypeId, bound: Option<u64>) -> Result<TypeId, String> {
        let extent = self.extent(element)?;
        let mut inner = element;
        for dimensions in 1.. {
            let Type::Array(next, ..) = self.resolved(inner) else { break };
            inner = next;
            if dimensions == limits::DIMENSIONS {
                return Err(format!("more than {} dimensions", limits::DIMENSIONS));
            }
        }
        let size = extent.size.checked_mul(bound.unwrap_or(0)).filter(|&s| s <= limits::OBJECT_BYTES);
        let size = size.ok_or("more bytes than an object can have")?;
        Ok(self.add(Type::Array(element, bound, Extent { size, ..extent })))
    }

    /// What a chain of typedefs ends in.
    pub(crate) fn resolved(&self, id: TypeId) -> Type {
        match self.get(id) {
            Type::Typedef { base, .. } => self.get(base),
            other => other,
        }
    }

    /// Size and alignment, or why there are none.
    pub(crate) fn extent(&self, id: TypeId) -> Result<Extent, String> {
        let (ty, asked) = match self.get(id) {
            Type::Typedef { base, align, .. } => (self.get(base), align),
            other => (other, None),
        };
        let extent = match ty {
            Type::Basic(basic) => basic_extent(basic).ok_or("a void object")?,
            Type::Pointer(_) => Extent { size: 8, align: 8 },
            Type::Array(_, _, extent) => extent,
            Type::Function => return Err("a function where an object is needed".into()),
            Type::Typedef { .. } => return Err("a typedef without a type".into()),
            Type::Record(id) => {
                let layout = self.record(id).layout.as_ref();
                let layout = layout.ok_or("a struct or union that is declared but not defined")?;
                Extent { size: layout.size, align: layout.align }
            }
            Type::Enum(id) => self.enum_extent(id)?,
        };
        Ok(Extent { align: asked.unwrap_or(extent.align), ..extent })
    }

    pub(crate) fn enum_extent(&self, id: EnumId) -> Result<Extent, String> {
        let e = self.enumeration(id);
        let size = e.size.ok_or("an enum that is declared but not defined")?;
        Ok(Extent { size, align: size })
    }

    /// For integer and enum types: their size in bytes, and whether they are signed.
    pub(crate) fn integer(&self, id: TypeId) -> Option<(u64, bool)> {
        match self.resolved(id) {
            Type::Basic(basic) => Some((basic_extent(basic)?.size, signedness(basic)?)),
            Type::Enum(id) => {
                let e = self.enumeration(id);
                Some((e.size?, e.signed))
            }
            _ => None,
        }
    }

    /// Whether two types are the same but for the typedefs they are written with.
    pub(crate) fn same(&self, mut a: TypeId, mut b: TypeId) -> bool {
        // Typedefs can chain pointers without end; beyond any that are in use, call them different.
        for _ in 0..limits::COMPARED_DEPTH {
            if a == b {
                return true;
            }
            (a, b) = match (self.resolved(a), self.resolved(b)) {
                (Type::Pointer(a), Type::Pointer(b)) => (a, b),
                (Type::Array(a, n, _), Type::Array(b, m, _)) if n == m => (a, b),
                (a, b) => return a == b,
            };
        }
        false
    }
}

fn basic_extent(basic: Basic) -> Option<Extent> {
    use Basic as B;
    let size = match basic {
        B::Void => return None,
        B::Bool | B::Char | B::SignedChar | B::UnsignedChar => 1,
        B::Short | B::UnsignedShort => 2,
        B::Int | B::UnsignedInt | B::Float => 4,
        B::Long | B::UnsignedLong | B::LongLong | B::UnsignedLongLong | B::Double => 8,
        B::Int128 | B::UnsignedInt128 | B::LongDouble | B::Float128 => 16,
        B::VaList => return Some(Extent { size: 24, align: 8 }),
    };
    Some(Extent { size, align: size })
}

/// Whether an integer type is signed; None for types that are no integers.
fn signedness(basic: Basic) -> Option<bool> {
    use Basic as B;
    match basic {
        B::Char | B::SignedChar | B::Short | B::Int | B::Long | B::LongLong | B::Int128 => Some(true),
        B::Bool
        | B::UnsignedChar
        | B::UnsignedShort
        | B::UnsignedInt
        | B::UnsignedLong
        | B::UnsignedLongLong
        | B::UnsignedInt128 => Some(false),
        B::Void | B::Float | B::Double | B::LongDouble | B::Float128 | B::VaList => None,
    }
}

/// The spelling that diagnostics, tables and DWARF comparison use.
pub(crate) fn basic_name(basic: Basic) -> &'static str {
    use Basic as B;
    match basic {
        B::Void => "void",
        B::Bool => "_Bool",
        B::Char => "char",
        B::SignedChar => "signed char",
        B::UnsignedChar => "unsigned char",
        B::Short => "short",
        B::UnsignedShort => "unsigned short",
        B::Int => "int",
        B::UnsignedInt => "unsigned int",
        B::Long => "long",
        B::UnsignedLong => "unsigned long",
        B::LongLong => "long long",
        B::UnsignedLongLong => "unsigned long long",
        B::Int128 => "__int128",
        B::UnsignedInt128 => "unsigned __int128",
        B::Float => "float",
        B::Double => "double",
        B::LongDouble => "long double",
        B::Float128 => "_Float128",
        B::VaList => "__builtin_va_list",
    }
}
