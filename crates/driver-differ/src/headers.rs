//! Which headers of a release make up its ABI, and where a release's files come from.

use crate::c::Error as HeaderError;
use git2::Oid;
use std::sync::Arc;

/// A set of headers that are read together.
#[derive(Debug, Clone, Copy)]
pub struct HeaderSet {
    /// Files, or directories (ending in `/`) whose `.h` files are taken; `*/` stands for every directory within.
    pub patterns: &'static [&'static str],
    /// Directories that `#include` searches, in this order.
    pub include_dirs: &'static [&'static str],
}

/// The resource manager's interface: escapes, classes and control commands.
pub const NONUVM: HeaderSet = HeaderSet {
    patterns: &[
        "src/common/sdk/nvidia/inc/nvos.h",
        "src/nvidia/arch/nvalloc/unix/include/nv_escape.h",
        "src/nvidia/arch/nvalloc/unix/include/nv-ioctl.h",
        "src/nvidia/arch/nvalloc/unix/include/nv-unix-nvos-params-wrappers.h",
        "src/common/sdk/nvidia/inc/class/",
        "src/common/sdk/nvidia/inc/ctrl/",
        "src/common/sdk/nvidia/inc/ctrl/*/",
        "src/common/sdk/nvidia/inc/alloc/",
        "kernel-open/common/inc/nv-ioctl-numa.h",
    ],
    include_dirs: &[
        "src/common/sdk/nvidia/inc",
        "src/common/shared/inc",
        "src/nvidia/arch/nvalloc/unix/include",
        "kernel-open/common/inc",
    ],
};

/// The interface of nvidia-uvm.
pub const UVM: HeaderSet = HeaderSet {
    patterns: &["kernel-open/nvidia-uvm/uvm_ioctl.h", "kernel-open/nvidia-uvm/uvm_linux_ioctl.h"],
    include_dirs: &["kernel-open/common/inc", "kernel-open/nvidia-uvm"],
};

/// The file that says which release a source tree is of.
const VERSION_FILE: &str = "version.mk";

/// A header without which a tree is not that of a driver release.
pub const LANDMARK: &str = "src/common/sdk/nvidia/inc/nvos.h";

/// Why a tree's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A header has no exact meaning.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The tree holds no driver source.
    #[error("{tree} is not the source of a driver release: it has no {LANDMARK}")]
    NotADriver {
        /// The tree, in words.
        tree: String,
    },
    /// The repository is damaged or cannot be read.
    #[error("{path} in {tree} cannot be read: {message}")]
    Read {
        /// The file or directory.
        path: String,
        /// The tree, in words.
        tree: String,
        /// What the system or the repository says.
        message: String,
    },
    /// Something asks for more than the limits allow.
    #[error("{tree}: {message}")]
    Limit {
        /// The tree, in words.
        tree: String,
        /// Which limit.
        message: String,
    },
}

/// The files of one release, wherever they are.
///
/// Contents are identified as git does, so that a header that two trees share is read once.
pub trait Tree: Sync {
    /// What to call this tree in messages: a release, or a path.
    fn name(&self) -> String;
    /// The content of the file at `path`; None if there is none.
    fn find(&self, path: &str) -> Result<Option<Oid>, Error>;
    /// Names in the directory at `path`, with whether each is a directory itself; empty if there is none.
    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, Error>;
    /// A file's bytes.
    fn read(&self, path: &str, content: Oid) -> Result<Arc<[u8]>, Error>;
}

/// The release that a source tree says it is of (`NVIDIA_VERSION = 550.90.07` in `version.mk`); `None` if it says none.
///
/// # Errors
/// The file is there and cannot be read.
pub fn declared_version(tree: &dyn Tree) -> Result<Option<String>, Error> {
    let Some(content) = tree.find(VERSION_FILE)? else { return Ok(None) };
    let text = tree.read(VERSION_FILE, content)?;
    let text = String::from_utf8_lossy(&text);
    let value = |line: &str| {
        let rest = line.trim().strip_prefix("NVIDIA_VERSION")?.trim_start();
        rest.strip_prefix(":=").or_else(|| rest.strip_prefix('=')).map(|value| value.trim().to_owned())
    };
    Ok(text.lines().find_map(value))
}

impl HeaderSet {
    /// The files of this set that `tree` has, in the order in which they are read.
    pub fn files(&self, tree: &dyn Tree) -> Result<Vec<String>, Error> {
        let mut files = Vec::new();
        for pattern in self.patterns {
            let Some(directory) = pattern.strip_suffix('/') else {
                if tree.find(pattern)?.is_some() {
                    files.push((*pattern).to_string());
                }
                continue;
            };
            let directories = match directory.strip_suffix("/*") {
                None => vec![directory.to_string()],
                Some(parent) => {
                    let entries = tree.list(parent)?.into_iter().filter(|e| e.1);
                    entries.map(|(name, _)| format!("{parent}/{name}")).collect()
                }
            };
            let mut found = Vec::new();
            for directory in directories {
                let entries = tree.list(&directory)?.into_iter();
                let headers = entries.filter(|(name, is_dir)| !is_dir && name.ends_with(".h"));
                found.extend(headers.map(|(name, _)| format!("{directory}/{name}")));
            }
            found.sort();
            files.append(&mut found);
        }
        Ok(files)
    }
}
