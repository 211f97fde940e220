//! Which release on the way from base to next introduced each change.

use super::{Diff, Origin, compare};
use crate::catalogue::{Catalogue, Error as CatalogueError, Type};
use crate::model::{Abi, DomainName};
use rustc_hash::{FxHashMap, FxHashSet};
use version_tree::DriverVersion;

/// The way from one release to another: up to their nearest common ancestor, then down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Releases that base descends from (itself first) and next does not.
    pub left: Vec<DriverVersion>,
    /// The nearest common ancestor.
    pub common: Option<DriverVersion>,
    /// Releases that next descends from (itself last) and base does not.
    pub entered: Vec<DriverVersion>,
}

impl Way {
    /// From each release's parent, for releases that need not be in the tree.
    pub fn between(
        base: DriverVersion,
        next: DriverVersion,
        parent: impl Fn(DriverVersion) -> Option<DriverVersion>,
    ) -> Self {
        // A history is as long as there are releases; a cycle would be the tree's fault and must not hang us.
        let up = |v| std::iter::successors(Some(v), |&v| parent(v)).take(10_000).collect::<Vec<_>>();
        let (mut left, mut entered) = (up(base), up(next));
        let mut common = None;
        while let (Some(a), Some(b)) = (left.last(), entered.last()) {
            if a != b {
                break;
            }
            common = left.pop();
            entered.pop();
        }
        entered.reverse();
        Self { left, common, entered }
    }

    /// All releases on the way, base first and next last.
    pub fn releases(&self) -> Vec<DriverVersion> {
        self.left.iter().chain(&self.common).chain(&self.entered).copied().collect()
    }

    fn origin(&self, changed_at: impl Fn(&DriverVersion) -> bool) -> Origin {
        let entered = self.entered.iter().filter(|v| changed_at(v)).copied();
        let left = self.left.iter().filter(|v| changed_at(v)).copied();
        let (mut steps, forward): (Vec<_>, Vec<_>) = (left.collect(), entered.collect());
        let undone = forward.is_empty() && !steps.is_empty();
        let introduced_in = forward.last().or(steps.first()).copied();
        steps.extend(forward);
        if steps.len() < 2 {
            steps.clear();
        }
        Origin { introduced_in, steps, undone }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    Type,
    Constant,
}

type Key = (Sort, DomainName, String);

/// The names that differ, by what they are and where they stand.
#[derive(Default)]
struct Keys(FxHashMap<(Sort, DomainName), FxHashSet<String>>);

impl Keys {
    fn insert(&mut self, (sort, domain, name): Key) {
        self.0.entry((sort, domain)).or_default().insert(name);
    }

    fn contains(&self, sort: Sort, domain: DomainName, name: &str) -> bool {
        self.0.get(&(sort, domain)).is_some_and(|names| names.contains(name))
    }

    fn any(&self, sort: Sort) -> bool {
        self.0.keys().any(|k| k.0 == sort)
    }

