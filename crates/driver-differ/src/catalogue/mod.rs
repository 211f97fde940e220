//! The ABI of every published release, embedded: questions about them need no headers.
//!
//! Its source is `catalogue/*.txt` (see [`text`]), written by [`update`] from a repository and packed by `build.rs`.

pub mod pack;
pub mod text;
pub mod update;

use crate::extract::Wanted;
use crate::model::{Abi, Alias, DomainName, Record};
use pack::{Packed, Reader};
use std::sync::OnceLock;
use version_tree::DriverVersion;

/// Why the catalogue has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The release is not in it.
    #[error("release {0} is not in the catalogue")]
    NoSuchRelease(DriverVersion),
    /// The embedded bytes are not what this version of the code packs.
    #[error("the embedded catalogue is damaged; rebuild driver-differ")]
    Damaged,
}

/// The embedded catalogue.
pub struct Catalogue {
    /// Each after its parent, which is given by its index.
    releases: Vec<(DriverVersion, Option<usize>)>,
    strings: Vec<String>,
    records: Vec<u8>,
    /// Where, in `records`, the first domain begins.
    first: usize,
    constants: OnceLock<Option<Vec<u8>>>,
}

/// What holds from a release on, until a descendant changes it; None if nothing does.
pub type History<T> = Vec<(DriverVersion, Option<T>)>;

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::decompress(bytes, pack::PART_BYTES).ok()
}

