//! Release packs: what they say is what happens, they allow nothing that no compiled row allows, and a bad one costs its
//! release and nothing else.

mod support;

use nvproxy::abi::receivers::is_for_firmware;
use nvproxy::abi::{Abi, Capabilities, Evidence, Param, Parameters, Table};
use nvproxy::pack::{Entry, Form, NotServed, Origin, Pack, PackError, Packs, Place, named_fields};
use nvproxy::{Options, Proxy};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use support::*;
use version_tree::{DriverVersion, Standing, Tree, version};

const ANCESTOR: DriverVersion = version!("595.45.04");
/// In no tree.
const NEW: DriverVersion = version!("999.01.02");
const PARAMS: u64 = 0x100_0000;

fn compiled() -> Abi {
    Abi::compose(Tree::embedded(), ANCESTOR).unwrap()
}

/// The pack of a release that changes nothing.
fn unchanged() -> Pack {
    Pack::unchanged(NEW, &compiled())
}

fn change(pack: &mut Pack, table: Table, name: &str, how: impl FnOnce(&mut Entry)) {
    how(pack.tables[table as usize].get_mut(name).unwrap_or_else(|| panic!("{name}")));
}

fn apply(pack: &Pack) -> Abi {
    pack.apply(Tree::embedded()).unwrap()
}

/// Why an entry is left out.
fn why(abi: &Abi, name: &str) -> String {
    assert!(abi.rows().all(|(_, row)| row.name != name), "{name} is let through");
    let mut left = abi.left_out().iter().filter(|left| left.name == name);
    left.next().unwrap_or_else(|| panic!("{name} is not named: {:?}", abi.left_out())).why.clone()
}

/// A row with a list behind a pointer, and no code of its own.
const LIST: &str = "NV2080_CTRL_CMD_GR_GET_INFO";
const PLAIN: &str = "NV2080_CTRL_CMD_GPU_GET_INFO_V2";

#[test]
fn a_pack_that_changes_nothing_has_the_compiled_rows_and_proves_them() {
    let pack = unchanged();
    let abi = apply(&Pack::parse(&pack.to_text()).unwrap());
    assert!(abi.rows().eq(compiled().rows()), "row by row");
    assert_eq!((abi.version(), abi.standing(), abi.left_out()), (NEW, Standing::Proved, &[][..]));
    assert_eq!(abi.evidence(Table::Control, 0x20800102), Some(Evidence::Proved));
    assert!(abi.is_of_pack() && !compiled().is_of_pack());
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let mut pack = unchanged();
    change(&mut pack, Table::Control, PLAIN, |entry| entry.left_out = Some("a \"reason\"\nof two lines, 100 %".into()));
    change(&mut pack, Table::Control, LIST, |entry| entry.like = Some(version!("580.65.06")));
    let text = pack.to_text();
    let read = Pack::parse(&text).unwrap();
    assert_eq!(read.to_text(), text);
    let mut expected = pack;
    change(&mut expected, Table::Control, PLAIN, |entry| {
        entry.left_out = Some("a \"reason\" of two lines, 100 %".into())
    });
    assert_eq!(read, expected);
    assert!(text.len() <= 200_000, "{} bytes", text.len());
}

