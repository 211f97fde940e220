//! Which ioctls the process of a proxy makes, for a filter of its own system calls.
//!
//! [`ioctls`] derives them from the tables that the proxy goes by, so the kernel refuses what the proxy should never
//! have forwarded. [`Rule`]s are plain data for whatever makes a runtime's filter; with the feature `seccomp`,
//! [`program`] compiles them with the crate `seccompiler`.
//!
//! A filter sees numbers, not what they mean: neither which file an ioctl is for nor what its argument leads to. It is
//! a second wall behind the proxy, not a proxy.

#[cfg(feature = "seccomp")]
mod compile;

#[cfg(feature = "seccomp")]
pub use compile::{FilterError, ioctl_rules, mmap_rules, program};
/// The crate whose types [`program`] takes and gives.
#[cfg(feature = "seccomp")]
pub use seccompiler;

use crate::UvmMode;
use crate::abi::{Abi, Capabilities, Effect, Parameters, Row, Table};
use crate::host::frontend_request;
use nix::libc;
use std::fmt;

/// Where the size is in a request number: 14 bits from here.
const SIZE_SHIFT: u32 = 16;
const SIZE_MASK: u32 = 0x3fff << SIZE_SHIFT;

/// Request numbers of `ioctl(2)` that are allowed: those of which the bits in `mask` are `value`.
///
/// The kernel takes 32 bits of the argument, so no more are to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What the bits are; 0 where the mask is.
    pub value: u32,
    /// Which bits count.
    pub mask: u32,
    /// NVIDIA's name of the ioctl.
    pub name: &'static str,
}

impl Rule {
    /// Whether it allows a request number.
    pub const fn allows(&self, request: u32) -> bool {
        request & self.mask == self.value
    }
}

/// `value/mask name`, in hexadecimal digits.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}/{:#010x} {}", self.value, self.mask, self.name)
    }
}

/// The ioctls that a proxy issues for sandboxes that have at most these capabilities, in the order of their values.
///
/// Where guests initialise `/dev/nvidia-uvm` themselves ([`UvmMode::Native`]), the proxy does not.
///
/// ```
/// use nvproxy::abi::{Abi, Capabilities};
/// use nvproxy::{UvmMode, seccomp};
/// use version_tree::{Tree, version};
///
/// let abi = Abi::compose(Tree::embedded(), version!("550.54.15"))?;
/// let rules = seccomp::ioctls(&abi, Capabilities::DEFAULT, UvmMode::Shared);
/// let allowed = |request| rules.iter().any(|rule| rule.allows(request));
/// assert!(allowed(0xc0104629), "NV_ESC_RM_FREE with its 16 bytes");
/// assert!(!allowed(0xc0114629), "and with no other number of bytes");
/// # Ok::<(), version_tree::UnknownRelease>(())
/// ```
pub fn ioctls(abi: &Abi, capabilities: Capabilities, uvm: UvmMode) -> Vec<Rule> {
    let mut rules = Vec::new();
    for row in abi.frontend().iter().filter(|row| row.capabilities.intersects(capabilities)) {
        frontend(abi, row, &mut rules);
    }
    for row in abi.uvm().iter().filter(|row| row.capabilities.intersects(capabilities)) {
        let initialises = matches!(row.handling.effect, Some(Effect::UvmInitialize | Effect::UvmMmInitialize));
        if is_forwarded(Table::Uvm, row) && !(initialises && uvm == UvmMode::Native) {
            rules.push(Rule { value: row.number, mask: u32::MAX, name: row.name });
        }
    }
    rules.sort_by_key(|rule| rule.value);
    rules
}

fn frontend(abi: &Abi, row: &Row, rules: &mut Vec<Rule>) {
    let exact = |size| Rule { value: frontend_request(row.number, size), mask: u32::MAX, name: row.name };
    let any_size = Rule { mask: !SIZE_MASK, ..exact(0) };
    match row.handling.parameters {
        _ if !is_forwarded(Table::Frontend, row) => {}
        // Where the size is not known, the driver judges it.
        Parameters::Struct(_) if abi.takes_any_size(Table::Frontend, row) => rules.push(any_size),
        Parameters::Struct(shapes) => rules.extend(shapes.iter().map(|shape| exact(shape.layout.size))),
        // The size says how many there are; a filter cannot divide.
        _ => rules.push(any_size),
    }
}

/// Whether there is a way in the proxy on which such a row reaches the driver.
fn is_forwarded(table: Table, row: &Row) -> bool {
    match (table, row.handling.parameters) {
        (Table::Frontend | Table::Uvm, Parameters::Struct(shapes)) => !shapes.is_empty(),
        (Table::Frontend, Parameters::Repeated(_)) | (Table::Uvm, Parameters::Empty) => true,
        _ => false,
    }
}

/// The flags with which a runtime maps device files for a guest: they are always shared. Where the address matters,
/// and for `/dev/nvidia-uvm` it does, it is fixed (compare kernel-open/nvidia-uvm/uvm.c:uvm_mmap()).
pub const MMAP_FLAGS: [i32; 3] =
    [libc::MAP_SHARED, libc::MAP_SHARED | libc::MAP_FIXED, libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE];

/// The protection that such a mapping may have; it is never executable.
pub const MMAP_PROTECTION: i32 = libc::PROT_READ | libc::PROT_WRITE;