    fn iter(&self) -> impl Iterator<Item = Key> {
        self.0.iter().flat_map(|(&(sort, domain), names)| names.iter().map(move |n| (sort, domain, n.clone())))
    }
}

/// Every difference's key, with its origin to be filled in.
fn each_origin(diff: &mut Diff, mut f: impl FnMut(Key, Option<&str>, &mut Origin)) {
    for c in &mut diff.records.changed {
        f((Sort::Type, c.domain, c.name.clone()), c.was.as_deref(), &mut c.origin);
    }
    for c in diff.records.added.iter_mut().chain(&mut diff.records.removed) {
        f((Sort::Type, c.domain, c.name.clone()), None, &mut c.origin);
    }
    for c in diff.aliases.added.iter_mut().chain(&mut diff.aliases.removed) {
        f((Sort::Type, c.domain, c.name.clone()), None, &mut c.origin);
    }
    for c in &mut diff.aliases.changed {
        f((Sort::Type, c.domain, c.name.clone()), None, &mut c.origin);
    }
    for c in diff.constants.added.iter_mut().chain(&mut diff.constants.removed) {
        f((Sort::Constant, c.domain, c.name.clone()), None, &mut c.origin);
    }
    for c in &mut diff.constants.changed {
        f((Sort::Constant, c.domain, c.name.clone()), None, &mut c.origin);
    }
}

fn keys(diff: &mut Diff) -> Keys {
    let mut keys = Keys::default();
    each_origin(diff, |key, was, _| {
        if let Some(was) = was {
            keys.insert((key.0, key.1, was.to_string()));
        }
        keys.insert(key);
    });
    keys
}

/// Fills in origins from the catalogue, which must hold every release on the way.
///
/// # Errors
/// The catalogue is damaged.
pub fn from_catalogue(diff: &mut Diff, way: &Way, catalogue: &Catalogue) -> Result<(), CatalogueError> {
    let keys = keys(diff);
    let wanted = |sort: Sort| {
        let keys = &keys;
        move |domain: DomainName, name: &str| keys.contains(sort, domain, name)
    };
    let mut changed_at: FxHashMap<Key, Vec<DriverVersion>> = FxHashMap::default();
    if keys.any(Sort::Type) {
        for h in catalogue.type_histories(&wanted(Sort::Type))? {
            let releases = h.changes.iter().map(|c| c.0);
            // A name can be an alias at one release and a record at another; the two histories are one.
            changed_at.entry((Sort::Type, h.domain, h.name)).or_default().extend(releases);
        }
    }
    if keys.any(Sort::Constant) {
        for h in catalogue.constant_histories(&wanted(Sort::Constant))? {
            let releases = h.changes.iter().map(|c| c.0);
            changed_at.entry((Sort::Constant, h.domain, h.name)).or_default().extend(releases);
        }
    }
    fill(diff, way, &changed_at);
    Ok(())
}

fn fill(diff: &mut Diff, way: &Way, changed_at: &FxHashMap<Key, Vec<DriverVersion>>) {
    each_origin(diff, |key, _, origin| {
        if let Some(releases) = changed_at.get(&key) {
            *origin = way.origin(|v| releases.contains(v));
        }
    });
    compare::summarise(diff);
}

/// Fills in origins from the ABIs of all releases on the way, in the order of [`Way::releases`].
pub fn from_abis(diff: &mut Diff, way: &Way, abis: &[Abi]) {
    let keys = keys(diff);
    let releases = way.releases();
    let mut changed_at: FxHashMap<Key, Vec<DriverVersion>> = FxHashMap::default();
    for ((pair, from), to) in abis.windows(2).zip(&releases).zip(releases.iter().skip(1)) {
        // On the way up it is the release left, on the way down the one entered, that makes the difference.
        let release = if way.left.contains(from) { *from } else { *to };
        for key in keys.iter() {
            if !same(&key, &pair[0], &pair[1]) {
                changed_at.entry(key).or_default().push(release);
            }
        }
    }
    fill(diff, way, &changed_at);
}

fn same((sort, domain, name): &Key, a: &Abi, b: &Abi) -> bool {
    let (a, b) = (a.domain(*domain), b.domain(*domain));
    match sort {
        Sort::Constant => a.constants.get(name) == b.constants.get(name),
        Sort::Type => match (a.records.get(name), b.records.get(name)) {
            (Some(a), Some(b)) => a.same_layout(b) && a.header() == b.header(),
            (None, None) => a.aliases.get(name) == b.aliases.get(name),
            _ => false,
        },
    }
}

/// Whether the catalogue has, for everything that differs, the same two forms as the diff: if so its account of the
/// releases between them can be relied on.
///
/// # Errors
/// The catalogue is damaged, or lacks one of the releases.
pub fn catalogue_agrees(
    diff: &mut Diff,
    (base, base_abi): (DriverVersion, &Abi),
    (next, next_abi): (DriverVersion, &Abi),
    catalogue: &Catalogue,
) -> Result<bool, CatalogueError> {
    let keys = keys(diff);
    let names = ByKey(&keys);
    let abis = catalogue.abis(&[base, next], crate::extract::Wanted::Named(&names))?;
    Ok(abis.iter().zip([base_abi, next_abi]).all(|(a, b)| keys.iter().all(|key| same(&key, a, b))))
}

struct ByKey<'a>(&'a Keys);

impl crate::extract::Names for ByKey<'_> {
    fn record(&self, name: &str) -> bool {
        DomainName::ALL.iter().any(|&d| self.0.contains(Sort::Type, d, name))
    }

    fn constant(&self, name: &str) -> bool {
        DomainName::ALL.iter().any(|&d| self.0.contains(Sort::Constant, d, name))
    }
}

/// A type's form, in one line, for histories.
pub fn in_words(ty: &Type) -> String {
    match ty {
        Type::Record(r) => {
            let kind = if r.union { "union" } else { "struct" };
            format!("{kind} of {} bytes, {} fields", r.size, r.fields.len())
        }
        Type::Alias(a) => format!("{} ({} bytes)", a.ty, a.size),
    }
}
