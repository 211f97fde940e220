//! The tree as text, drawn like `git log --graph` from the oldest release downwards: a
//! line of descent stays in its column, so only branching indents.

use std::fmt::Write as _;

use crate::{Standing, Status, View};

/// The characters a drawing may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Plain ASCII, for logs and odd terminals.
    Ascii,
    /// Box drawing and geometric shapes.
    #[default]
    Unicode,
}

impl Charset {
    const fn pass(self) -> &'static str {
        match self {
            Self::Ascii => "| ",
            Self::Unicode => "│ ",
        }
    }

    const fn fork(self) -> &'static str {
        match self {
            Self::Ascii => "|-",
            Self::Unicode => "├─",
        }
    }

    /// The shape tells what is known of a release, and a filled one that gVisor qualifies it.
    const fn mark(self, status: Status, standing: Standing) -> char {
        let filled = matches!(status, Status::Qualified);
        let [plain, full] = match (self, standing) {
            (Self::Ascii, Standing::Proved) => ['o', '*'],
            (Self::Ascii, Standing::Measured) => ['+', '#'],
            (Self::Ascii, Standing::Inferred) => ['?', '!'],
            (Self::Unicode, Standing::Proved) => ['○', '●'],
            (Self::Unicode, Standing::Measured) => ['□', '■'],
            (Self::Unicode, Standing::Inferred) => ['◇', '◆'],
        };
        if filled { full } else { plain }
    }
}

/// Draws a view, with a legend below it. In a sparse view a number tells how many
/// releases a line stands for, and parentheses mark a release that is only there
/// because the tree branches at it.
#[must_use]
pub fn text(view: &View<'_>, charset: Charset) -> String {
    let (children, roots) = view.layout();
    let mut out = String::new();
    // A stack instead of recursion: depth is the input's. Entries: node, the column it
    // stands in, whether it opens that column.
    let mut open: Vec<(usize, usize, bool)> = roots.into_iter().rev().map(|root| (root, 0, false)).collect();
    while let Some((index, column, opens)) = open.pop() {
        let node = &view.nodes()[index];
        let (passing, fork) = if opens { (column - 1, charset.fork()) } else { (column, "") };
        let indent = charset.pass().repeat(passing);
        let mark = charset.mark(node.release.status, node.release.standing());
        let (before, after) = if node.marked { ("", "") } else { ("(", ")") };
        // Writing to a string cannot fail.
        let _ = write!(out, "{indent}{fork}{mark} {before}{}{after}", node.release.version);
        if node.covers > 1 {
            let _ = write!(out, "  {} releases", node.covers);
        }
        out.push('\n');
        // The last one carries on in this column, below all that branches off.
        if let Some((next, branches)) = children[index].split_last() {
            open.push((*next, column, false));
            open.extend(branches.iter().rev().map(|branch| (*branch, column + 1, true)));
        }
    }
    legend(&mut out, view, charset);
    out
}

/// What each mark means.
fn legend(out: &mut String, view: &View<'_>, charset: Charset) {
    let marks = [Standing::Proved, Standing::Measured, Standing::Inferred].map(|standing| {
        let [plain, full] = [Status::Unqualified, Status::Qualified].map(|status| charset.mark(status, standing));
        format!("{plain} {full} {standing}")
    });
    let _ = write!(out, "\n{}   (filled: qualified by gVisor)", marks.join("   "));
    if view.nodes().iter().any(|node| !node.marked) {
        out.push_str("   (..) only branches");
    }
    out.push('\n');
}
