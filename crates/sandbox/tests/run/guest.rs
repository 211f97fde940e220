//! Guests: a small C program, and the proxy in front of it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// No test should take so long.
const LONG: Duration = Duration::from_secs(90);

/// Where everybody may look, whatever directory the build is in. It goes with this process, however that ends: a shell
/// waits for the end.
fn place() -> &'static PathBuf {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::process::CommandExt;
        let place = tempfile::Builder::new().prefix("nvproxy-run-").tempdir().unwrap().keep();
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut sweeper = Command::new("sh");
        sweeper
            .args(["-c", "read -r end; until rm -rf -- \"$1\"; do sleep 0.1; done", "sh"])
            .arg(&place)
            .process_group(0);
        let sweeper = sweeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Nobody else has the other end, and it is never closed before.
        std::mem::forget(sweeper);
        place
    })
}

/// The guest, compiled.
pub(crate) fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = place().join("guest");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/run/guest.c");
        let mut gcc = Command::new("gcc");
        gcc.args(["-O1", "-Wall", "-Werror", "-pthread", "-o"]).arg(&program).arg(source).arg("-lutil");
        let output = gcc.output().expect("gcc is needed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program
    })
}

/// The command itself, where other users can run it.
pub(crate) fn nvproxy() -> &'static PathBuf {
    static NVPROXY: OnceLock<PathBuf> = OnceLock::new();
    NVPROXY.get_or_init(|| {
        let copy = place().join("nvproxy");
        // By another process: a descriptor for writing that a child inherits for a moment would keep it from being run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_nvproxy")).arg(&copy).status().unwrap();
        assert!(copied.success());
        copy
    })
}

/// A program behind the proxy, with a simulated GPU.
pub(crate) fn behind<S: AsRef<OsStr>>(program: &[S]) -> Command {
    let mut command = Command::new(nvproxy());
    command.args(["run", "--simulate", "h100", "--driver-version", "535.261.03", "--log", "off", "--"]).args(program);
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("{self:?}"))
    }
}

/// Runs a command to its end. It is killed, and the test fails, if that does not come.
pub(crate) fn end(mut command: Command) -> Ended {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let out = thread::spawn(move || text(&mut stdout));
    let err = thread::spawn(move || text(&mut stderr));
    let status = wait(&mut child);
    Ended { status, stdout: out.join().unwrap(), stderr: err.join().unwrap() }
}

fn text(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits for a child, not for ever.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if started.elapsed() > LONG {
            child.kill().unwrap();
            panic!("it did not end");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a part of the guest that judges itself: it must find everything as it should be.
pub(crate) fn fine(part: &[&str]) -> Ended {
    let mut words = vec![program().to_str().unwrap()];
    words.extend(part);
    let ended = end(behind(&words));
    for line in ended.stdout.lines().filter(|line| line.starts_with("SKIPPED")) {
        println!("{line}");
    }
    assert_eq!(ended.code(), 0, "{part:?}: {ended:#?}");
    ended
}

/// A guest that is talked to.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(part: &[&str]) -> Self {
        let mut words = vec![program().to_str().unwrap()];
        words.extend(part);
        let mut child = behind(&words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Lets it go on from where it waits for that.
    pub(crate) fn go_on(&mut self) {
        use std::io::Write;
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// How many descriptors and threads the supervisor has.
    pub(crate) fn supervisor(&self) -> (usize, usize) {
        let count = |what| std::fs::read_dir(format!("/proc/{}/{what}", self.child.id())).unwrap().count();
        (count("fd"), count("task"))
    }
}
