//! `nvproxy trace --in-process`, of small programs in front of a simulated driver. NVIDIA's own programs are in the tests
//! `clients`.

use rm_sim::trace::{Header, Record};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const LIBRARY: &str = "libnvproxy_in_process.so";

/// Asks which GPUs there are, on the control file, and with `again` once more in a child; or removes a path.
const PROGRAM: &str = r#"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
static int asks(void) {
    unsigned char cards[32 * 72] = {0};
    int fd = open("/dev/nvidiactl", O_RDWR | O_CLOEXEC), copy = dup(fd);
    if (fd < 0 || copy < 0) return 1;
    close(fd);
    int done = ioctl(copy, 3u << 30 | sizeof cards << 16 | 'F' << 8 | 200, cards);
    printf("%d %d\n", done, cards[0]);
    fflush(stdout);
    return done != 0;
}
int main(int count, char **words) {
    if (count > 2 && !strcmp(words[1], "remove")) return remove(words[2]) != 0;
    int failed = asks(), status = 0;
    if (count > 1 && !strcmp(words[1], "again")) {
        if (fork() == 0) _exit(asks());
        wait(&status);
    }
    return failed || status;
}
"#;

/// The command with its library beside it, and a directory for whatever else there is.
struct Place(TempDir);

impl Place {
    fn new(with_library: bool) -> Self {
        let place = tempfile::tempdir().unwrap();
        let built = Path::new(env!("CARGO_BIN_EXE_nvproxy"));
        let copy = |from: &Path| {
            // By another process: a descriptor for writing that a child inherits for a moment would keep it from being run.
            assert!(Command::new("cp").arg(from).arg(place.path()).status().unwrap().success());
        };
        copy(built);
        if with_library {
            // Cargo builds it for these tests, and leaves it there.
            copy(&built.parent().unwrap().join("deps").join(LIBRARY));
        }
        Self(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn compile(&self, options: &[&str]) -> PathBuf {
        let program = self.path("program");
        std::fs::write(self.path("program.c"), PROGRAM).unwrap();
        let output =
            Command::new("gcc").args(options).arg("-o").arg(&program).arg(self.path("program.c")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        program
    }

    fn trace(&self, options: &[&str], program: &[&str]) -> Output {
        let mut nvproxy = Command::new(self.path("nvproxy"));
        nvproxy.args(["trace", "--in-process", "--simulate", "h100", "--driver-version", "550.54.15"]);
        nvproxy.args(options).arg("--").args(program).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The calls of a trace that was recorded.
fn recorded(path: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(serde_json::from_str::<Header>(first).unwrap().driver, "550.54.15");
    rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn calls_are_served_printed_and_recorded() {
    let place = Place::new(true);
    let (program, record) = (place.compile(&[]), place.path("record"));
    let output = place.trace(&["--record", record.to_str().unwrap()], &[program.to_str().unwrap()]);
    // The first byte says that there is a GPU.
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "0 1\n"), "{output:?}");
    let trace = text(&output.stderr);
    assert!(trace.contains("NV_ESC_CARD_INFO") && trace.contains("is no boundary"), "{trace}");
    let records = recorded(&record);
    assert_eq!(records.iter().map(|record| record.request & 0xff).collect::<Vec<_>>(), [200]);
}

#[test]
fn a_child_has_a_trace_of_its_own() {
    let place = Place::new(true);
    let (program, record) = (place.compile(&[]), place.path("record"));
    let output = place.trace(&["--record", record.to_str().unwrap()], &[program.to_str().unwrap(), "again"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "0 1\n0 1\n"), "{output:?}");
    let names = std::fs::read_dir(place.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut records: Vec<_> = names.filter(|name| name.to_str().unwrap().starts_with("record")).collect();
    records.sort();
    assert_eq!(records.len(), 2, "{records:?}");
    assert!(records.iter().all(|name| recorded(&place.0.path().join(name)).len() == 1));
}

#[test]
fn the_status_is_the_programs() {
    let place = Place::new(true);
    let status = |program: &[&str]| place.trace(&[], program).status.code();
    assert_eq!(status(&["sh", "-c", "exit 7"]), Some(7));
    assert_eq!(status(&["sh", "-c", "kill -TERM $$"]), Some(128 + 15));
    assert_eq!(status(&["/nonexistent"]), Some(127));
    // The command keeps signals back; the program does not.
    assert_eq!(status(&["grep", "-q", "^SigBlk:\t0*$", "/proc/self/status"]), Some(0));
}

#[test]
fn a_program_removes_directories_as_ever() {
    let place = Place::new(true);
    let (program, directory) = (place.compile(&[]), place.path("directory"));
    std::fs::create_dir(&directory).unwrap();
    let output = place.trace(&[], &[program.to_str().unwrap(), "remove", directory.to_str().unwrap()]);
    assert!(output.status.success() && !directory.exists(), "{output:?}");
}

#[test]
fn a_program_that_loads_no_library_is_told_of() {
    let place = Place::new(true);
    let program = place.compile(&["-static"]);
    let output = place.trace(&[], &[program.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("nothing was traced"), "{output:?}");
}

#[test]
fn a_missing_library_is_named() {
    let place = Place::new(false);
    let output = place.trace(&[], &["true"]);
    assert_eq!(output.status.code(), Some(125), "{output:?}");
    assert!(text(&output.stderr).contains(LIBRARY), "{output:?}");
}
