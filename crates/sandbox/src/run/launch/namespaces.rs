//! The namespaces of a guest, and what it may do in them.

use crate::run::errno::errno;
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use rustix::thread::{CapabilitySet, CapabilitySets};

/// Enters a user and a mount namespace of its own, as the same user. On failure says whether it was the maps.
///
/// One user and one group are mapped, the caller's, to themselves: that is what anybody may do, and what needs no helper
/// programs. Files of others appear as `nobody`'s; access to them is as it was.
pub(super) fn enter() -> Result<(), (bool, Errno)> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).map_err(|errno| (false, errno))?;
    let write = |path: &str, text: String| {
        std::fs::write(path, text).map_err(|error| (true, Errno::from_raw(error.raw_os_error().unwrap_or(0))))
    };
    // Else a group could be given up that is there to deny something: the kernel wants that ruled out.
    write("/proc/self/setgroups", "deny".into())?;
    write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Gives up all capabilities, those in the new user namespace included, for good.
///
/// With them a guest that is root could take away what is mounted over the host's device files. In a namespace that it
/// makes further down it cannot: mounts from above are locked there.
pub(super) fn give_up_privileges() -> Result<(), Errno> {
    rustix::thread::set_no_new_privs(true).map_err(errno)?;
    drop_capabilities()
}

/// Gives up all capabilities of this thread, for good.
pub(crate) fn drop_capabilities() -> Result<(), Errno> {
    rustix::thread::clear_ambient_capability_set().map_err(errno)?;
    for number in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        // Without the capability to do so there is nothing to be gained by new privileges, which are off.
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) | Err(rustix::io::Errno::PERM) => {}
            // Beyond the last.
            Err(rustix::io::Errno::INVAL) => break,
            Err(error) => return Err(errno(error)),
        }
    }
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).map_err(errno)
}
