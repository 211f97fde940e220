//! Starting a program that the library is loaded into.

use super::config::Config;
use crate::run::{Ended, Signals};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the library is called.
const LIBRARY: &str = "libnvproxy_in_process.so";
/// Where it is, from the directory that the command is in.
const PLACES: [&str; 3] = ["", "../lib/nvproxy", "../lib"];

/// The library that belongs to this command.
///
/// # Errors
/// It is nowhere that it should be.
fn library() -> Result<PathBuf> {
    let own = std::env::current_exe().and_then(|path| path.canonicalize()).context("/proc is not mounted")?;
    let directory = own.parent().unwrap_or(Path::new("/"));
    let found = PLACES.iter().map(|place| directory.join(place).join(LIBRARY)).find(|path| path.exists());
    let Some(path) = found else {
        bail!(
            "{LIBRARY} is neither beside {} nor in ../lib: build it with `cargo build -p nvproxy-in-process`",
            own.display()
        )
    };
    // The loader takes spaces and colons for the ends of names.
    if path.as_os_str().as_encoded_bytes().iter().any(|byte| b" :".contains(byte)) {
        bail!("{}: the loader takes no library from a path with spaces or colons", path.display());
    }
    Ok(path)
}

/// Runs a program with the library loaded into it and all that it starts, and waits for its end.
///
/// # Errors
/// There is no library, or the program could not be waited for.
pub fn start(config: &Config, command: &[OsString]) -> Result<Ended> {
    let library = library()?;
    let (program, arguments) = command.split_first().context("which program? Name it after `--`")?;
    let others = std::env::var_os("LD_PRELOAD").filter(|others| !others.is_empty());
    let preload =
        others.iter().fold(library.into_os_string(), |all, other| [&all, other.as_os_str()].join(OsStr::new(":")));
    let (name, value) = config.variable()?;
    let before = nix::sys::signal::SigSet::thread_get_mask()?;
    let signals = Signals::keep()?;
    let mut starting = Command::new(program);
    starting.args(arguments).env("LD_PRELOAD", preload).env(name, value);
    let mut child = match with_mask(&mut starting, before).spawn() {
        Ok(child) => child,
        Err(error) => return Ok(Ended::NotRun(Errno::from_raw(error.raw_os_error().unwrap_or(0)))),
    };
    let process = Pid::from_child(&child);
    let ended =
        pidfd_open(process, PidfdFlags::empty()).context("pidfd_open").and_then(|pidfd| signals.wait(process, &pidfd));
    if ended.is_err() {
        let _ = child.kill();
    }
    ended
}

/// Gives the program the signal mask that this process had: the standard library leaves the mask as it is.
#[allow(unsafe_code)]
fn with_mask(command: &mut Command, mask: nix::sys::signal::SigSet) -> &mut Command {
    // SAFETY: between fork and exec, one system call is made, and nothing is allocated.
    unsafe { command.pre_exec(move || mask.thread_set_mask().map_err(std::io::Error::from)) }
}
