//! What interception costs, next to what it costs at least: `cargo bench -p sandbox --bench run`.
//!
//! Everything is measured in one go on the same machine, on one processor and on any. Each number is the least of
//! several rounds. Where the machine has other work to do, the numbers tell of that.

use sandbox::run::filter::{Intercepted, program};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

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
        let run = |words: &[&str]| measure(pinned, words);
        let (calls, filter) = (calls.to_str().unwrap(), filter.to_str().unwrap());
        let floor = run(&[calls, "floor"]);
        let ptrace = run(&[calls, "ptrace"]);
        let proxied = run(&behind(&[calls]));
        compare("a control, against the least supervisor", proxied["control"], floor["floor"], "at most 1.5");
        compare("a control, against one by ptrace", proxied["control"], ptrace["ptrace"], "at most 0.33");
        let plain = run(&[calls, "plain"]);
        let under = run(&[calls, "under", filter]);
        for (name, nanoseconds) in &plain {
            compare(&format!("{name}, under the filter against without"), under[name], *nanoseconds, "at most 1.4");
        }
    }
    let starts = |words: &[&str]| (0..30).map(|_| start(words)).min().unwrap_or_default();
    let (alone, proxied) = (starts(&["/bin/true"]), starts(&behind(&["/bin/true"])));
    println!("starting /bin/true: {alone:?} alone, {proxied:?} behind the proxy (at most 25 ms more)");
    ExitCode::SUCCESS
}

fn behind<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let proxy = [env!("CARGO_BIN_EXE_nvproxy"), "run", "--simulate", "h100", "--driver-version", "535.261.03", "--"];
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

fn start(words: &[&str]) -> Duration {
    assert!(Path::new(words[0]).exists());
    let started = Instant::now();
    assert!(Command::new(words[0]).args(&words[1..]).status().unwrap().success());
    started.elapsed()
}
