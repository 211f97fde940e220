//! Any text taken for a release pack, and real packs with anything changed.
#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nvproxy::abi::reflect::FieldRef;
use nvproxy::abi::{Abi, Row, Table};
use nvproxy::pack::{Entry, Form, Pack, Place, named_fields};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use version_tree::{DriverVersion, Tree, version};

/// Every ABI there is.
static ABIS: LazyLock<BTreeMap<DriverVersion, Abi>> = LazyLock::new(|| {
    let releases = std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing());
    let compose = |release| (release, Abi::compose(Tree::embedded(), release).expect("a release of the tree"));
    releases.map(compose).collect()
});

/// What a row is but for the places of its fields.
type Identity = (usize, u32, &'static str, u32, &'static str, Vec<&'static str>);

fn identity(table: Table, row: &Row) -> Identity {
    // What only its name is known of is laid out by a pack.
    let handling = match row.handling.name() {
        "opaque" => "simple",
        other => other,
    };
    (table as usize, row.number, row.name, row.capabilities.bits().into(), handling, row.structs().collect())
}

static KNOWN: LazyLock<BTreeSet<Identity>> = LazyLock::new(|| {
    ABIS.values().flat_map(|abi| abi.rows().map(|(table, row)| identity(table, row)).collect::<Vec<_>>()).collect()
});

fn number(input: &mut Unstructured<'_>) -> Result<usize> {
    Ok(match input.int_in_range(0..=3)? {
        0 => input.int_in_range(0..=64)?,
        1 => input.int_in_range(0..=0x11000)?,
        2 => usize::MAX - input.int_in_range(0..=16)?,
        _ => input.arbitrary()?,
    })
}

fn form(input: &mut Unstructured<'_>, form: &mut Form) -> Result<()> {
    let paths: Vec<String> = form.fields.keys().cloned().collect();
    match input.int_in_range(0..=4)? {
        0 => form.size = number(input)?,
        1 => form.name = input.arbitrary()?,
        2 => drop(form.fields.insert(input.arbitrary()?, Place { offset: number(input)?, size: number(input)? })),
        _ if paths.is_empty() => form.size = input.int_in_range(1..=4096)?,
        3 => drop(form.fields.remove(input.choose(&paths)?)),
        _ => {
            let known = input.choose(&paths)?.clone();
            let size = if input.arbitrary()? { form.fields[&known].size } else { number(input)? };
            form.size = form.size.max(input.int_in_range(0..=512)?);
            form.fields.insert(known, Place { offset: number(input)?, size });
        }
    }
    Ok(())
}

fn change(input: &mut Unstructured<'_>, pack: &mut Pack) -> Result<()> {
    let table = input.int_in_range(0..=3)?;
    let entries = &mut pack.tables[table];
    let names: Vec<String> = entries.keys().cloned().collect();
    if names.is_empty() {
        return Ok(());
    }
    let name = input.choose(&names)?.clone();
    match input.int_in_range(0..=6)? {
        0 => drop(entries.remove(&name)),
        1 => drop(entries.insert(input.arbitrary()?, Entry { number: input.arbitrary()?, ..Entry::default() })),
        2 => {
            let other = input.choose(&names)?.clone();
            let (Some(one), Some(two)) = (entries.get(&name).cloned(), entries.get(&other).cloned()) else {
                return Ok(());
            };
            entries.insert(name, two);
            entries.insert(other, one);
        }
        3 => {
            let releases: Vec<DriverVersion> = ABIS.keys().copied().collect();
            let like = if input.arbitrary()? { *input.choose(&releases)? } else { version!("998.01") };
            entries.entry(name).and_modify(|entry| entry.like = Some(like));
        }
        4 => {
            let why = input.arbitrary()?;
            entries.entry(name).and_modify(|entry| entry.left_out = Some(why));
        }
        5 => {
            let twice = entries.get(&name).and_then(|entry| entry.forms.first().cloned());
            entries.entry(name).and_modify(|entry| entry.forms.extend(twice));
        }
        _ => {
            if let Some(first) = entries.get_mut(&name).and_then(|entry| entry.forms.first_mut()) {
                form(input, first)?;
            }
        }
    }
    Ok(())
}

fn overlap(a: &FieldRef, b: &FieldRef) -> bool {
    a.offset < b.offset + b.size && b.offset < a.offset + a.size
}

fn written(pack: &Pack) {
    let text = pack.to_text();
    // What is made up need not be readable: two entries may have a number.
    if let Ok(read) = Pack::parse(&text) {
        assert_eq!(read.to_text(), text);
    }
}

fn check(pack: &Pack) {
    let Ok(abi) = pack.apply(Tree::embedded()) else { return };
    for (table, row) in abi.rows() {
        assert!(KNOWN.contains(&identity(table, row)), "{} is no row", row.name);
        for shape in row.handling.shapes() {
            let named = named_fields(table, shape);
            for (index, field) in named.iter().enumerate() {
                assert!(field.offset + field.size <= shape.layout.size, "{} {}", row.name, field.path);
                for other in &named[..index] {
                    let nested = field.path.starts_with(other.path) || other.path.starts_with(field.path);
                    assert!(nested || !overlap(field, other), "{}: {} and {}", row.name, other.path, field.path);
                }
            }
        }
    }
    let ancestor = Abi::compose(Tree::embedded(), pack.ancestor).expect("it was applied");
    for (table, row) in ancestor.rows() {
        let there = abi.table(table).iter().any(|other| other.name == row.name);
        let named = abi.left_out().iter().any(|left| left.table == table && left.name == row.name);
        assert!(there || named, "{} went away in silence", row.name);
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Unstructured::new(data);
    let mut run = || -> Result<()> {
        if input.ratio(1, 8)? {
            if let Ok(pack) = Pack::parse(&String::from_utf8_lossy(input.peek_bytes(input.len()).unwrap_or_default())) {
                written(&pack);
                check(&pack);
            }
            return Ok(());
        }
        let index = input.choose_index(ABIS.len())?;
        let abi = ABIS.values().nth(index).expect("one of them");
        let mut pack = Pack::unchanged(version!("999.01"), abi);
        for _ in 0..input.int_in_range(1..=8)? {
            change(&mut input, &mut pack)?;
        }
        // It takes longer than all else.
        if input.ratio(1, 16)? {
            written(&pack);
        }
        check(&pack);
        Ok(())
    };
    let _ = run();
});