/// The driver finds the host's pointer where the pack says that it lies, and the count is read from there.
#[test]
fn a_row_whose_fields_moved_works_with_the_new_offsets() {
    let mut pack = unchanged();
    change(&mut pack, Table::Control, LIST, |entry| {
        let form = &mut entry.forms[0];
        form.size = 64;
        form.fields.insert("grInfoList".into(), Place { offset: 40, size: 8 });
        form.fields.insert("grInfoListSize".into(), Place { offset: 32, size: 4 });
    });
    let proxy = Arc::new(Proxy::new(Script::default(), apply(&Pack::parse(&pack.to_text()).unwrap())));
    let options = Options { capabilities: Capabilities::all(), ..Options::default() };
    let fixture = Fixture::of(proxy, options, 0xc1d0_0001);
    let row = *fixture.proxy.abi().control().iter().find(|row| row.name == LIST).unwrap();
    let list = 0x200_0000u64;
    let mut params = vec![0x11; 64];
    params[32..36].copy_from_slice(&2u32.to_le_bytes());
    params[40..48].copy_from_slice(&list.to_le_bytes());
    fixture.memory.put(PARAMS, &params);
    fixture.memory.put(list, &[5; 16]);
    assert_eq!(fixture.control(0x5000_0001, row.number, PARAMS, 64), Ok(0));
    let seen = fixture.proxy.driver().one();
    let block = seen.follow(long(seen.argument(), 16)).unwrap();
    let pointer = long(block, 40);
    assert_ne!(pointer, list);
    assert_eq!(seen.follow(pointer), Some(&[5; 16][..]), "two elements of 8 bytes");
    assert_eq!((&block[..32], &block[48..]), (&[0x11; 32][..], &[0x11; 16][..]));
    assert_eq!(fixture.memory.get(PARAMS, 64), params, "the guest has its own pointer");
    // The old size is refused, and the release's own is known.
    assert_ne!(
        fixture.control(0x5000_0001, row.number, PARAMS, row.handling.shapes()[0].layout.size as u32 + 1),
        Ok(0)
    );
}

#[test]
fn a_plain_struct_has_the_size_that_the_pack_says() {
    let mut pack = unchanged();
    change(&mut pack, Table::Control, PLAIN, |entry| entry.forms[0].size = 580);
    let abi = apply(&pack);
    let row = abi.control().iter().find(|row| row.name == PLAIN).unwrap();
    assert_eq!(row.handling.shapes()[0].layout.size, 580);
    let (known, number) = (row.capabilities, row.number);
    assert_eq!(compiled().control().get(number).unwrap().capabilities, known);
}

#[test]
fn a_pack_allows_nothing_that_no_compiled_row_allows() {
    let mut pack = unchanged();
    let add = |pack: &mut Pack, table: Table, name: &str, number| {
        pack.tables[table as usize].insert(name.to_owned(), Entry { number, ..Entry::default() });
    };
    add(&mut pack, Table::Control, "NV2080_CTRL_CMD_GPU_EXEC_ANYTHING", 0x2080_7777);
    add(&mut pack, Table::Frontend, "NV_ESC_NOT_KNOWN", 0xff);
    add(&mut pack, Table::Uvm, "UVM_NOT_KNOWN", 4711);
    // A known name with another number, and a known number under another name.
    change(&mut pack, Table::Control, PLAIN, |entry| entry.number = 0x2080_7778);
    let moved = pack.tables[Table::Alloc as usize].remove("NV01_DEVICE_0").unwrap();
    pack.tables[Table::Alloc as usize].insert("NV01_DEVICE_1".to_owned(), moved);
    let abi = apply(&pack);
    let own = compiled();
    for (table, row) in abi.rows() {
        let known = own.table(table).get(row.number).unwrap_or_else(|| panic!("{} came in", row.name));
        assert_eq!((known.name, known.capabilities), (row.name, row.capabilities));
    }
    for name in ["NV2080_CTRL_CMD_GPU_EXEC_ANYTHING", "NV_ESC_NOT_KNOWN", "UVM_NOT_KNOWN", "NV01_DEVICE_1"] {
        assert!(why(&abi, name).contains("this build does not have it"), "{name}");
    }
    assert_eq!(why(&abi, PLAIN), "this build knows it as 0x20800102, the pack says 0x20807778");
    let left = abi.left_out().iter().find(|left| left.name == PLAIN).unwrap();
    assert_eq!(left.number, 0x2080_0102, "it is left out under the number that this build has");
    assert!(why(&abi, "NV01_DEVICE_0").contains("does not mention it"));
}

