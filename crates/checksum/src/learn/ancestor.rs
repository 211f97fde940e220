//! Which release of the tree a new one is based on.

use version_tree::git::{History, HistoryError};
use version_tree::{DriverVersion, Tree};

/// The release of the tree that the driver's history shows as the nearest ancestor of another, if there is one: itself, if
/// the tree has it.
///
/// # Errors
/// The history does not tell the release's place.
pub fn ancestor_in(
    history: &History,
    tree: &Tree,
    release: DriverVersion,
) -> Result<Option<DriverVersion>, HistoryError> {
    let mut at = release;
    // Every step leads to another release, so there are no more of them.
    for _ in 0..=history.releases().count() {
        if let Some(known) = tree.get(at) {
            return Ok(Some(known.version));
        }
        match history.place(at)?.parent {
            Some(parent) => at = parent,
            None => break,
        }
    }
    Ok(None)
}

/// The release of the tree that is the newest before another by number, or itself. Without a history this is as near as
/// one comes to the ancestor; what is learnt is compared with the headers all the same.
pub fn ancestor_by_number(tree: &Tree, release: DriverVersion) -> Option<DriverVersion> {
    tree.get(release).map(|known| known.version).or_else(|| tree.nearest(release).older)
}
