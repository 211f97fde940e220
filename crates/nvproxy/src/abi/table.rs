//! How the rows of a release are written down.
//!
//! [`rows!`] is for whole tables, [`release!`] for what a release changes. Both turn the name of an entry into a
//! constant of that name, so that the number stands once.

use super::row::{Handling, Row};
use super::{Capabilities, Table};

/// A difference between a release and its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// An entry that the parent does not have.
    Add(Table, Row),
    /// Another handling of an entry that the parent has, and other capabilities where they are named.
    Set {
        /// The table it is in.
        table: Table,
        /// Its number.
        number: u32,
        /// Its name, for those who read of it.
        name: &'static str,
        /// What its handling becomes.
        handling: Handling,
        /// What its capabilities become.
        capabilities: Option<Capabilities>,
    },
    /// An entry that the parent has and this release does not.
    Remove(Table, u32, &'static str),
}

impl Change {
    /// The table it is about.
    pub const fn table(&self) -> Table {
        match self {
            Self::Add(table, _) | Self::Set { table, .. } | Self::Remove(table, ..) => *table,
        }
    }

    /// The number it is about.
    pub const fn number(&self) -> u32 {
        match self {
            Self::Add(_, row) => row.number,
            Self::Set { number, .. } | Self::Remove(_, number, _) => *number,
        }
    }

    /// NVIDIA's name of that number.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Add(_, row) => row.name,
            Self::Set { name, .. } | Self::Remove(_, _, name) => name,
        }
    }
}

