//! Spellings as small numbers, so that comparing and looking up names costs an index.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An interned spelling: an identifier, number, literal or punctuator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(pub(crate) u32);

/// All spellings seen so far.
#[derive(Default)]
pub(crate) struct Interner {
    table: HashTable<u32>,
    /// End of each spelling in `text`; it starts where the one before it ends.
    ends: Vec<u32>,
    text: String,
}

fn hash(spelling: &str) -> u64 {
    let mut h = FxHasher::default();
    h.write(spelling.as_bytes());
    h.finish()
}

fn spelling<'a>(ends: &[u32], text: &'a str, index: u32) -> &'a str {
    let end = ends[index as usize] as usize;
    let start = index.checked_sub(1).map_or(0, |before| ends[before as usize] as usize);
    &text[start..end]
}

impl Interner {
    /// The symbol of `s`; the same for equal spellings.
    ///
    /// # Panics
    /// When 4 GiB of distinct spellings have been interned, which the limits on file sizes and counts rule out.
    pub(crate) fn intern(&mut self, s: &str) -> Symbol {
        let Self { table, ends, text } = self;
        let h = hash(s);
        if let Some(&i) = table.find(h, |&i| spelling(ends, text, i) == s) {
            return Symbol(i);
        }
        let index = ends.len() as u32;
        text.push_str(s);
        ends.push(u32::try_from(text.len()).expect("limits keep spellings below 4 GiB"));
        table.insert_unique(h, index, |&i| hash(spelling(ends, text, i)));
        Symbol(index)
    }

    /// The symbol of `s`, if it was interned.
    pub(crate) fn get(&self, s: &str) -> Option<Symbol> {
        self.table.find(hash(s), |&i| spelling(&self.ends, &self.text, i) == s).map(|&i| Symbol(i))
    }

    /// The spelling of `symbol`.
    pub(crate) fn str(&self, symbol: Symbol) -> &str {
        spelling(&self.ends, &self.text, symbol.0)
    }

    /// How many symbols there are; they are numbered from 0.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_spellings_share_a_symbol() {
        let mut i = Interner::default();
        let (a, b, c) = (i.intern("NvU32"), i.intern("NvU64"), i.intern("NvU32"));
        assert_eq!((a, i.str(a), i.str(b)), (c, "NvU32", "NvU64"));
        assert_ne!(a, b);
        assert_eq!((i.get("NvU64"), i.get("absent"), i.len()), (Some(b), None, 2));
        assert_eq!(i.intern(""), i.intern(""));
    }
}
