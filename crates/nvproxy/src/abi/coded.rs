//! The structs whose fields the proxy's code names, besides those that rows name.
//!
//! The code is written for the forms of them that this build has. A release pack cannot lay them out anew: an entry that
//! passes one in another form is left out of the pack.

/// NVIDIA's names of the structs. A test compares the list with the code.
const STRUCTS: &[&str] = &[
    "NV0000_CTRL_GPU_DETACH_IDS_PARAMS",
    "NV0000_CTRL_GPU_GET_ATTACHED_IDS_PARAMS",
    "NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS",
    "NV0000_CTRL_GPU_GET_UUID_FROM_GPU_ID_PARAMS",
    "NV0005_ALLOC_PARAMETERS",
    "NV0080_ALLOC_PARAMETERS",
    "NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS",
    "NVOS00_PARAMETERS",
    "NVOS21_PARAMETERS",
    "NVOS32_PARAMETERS",
    "NVOS34_PARAMETERS",
    "NVOS39_PARAMETERS",
    "NVOS46_PARAMETERS",
    "NVOS54_PARAMETERS",
    "NVOS55_PARAMETERS",
    "NVOS56_PARAMETERS",
    "NVOS57_PARAMETERS",
    "NVOS64_PARAMETERS",
    "UVM_INITIALIZE_PARAMS",
    "nv_ioctl_alloc_os_event_t",
    "nv_ioctl_card_info_t",
    "nv_ioctl_export_to_dma_buf_fd_t",
    "nv_ioctl_free_os_event_t",
    "nv_ioctl_nvos02_parameters_with_fd",
    "nv_ioctl_nvos33_parameters_with_fd",
    "nv_ioctl_sys_params_t",
];

/// Whether the proxy's code names fields of a struct.
pub(crate) fn is_coded(name: &str) -> bool {
    STRUCTS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Abi;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// The structs of `field!` and `size_of` in a source file, after its renaming imports and type aliases.
    fn named(source: &str) -> BTreeSet<String> {
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        let mut aliases = BTreeMap::new();
        for line in source.lines() {
            let line = line.trim();
            if let Some((of, alias)) = line.split_once(" as ") {
                let of = of.rsplit([' ', ':', '{', ',']).next().unwrap_or_default();
                aliases.insert(word(alias), of.to_owned());
            }
            if let Some((alias, of)) = line.strip_prefix("type ").and_then(|rest| rest.split_once(" = ")) {
                aliases.insert(word(alias), word(of));
            }
        }
        let after = |mark: &str| source.split(mark).skip(1).map(word).collect::<Vec<_>>();
        let mut found: BTreeSet<String> = after("field!(").into_iter().chain(after("size_of::<")).collect();
        found.remove("");
        found.into_iter().map(|name| aliases.get(&name).cloned().unwrap_or(name)).collect()
    }

    fn sources(directory: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(directory).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(named(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }

    /// Every struct that a row passes at any release.
    fn passed() -> BTreeSet<&'static str> {
        let tree = version_tree::Tree::embedded();
        let abis = tree.iter().filter_map(|release| Abi::compose(tree, release.version).ok());
        abis.flat_map(|abi| abi.rows().flat_map(|(_, row)| row.structs()).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn the_structs_that_the_code_names_are_listed_and_no_others() {
        let mut found = BTreeSet::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/proxy"), &mut found);
        let passed = passed();
        let named: BTreeSet<&str> = found.iter().map(String::as_str).filter(|name| passed.contains(name)).collect();
        assert_eq!(named, STRUCTS.iter().copied().collect());
    }
}
