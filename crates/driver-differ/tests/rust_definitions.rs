//! Definitions to paste are those that stand in `crates/nvproxy/src/abi/structs`, letter by letter.

#[path = "common/say.rs"]
mod say;

use driver_differ::catalogue::Catalogue;
use driver_differ::extract::{Names, Wanted};
use driver_differ::model::{Abi, DomainName};
use driver_differ::report::rust::{Definition, Definitions, Key};
use nvproxy::abi;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use version_tree::proxied::Table;
use version_tree::{DriverVersion, Tree};

/// Layouts of releases that publish no headers: nothing to compare them with.
const WITHOUT_HEADERS: &str = "listed.rs";

/// Every definition below `directory`, without indentation, with the file it stands in.
fn committed(directory: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).expect("the proxy's structs are in the same repository") {
        let path = entry.expect("an entry of that directory").path();
        let name = format!("{prefix}{}", path.file_name().expect("an entry has a name").to_string_lossy());
        if path.is_dir() {
            committed(&path, &format!("{name}/"), found);
        } else if name != WITHOUT_HEADERS {
            let text = fs::read_to_string(&path).expect("source is text");
            let mut definition: Option<String> = None;
            for line in text.lines().map(str::trim) {
                if line.starts_with("struct ") || line.starts_with("union ") {
                    definition = Some(String::new());
                }
                if let Some(lines) = &mut definition {
                    lines.push_str(line);
                    lines.push('\n');
                }
                if line == "}"
                    && let Some(lines) = definition.take()
                {
                    assert_eq!(found.insert(lines, name.clone()), None, "a definition of {name} stands there twice");
                }
            }
        }
    }
}

/// The records that the tables name in one set of headers.
struct Used(DomainName, BTreeSet<String>);

impl Names for Used {
    fn record(&self, name: &str) -> bool {
        self.1.contains(name)
    }

    fn constant(&self, _: &str) -> bool {
        false
    }
}

fn used(release: DriverVersion) -> [Used; 2] {
    let abi = abi::Abi::compose(Tree::embedded(), release).expect("a release that changes something is in the tree");
    DomainName::ALL.map(|domain| {
        let entries = abi.entries().filter(|e| (e.table == Table::Uvm) == (domain == DomainName::Uvm));
        Used(domain, entries.flat_map(|e| e.structs).map(|name| name.to_string()).collect())
    })
}

/// What the tables use at a release, with what that consists of.
fn records(catalogue: &Catalogue, release: DriverVersion) -> (Abi, Vec<Key>) {
    let mut all = Abi::default();
    for used in used(release) {
        let read = catalogue.abis(&[release], Wanted::Named(&used)).expect("a release of the catalogue");
        let [mut abi] = <[Abi; 1]>::try_from(read).expect("as many as were asked for");
        *all.domain_mut(used.0) = std::mem::take(abi.domain_mut(used.0));
    }
    let keys = DomainName::ALL.into_iter();
    let keys = keys.flat_map(|d| all.domain(d).records.keys().map(move |name| (d, name.clone()))).collect();
    (all, keys)
}

#[test]
fn what_is_printed_stands_in_the_proxy() {
    let structs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nvproxy/src/abi/structs");
    let mut committed_in = BTreeMap::new();
    committed(&structs, "", &mut committed_in);
    let catalogue = Catalogue::embedded().expect("the catalogue of this build");
    let oldest = Tree::embedded().root().expect("a tree has a root").version;
    let releases: BTreeSet<DriverVersion> = abi::changing().chain([oldest]).collect();
    let (releases, left_out): (Vec<_>, Vec<_>) = releases.into_iter().partition(|&r| catalogue.contains(r));
    let read: BTreeMap<DriverVersion, (Abi, Vec<Key>)> =
        releases.iter().map(|&release| (release, records(catalogue, release))).collect();
    let all = read.values().flat_map(|(_, keys)| keys.iter().cloned()).collect::<BTreeSet<_>>();
    let mut definitions = Definitions::of(catalogue, all.iter().cloned()).expect("the catalogue of this build");

    let mut wrong = Vec::new();
    let mut forms = BTreeSet::new();
    let mut compared = 0;
    for (release, (abi, keys)) in &read {
        for Definition { name, file, text, .. } in definitions.define(*release, abi, keys) {
            compared += 1;
            let text: String = text.lines().map(|line| format!("{}\n", line.trim())).collect();
            match committed_in.get(&text) {
                Some(stands_in) if *stands_in == file => {}
                Some(stands_in) => wrong.push(format!("{name} at {release}: stands in {stands_in}, not in {file}")),
                None => wrong.push(format!("{name} at {release} stands nowhere so:\n{text}")),
            }
            forms.insert(text);
        }
    }
    wrong.extend(
        committed_in
            .iter()
            .filter(|(text, _)| !forms.contains(*text))
            .map(|(text, file)| format!("{file}: no release has\n{text}")),
    );
    say::say(&format!(
        "{} releases: {compared} definitions of {} records in {} forms compared; {} releases have no headers",
        releases.len(),
        all.len(),
        forms.len(),
        left_out.len()
    ));
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 0 && !forms.is_empty(), "nothing was compared");
}
