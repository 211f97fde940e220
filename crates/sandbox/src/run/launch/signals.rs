//! Signals of a guest end at its sandbox, where the kernel can do that.

use landlock::{CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};

/// Has the kernel (Landlock, Linux 6.12) refuse signals from this process, and from all that it starts, to any other. It
/// can be sent signals as before. Returns whether the kernel can; where it cannot, nothing is changed.
///
/// Nothing else is restricted: a guest can still mount, and make namespaces.
///
/// # Errors
/// The kernel can, but does not: Landlock has restricted this process too often before.
pub(crate) fn keep_signals_within() -> Result<bool, RulesetError> {
    let rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort).scope(Scope::Signal)?;
    let status = rules.create()?.restrict_self()?;
    Ok(status.ruleset == RulesetStatus::FullyEnforced)
}
