//! The ABI of every published release, embedded: questions about them need no headers.
//!
//! Its source is `catalogue/*.txt` (see [`text`]), written by [`update`] from a repository and packed by `build.rs`.

pub mod pack;
pub mod text;
pub mod update;

use crate::extract::Wanted;
use crate::model::{Abi, Alias, Domain, DomainName, Record, base_type};
use pack::{Packed, Reader};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::marker::PhantomData;
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
    /// Where the records and aliases of the first domain begin.
    records: Reader<'static>,
    constants: OnceLock<Option<Reader<'static>>>,
}

/// Where the records and the aliases of a domain stand.
type UnreadTypes<'r> = (BTreeMap<String, Reader<'r>>, BTreeMap<String, Reader<'r>>);

/// What holds from a release on, until a descendant changes it; None if nothing does.
pub type History<T> = Vec<(DriverVersion, Option<T>)>;

/// Unpacks a part, which stays for as long as the process does.
fn unpack(bytes: &[u8]) -> Option<Reader<'static>> {
    Reader::new(zstd::bulk::decompress(bytes, pack::PART_BYTES).ok()?.leak())
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
        let mut records = unpack(include_bytes!(concat!(env!("OUT_DIR"), "/records")))?;
        let releases = records.releases()?.into_iter().map(|(name, parent)| Some((name.parse().ok()?, parent)));
        let releases = releases.collect::<Option<_>>()?;
        let strings = records.strings()?;
        Some(Self { releases, strings, records, constants: OnceLock::new() })
    }

    fn constants(&self) -> Result<Reader<'static>, Error> {
        let unpacked = self.constants.get_or_init(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/constants"))));
        unpacked.clone().ok_or(Error::Damaged)
    }

    /// All releases in it, each after its parent.
    pub fn releases(&self) -> impl Iterator<Item = DriverVersion> + '_ {
        self.releases.iter().map(|r| r.0)
    }

    /// All releases in it, each after its parent, which is its nearest ancestor here.
    pub fn generations(&self) -> impl Iterator<Item = (DriverVersion, Option<DriverVersion>)> + '_ {
        self.releases.iter().map(|r| (r.0, r.1.and_then(|parent| self.releases.get(parent)).map(|r| r.0)))
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
        self.effective_types(&lineages, wanted, &mut abis).ok_or(Error::Damaged)?;
        let mut reader = self.constants()?;
        self.effective_constants(&mut reader, &lineages, wanted, &mut abis).ok_or(Error::Damaged)?;
        Ok(abis)
    }

    fn effective_types(&self, lineages: &[Vec<bool>], wanted: Wanted<'_>, abis: &mut [Abi]) -> Option<()> {
        let mut reader = self.records.clone();
        for domain in DomainName::ALL {
            let mut records: Vec<BTreeMap<String, Reader<'_>>> = vec![BTreeMap::new(); abis.len()];
            let mut aliases = records.clone();
            let all = |_: &str| true;
            self.effective(&mut reader, lineages, all, |at, name, found: Unread<'_, Record>| {
                records[at].insert(name.to_string(), found.0);
            })?;
            self.effective(&mut reader, lineages, all, |at, name, found: Unread<'_, Alias>| {
                aliases[at].insert(name.to_string(), found.0);
            })?;
            let unread = records.into_iter().zip(aliases).collect();
            self.choose(abis.iter_mut().map(|abi| abi.domain_mut(domain)).collect(), unread, wanted)?;
        }
        Some(())
    }

    /// Reads the wanted types, and those they consist of in any of the domains; compare [`crate::closure::keep`],
    /// which does the same for types that are read already.
    fn choose(
        &self,
        mut domains: Vec<&mut Domain>,
        mut unread: Vec<UnreadTypes<'_>>,
        wanted: Wanted<'_>,
    ) -> Option<()> {
        let names = unread.iter().flat_map(|(records, aliases)| records.keys().chain(aliases.keys()));
        let mut open: Vec<String> = match wanted {
            Wanted::All => names.cloned().collect(),
            Wanted::Named(chosen) => names.filter(|n| chosen.record(n)).cloned().collect(),
        };
        let mut seen: FxHashSet<String> = FxHashSet::default();
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let mut part = |ty: &str| {
                if !seen.contains(base_type(ty)) {
                    open.push(base_type(ty).to_string());
                }
            };
            for (domain, (records, aliases)) in domains.iter_mut().zip(&mut unread) {
                if let Some(mut reader) = records.remove(&name) {
                    let record = Record::read(&mut reader, &self.strings)?;
                    record.fields.iter().for_each(|f| part(&f.ty));
                    domain.records.insert(name.clone(), record);
                }
                // A pointer to an unnamed struct gives its name to both.
                if let Some(mut reader) = aliases.remove(&name) {
                    let alias = Alias::read(&mut reader, &self.strings)?;
                    part(&alias.ty);
                    domain.aliases.insert(name.clone(), alias);
                }
            }
        }
        Some(())
    }

    fn effective_constants(
        &self,
        reader: &mut Reader<'static>,
        lineages: &[Vec<bool>],
        wanted: Wanted<'_>,
        abis: &mut [Abi],
    ) -> Option<()> {
        for domain in DomainName::ALL {
            // Names come sorted: a map is built from a list of them in one go.
            let mut found: Vec<Vec<(String, i128)>> = vec![Vec::new(); abis.len()];
            let wanted = |name: &str| match wanted {
                Wanted::All => true,
                Wanted::Named(names) => names.constant(name),
            };
            self.effective(reader, lineages, wanted, |at, name, value| found[at].push((name.to_string(), value)))?;
            for (abi, found) in abis.iter_mut().zip(found) {
                abi.domain_mut(domain).constants = found.into_iter().collect();
            }
        }
        Some(())
    }

    /// Reads the names of one kind, and hands over of those wanted, for each lineage by its index, what holds there.
    fn effective<'r, T: Packed<'r>>(
        &self,
        reader: &mut Reader<'r>,
        lineages: &[Vec<bool>],
        wanted: impl Fn(&str) -> bool,
        mut found: impl FnMut(usize, &str, T),
    ) -> Option<()> {
        let mut name = String::new();
        let mut held: Vec<Option<T>> = vec![None; lineages.len()];
        for _ in 0..reader.count()? {
            reader.next_name(&mut name)?;
            let keep = wanted(&name);
            for _ in 0..reader.count()? {
                let (release, defined) = reader.change()?;
                let holds = |lineage: &Vec<bool>| lineage.get(release).copied().unwrap_or(false);
                let value = match defined {
                    false => None,
                    true if keep && lineages.iter().any(holds) => Some(T::read(reader, &self.strings)?),
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
            let mut reader = self.records.clone();
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
    fn histories<'r, T: Packed<'r>>(
        &self,
        reader: &mut Reader<'r>,
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

/// A type that is passed over and may be read later, from where it stands.
#[derive(Clone)]
struct Unread<'r, T>(Reader<'r>, PhantomData<T>);

impl<'r, T: Packed<'r>> Packed<'r> for Unread<'r, T> {
    fn read(reader: &mut Reader<'r>, _: &[String]) -> Option<Self> {
        let here = reader.clone();
        T::skip(reader)?;
        Some(Self(here, PhantomData))
    }

    fn skip(reader: &mut Reader<'r>) -> Option<()> {
        T::skip(reader)
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
