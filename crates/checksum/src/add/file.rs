//! A release's line in `releases.toml`.

use version_tree::edit::{self, EditError};
use version_tree::{DriverVersion, Headers, Installer, Release, Tree};

use super::Doubt;

/// The text with a release added, or with one that was listed as without headers now published; and the releases that
/// had to be marked as out of order.
///
/// Of a listed release, what else its line says stays.
pub(super) fn with_release(
    text: &str,
    version: DriverVersion,
    parent: Option<DriverVersion>,
    [x86_64, aarch64]: [Installer; 2],
) -> Result<(String, Vec<DriverVersion>), Doubt> {
    let rules = |problems| Doubt::Rules { version, problems };
    let tree = Tree::parse_unchecked(text).map_err(|error| rules(vec![error.to_string()]))?;
    let release = match tree.get(version) {
        Some(listed) => {
            let mut release = *listed;
            (release.parent, release.headers) = (parent, Headers::Published);
            release
        }
        None => {
            let mut release = Release::new(version, parent);
            (release.x86_64, release.aarch64) = (x86_64, aarch64);
            release
        }
    };
    edit::place(text, &release).map_err(|error| match error {
        EditError::Breaks(problems) => rules(problems.iter().map(ToString::to_string).collect()),
        error => rules(vec![error.to_string()]),
    })
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
        assert!(text.ends_with("\n\"530.10\" = { parent = \"515.76\", aarch64 = \"none\" }"), "{text}");
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
