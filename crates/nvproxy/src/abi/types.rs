//! NVIDIA's scalar types (`nvtypes.h`, `nvmisc.h`), under NVIDIA's names.
//!
//! Types that mean something of their own are types here too, so that a pointer or a handle is never taken for a number.

use super::reflect::{Layout, Record, Reflect, Type};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub use super::status::NV_STATUS;
pub use std::ffi::c_int;

/// Unsigned, 8 bits; C's `char` too.
pub type NvU8 = u8;
/// Unsigned, 16 bits.
pub type NvU16 = u16;
/// Unsigned, 32 bits; enumerations too.
pub type NvU32 = u32;
/// Unsigned, 64 bits, aligned to eight bytes.
pub type NvU64 = u64;
/// "Void": 32 bits that may be of any type. NVIDIA defines it as unsigned.
pub type NvV32 = u32;
/// Signed, 16 bits.
pub type NvS16 = i16;
/// Signed, 32 bits.
pub type NvS32 = i32;

macro_rules! newtype {
    ($(#[$doc:meta])* $name:ident($inner:ty) = $class:expr) => {
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
        pub struct $name(pub $inner);

        impl Reflect for $name {
            const TYPE: Type = $class;
        }
    };
}

newtype! {
    /// A pointer of the caller, in 64 bits whatever the caller's word size.
    NvP64(u64) = Type::Pointer
}
newtype! {
    /// What the driver calls an object by, unique within its client; a client's own is unique within the driver.
    NvHandle(u32) = Type::Handle
}
newtype! {
    /// A byte that is zero or not. Bytes of a guest may be anything, so it is not Rust's `bool`.
    NvBool(u8) = Type::Bool
}

macro_rules! integers {
    ($($name:ty: $class:ident),*) => {
        $(impl Reflect for $name { const TYPE: Type = Type::$class(size_of::<$name>()); })*
    };
}
integers! { u8: Unsigned, u16: Unsigned, u32: Unsigned, u64: Unsigned, i16: Signed, i32: Signed }

macro_rules! alone {
    ($($name:ident),*) => {
        $(impl Record for $name {
            const LAYOUT: Layout = Layout {
                name: stringify!($name),
                rust_name: stringify!($name),
                size: size_of::<$name>(),
                align: align_of::<$name>(),
                union: false,
                fields: &[],
            };
        })*
    };
}
// Some entries carry nothing but one of these, or several.
alone! { NvHandle, NvU32 }
