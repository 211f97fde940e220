//! The forms that records have had, and the name that each has in Rust.
//!
//! Two records of one name have the same form if their own layouts agree, and those of the records within them. The
//! form that came first by version has NVIDIA's name; every other that and the release that brought it.

use super::layout::body;
use crate::catalogue::{Catalogue, Error, Type};
use crate::model::{Abi, DomainName, base_type};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use version_tree::DriverVersion;

/// A record, by where it stands and NVIDIA's name.
pub type Key = (DomainName, String);

/// Which form each record has.
pub(super) type Held = BTreeMap<Key, usize>;

/// All forms seen so far, each by its index.
#[derive(Default)]
pub(super) struct Forms {
    indices: FxHashMap<(Key, String), usize>,
    forms: Vec<Form>,
    /// By record, the least release that brought it, and the header it stood in there.
    first: FxHashMap<Key, (DriverVersion, String)>,
}

struct Form {
    key: Key,
    /// The least of the releases that have it where their parents have not; None before that is known.
    introduced: Option<DriverVersion>,
}

impl Forms {
    /// Those of these records, and of the records within them, at all releases of the catalogue.
    pub(super) fn of(catalogue: &Catalogue, records: impl IntoIterator<Item = Key>) -> Result<Self, Error> {
        let changes = changes(catalogue, records.into_iter().collect())?;
        let mut forms = Self::default();
        let mut states: BTreeMap<DriverVersion, Rc<(Abi, Held)>> = BTreeMap::new();
        for (release, parent) in catalogue.generations() {
            let before = parent.and_then(|p| states.get(&p)).cloned().unwrap_or_default();
            let Some(changes) = changes.get(&release) else {
                states.insert(release, before);
                continue;
            };
            let mut abi = before.0.clone();
            changes.iter().for_each(|change| apply(&mut abi, change));
            let held = forms.held(&abi);
            for (key, form) in held.iter().filter(|(key, form)| before.1.get(key) != Some(form)) {
                forms.introduce(*form, release, abi.domain(key.0).records[&key.1].header());
            }
            states.insert(release, Rc::new((abi, held)));
        }
        Ok(forms)
    }

    fn introduce(&mut self, form: usize, release: DriverVersion, header: &str) {
        let Form { key, introduced } = &mut self.forms[form];
        *introduced = Some(introduced.map_or(release, |other| other.min(release)));
        let first = self.first.entry(key.clone()).or_insert_with(|| (release, header.to_string()));
        if release < first.0 {
            *first = (release, header.to_string());
        }
    }

    /// The form of each record of an ABI.
    pub(super) fn held(&mut self, abi: &Abi) -> Held {
        let mut held = Held::new();
        for domain in DomainName::ALL {
            for name in abi.domain(domain).records.keys() {
                self.form(abi, &(domain, name.clone()), &mut held);
            }
        }
        held
    }

    fn form(&mut self, abi: &Abi, key: &Key, held: &mut Held) -> Option<usize> {
        if let Some(&form) = held.get(key) {
            return Some(form);
        }
        let domain = abi.domain(key.0);
        let record = domain.records.get(&key.1)?;
        // C has no record within itself; a hand-made one that is finds no form here, and so comes to an end.
        held.insert(key.clone(), usize::MAX);
        let content = body(record, domain, &mut |nested| {
            let form = self.form(abi, &(key.0, nested.to_string()), held);
            format!("{nested}#{form:?}")
        });
        let next = self.forms.len();
        let form = *self.indices.entry((key.clone(), content)).or_insert(next);
        if form == next {
            self.forms.push(Form { key: key.clone(), introduced: None });
        }
        held.insert(key.clone(), form);
        Some(form)
    }

    /// The name of a form in Rust. One that no release of the catalogue has comes in with `release`.
    pub(super) fn name(&self, form: usize, release: DriverVersion) -> String {
        let Form { key, introduced } = &self.forms[form];
        let plain = key.1.replace("::", "__").replace('@', "");
        match self.first.get(key) {
            Some((first, _)) if *introduced != Some(*first) => {
                format!("{plain}_V{}", introduced.unwrap_or(release).to_string().replace('.', "_"))
            }
            _ => plain,
        }
    }

    /// The header that a record first stood in; None for one that no release of the catalogue has.
    pub(super) fn header(&self, record: &Key) -> Option<&str> {
        self.first.get(record).map(|(_, header)| header.as_str())
    }
}

/// What a type's name stands for from a release on; None if for nothing any more.
struct Change {
    domain: DomainName,
    name: String,
    alias: bool,
    ty: Option<Type>,
}

fn apply(abi: &mut Abi, change: &Change) {
    let (domain, name) = (abi.domain_mut(change.domain), &change.name);
    match &change.ty {
        Some(Type::Record(record)) => drop(domain.records.insert(name.clone(), record.clone())),
        Some(Type::Alias(alias)) => drop(domain.aliases.insert(name.clone(), alias.clone())),
        None if change.alias => drop(domain.aliases.remove(name)),
        None => drop(domain.records.remove(name)),
    }
}

/// What each release changes of these types and those they consist of at any release.
fn changes(catalogue: &Catalogue, mut open: BTreeSet<Key>) -> Result<BTreeMap<DriverVersion, Vec<Change>>, Error> {
    let mut changes: BTreeMap<DriverVersion, Vec<Change>> = BTreeMap::new();
    let mut seen: FxHashSet<Key> = FxHashSet::default();
    while !open.is_empty() {
        let wanted = |domain: DomainName, name: &str| open.contains(&(domain, name.to_string()));
        let histories = catalogue.type_histories(&wanted)?;
        seen.extend(open.iter().cloned());
        open.clear();
        for history in histories {
            let alias = history.changes.iter().any(|(_, ty)| matches!(ty, Some(Type::Alias(_))));
            for (release, ty) in history.changes {
                let parts: Vec<&str> = match &ty {
                    Some(Type::Record(record)) => record.fields.iter().map(|f| base_type(&f.ty)).collect(),
                    Some(Type::Alias(alias)) => vec![base_type(&alias.ty)],
                    None => Vec::new(),
                };
                let parts = parts.into_iter().map(|part| (history.domain, part.to_string()));
                open.extend(parts.filter(|key| !seen.contains(key)));
                let change = Change { domain: history.domain, name: history.name.clone(), alias, ty };
                changes.entry(release).or_default().push(change);
            }
        }
    }
    Ok(changes)
}
