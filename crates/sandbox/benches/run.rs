//! What interception costs, next to what it costs at least: `cargo bench -p sandbox --bench run`.
//!
//! Everything is measured in one go on the same machine, in turn, on one processor and on any. Each number is the least
//! of several rounds. Where the machine has other work to do, the numbers tell of that.

use sandbox::in_process::{Config, Trace};
use sandbox::run::filter::{Intercepted, program};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// So often is everything measured, in turn; the least counts.
const TURNS: usize = 3;
/// So often is a program started both ways, in turn; the least counts.
const STARTS: usize = 50;

/// So many nanoseconds do both sides look at shared memory before they sleep.
const SPIN: &str = "20000";

fn main() -> ExitCode {
    // `cargo test --benches` only wants to know that it starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let directory = tempfile::tempdir().unwrap();
    let calls = directory.path().join("calls");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/calls.c");
    let compiled = Command::new("gcc").args(["-O2", "-o"]).arg(&calls).arg(source).status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("SKIPPED: the cost of interception: gcc is needed");
        return ExitCode::SUCCESS;
    }
    let filter = directory.path().join("filter");
    std::fs::write(&filter, bytes_of_filter()).unwrap();
    for pinned in [true, false] {
        println!("{}", if pinned { "on one processor" } else { "on any processor" });
        interception(pinned, calls.to_str().unwrap(), filter.to_str().unwrap());
    }
    let [proxied, alone] = starts([(&behind(VERSION, &["/bin/true"]), &[]), (&["/bin/true"], &[])]);
    println!("starting /bin/true: {alone:.1?} alone, {proxied:.1?} behind the proxy (at most 25 ms more)");
    clients();
    ExitCode::SUCCESS
}

fn interception(pinned: bool, calls: &str, filter: &str) {
    let kinds: [Vec<&str>; 9] = [
        vec![calls, "floor"],
        vec![calls, "same"],
        vec![calls, "ring"],
        vec![calls, "ring", SPIN],
        vec![calls, "ptrace"],
        vec![calls, "once"],
        behind(VERSION, &[calls]),
        vec![calls, "plain"],
        vec![calls, "under", filter],
    ];
    let mut least: [BTreeMap<String, f64>; 9] = Default::default();
    for _ in 0..TURNS {
        for (words, least) in kinds.iter().zip(&mut least) {
            for (name, nanoseconds) in measure(pinned, words) {
                let known = least.entry(name).or_insert(f64::MAX);
                *known = known.min(nanoseconds);
            }
        }
    }
    let [floor, same, ring, spinning, ptrace, once, proxied, plain, under] = least;
    let (floor, same, ptrace, once) = (floor["floor"], same["same"], ptrace["ptrace"], once["once"]);
    let control = proxied["control"];
    compare("a control, against the least supervisor", control, floor, "at most 1.5");
    compare("  the same system calls without the proxy, against the least supervisor", same, floor, "no bound");
    compare("  the same through shared memory, against by notification", ring["ring"], same, "no bound");
    compare("  through shared memory that both sides watch", spinning["ring"], same, "no bound");
    for (how, tracer) in [("by PTRACE_SYSCALL", ptrace), ("by a filter's PTRACE_EVENT_SECCOMP", once)] {
        compare(&format!("a control {how}, against one by the proxy"), tracer, control, "at least 3");
        compare("  against one by the least supervisor", tracer, floor, "no bound");
    }
    for (name, nanoseconds) in &plain {
        compare(&format!("{name}, under the filter against without"), under[name], *nanoseconds, "at most 1.4");
    }
}

