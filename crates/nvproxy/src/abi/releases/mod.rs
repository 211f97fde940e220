//! What releases change: one file for each that changes anything.

mod r515_86_01;
mod r520_61_05;
mod r525_53;
mod r530_30_02;
mod r535_43_02;
mod r535_43_08;
mod r535_43_24;
mod r545_23_06;
mod r550_40_07;
mod r550_40_65;
mod r550_54_14;
mod r555_42_02;
mod r560_28_03;
mod r565_57_01;
mod r570_86_15;
mod r575_51_02;
mod r580_65_06;
mod r590_44_01;
mod r595_44_02;
mod r610_43_02;
mod r620_06_00;

use super::Change;
use version_tree::{DriverVersion, version};

/// By version. Two releases of different branches may bring the same changes: then one file serves both.
pub(super) static RELEASES: &[(DriverVersion, &[&[Change]])] = &[
    (version!("515.86.01"), r515_86_01::CHANGES),
    (version!("520.61.05"), r520_61_05::CHANGES),
    (version!("525.53"), r525_53::CHANGES),
    (version!("530.30.02"), r530_30_02::CHANGES),
    (version!("535.43.02"), r535_43_02::CHANGES),
    (version!("535.43.08"), r535_43_08::CHANGES),
    (version!("535.43.24"), r535_43_24::CHANGES),
    (version!("535.86.05"), r535_43_08::CHANGES),
    (version!("535.129.03"), r535_43_24::CHANGES),
    (version!("545.23.06"), r545_23_06::CHANGES),
    (version!("550.40.07"), r550_40_07::CHANGES),
    (version!("550.40.65"), r550_40_65::CHANGES),
    (version!("550.54.14"), r550_54_14::CHANGES),
    (version!("550.90.07"), r550_40_65::CHANGES),
    (version!("555.42.02"), r555_42_02::CHANGES),
    (version!("560.28.03"), r560_28_03::CHANGES),
    (version!("565.57.01"), r565_57_01::CHANGES),
    (version!("570.86.15"), r570_86_15::CHANGES),
    (version!("575.51.02"), r575_51_02::CHANGES),
    (version!("580.65.06"), r580_65_06::CHANGES),
    (version!("590.44.01"), r590_44_01::CHANGES),
    (version!("595.44.02"), r595_44_02::CHANGES),
    (version!("595.45.04"), r595_44_02::CHANGES),
    (version!("610.43.02"), r610_43_02::CHANGES),
    (version!("620.06.00"), r620_06_00::CHANGES),
];

/// The numbers that releases brought.
pub(super) mod numbers {
    pub use super::r520_61_05::numbers::*;
    pub use super::r525_53::numbers::*;
    pub use super::r530_30_02::numbers::*;
    pub use super::r535_43_02::numbers::*;
    pub use super::r535_43_24::numbers::*;
    pub use super::r545_23_06::numbers::*;
    pub use super::r550_40_07::numbers::*;
    pub use super::r550_40_65::numbers::*;
    pub use super::r560_28_03::numbers::*;
    pub use super::r565_57_01::numbers::*;
    pub use super::r570_86_15::numbers::*;
    pub use super::r575_51_02::numbers::*;
    pub use super::r580_65_06::numbers::*;
    pub use super::r595_44_02::numbers::*;
    pub use super::r610_43_02::numbers::*;
    pub use super::r620_06_00::numbers::*;
}
