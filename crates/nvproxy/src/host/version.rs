//! Which release the host's driver is.
//!
//! [`driver_version`] asks the driver itself: it cannot be misled by what is mounted over `/proc` and `/sys`, and is
//! right also while a new driver is installed but not loaded yet. The texts of those files are read by
//! [`version_of_proc`] and [`version_of_module`], for where the driver may not be asked.

use super::{Call, HostDriver, Node};
use crate::abi::numbers::NV_ESC_CHECK_VERSION_STR;
use crate::abi::structs::nv_ioctl_rm_api_version_t;
use crate::abi::types::NvU32;
use nix::errno::Errno;
use version_tree::{DriverVersion, VersionError};
use zerocopy::{FromZeros, IntoBytes};

/// `NV_RM_API_VERSION_CMD_STRICT`: is the driver of the version that the caller tells? If not, it says of which it is.
const STRICT: NvU32 = 0;
/// `NV_RM_API_VERSION_CMD_QUERY`, since 530.30.02: of which version is the driver? Before, the same number was
/// `NV_RM_API_VERSION_CMD_OVERRIDE`: take any version, and say nothing.
const QUERY: NvU32 = b'2' as NvU32;
/// `NV_RM_API_VERSION_REPLY_RECOGNIZED`.
const RECOGNIZED: NvU32 = 1;

/// Why the version of the host's driver is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverVersionError {
    /// `/dev/nvidiactl` cannot be opened.
    #[error("cannot open {node} to ask the driver for its version: {0}; is the driver loaded, and may this process open the file?", node = Node::Control)]
    Open(Errno),
    /// The driver, or a filter of system calls in front of it, refused to answer.
    #[error("the driver did not tell its version (NV_ESC_CHECK_VERSION_STR failed): {0}")]
    Refused(Errno),
    /// What answered does not behave like NVIDIA's driver.
    #[error("what answers behind {node} is not NVIDIA's driver: it replied {0} to NV_ESC_CHECK_VERSION_STR, not {RECOGNIZED}", node = Node::Control)]
    Reply(u32),
    /// There is no version in the text.
    #[error("no driver version in {0:?}")]
    Missing(String),
    /// What should be a version is none.
    #[error(transparent)]
    Malformed(#[from] VersionError),
}

/// Asks a driver for its version.
///
/// Drivers before 530.30.02 write a message to the kernel's log when they are asked.
///
/// Compare src/nvidia/arch/nvalloc/unix/src/osapi.c:RmPerformVersionCheck(), and kernel-open/nvidia/nv.c:nvidia_ioctl(),
/// which gives the parameters back also when it fails.
///
/// # Errors
/// The control file cannot be opened, or what it answers is not the version of a driver.
pub fn driver_version<D: HostDriver>(driver: &D) -> Result<DriverVersion, DriverVersionError> {
    let file = driver.open(Node::Control).map_err(DriverVersionError::Open)?;
    let answer = ask(driver, &file, QUERY)?;
    let answer = if answer.versionString[0] == 0 {
        // It took the request to say nothing; a version that no driver has makes it speak.
        ask(driver, &file, STRICT)?
    } else {
        answer
    };
    let text = answer.versionString;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    Ok(String::from_utf8_lossy(&text[..end]).parse()?)
}

/// `NV_ESC_CHECK_VERSION_STR` with an empty version.
fn ask<D: HostDriver>(driver: &D, file: &D::File, cmd: NvU32) -> Result<nv_ioctl_rm_api_version_t, DriverVersionError> {
    let mut params = nv_ioctl_rm_api_version_t { cmd, ..FromZeros::new_zeroed() };
    let size = size_of_val(&params);
    let request = super::frontend_request(NV_ESC_CHECK_VERSION_STR, size);
    let mut call = Call::new(request, params.as_mut_bytes(), Some(0..size), &[], &[]);
    match driver.ioctl(file, &mut call) {
        Ok(_) => {}
        // A version of another driver than this one.
        Err(Errno::EINVAL) if cmd == STRICT && params.reply == RECOGNIZED => {}
        Err(errno) => return Err(DriverVersionError::Refused(errno)),
    }
    if params.reply == RECOGNIZED { Ok(params) } else { Err(DriverVersionError::Reply(params.reply)) }
}

/// The version in the text of `/proc/driver/nvidia/version`.
///
/// The driver is named in a line of its own, in words that differ from one to the other; the version is the first word
/// that is one (compare kernel-open/nvidia/nv-procfs.c:nv_procfs_read_version()).
///
/// ```
/// let text = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.211.01  Release Build\n\
///             GCC version:  gcc version 12.2.0\n";
/// assert_eq!(nvproxy::version_of_proc(text)?, version_tree::version!("570.211.01"));
/// # Ok::<(), nvproxy::DriverVersionError>(())
/// ```
///
/// # Errors
/// There is no such line, or no version in it.
pub fn version_of_proc(text: &str) -> Result<DriverVersion, DriverVersionError> {
    let line = text.lines().find_map(|line| line.strip_prefix("NVRM version:"));
    let version = line.and_then(|line| line.split_ascii_whitespace().find_map(|word| word.parse().ok()));
    version.ok_or_else(|| DriverVersionError::Missing(excerpt(line.unwrap_or(text))))
}

/// The version in the text of `/sys/module/nvidia/version`.
///
/// # Errors
/// It is none.
pub fn version_of_module(text: &str) -> Result<DriverVersion, DriverVersionError> {
    match text.trim() {
        "" => Err(DriverVersionError::Missing(String::new())),
        text => Ok(text.parse()?),
    }
}

/// As much of a text as an error repeats.
fn excerpt(text: &str) -> String {
    text.trim().chars().take(80).collect()
}
