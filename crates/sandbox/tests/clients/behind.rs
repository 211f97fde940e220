//! NVIDIA's programs of a release, and the proxy in front of them.

use nvproxy::abi::Abi;
use rm_sim::{Profile, Simulator};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};
use version_tree::Tree;

/// No program should take so long.
const LONG: Duration = Duration::from_secs(240);

/// Whose programs they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Myself,
    /// Who owns nothing.
    Nobody,
}

const NOBODY: u32 = 65534;
const LIBRARY: &str = "libnvproxy_in_process.so";

/// What stands before the driver.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// `nvproxy run`.
    Sandbox,
    /// `nvproxy trace --in-process`.
    InProcess,
}

/// The programs of a release.
pub(crate) struct Behind {
    pub(crate) version: &'static str,
    clients: PathBuf,
    user: As,
    way: Way,
    /// The programs' home: nothing is in there.
    pub(crate) home: tempfile::TempDir,
}

/// The directory of release packs that are to be in force in place of the compiled tables.
fn packs() -> Option<OsString> {
    std::env::var_os("NVPROXY_CLIENTS_PACKS")
}

impl Behind {
    /// Makes a check with the programs of a release, if they are at hand.
    pub(crate) fn each(version: &'static str, way: Way, check: fn(&Behind)) {
        let named = std::env::var("NVPROXY_CLIENTS").unwrap_or_default();
        let found = named.split(':').map(Path::new).find(|path| path.file_name().is_some_and(|name| name == version));
        match found {
            Some(clients) => check(&Self::new(version, clients.to_owned(), As::Myself, way)),
            None => println!("SKIPPED: a check with NVIDIA's programs: NVPROXY_CLIENTS names none of {version}"),
        }
    }

    fn new(version: &'static str, clients: PathBuf, user: As, way: Way) -> Self {
        let home = tempfile::Builder::new().prefix("home-").tempdir_in(place()).unwrap();
        if user == As::Nobody {
            std::os::unix::fs::chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { version, clients, user, way, home }
    }

    /// The same programs as somebody else.
    pub(crate) fn run_as(&self, user: As) -> Self {
        Self::new(self.version, self.clients.clone(), user, self.way)
    }

    pub(crate) fn user(&self) -> u32 {
        if self.user == As::Nobody { NOBODY } else { nix::unistd::geteuid().as_raw() }
    }

    /// The GPUs' identities.
    pub(crate) fn uuids(&self, profiles: &[&str]) -> Vec<String> {
        let profiles: Vec<_> = profiles.iter().map(|name| Profile::named(name).unwrap()).collect();
        let abi = Abi::compose(Tree::embedded(), self.version.parse().unwrap()).unwrap();
        Simulator::new(abi, &profiles).unwrap().uuids()
    }

    /// Runs a program behind the proxy. It must succeed, and the proxy have nothing to say but how well it knows the release.
    /// What it prints.
    pub(crate) fn fine(&self, profiles: &str, options: &[&str], program: &[&str]) -> String {
        let (command, more) = match self.way {
            Way::Sandbox => ("run", vec![]),
            Way::InProcess => ("trace", vec!["--output", "/dev/null"]),
        };
        let (output, errors) = self.succeeds(command, profiles, &[&more, options].concat(), program);
        let pack = packs().map(|_| format!("note: driver {} is proved by a release pack", self.version));
        let way = (self.way == Way::InProcess).then(|| "note: --in-process is no boundary".to_owned());
        let expected: Vec<_> = pack.into_iter().chain(way).collect();
        let lines: Vec<_> = errors.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{program:?}: {errors}");
        assert!(lines.iter().zip(&expected).all(|(line, note)| line.starts_with(note)), "{program:?}: {errors}");
        output
    }

    /// Runs a program behind the proxy, which must succeed. What is printed on stdout and on stderr.
    pub(crate) fn succeeds(
        &self,
        command: &str,
        profiles: &str,
        options: &[&str],
        program: &[&str],
    ) -> (String, String) {
        let path = match program[0] {
            "cuda-probe" => probe().clone(),
            name => self.clients.join(name),
        };
        let mut all = Command::new("setpriv");
        if self.user == As::Nobody {
            all.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        }
        all.arg(nvproxy()).arg(command);
        if self.way == Way::InProcess {
            all.arg("--in-process");
        }
        all.args(["--simulate", profiles, "--driver-version", self.version]).args(options);
        all.args(packs().into_iter().flat_map(|packs| ["--packs".into(), packs]));
        all.arg("--").arg(path).args(&program[1..]);
        all.env("LD_LIBRARY_PATH", &self.clients).env("HOME", self.home.path()).env_remove("TMPDIR");
        let began = Instant::now();
        let mut child = all.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let out = thread::spawn(move || text(&mut out));
        let err = thread::spawn(move || text(&mut err));
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LONG {
                child.kill().unwrap();
                panic!("{program:?} does not end: {}", out.join().unwrap());
            }
            thread::sleep(Duration::from_millis(5));
        };
        let (output, errors) = (out.join().unwrap(), err.join().unwrap());
        assert!(status.success(), "{program:?} of {}, {profiles}: {status}\n{output}{errors}", self.version);
        let user = if self.user == As::Nobody { ", as nobody" } else { "" };
        let way = if self.way == Way::InProcess { " in process" } else { "" };
        let words = [&[command], options, program].concat().join(" ");
        println!("{}, {profiles}{user}{way}: {words}: {} ms", self.version, began.elapsed().as_millis());
        (output, errors)
    }
}

fn text(from: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where everybody may look, whatever directory the build is in.
pub(crate) fn place() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let place = tempfile::Builder::new().prefix("nvproxy-clients-").tempdir().unwrap().keep();
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
        place
    })
}

/// The command itself, where other users can run it.
fn nvproxy() -> &'static PathBuf {
    static NVPROXY: OnceLock<PathBuf> = OnceLock::new();
    NVPROXY.get_or_init(|| {
        let copy = place().join("nvproxy");
        // By another process: a descriptor for writing that a child inherits for a moment would keep it from being run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_nvproxy")).arg(&copy).status().unwrap();
        assert!(copied.success());
        // Beside it, the library that is loaded into programs. Cargo builds it for these tests.
        let built = Path::new(env!("CARGO_BIN_EXE_nvproxy")).parent().unwrap().join("deps").join(LIBRARY);
        std::fs::copy(&built, place().join(LIBRARY)).unwrap_or_else(|error| panic!("{}: {error}", built.display()));
        copy
    })
}

/// A small program over libcuda.
fn probe() -> &'static PathBuf {
    static PROBE: OnceLock<PathBuf> = OnceLock::new();
    PROBE.get_or_init(|| {
        let program = place().join("cuda-probe");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/clients/cuda-probe.c");
        let output = Command::new("gcc").args(["-O1", "-o"]).arg(&program).args([source, "-ldl"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program
    })
}
