//! Learning, replayed on history: a release and all that are newer are taken out of the tree, a pack is learnt from the
//! release's headers, and the tables that come of it are held against those that the release really has. When
//! `NVPROXY_DRIVER_REPO` names a clone of NVIDIA/open-gpu-kernel-modules.

mod cli;

use checksum::learn::{NO_ROW, Source, learn};
use driver_differ::extract::Session;
use driver_differ::model;
use driver_differ::source::Repository;
use nvproxy::abi::{Abi, Param, Row, Shape, Table};
use nvproxy::pack::{LeftOut, Pack};
use parity_test::c_type::Class;
use parity_test::layouts::domain;
use std::collections::BTreeSet;
use std::io::{Write, stderr};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use version_tree::{DriverVersion, Headers, Tree, version};

/// Seen also when the test passes: the harness captures only the printing macros.
fn tell(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// How many releases back the tables end that a release is learnt with.
const DISTANCES: [usize; 3] = [1, 2, 5];
/// Most bytes of a pack.
const PACK_MAX: usize = 200_000;

/// What people decided at a release that no header tells: the entry, and the release from which on it was given to
/// others. Learning at an older one gives it to those who had it.
const DECIDED: [(Table, &str, DriverVersion); 1] = [
    // gVisor moved it from graphics to video.
    (Table::Alloc, "NV_MEMORY_MAPPER", version!("550.40.07")),
];

/// Releases that brought numbers which mean the GPU's firmware and are the resource manager's own.
const BROUGHT: [(DriverVersion, &[u32]); 2] =
    [(version!("530.30.02"), &[0x2080_a7d7]), (version!("575.51.02"), &[0x2080_81ea, 0x2080_8513])];

/// What came out, of all steps of one distance.
#[derive(Debug, Default, Clone)]
struct Counts {
    steps: usize,
    /// Steps after which nothing is left for a person to do: the pack gives exactly the tables of the release.
    alone: usize,
    /// Rows that are as the release really has them.
    equal: usize,
    /// Those of them whose parameters no compiled row of that time had like this.
    relaid: usize,
    /// Those of them that name their struct otherwise, by another typedef of the same one.
    renamed: usize,
    /// Rows that are given to others, as was decided.
    decided: usize,
    /// Rows that the release has and the pack leaves out, by name.
    left_out: usize,
    /// Rows that no release had at that time.
    new: usize,
    /// Numbers that mean the GPU's firmware and that no row of that time had, which the pack leaves out.
    for_firmware: usize,
    /// The largest pack, in bytes of text.
    bytes: usize,
    /// The longest that the tables took to come of a pack.
    apply: Duration,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.alone += other.alone;
        self.equal += other.equal;
        self.relaid += other.relaid;
        self.renamed += other.renamed;
        self.decided += other.decided;
        self.left_out += other.left_out;
        self.new += other.new;
        self.for_firmware += other.for_firmware;
        self.bytes = self.bytes.max(other.bytes);
        self.apply = self.apply.max(other.apply);
    }
}

#[test]
fn a_learnt_pack_equals_the_releases_own_tables() {
    let Some(repository) = std::env::var_os("NVPROXY_DRIVER_REPO").map(PathBuf::from) else {
        tell(
            "SKIPPED (not replayed): learning releases: NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules",
        );
        return;
    };
    let tree = Tree::embedded();
    let published = |version| tree.get(version).is_some_and(|release| release.headers == Headers::Published);
    let releases: Vec<DriverVersion> = tree.iter().map(|release| release.version).filter(|v| published(*v)).collect();
    let run = |releases: &[DriverVersion]| {
        let mut counts: [Counts; 3] = Default::default();
        let mut findings = Vec::new();
        let mut session = Session::new();
        for release in releases {
            replay(&repository, *release, &mut session, &mut counts, &mut findings);
        }
        (counts, findings)
    };
    let (first, second) = releases.split_at(releases.len() / 2);
    let halves = std::thread::scope(|scope| {
        let second = scope.spawn(|| run(second));
        [run(first), second.join().expect("a thread that panics has failed the test")]
    });
    let (mut total, mut findings): ([Counts; 3], Vec<String>) = Default::default();
    for (counts, found) in halves {
        total.iter_mut().zip(counts).for_each(|(total, counts)| *total += counts);
        findings.extend(found);
    }
    for (distance, counts) in DISTANCES.iter().zip(&total) {
        let Counts { steps, alone, equal, relaid, renamed, decided, left_out, new, for_firmware, bytes, apply } =
            counts;
        tell(&format!(
            "learnt {distance} back: {steps} steps, {alone} of them exact without a person; rows: {equal} equal ({relaid} laid \
             out anew, {renamed} by another name of their struct), {decided} given to others by decision, {left_out} left out by name, {new} new to the tables; {for_firmware} numbers of the firmware's left out; packs of at most {bytes} bytes, applied in at \
             most {apply:.1?}"
        ));
    }
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
    assert_eq!(total[0].steps, releases.len() - 1, "one step to each release but the root");
    for counts in &total {
        assert!(counts.steps > 150 && counts.equal > 50_000 && counts.relaid > 0 && counts.left_out > 0, "{counts:?}");
        assert!(counts.decided > 0, "a decision that no step needs: {counts:?}");
        assert!(counts.for_firmware > 0, "no number of the firmware's came in: {counts:?}");
        assert!(counts.bytes > 10_000 && counts.bytes <= PACK_MAX, "{counts:?}");
    }
}

