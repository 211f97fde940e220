//! The JSON that other tools rely on, field by field.

use crate::run::{NEW, OLD, run};
use serde_json::{Map, Value};

fn object<'a>(value: &'a Value, what: &str) -> &'a Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("{what} is no object: {value}"))
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is no array: {value}"))
}

/// Exactly these keys, but for the optional ones.
fn keys(value: &Value, required: &[&str], optional: &[&str]) {
    let found = object(value, "a value");
    for key in required {
        assert!(found.contains_key(*key), "no {key} in {value}");
    }
    for key in found.keys() {
        assert!(required.contains(&key.as_str()) || optional.contains(&key.as_str()), "{key} in {value}");
    }
}

fn field(value: &Value) {
    keys(value, &["name", "type", "offset", "size"], &["bits", "bit_offset"]);
    assert!(value["name"].is_string() && value["type"].is_string(), "{value}");
    assert!(value["offset"].is_u64() && value["size"].is_u64(), "{value}");
    assert_eq!(value.get("bits").is_some_and(Value::is_u64), value.get("bit_offset").is_some_and(Value::is_u64));
}

fn record(value: &Value) {
    keys(value, &["size", "align", "union", "source", "fields"], &[]);
    assert!(value["size"].is_u64() && value["align"].is_u64() && value["union"].is_boolean(), "{value}");
    assert!(value["source"].is_string(), "{value}");
    array(value, "fields").iter().for_each(field);
}

fn alias(value: &Value) {
    keys(value, &["type", "size"], &[]);
    assert!(value["type"].is_string() && value["size"].is_u64(), "{value}");
}

fn number(value: &Value) {
    assert!(value.is_number(), "{value}");
}

fn strings(value: &Value, key: &str) {
    assert!(array(value, key).iter().all(Value::is_string), "{value}");
}

fn domain_name(value: &Value) {
    assert!(["nonuvm", "uvm"].contains(&value["domain"].as_str().unwrap()), "{value}");
}

const ORIGIN: [&str; 2] = ["steps", "undone"];

fn one_sided(values: &[Value], what: fn(&Value)) {
    for value in values {
        keys(value, &["name", "domain", "introduced_in", "value"], &[&ORIGIN[..], &["used_by", "needs_work"]].concat());
        domain_name(value);
        what(&value["value"]);
    }
}

fn values(value: &Value, what: fn(&Value)) -> usize {
    keys(value, &["changed", "added", "removed"], &[]);
    for change in array(value, "changed") {
        keys(change, &["name", "domain", "introduced_in", "base", "next"], &[&ORIGIN[..], &["used_by"]].concat());
        domain_name(change);
        what(&change["base"]);
        what(&change["next"]);
    }
    one_sided(array(value, "added"), what);
    one_sided(array(value, "removed"), what);
    array(value, "changed").len() + array(value, "added").len() + array(value, "removed").len()
}

fn difference(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    keys(&value, &["schema_version", "base", "next", "records", "constants", "aliases", "summary"], &[]);
    assert_eq!(value["schema_version"], 1);
    assert!(value["base"].is_string() && value["next"].is_string());
    keys(&value["records"], &["changed", "added", "removed"], &[]);
    for change in array(&value["records"], "changed") {
        let required = ["name", "domain", "kind", "introduced_in", "base", "next", "used_by", "advice"];
        keys(change, &[&required[..], &["meaning", "fields"]].concat(), &[&ORIGIN[..], &["was"]].concat());
        domain_name(change);
        record(&change["base"]);
        record(&change["next"]);
        strings(change, "used_by");
        assert!(change["kind"].is_string() && change["advice"].is_string() && change["meaning"]["is"].is_string());
        assert!(change["introduced_in"].is_string() || change["introduced_in"].is_null());
    }
    one_sided(array(&value["records"], "added"), record);
    one_sided(array(&value["records"], "removed"), record);
    values(&value["constants"], number);
    values(&value["aliases"], alias);
    value
}

