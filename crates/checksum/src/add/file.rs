//! Edits to the text of `releases.toml`: one line each, all else as it was.

use version_tree::{DriverVersion, Installer, Problem, Release, Tree, edit};

use super::Doubt;

/// The text with a release added, or with one that was listed as without headers now published; and the releases that
/// had to be marked as out of order.
///
/// The history has those so, and the file's rules ask that it be said: of the release itself, or of one that was no more
/// than the start of a side line before this one came out of it.
pub(super) fn with_release(
    text: &str,
    version: DriverVersion,
    parent: Option<DriverVersion>,
    installers: [Installer; 2],
) -> Result<(String, Vec<DriverVersion>), Doubt> {
    let mut after = match line_of(text, version) {
        Some(line) => replaced(text, line, &published(line, parent)),
        None => inserted(text, version, &line(version, parent, installers)),
    };
    let mut marked = Vec::new();
    loop {
        let problems = problems(&after, version)?;
        let older = problems.iter().find_map(|problem| match problem {
            Problem::OlderThanParent { version, .. } if !marked.contains(version) => Some(*version),
            _ => None,
        });
        match (older.and_then(|older| Some((older, line_of(&after, older)?.to_string()))), problems.as_slice()) {
            (_, []) => return confirmed(text, after, version, parent, &marked).map(|text| (text, marked)),
            (None, problems) => return Err(rules(version, problems)),
            (Some((older, line)), _) => {
                after = replaced(&after, &line, &out_of_order(&line));
                marked.push(older);
            }
        }
    }
}

fn rules(version: DriverVersion, problems: &[Problem]) -> Doubt {
    Doubt::Rules { version, problems: problems.iter().map(ToString::to_string).collect() }
}

fn problems(text: &str, version: DriverVersion) -> Result<Vec<Problem>, Doubt> {
    match Tree::parse_unchecked(text) {
        Ok(tree) => Ok(tree.validate()),
        Err(error) => Err(Doubt::Rules { version, problems: vec![error.to_string()] }),
    }
}

/// That the edit did what it was for, and nothing else: the file is of a form that this program did not write, perhaps.
fn confirmed(
    before: &str,
    after: String,
    version: DriverVersion,
    parent: Option<DriverVersion>,
    marked: &[DriverVersion],
) -> Result<String, Doubt> {
    let unexpected = || Doubt::Rules {
        version,
        problems: vec!["the file is not written as its header comment says: one line per release".to_string()],
    };
    let read = |text: &str| Tree::parse_unchecked(text).map_err(|_| unexpected());
    let (old, new) = (read(before)?, read(&after)?);
    let others = |tree: &Tree| -> Vec<Release> {
        let others = tree.iter().filter(|release| release.version != version).copied();
        others
            .map(|mut release| {
                release.out_of_order |= marked.contains(&release.version);
                release
            })
            .collect()
    };
    let done = new.get(version).is_some_and(|r| r.parent == parent && r.headers == version_tree::Headers::Published);
    if done && others(&old) == others(&new) { Ok(after) } else { Err(unexpected()) }
}

/// The line of a release.
fn line_of(text: &str, version: DriverVersion) -> Option<&str> {
    text.lines().find(|line| key(line) == Some(version))
}

/// The release that a line is of.
fn key(line: &str) -> Option<DriverVersion> {
    line.strip_prefix('"')?.split_once('"')?.0.parse().ok()
}

fn line(version: DriverVersion, parent: Option<DriverVersion>, [x86_64, aarch64]: [Installer; 2]) -> String {
    let mut release = Release::new(version, parent);
    (release.x86_64, release.aarch64) = (x86_64, aarch64);
    edit::line(&release)
}

