//! Parameters by the names of their fields, so that the guest speaks the language of any release.

use nvproxy::abi::Layout;
use std::collections::BTreeMap;

/// A record of bytes.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    /// Path, place and size of every field.
    fields: BTreeMap<String, (usize, usize)>,
    pub(super) bytes: Vec<u8>,
}

impl Parameters {
    /// Zeros.
    pub(super) fn of(layout: &'static Layout) -> Self {
        let mut fields = BTreeMap::new();
        layout.walk(&mut |path, offset, field| {
            fields.insert(path.strip_prefix("params.").unwrap_or(path).to_owned(), (offset, field.ty.size()));
        });
        Self { fields, bytes: vec![0; layout.size] }
    }

    /// With a number in a field. A release that does not have the field does without.
    pub(super) fn with(mut self, field: &str, number: u64) -> Self {
        let place = self.fields.get(field).and_then(|(at, size)| self.bytes.get_mut(*at..at + (*size).min(8)));
        if let Some(place) = place {
            let size = place.len();
            place.copy_from_slice(&number.to_le_bytes()[..size]);
        }
        self
    }

    /// With numbers of 32 bits at the beginning of a list.
    pub(super) fn with_list(mut self, field: &str, numbers: &[u32]) -> Self {
        if let Some((at, size)) = self.fields.get(field) {
            let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
            self.bytes.iter_mut().skip(*at).take(*size).zip(bytes).for_each(|(place, byte)| *place = byte);
        }
        self
    }

    /// A list of numbers of 32 bits.
    pub(super) fn words(&self, field: &str) -> Vec<u32> {
        let words = self.field(field).chunks_exact(4);
        words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
    }

    /// The bytes of a field.
    pub(super) fn field(&self, field: &str) -> &[u8] {
        self.fields.get(field).and_then(|(at, size)| self.bytes.get(*at..at + size)).unwrap_or(&[])
    }

    /// The number in a field, of which the first eight bytes count.
    pub(super) fn number(&self, field: &str) -> u64 {
        self.field(field).iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The text in a field, to its zero.
    pub(super) fn text(&self, field: &str) -> String {
        text(self.field(field))
    }

    /// Where they are.
    pub(super) fn address(&mut self) -> u64 {
        self.bytes.as_mut_ptr().expose_provenance() as u64
    }
}

/// Text, to its zero.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
