//! The catalogue's source files: what is written is read back, and what is malformed is refused by its line.

use driver_differ::catalogue::text::{Changes, ReleaseChanges};
use driver_differ::model::{Alias, Field, Record};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::path::Path;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_@:]{0,12}".prop_map(|n| if n == "-" { "x".into() } else { n })
}

fn ty() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["NvU32", "unsigned long long", "NvU8 *", "NvU32[4][2]", "fn *", "A::b_t"])
        .prop_map(str::to_string)
}

fn field() -> impl Strategy<Value = Field> {
    let bits = prop::option::of((1u64..64, any::<u64>()));
    ("[A-Za-z_][A-Za-z0-9_]{0,8}|", ty(), any::<u64>(), any::<u64>(), bits).prop_map(
        |(name, ty, offset, size, bits)| Field {
            name,
            ty,
            offset,
            size,
            bits: bits.map(|b| b.0),
            bit_offset: bits.map(|b| b.1),
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    (any::<u64>(), any::<u64>(), any::<bool>(), "[a-z]{1,5}/[a-z ]{1,8}\\.h", vec(field(), 0..5))
        .prop_map(|(size, align, union, source, fields)| Record { size, align, union, source, fields })
}

fn changes() -> impl Strategy<Value = Changes> {
    let alias = (ty(), any::<u64>()).prop_map(|(ty, size)| Alias { ty, size });
    (
        btree_map(name(), prop::option::of(record()), 0..5),
        btree_map(name(), prop::option::of(alias), 0..5),
        btree_map(name(), prop::option::of(any::<i128>()), 0..5),
    )
        .prop_map(|(records, aliases, constants)| Changes { records, aliases, constants })
}

pub(crate) fn release_changes() -> impl Strategy<Value = ReleaseChanges> {
    ("[0-9]{3}\\.[0-9]{2}", prop::option::of("[0-9]{3}\\.[0-9]{2}"), changes(), changes())
        .prop_map(|(release, parent, nonuvm, uvm)| ReleaseChanges { release, parent, nonuvm, uvm })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(file in release_changes()) {
        let text = file.to_text();
        prop_assert_eq!(ReleaseChanges::parse(&text).map_err(|e| format!("{e:?} in\n{text}")), Ok(file));
    }

    #[test]
    fn any_text_is_read_or_refused_by_a_line_that_it_has(
        text in "(release|parent|struct|const|drop|\\[uvm\\]| |-|0x|9|:|@|\n|\r|é){0,60}",
    ) {
        if let Err((line, _)) = ReleaseChanges::parse(&text) {
            prop_assert!(line >= 1 && line <= text.lines().count().max(1));
        }
    }
}

/// Every file of the catalogue, read.
pub(crate) fn files() -> Vec<(String, ReleaseChanges)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogue");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let read = ReleaseChanges::parse(&text).unwrap();
        files.push((text, read));
    }
    files
}

#[test]
fn every_embedded_file_is_written_as_it_stands() {
    let files = files();
    assert!(files.len() >= 193, "only {} files", files.len());
    for (text, read) in files {
        assert!(read.to_text() == text, "{} is written otherwise", read.release);
    }
}

#[test]
fn malformed_files_are_refused_by_line() {
    let head = "release 1.1\n[nonuvm]\n";
    let cases = [
        ("", 1, "no release is named"),
        ("nonsense\n", 1, "not expected here"),
        ("release 1.1\nconst A 1\n", 2, "not expected here"),
        ("release 1.1\n\n", 2, "not expected here"),
        ("release 1.1\n[other]\n", 2, "not expected here"),
        (&format!("{head} 0 4 a NvU32\n"), 3, "a field outside a record"),
        (&format!("{head}struct A 4 4\n"), 3, "a malformed record"),
        (&format!("{head}struct A four 4 a.h\n"), 3, "a malformed record"),
        (&format!("{head}struct A -4 4 a.h\n"), 3, "a malformed record"),
        (&format!("{head}struct A 4 99999999999999999999 a.h\n"), 3, "a malformed record"),
        (&format!("{head}struct A 4 4 a.h\n 0 4 a\n"), 4, "a malformed field"),
        (&format!("{head}struct A 4 4 a.h\n 0 4 a:3 NvU32\n"), 4, "a malformed field"),
        (&format!("{head}struct A 4 4 a.h\n 0 4 a:3@x NvU32\n"), 4, "a malformed field"),
        (&format!("{head}struct A 4 4 a.h\nconst B 1\n 0 4 a NvU32\n"), 5, "a field outside a record"),
        (&format!("{head}const A 0xfg\n"), 3, "a malformed line"),
        (&format!("{head}alias A NvU32\n"), 3, "a malformed line"),
        (&format!("{head}drop thing A\n"), 3, "a malformed line"),
        (&format!("{head}release 1.2\n"), 3, "a malformed line"),
    ];
    for (text, line, what) in cases {
        let (at, message) = ReleaseChanges::parse(text).expect_err(text);
        assert_eq!(at, line, "{text}");
        assert!(message.contains(what), "{text}: {message}");
    }
}
