//! Changes of the text.

use std::ops::Range;

use toml_edit::DocumentMut;

use super::{EditError, line};
use crate::{Architecture, DriverVersion, Installer, Problem, Release, Tree};

/// Adds the line of a release, before the first newer one.
///
/// # Errors
/// When it is there already, or the tree would break a rule that it kept.
pub fn insert(text: &str, release: &Release) -> Result<String, EditError> {
    let before = Tree::parse_unchecked(text)?;
    if before.get(release.version).is_some() {
        return Err(EditError::Present(release.version));
    }
    checked(&before, inserted(text, release), &[*release])
}

/// Adds the line of a release as its history has it, or writes it anew where there is one already. Gives, beside the
/// text, the releases that had to be marked as out of order: this one, or one that was no more than the start of a
/// side line before this one came out of it.
///
/// # Errors
/// When the tree would break any other rule that it kept.
pub fn place(text: &str, release: &Release) -> Result<(String, Vec<DriverVersion>), EditError> {
    let before = Tree::parse_unchecked(text)?;
    let mut after = match before.get(release.version) {
        Some(_) => rewritten(text, release)?,
        None => inserted(text, release),
    };
    let (mut changed, mut marked) = (vec![*release], Vec::new());
    loop {
        let tree = Tree::parse_unchecked(&after)?;
        let older = tree.validate().into_iter().find_map(|problem| match problem {
            Problem::OlderThanParent { version, .. } if !marked.contains(&version) => tree.get(version).copied(),
            _ => None,
        });
        let Some(mut older) = older else { break };
        older.out_of_order = true;
        after = rewritten(&after, &older)?;
        marked.push(older.version);
        changed.retain(|release| release.version != older.version);
        changed.push(older);
    }
    Ok((checked(&before, after, &changed)?, marked))
}

fn inserted(text: &str, release: &Release) -> String {
    let lines = lines(text);
    let newer = lines.iter().find(|(version, _)| *version > release.version);
    let (at, new) = match (newer, lines.last()) {
        (Some((_, range)), _) => (range.start, line(release) + ending(text)),
        (None, Some((_, range))) => (range.end, ending(text).to_owned() + &line(release)),
        // Nowhere to go by: the first line under the heading.
        (None, None) => (text.len(), line(release) + ending(text)),
    };
    [&text[..at], &new, &text[at..]].concat()
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

fn amend(text: &str, version: DriverVersion, change: impl FnOnce(&mut Release)) -> Result<String, EditError> {
    let before = Tree::parse_unchecked(text)?;
    let mut release = *before.get(version).ok_or(EditError::Missing(version))?;
    change(&mut release);
    checked(&before, rewritten(text, &release)?, &[release])
}

/// Writes the line of a release anew; a comment behind it stays.
fn rewritten(text: &str, release: &Release) -> Result<String, EditError> {
    let found = lines(text).into_iter().find(|(other, _)| *other == release.version);
    let Some((_, range)) = found else { return Err(EditError::NotALine(release.version)) };
    let comment = comment(&text[range.clone()]).ok_or(EditError::NotALine(release.version))?;
    Ok([&text[..range.start], &line(release), &comment, &text[range.end..]].concat())
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
/// `changed` is never empty.
fn checked(before: &Tree, text: String, changed: &[Release]) -> Result<String, EditError> {
    let after = Tree::parse_unchecked(&text)?;
    let known = before.validate();
    let problems: Vec<_> = after.validate().into_iter().filter(|problem| !known.contains(problem)).collect();
    if !problems.is_empty() {
        return Err(EditError::Breaks(problems));
    }
    if let Some(other) = changed.iter().find(|release| after.get(release.version) != Some(release)) {
        return Err(EditError::NotALine(other.version));
    }
    let other = |release: &&Release| changed.iter().all(|changed| changed.version != release.version);
    if !before.iter().filter(other).eq(after.iter().filter(other)) {
        return Err(EditError::NotALine(changed[0].version));
    }
    Ok(text)
}