/// Learns a release from each of its ancestors at those distances.
fn replay(
    repository: &Path,
    release: DriverVersion,
    session: &mut Session,
    counts: &mut [Counts; 3],
    findings: &mut Vec<String>,
) {
    let full = Tree::embedded();
    let path: Vec<DriverVersion> = full.path(release).expect("in the tree").iter().map(|r| r.version).collect();
    let mut source = None;
    for (distance, counts) in DISTANCES.into_iter().zip(counts) {
        let Some(ancestor) = path.iter().rev().nth(distance) else { continue };
        let source = source.get_or_insert_with(|| {
            let repository = Repository::open(repository).expect("the clone");
            let sources = repository.release(&release.to_string()).expect("a tag").expect("its tree");
            Source::read(release, &sources, session).unwrap_or_else(|error| panic!("{error}"))
        });
        let kept = path.len() - distance;
        let of_then = cut(full, &path[..kept], path[kept]);
        match step(full, &of_then, release, *ancestor, source, findings) {
            Ok(found) => *counts += found,
            Err(error) => findings.push(format!("{release} from {ancestor}: {error}")),
        }
    }
}

/// The tree without `lacking`, all that are newer by number and all that descend from one of those, but with these
/// ancestors.
fn cut(full: &Tree, ancestors: &[DriverVersion], lacking: DriverVersion) -> Tree {
    let mut unknown: BTreeSet<DriverVersion> =
        full.iter().map(|release| release.version).filter(|v| *v >= lacking && !ancestors.contains(v)).collect();
    let below: Vec<DriverVersion> = full
        .iter()
        .map(|release| release.version)
        .filter(|v| unknown.iter().any(|top| full.is_ancestor(*top, *v)))
        .collect();
    unknown.extend(below);
    let text = include_str!("../../../version-tree/releases.toml");
    let lacks = |line: &str| {
        let key = line.strip_prefix('"').and_then(|line| line.split_once('"'));
        key.and_then(|(key, _)| key.parse().ok()).is_some_and(|version: DriverVersion| unknown.contains(&version))
    };
    let text: String = text.split_inclusive('\n').filter(|line| !lacks(line)).collect();
    let tree = Tree::parse_unchecked(&text).expect("a tree");
    assert!(tree.get(lacking).is_none() && ancestors.iter().all(|version| tree.get(*version).is_some()));
    tree
}

