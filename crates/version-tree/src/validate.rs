//! The rules a release tree must keep, beyond those on single lines.

use std::collections::HashMap;

use crate::{Architecture, Installer, Problem, Release, Status, Tree};

pub(crate) fn check(tree: &Tree, problems: &mut Vec<Problem>) {
    check_roots(tree, problems);
    check_ages(tree, problems);
    check_checksums(tree, problems);
}

fn check_roots(tree: &Tree, problems: &mut Vec<Problem>) {
    // A parent that cannot be read is a problem of its own.
    let unreadable: Vec<_> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::MalformedParent { version, .. } => Some(*version),
            _ => None,
        })
        .collect();
    let mut roots = tree.iter().filter(|release| release.parent.is_none() && !unreadable.contains(&release.version));
    let Some(root) = roots.next() else {
        return problems.push(Problem::NoRoot);
    };
    problems.extend(roots.map(|other| Problem::SecondRoot { version: other.version, root: root.version }));
}

/// No child is older than its parent. NVIDIA numbers side lines apart from the branch
/// they are cut from (the Vulkan betas 515.49.* are cut from 515.57, 515.65.01 and
/// 515.76 in turn), so the start of a side line is exempt: see [`starts_side_line`].
/// What the git history has otherwise must say so in the file.
fn check_ages(tree: &Tree, problems: &mut Vec<Problem>) {
    for (index, release) in tree.iter().enumerate() {
        let version = release.version;
        let parent = tree.parent_of(index).map(|parent| tree.release_at(parent));
        let Some(parent) = parent.filter(|parent| version < parent.version) else {
            if release.out_of_order {
                problems.push(Problem::NeedlessOutOfOrder { version, side_line: false });
            }
            continue;
        };
        match (release.out_of_order, starts_side_line(tree, index, parent)) {
            (false, false) => problems.push(Problem::OlderThanParent { version, parent: parent.version }),
            (true, true) => problems.push(Problem::NeedlessOutOfOrder { version, side_line: true }),
            _ => {}
        }
    }
}

/// Whether a release is the first of a side line: of the same branch as its parent but
/// another line, and with nothing below it that is not of its own line.
fn starts_side_line(tree: &Tree, index: usize, parent: &Release) -> bool {
    let version = tree.release_at(index).version;
    version.branch() == parent.version.branch()
        && version.line() != parent.version.line()
        && tree.below(index).all(|below| tree.release_at(below).version.line() == version.line())
}

fn check_checksums(tree: &Tree, problems: &mut Vec<Problem>) {
    let mut seen = HashMap::new();
    for release in tree {
        let version = release.version;
        let mut any = false;
        for architecture in Architecture::ALL {
            let Installer::Published { sha256, sources } = release.installer(architecture) else {
                continue;
            };
            any = true;
            if sources == 0 {
                problems.push(Problem::NoSource { version, architecture });
            }
            if let Some((other, other_architecture)) = seen.insert(sha256, (version, architecture)) {
                problems.push(Problem::RepeatedChecksum { version, architecture, other, other_architecture });
            }
        }
        if release.status == Status::Qualified && !any {
            problems.push(Problem::QualifiedWithoutChecksum { version });
        }
    }
}