impl Catalogue {
    /// The catalogue of this build.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn embedded() -> Result<&'static Self, Error> {
        static CATALOGUE: OnceLock<Option<Catalogue>> = OnceLock::new();
        CATALOGUE.get_or_init(Self::open).as_ref().ok_or(Error::Damaged)
    }

    fn open() -> Option<Self> {
        let records = unpack(include_bytes!(concat!(env!("OUT_DIR"), "/records")))?;
        let mut reader = Reader::new(&records);
        let releases = reader.releases()?.into_iter().map(|(name, parent)| Some((name.parse().ok()?, parent)));
        let releases = releases.collect::<Option<_>>()?;
        let strings = reader.strings()?;
        let first = records.len() - reader.left();
        Some(Self { releases, strings, first, records, constants: OnceLock::new() })
    }

    fn constants(&self) -> Result<Reader<'_>, Error> {
        let unpacked = self.constants.get_or_init(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/constants"))));
        unpacked.as_deref().map(Reader::new).ok_or(Error::Damaged)
    }

    /// All releases in it, each after its parent.
    pub fn releases(&self) -> impl Iterator<Item = DriverVersion> + '_ {
        self.releases.iter().map(|r| r.0)
    }

    /// Whether the release is in it.
    pub fn contains(&self, release: DriverVersion) -> bool {
        self.releases().any(|r| r == release)
    }

    /// Which releases are a release's ancestors, or itself.
    fn lineage(&self, release: DriverVersion) -> Result<Vec<bool>, Error> {
        let mut lineage = vec![false; self.releases.len()];
        let mut at = self.releases.iter().position(|r| r.0 == release);
        if at.is_none() {
            return Err(Error::NoSuchRelease(release));
        }
        while let Some(index) = at {
            lineage[index] = true;
            at = self.releases[index].1;
        }
        Ok(lineage)
    }

    /// The ABIs of some releases, in their order.
    ///
    /// # Errors
    /// A release that is not in the catalogue.
    pub fn abis(&self, releases: &[DriverVersion], wanted: Wanted<'_>) -> Result<Vec<Abi>, Error> {
        let lineages: Vec<Vec<bool>> = releases.iter().map(|&r| self.lineage(r)).collect::<Result<_, _>>()?;
        let mut abis = vec![Abi::default(); releases.len()];
        // A wanted record brings along what its fields' types name, so all are read before any is chosen.
        self.effective_records(&lineages, &mut abis).ok_or(Error::Damaged)?;
        if let Wanted::Named(names) = wanted {
            abis.iter_mut().for_each(|abi| {
                crate::select::keep(&mut abi.nonuvm, names);
                crate::select::keep(&mut abi.uvm, names);
            });
        }
        let mut reader = self.constants()?;
        self.effective_constants(&mut reader, &lineages, wanted, &mut abis).ok_or(Error::Damaged)?;
        Ok(abis)
    }

    fn effective_records(&self, lineages: &[Vec<bool>], abis: &mut [Abi]) -> Option<()> {
        let mut reader = Reader::new(self.records.get(self.first..)?);
        for domain in DomainName::ALL {
            self.effective(&mut reader, lineages, |at, name, record| {
                abis[at].domain_mut(domain).records.insert(name.to_string(), record);
            })?;
            self.effective(&mut reader, lineages, |at, name, alias| {
                abis[at].domain_mut(domain).aliases.insert(name.to_string(), alias);
            })?;
        }
        Some(())
    }

    fn effective_constants(
        &self,
        reader: &mut Reader<'_>,
        lineages: &[Vec<bool>],
        wanted: Wanted<'_>,
        abis: &mut [Abi],
    ) -> Option<()> {
        for domain in DomainName::ALL {
            self.effective(reader, lineages, |at, name, value| {
                if matches!(wanted, Wanted::All) || matches!(wanted, Wanted::Named(names) if names.constant(name)) {
                    abis[at].domain_mut(domain).constants.insert(name.to_string(), value);
                }
            })?;
        }
        Some(())
    }

    /// Reads the names of one kind, and hands over, for each lineage by its index, what holds there.
    fn effective<T: Packed>(
        &self,
        reader: &mut Reader<'_>,
        lineages: &[Vec<bool>],
        mut found: impl FnMut(usize, &str, T),
    ) -> Option<()> {
        let mut name = String::new();
        let mut held: Vec<Option<T>> = vec![None; lineages.len()];
        for _ in 0..reader.count()? {
            reader.next_name(&mut name)?;
            for _ in 0..reader.count()? {
                let (release, defined) = reader.change()?;
                let holds = |lineage: &Vec<bool>| lineage.get(release).copied().unwrap_or(false);
                let value = match defined {
                    false => None,
                    true if lineages.iter().any(holds) => Some(T::read(reader, &self.strings)?),
                    true => {
                        T::skip(reader)?;
                        continue;
                    }
                };
                // A later change comes from a descendant, so it replaces what held before.
                for (slot, _) in held.iter_mut().zip(lineages).filter(|(_, lineage)| holds(lineage)) {
                    slot.clone_from(&value);
                }
            }
            for (at, slot) in held.iter_mut().enumerate() {
                if let Some(value) = slot.take() {
                    found(at, &name, value);
                }
            }
        }
        Some(())
    }

    /// All changes of the records and aliases that `wanted` approves of.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn type_histories(&self, wanted: &dyn Fn(DomainName, &str) -> bool) -> Result<Vec<TypeHistory>, Error> {
        let read = || {
            let mut reader = Reader::new(self.records.get(self.first..)?);
            let mut histories = Vec::new();
            for domain in DomainName::ALL {
                for (name, changes) in self.histories(&mut reader, |name| wanted(domain, name))? {
                    let changes = changes.into_iter().map(|(v, r): (_, Option<Record>)| (v, r.map(Type::Record)));
                    histories.push(TypeHistory { domain, name, changes: changes.collect() });
                }
                for (name, changes) in self.histories(&mut reader, |name| wanted(domain, name))? {
                    let changes = changes.into_iter().map(|(v, a): (_, Option<Alias>)| (v, a.map(Type::Alias)));
                    histories.push(TypeHistory { domain, name, changes: changes.collect() });
                }
            }
            Some(histories)
        };
        read().ok_or(Error::Damaged)
    }

    /// All changes of the constants that `wanted` approves of.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn constant_histories(&self, wanted: &dyn Fn(DomainName, &str) -> bool) -> Result<Vec<ConstantHistory>, Error> {
        let mut reader = self.constants()?;
        let mut histories = Vec::new();
        for domain in DomainName::ALL {
            let found = self.histories(&mut reader, |name| wanted(domain, name)).ok_or(Error::Damaged)?;
            histories.extend(found.into_iter().map(|(name, changes)| ConstantHistory { domain, name, changes }));
        }
        Ok(histories)
    }

    /// The changes of the wanted names of one kind.
    fn histories<T: Packed>(
        &self,
        reader: &mut Reader<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<Vec<(String, History<T>)>> {
        let mut histories = Vec::new();
        let mut name = String::new();
        for _ in 0..reader.count()? {
            reader.next_name(&mut name)?;
            let keep = wanted(&name);
            let mut changes = History::new();
            for _ in 0..reader.count()? {
                let (release, defined) = reader.change()?;
                let release = self.releases.get(release)?.0;
                match (keep, defined) {
                    (true, true) => changes.push((release, Some(T::read(reader, &self.strings)?))),
                    (true, false) => changes.push((release, None)),
                    (false, true) => T::skip(reader)?,
                    (false, false) => {}
                }
            }
            if keep {
                histories.push((name.clone(), changes));
            }
        }
        Some(histories)
    }
}

/// What a type's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A struct or union.
    Record(Record),
    /// A typedef of anything else.
    Alias(Alias),
}

/// All forms of one type.
#[derive(Debug, Clone)]
pub struct TypeHistory {
    /// The headers it stands in.
    pub domain: DomainName,
    /// Its name.
    pub name: String,
    /// Its forms.
    pub changes: History<Type>,
}

/// All values of one constant.
#[derive(Debug, Clone)]
pub struct ConstantHistory {
    /// The headers it stands in.
    pub domain: DomainName,
    /// Its name.
    pub name: String,
    /// Its values.
    pub changes: History<i128>,
}
