//! `nvproxy abi`.

use crate::run::{TABLES, excerpt, json, run};
use nvproxy::abi::{Abi, changing};
use serde_json::{Value, json};
use version_tree::Tree;

/// The oldest release, and all that change anything.
fn releases() -> Vec<String> {
    let tree = Tree::embedded();
    let root = tree.root().unwrap().version;
    std::iter::once(root).chain(changing()).map(|version| version.to_string()).collect()
}

#[test]
fn json_says_what_the_tables_say() {
    let releases = releases();
    assert!(releases.len() > 10, "{releases:?}");
    for release in &releases {
        let (status, document) = json(&["abi", "--version", release, "--format", "json"]);
        assert_eq!(status, 0);
        let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["schema_version", "version", "resolved", "frontend", "uvm", "control", "alloc"]);
        assert_eq!(document["schema_version"], 2);
        assert_eq!(document["version"], json!(release));
        let abi = Abi::compose(Tree::embedded(), release.parse().unwrap()).unwrap();
        let mut compared = 0;
        for (table, row) in abi.rows() {
            let entries = document[table.as_str()].as_array().unwrap();
            assert_eq!(entries.len(), abi.table(table).len(), "{release} {}", table.as_str());
            let entry = entries.iter().find(|entry| entry["number"] == row.number).unwrap();
            assert_eq!(entry["name"], row.name);
            // Where more or less is known of an entry than of its release, it says so.
            let evidence = abi.evidence(table, row.number).unwrap().as_str();
            match document["resolved"]["standing"] == evidence {
                true => assert!(entry.get("evidence").is_none(), "{release} {}", row.name),
                false => assert_eq!(entry["evidence"], evidence, "{release} {}", row.name),
            }
            assert_eq!(entry["handling"], row.handling.name());
            assert_eq!(entry["caps"], json!(row.capabilities.names().collect::<Vec<_>>()));
            assert_eq!(entry["c_structs"], json!(row.structs().collect::<Vec<_>>()));
            let sizes: Vec<usize> = row.handling.shapes().iter().map(|shape| shape.layout.size).collect();
            if !sizes.is_empty() {
                assert_eq!(pluck(&entry["structs"], "size"), json!(sizes), "{}", row.name);
            }
            for (shape, written) in row.handling.shapes().iter().zip(entry["structs"].as_array().unwrap()) {
                let texts: Vec<String> = shape.params.iter().map(ToString::to_string).collect();
                let fields: Vec<&str> = shape.params.iter().map(|param| param.field().path).collect();
                assert_eq!(pluck(&written["params"], "text"), json!(texts), "{}", row.name);
                assert_eq!(pluck(&written["params"], "field"), json!(fields), "{}", row.name);
            }
            compared += 1;
        }
        assert!(compared > 200, "{release}: {compared}");
    }
}

fn pluck(values: &Value, key: &str) -> Value {
    values.as_array().unwrap().iter().map(|value| value[key].clone()).collect()
}

#[test]
fn entries_are_sorted_by_number_and_numbers_unique() {
    for release in releases() {
        let (_, document) = json(&["abi", "--version", &release, "--format", "json"]);
        for table in TABLES {
            let entries = document[table].as_array().unwrap();
            let numbers: Vec<u64> = entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
            assert!(numbers.len() > 1 && numbers.is_sorted_by(|a, b| a < b), "{release} {table}: {numbers:?}");
        }
    }
}

#[test]
fn resolved_says_how_sure_it_is() {
    let resolved = |release: &str| json(&["abi", "--version", release, "--format", "json"]).1["resolved"].take();
    assert_eq!(
        resolved("550.54.15"),
        json!({
            "standing": "proved", "qualified_by": null, "release": "550.54.15", "parent": "550.54.14",
            "abi_since": "550.54.14"
        })
    );
    // The same release with other zeros.
    assert_eq!(resolved("550.100.00"), resolved("550.100"));
    for release in Tree::embedded().iter().step_by(17) {
        let resolved = resolved(&release.version.to_string());
        assert_eq!(resolved["standing"], release.standing().as_str());
        assert_eq!(resolved["qualified_by"], json!(release.qualified_by()));
    }
}

#[test]
fn the_oldest_release_has_its_own_abi() {
    let root = Tree::embedded().root().unwrap().version.to_string();
    let (_, document) = json(&["abi", "--version", &root, "--format", "json"]);
    assert_eq!(document["resolved"]["abi_since"], json!(root));
    assert_eq!(document["resolved"]["parent"], Value::Null);
}

#[test]
fn text_has_every_entry_on_a_line() {
    let ended = run(&["abi", "--version", "595.45.04"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let abi = Abi::compose(Tree::embedded(), "595.45.04".parse().unwrap()).unwrap();
    // What is known of an entry stands behind its name, if it is not what is known of the release.
    let handling = |words: &[&str]| words[if words[2].starts_with('(') { 3 } else { 2 }].to_owned();
    let lines: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    for (table, row) in abi.rows() {
        let numbers = [format!("{:#x}", row.number), row.number.to_string()];
        let found = lines.iter().filter(|words| words.len() > 3 && numbers.iter().any(|n| n == words[0]));
        let found: Vec<_> =
            found.filter(|words| words[1] == row.name && handling(words) == row.handling.name()).collect();
        assert_eq!(found.len(), 1, "{} {}", table.as_str(), row.name);
    }
    let total = abi.rows().count();
    assert!(ended.stdout.contains(&format!("\n{total} entries: ")), "{}", ended.stdout);
}

#[test]
fn a_row_shows_what_is_translated() {
    let ended = run(&["abi", "--version", "580.65.06"]);
    let names = [
        "NV_ESC_RM_ALLOC",
        "NV_ESC_CARD_INFO",
        "NV_ESC_REGISTER_FD",
        "NV_ESC_NUMA_INFO",
        "UVM_MAP_EXTERNAL_ALLOCATION",
        "UVM_DEINITIALIZE",
        "NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS",
        "NV0000_CTRL_CMD_GPU_GET_ID_INFO",
        "NV2080_CTRL_CMD_BUS_GET_INFO",
        "NV83DE_CTRL_CMD_DEBUG_READ_MEMORY",
        "NV01_MEMORY_VIRTUAL",
        "NV_IMEX_SESSION",
    ];
    insta::assert_snapshot!(excerpt(&ended.stdout, &names));
}

#[test]
fn an_unproved_release_says_so() {
    let said = |release| run(&["abi", "--version", release]).stdout.lines().take(2).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(
        [said("550.54.15"), said("550.54.14"), said("610.43.02"), said("610.57.04"), said("620.06.00")].join("\n---\n")
    );
}