/// Entries can be like those of any release. The ancestor decides all the same who may use them.
#[test]
fn an_entry_like_that_of_another_release_keeps_to_what_the_ancestor_allows() {
    let abis: Vec<Abi> =
        nvproxy::abi::changing().map(|release| Abi::compose(Tree::embedded(), release).unwrap()).collect();
    let (mut like_others, mut capabilities, mut numbers) = (0, 0, 0);
    for ancestor in abis.iter().step_by(4) {
        for like in &abis {
            let mut pack = Pack::unchanged(NEW, ancestor);
            for (table, row) in like.rows() {
                let entry = Entry { like: Some(like.version()), ..Entry::of(table, row) };
                pack.tables[table as usize].insert(row.name.to_owned(), entry);
            }
            let abi = apply(&pack);
            for (table, row) in abi.rows() {
                let own = ancestor.table(table).iter().filter(|own| own.name == row.name || own.number == row.number);
                for own in own {
                    assert_eq!(own.name, row.name, "{row:?}");
                    assert!(own.capabilities.contains(row.capabilities), "{row:?} where {own:?}");
                    let refused = own.handling.parameters == Parameters::Refused;
                    assert!(!refused || row.handling.parameters == Parameters::Refused, "{row:?} where {own:?}");
                    like_others += usize::from(own != row);
                }
            }
            for row in ancestor.control().iter().filter(|row| is_for_firmware(row.number)) {
                let left = abi.left_out().iter().any(|left| left.number == row.number);
                assert!(left || abi.control().get(row.number).is_some(), "{} goes to the firmware", row.name);
            }
            let reason = |part: &str| abi.left_out().iter().filter(|left| left.why.contains(part)).count();
            capabilities += reason("needs other capabilities");
            numbers += reason("its number is that of");
        }
    }
    assert!(like_others > 0 && capabilities > 0 && numbers > 0, "{like_others} {capabilities} {numbers}");
}

/// A number that means the firmware is passed on as bytes where nothing is known of it.
#[test]
fn a_number_for_the_firmware_that_a_pack_leaves_out_is_refused() {
    const SUBDEVICE: u32 = 0x5000_0002;
    let reaches = |pack: &Pack, number: u32| {
        let options = Options { capabilities: Capabilities::all(), ..Options::default() };
        let fixture = Fixture::of(Arc::new(Proxy::new(Script::default(), apply(pack))), options, 0xc1d0_0001);
        assert_eq!(fixture.alloc(SUBDEVICE, fixture.client.0, 0x2080, 0), 0);
        fixture.proxy.driver().take();
        fixture.memory.put(PARAMS, &[0; 8]);
        let status = fixture.control(SUBDEVICE, number, PARAMS, 8).unwrap();
        let reached = !fixture.proxy.driver().take().is_empty();
        assert_eq!(status, if reached { 0 } else { 0x56 }, "NV_ERR_NOT_SUPPORTED");
        reached
    };
    const NEW_NUMBER: u32 = 0x2080_8abc;
    let mut pack = unchanged();
    assert!(reaches(&pack, NEW_NUMBER));
    pack.tables[Table::Control as usize].insert("A_NAME".into(), Entry::left_out(NEW_NUMBER, "it is new"));
    assert!(!reaches(&Pack::parse(&pack.to_text()).unwrap(), NEW_NUMBER));
    // Nor does one that the ancestor knows, whatever the pack says of it.
    const REFUSED: (&str, u32) = ("UNKNOWN_CONTROL_COMMAND_2080A083", 0x2080_a083);
    assert!(!reaches(&unchanged(), REFUSED.1));
    let mut pack = unchanged();
    change(&mut pack, Table::Control, REFUSED.0, |entry| entry.number = NEW_NUMBER);
    assert!(!reaches(&pack, REFUSED.1) && !reaches(&pack, NEW_NUMBER));
    let mut pack = unchanged();
    pack.tables[Table::Control as usize].remove(REFUSED.0);
    assert!(!reaches(&pack, REFUSED.1));
}

