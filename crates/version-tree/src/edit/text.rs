//! Changes of the text.

use std::ops::Range;

use toml_edit::DocumentMut;

use super::{EditError, line};
use crate::{Architecture, DriverVersion, Installer, Release, Tree};

/// Adds the line of a release, before the first newer one.
///
/// # Errors
/// When it is there already, or the tree would break a rule that it kept.
pub fn insert(text: &str, release: &Release) -> Result<String, EditError> {
    let before = Tree::parse_unchecked(text)?;
    if before.get(release.version).is_some() {
        return Err(EditError::Present(release.version));
    }
    let lines = lines(text);
    let newer = lines.iter().find(|(version, _)| *version > release.version);
    let (at, new) = match (newer, lines.last()) {
        (Some((_, range)), _) => (range.start, line(release) + ending(text)),
        (None, Some((_, range))) => (range.end, ending(text).to_owned() + &line(release)),
        // Nowhere to go by: the first line under the heading.
        (None, None) => (text.len(), line(release) + ending(text)),
    };
    let after = [&text[..at], &new, &text[at..]].concat();
    checked(&before, after, release)
}

/// Changes what a release descends from.
///
/// # Errors
/// When the release is not there, or the tree would break a rule that it kept.
pub fn set_parent(text: &str, version: DriverVersion, parent: DriverVersion) -> Result<String, EditError> {
    amend(text, version, |release| release.parent = Some(parent))
}

/// Changes what is known of an installer.
///
/// # Errors
/// When the release is not there, or the tree would break a rule that it kept.
pub fn set_installer(
    text: &str,
    version: DriverVersion,
    architecture: Architecture,
    installer: Installer,
) -> Result<String, EditError> {
    amend(text, version, |release| match architecture {
        Architecture::X86_64 => release.x86_64 = installer,
        Architecture::Aarch64 => release.aarch64 = installer,
    })
}

/// Writes the line of a release anew; a comment behind it stays.
fn amend(text: &str, version: DriverVersion, change: impl FnOnce(&mut Release)) -> Result<String, EditError> {
    let before = Tree::parse_unchecked(text)?;
    let mut release = *before.get(version).ok_or(EditError::Missing(version))?;
    let found = lines(text).into_iter().find(|(other, _)| *other == version);
    let Some((_, range)) = found else { return Err(EditError::NotALine(release.version)) };
    let comment = comment(&text[range.clone()]).ok_or(EditError::NotALine(release.version))?;
    change(&mut release);
    let after = [&text[..range.start], &line(&release), &comment, &text[range.end..]].concat();
    checked(&before, after, &release)
}

/// Where each release's line is, without its end of line.
fn lines(text: &str) -> Vec<(DriverVersion, Range<usize>)> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        at += line.len();
        (line, at - line.len())
    });
    lines
        .filter_map(|(line, start)| {
            let version = line.strip_prefix('"')?.split_once('"')?.0.parse().ok()?;
            let line = line.strip_suffix('\n').unwrap_or(line);
            Some((version, start..start + line.strip_suffix('\r').unwrap_or(line).len()))
        })
        .collect()
}

/// What stands behind the value of a line; `None` where the line is not a pair of its own.
fn comment(line: &str) -> Option<String> {
    let document: DocumentMut = line.parse().ok()?;
    let value = document.iter().next()?.1.as_value()?;
    let behind_value = value.decor().suffix().and_then(|raw| raw.as_str()).unwrap_or_default();
    // Depending on where the text ends, it belongs to the value or to the document.
    let behind_all = document.trailing().as_str().unwrap_or_default();
    Some(format!("{behind_value}{behind_all}").trim_end().to_owned())
}

fn ending(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Gives the new text only if it says what it should, all else says what it said, and no rule is newly broken.
fn checked(before: &Tree, text: String, release: &Release) -> Result<String, EditError> {
    let after = Tree::parse_unchecked(&text)?;
    let known = before.validate();
    let problems: Vec<_> = after.validate().into_iter().filter(|problem| !known.contains(problem)).collect();
    if !problems.is_empty() {
        return Err(EditError::Breaks(problems));
    }
    let others_are_the_same = before
        .iter()
        .filter(|other| other.version != release.version)
        .eq(after.iter().filter(|other| other.version != release.version));
    if after.get(release.version) != Some(release) || !others_are_the_same {
        return Err(EditError::NotALine(release.version));
    }
    Ok(text)
}
