//! The bytes of a call: parameters by the names that the release gives their fields.

use crate::File;
use crate::layout::{Place, located};
use nvproxy::abi::Layout;
use std::ops::Range;

/// Where the bytes of a call lie in the pretended address space of the process that issues it. Any number does that no
/// client uses by accident.
pub(crate) const BASE: u64 = 0x6e76_5f73_0000_0000;

/// A call with the values lent to it in place, as a kernel sees it.
pub(crate) struct Frame<'a> {
    pub bytes: &'a mut [u8],
    pub argument: Option<Range<usize>>,
    pub files: &'a [&'a File],
}

/// Parameters: some of a call's bytes, and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub start: usize,
    pub len: usize,
    pub layout: Option<&'static Layout>,
}

impl Block {
    /// The block is not used if the layout is larger than it.
    pub(crate) fn new(range: Range<usize>, layout: Option<&'static Layout>) -> Self {
        let len = range.len();
        Self { start: range.start, len, layout: layout.filter(|layout| layout.size <= len) }
    }

    fn place(&self, path: &str) -> Option<Place> {
        let place = located(self.layout?, path)?;
        (place.offset + place.ty.size() <= self.len).then_some(place)
    }

    /// Whether this release has the field.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.place(path).is_some()
    }

    /// Where a field is, among the bytes of the call.
    pub(crate) fn offset(&self, path: &str) -> Option<usize> {
        Some(self.start + self.place(path)?.offset)
    }

    /// How many elements an array has; 0 where it is none.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.place(path).map_or(0, |place| place.count())
    }
}

impl Frame<'_> {
    /// A number, a handle or a pointer; 0 where the release has no such field.
    pub(crate) fn get(&self, block: &Block, path: &str) -> u64 {
        let Some(place) = block.place(path) else { return 0 };
        self.number(block.start + place.offset, place.scalar())
    }

    /// Like [`get`](Self::get), of 32 bits.
    pub(crate) fn get32(&self, block: &Block, path: &str) -> u32 {
        self.get(block, path) as u32
    }

    /// Sets a number, where the release has such a field; says whether it has.
    pub(crate) fn set(&mut self, block: &Block, path: &str, value: u64) -> bool {
        let place = block.place(path);
        if let Some(place) = place {
            self.put(block.start + place.offset, place.scalar(), value);
        }
        place.is_some()
    }

    /// The bytes of a field, none where the release has no such field.
    pub(crate) fn field(&mut self, block: &Block, path: &str) -> &mut [u8] {
        let range = block.place(path).map_or(0..0, |place| {
            let start = block.start + place.offset;
            start..start + place.ty.size()
        });
        self.bytes.get_mut(range).unwrap_or_default()
    }

    /// Writes a text or other bytes into an array, as much as fits; a text ends in a zero.
    pub(crate) fn set_bytes(&mut self, block: &Block, path: &str, bytes: &[u8]) {
        copy(self.field(block, path), bytes);
    }

    /// Writes numbers into an array of such, from its first element on, as many as fit. The others stay.
    pub(crate) fn set_elements(&mut self, block: &Block, path: &str, numbers: impl IntoIterator<Item = u64>) {
        let Some(place) = block.place(path).filter(|place| place.count() > 0) else { return };
        let (at, width) = (block.start + place.offset, place.scalar());
        for (index, number) in numbers.into_iter().take(place.count()).enumerate() {
            self.put(at + index * width, width, number);
        }
    }

    /// Everything zero.
    pub(crate) fn clear(&mut self, block: &Block) {
        if let Some(bytes) = self.bytes.get_mut(block.start..block.start + block.len) {
            bytes.fill(0);
        }
    }

    /// What a pointer leads to: bytes of the call from there on, if there are as many.
    pub(crate) fn follow(&self, pointer: u64, len: usize) -> Option<Range<usize>> {
        let start = usize::try_from(pointer.checked_sub(BASE)?).ok()?;
        let end = start.checked_add(len)?;
        (end <= self.bytes.len()).then_some(start..end)
    }

    /// What the pointer in a field leads to.
    pub(crate) fn behind(&self, block: &Block, path: &str, len: usize) -> Option<Range<usize>> {
        self.follow(self.get(block, path), len)
    }

    /// The file that a descriptor is of.
    pub(crate) fn file(&self, descriptor: i32) -> Option<&File> {
        self.files.iter().copied().find(|file| file.number() == descriptor)
    }

    /// A little-endian number of up to eight bytes; 0 where there are none.
    pub(crate) fn number(&self, at: usize, width: usize) -> u64 {
        let mut value = [0; 8];
        if let Some(bytes) = self.bytes.get(at..at.saturating_add(width.min(8))) {
            value[..bytes.len()].copy_from_slice(bytes);
        }
        u64::from_le_bytes(value)
    }

    /// Writes one.
    pub(crate) fn put(&mut self, at: usize, width: usize, value: u64) {
        let width = width.min(8);
        let value = value.to_le_bytes();
        match self.bytes.get_mut(at..at.saturating_add(width)) {
            // Most are, and copying a known number of bytes is no call.
            Some(bytes @ [_, _, _, _]) => bytes.copy_from_slice(&value[..4]),
            Some(bytes) => bytes.copy_from_slice(&value[..width]),
            None => {}
        }
    }
}

/// As much as fits, and zeros.
pub(crate) fn copy(into: &mut [u8], bytes: &[u8]) {
    let len = bytes.len().min(into.len());
    into[..len].copy_from_slice(&bytes[..len]);
    into[len..].fill(0);
}