#[test]
fn an_entry_that_the_code_is_written_for_is_left_out_in_another_form() {
    let mut pack = unchanged();
    for name in ["NV_ESC_RM_CONTROL", "NV_ESC_RM_FREE", "NV_ESC_RM_ALLOC"] {
        change(&mut pack, Table::Frontend, name, |entry| entry.forms[0].size += 8);
    }
    let abi = apply(&pack);
    for name in ["NV_ESC_RM_CONTROL", "NV_ESC_RM_FREE", "NV_ESC_RM_ALLOC"] {
        assert!(why(&abi, name).contains("the proxy's code is written for another form"), "{name}");
    }
}

/// Each damage to one entry leaves that entry out, says why, and leaves all others in.
#[test]
fn what_does_not_fit_a_row_is_left_out_with_the_reason() {
    let place = |offset, size| Place { offset, size };
    type Damage = (&'static str, Box<dyn Fn(&mut Form)>);
    let put = |form: &mut Form, path: &str, at: Place| {
        form.fields.insert(path.to_owned(), at);
    };
    let damages: Vec<Damage> = vec![
        ("does not end within", Box::new(move |form| put(form, "grInfoList", place(25, 8)))),
        ("does not end within", Box::new(move |form| put(form, "grInfoList", place(usize::MAX, 8)))),
        ("lie otherwise", Box::new(move |form| put(form, "grInfoList", place(0, 8)))),
        ("where this build translates 8", Box::new(move |form| put(form, "grInfoList", place(8, 4)))),
        ("does not say where", Box::new(|form| form.fields.retain(|path, _| path != "grInfoList"))),
        ("not a field", Box::new(move |form| put(form, "other", place(0, 4)))),
        ("has the struct", Box::new(|form| form.name = "OTHER".into())),
        ("bytes, at most", Box::new(|form| form.size = usize::MAX)),
        ("bytes, at most", Box::new(|form| form.size = 0)),
    ];
    for (reason, damage) in &damages {
        let mut pack = unchanged();
        change(&mut pack, Table::Control, LIST, |entry| damage(&mut entry.forms[0]));
        let abi = apply(&pack);
        let said = why(&abi, LIST);
        assert!(said.contains(reason), "{reason}: {said}");
        assert_eq!(abi.rows().count(), compiled().rows().count() - 1, "{reason}");
    }
    let mut pack = unchanged();
    change(&mut pack, Table::Control, LIST, |entry| entry.forms.clear());
    assert!(why(&apply(&pack), LIST).contains("0 structs"));
    change(&mut pack, Table::Control, LIST, |entry| entry.left_out = Some("a person said so".into()));
    assert_eq!(why(&apply(&pack), LIST), "a person said so");
}

/// However the places of two fields come to overlap, what is put into one must not change the other.
#[test]
fn no_field_reaches_into_another() {
    let own = compiled();
    let mut tried = 0;
    for (table, row) in own.rows().filter(|(_, row)| row.handling.effect.is_none()) {
        let Parameters::Struct([shape]) = row.handling.parameters else { continue };
        let named = named_fields(table, shape);
        let [first, second, ..] = named.as_slice() else { continue };
        if shape.params.iter().any(|param| matches!(param, Param::Wipe { .. })) {
            continue;
        }
        let mut pack = unchanged();
        change(&mut pack, table, row.name, |entry| {
            let at = Place { offset: first.offset, size: second.size };
            entry.forms[0].fields.insert(second.path.to_owned(), at);
        });
        let _ = why(&apply(&pack), row.name);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}

#[test]
fn a_guest_that_asks_for_what_is_left_out_is_told_so() {
    let mut pack = unchanged();
    change(&mut pack, Table::Control, PLAIN, |entry| entry.left_out = Some("gone".into()));
    let abi = apply(&pack);
    let number = compiled().control().iter().find(|row| row.name == PLAIN).unwrap().number;
    let options = Options { capabilities: Capabilities::all(), ..Options::default() };
    let fixture = Fixture::of(Arc::new(Proxy::new(Script::default(), abi)), options, 0xc1d0_0001);
    assert_eq!(fixture.control(0x5000_0001, number, 0, 0), Ok(0x56), "NV_ERR_NOT_SUPPORTED");
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_file_that_is_no_pack_or_not_one_for_this_build_says_so() {
    let text = unchanged().to_text();
    let with = |from: &str, to: &str| {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from}");
        Pack::parse(&damaged).unwrap_err()
    };
    assert!(matches!(with("format = 1", "format = 2"), PackError::Format { found: 2, known: 1 }));
    assert!(matches!(with("learned_with = \"0", "learned_with = \"99"), PackError::Newer { .. }));
    assert!(matches!(with("learned_with = \"0", "learned_with = \"x"), PackError::LearnedWith(_)));
    assert!(matches!(with("ancestor = ", "ancester = "), PackError::Malformed { .. }));
    assert!(matches!(with("\nrelease = ", "\nelease = "), PackError::Malformed { .. }));
    assert!(matches!(with("number = 0x27", "number = 0x29"), PackError::Twice { number: 0x29, .. }));
    assert!(matches!(with("number = 0x27", "number = -1"), PackError::Malformed { .. }));
    assert!(matches!(with("number = 0x27", "numbers = 0x27"), PackError::Malformed { .. }));
    assert!(matches!(with("size = 56", "size = -56"), PackError::Malformed { .. }));
    let many: String = (0..5000).map(|n| format!("A{n} = {{ number = {} }}\n", n + 0x10000)).collect();
    assert!(matches!(with("[uvm]\n", &format!("[uvm]\n{many}")), PackError::TooMany { limit: 4096, .. }));
    let forms = "{ struct = \"A\", size = 1 }, ".repeat(9);
    assert!(matches!(with("forms = [", &format!("forms = [{forms}")), PackError::TooMany { limit: 8, .. }));
    let long = text.clone() + &"# \n".repeat(1 << 20);
    assert!(matches!(Pack::parse(&long), Err(PackError::TooLarge { .. })));
    // Of an ancestor that this build does not have.
    let mut pack = unchanged();
    pack.ancestor = version!("999.01.01");
    assert!(matches!(pack.apply(Tree::embedded()), Err(PackError::Ancestor(_))));
}

fn put(directory: &Path, release: DriverVersion, text: &str) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    let path = directory.join(format!("{release}.toml"));
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
}

fn serve(packs: &Packs, release: DriverVersion) -> Result<Option<std::path::PathBuf>, NotServed> {
    packs.serve(Tree::embedded(), release).map(|served| served.pack.map(|found| found.path))
}

#[test]
fn a_release_that_only_a_pack_knows_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let packs = Packs::at(directory.path());
    assert!(matches!(serve(&packs, NEW), Err(NotServed::Unknown(_))), "without one it is not");
    put(directory.path(), NEW, &unchanged().to_text());
    assert_eq!(serve(&packs, NEW).unwrap(), Some(directory.path().join("999.01.02.toml")));
    assert_eq!(packs.releases(), [NEW]);
    // Every other release is served as before.
    assert_eq!(serve(&packs, ANCESTOR).unwrap(), None);
    assert!(matches!(serve(&packs, version!("999.01.03")), Err(NotServed::Unknown(_))));
}

