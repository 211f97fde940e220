//! A declaration as its author wrote it, names not yet looked up.
//!
//! It depends on the declaration's tokens alone, so equal text in any header of any release shares one.

use super::intern::Symbol;
use super::token::Token;

/// One external declaration.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) typedef: bool,
    pub(crate) specifier: Specifier,
    pub(crate) declarators: Vec<Declarator>,
}

#[derive(Debug)]
pub(crate) enum Specifier {
    Basic(Basic),
    /// A typedef's name.
    Named(Symbol),
    Record(Record),
    Enum(Enum),
}

/// The arithmetic types and `void`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basic {
    Void,
    Bool,
    Char,
    SignedChar,
    UnsignedChar,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
    Int128,
    UnsignedInt128,
    Float,
    Double,
    LongDouble,
    Float128,
    VaList,
}

/// `struct` or `union`, with its members if they stand here.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) union: bool,
    pub(crate) tag: Option<Symbol>,
    pub(crate) members: Option<Vec<Member>>,
    pub(crate) attributes: Attributes,
    /// The keyword's token within the declaration.
    pub(crate) at: u32,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) tag: Option<Symbol>,
    pub(crate) enumerators: Option<Vec<Enumerator>>,
    pub(crate) attributes: Attributes,
}

#[derive(Debug)]
pub(crate) struct Enumerator {
    pub(crate) name: Symbol,
    pub(crate) value: Option<Expression>,
    pub(crate) at: u32,
}

/// A line of a record's body: one specifier, any number of declarators.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) specifier: Specifier,
    pub(crate) declarators: Vec<Declarator>,
    pub(crate) at: u32,
}

#[derive(Debug)]
pub(crate) struct Declarator {
    /// None for an unnamed bit-field.
    pub(crate) name: Option<Symbol>,
    /// From the specifier outwards: `int *a[2]` is a pointer, then an array.
    pub(crate) modifiers: Vec<Modifier>,
    pub(crate) bits: Option<Expression>,
    pub(crate) attributes: Attributes,
    pub(crate) at: u32,
}

#[derive(Debug)]
pub(crate) enum Modifier {
    Pointer,
    /// None: no bound is given.
    Array(Option<Expression>),
    Function,
}

/// Tokens of an integer constant expression; their lines are not those of the file.
pub(crate) type Expression = Box<[Token]>;

/// The attributes that decide layouts.
#[derive(Debug, Default, Clone)]
pub(crate) struct Attributes {
    pub(crate) packed: bool,
    pub(crate) aligned: Vec<Aligned>,
    /// Size in bytes of the integer that `mode` asks for.
    pub(crate) mode: Option<u64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Aligned {
    /// `aligned` alone: as much as any basic type needs.
    Most,
    To(Expression),
    /// `_Alignas` of a number.
    Alignas(Expression),
    /// `_Alignas` of a type, or of an expression that does not begin with a number.
    As(Expression),
}

impl Aligned {
    /// C says so of `_Alignas`; the attribute takes no zero.
    pub(crate) fn may_be_zero(&self) -> bool {
        matches!(self, Self::Alignas(_))
    }
}
