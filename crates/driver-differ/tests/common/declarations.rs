//! Random C declarations: what they are made of, and how they shrink.
//!
//! A tree says nothing of names, so that any part of it can be left out and the rest still is C; `render` names
//! everything and keeps to what gcc takes.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Declarations that know each other, and no others.
#[derive(Debug, Clone)]
pub(crate) struct Group(pub(crate) Vec<Item>);

/// What stands at the top level.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Record {
        record: Record,
        typedef: Option<Alignment>,
    },
    Alias {
        base: Base,
        shape: Shape,
        aligned: Option<Alignment>,
    },
    Pack(Pack),
    /// Members that a macro makes: which macro, and of which type.
    Macro {
        template: usize,
        base: Base,
    },
    /// `#if`, `#elif` and `#else`: conditions by number, and what depends on them.
    Conditional {
        conditions: [usize; 2],
        groups: [Vec<Item>; 3],
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) union: bool,
    pub(crate) packed: bool,
    pub(crate) aligned: Option<Alignment>,
    /// Attributes after the keyword, else after the body.
    pub(crate) early: bool,
    pub(crate) members: Vec<Member>,
    /// Ends in an array without a bound.
    pub(crate) flexible: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) base: Base,
    pub(crate) shape: Shape,
    /// Seed of a bit-field's width, where the type can have one.
    pub(crate) bits: Option<u32>,
    pub(crate) unnamed: bool,
    pub(crate) packed: bool,
    pub(crate) aligned: Option<Alignment>,
    pub(crate) alignas: bool,
    pub(crate) volatile: bool,
    /// Another declarator after a comma.
    pub(crate) second: Option<Shape>,
}

#[derive(Debug, Clone)]
pub(crate) enum Base {
    Integer(usize),
    Float(usize),
    /// A type declared before.
    Earlier(Index),
    Record(Box<Record>),
    Enum(Enum),
}

#[derive(Debug, Clone)]
pub(crate) struct Enum {
    pub(crate) packed: bool,
    pub(crate) tagged: bool,
    pub(crate) values: Vec<Option<i128>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    Plain,
    Pointer,
    Array(Vec<Bound>),
    PointerToArray(Bound),
    ArrayOfPointers(Bound),
    Function,
    FunctionReturningPointer,
}

/// An array's bound: a form of expression, and a small number that it comes to.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) form: usize,
    pub(crate) value: u8,
}

/// An alignment as an exponent of two, and how it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alignment {
    pub(crate) exponent: u8,
    pub(crate) form: usize,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Pack {
    Set(u8),
    Reset,
    Push,
    PushSet(u8),
    Pop,
}

/// Groups that stand in one translation unit.
pub(crate) fn groups() -> impl Strategy<Value = Vec<Group>> {
    vec(vec(item(1), 1..6).prop_map(Group), 1..24)
}

fn item(depth: u32) -> BoxedStrategy<Item> {
    let plain = prop_oneof![
        8 => (record(2), weighted(0.5, of(alignment())))
            .prop_map(|(record, t)| Item::Record { record, typedef: t.flatten_or_default() }),
        4 => (base(1), shape(), weighted(0.3, alignment()))
            .prop_map(|(base, shape, aligned)| Item::Alias { base, shape, aligned }),
        2 => pack().prop_map(Item::Pack),
        1 => (any::<usize>(), base(0)).prop_map(|(template, base)| Item::Macro { template, base }),
    ];
    if depth == 0 {
        return plain.boxed();
    }
    let inner = || vec(item(depth - 1), 0..3);
    let conditional = (any::<[usize; 2]>(), [inner(), inner(), inner()])
        .prop_map(|(conditions, groups)| Item::Conditional { conditions, groups });
    prop_oneof![12 => plain, 1 => conditional].boxed()
}

/// A typedef is there or not, and if it is it may ask for an alignment.
trait Flatten {
    fn flatten_or_default(self) -> Option<Alignment>;
}

impl Flatten for Option<Option<Alignment>> {
    /// An exponent of 255 stands for a typedef that asks for none.
    fn flatten_or_default(self) -> Option<Alignment> {
        self.map(|a| a.unwrap_or(Alignment { exponent: u8::MAX, form: 0 }))
    }
}

fn record(depth: u32) -> BoxedStrategy<Record> {
    let attributes = (weighted(0.25, alignment()), prop::bool::weighted(0.2), any::<bool>());
    let shape = (prop::bool::weighted(0.3), prop::bool::weighted(0.1));
    (vec(member(depth), 0..7), attributes, shape)
        .prop_map(|(members, (aligned, packed, early), (union, flexible))| Record {
            union,
            packed,
            aligned,
            early,
            members,
            flexible,
        })
        .boxed()
}

fn member(depth: u32) -> BoxedStrategy<Member> {
    let attributes = (
        prop::bool::weighted(0.12),
        weighted(0.15, alignment()),
        prop::bool::weighted(0.05),
        prop::bool::weighted(0.05),
    );
    (base(depth), shape(), weighted(0.4, any::<u32>()), prop::bool::weighted(0.2), attributes, weighted(0.15, shape()))
        .prop_map(|(base, shape, bits, unnamed, (packed, aligned, alignas, volatile), second)| Member {
            base,
            shape,
            bits,
            unnamed,
            packed,
            aligned,
            alignas,
            volatile,
            second,
        })
        .boxed()
}

fn base(depth: u32) -> BoxedStrategy<Base> {
    let leaf = prop_oneof![
        6 => any::<usize>().prop_map(Base::Integer),
        1 => any::<usize>().prop_map(Base::Float),
        4 => any::<Index>().prop_map(Base::Earlier),
    ];
    match depth {
        0 => leaf.boxed(),
        _ => prop_oneof![
            8 => leaf,
            1 => enumeration().prop_map(Base::Enum),
            2 => record(depth - 1).prop_map(|r| Base::Record(Box::new(r))),
        ]
        .boxed(),
    }
}

fn enumeration() -> impl Strategy<Value = Enum> {
    let edges = [-129, -128, -1, 0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, -32769];
    let wide = [i32::MIN.into(), i32::MAX.into(), u32::MAX.into(), 1 << 31, 1 << 32, i64::MIN.into(), u64::MAX.into()];
    let value = prop_oneof![6 => select(edges.to_vec()), 2 => select(wide.to_vec()), 2 => -9i128..9];
    (prop::bool::weighted(0.3), any::<bool>(), vec(of(value), 1..5)).prop_map(|(packed, tagged, values)| Enum {
        packed,
        tagged,
        values,
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        10 => Just(Shape::Plain),
        2 => Just(Shape::Pointer),
        3 => vec(bound(), 1..3).prop_map(Shape::Array),
        1 => bound().prop_map(Shape::PointerToArray),
        1 => bound().prop_map(Shape::ArrayOfPointers),
        1 => Just(Shape::Function),
        1 => Just(Shape::FunctionReturningPointer),
    ]
}

fn bound() -> impl Strategy<Value = Bound> {
    (any::<usize>(), 0u8..5).prop_map(|(form, value)| Bound { form, value })
}

fn alignment() -> impl Strategy<Value = Alignment> {
    (0u8..6, any::<usize>()).prop_map(|(exponent, form)| Alignment { exponent, form })
}

fn pack() -> impl Strategy<Value = Pack> {
    let size = || (0u8..5).prop_map(|n| 1 << n);
    prop_oneof![
        size().prop_map(Pack::Set),
        Just(Pack::Reset),
        Just(Pack::Push),
        size().prop_map(Pack::PushSet),
        Just(Pack::Pop)
    ]
}