#[test]
fn a_difference_has_the_documented_fields() {
    for all in [&["--all"][..], &[]] {
        let of_trees = [&["--base", OLD, "--next", NEW, "--format", "json"], all].concat();
        let value = difference(&run(&of_trees).stdout);
        assert!(!array(&value["records"], "changed").is_empty());
        let of_releases = [&["--base", "535.288.01", "--next", "580.65.06", "--format", "json"], all].concat();
        let value = difference(&run(&of_releases).stdout);
        assert!(!array(&value["records"], "changed").is_empty());
        for change in array(&value["records"], "changed") {
            assert!(change["introduced_in"].is_string(), "{}", change["name"]);
        }
        for part in ["records", "constants", "aliases"] {
            for one in array(&value[part], "added").iter().chain(array(&value[part], "removed")) {
                assert!(one["introduced_in"].is_string(), "{part} {}", one["name"]);
            }
        }
    }
}

#[test]
fn no_difference_has_the_same_fields() {
    let value = difference(&run(&["--base", "550.54.14", "--next", "550.54.15", "--format", "json"]).stdout);
    assert_eq!(value["summary"]["needs_work"], 0);
    assert!(value["summary"]["compared"].as_u64().unwrap() > 100);
}

#[test]
fn counts_are_those_of_the_lists() {
    let value = difference(&run(&["--base", OLD, "--next", NEW, "--all", "--format", "json"]).stdout);
    let count = |key: &str| value["summary"][key].as_u64().unwrap() as usize;
    let kinds = ["layout", "padding_became_field", "retyped", "renamed_only", "record_renamed", "moved"];
    assert_eq!(kinds.iter().map(|k| count(k)).sum::<usize>(), array(&value["records"], "changed").len());
    assert!(kinds.iter().all(|k| count(k) > 0), "the fixtures have every kind: {}", value["summary"]);
    assert_eq!(count("added"), array(&value["records"], "added").len());
    assert_eq!(count("aliases"), values(&value["aliases"], alias));
    let constants = count("constants_changed") + count("constants_added") + count("constants_removed");
    assert_eq!(constants, values(&value["constants"], number));
}

fn dump(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    keys(&value, &["schema_version", "version", "nonuvm", "uvm"], &[]);
    assert_eq!(value["schema_version"], 1);
    for domain in ["nonuvm", "uvm"] {
        let domain = &value[domain];
        keys(domain, &["records", "aliases", "constants"], &[]);
        object(&domain["records"], "records").values().for_each(record);
        object(&domain["aliases"], "aliases").values().for_each(alias);
        object(&domain["constants"], "constants").values().for_each(number);
    }
    value
}

#[test]
fn a_dump_has_the_documented_fields() {
    let fixture = dump(&run(&["dump", "--version", NEW, "--all"]).stdout);
    let records = &fixture["nonuvm"]["records"];
    assert_eq!(records["BIT_FIELD_CHANGED"]["fields"][1]["bit_offset"], 4);
    assert_eq!(records["UNNAMED_CHANGED"]["fields"][1]["type"], "UNNAMED_CHANGED::@1_t");
    assert_eq!(records["UNNAMED_CHANGED"]["fields"][1]["name"], "");
    assert_eq!(records["ARRAY_GREW"]["fields"][1]["type"], "NvU32[6]");
    assert_eq!(records["ARRAY_GREW"]["source"], "src/common/sdk/nvidia/inc/ctrl/fields.h:14");
    assert_eq!(fixture["nonuvm"]["constants"]["CONSTANT_NEGATIVE"], -2);
    assert_eq!(fixture["uvm"]["records"]["UVM_FREE_PARAMS"]["size"], 24);
    let release = dump(&run(&["dump", "--version", "550.54.14"]).stdout);
    assert_eq!(release["version"], "550.54.14");
    let all = dump(&run(&["dump", "--version", "550.54.14", "--all"]).stdout);
    let count = |v: &Value| object(&v["nonuvm"]["records"], "records").len();
    assert!(count(&release) > 100 && count(&all) > count(&release));
}

#[test]
fn show_and_history_are_json_too() {
    for command in ["show", "history"] {
        let text = run(&[command, "NVOS00_PARAMETERS", "--format", "json"]).stdout;
        let value: Value = serde_json::from_str(&text).unwrap();
        keys(&value, &["schema_version", "name", "forms"], &[]);
        for form in array(&value, "forms") {
            keys(form, &["domain", "releases", "is"], &[]);
            record(&form["is"]["record"]);
            assert!(!array(form, "releases").is_empty());
        }
    }
}
