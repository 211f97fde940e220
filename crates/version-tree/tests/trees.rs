//! Small trees, valid and not.

use proptest::prelude::*;
use version_tree::{DriverVersion, Nearest, Tree, TreeError, render, version};

/// A tree from `version:parent` pairs, valid or not.
fn tree(pairs: &str) -> Tree {
    Tree::parse_unchecked(&toml(pairs)).unwrap_or_else(|error| panic!("{error}"))
}

fn toml(pairs: &str) -> String {
    let lines = pairs.split_whitespace().map(|pair| match pair.split_once(':') {
        Some((version, parent)) => format!("\"{version}\" = {{ parent = \"{parent}\" }}\n"),
        None => format!("\"{pair}\" = {{}}\n"),
    });
    format!("[releases]\n{}", lines.collect::<String>())
}

const SMALL: &str =
    "515.43.04 515.49.06:515.57 515.49.10:515.49.06 515.57:515.43.04 525.53:515.57 525.60.11:525.53 530.30.02:525.53";

fn problems(text: &str) -> Vec<String> {
    let tree = Tree::parse_unchecked(text).unwrap_or_else(|error| panic!("{error}"));
    tree.validate().iter().map(ToString::to_string).collect()
}

fn versions<'t>(releases: impl IntoIterator<Item = &'t version_tree::Release>) -> Vec<String> {
    releases.into_iter().map(|release| release.version.to_string()).collect()
}

#[test]
fn a_valid_tree_has_no_problems() {
    assert_eq!(problems(&toml(SMALL)), [""; 0]);
    assert!(Tree::parse(&toml(SMALL)).is_ok());
}

#[test]
fn all_problems_are_found_at_once() {
    let a = "a".repeat(64);
    let text = format!(
        r#"[releases]
        "5x" = {{}}
        "515.43.04" = {{ status = "qualified", x86_64 = {{ sha256 = "{a}", sources = 1 }} }}
        "520.1" = {{}}
        "520.2" = {{ parent = "520.99" }}
        "520.2.00" = {{ parent = "515.43.04" }}
        "520.3" = {{ parent = "y" }}
        "519.1" = {{ parent = "520.1", aarch64 = {{ sha256 = "{a}", sources = 0 }} }}
        "530.1" = {{ parent = "530.2" }}
        "530.2" = {{ parent = "530.1", status = "qualified", x86_64 = {{ sha256 = "ABC", sources = 1 }} }}
        "540.1" = {{ parent = "515.43.04", out_of_order = true }}
        "#
    );
    insta::assert_snapshot!("all_problems", problems(&text).join("\n"));
    assert!(matches!(Tree::parse(&text), Err(TreeError::Invalid(found)) if found.len() > 10));
}

#[test]
fn a_tree_without_a_root_says_so() {
    assert_eq!(problems("[releases]"), ["no release is the root; the oldest one must have no parent"]);
}

#[test]
fn a_side_line_may_be_older_than_the_release_it_starts_from() {
    let continued = format!("{SMALL} 531.1:515.49.10");
    assert_eq!(
        problems(&toml(&continued)),
        [
            "515.49.06 is older than its parent 515.57; correct the parent, or set out_of_order = true if the driver's git history has it so"
        ]
    );
}

#[test]
fn an_older_release_on_the_same_line_must_say_out_of_order() {
    let text = |mark| {
        format!("[releases]\n'545.29.02' = {{ parent = '545.29.03', out_of_order = {mark} }}\n'545.29.03' = {{}}")
    };
    assert_eq!(problems(&text(false)).len(), 1);
    assert_eq!(problems(&text(true)).len(), 0);
}

