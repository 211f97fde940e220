//! What the driver's own source says at a release, of a clone.

use driver_differ::headers::Tree as _;
use driver_differ::source::{GitTree, Repository};
use parity_test::methods::{self, Methods};
use parity_test::pointers::{self, Copies};
use parity_test::receivers::{self, Classes};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use version_tree::DriverVersion;

/// Reads something of a release's tree.
pub(crate) fn read<T>(
    clone: &Path,
    version: DriverVersion,
    read: impl FnOnce(&GitTree<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let repository = Repository::open(clone).map_err(|e| e.to_string())?;
    let tree = repository.release(&version.to_string()).map_err(|e| e.to_string())?;
    read(&tree.ok_or_else(|| format!("{} has no tag {version}; fetch its tags", clone.display()))?)
}

/// The driver's tables of control commands.
pub(crate) fn methods(tree: &GitTree<'_>) -> Result<Methods, String> {
    static READ: Files<Methods> = LazyLock::new(Mutex::default);
    let mut all = Methods::new();
    for (name, _) in tree.list(methods::DIRECTORY).map_err(|e| e.to_string())? {
        if methods::has_tables(&name) {
            let path = format!("{}/{name}", methods::DIRECTORY);
            let found = parsed(tree, &path, &READ, methods::parse)?;
            all.extend(found.iter().map(|(number, takes)| (*number, takes.clone())));
        }
    }
    Ok(all)
}

/// The driver's internal classes, and the classes of clients that each stands for.
pub(crate) fn classes(tree: &GitTree<'_>) -> Result<(Classes, Arc<List>), String> {
    static READ: Files<Classes> = LazyLock::new(Mutex::default);
    static LISTS: Files<List> = LazyLock::new(Mutex::default);
    let mut all = Classes::default();
    for (name, _) in tree.list(methods::DIRECTORY).map_err(|e| e.to_string())? {
        if methods::has_tables(&name) {
            let path = format!("{}/{name}", methods::DIRECTORY);
            all.extend(&*parsed(tree, &path, &READ, Classes::parse)?);
        }
    }
    Ok((all, parsed(tree, receivers::LIST, &LISTS, receivers::list)?))
}

type List = Vec<(String, String)>;

/// What the driver copies for pointers in parameters.
pub(crate) fn copies(tree: &GitTree<'_>) -> Result<Arc<Copies>, String> {
    static READ: Files<Copies> = LazyLock::new(Mutex::default);
    parsed(tree, pointers::FILE, &READ, pointers::parse)
}

/// What was read of files, by their content's name: most are the same at several releases.
type Files<T> = LazyLock<Mutex<HashMap<String, Arc<T>>>>;

fn parsed<T>(
    tree: &GitTree<'_>,
    path: &str,
    files: &Mutex<HashMap<String, Arc<T>>>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Arc<T>, String> {
    let content = tree.find(path).map_err(|e| e.to_string())?.ok_or_else(|| format!("there is no {path}"))?;
    let known = files.lock().unwrap_or_else(PoisonError::into_inner).get(&content.to_string()).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let bytes = tree.read(path, content).map_err(|e| e.to_string())?;
    let found = Arc::new(parse(&String::from_utf8_lossy(&bytes)).map_err(|e| format!("{path}: {e}"))?);
    files.lock().unwrap_or_else(PoisonError::into_inner).insert(content.to_string(), found.clone());
    Ok(found)
}
