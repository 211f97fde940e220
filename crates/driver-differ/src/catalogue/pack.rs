//! The catalogue's embedded form: the same statements by name instead of by release, compressed.
//!
//! Each name has a list of changes, in the order of the releases, which puts every release after its parent. What
//! holds at a release is therefore the last change that one of its ancestors made. Records with aliases and constants
//! are two parts, so that a question about the one does not pay for the other.

use super::text::ReleaseChanges;
use crate::model::{Alias, DomainName, Field, Record};
use std::collections::{BTreeMap, BTreeSet};

/// Decompressed bytes that a part may have; the real ones have about two million.
pub const PART_BYTES: usize = 64 << 20;

/// The two parts, not yet compressed.
pub struct Parts {
    /// Releases, records and aliases.
    pub records: Vec<u8>,
    /// Constants.
    pub constants: Vec<u8>,
}

/// Numbers and text are written apart: text is checked to be text once, and both compress better.
#[derive(Default)]
struct Writer {
    numbers: Vec<u8>,
    text: String,
}

impl Writer {
    fn number(&mut self, mut n: u128) {
        while n >= 0x80 {
            self.numbers.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.numbers.push(n as u8);
    }

    fn count(&mut self, n: usize) {
        self.number(n as u128);
    }

    fn text(&mut self, s: &str) {
        self.count(s.len());
        self.text.push_str(s);
    }

    fn finish(self) -> Vec<u8> {
        let mut head = Self::default();
        head.count(self.text.len());
        [head.numbers, self.text.into_bytes(), self.numbers].concat()
    }

    /// A name after another in sorted order: how much they share, then the rest.
    fn next_name(&mut self, before: &mut String, name: &str) {
        let shared = before.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        // Names are ASCII, so any byte is a boundary; were one not, nothing is shared.
        let shared = if name.is_char_boundary(shared) { shared } else { 0 };
        self.count(shared);
        self.text(&name[shared..]);
        *before = name.to_string();
    }
}

type ByName<T> = BTreeMap<String, Vec<(usize, Option<T>)>>;

/// Packs the releases, which must come with each one after its parent.
///
/// # Errors
/// A release whose parent is not among those before it.
pub fn pack(releases: &[ReleaseChanges]) -> Result<Parts, String> {
    let mut records = Writer::default();
    records.count(releases.len());
    for (index, r) in releases.iter().enumerate() {
        let parent = match &r.parent {
            None => 0,
            Some(p) => {
                let known = releases[..index].iter().position(|q| q.release == *p);
                known.ok_or_else(|| format!("{}: its parent {p} does not come before it", r.release))? + 1
            }
        };
        records.text(&r.release);
        records.count(parent);
    }
    let strings = strings(releases);
    let index: BTreeMap<&str, usize> = strings.iter().enumerate().map(|(i, s)| (s.as_str(), i)).collect();
    records.count(strings.len());
    let mut before = String::new();
    strings.iter().for_each(|s| records.next_name(&mut before, s));
    let at = |s: &str| index.get(s).copied().unwrap_or(0);
    let mut constants = Writer::default();
    for domain in DomainName::ALL {
        write_part(&mut records, &by_name(releases, |r| &r.domain(domain).records), |w, r| write_record(w, r, &at));
        write_part(&mut records, &by_name(releases, |r| &r.domain(domain).aliases), |w, a: &Alias| {
            w.number(u128::from(a.size));
            w.count(at(&a.ty));
        });
        write_part(&mut constants, &by_name(releases, |r| &r.domain(domain).constants), |w, v| w.number(zigzag(*v)));
    }
    Ok(Parts { records: records.finish(), constants: constants.finish() })
}

fn zigzag(v: i128) -> u128 {
    ((v << 1) ^ (v >> 127)) as u128
}

/// Field names, types and headers.
fn strings(releases: &[ReleaseChanges]) -> Vec<String> {
    let mut strings = BTreeSet::new();
    for changes in releases.iter().flat_map(|r| [&r.nonuvm, &r.uvm]) {
        for record in changes.records.values().flatten() {
            strings.insert(record.header());
            strings.extend(record.fields.iter().flat_map(|f| [f.name.as_str(), f.ty.as_str()]));
        }
        strings.extend(changes.aliases.values().flatten().map(|a| a.ty.as_str()));
    }
    strings.into_iter().map(str::to_string).collect()
}

fn by_name<T: Clone>(
    releases: &[ReleaseChanges],
    part: impl Fn(&ReleaseChanges) -> &BTreeMap<String, Option<T>>,
) -> ByName<T> {
    let mut names = ByName::new();
    for (index, release) in releases.iter().enumerate() {
        for (name, change) in part(release) {
            names.entry(name.clone()).or_default().push((index, change.clone()));
        }
    }
    names
}

/// Names with their changes: the release times two, plus one if the name is dropped there, then what it becomes.
fn write_part<T>(w: &mut Writer, names: &ByName<T>, write: impl Fn(&mut Writer, &T)) {
    w.count(names.len());
    let mut before = String::new();
    for (name, changes) in names {
        w.next_name(&mut before, name);
        w.count(changes.len());
        for (release, change) in changes {
            w.count(release * 2 + usize::from(change.is_none()));
            if let Some(change) = change {
                write(w, change);
            }
        }
    }
}

fn write_record(w: &mut Writer, record: &Record, at: &dyn Fn(&str) -> usize) {
    w.number(u128::from(record.size) * 2 + u128::from(record.union));
    w.number(u128::from(record.align));
    w.count(at(record.header()));
    w.count(record.fields.len());
    let mut end = 0;
    for f in &record.fields {
        // Most fields begin where the one before them ends.
        w.number(zigzag(i128::from(f.offset) - i128::from(end)));
        end = f.offset.saturating_add(f.size);
        w.number(u128::from(f.size) * 2 + u128::from(f.bits.is_some()));
        w.count(at(&f.name));
        w.count(at(&f.ty));
        if let (Some(bits), Some(offset)) = (f.bits, f.bit_offset) {
            w.number(u128::from(bits));
            w.number(u128::from(offset));
        }
    }
}

/// Reads what [`pack`] wrote. Every method answers None where the bytes make no sense.
#[derive(Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
}

