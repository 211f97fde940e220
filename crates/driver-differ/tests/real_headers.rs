//! The headers of driver releases: every record and every constant against gcc.
//!
//! `NVPROXY_DRIVER_REPO` names a clone of NVIDIA/open-gpu-kernel-modules, `NVPROXY_DRIVER_SOURCE` unpacked source
//! trees with colons between. Of a clone, releases spread over its history are checked, or all of them with
//! `NVPROXY_ALL_RELEASES=1`.

mod common;

use common::compare::{Compared, compare};
use common::gcc::{DEBUG, Gcc};
use common::unpack::unpack;
use common::{constants, dwarf, say, skipped};
use driver_differ::extract::{Session, Wanted};
use driver_differ::headers::{HeaderSet, NONUVM, Tree, UVM};
use driver_differ::model::Domain;
use driver_differ::source::{Directory, Repository};
use std::path::{Path, PathBuf};

/// How many releases of a clone are checked unless all are asked for.
const SOME: usize = 8;

#[test]
fn releases_of_a_clone_are_exact() {
    let what = "releases of a driver repository";
    let Some(path) = std::env::var_os("NVPROXY_DRIVER_REPO") else {
        return skipped(what, "NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules");
    };
    if Gcc::find(what).is_none() {
        return;
    }
    let repository = Repository::open(Path::new(&path)).unwrap_or_else(|e| panic!("{e}"));
    let all = std::env::var_os("NVPROXY_ALL_RELEASES").is_some_and(|v| v == "1");
    let releases = releases(&repository, if all { usize::MAX } else { SOME });
    let mut failures = Vec::new();
    for release in &releases {
        let tree = repository.release(release).unwrap_or_else(|e| panic!("{e}")).expect("a tag just listed");
        let root = tempfile::tempdir().expect("a temporary directory");
        let dirs = NONUVM.include_dirs.iter().chain(UVM.include_dirs);
        dirs.for_each(|directory| unpack(&tree, directory, root.path()));
        failures.extend(check(release, &tree, root.path()));
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn unpacked_sources_are_exact() {
    let what = "unpacked driver sources";
    let Some(paths) = std::env::var_os("NVPROXY_DRIVER_SOURCE") else {
        return skipped(what, "NVPROXY_DRIVER_SOURCE names no source tree");
    };
    if Gcc::find(what).is_none() {
        return;
    }
    let roots: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    let check = |root: &PathBuf| check(&root.display().to_string(), &Directory::new(root), root);
    let failures: Vec<String> = roots.iter().flat_map(check).collect();
    assert!(!roots.is_empty(), "NVPROXY_DRIVER_SOURCE is empty");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

/// What gcc itself, stdint.h and linux/types.h declare and the front end's stand-ins leave out, as no driver header
/// uses it. Name by name: what a driver's header declares may begin with `_` as well.
const SYSTEM: &[&str] = &[
    "__va_list_tag",
    "int_fast8_t",
    "int_fast16_t",
    "int_fast32_t",
    "int_fast64_t",
    "int_least8_t",
    "int_least16_t",
    "int_least32_t",
    "int_least64_t",
    "uint_fast8_t",
    "uint_fast16_t",
    "uint_fast32_t",
    "uint_fast64_t",
    "uint_least8_t",
    "uint_least16_t",
    "uint_least32_t",
    "uint_least64_t",
];

/// The releases, oldest first, `most` of them at even distances.
fn releases(repository: &Repository, most: usize) -> Vec<String> {
    let mut tags = repository.tags().unwrap_or_else(|e| panic!("{e}"));
    let number = |tag: &String| -> Vec<u32> { tag.split('.').map_while(|part| part.parse().ok()).collect() };
    tags.retain(|tag| number(tag).len() >= 2);
    tags.sort_by_key(number);
    assert!(!tags.is_empty(), "the repository has no release");
    let count = tags.len().min(most);
    let last = count.saturating_sub(1).max(1);
    (0..count).map(|i| tags[i * (tags.len() - 1) / last].clone()).collect()
}

/// Compares one release, whose files gcc finds at `root`; gives the differences.
fn check(release: &str, tree: &dyn Tree, root: &Path) -> Vec<String> {
    let (abi, counts) = match Session::new().extract(tree, Wanted::All) {
        Ok(extracted) => extracted,
        Err(e) => return vec![format!("{release}: {e}")],
    };
    let mut differences = Vec::new();
    let (mut compared, mut values) = (Compared::default(), 0);
    for (set, domain) in [(NONUVM, &abi.nonuvm), (UVM, &abi.uvm)] {
        let (count, mut found) = check_set(set, domain, tree, root);
        compared += count;
        values += domain.constants.len();
        differences.append(&mut found);
    }
    say(&format!(
        "{release}: {} records, {} fields, {} aliases, {values} constants compared with gcc; {} differences",
        compared.records,
        compared.fields,
        compared.aliases,
        differences.len()
    ));
    assert!(compared.records > 0 && compared.fields > 0 && values > 0, "{release}: something was compared");
    let all = (counts.constants, counts.records);
    if (values, compared.records) != all {
        differences.push(format!("only {values} constants and {} records of {all:?} were compared", compared.records));
    }
    differences.iter().map(|d| format!("{release}: {d}")).collect()
}

fn check_set(set: HeaderSet, domain: &Domain, tree: &dyn Tree, root: &Path) -> (Compared, Vec<String>) {
    let gcc = Gcc::find("a release's headers").expect("it was there before");
    let gcc = gcc.including(set.include_dirs.iter().map(|d| root.join(d).display().to_string()));
    let files = set.files(tree).unwrap_or_else(|e| panic!("{e}"));
    let includes: String = files.iter().map(|f| format!("#include \"{}\"\n", root.join(f).display())).collect();
    let names: Vec<&String> = domain.constants.keys().collect();
    // Freestanding: gcc's own stdint.h, without the C library's names.
    let flags = [&DEBUG[..], &["-ffreestanding"]].concat();
    let object = match gcc.object(&format!("{includes}{}", constants::array_of(&names)), &flags) {
        Ok(object) => object,
        Err(e) => {
            return (Compared::default(), vec![format!("gcc does not take these headers and our constants: {e}")]);
        }
    };
    let mut truth = dwarf::read(&object);
    // What else the system's headers declare is not the release's.
    truth.records.retain(|name, _| domain.records.contains_key(name) || !SYSTEM.contains(&name.as_str()));
    truth.aliases.retain(|name, _| domain.aliases.contains_key(name) || !SYSTEM.contains(&name.as_str()));
    let (compared, mut differences) = compare(domain, &truth);
    for ((name, ours), theirs) in domain.constants.iter().zip(constants::values_in(&object)) {
        if *ours != theirs {
            differences.push(format!("constant {name}: {ours}, gcc {theirs}"));
        }
    }
    let missed = constants::missed(&gcc, &includes, &flags, &domain.constants);
    differences.extend(missed.iter().map(|name| format!("constant {name}: missing, gcc takes it for one")));
    (compared, differences)
}
