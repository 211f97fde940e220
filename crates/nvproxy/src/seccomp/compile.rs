//! Rules as a program of the kernel's.

use super::{MMAP_FLAGS, MMAP_PROTECTION, Rule};
use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// `ioctl(2)` was to be allowed without conditions, which makes the rules for it pointless.
    #[error(
        "ioctl would be allowed whatever it asks for: leave it out, or say which requests of its own a runtime needs"
    )]
    Unrestricted,
    /// seccompiler does not make one of it.
    #[error("cannot compile the filter: {0}")]
    Backend(#[from] BackendError),
}

/// The rules as seccompiler takes them for `ioctl(2)`, to be put into a runtime's own filter. An empty list is one
/// that allows every ioctl: where no rule is left, leave `ioctl(2)` out.
///
/// # Errors
/// seccompiler refuses a rule; it refuses none of those of [`ioctls`](super::ioctls).
pub fn ioctl_rules(ioctls: &[Rule]) -> Result<Vec<SeccompRule>, FilterError> {
    let rule = |rule: &Rule| {
        let operator = match rule.mask {
            u32::MAX => SeccompCmpOp::Eq,
            mask => SeccompCmpOp::MaskedEq(u64::from(mask)),
        };
        Ok(SeccompRule::new(vec![condition(1, operator, rule.value)?])?)
    };
    ioctls.iter().map(rule).collect()
}

/// Rules for `mmap(2)` that allow mapping device files as [`MMAP_FLAGS`] and [`MMAP_PROTECTION`] say: for a runtime
/// that does so in the process of the proxy. Its allocator needs others besides.
///
/// # Errors
/// None of these rules is refused by seccompiler.
pub fn mmap_rules() -> Result<Vec<SeccompRule>, FilterError> {
    let rule = |flags: &i32| {
        let other_protection = SeccompCmpOp::MaskedEq(u64::from(!(MMAP_PROTECTION as u32)));
        let conditions = vec![condition(2, other_protection, 0)?, condition(3, SeccompCmpOp::Eq, *flags as u32)?];
        Ok(SeccompRule::new(conditions)?)
    };
    MMAP_FLAGS.iter().map(rule).collect()
}

/// 32 bits are compared: of these arguments the kernel looks at no more.
fn condition(argument: u8, operator: SeccompCmpOp, value: u32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, u64::from(value))
}

/// A program for this machine that allows these ioctls and what `others` say; for everything else the process gets
/// `refused`. [`seccompiler::apply_filter_all_threads`] puts it into force.
///
/// `others` are what the rest of the process needs, such as memory, locks and device files, which its runtime knows
/// best: rules by the numbers of system calls, none for a call without conditions. `ioctl(2)` may be among them, with
/// conditions.
///
/// # Errors
/// `others` would allow every ioctl, seccompiler does not know this machine, or the program would be too long for the
/// kernel.
pub fn program(
    ioctls: &[Rule],
    others: BTreeMap<i64, Vec<SeccompRule>>,
    refused: SeccompAction,
) -> Result<BpfProgram, FilterError> {
    let mut rules = others;
    if rules.get(&libc::SYS_ioctl).is_some_and(Vec::is_empty) {
        return Err(FilterError::Unrestricted);
    }
    let ioctls = ioctl_rules(ioctls)?;
    if !ioctls.is_empty() {
        rules.entry(libc::SYS_ioctl).or_default().extend(ioctls);
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, arch)?;
    Ok(filter.try_into()?)
}
