//! One supervisor for a long time: clients are started, work, and are killed at random, and what the supervisor holds
//! must be again what it was. `scripts/soak` runs this.
//!
//! `NVPROXY_SOAK_SECONDS` says for how long; `NVPROXY_CLIENTS` names directories of NVIDIA's own clients
//! (`scripts/fetch-debian-clients`), whose programs take part then.

mod sample;
mod supervised;

use sample::Sample;
use std::path::Path;
use std::time::Duration;
use supervised::Supervised;

const RELEASE: &str = "535.261.03";
/// So many clients at once.
const AT_ONCE: u32 = 8;
/// Until every kind of client has been there several times, many at once.
const WARM_UP: Duration = Duration::from_secs(45);
/// Within this everything that nobody uses any more is to be freed.
const SETTLE: Duration = Duration::from_secs(15);
/// How much more memory there may be in the end. Of the heap: what threads that are new by then remember, and tables that
/// were larger for a while; an hour of clients that lost a hundred bytes each would be three times as much. Of what is
/// resident: the allocator keeps what it has from the system in pieces, and in how many depends on what was going on at
/// once.
const MARGIN_RESIDENT_KIB: u64 = 8 * 1024;
const MARGIN_ALLOCATED: u64 = 1024 * 1024;

#[test]
#[ignore = "takes long: scripts/soak"]
fn what_a_supervisor_holds_is_what_it_was() {
    let seconds = std::env::var("NVPROXY_SOAK_SECONDS").map_or(60, |text| text.parse().expect("NVPROXY_SOAK_SECONDS"));
    let directory = tempfile::tempdir().unwrap();
    let commands = commands(directory.path());
    let mut supervised = Supervised::start(directory.path(), AT_ONCE, &commands);
    let mut most = Sample::default();
    println!("{} kinds of clients, {AT_ONCE} at once", commands.len());
    let warming = supervised.work(WARM_UP, &mut most);
    let before = supervised.settled(SETTLE);
    println!("{:>6} s  {before}", "warm");
    let counts = supervised.work(Duration::from_secs(seconds), &mut most);
    let after = supervised.settled(SETTLE);
    println!("{:>8}  {most}", "at most");
    println!("{:>8}  {before}", "before");
    println!("{:>8}  {after}", "after");
    println!("{} started, {} killed, {} failed in {seconds} s", counts[0], counts[1], counts[2]);
    assert_eq!(supervised.end(), Some(0), "the end of it all");
    assert!(counts[0] > seconds && counts[1] > 0, "there was little to do");
    assert_eq!(counts[2] + warming[2], 0, "clients that nobody killed failed");
    assert!(most.clients > 1, "nobody was a client of the driver's");
    let margin = Sample { resident_kib: MARGIN_RESIDENT_KIB, allocated: MARGIN_ALLOCATED, ..Sample::default() };
    after.is_what_it_was(&before, &margin).unwrap_or_else(|why| panic!("{why}"));
}

/// What is run, as the shell takes it.
fn commands(directory: &Path) -> Vec<String> {
    let guest = compiled(directory, "guest", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run/guest.c"), &["-pthread"]);
    let demo = format!("exec {} demo-guest {RELEASE}", env!("CARGO_BIN_EXE_nvproxy"));
    let part = |words: &str| format!("exec {guest} {words}");
    let mut commands = vec![part("threads 16 50"), part("processes 8"), part("descriptions"), demo.clone(), demo];
    let named = std::env::var("NVPROXY_CLIENTS").unwrap_or_default();
    match named.split(':').find(|path| Path::new(path).file_name().is_some_and(|name| name == RELEASE)) {
        Some(clients) => {
            let probe = compiled(
                directory,
                "cuda-probe",
                concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/clients/cuda-probe.c"),
                &["-ldl"],
            );
            let libraries = format!("HOME={} LD_LIBRARY_PATH={clients} exec", directory.display());
            commands.push(format!("{libraries} {clients}/nvidia-smi -q"));
            commands.push(format!("{libraries} {clients}/nvidia-smi"));
            commands.push(format!("{libraries} {probe}"));
            commands.push(format!("{libraries} {probe}"));
        }
        None => println!("SKIPPED: NVIDIA's own clients in the soak: NVPROXY_CLIENTS names none of {RELEASE}"),
    }
    commands
}

pub(crate) fn compiled(directory: &Path, name: &str, source: &str, more: &[&str]) -> String {
    let program = directory.join(name);
    let mut gcc = std::process::Command::new("gcc");
    gcc.args(["-O1", "-Wall", "-Werror", "-o"]).arg(&program).arg(source).args(more);
    let output = gcc.output().expect("gcc is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program.to_str().unwrap().to_owned()
}