/// The rows of a table, sorted by number:
/// `NAME = NUMBER: handling, CAPABILITY | CAPABILITY;` with the handlings of [`handling!`].
macro_rules! rows {
    ($($(#[$meta:meta])* $name:ident = $number:literal: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+;)*) => {
        /// The numbers, under NVIDIA's names.
        #[allow(missing_docs)]
        pub(crate) mod numbers {
            $($(#[$meta])* pub const $name: u32 = $number;)*
        }

        pub(crate) static ROWS: &[$crate::abi::row::Row] = &[$($crate::abi::row::Row {
            number: $number,
            name: stringify!($name),
            handling: $crate::abi::table::handling!($kind $(($($body)*))?),
            capabilities: $crate::abi::table::capabilities!($($cap)|+),
        },)*];
    };
}
pub(crate) use rows;

/// What a release changes, table by table:
///
/// - `add NAME = NUMBER: handling, CAPABILITIES;`
/// - `add NAME: handling, CAPABILITIES;` where another branch had it first
/// - `add NAME_V1 = NUMBER as "NAME": ...;` where the name once stood for another number
/// - `set NAME: handling;`, `set NAME: handling, CAPABILITIES;`, `set NAME_V1 as "NAME": handling;`
/// - `remove NAME;`
macro_rules! release {
    ($($table:ident { $($changes:tt)* })*) => {
        /// The numbers that this release brought, under NVIDIA's names.
        #[allow(missing_docs, unused_imports)]
        pub(crate) mod numbers {
            $($crate::abi::table::numbers! { $($changes)* })*
        }

        #[allow(unused_imports)]
        use $crate::abi::numbers as known;
        pub(crate) static CHANGES: &[&[$crate::abi::table::Change]] =
            &[$($crate::abi::table::changes! { $table [] $($changes)* }),*];
    };
}
pub(crate) use release;

/// The constants of `add` lines.
macro_rules! numbers {
    () => {};
    (add $name:ident = $number:literal $(as $c:literal)?: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+; $($rest:tt)*) => {
        pub const $name: u32 = $number;
        $crate::abi::table::numbers! { $($rest)* }
    };
    (add $name:ident: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+; $($rest:tt)*) => {
        $crate::abi::table::numbers! { $($rest)* }
    };
    (set $name:ident $(as $c:literal)?: $kind:ident $(($($body:tt)*))? $(, $($cap:ident)|+)?; $($rest:tt)*) => {
        $crate::abi::table::numbers! { $($rest)* }
    };
    (remove $name:ident; $($rest:tt)*) => {
        $crate::abi::table::numbers! { $($rest)* }
    };
}
pub(crate) use numbers;

macro_rules! changes {
    ($table:ident [$($done:expr,)*]) => { &[$($done,)*] };
    ($table:ident [$($done:expr,)*] add $name:ident: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+; $($rest:tt)*) => {
        $crate::abi::table::changes! { $table [$($done,)*]
            @add known::$name, $name: $kind $(($($body)*))?, $($cap)|+; $($rest)* }
    };
    ($table:ident [$($done:expr,)*] add $name:ident = $number:literal $(as $c:literal)?: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+; $($rest:tt)*) => {
        $crate::abi::table::changes! { $table [$($done,)*]
            @add $number, $name $($c)?: $kind $(($($body)*))?, $($cap)|+; $($rest)* }
    };
    ($table:ident [$($done:expr,)*] @add $number:expr, $name:ident $($c:literal)?: $kind:ident $(($($body:tt)*))?, $($cap:ident)|+; $($rest:tt)*) => {
        $crate::abi::table::changes! { $table [$($done,)* $crate::abi::table::Change::Add(
            $crate::abi::Table::$table,
            $crate::abi::row::Row {
                number: $number,
                name: $crate::abi::reflect::c_name!($name $($c)?),
                handling: $crate::abi::table::handling!($kind $(($($body)*))?),
                capabilities: $crate::abi::table::capabilities!($($cap)|+),
            },
        ),] $($rest)* }
    };
    ($table:ident [$($done:expr,)*] set $name:ident $(as $c:literal)?: $kind:ident $(($($body:tt)*))? $(, $($cap:ident)|+)?; $($rest:tt)*) => {
        $crate::abi::table::changes! { $table [$($done,)* $crate::abi::table::Change::Set {
            table: $crate::abi::Table::$table,
            number: known::$name,
            name: $crate::abi::reflect::c_name!($name $($c)?),
            handling: $crate::abi::table::handling!($kind $(($($body)*))?),
            capabilities: $crate::abi::table::some_capabilities!($($($cap)|+)?),
        },] $($rest)* }
    };
    ($table:ident [$($done:expr,)*] remove $name:ident; $($rest:tt)*) => {
        $crate::abi::table::changes! { $table [$($done,)* $crate::abi::table::Change::Remove(
            $crate::abi::Table::$table, known::$name, stringify!($name),
        ),] $($rest)* }
    };
}
pub(crate) use changes;

macro_rules! capabilities {
    ($($cap:ident)|+) => {
        $crate::abi::Capabilities::from_bits_retain($($crate::abi::Capabilities::$cap.bits())|+)
    };
}
pub(crate) use capabilities;

macro_rules! some_capabilities {
    () => {
        None
    };
    ($($cap:ident)|+) => {
        Some($crate::abi::table::capabilities!($($cap)|+))
    };
}
pub(crate) use some_capabilities;

/// A [`Handling`]:
///
/// | written | parameters |
/// |---|---|
/// | `empty` | none |
/// | `simple(Struct)` | passed as they are |
/// | `simple(Struct as "TYPEDEF")` | where the entry's own name for the struct is a typedef of another |
/// | `each(Struct)` | as many as the size says, passed as they are |
/// | `with(Struct: param, ..)` | with fields to do something about, see [`param!`] |
/// | `effect(Effect, Struct: param, ..)` | and with an effect; several structs are separated by `;` |
/// | `opaque("STRUCT")`, `unpublished`, `refused` | see [`Parameters`](super::row::Parameters) |
macro_rules! handling {
    (@of $effect:expr, $parameters:expr) => {
        $crate::abi::row::Handling { parameters: $parameters, effect: $effect }
    };
    (@name $record:ident) => { <$record as $crate::abi::reflect::Record>::LAYOUT.name };
    (@name $record:ident $typedef:literal) => { $typedef };
    (@shapes $effect:expr; $($record:ident $(as $typedef:literal)? $(: $($kind:ident($($body:tt)*)),+)?);+) => {
        $crate::abi::table::handling!(@of $effect, $crate::abi::row::Parameters::Struct(&[$($crate::abi::row::Shape {
            name: $crate::abi::table::handling!(@name $record $($typedef)?),
            layout: &<$record as $crate::abi::reflect::Record>::LAYOUT,
            params: &[$($($crate::abi::table::param!($record, $kind($($body)*))),+)?],
        }),+]))
    };
    (empty) => { $crate::abi::table::handling!(@of None, $crate::abi::row::Parameters::Empty) };
    (unpublished) => { $crate::abi::table::handling!(@of None, $crate::abi::row::Parameters::Unpublished) };
    (refused) => { $crate::abi::table::handling!(@of None, $crate::abi::row::Parameters::Refused) };
    (opaque($name:literal)) => { $crate::abi::table::handling!(@of None, $crate::abi::row::Parameters::Opaque($name)) };
    (simple($($body:tt)*)) => { $crate::abi::table::handling!(@shapes None; $($body)*) };
    (each($record:ident)) => {
        $crate::abi::table::handling!(@of None, $crate::abi::row::Parameters::Repeated(
            &<$record as $crate::abi::reflect::Record>::LAYOUT
        ))
    };
    (with($($body:tt)*)) => { $crate::abi::table::handling!(@shapes None; $($body)*) };
    (effect($effect:ident, $($body:tt)*)) => {
        $crate::abi::table::handling!(@shapes Some($crate::abi::row::Effect::$effect); $($body)*)
    };
}
pub(crate) use handling;

/// A [`Param`](super::row::Param). A field's offset and size come from the Rust struct.
///
/// | written | meaning |
/// |---|---|
/// | `reads(field, count * Type)` | a pointer to so many `Type`, which the driver reads |
/// | `writes(field, count * Type)` | which it writes |
/// | `updates(field, count * Type)` | both |
/// | `.. count * count * Type` | so many times so many |
/// | `.. count.min(N) * Type` | a greater count means no more than `N` |
/// | `.. of clients` | and they are handles of clients |
/// | `.. limit N` | bytes in all, where [`PARAMS_SIZE_MAX`](super::row::PARAMS_SIZE_MAX) is not the limit |
/// | `fd(field, File)` | a file descriptor; `fd(field, File or negative)`, `fd(field, File or zero)` where it may be absent |
/// | `client(field)`, `own_client(field)`, `gpus(in field)`, `gpus(out field)`, `gpu_uuid(field)` | handles of clients, GPUs: see [`Param`](super::row::Param) |
/// | `wipe(array of Type, field)` | a field of every element that both sides get zero for |
/// | `null(field)`, `zero(field)`, `key(field)`, `special(field)` | see [`Param`](super::row::Param) |
/// | `fixed(field = N)` | the driver gets `N`, whatever the guest wrote |
/// | `depends(field)`, `depends(field unless N)` | the handle of an object that this one needs |
macro_rules! param {
    ($record:ident, null($($field:ident).+)) => { $crate::abi::row::Param::Null($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, fixed($field:ident = $value:literal)) => {
        $crate::abi::row::Param::Fixed { field: $crate::abi::reflect::field!($record, $field), value: $value }
    };
    ($record:ident, zero($($field:ident).+)) => { $crate::abi::row::Param::Zero($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, key($($field:ident).+)) => { $crate::abi::row::Param::Key($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, special($($field:ident).+)) => { $crate::abi::row::Param::Special($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, client($($field:ident).+)) => { $crate::abi::row::Param::Client($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, own_client($($field:ident).+)) => { $crate::abi::row::Param::OwnClient($crate::abi::reflect::field!($record, $($field).+)) };
    ($record:ident, gpu_uuid($field:ident)) => { $crate::abi::row::Param::GpuUuid($crate::abi::reflect::field!($record, $field)) };
    ($record:ident, gpus(in $field:ident)) => {
        $crate::abi::row::Param::GpuIds($crate::abi::reflect::field!($record, $field), $crate::abi::row::Direction::In)
    };
    ($record:ident, gpus(out $field:ident)) => {
        $crate::abi::row::Param::GpuIds($crate::abi::reflect::field!($record, $field), $crate::abi::row::Direction::Out)
    };
    ($record:ident, wipe($array:ident of $element:ident, $($field:ident).+)) => {{
        const ARRAY: $crate::abi::reflect::FieldRef = $crate::abi::reflect::field!($record, $array);
        const STRIDE: usize = size_of::<$element>();
        $crate::abi::row::Param::Wipe {
            field: $crate::abi::reflect::FieldRef {
                path: concat!(stringify!($array), ".", stringify!($($field).+)),
                ..ARRAY.within($crate::abi::reflect::field!($element, $($field).+))
            },
            count: ARRAY.size / STRIDE,
            stride: STRIDE,
        }
    }};
    ($record:ident, depends($field:ident)) => {
        $crate::abi::row::Param::Dependency { field: $crate::abi::reflect::field!($record, $field), unless: None }
    };
    ($record:ident, depends($field:ident unless $value:literal)) => {
        $crate::abi::row::Param::Dependency { field: $crate::abi::reflect::field!($record, $field), unless: Some($value) }
    };
    ($record:ident, fd($field:ident, $file:ident)) => { $crate::abi::table::param!(@fd $record, $field, $file, Never) };
    ($record:ident, fd($field:ident, $file:ident or negative)) => { $crate::abi::table::param!(@fd $record, $field, $file, Negative) };
    ($record:ident, fd($field:ident, $file:ident or zero)) => { $crate::abi::table::param!(@fd $record, $field, $file, Zero) };
    (@fd $record:ident, $field:ident, $file:ident, $absent:ident) => {
        $crate::abi::row::Param::Descriptor($crate::abi::row::Descriptor {
            field: $crate::abi::reflect::field!($record, $field),
            file: $crate::abi::row::File::$file,
            absent: $crate::abi::row::Absent::$absent,
        })
    };
    ($record:ident, reads($($body:tt)*)) => { $crate::abi::table::pointer!($record, In, $($body)*) };
    ($record:ident, writes($($body:tt)*)) => { $crate::abi::table::pointer!($record, Out, $($body)*) };
    ($record:ident, updates($($body:tt)*)) => { $crate::abi::table::pointer!($record, InOut, $($body)*) };
}
pub(crate) use param;

macro_rules! pointer {
    (@ $record:ident, $direction:ident, $field:ident, $count:ident, $element:ty, $squared:literal, $clamp:expr, $limit:expr) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, $squared, $clamp, $limit, false)
    };
    (@ $record:ident, $direction:ident, $field:ident, $count:ident, $element:ty, $squared:literal, $clamp:expr, $limit:expr, $clients:literal) => {
        $crate::abi::row::Param::Pointer($crate::abi::row::Pointer {
            field: $crate::abi::reflect::field!($record, $field),
            direction: $crate::abi::row::Direction::$direction,
            count: $crate::abi::reflect::field!($record, $count),
            squared: $squared,
            clamp: $clamp,
            element: <$element as $crate::abi::reflect::Reflect>::TYPE,
            limit: $limit,
            clients: $clients,
        })
    };
    ($record:ident, $direction:ident, $field:ident, $count:ident * $element:ident) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, false, None, $crate::abi::row::PARAMS_SIZE_MAX)
    };
    ($record:ident, $direction:ident, $field:ident, $count:ident * $element:ident of clients) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, false, None, $crate::abi::row::PARAMS_SIZE_MAX, true)
    };
    ($record:ident, $direction:ident, $field:ident, $count:ident * $again:ident * $element:ident) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, true, None, $crate::abi::row::PARAMS_SIZE_MAX)
    };
    ($record:ident, $direction:ident, $field:ident, $count:ident.min($clamp:literal) * $element:ident) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, false, Some($clamp), $crate::abi::row::PARAMS_SIZE_MAX)
    };
    ($record:ident, $direction:ident, $field:ident, $count:ident * $element:ident limit $limit:ident) => {
        $crate::abi::table::pointer!(@ $record, $direction, $field, $count, $element, false, None, $crate::abi::row::$limit)
    };
}
pub(crate) use pointer;
