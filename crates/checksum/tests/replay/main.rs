//! Replaying history: real releases are added to a tree without them, from a clone cut off at them, and what comes out is
//! held against the tree and the catalogue of today. When `NVPROXY_DRIVER_REPO` names a clone of
//! NVIDIA/open-gpu-kernel-modules.

mod cut;

use checksum::add::{Answer, BuiltIn, Came, Checksums, Inputs, Plan, Question, RowKind, Step, Verdict, Wanted, plan};
use cut::Cut;
use nvproxy::abi::{Change, Table};
use parity_test::Proxy;
use std::collections::BTreeSet;
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::time::Instant;
use version_tree::{DriverVersion, Tree, version};

/// Seen also when the test passes: the harness captures only the printing macros.
fn tell(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// What the tree of today knows of installers.
struct FullTree;

impl Checksums for FullTree {
    fn ask(&self, question: &Question) -> Answer {
        let release = Tree::embedded().get(question.version).expect("in the tree");
        Answer { installers: [release.x86_64, release.aarch64], notes: Vec::new() }
    }
}

/// A release to add, and the oldest of its ancestors that the tree lacks too (itself, mostly).
struct Case {
    release: DriverVersion,
    lacking: DriverVersion,
}

const fn alone(release: DriverVersion) -> Case {
    Case { release, lacking: release }
}

const CASES: [Case; 31] = [
    // The newest ones.
    alone(version!("595.45.04")),
    alone(version!("595.44.02")),
    alone(version!("590.48.01")),
    alone(version!("590.44.01")),
    alone(version!("580.105.08")),
    alone(version!("580.65.06")),
    // On branches.
    alone(version!("550.40.53")),
    alone(version!("550.40.65")),
    alone(version!("535.43.24")),
    alone(version!("525.47.04")),
    alone(version!("515.49.06")),
    alone(version!("570.211.01")),
    // Their titles stand on main, too.
    alone(version!("555.42.02")),
    alone(version!("555.52.04")),
    alone(version!("555.58.02")),
    alone(version!("535.86.05")),
    alone(version!("515.65.01")),
    // Out of order, and committed, reverted and followed by an older number.
    alone(version!("520.56.06")),
    alone(version!("545.29.02")),
    // Firsts of their branches.
    alone(version!("575.51.02")),
    alone(version!("570.86.15")),
    alone(version!("565.57.01")),
    alone(version!("560.28.03")),
    alone(version!("550.40.07")),
    alone(version!("530.30.02")),
    alone(version!("525.53")),
    alone(version!("515.86.01")),
    // With releases between them and the tree that change the ABI.
    Case { release: version!("545.23.08"), lacking: version!("545.23.06") },
    Case { release: version!("550.67"), lacking: version!("550.40.07") },
    Case { release: version!("535.98"), lacking: version!("535.86.05") },
    Case { release: version!("535.43.11"), lacking: version!("535.43.02") },
];

/// What was compared.
#[derive(Debug, Default)]
struct Counts {
    steps: usize,
    changing: usize,
    rows: usize,
    also_on_main: usize,
    on_branches: usize,
    between: usize,
    out_of_order: usize,
}

#[test]
fn every_release_comes_in_as_the_full_tree_has_it() {
    let Some(repository) = std::env::var_os("NVPROXY_DRIVER_REPO").map(PathBuf::from) else {
        tell(
            "SKIPPED (not replayed): the history of releases: NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules",
        );
        return;
    };
    let start = Instant::now();
    // Two halves side by side: each reads headers most of the time.
    let halves: Vec<&[Case]> = CASES.chunks(CASES.len().div_ceil(2)).collect();
    let run = |cases: &[Case]| cases.iter().map(|case| replay(&repository, case)).collect::<Vec<_>>();
    let findings: Vec<(Counts, Vec<String>)> = std::thread::scope(|scope| {
        let halves: Vec<_> = halves.iter().map(|half| scope.spawn(|| run(half))).collect();
        halves.into_iter().flat_map(|half| half.join().expect("a thread that panics has failed the test")).collect()
    });
    let mut total = Counts::default();
    let mut wrong = Vec::new();
    for (counts, found) in findings {
        total.steps += counts.steps;
        total.changing += counts.changing;
        total.rows += counts.rows;
        total.also_on_main += counts.also_on_main;
        total.on_branches += counts.on_branches;
        total.between += counts.between;
        total.out_of_order += counts.out_of_order;
        wrong.extend(found);
    }
    tell(&format!("{} releases replayed in {:.0?}: {total:?}", CASES.len(), start.elapsed()));
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    assert!(total.steps > CASES.len() && total.changing > 20 && total.rows > 100, "{total:?}");
    assert!(
        total.also_on_main > 2 && total.on_branches > 5 && total.between > 3 && total.out_of_order > 0,
        "{total:?}"
    );
}

/// Adds a release as if it came out today, and says what came out otherwise than it is known to be.
fn replay(repository: &std::path::Path, case: &Case) -> (Counts, Vec<String>) {
    let start = Instant::now();
    let full = Tree::embedded();
    let cut = Cut::new(repository, full, case.release, case.lacking);
    let inputs = Inputs {
        repository: &cut.repository,
        releases: &cut.releases,
        catalogue: &cut.catalogue,
        tables: &BuiltIn,
        checksums: &FullTree,
    };
    let plan = plan(&inputs, Wanted::Release(case.release)).unwrap_or_else(|e| panic!("{}: {e}", case.release));
    let planned = start.elapsed();
    let mut wrong = Vec::new();
    placed(&plan, full, case, &mut wrong);
    written(&plan, &cut, &mut wrong);
    let mut counts = Counts::default();
    for step in &plan.steps {
        composed(&plan, step, full, &mut wrong);
        counts.rows += reported(step, &plan.report(), &mut wrong);
        counts.steps += 1;
        counts.changing += usize::from(!step.changes.is_empty());
        counts.also_on_main += usize::from(step.place.placement.also_on_main);
        counts.on_branches += usize::from(!step.place.placement.on_main);
        counts.between += usize::from(!step.asked);
        counts.out_of_order += step.out_of_order.len();
    }
    tell(&format!(
        "{}: {} steps, planned in {planned:.1?}, {:.1?} in all",
        case.release,
        plan.steps.len(),
        start.elapsed()
    ));
    (counts, wrong.into_iter().map(|what| format!("{}: {what}", case.release)).collect())
}

/// The same parents, and the same releases between.
fn placed(plan: &Plan, full: &Tree, case: &Case, wrong: &mut Vec<String>) {
    for refused in &plan.refused {
        wrong.push(format!("refused: {}", refused.doubt));
    }
    if plan.verdict() != Verdict::Done {
        wrong.push(format!("{:?}, left: {:?}", plan.verdict(), plan.steps.iter().map(|s| &s.left).collect::<Vec<_>>()));
    }
    let path = full.path(case.release).expect("in the tree");
    let first = path.iter().position(|release| release.version == case.lacking).expect("an ancestor");
    let expected: Vec<_> = path[first..].iter().map(|release| (release.version, release.parent)).collect();
    let came: Vec<_> = plan.steps.iter().map(|step| (step.version(), step.place.placement.parent)).collect();
    if came != expected {
        wrong.push(format!("came in: {came:?}, expected: {expected:?}"));
    }
    if plan.steps.iter().any(|step| step.came != Came::Inserted) {
        wrong.push("something was there already".to_string());
    }
}

/// The same lines in the tree and the same files in the catalogue, byte by byte.
fn written(plan: &Plan, cut: &Cut, wrong: &mut Vec<String>) {
    plan.write().expect("written");
    let text = std::fs::read_to_string(&cut.releases).expect("the tree");
    if text != cut.expected {
        let lines = text.lines().filter(|line| !cut.expected.contains(line));
        wrong.push(format!("releases.toml differs: {:?}", lines.collect::<Vec<_>>()));
    }
    for step in &plan.steps {
        let name = format!("{}.txt", step.version());
        let ours = std::fs::read(cut.catalogue.join(&name)).unwrap_or_default();
        if ours.is_empty() || ours != std::fs::read(cut::catalogue().join(&name)).expect("the catalogue of today") {
            wrong.push(format!("the catalogue's {name} differs"));
        }
    }
}

/// The same ABI.
fn composed(plan: &Plan, step: &Step, full: &Tree, wrong: &mut Vec<String>) {
    let tree = Tree::parse(plan.releases()).expect("a valid tree");
    let (ours, theirs) = (Proxy::compose(&tree, step.version()), Proxy::compose(full, step.version()));
    if ours.expect("in the new tree") != theirs.expect("in the full tree") {
        wrong.push(format!("{} composes otherwise", step.version()));
    }
}

/// The report names what the release's own file handles, and nothing else.
fn reported(step: &Step, report: &str, wrong: &mut Vec<String>) -> usize {
    let version = step.version();
    let changes: Vec<&Change> = nvproxy::abi::changes(version).collect();
    let of = |wanted: fn(&Change) -> bool| -> BTreeSet<(Table, &str)> {
        changes.iter().filter(|c| wanted(c)).map(|c| (c.table(), c.name())).collect()
    };
    let found = |wanted: fn(&RowKind) -> bool| -> BTreeSet<(Table, &str)> {
        step.changes.iter().filter(|c| wanted(&c.kind)).map(|c| (c.table, c.row.name)).collect()
    };
    let (set, removed, added) = (
        of(|c| matches!(c, Change::Set { .. })),
        of(|c| matches!(c, Change::Remove(..))),
        of(|c| matches!(c, Change::Add(..))),
    );
    let moved = found(|kind| matches!(kind, RowKind::Moved { .. }));
    let gone = found(|kind| matches!(kind, RowKind::Gone));
    let known = found(|kind| matches!(kind, RowKind::Known { .. }));
    let shapes = found(|kind| matches!(kind, RowKind::Shape { .. } | RowKind::Copied { .. }));
    let mut differ = |what: &str, ours: &BTreeSet<(Table, &str)>, theirs: &BTreeSet<(Table, &str)>| {
        let words = |names: &mut dyn Iterator<Item = &(Table, &str)>| {
            names.map(|(table, name)| format!("{} {name}", table.as_str())).collect::<Vec<_>>().join(", ")
        };
        let (more, fewer) = (words(&mut ours.difference(theirs)), words(&mut theirs.difference(ours)));
        if !(more.is_empty() && fewer.is_empty()) {
            wrong.push(format!("{version} {what}: too many [{more}], missing [{fewer}]"));
        }
    };
    // One that moved is removed and added again; its parameters may have changed besides.
    // What merely has a name of its own now may be called by it or not.
    let named = found(|kind| matches!(kind, RowKind::Named { .. }));
    differ("changed", &shapes.difference(&moved).copied().collect(), &set.difference(&named).copied().collect());
    differ("went or moved", &gone.union(&moved).copied().collect(), &removed);
    differ("moved", &moved, &removed.intersection(&added).copied().collect());
    let candidates: BTreeSet<_> = step.candidates.iter().map(|c| (c.table, c.name.as_str())).collect();
    let offered: BTreeSet<_> = known.union(&candidates).chain(&moved).copied().collect();
    differ("added", &added.intersection(&offered).copied().collect(), &added);
    differ("known from elsewhere", &known, &known.intersection(&added).copied().collect());
    for (_, name) in set.iter().chain(&removed).chain(&added) {
        if !report.contains(&format!("`{name}`")) {
            wrong.push(format!("the report does not name {name}"));
        }
    }
    changes.len()
}