#[test]
fn a_pack_replaces_proved_tables_only_where_its_directory_was_named() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("nvproxy/packs");
    fs::create_dir_all(&directory).unwrap();
    let mut pack = unchanged();
    pack.release = ANCESTOR;
    put(&directory, ANCESTOR, &pack.to_text());
    assert!(serve(&Packs::at(&directory), ANCESTOR).unwrap().is_some());
}

#[test]
fn a_pack_that_others_can_write_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let (packs, path) = (Packs::at(directory.path()), directory.path().join("999.01.02.toml"));
    let refused = || match serve(&packs, NEW) {
        Err(NotServed::Pack(trouble)) => trouble.to_string(),
        other => panic!("{other:?}"),
    };
    put(directory.path(), NEW, &unchanged().to_text());
    assert!(serve(&packs, NEW).is_ok());
    for mode in [0o664, 0o646, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(refused().contains("can be written by others"), "{mode:o}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    for mode in [0o775, 0o757, 0o1777] {
        fs::set_permissions(directory.path(), Permissions::from_mode(mode)).unwrap();
        let why = refused();
        assert!(why.contains("can be written by others"), "{mode:o}");
        assert!(why.ends_with(&format!("; run `chmod go-w {}`", directory.path().display())), "{why}");
    }
    fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    // A link leads to where others may be.
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(&path, elsewhere.path().join("pack")).unwrap();
    symlink(elsewhere.path().join("pack"), &path).unwrap();
    let link = refused();
    assert!(link.contains("is a symbolic link, and a pack is not read through one"), "{link}");
    assert!(!link.contains("may be able to change it"), "{link}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(refused().contains("is not a file"));
    fs::remove_dir(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    assert!(refused().contains("is not a file"), "and nothing waits for its other end");
}

#[test]
fn a_pack_of_another_user_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), NEW, &unchanged().to_text());
    let path = directory.path().join("999.01.02.toml");
    let packs = Packs::at(directory.path());
    match std::os::unix::fs::chown(&path, Some(4711), None) {
        Ok(()) => {
            let error = serve(&packs, NEW).unwrap_err().to_string();
            assert!(error.contains("belongs to user 4711"), "{error}");
        }
        // Only root can give files away; what others then see is shown for root.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
}

