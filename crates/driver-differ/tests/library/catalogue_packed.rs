//! The embedded form: it says what the text files say, and damage to it is noticed or harmless.

use crate::catalogue_text::{files, release_changes};
use driver_differ::catalogue::pack::{Packed, Reader, pack};
use driver_differ::catalogue::{Catalogue, text::ReleaseChanges};
use driver_differ::extract::Wanted;
use driver_differ::model::{Abi, Alias, DomainName, Record};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A release's ABI by the plain reading of the files: every ancestor's changes, oldest first.
fn applied(files: &BTreeMap<String, ReleaseChanges>, release: &str) -> Abi {
    let mut path = vec![&files[release]];
    while let Some(parent) = &path.last().unwrap().parent {
        path.push(&files[parent]);
    }
    let mut abi = Abi::default();
    for changes in path.into_iter().rev() {
        for name in DomainName::ALL {
            let (domain, changes) = (abi.domain_mut(name), changes.domain(name));
            apply(&mut domain.records, &changes.records);
            apply(&mut domain.aliases, &changes.aliases);
            apply(&mut domain.constants, &changes.constants);
        }
    }
    abi
}

fn apply<T: Clone>(held: &mut BTreeMap<String, T>, changes: &BTreeMap<String, Option<T>>) {
    for (name, change) in changes {
        match change {
            Some(value) => held.insert(name.clone(), value.clone()),
            None => held.remove(name),
        };
    }
}

#[test]
fn the_catalogue_says_what_its_files_say() {
    let files: BTreeMap<String, ReleaseChanges> = files().into_iter().map(|(_, f)| (f.release.clone(), f)).collect();
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(catalogue.releases().count(), files.len());
    // Every fifth: all of them take a quarter of a minute.
    for release in files.keys().step_by(5) {
        let found = catalogue.abis(&[release.parse().unwrap()], Wanted::All).unwrap();
        let expected = applied(&files, release);
        assert!(expected.nonuvm.records.len() > 1000 && expected.nonuvm.constants.len() > 1000, "{release}");
        assert!(found[0] == expected, "{release}");
    }
}

#[test]
fn a_release_before_its_parent_is_refused() {
    let named = |release: &str, parent: Option<&str>| ReleaseChanges {
        release: release.into(),
        parent: parent.map(String::from),
        ..ReleaseChanges::default()
    };
    let refused = pack(&[named("1.2", Some("1.1")), named("1.1", None)]).err();
    assert_eq!(refused.as_deref(), Some("1.2: its parent 1.1 does not come before it"));
    assert!(pack(&[named("1.1", None), named("1.2", Some("1.1"))]).is_ok());
}

/// Everything a part says, with how many bytes its names and values take.
#[derive(Debug, Default, PartialEq)]
struct Contents {
    records: Vec<(String, usize, Option<Record>)>,
    aliases: Vec<(String, usize, Option<Alias>)>,
    constants: Vec<(String, usize, Option<i128>)>,
    bytes: usize,
}

fn names<'r, T: Packed<'r>>(
    reader: &mut Reader<'r>,
    strings: &[String],
    out: &mut Vec<(String, usize, Option<T>)>,
) -> Option<()> {
    let mut name = String::new();
    for _ in 0..reader.count()? {
        reader.next_name(&mut name)?;
        for _ in 0..reader.count()? {
            let (release, defined) = reader.change()?;
            // Passing over a value must end where reading it ends.
            let mut passing = reader.clone();
            let value = if defined { Some(T::read(reader, strings)?) } else { None };
            if defined {
                T::skip(&mut passing)?;
                assert_eq!(passing.rest(), reader.rest());
            }
            out.push((name.clone(), release, value));
        }
    }
    Some(())
}

fn read(records: &[u8], constants: &[u8]) -> (Contents, Option<()>) {
    let mut found = Contents::default();
    let whole = (|| {
        let mut reader = Reader::new(records)?;
        let releases = reader.releases()?;
        found.bytes += releases.iter().map(|r| r.0.len()).sum::<usize>();
        let strings = reader.strings()?;
        found.bytes += strings.iter().map(String::len).sum::<usize>();
        for _ in DomainName::ALL {
            names(&mut reader, &strings, &mut found.records)?;
            names(&mut reader, &strings, &mut found.aliases)?;
        }
        let mut reader = Reader::new(constants)?;
        for _ in DomainName::ALL {
            names(&mut reader, &[], &mut found.constants)?;
        }
        Some(())
    })();
    found.bytes += found.records.iter().map(|r| r.0.len()).sum::<usize>();
    (found, whole)
}

