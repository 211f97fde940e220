//! Drawings of a small tree.

use version_tree::{Tree, render, render::Charset, version};

const SMALL: &str = r#"
[releases]
"515.43.04" = {}
"515.48.07" = { parent = "515.43.04" }
"515.49.05" = { parent = "515.48.07" }
"515.49.06" = { parent = "515.49.05" }
"515.57" = { parent = "515.48.07", status = "qualified", x86_64 = { sha256 = "3e875a4d350e4b2316f2bb5db5a6c89122ec920cc0ca64327d3a0d970c4f3dc7", sources = 2 }, aarch64 = "none" }
"515.65.01" = { parent = "515.57" }
"515.65.07" = { parent = "515.65.01" }
"520.61.05" = { parent = "515.57", headers = "unpublished" }
"#;

fn small() -> Tree {
    Tree::parse(SMALL).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn lines_of_descent_stay_in_their_column() {
    insta::assert_snapshot!("all_unicode", render::text(&small().all(), Charset::Unicode));
    insta::assert_snapshot!("all_ascii", render::text(&small().all(), Charset::Ascii));
}

#[test]
fn a_sparse_drawing_counts_what_it_leaves_out() {
    let tree = small();
    let view = tree.sparse(|release| {
        [version!("515.49.06"), version!("515.65.01"), version!("520.61.05")].contains(&release.version)
    });
    insta::assert_snapshot!("sparse_unicode", render::text(&view, Charset::Unicode));
    insta::assert_snapshot!("sparse_dot", render::dot(&view));
    insta::assert_snapshot!("sparse_mermaid", render::mermaid(&view));
}

#[test]
fn json_has_the_keys_of_the_file_and_of_the_view() {
    let tree = small();
    let view = tree.sparse(|release| release.version == version!("515.57"));
    insta::assert_snapshot!("sparse_json", format!("{:#}", render::json(&view)));
}

#[test]
fn a_deep_line_of_branches_is_drawn_without_recursion() {
    // Each release has an older sibling, so that the drawing is as deep as it can be.
    let mut text = String::from("[releases]\n\"1.0\" = {}\n");
    for n in 1..2000 {
        text += &format!("\"1.{n}\" = {{ parent = \"1.{}\" }}\n", n - 1);
        text += &format!("\"1.{n}.9999\" = {{ parent = \"1.{n}\" }}\n");
    }
    let tree = Tree::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(render::text(&tree.all(), Charset::Ascii).lines().count(), 4001);
}
