//! Where changes came in: on made-up lineages, and by two ways of asking on the real ones.

use crate::fixtures::{field, record};
use driver_differ::catalogue::{Catalogue, update};
use driver_differ::diff::origin::{Way, from_abis, from_catalogue};
use driver_differ::diff::{Diff, Origin, compare};
use driver_differ::extract::Wanted;
use driver_differ::model::Abi;
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Tree};

fn v(text: &str) -> DriverVersion {
    text.parse().unwrap()
}

fn vs(text: &str) -> Vec<DriverVersion> {
    text.split_whitespace().map(v).collect()
}

/// 1.1 - 1.2 - 1.3 - 1.4, and off 1.2 the branch 2.1 - 2.2.
fn parent(release: DriverVersion) -> Option<DriverVersion> {
    let pairs = [("1.2", "1.1"), ("1.3", "1.2"), ("1.4", "1.3"), ("2.1", "1.2"), ("2.2", "2.1")];
    pairs.iter().find(|p| v(p.0) == release).map(|p| v(p.1))
}

fn way(base: &str, next: &str) -> Way {
    Way::between(v(base), v(next), parent)
}

#[test]
fn a_descendant_is_reached_downwards() {
    let way = way("1.1", "1.4");
    assert_eq!(way, Way { left: vec![], common: Some(v("1.1")), entered: vs("1.2 1.3 1.4") });
    assert_eq!(way.releases(), vs("1.1 1.2 1.3 1.4"));
}

#[test]
fn an_ancestor_is_reached_upwards() {
    let way = way("1.4", "1.2");
    assert_eq!(way, Way { left: vs("1.4 1.3"), common: Some(v("1.2")), entered: vec![] });
    assert_eq!(way.releases(), vs("1.4 1.3 1.2"));
}

#[test]
fn siblings_meet_at_their_nearest_common_ancestor() {
    let way = way("1.4", "2.2");
    assert_eq!(way, Way { left: vs("1.4 1.3"), common: Some(v("1.2")), entered: vs("2.1 2.2") });
}

#[test]
fn a_release_is_on_its_own_way() {
    assert_eq!(way("1.3", "1.3"), Way { left: vec![], common: Some(v("1.3")), entered: vec![] });
}

#[test]
fn unknown_releases_have_nothing_in_common() {
    assert_eq!(way("9.1", "1.2"), Way { left: vs("9.1"), common: None, entered: vs("1.1 1.2") });
    assert_eq!(way("9.1", "9.2").releases(), vs("9.1 9.2"));
}

#[test]
fn a_cycle_among_parents_ends() {
    let way = Way::between(v("1.1"), v("1.2"), |r| Some(if r == v("1.1") { v("1.2") } else { v("1.1") }));
    assert!(way.releases().len() <= 20_001);
}

/// The origin of a record's change, given its size at each release on the way.
fn origin(way: &Way, sizes: &[u64]) -> Origin {
    let abi = |size: &u64| {
        let mut abi = Abi::default();
        if *size > 0 {
            abi.nonuvm.records.insert("R".into(), record(*size, vec![field("a", "NvU8", 0, *size)]));
        }
        abi
    };
    let abis: Vec<Abi> = sizes.iter().map(abi).collect();
    assert_eq!(abis.len(), way.releases().len());
    let mut diff = compare(("base", &abis[0]), ("next", abis.last().unwrap()), &[]);
    from_abis(&mut diff, way, &abis);
    let r = diff.records;
    let mut origins = r.changed.iter().map(|c| &c.origin).chain(r.added.iter().chain(&r.removed).map(|c| &c.origin));
    origins.next().cloned().expect("the two ends differ")
}

fn introduced(release: &str, steps: &str, undone: bool) -> Origin {
    Origin { introduced_in: Some(v(release)), steps: vs(steps), undone }
}

#[test]
fn one_change_has_one_release() {
    assert_eq!(origin(&way("1.1", "1.4"), &[4, 4, 8, 8]), introduced("1.3", "", false));
}

#[test]
fn the_last_of_several_changes_introduced_the_form() {
    assert_eq!(origin(&way("1.1", "1.4"), &[4, 6, 6, 8]), introduced("1.4", "1.2 1.4", false));
}

