//! What a struct of the ABI looks like, as data: so that the tables, the parity test and a tracer all read the one
//! definition.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A type with a known class and size.
pub trait Reflect: Copy + FromBytes + IntoBytes + Immutable + KnownLayout + 'static {
    /// What it is.
    const TYPE: Type;
}

/// The class of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// An unsigned integer (or enumeration, or character) of so many bytes.
    Unsigned(usize),
    /// A signed integer of so many bytes.
    Signed(usize),
    /// `NvBool`, one byte.
    Bool,
    /// `NvP64`, eight bytes.
    Pointer,
    /// `NvHandle`, four bytes.
    Handle,
    /// A struct or union.
    Record(&'static Layout),
    /// So many of another type.
    Array(&'static Type, usize),
}

impl Type {
    /// In bytes.
    pub const fn size(&self) -> usize {
        match self {
            Self::Unsigned(size) | Self::Signed(size) => *size,
            Self::Bool => 1,
            Self::Pointer => 8,
            Self::Handle => 4,
            Self::Record(layout) => layout.size,
            Self::Array(element, count) => element.size() * *count,
        }
    }

    /// The struct or union it is, or is an array of.
    pub const fn record(&self) -> Option<&'static Layout> {
        match self {
            Self::Record(layout) => Some(layout),
            Self::Array(element, _) => element.record(),
            _ => None,
        }
    }
}

impl<T: Reflect, const N: usize> Reflect for [T; N] {
    const TYPE: Type = Type::Array(&T::TYPE, N);
}

/// The layout of a struct or union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// NVIDIA's name; `PARENT::FIELD_t` for one that has none.
    pub name: &'static str,
    /// The name of the Rust type. The first form of a struct has NVIDIA's name, a later one that and the release that
    /// brought it.
    pub rust_name: &'static str,
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: usize,
    /// Whether all fields lie at its beginning.
    pub union: bool,
    /// In C's order, padding included: see [`Field::is_padding`].
    pub fields: &'static [Field],
}

impl Layout {
    /// A struct of which nothing is known, not even its size.
    pub const EMPTY: Self = Self { name: "", rust_name: "", size: 0, align: 1, union: false, fields: &[] };

    /// The fields that C knows, without padding.
    pub fn c_fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().filter(|field| !field.is_padding())
    }

    /// The field of that C name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.c_fields().find(|field| field.c_name() == name)
    }

    /// The field that the driver puts its status into, if it is one of the struct's own.
    pub fn status(&self) -> Option<&'static Field> {
        self.fields.iter().find(|field| matches!(field.name, "status" | "Status" | "rmStatus"))
    }

    /// Every field, those of nested structs and unions (once for an array of them) after the one that holds them:
    /// the path as C would write it, the offset from the beginning, and the field.
    pub fn walk(&self, visit: &mut dyn FnMut(&str, usize, &'static Field)) {
        self.walk_from(&mut String::new(), 0, visit);
    }

    fn walk_from(&self, path: &mut String, base: usize, visit: &mut dyn FnMut(&str, usize, &'static Field)) {
        for field in self.c_fields() {
            let length = path.len();
            if length > 0 && !field.c_name().is_empty() {
                path.push('.');
            }
            path.push_str(field.c_name());
            visit(path, base + field.offset, field);
            if let Some(record) = field.ty.record() {
                record.walk_from(path, base + field.offset, visit);
            }
            path.truncate(length);
        }
    }
}

/// A member of a struct or union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name of the Rust field.
    pub name: &'static str,
    /// In bytes from the record's beginning.
    pub offset: usize,
    /// What it holds.
    pub ty: Type,
}

impl Field {
    /// Whether it stands for bytes that C leaves unnamed.
    pub fn is_padding(&self) -> bool {
        self.name.starts_with("_pad")
    }

    /// NVIDIA's name: the Rust one, unless that is a keyword of Rust; empty for an unnamed struct or union.
    pub fn c_name(&self) -> &'static str {
        let name = self.name.strip_prefix("r#").unwrap_or(self.name);
        if name.starts_with("unnamed_") { "" } else { name }
    }
}

/// A struct or union of the ABI.
pub trait Record: Reflect {
    /// Its layout.
    const LAYOUT: Layout;
}

/// Where a field lies in the parameters it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRef {
    /// NVIDIA's name of the struct.
    pub record: &'static str,
    /// The path of the field in it, as C writes it.
    pub path: &'static str,
    /// In bytes from the struct's beginning.
    pub offset: usize,
    /// In bytes.
    pub size: usize,
}

impl FieldRef {
    /// The place of a field of the record that this field holds.
    pub const fn within(self, inner: Self) -> Self {
        assert!(inner.offset + inner.size <= self.size, "a field ends where its record does");
        Self { record: self.record, path: inner.path, offset: self.offset + inner.offset, size: inner.size }
    }
}

