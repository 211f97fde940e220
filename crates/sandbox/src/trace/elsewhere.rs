//! Which other release has what this one does not.

use nvproxy::abi::{Abi, Table, changing};
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Tree};

/// The tables of the releases that change something.
///
/// Every other release has those of one of these, so what none of them has, none has.
#[derive(Default)]
pub(super) struct Elsewhere(Option<BTreeMap<DriverVersion, Abi>>);

impl Elsewhere {
    /// The oldest release after `version` that has it, else the newest before; and NVIDIA's name of it.
    pub(super) fn find(
        &mut self,
        version: DriverVersion,
        table: Table,
        number: u32,
    ) -> Option<(DriverVersion, &'static str)> {
        let all = self.0.get_or_insert_with(|| {
            let tree = Tree::embedded();
            let roots = tree.iter().filter(|release| release.parent.is_none()).map(|release| release.version);
            let releases = changing().chain(roots);
            releases.filter_map(|release| Some((release, Abi::compose(tree, release).ok()?))).collect()
        });
        let has = |(release, abi): (&DriverVersion, &Abi)| Some((*release, abi.table(table).get(number)?.name));
        all.range(version..).find_map(has).or_else(|| all.range(..version).rev().find_map(has))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvproxy::abi::numbers::UVM_CREATE_RANGE_GROUP;
    use version_tree::version;

    #[test]
    fn the_nearest_newer_release_comes_first_then_the_nearest_older() {
        let mut elsewhere = Elsewhere::default();
        let newer = elsewhere.find(version!("535.261.03"), Table::Control, 0x288);
        assert_eq!(newer, Some((version!("545.23.06"), "NV0000_CTRL_CMD_GPU_GET_ACTIVE_DEVICE_IDS")));
        let older = elsewhere.find(version!("610.43.02"), Table::Uvm, UVM_CREATE_RANGE_GROUP);
        let (release, name) = older.unwrap();
        assert!(release < version!("610.43.02"), "{release}");
        assert_eq!(name, "UVM_CREATE_RANGE_GROUP");
        assert_eq!(elsewhere.find(version!("610.43.02"), Table::Uvm, 0x1234), None, "no release has that");
    }
}
