//! A word to root.

use crate::doctor::container;
use std::io::{IsTerminal, stderr};
use std::path::Path;

const NOTICE: &str = "root's files are the program's, too, and some of them lead out of the sandbox, such as \
                      programs that others run: run it as another user, or in a container";

/// What a person should know who runs a program as the machine's root. In a log it would be in the way.
pub(super) fn notice() -> Option<&'static str> {
    (stderr().is_terminal() && is_the_machines(Path::new("/"))).then_some(NOTICE)
}

/// Whether this process is root, of no namespace and no container, with all of root's capabilities.
fn is_the_machines(root: &Path) -> bool {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let status = read("proc/self/status");
    let field =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    let effective = field("Uid:").split_whitespace().nth(1) == Some("0");
    let all_users = read("proc/self/uid_map").split_whitespace().eq(["0", "0", "4294967295"]);
    let last: Option<u32> = read("proc/sys/kernel/cap_last_cap").trim().parse().ok();
    let all = last.and_then(|last| u64::MAX.checked_shr(63u32.checked_sub(last)?));
    let capabilities = u64::from_str_radix(&field("CapEff:"), 16).ok();
    effective && all_users && all.is_some() && capabilities == all && container(root).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_told_where_it_is_the_machines() {
        let told = |changes: &[(&str, &str)]| {
            let root = tempfile::tempdir().unwrap();
            let put = |path: &str, text: &str| {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            put("proc/self/status", "Name:\tnvproxy\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n");
            put("proc/self/uid_map", "         0          0 4294967295\n");
            put("proc/sys/kernel/cap_last_cap", "40\n");
            put("proc/1/environ", "HOME=/\0TERM=linux\0");
            changes.iter().for_each(|(path, text)| put(path, text));
            is_the_machines(root.path())
        };
        assert!(told(&[]));
        for change in [
            ("proc/self/status", "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t000001ffffffffff\n"),
            ("proc/self/status", "Uid:\t0\t1000\t0\t1000\nCapEff:\t000001ffffffffff\n"),
            // Docker's.
            ("proc/self/status", "Uid:\t0\t0\t0\t0\nCapEff:\t00000000a80425fb\n"),
            ("proc/self/uid_map", "         0       1000          1\n"),
            ("proc/sys/kernel/cap_last_cap", ""),
            (".dockerenv", ""),
            ("proc/1/environ", "container=lxc\0"),
        ] {
            assert!(!told(&[change]), "{change:?}");
        }
    }
}