#[test]
fn a_bad_pack_costs_its_release_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let packs = Packs::at(directory.path());
    // Also of a release that is known without it: what was put there on purpose is not passed over in silence.
    let inferred = version!("620.06.00");
    for release in [NEW, inferred] {
        for text in ["", "no pack at all", "format = 1\n", &unchanged().to_text().replace("999.01.02", "999.01.09")] {
            put(directory.path(), release, text);
            let error = serve(&packs, release).unwrap_err().to_string();
            assert!(error.contains(&format!("{release}.toml is not used: ")), "{error}");
            assert_eq!(serve(&packs, ANCESTOR).unwrap(), None);
        }
        fs::write(directory.path().join(format!("{release}.toml")), [0xff, 0xfe]).unwrap();
        assert!(serve(&packs, release).unwrap_err().to_string().contains("cannot be read"));
    }
    fs::remove_file(directory.path().join("620.06.00.toml")).unwrap();
    assert_eq!(serve(&packs, inferred).unwrap(), None);
}

#[test]
fn a_releases_pack_is_found_however_its_name_spells_the_release() {
    let directory = tempfile::tempdir().unwrap();
    let packs = Packs::at(directory.path());
    put(directory.path(), NEW, &unchanged().to_text());
    let [padded, bare] = ["999.01.02.toml", "999.1.2.toml"].map(|name| directory.path().join(name));
    fs::rename(&padded, &bare).unwrap();
    for spelling in [NEW, version!("999.1.2")] {
        assert_eq!(serve(&packs, spelling).unwrap(), Some(bare.clone()));
    }
    fs::copy(&bare, &padded).unwrap();
    for spelling in [NEW, version!("999.1.2")] {
        let error = serve(&packs, spelling).unwrap_err().to_string();
        for path in [&bare, &padded] {
            assert!(error.contains(path.to_str().unwrap()), "{error}");
        }
        assert!(error.contains("packs of one release"), "{error}");
    }
    assert_eq!(packs.releases(), [NEW]);
    assert_eq!(packs.strays(), [] as [std::path::PathBuf; 0]);
    for stray in ["README.md", "notes.txt", "620.toml.bak", "newest.toml"] {
        fs::write(directory.path().join(stray), "").unwrap();
    }
    let strays = ["620.toml.bak", "newest.toml", "notes.txt"].map(|name| directory.path().join(name));
    assert_eq!(packs.strays(), strays);
}