/// A listed release's line as one of a release whose headers are published, under the parent that its history shows.
/// What else it says stays.
fn published(line: &str, parent: Option<DriverVersion>) -> String {
    let line = line.replacen("headers = \"unpublished\", ", "", 1).replacen(", headers = \"unpublished\"", "", 1);
    let Some((before, rest)) = line.split_once("parent = \"") else { return line };
    match (rest.split_once('"'), parent) {
        (Some((_, after)), Some(parent)) => format!("{before}parent = \"{parent}\"{after}"),
        _ => line,
    }
}

/// The line of a release that is older than its parent, with the mark that says so, behind the parent.
fn out_of_order(line: &str) -> String {
    let Some((before, rest)) = line.split_once("parent = \"") else { return line.to_string() };
    match rest.split_once('"') {
        Some((parent, after)) => format!("{before}parent = \"{parent}\", out_of_order = true{after}"),
        None => line.to_string(),
    }
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    text.split_inclusive('\n')
        .map(
            |line| {
                if line.trim_end_matches(['\r', '\n']) == old { line.replacen(old, new, 1) } else { line.to_string() }
            },
        )
        .collect()
}

fn inserted(text: &str, version: DriverVersion, new: &str) -> String {
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len() + new.len() + 2);
    let mut waiting = true;
    for line in text.split_inclusive('\n') {
        if waiting && key(line).is_some_and(|other| other > version) {
            out.push_str(new);
            out.push_str(end);
            waiting = false;
        }
        out.push_str(line);
    }
    if waiting {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(end);
        }
        out.push_str(new);
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use version_tree::version;

    const TREE: &str = "# A comment.\n[releases]\n\"515.57\" = {}\n# Another.\n\
        \"515.76\" = { parent = \"515.57\", x86_64 = \"none\" }\n\
        \"525.60\" = { parent = \"515.76\", headers = \"unpublished\", aarch64 = \"none\" }\n";

    fn add(text: &str, release: &str, parent: &str) -> Result<(String, Vec<DriverVersion>), Doubt> {
        let version = |text: &str| text.parse().expect("a version");
        with_release(text, version(release), Some(version(parent)), [Installer::Unknown, Installer::NotPublished])
    }

    #[test]
    fn a_release_is_one_line_in_its_place() {
        let (text, marked) = add(TREE, "515.65.01", "515.57").expect("added");
        let line = "\"515.65.01\" = { parent = \"515.57\", aarch64 = \"none\" }\n";
        assert_eq!(text, TREE.replace("\"515.76\" =", &format!("{line}\"515.76\" =")));
        assert_eq!(marked, []);
        let (text, _) = add(TREE.trim_end(), "530.10", "515.76").expect("added");
        assert!(text.ends_with("\n\"530.10\" = { parent = \"515.76\", aarch64 = \"none\" }\n"), "{text}");
    }

    #[test]
    fn a_listed_release_keeps_what_is_known_of_it() {
        let (text, _) = add(TREE, "525.60", "515.57").expect("published");
        let line = "\"525.60\" = { parent = \"515.57\", aarch64 = \"none\" }";
        assert_eq!(text.lines().last(), Some(line));
    }

    #[test]
    fn what_is_older_than_its_parent_says_so_once_it_is_no_side_line() {
        let (text, marked) = add(TREE, "515.60.01", "515.76").expect("a side line");
        assert_eq!(marked, []);
        let (text, marked) = add(&text, "520.10", "515.60.01").expect("added");
        assert_eq!(marked, [version!("515.60.01")]);
        assert!(text.contains("\"515.60.01\" = { parent = \"515.76\", out_of_order = true, aarch64"), "{text}");
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        let refused = add(TREE, "515.65.01", "515.58").expect_err("no such parent");
        assert!(refused.to_string().contains("its parent 515.58 is not listed"), "{refused}");
        let table = "[releases]\n\"515.57\" = {}\n[releases.\"515.76\"]\nparent = \"515.57\"\n";
        assert!(matches!(add(table, "515.77", "515.76"), Err(Doubt::Rules { .. })));
    }
}
