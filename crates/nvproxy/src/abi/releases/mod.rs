//! What releases change: one file for each that changes anything.

use super::Change;
use version_tree::{DriverVersion, version};

/// The files, each with the release it is of: module, changes and numbers of each follow from this list. Where two
/// branches brought the same changes, one file serves both.
macro_rules! releases {
    ($($module:ident: $($version:literal),+;)*) => {
        $(mod $module;)*

        pub(super) static RELEASES: &[(DriverVersion, &[&[Change]])] =
            &[$($((version!($version), $module::CHANGES),)+)*];

        /// The numbers that releases brought.
        #[allow(unused_imports, unreachable_pub, reason = "some bring none")]
        pub(super) mod numbers {
            $(pub use super::$module::numbers::*;)*
        }
    };
}

releases! {
    r515_86_01: "515.86.01";
    r520_61_05: "520.61.05";
    r525_53: "525.53";
    r530_30_02: "530.30.02";
    r535_43_02: "535.43.02";
    r535_43_08: "535.43.08", "535.86.05";
    r535_43_24: "535.43.24", "535.129.03";
    r535_161_07: "535.161.07";
    r535_247_01: "535.247.01", "550.163.01";
    r545_23_06: "545.23.06";
    r550_40_07: "550.40.07";
    r550_40_65: "550.40.65", "550.90.07";
    r550_54_14: "550.54.14";
    r555_42_02: "555.42.02";
    r555_52_04: "555.52.04";
    r560_28_03: "560.28.03";
    r565_57_01: "565.57.01";
    r570_86_15: "570.86.15";
    r575_51_02: "575.51.02";
    r580_65_06: "580.65.06";
    r580_95_05: "580.95.05";
    r590_44_01: "590.44.01";
    r595_44_02: "595.44.02", "595.45.04";
    r610_43_02: "610.43.02";
    r615_15_00: "615.15.00";
    r620_06_00: "620.06.00";
}
