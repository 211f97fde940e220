//! Where the tables say otherwise than the record of [`mod@crate::reference`], and why they are right.

use version_tree::DriverVersion;

/// A difference that was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    /// NVIDIA's name of the entry.
    pub name: &'static str,
    /// What differs.
    pub differs: Differs,
    /// The releases of the record at which it does; empty for all.
    pub at: &'static [&'static str],
    /// How it is known that the record is wrong, or that both are right.
    pub why: &'static str,
}

impl Deviation {
    /// Whether it is about this release.
    pub fn concerns(&self, version: DriverVersion) -> bool {
        self.at.is_empty() || self.at.contains(&version.to_string().as_str())
    }
}

/// What of an entry differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The record has it and the tables do not.
    Missing,
    /// The tables have it and the record does not, then or later.
    Extra,
    /// Its number.
    Number,
    /// Who may use it.
    Capabilities,
    /// The structs it passes.
    Structs,
    /// The tables pass as it is what the record translates.
    Handling,
}

/// All of them. One that no release needs fails the test.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        name: "GF100_SUBDEVICE_INFOROM",
        differs: Differs::Missing,
        at: &["535.104.05", "535.113.01"],
        why: "No header of these two defines it (class/cl90e7.h comes with 535.129.03 and 545.23.06).",
    },
    Deviation {
        name: "NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE",
        differs: Differs::Missing,
        at: &["555.42.02"],
        why: "555.42.02 descends from 550.78, not from 550.90.07, which brought it; its headers do not define it.",
    },
];