#[test]
fn records_come_in_and_go_at_a_release() {
    assert_eq!(origin(&way("1.1", "1.4"), &[0, 0, 8, 8]), introduced("1.3", "", false));
    assert_eq!(origin(&way("1.1", "1.4"), &[8, 8, 8, 0]), introduced("1.4", "", false));
}

#[test]
fn going_back_undoes_a_change() {
    assert_eq!(origin(&way("1.4", "1.1"), &[8, 8, 4, 4]), introduced("1.3", "", true));
    assert_eq!(origin(&way("1.4", "1.1"), &[8, 6, 4, 4]), introduced("1.4", "1.4 1.3", true));
}

#[test]
fn a_change_on_the_other_branch_is_told_from_one_on_this() {
    let way = way("1.4", "2.2");
    assert_eq!(origin(&way, &[8, 4, 4, 4, 4]), introduced("1.4", "", true));
    assert_eq!(origin(&way, &[4, 4, 4, 8, 8]), introduced("2.1", "", false));
    assert_eq!(origin(&way, &[8, 4, 4, 6, 6]), introduced("2.1", "1.4 2.1", false));
}

type Origins = BTreeMap<String, (Origin, String)>;

/// Every difference's origin, with the record's advice, which names it.
fn origins(diff: &Diff) -> Origins {
    let mut all = Origins::new();
    let r = &diff.records;
    for c in &r.changed {
        all.insert(format!("{:?} record {}", c.domain, c.name), (c.origin.clone(), c.advice.clone()));
    }
    for c in r.added.iter().chain(&r.removed) {
        all.insert(format!("{:?} record {}", c.domain, c.name), (c.origin.clone(), String::new()));
    }
    for c in &diff.aliases.changed {
        all.insert(format!("{:?} alias {}", c.domain, c.name), (c.origin.clone(), String::new()));
    }
    for c in diff.aliases.added.iter().chain(&diff.aliases.removed) {
        all.insert(format!("{:?} alias {}", c.domain, c.name), (c.origin.clone(), String::new()));
    }
    for c in &diff.constants.changed {
        all.insert(format!("{:?} constant {}", c.domain, c.name), (c.origin.clone(), String::new()));
    }
    for c in diff.constants.added.iter().chain(&diff.constants.removed) {
        all.insert(format!("{:?} constant {}", c.domain, c.name), (c.origin.clone(), String::new()));
    }
    all
}

/// Asks the catalogue's histories, and the ABIs of all releases on the way.
fn agree(base: &str, next: &str) -> usize {
    let catalogue = Catalogue::embedded().unwrap();
    let parents: BTreeMap<_, _> = update::covered(Tree::embedded()).into_iter().collect();
    let way = Way::between(v(base), v(next), |r| parents.get(&r).copied().flatten());
    let releases = way.releases();
    let abis = catalogue.abis(&releases, Wanted::All).unwrap();
    let (first, last) = (&abis[0], abis.last().unwrap());
    let mut by_abis = compare((base, first), (next, last), &[]);
    let mut by_catalogue = by_abis.clone();
    from_abis(&mut by_abis, &way, &abis);
    from_catalogue(&mut by_catalogue, &way, catalogue).unwrap();
    let (a, b) = (origins(&by_abis), origins(&by_catalogue));
    for (name, origin) in &a {
        assert_eq!(Some(origin), b.get(name), "{name}, {base} -> {next}");
    }
    assert_eq!(a.len(), b.len());
    assert!(a.values().all(|(o, _)| o.introduced_in.is_some()), "{base} -> {next}");
    a.len()
}

#[test]
fn histories_and_abis_agree_along_one_branch() {
    assert!(agree("550.54.14", "550.163.01") > 0);
    assert!(agree("550.163.01", "550.54.14") > 0);
}

#[test]
fn histories_and_abis_agree_across_branches() {
    assert!(agree("535.288.01", "550.54.14") > 0);
    assert!(agree("550.54.14", "535.288.01") > 0);
    assert!(agree("580.94.03", "580.105.08") > 0);
    assert!(agree("570.211.01", "580.65.06") > 0);
}
