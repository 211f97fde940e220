//! Members given their offsets, by the System V x86-64 ABI with gcc's attributes.
//!
//! Compare gcc's `gcc/stor-layout.cc`: `place_field`, `layout_decl` and `update_alignment_for_field`, for a target
//! where a bit-field's type matters.

use super::intern::Symbol;
use super::limits;
use super::types::{Bits, Extent, Field, Layout, TypeId};

/// Bits of the most that any basic type is aligned to: positions are counted from multiples of it.
const MOST_ALIGNED: u128 = 128;

/// A record on its way.
pub(crate) struct Placer {
    union: bool,
    packed: bool,
    /// `#pragma pack` in bytes, 0 for none.
    pack: u64,
    /// The first free bit.
    bit: u128,
    /// Bytes of the largest union member.
    largest: u64,
    align: u64,
    /// Bits between the points that gcc counts bit positions from.
    step: u128,
    fields: Vec<Field>,
}

/// A bit-field to be placed.
pub(crate) struct BitField {
    pub(crate) name: Option<Symbol>,
    pub(crate) ty: TypeId,
    /// Of its type.
    pub(crate) extent: Extent,
    /// In bits.
    pub(crate) width: u64,
    pub(crate) packed: bool,
    /// Alignment by attribute, in bytes.
    pub(crate) asked: Option<u64>,
}

fn round_up(value: u128, to: u128) -> u128 {
    value.div_ceil(to) * to
}

/// Bits that a position is known to be aligned to.
fn alignment_of(position: u128) -> u128 {
    if position == 0 { u128::MAX } else { 1 << position.trailing_zeros() }
}

impl Placer {
    /// `asked` is the alignment, in bytes, that the record's own attributes ask for.
    pub(crate) fn new(union: bool, packed: bool, pack: u64, asked: u64) -> Self {
        let step = MOST_ALIGNED.max(u128::from(asked) * 8);
        Self { union, packed, pack, bit: 0, largest: 0, align: asked, step, fields: Vec::new() }
    }

    fn limit(&self, align: u64) -> u64 {
        if self.pack == 0 { align } else { align.min(self.pack) }
    }

    /// None if the record grows too large.
    pub(crate) fn member(
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

    /// None if the record grows too large.
    pub(crate) fn bit_field(&mut self, field: BitField) -> Option<()> {
        let packed = field.packed || self.packed;
        let unit = u128::from(field.extent.align) * 8;
        let mut start = if self.union { 0 } else { self.bit };
        if field.width == 0 {
            // Ends the unit whatever the packing, and lays no alignment on the record.
            let unit = unit.max(u128::from(field.asked.unwrap_or(1)) * 8);
            self.bit = if self.union { 0 } else { round_up(start, unit) };
            return Some(());
        }
        let mut align = field.asked.map_or(1, |asked| u128::from(asked) * 8);
        // A bit-field that fills an integer of the machine where one can stand is placed like a member of that type.
        let width = u128::from(field.width);
        let whole = matches!(width, 8 | 16 | 32 | 64 | 128) && (width == 8 || !packed) && alignment_of(start) >= width;
        if whole {
            align = align.max(width);
        }
        if self.pack > 0 {
            align = align.min(u128::from(self.pack) * 8);
        }
        start = round_up(start, align);
        if !whole && !packed && self.pack == 0 {
            let units = u128::from(field.extent.size) * 8 / unit;
            if (start % unit + width).div_ceil(unit) > units {
                let from = start / self.step * self.step;
                start = from + round_up(start - from, unit);
            }
        }
        if field.name.is_some() {
            let natural = match (self.pack, packed) {
                (0, true) => 1,
                (0, false) => field.extent.align,
                (pack, _) => field.extent.align.min(pack),
            };
            self.align = self.align.max(natural).max(bytes(align)?);
            let bits = Bits { width: field.width, offset: u64::try_from(start).ok()? };
            self.fields.push(Field { name: field.name, ty: field.ty, offset: 0, bits: Some(bits) });
        }
        self.advance(start, width)
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

    /// None if the record is too large.
    pub(crate) fn finish(self) -> Option<Layout> {
        let used = if self.union { self.largest } else { bytes(self.bit)? };
        let size = bytes(round_up(u128::from(used), u128::from(self.align)) * 8)?;
        Some(Layout { size, align: self.align, fields: self.fields })
    }
}

/// Whole bytes that hold so many bits, if an object may be that large.
fn bytes(bits: u128) -> Option<u64> {
    u64::try_from(bits.div_ceil(8)).ok().filter(|&b| b <= limits::OBJECT_BYTES)
}