/// Learns a release as if it came out today, and says what came out otherwise than it is known to be.
fn step(
    full: &Tree,
    of_then: &Tree,
    release: DriverVersion,
    ancestor: DriverVersion,
    source: &Source,
    findings: &mut Vec<String>,
) -> Result<Counts, String> {
    let learned = learn(of_then, release, ancestor, source).map_err(|error| error.to_string())?;
    // What others get is the text.
    let text = learned.pack.to_text();
    let pack = Pack::parse(&text).map_err(|error| error.to_string())?;
    let start = Instant::now();
    let abi = pack.apply(of_then).map_err(|error| error.to_string())?;
    let mut counts = Counts {
        steps: 1,
        relaid: learned.relaid.len(),
        bytes: text.len(),
        apply: start.elapsed(),
        ..Counts::default()
    };
    let real = Abi::compose(full, release).map_err(|error| error.to_string())?;
    for (table, row) in abi.rows() {
        match real.table(table).get(row.number) {
            Some(real) if equal(source.headers(), table, row, real) => {
                counts.equal += 1;
                counts.renamed += usize::from(!row.structs().eq(real.structs()));
            }
            Some(real)
                if is_decided(full, release, table, real)
                    && equal(source.headers(), table, &Row { capabilities: real.capabilities, ..*row }, real) =>
            {
                counts.decided += 1;
            }
            Some(real) => {
                findings.push(format!("{release} from {ancestor}: learnt {}\n  but it is {}", brief(row), brief(real)))
            }
            None => findings.push(format!("{release} from {ancestor}: {} is let through, and should not be", row.name)),
        }
    }
    let known = |table: Table, row: &Row| {
        of_then.iter().any(|release| {
            let abi = Abi::compose(of_then, release.version).expect("in the tree");
            abi.table(table).iter().any(|other| other.name == row.name)
        })
    };
    for (table, row) in real.rows().filter(|(table, row)| abi.table(*table).get(row.number).is_none()) {
        let mut left = abi.left_out().iter().filter(|left| left.table == table && left.name == row.name);
        // What is left out because no row was known then is new.
        if left.any(|left| left.why != NO_ROW) {
            counts.left_out += 1;
        } else if known(table, row) {
            findings.push(format!("{release} from {ancestor}: {} is missing, and not named", row.name));
        } else {
            counts.new += 1;
        }
    }
    // No number that headers or method tables have goes to the firmware as bytes.
    for (number, name) in source.for_firmware() {
        let left = abi.left_out().iter().find(|left| left.table == Table::Control && left.number == number);
        match left {
            Some(left) => counts.for_firmware += usize::from(left.why == NO_ROW),
            None if abi.control().get(number).is_some() => {}
            None => findings.push(format!("{release} from {ancestor}: {number:#x} ({name:?}) is passed on as bytes")),
        }
    }
    // So did these, which later tables refuse.
    let brought = BROUGHT.iter().filter(|(of, _)| *of == release).flat_map(|(_, numbers)| *numbers);
    for number in brought {
        let named = |left: &LeftOut| left.table == Table::Control && left.number == *number;
        if real.control().get(*number).is_none() || !abi.left_out().iter().any(named) {
            findings.push(format!("{release} from {ancestor}: {number:#x} is not left out"));
        }
    }
    counts.alone = usize::from(counts.left_out == 0 && counts.new == 0);
    Ok(counts)
}

fn is_decided(full: &Tree, release: DriverVersion, table: Table, row: &Row) -> bool {
    let since = |since: DriverVersion| since == release || full.is_ancestor(since, release);
    DECIDED.iter().any(|(of, name, version)| *of == table && *name == row.name && since(*version))
}

/// Whether the proxy does the same with two rows. Of a struct that is laid out anew only those fields are known that the
/// row names.
fn equal(headers: &model::Abi, table: Table, learnt: &Row, real: &Row) -> bool {
    let [a, b] = [learnt, real].map(|row| {
        (row.number, row.name, row.capabilities, row.handling.effect, row.handling.name(), row.handling.shapes().len())
    });
    // A typedef of the same struct may have come in beside the one that the row was written with.
    let record = |shape: &Shape| match Class::of(headers.domain(domain(table)), shape.name)? {
        Class::Record(names) => names.last().map(ToString::to_string),
        _ => None,
    };
    let named = |a: &Shape, b: &Shape| a.name == b.name || (record(a).is_some() && record(a) == record(b));
    let mut shapes = learnt.handling.shapes().iter().zip(real.handling.shapes());
    a == b
        && shapes.all(|(a, b)| named(a, b) && a.layout.size == b.layout.size && unnamed(a.params) == unnamed(b.params))
}

/// What a shape says of its fields, all but the name of the struct that they are in.
fn unnamed(params: &[Param]) -> String {
    let text = format!("{params:?}");
    let mut parts = text.split("record: \"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('"').map_or(part, |(_, rest)| rest))
}

/// A row in a line.
fn brief(row: &Row) -> String {
    let shape = |shape: &Shape| {
        let params: Vec<String> = shape.params.iter().map(|p| format!("{p} at {}", p.field().offset)).collect();
        format!("{} of {} bytes ({})", shape.name, shape.layout.size, params.join(", "))
    };
    let shapes: Vec<String> = row.handling.shapes().iter().map(shape).collect();
    format!("{} {} {} for {:?}", row.name, row.handling.name(), shapes.join("; "), row.capabilities)
}
