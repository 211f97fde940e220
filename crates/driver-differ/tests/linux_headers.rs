//! Headers of other origin: Linux's user-space API, as the system has it installed.
//!
//! Each is read alone. What gcc takes must come out equal, record by record and constant by constant, or be refused
//! with file and line. `DRIVER_DIFFER_VERBOSE=1` lists every refusal, `2` also the macros
//! that gcc takes for integer constants and the front end leaves out, as C's grammar of them is larger than its own.

mod common;

use common::compare::{Compared, compare};
use common::gcc::{DEBUG, Gcc};
use common::{constants, dwarf, say, setting, skipped};
use driver_differ::extract::Session;
use driver_differ::source::Directory;
use std::collections::BTreeMap;
use std::path::Path;

/// Of the headers that gcc takes, so many in a hundred at least come out exact; the others are refused.
const EXACT_PERCENT: usize = 95;

/// What became of one header.
enum Outcome {
    /// gcc itself does not take it alone.
    NotC,
    Exact(Compared, usize),
    Refused(String),
    Wrong(Vec<String>),
}

#[test]
fn every_linux_header_is_exact_or_refused_with_its_place() {
    let what = "Linux's user-space headers";
    let Some(gcc) = Gcc::find(what) else { return };
    let headers = installed();
    if headers.is_empty() {
        return skipped(what, "they are not installed (package linux-libc-dev)");
    }
    let outcomes = judge_all(&headers, &gcc.own_headers());
    let (mut refused, mut wrong) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    let (mut exact, mut not_c, mut values, mut compared) = (0, 0, 0, Compared::default());
    for (header, outcome) in headers.iter().zip(outcomes) {
        match outcome {
            Outcome::NotC => not_c += 1,
            Outcome::Exact(count, constants) => {
                exact += 1;
                values += constants;
                compared += count;
            }
            Outcome::Refused(error) => refused.entry(reason(&error)).or_default().push(format!("{header}: {error}")),
            Outcome::Wrong(differences) => wrong.push(format!("{header}:\n    {}", differences.join("\n    "))),
        }
    }
    let taken = headers.len() - not_c;
    say(&format!(
        "Linux headers: {} found, {taken} taken by gcc, {exact} exact, {} refused, {} wrong; {} records, {} fields, \
         {} aliases, {values} constants compared",
        headers.len(),
        taken - exact - wrong.len(),
        wrong.len(),
        compared.records,
        compared.fields,
        compared.aliases,
    ));
    for (reason, errors) in &refused {
        say(&format!("  refused {}: {reason}", errors.len()));
        if setting("DRIVER_DIFFER_VERBOSE", 0) > 0 {
            errors.iter().for_each(|e| say(&format!("    {e}")));
        }
    }
    assert!(wrong.is_empty(), "{} headers are silently wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared.records > 0 && values > 0, "something was compared");
    assert!(exact * 100 >= taken * EXACT_PERCENT, "{exact} of {taken} headers are exact");
}

fn installed() -> Vec<String> {
    let mut headers = Vec::new();
    for directory in ["linux", "asm-generic", "drm", "misc", "mtd", "rdma", "scsi", "sound", "video", "xen"] {
        collect(Path::new(&format!("/usr/include/{directory}")), &mut headers);
    }
    collect(Path::new("/usr/include/x86_64-linux-gnu/asm"), &mut headers);
    headers.sort();
    headers
}

fn collect(directory: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "h") {
            into.extend(path.to_str().map(String::from));
        }
    }
}

fn judge_all(headers: &[String], own: &str) -> Vec<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let share = headers.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let work = headers.chunks(share).map(|part| scope.spawn(move || judge_some(part, own)));
        let work: Vec<_> = work.collect();
        work.into_iter().flat_map(|w| w.join().expect("no thread panics")).collect()
    })
}

fn judge_some(headers: &[String], own: &str) -> Vec<Outcome> {
    let gcc = Gcc::find("a share of Linux's headers").expect("it was there before");
    let dirs = [own, "/usr/include/x86_64-linux-gnu", "/usr/include"].map(String::from);
    let tree = Directory::new("/");
    let mut session = Session::new();
    headers.iter().map(|header| judge(header, &dirs, &gcc, &tree, &mut session)).collect()
}

fn judge(header: &str, dirs: &[String], gcc: &Gcc, tree: &Directory, session: &mut Session) -> Outcome {
    let include = format!("#include \"{header}\"\n");
    let domain = match session.extract_files(tree, &[header.to_string()], dirs) {
        Ok((domain, _)) => domain,
        Err(_) if gcc.object(&include, &[]).is_err() => return Outcome::NotC,
        Err(e) => {
            let error = e.to_string();
            let located = error.split(':').nth(1).is_some_and(|line| line.parse::<u32>().is_ok());
            return if located { Outcome::Refused(error) } else { Outcome::Wrong(vec![error]) };
        }
    };
    let names: Vec<&String> = domain.constants.keys().collect();
    let object = match gcc.object(&format!("{include}{}", constants::array_of(&names)), &DEBUG) {
        Ok(object) => object,
        Err(_) if gcc.object(&include, &[]).is_err() => return Outcome::NotC,
        Err(e) => return Outcome::Wrong(vec![format!("gcc does not take our constants: {e}")]),
    };
    let (compared, mut differences) = compare(&domain, &dwarf::read(&object));
    if setting("DRIVER_DIFFER_VERBOSE", 0) > 1 {
        let missed = constants::missed(gcc, &include, &[], &domain.constants);
        let missed: Vec<&String> = missed.iter().filter(|name| !name.starts_with('_')).collect();
        if !missed.is_empty() {
            say(&format!("  {header}: constants left out: {missed:?}"));
        }
    }
    for ((name, ours), theirs) in domain.constants.iter().zip(constants::values_in(&object)) {
        if *ours != theirs {
            differences.push(format!("constant {name}: {ours}, gcc {theirs}"));
        }
    }
    if differences.is_empty() { Outcome::Exact(compared, names.len()) } else { Outcome::Wrong(differences) }
}

/// The message without its place and without where in the text it is, to count by.
fn reason(error: &str) -> String {
    let message = error.splitn(3, ':').nth(2).unwrap_or(error).trim();
    message.split(", near ").next().unwrap_or(message).to_string()
}
