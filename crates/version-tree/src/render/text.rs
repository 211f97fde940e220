//! The tree as text, drawn like `git log --graph` from the oldest release downwards: a
//! line of descent stays in its column, so only branching indents.

use std::fmt::Write as _;

use crate::{Headers, Status, View};

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

    /// A filled shape is qualified; a pointed one has no published headers.
    const fn mark(self, status: Status, headers: Headers) -> char {
        match (self, status, headers) {
            (Self::Ascii, Status::Qualified, Headers::Published) => '*',
            (Self::Ascii, Status::Unqualified, Headers::Published) => 'o',
            (Self::Ascii, Status::Qualified, Headers::Unpublished) => '!',
            (Self::Ascii, Status::Unqualified, Headers::Unpublished) => '?',
            (Self::Unicode, Status::Qualified, Headers::Published) => '●',
            (Self::Unicode, Status::Unqualified, Headers::Published) => '○',
            (Self::Unicode, Status::Qualified, Headers::Unpublished) => '◆',
            (Self::Unicode, Status::Unqualified, Headers::Unpublished) => '◇',
        }
    }
}

/// What each mark means.
const LEGEND: [(Status, Headers, &str); 4] = [
    (Status::Qualified, Headers::Published, "qualified"),
    (Status::Unqualified, Headers::Published, "known"),
    (Status::Qualified, Headers::Unpublished, "qualified, headers unpublished"),
    (Status::Unqualified, Headers::Unpublished, "listed"),
];

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
        let mark = charset.mark(node.release.status, node.release.headers);
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

fn legend(out: &mut String, view: &View<'_>, charset: Charset) {
    let marks = LEGEND.map(|(status, headers, meaning)| format!("{} {meaning}", charset.mark(status, headers)));
    let _ = write!(out, "\n{}", marks.join("   "));
    if view.nodes().iter().any(|node| !node.marked) {
        out.push_str("   (..) only branches");
    }
    out.push('\n');
}
