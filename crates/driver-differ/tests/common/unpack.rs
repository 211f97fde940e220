//! A tree's files on disk, where gcc can read them.

use driver_differ::headers::Tree;
use std::fs;
use std::path::Path;

/// Writes everything below `directory` of `tree` to the same place below `root`.
pub(crate) fn unpack(tree: &dyn Tree, directory: &str, root: &Path) {
    let to = root.join(directory);
    fs::create_dir_all(&to).expect("a temporary directory takes directories");
    for (name, is_directory) in tree.list(directory).unwrap_or_else(|e| panic!("{e}")) {
        let path = format!("{directory}/{name}");
        if is_directory {
            unpack(tree, &path, root);
        } else if name.ends_with(".h") {
            let content = tree.find(&path).unwrap_or_else(|e| panic!("{e}")).expect("a file just listed");
            let bytes = tree.read(&path, content).unwrap_or_else(|e| panic!("{e}"));
            fs::write(to.join(name), bytes).expect("a temporary directory takes files");
        }
    }
}
