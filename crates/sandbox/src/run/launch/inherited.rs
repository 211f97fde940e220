//! What a guest is started with that leads past its own `/dev`: a directory that was opened before another one was
//! mounted in its place is still the host's.

use nix::errno::Errno;
use nix::libc;
use std::ffi::OsStr;
use std::fs::{File, metadata, read_dir, read_link};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

const DEVICES: &str = "/dev";

/// Has the working directory, and every descriptor of a directory, that is the host's `/dev` or below it be what has the
/// same path now. Where that is nothing, the guest works in `/`, and the descriptor is closed.
pub(super) fn leave_the_hosts_devices() -> Result<(), Errno> {
    leave().map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
}

fn leave() -> io::Result<()> {
    let here = read_link("/proc/self/cwd")?;
    if here.starts_with(DEVICES) {
        std::env::set_current_dir(here).or_else(|_| std::env::set_current_dir("/"))?;
    }
    let descriptors: Vec<_> = read_dir("/proc/self/fd")?.collect::<Result<_, _>>()?;
    for descriptor in descriptors {
        // The listing's own is gone by now.
        let Ok(path) = read_link(descriptor.path()) else { continue };
        if path.starts_with(DEVICES)
            && metadata(descriptor.path()).is_ok_and(|it| it.is_dir())
            && let Some(number) = number(&descriptor.file_name())
        {
            replace(number, &path)?;
        }
    }
    Ok(())
}

fn number(name: &OsStr) -> Option<RawFd> {
    name.to_str()?.parse().ok()
}

fn replace(descriptor: RawFd, path: &Path) -> io::Result<()> {
    let done = match File::open(path) {
        // SAFETY: the descriptor is one that this process was started with, which nothing in it owns.
        Ok(now) => unsafe { libc::dup2(now.as_raw_fd(), descriptor) },
        // SAFETY: as above.
        Err(_) => unsafe { libc::close(descriptor) },
    };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