impl<'a> Reader<'a> {
    /// Reads from the start of a part.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Self { bytes, text: "" };
        let length = reader.count()?;
        reader.text = str::from_utf8(reader.bytes.get(..length)?).ok()?;
        reader.bytes = &reader.bytes[length..];
        Some(reader)
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<u128> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(u128::from(first));
        }
        let mut n = u128::from(first & 0x7f);
        for shift in (7..128).step_by(7) {
            let byte = self.byte()?;
            n |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    /// A count of things that each take at least a byte.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn size(&mut self) -> Option<u64> {
        u64::try_from(self.number()?).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let text = self.text.get(..length)?;
        self.text = &self.text[length..];
        Some(text)
    }

    /// Changes `name` to the one that follows it.
    pub fn next_name(&mut self, name: &mut String) -> Option<()> {
        let shared = self.count()?;
        if shared > name.len() || !name.is_char_boundary(shared) {
            return None;
        }
        name.truncate(shared);
        name.push_str(self.text()?);
        Some(())
    }

    /// The releases, each with its parent's index.
    pub fn releases(&mut self) -> Option<Vec<(&'a str, Option<usize>)>> {
        let count = self.count()?;
        let mut releases = Vec::new();
        for index in 0..count {
            let (name, parent) = (self.text()?, self.count()?.checked_sub(1));
            if parent.is_some_and(|p| p >= index) {
                return None;
            }
            releases.push((name, parent));
        }
        Some(releases)
    }

    /// The strings that records and aliases refer to.
    pub fn strings(&mut self) -> Option<Vec<String>> {
        let count = self.count()?;
        let mut strings = Vec::new();
        let mut name = String::new();
        for _ in 0..count {
            self.next_name(&mut name)?;
            strings.push(name.clone());
        }
        Some(strings)
    }

    /// A change's release, and whether something is defined there.
    pub fn change(&mut self) -> Option<(usize, bool)> {
        let n = self.count()?;
        Some((n / 2, n % 2 == 0))
    }

    fn signed(&mut self) -> Option<i128> {
        let n = self.number()?;
        Some((n >> 1) as i128 ^ -((n & 1) as i128))
    }
}

/// What a change can make of a name.
pub trait Packed<'r>: Clone {
    /// Reads one.
    fn read(reader: &mut Reader<'r>, strings: &[String]) -> Option<Self>;
    /// Passes over one without building it.
    fn skip(reader: &mut Reader<'r>) -> Option<()>;
}

impl<'r> Packed<'r> for i128 {
    fn read(reader: &mut Reader<'r>, _: &[String]) -> Option<Self> {
        reader.signed()
    }

    fn skip(reader: &mut Reader<'r>) -> Option<()> {
        reader.number().map(|_| ())
    }
}

impl<'r> Packed<'r> for Alias {
    fn read(reader: &mut Reader<'r>, strings: &[String]) -> Option<Self> {
        let size = reader.size()?;
        Some(Self { size, ty: strings.get(reader.count()?)?.clone() })
    }

    fn skip(reader: &mut Reader<'r>) -> Option<()> {
        reader.number()?;
        reader.number().map(|_| ())
    }
}

impl<'r> Packed<'r> for Record {
    fn read(reader: &mut Reader<'r>, strings: &[String]) -> Option<Self> {
        let head = reader.number()?;
        let (size, union) = (u64::try_from(head / 2).ok()?, head % 2 == 1);
        let align = reader.size()?;
        let source = strings.get(reader.count()?)?.clone();
        let count = reader.count()?;
        let mut fields = Vec::new();
        let mut end: u64 = 0;
        for _ in 0..count {
            let offset = u64::try_from(i128::from(end).checked_add(reader.signed()?)?).ok()?;
            let head = reader.number()?;
            let (size, has_bits) = (u64::try_from(head / 2).ok()?, head % 2 == 1);
            end = offset.saturating_add(size);
            let (name, ty) = (strings.get(reader.count()?)?.clone(), strings.get(reader.count()?)?.clone());
            let (bits, bit_offset) = if has_bits { (Some(reader.size()?), Some(reader.size()?)) } else { (None, None) };
            fields.push(Field { name, ty, offset, size, bits, bit_offset });
        }
        Some(Self { size, align, union, source, fields })
    }

    fn skip(reader: &mut Reader<'r>) -> Option<()> {
        for _ in 0..3 {
            reader.number()?;
        }
        for _ in 0..reader.count()? {
            reader.number()?;
            let has_bits = reader.number()? % 2 == 1;
            for _ in 0..if has_bits { 4 } else { 2 } {
                reader.number()?;
            }
        }
        Some(())
    }
}