/// A program can write what its user can write. So it matters which directory a pack is in.
#[test]
fn it_is_known_who_put_a_pack_where_it_is() {
    let [machine, user] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let standard = Packs::of_machine(machine.path(), Some(user.path().to_owned()));
    let origin = |packs: &Packs| packs.find(NEW).unwrap().unwrap().origin;
    put(user.path(), NEW, &unchanged().to_text());
    assert_eq!(origin(&standard), Origin::User);
    assert_eq!(origin(&Packs::at(user.path())), Origin::Named);
    put(machine.path(), NEW, &unchanged().to_text());
    let root = nix::unistd::geteuid().is_root();
    assert_eq!(origin(&standard), if root { Origin::Root } else { Origin::User });
    if root {
        // Not root's, though it is in the machine's directory: a runtime may be another user.
        std::os::unix::fs::chown(machine.path(), Some(4711), None).unwrap();
        assert!(standard.find(NEW).is_err());
    }
}

#[test]
fn errors_show_where_and_nothing_that_moves_a_cursor() {
    let text = unchanged().to_text();
    let line = text.lines().position(|line| line.contains("size = 56")).unwrap() + 1;
    let error = Pack::parse(&text.replacen("size = 56", "siez = 56", 1)).unwrap_err().to_string();
    assert!(error.starts_with(&format!("it is not a release pack: line {line}: unknown field `siez`")), "{error}");
    let evil = "\u{1b}[2J\u{202e}\u{2028}\u{7}";
    let key = "\\u001B[2J\\u202E\\u2028\\u0007";
    let long = "x".repeat(100_000);
    let twice = format!("[uvm]\n\"{key}\" = {{ number = 27 }}\n\"{key}{long}\" = {{ number = 27 }}\n");
    let newer = format!("learned_with = \"99.0{key}{long}\"");
    let texts = [
        text.replacen("ancestor = ", &format!("\"{key}\" = 1\nancestor = "), 1),
        text.replacen("[uvm]\n", &twice, 1),
        text.replacen("learned_with = \"0", &format!("{newer}\nx = \""), 1),
        text.replacen("learned_with = \"0", &format!("learned_with = \"99.0.{key}{long}"), 1),
    ];
    for text in texts {
        let error = Pack::parse(&text).unwrap_err().to_string();
        assert!(error.len() < 600, "{error}");
        assert!(evil.chars().all(|c| c == '[' || c == '2' || c == 'J' || !error.contains(c)), "{error:?}");
    }
    // Nor do the names of files, or what entries are called.
    let directory = tempfile::tempdir().unwrap();
    let within = directory.path().join(evil);
    fs::create_dir(&within).unwrap();
    put(&within, NEW, "");
    let error = serve(&Packs::at(&within), NEW).unwrap_err().to_string();
    assert!(error.contains("\\u{1b}[2J\\u{202e}\\u{2028}"), "{error}");
    let mut pack = unchanged();
    pack.tables[0].insert(format!("{evil}{long}"), Entry::left_out(0xfff0, format!("{evil}{long}")));
    let abi = apply(&Pack::parse(&pack.to_text()).unwrap());
    let left = abi.left_out().iter().find(|left| left.number == 0xfff0).unwrap();
    assert!(left.name.len() <= 200 && left.why.len() <= 200 && left.why.starts_with("\\u{1b}[2J\\u{202e}"), "{left:?}");
}
