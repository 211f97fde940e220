//! Turns `releases.toml` into constants, so that no program reads it when it starts: that took a millisecond. A test
//! compares the two.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

fn main() {
    println!("cargo::rerun-if-changed=releases.toml");
    let text = fs::read_to_string("releases.toml").expect("releases.toml cannot be read");
    let file: Table = text.parse().unwrap_or_else(|error| panic!("releases.toml is no TOML: {error}"));
    let lines = file["releases"].as_table().expect("releases.toml has a table of releases");
    let mut code = String::from("pub(crate) static RELEASES: &[Release] = &[\n");
    for (version, line) in lines {
        let line = line.as_table().unwrap_or_else(|| panic!("releases.toml: {version} is no table"));
        let text = |key| line.get(key).and_then(Value::as_str);
        let parent = text("parent").map_or("None".to_owned(), |parent| format!("Some(version!({parent:?}))"));
        let status = if text("status") == Some("qualified") { "Qualified" } else { "Unqualified" };
        let headers = match text("headers") {
            Some("unpublished") => "Unpublished",
            Some("measured") => "Measured",
            _ => "Published",
        };
        let out_of_order = line.get("out_of_order").and_then(Value::as_bool).unwrap_or(false);
        let [x86_64, aarch64] = ["x86_64", "aarch64"].map(|architecture| installer(line.get(architecture)));
        writeln!(
            code,
            "Release {{ version: version!({version:?}), parent: {parent}, status: Status::{status}, \
             headers: Headers::{headers}, out_of_order: {out_of_order}, x86_64: {x86_64}, aarch64: {aarch64} }},"
        )
        .expect("writing to memory does not fail");
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("releases.rs"), code).expect("OUT_DIR can be written to");
}

fn installer(value: Option<&Value>) -> String {
    match value {
        None => "Installer::Unknown".to_owned(),
        Some(Value::Table(published)) => {
            let digits = published["sha256"].as_str().expect("a checksum is a text");
            let bytes: Vec<_> = digits.as_bytes().chunks(2).map(|byte| format!("0x{}", byte.escape_ascii())).collect();
            let sources = &published["sources"];
            format!("Installer::Published {{ sha256: Sha256([{}]), sources: {sources} }}", bytes.join(", "))
        }
        Some(_) => "Installer::NotPublished".to_owned(),
    }
}
