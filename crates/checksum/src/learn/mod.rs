//! Learning a driver release: from its headers to a release pack ([`nvproxy::pack`]).
//!
//! Every entry that the tables of this build have is held against the release's headers by the checks of `parity-test`.
//! What is the same is written down as it is. Of a struct that changed, a pack has the new size and the places of the
//! fields that the row names, if the fields still are what the row says of them and nothing else in the struct may need
//! translation. Everything else is left out, with the reason.

mod ancestor;
mod rows;
mod source;

pub use ancestor::{ancestor_by_number, ancestor_in};
pub use source::{Source, SourceError};

use nvproxy::abi::{Abi, Row, Table};
use nvproxy::pack::{Entry, LeftOut, Pack, PackError};
use rows::Known;
use version_tree::{DriverVersion, Tree};

/// What was learnt.
#[derive(Debug)]
pub struct Learned {
    /// The pack.
    pub pack: Pack,
    /// The tables that come of it.
    pub abi: Abi,
    /// How many entries are exactly as a compiled row has them.
    pub same: usize,
    /// Those whose parameters are laid out anew.
    pub relaid: Vec<(Table, String)>,
    /// Those of the ancestor's that the release does not have.
    pub gone: Vec<(Table, String)>,
    left_out: Vec<LeftOut>,
}

impl Learned {
    /// What the release has and the pack leaves out.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// The tree does not have the ancestor, or this process applied too many packs.
    #[error("{0}")]
    Pack(#[from] PackError),
    /// The driver takes ioctls apart in another way than this build.
    #[error("{release} cannot be learnt by this build: {}", .findings.join("; "))]
    Foreign {
        /// The release.
        release: DriverVersion,
        /// What differs.
        findings: Vec<String>,
    },
}

/// Learns a release from its sources: what it has of the entries that compiled tables have at `ancestor`, and of those
/// that they have at any other release.
///
/// # Errors
/// Nothing can be learnt. What concerns single entries is left out of the pack, by name.
pub fn learn(
    tree: &Tree,
    release: DriverVersion,
    ancestor: DriverVersion,
    source: &Source,
) -> Result<Learned, LearnError> {
    let base = Abi::compose(tree, ancestor).map_err(PackError::Ancestor)?;
    let known = Known::of(tree);
    let headers = rows::Headers::new(release, source);
    let foreign = headers.envelope();
    if !foreign.is_empty() {
        return Err(LearnError::Foreign { release, findings: foreign });
    }
    let mut pack = Pack::new(release, ancestor);
    let mut relaid = Vec::new();
    for (table, row) in base.rows() {
        let entry = match headers.entry(table, row, known.others(table, row)) {
            Ok(entry) => entry,
            Err(why) => Entry::left_out(row.number, why),
        };
        pack.tables[table as usize].insert(row.name.to_owned(), entry);
    }
    // What the release has and its ancestor has not, another branch may have had first.
    for (table, from, row) in known.rows() {
        if base.table(table).iter().all(|base| base.name != row.name && base.number != row.number)
            && let Some(entry) = headers.came(table, from, row)
        {
            let entries = &mut pack.tables[table as usize];
            // Of several forms the one that fits counts.
            if entries.get(row.name).is_none_or(|known| known.left_out.is_some()) {
                entries.insert(row.name.to_owned(), entry);
            }
        }
    }
    // What does not fit the compiled rows after all is said in the pack, too.
    for left in pack.apply(tree)?.left_out() {
        if let Some(entry) = pack.tables[left.table as usize].get_mut(&left.name) {
            *entry = Entry::left_out(left.number, left.why.clone());
        }
    }
    let abi = pack.apply(tree)?;
    let mut same = 0;
    for (table, row) in abi.rows() {
        if is_compiled(row, known.of_number(table, row.number)) {
            same += 1;
        } else {
            relaid.push((table, row.name.to_owned()));
        }
    }
    let is_gone = |left: &LeftOut| {
        let mut rows = base.table(left.table).iter().filter(|row| row.name == left.name);
        rows.any(|row| headers.number(left.table, row).is_err())
    };
    let (gone, left_out): (Vec<LeftOut>, _) = abi.left_out().iter().cloned().partition(is_gone);
    let gone = gone.into_iter().map(|left| (left.table, left.name)).collect();
    Ok(Learned { pack, abi, same, relaid, gone, left_out })
}

/// Whether a row is one of these.
fn is_compiled<'a>(row: &Row, mut compiled: impl Iterator<Item = &'a Row>) -> bool {
    compiled.any(|known| known == row)
}