#[test]
fn what_is_not_of_the_form_names_the_place() {
    for (text, expected) in [
        ("releases = 3", "a table of releases"),
        ("[releases]\n'1.2' = { parnet = '1.1' }", "unknown field `parnet`"),
        ("[releases]\n'1.2' = { x86_64 = 'nil' }", "expected \"none\" or"),
        ("[releases]\n'1.2' = {}\n'1.2' = {}", "duplicate key"),
        ("[releases]\n'1.2' = { status = 'good' }", "unknown variant `good`"),
        ("\u{0}", "line 1, column 2"),
    ] {
        let error = Tree::parse_unchecked(text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn too_long_and_too_many_are_refused() {
    let many: String = (0..5000).map(|n| format!("\"{}.{}\" = {{}}\n", n / 100 + 1, n % 100)).collect();
    assert!(matches!(Tree::parse(&format!("[releases]\n{many}")), Err(TreeError::TooMany { releases: 5000, .. })));
    assert!(matches!(Tree::parse(&" ".repeat(5 << 20)), Err(TreeError::TooLarge { .. })));
}

#[test]
fn relations_follow_parents() {
    let tree = tree(SMALL);
    assert_eq!(
        versions(tree.path(version!("515.49.10")).expect("known")),
        ["515.43.04", "515.57", "515.49.06", "515.49.10"]
    );
    assert_eq!(versions(tree.children(version!("515.57"))), ["515.49.06", "525.53"]);
    assert_eq!(tree.parent(version!("525.53")).map(|release| release.version), Some(version!("515.57")));
    assert!(tree.is_ancestor(version!("515.57"), version!("530.30.02")));
    assert!(!tree.is_ancestor(version!("515.49.06"), version!("530.30.02")));
    assert!(!tree.is_ancestor(version!("515.57"), version!("515.57")));
}

#[test]
fn the_way_between_two_releases_goes_by_their_common_ancestor() {
    let tree = tree(SMALL);
    let between = tree.path_between(version!("515.49.10"), version!("530.30.02")).expect("known");
    assert_eq!(versions(between.left), ["515.49.10", "515.49.06"]);
    assert_eq!(between.common.map(|release| release.version), Some(version!("515.57")));
    assert_eq!(versions(between.entered), ["525.53", "530.30.02"]);
}

#[test]
fn an_unknown_version_is_an_error_that_names_the_nearest() {
    let tree = tree(SMALL);
    let unknown = tree.path(version!("525.54")).unwrap_err();
    let between = tree.path_between(version!("525.53"), version!("525.54")).unwrap_err();
    assert_eq!(unknown, between);
    assert_eq!(unknown.nearest, Nearest { older: Some(version!("525.53")), newer: Some(version!("525.60.11")) });
    let newest = tree.nearest(version!("999.1"));
    assert_eq!(newest, Nearest { older: Some(version!("530.30.02")), newer: None });
}

#[test]
fn a_sparse_view_keeps_what_is_marked_and_where_it_branches() {
    let tree = tree(SMALL);
    let marked = [version!("515.49.10"), version!("530.30.02")];
    let view = tree.sparse(|release| marked.contains(&release.version));
    let nodes: Vec<_> =
        view.nodes().iter().map(|node| (node.release.version.to_string(), node.marked, node.covers)).collect();
    let expected = [("515.43.04", false, 1), ("515.49.10", true, 1), ("515.57", false, 4), ("530.30.02", true, 1)];
    assert_eq!(nodes, expected.map(|(version, marked, covers)| (version.to_owned(), marked, covers)));
}

#[test]
fn a_release_inherits_from_the_nearest_marked_ancestor() {
    let tree = tree(SMALL);
    let view =
        tree.sparse(|release| [515, 525].contains(&release.version.branch()) && release.version.patch().is_none());
    let effective = |version| view.effective(version).expect("known").map(|release| release.version.to_string());
    assert_eq!(effective(version!("530.30.02")).as_deref(), Some("525.53"));
    assert_eq!(effective(version!("515.49.10")).as_deref(), Some("515.57"));
    assert_eq!(effective(version!("515.43.04")), None);
    assert_eq!(versions(view.applied(version!("525.60.11")).expect("known")), ["515.57", "525.53"]);
    assert!(view.effective(version!("525.54")).is_err());
}

proptest! {
    /// Parents drawn at random make cycles, several roots and missing parents.
    #[test]
    fn every_method_ends_on_any_tree(parents in prop::collection::vec(0_usize..40, 1..30)) {
        let pairs: Vec<_> = parents.iter().enumerate().map(|(n, parent)| format!("500.{n}:500.{parent}")).collect();
        let tree = tree(&pairs.join(" "));
        prop_assert!(!tree.validate().is_empty());
        let all = tree.all();
        prop_assert_eq!(render::text(&all, render::Charset::Ascii).lines().count(), tree.len() + 2);
        for (a, b) in tree.iter().zip(tree.iter().rev()) {
            let between = tree.path_between(a.version, b.version);
            prop_assert!(between.is_ok());
            let _ = tree.is_ancestor(a.version, b.version);
        }
        let odd: Vec<DriverVersion> = tree.iter().map(|release| release.version).filter(|v| v.minor() % 2 == 1).collect();
        let view = tree.sparse(|release| odd.contains(&release.version));
        let covered: usize = view.nodes().iter().map(|node| node.covers).sum();
        prop_assert_eq!(covered, tree.len());
    }

    #[test]
    fn any_text_is_a_tree_or_an_error(text in r#"(\[releases\]\n)?("[0-9.]{1,6}" = \{[a-z0-9_ ="{}]{0,30}\}\n){0,3}.{0,20}"#) {
        let _ = Tree::parse(&text);
    }
}