/// NVIDIA's own `nvidia-smi` where `NVPROXY_CLIENTS` names it: behind the proxy, against with proxy and simulator in its
/// own process, where each call is printed to `/dev/null`.
fn clients() {
    let directories = std::env::var("NVPROXY_CLIENTS").unwrap_or_default();
    if directories.is_empty() {
        println!("SKIPPED: how long nvidia-smi takes: NVPROXY_CLIENTS does not say where it is");
    }
    for directory in directories.split(':').filter(|directory| !directory.is_empty()) {
        let preload = preload();
        let version = Path::new(directory).file_name().and_then(|name| name.to_str()).expect("DIR ends with a release");
        let smi = format!("{directory}/nvidia-smi");
        let libraries = ("LD_LIBRARY_PATH", directory);
        let config = Config {
            release: version.parse().expect("DIR ends with a release"),
            capabilities: "compute,utility".to_owned(),
            gpus: None,
            simulate: Some(vec!["h100".to_owned()]),
            only_proved: false,
            packs: None,
            trace: Trace { json: false, colored: false, output: Some("/dev/null".into()), record: None },
            loaded: "/dev/null".into(),
        };
        let (name, value) = config.variable().unwrap();
        let direct = [("LD_PRELOAD", preload.as_str()), (name, value.as_str()), libraries];
        for more in [None, Some("-L"), Some("-q")] {
            let words: Vec<_> = [smi.as_str()].into_iter().chain(more).collect();
            let [proxied, direct] = starts([(&behind(version, &words), &[libraries]), (&words, &direct)]);
            let name = format!("{version}: nvidia-smi {}", more.unwrap_or_default());
            let ratio = proxied.as_secs_f64() / direct.as_secs_f64();
            println!("{}: {proxied:.1?}, {direct:.1?} in its process: {ratio:.2} (at most 1.3)", name.trim_end());
        }
    }
}

/// The library that `trace --in-process` has loaded into a process, built as this was.
fn preload() -> String {
    let built =
        Command::new(env!("CARGO")).args(["build", "--quiet", "--release", "-p", "nvproxy-in-process"]).status();
    assert!(built.is_ok_and(|status| status.success()), "nvproxy-in-process cannot be built");
    let directory = Path::new(env!("CARGO_BIN_EXE_nvproxy")).parent().unwrap();
    directory.join("libnvproxy_in_process.so").to_str().unwrap().to_owned()
}

const VERSION: &str = "535.261.03";

fn behind<'a>(version: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    let proxy =
        [env!("CARGO_BIN_EXE_nvproxy"), "run", "--simulate", "h100", "--driver-version", version, "--log", "off", "--"];
    proxy.into_iter().chain(words.iter().copied()).collect()
}

fn bytes_of_filter() -> Vec<u8> {
    let instructions = program(Intercepted::Ioctls).into_iter();
    let bytes = |code: &nix::libc::sock_filter| {
        let [a, b] = code.code.to_ne_bytes();
        let [w, x, y, z] = code.k.to_ne_bytes();
        [a, b, code.jt, code.jf, w, x, y, z]
    };
    instructions.flat_map(|code| bytes(&code)).collect()
}

/// What a command says that calls cost, in nanoseconds.
fn measure(pinned: bool, words: &[&str]) -> BTreeMap<String, f64> {
    let mut command = Command::new("taskset");
    command.args(if pinned { &["-c", "0"][..] } else { &["-c", "0-1023"][..] }).args(words);
    let output = command.output().expect("taskset is needed");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    text.lines()
        .filter_map(|line| {
            let (name, number) = line.rsplit_once(' ')?;
            Some((name.to_owned(), number.parse().ok()?))
        })
        .collect()
}

fn compare(what: &str, measured: f64, with: f64, bound: &str) {
    println!("  {what}: {measured:.0} ns, {with:.0} ns: {:.2} ({bound})", measured / with);
}

/// A program with its arguments, and what is in its environment.
type Started<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

/// How long two programs take at least.
fn starts(programs: [Started; 2]) -> [Duration; 2] {
    let mut least = [Duration::MAX; 2];
    for _ in 0..STARTS {
        for ((words, environment), least) in programs.iter().zip(&mut least) {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::null());
            let started = Instant::now();
            assert!(command.status().unwrap().success(), "{words:?}");
            *least = started.elapsed().min(*least);
        }
    }
    least
}
