//! One type of error numbers.

use nix::errno::Errno;

/// What a call made with `rustix` failed with, as everything else here has it.
pub(crate) fn errno(error: rustix::io::Errno) -> Errno {
    Errno::from_raw(error.raw_os_error())
}