proptest! {
    #[test]
    fn what_is_packed_is_read_back(mut file in release_changes()) {
        file.parent = None;
        let parts = pack(&[file.clone()]).unwrap();
        let (found, whole) = read(&parts.records, &parts.constants);
        prop_assert!(whole.is_some());
        let listed = |name: DomainName| file.domain(name).records.clone().into_iter().map(|(n, r)| (n, 0, r));
        prop_assert_eq!(found.records, DomainName::ALL.into_iter().flat_map(listed).collect::<Vec<_>>());
        let listed = |name: DomainName| file.domain(name).aliases.clone().into_iter().map(|(n, a)| (n, 0, a));
        prop_assert_eq!(found.aliases, DomainName::ALL.into_iter().flat_map(listed).collect::<Vec<_>>());
        let listed = |name: DomainName| file.domain(name).constants.clone().into_iter().map(|(n, c)| (n, 0, c));
        prop_assert_eq!(found.constants, DomainName::ALL.into_iter().flat_map(listed).collect::<Vec<_>>());
    }

    #[test]
    fn a_part_cut_short_is_refused(mut file in release_changes(), at in any::<prop::sample::Index>()) {
        file.parent = None;
        let parts = pack(&[file]).unwrap();
        let cut = &parts.records[..at.index(parts.records.len())];
        prop_assert!(read(cut, &parts.constants).1.is_none());
        let cut = &parts.constants[..at.index(parts.constants.len())];
        prop_assert!(read(&parts.records, cut).1.is_none());
    }

    #[test]
    fn damage_neither_panics_nor_grows_without_bound(
        mut file in release_changes(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        file.parent = None;
        let parts = pack(&[file]).unwrap();
        let (mut records, mut constants) = (parts.records, parts.constants);
        for (at, byte) in damage {
            let (r, c) = (at.index(records.len()), at.index(constants.len()));
            records[r] = byte;
            constants[c] ^= byte;
        }
        let (found, _) = read(&records, &constants);
        prop_assert!(found.bytes <= records.len() * LONGEST_NAME);
    }

    #[test]
    fn any_bytes_are_read_or_refused(records in prop::collection::vec(any::<u8>(), 0..300)) {
        let (found, _) = read(&records, &records);
        prop_assert!(found.bytes <= 300 * LONGEST_NAME);
    }
}

/// What one name can take.
const LONGEST_NAME: usize = driver_differ::catalogue::pack::NAME_BYTES;

/// A number as it is packed.
fn packed(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

#[test]
fn names_that_repeat_a_long_one_do_not_fill_the_memory() {
    // The text is one name of 100,000 bytes; the numbers say: no release, then that name and as many that share all.
    let mut bytes = packed(100_000);
    bytes.extend([b'x'; 100_000]);
    bytes.extend([packed(0), packed(100_001), packed(0), packed(100_000)].concat());
    for _ in 0..100_000 {
        bytes.extend([packed(100_000), packed(0)].concat());
    }
    let mut reader = Reader::new(&bytes).expect("text, then numbers");
    assert!(reader.releases().is_some_and(|r| r.is_empty()));
    assert!(reader.strings().is_none());
}

#[test]
fn counts_that_nothing_follows_are_refused_without_taking_memory() {
    let empty_text = |numbers: &[u8]| [&[0], numbers].concat();
    let endless = empty_text(&[0xff; 40]);
    assert!(Reader::new(&endless).expect("no text").count().is_none());
    let many = empty_text(&packed(usize::MAX >> 1));
    let reader = || Reader::new(&many).expect("no text");
    assert_eq!(reader().count(), Some(usize::MAX >> 1));
    assert!(reader().releases().is_none());
    assert!(reader().strings().is_none());
    // Size, alignment, header, then more fields than there are bytes.
    let record = empty_text(&[vec![8, 4, 0], packed(usize::MAX >> 1)].concat());
    assert!(Record::read(&mut Reader::new(&record).expect("no text"), &["a.h".to_string()]).is_none());
    assert!(Record::skip(&mut Reader::new(&record).expect("no text")).is_none());
}

#[test]
fn text_that_is_none_is_refused() {
    assert!(Reader::new(&[2, 0xff, 0xff]).is_none());
    assert!(Reader::new(&[3, b'a']).is_none());
}
