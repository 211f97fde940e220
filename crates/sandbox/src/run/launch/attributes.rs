//! Attributes of mounts that `mount(2)` cannot set for a whole tree.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::libc;
use std::ffi::CStr;

/// What changes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute {
    /// Nothing is shared with other mount namespaces, and device files cannot be opened, in the mount and in all below it.
    OwnWithoutDevices,
    /// Device files can be opened, in this mount alone.
    Devices,
    /// Nothing can be written, in the mount and in all below it.
    ReadOnly,
}

/// Changes an attribute of the mount at a path (`mount_setattr(2)`, Linux 5.12).
///
/// # Errors
/// The kernel's; `EINVAL` if nothing is mounted at the path.
pub(crate) fn set_attribute(path: &CStr, attribute: Attribute) -> Result<(), Errno> {
    let (attr_set, attr_clr, propagation, flags) = match attribute {
        Attribute::OwnWithoutDevices => (libc::MOUNT_ATTR_NODEV, 0, libc::MS_PRIVATE, libc::AT_RECURSIVE),
        Attribute::Devices => (0, libc::MOUNT_ATTR_NODEV, 0, 0),
        Attribute::ReadOnly => (libc::MOUNT_ATTR_RDONLY, 0, 0, libc::AT_RECURSIVE),
    };
    let attributes = libc::mount_attr { attr_set, attr_clr, propagation, userns_fd: 0 };
    // SAFETY: the path ends with a zero byte and the attributes are of the size that is said; the kernel only reads both,
    // and both outlive the call.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of_val(&attributes),
        )
    };
    Errno::result(done).map(drop)
}
