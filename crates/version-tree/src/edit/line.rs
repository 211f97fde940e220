//! A release as a line of the file.

use std::fmt::Write as _;

use crate::{Headers, Installer, Release, Status};

/// The line of a release, without an end of line: its keys in the order of the file's header comment, and only those
/// that say anything.
#[must_use]
pub fn line(release: &Release) -> String {
    let mut keys = Vec::new();
    if let Some(parent) = release.parent {
        keys.push(format!("parent = \"{parent}\""));
    }
    if release.status == Status::Qualified {
        keys.push("status = \"qualified\"".to_owned());
    }
    match release.headers {
        Headers::Published => {}
        Headers::Measured => keys.push("headers = \"measured\"".to_owned()),
        Headers::Unpublished => keys.push("headers = \"unpublished\"".to_owned()),
    }
    if release.out_of_order {
        keys.push("out_of_order = true".to_owned());
    }
    for architecture in crate::Architecture::ALL {
        match release.installer(architecture) {
            Installer::Unknown => {}
            Installer::NotPublished => keys.push(format!("{architecture} = \"none\"")),
            Installer::Published { sha256, sources } => {
                keys.push(format!("{architecture} = {{ sha256 = \"{sha256}\", sources = {sources} }}"));
            }
        }
    }
    let mut line = format!("\"{}\" = {{", release.version);
    // Writing to a string cannot fail.
    let _ = match keys.is_empty() {
        true => write!(line, "}}"),
        false => write!(line, " {} }}", keys.join(", ")),
    };
    line
}
