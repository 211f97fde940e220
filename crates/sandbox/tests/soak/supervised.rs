//! A supervisor whose guest starts others.

use crate::sample::Sample;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How often to look, and to print what was seen.
const LOOK: Duration = Duration::from_millis(250);
const PRINT: Duration = Duration::from_secs(15);
/// What the guest may take longer than it was told.
const LATE: Duration = Duration::from_secs(60);

/// The supervisor, and the lines of its guest.
pub(crate) struct Supervised {
    child: Child,
    input: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    told: Arc<Mutex<Sample>>,
    began: Instant,
}

impl Supervised {
    pub(crate) fn start(directory: &Path, at_once: u32, commands: &[String]) -> Self {
        let starter =
            crate::compiled(directory, "starter", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak/starter.c"), &[]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_nvproxy"));
        command.args(["run", "--simulate", "h100,l4", "--driver-version", crate::RELEASE, "--log", "debug", "--"]);
        command.arg(starter).arg(at_once.to_string()).args(commands).env("NO_COLOR", "1");
        // What the C library keeps for each thread would count as in use.
        command.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let said = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || said.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let told = Arc::new(Mutex::new(Sample::default()));
        let (log, last) = (BufReader::new(child.stderr.take().unwrap()), told.clone());
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                match Sample::told(&line) {
                    Some(sample) => *last.lock().unwrap() = sample,
                    // What guests say, and what the supervisor warns of, but for what guests may not do.
                    None if !line.trim_start().starts_with("DEBUG") && !line.contains("refused") => println!("{line}"),
                    None => {}
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, lines, told, began: Instant::now() }
    }

    fn sample(&self) -> Sample {
        Sample::of(self.child.id(), &self.told.lock().unwrap())
    }

    /// Has it work for so long. How many clients it started and killed, and how many failed.
    pub(crate) fn work(&mut self, time: Duration, most: &mut Sample) -> [u64; 3] {
        let began = Instant::now();
        let mut printed = began;
        writeln!(self.input.as_mut().unwrap(), "{}", time.as_secs()).unwrap();
        loop {
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => {
                    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
                    return numbers.try_into().unwrap_or_else(|_| panic!("the guest said {line:?}"));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(error) => panic!("the guest ended: {error}: {:?}", self.child.try_wait()),
            }
            let sample = self.sample();
            most.most(&sample);
            if printed.elapsed() > PRINT {
                printed = Instant::now();
                println!("{:>6} s  {sample}", self.began.elapsed().as_secs());
            }
            if began.elapsed() > time + LATE {
                self.child.kill().unwrap();
                panic!("the guest does not come to an end");
            }
        }
    }

    /// What it holds when nobody does anything.
    pub(crate) fn settled(&self, time: Duration) -> Sample {
        thread::sleep(time);
        self.sample()
    }

    /// Ends it. Its exit status.
    pub(crate) fn end(&mut self) -> Option<i32> {
        drop(self.input.take());
        let began = Instant::now();
        while began.elapsed() < LATE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            thread::sleep(LOOK);
        }
        None
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Its guests go with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
