//! The tree the crate carries.

use version_tree::{Architecture, Installer, Resolution, Standing, Status, Tree, version};

fn count(predicate: impl Fn(&version_tree::Release) -> bool) -> usize {
    Tree::embedded().iter().filter(|release| predicate(release)).count()
}

#[test]
fn the_embedded_tree_is_the_files_and_keeps_every_rule() {
    let read = Tree::parse(include_str!("../releases.toml")).unwrap();
    assert!(read.iter().eq(Tree::embedded()));
    assert_eq!(Tree::embedded().validate(), []);
}

/// Grows with the file; what it must never do is shrink.
#[test]
fn the_embedded_tree_has_the_releases_and_checksums_it_had() {
    let hashes = |architecture| count(|release| release.installer(architecture).sha256().is_some());
    assert_eq!(Tree::embedded().root().map(|root| root.version), Some(version!("515.43.04")));
    assert!(count(|release| release.headers.published()) >= 193);
    assert!(Tree::embedded().len() >= 223);
    assert!(count(|release| release.status == Status::Qualified) >= 23);
    assert!(hashes(Architecture::X86_64) >= 217);
    assert!(hashes(Architecture::Aarch64) >= 137);
}

#[test]
fn a_release_is_one_line_of_the_file() {
    let lines = include_str!("../releases.toml").lines().filter(|line| line.starts_with('"'));
    assert_eq!(lines.count(), Tree::embedded().len());
}

#[test]
fn each_standing_resolves() {
    let tree = Tree::embedded();
    let cases = [
        (version!("580.126.20"), Standing::Proved),
        (version!("595.71.05"), Standing::Measured),
        (version!("595.80"), Standing::Inferred),
    ];
    for (version, standing) in cases {
        let resolution = tree.resolve(version);
        let found = match resolution {
            Resolution::Proved(_) => Standing::Proved,
            Resolution::Measured(_) => Standing::Measured,
            Resolution::Inferred(_) => Standing::Inferred,
            Resolution::Unknown(_) => panic!("{resolution}"),
        };
        assert_eq!((resolution.release().map(|release| release.version), found), (Some(version), standing));
    }
}

#[test]
fn an_unknown_driver_gets_its_relatives_and_a_next_step() {
    let resolution = Tree::embedded().resolve(version!("570.200.01"));
    let text = resolution.to_string();
    assert_eq!(
        text,
        "driver 570.200.01 is not in the release tree; it falls between 570.195.03 and 570.207. \
         What can be done: install a driver that is, such as 570.195.03, or let `gpu-tools learn 570.200.01` make a \
         release pack of its headers, if they are published, or use a newer build of this program"
    );
    let oldest = Tree::embedded().resolve(version!("400.10")).to_string();
    assert!(oldest.ends_with("What can be done: install a driver that is, such as 515.43.04"), "{oldest}");
    let json = serde_json::to_value(&resolution).expect("plain data");
    assert_eq!(json["standing"], "unknown");
    assert_eq!(json["older"], "570.195.03");
}

#[test]
fn a_driver_equals_its_version_written_otherwise() {
    assert!(Tree::embedded().resolve(version!("550.100.00")).release().is_some());
}

#[test]
fn installers_tell_known_from_absent_from_unpublished() {
    let tree = Tree::embedded();
    let installer = |version, architecture| tree.get(version).map(|release| release.installer(architecture));
    let x86_64 = installer(version!("615.15.00"), Architecture::X86_64);
    let aarch64 = installer(version!("515.49.05"), Architecture::Aarch64);
    assert_eq!(x86_64, Some(Installer::NotPublished));
    assert_eq!(aarch64, Some(Installer::Unknown));
}

#[test]
fn every_path_begins_at_the_root_and_follows_parents() {
    let tree = Tree::embedded();
    for release in tree {
        let path = tree.path(release.version).expect("in the tree");
        assert_eq!(path[0].parent, None);
        assert_eq!(path[path.len() - 1].version, release.version);
        for pair in path.windows(2) {
            assert_eq!(pair[1].parent, Some(pair[0].version));
        }
    }
}