/// The size of what `get` refers to; for [`field!`](super::field).
#[doc(hidden)]
pub const fn size_of_field<T, F>(_get: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// A [`FieldRef`] from a Rust field, whose offset and size the compiler knows.
macro_rules! field {
    ($record:ty, $($field:ident).+) => {
        $crate::abi::reflect::FieldRef {
            record: <$record as $crate::abi::reflect::Record>::LAYOUT.name,
            path: stringify!($($field).+),
            offset: ::std::mem::offset_of!($record, $($field).+),
            size: $crate::abi::reflect::size_of_field(|record: &$record| &record.$($field).+),
        }
    };
}
pub(crate) use field;

/// Defines structs and unions of the ABI, with their layouts.
///
/// `struct NAME: SIZE { field: Type, .. }` is a struct without implicit padding, of exactly that size, or it does not
/// compile. `union NAME: SIZE align ALIGN { .. }` is so many bytes that hold one of several types.
/// `NAME = "NAME IN C"` where they differ.
macro_rules! abi {
    ($($(#[$meta:meta])* $kind:ident $name:ident $(= $c:literal)?: $size:literal $(align $align:literal)? {
        $($field:ident: $ty:ty),* $(,)?
    })*) => {
        $($crate::abi::reflect::record! {
            $kind ($(#[$meta])*) $name ($crate::abi::reflect::c_name!($name $($c)?)) $size ($($align)?) { $($field: $ty,)* }
        })*
    };
}
pub(crate) use abi;

macro_rules! c_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $c:literal) => {
        $c
    };
}
pub(crate) use c_name;

macro_rules! record {
    (struct ($(#[$meta:meta])*) $name:ident ($c:expr) $size:literal () { $($field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[doc = concat!("`", $c, "`, ", $size, " bytes.")]
        #[repr(C)]
        #[derive(Clone, Copy, ::zerocopy::FromBytes, ::zerocopy::IntoBytes, ::zerocopy::Immutable, ::zerocopy::KnownLayout)]
        #[allow(missing_docs, non_snake_case, non_camel_case_types)]
        pub struct $name { $(pub $field: $ty,)* }

        impl $crate::abi::reflect::Record for $name {
            const LAYOUT: $crate::abi::reflect::Layout = $crate::abi::reflect::Layout {
                name: $c,
                rust_name: stringify!($name),
                size: $size,
                align: align_of::<$name>(),
                union: false,
                fields: &[$($crate::abi::reflect::Field {
                    name: stringify!($field),
                    offset: ::std::mem::offset_of!($name, $field),
                    ty: <$ty as $crate::abi::reflect::Reflect>::TYPE,
                },)*],
            };
        }
        $crate::abi::reflect::sized! { $name $size }
    };
    (union ($(#[$meta:meta])*) $name:ident ($c:expr) $size:literal ($align:literal) { $($field:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        #[doc = concat!("`", $c, "`, ", $size, " bytes that hold one of several types.")]
        #[repr(C, align($align))]
        #[derive(Clone, Copy, ::zerocopy::FromBytes, ::zerocopy::IntoBytes, ::zerocopy::Immutable, ::zerocopy::KnownLayout)]
        #[allow(missing_docs, non_camel_case_types)]
        pub struct $name { pub bytes: [u8; $size] }

        impl $crate::abi::reflect::Record for $name {
            const LAYOUT: $crate::abi::reflect::Layout = $crate::abi::reflect::Layout {
                name: $c,
                rust_name: stringify!($name),
                size: $size,
                align: $align,
                union: true,
                fields: &[$($crate::abi::reflect::Field {
                    name: stringify!($field),
                    offset: 0,
                    ty: <$ty as $crate::abi::reflect::Reflect>::TYPE,
                },)*],
            };
        }
        // The bytes are exactly as large and as strictly aligned as the members of a C union make them.
        const _: () = {
            let (mut size, mut align) = (0, 1);
            $(
                if size_of::<$ty>() > size { size = size_of::<$ty>() }
                if align_of::<$ty>() > align { align = align_of::<$ty>() }
            )*
            assert!(size.next_multiple_of(align) == $size && align == $align);
        };
        $crate::abi::reflect::sized! { $name $size }
    };
}
pub(crate) use record;

macro_rules! sized {
    ($name:ident $size:literal) => {
        impl $crate::abi::reflect::Reflect for $name {
            const TYPE: $crate::abi::reflect::Type =
                $crate::abi::reflect::Type::Record(&<$name as $crate::abi::reflect::Record>::LAYOUT);
        }
        const _: () = assert!(size_of::<$name>() == $size);
    };
}
pub(crate) use sized;
