//! The tree in the languages of graph drawing tools.

use std::fmt::Write as _;

use crate::{DriverVersion, Node, Standing, View};

/// The view in the language of Graphviz: `dot -Tsvg`.
#[must_use]
pub fn dot(view: &View<'_>) -> String {
    let mut out =
        String::from("digraph releases {\n  rankdir = LR;\n  node [shape = box, fontname = \"monospace\"];\n");
    for node in view.nodes() {
        // A filled box is a release that gVisor qualifies.
        let fill = if node.release.qualified_by().is_some() { "filled," } else { "" };
        let line = match node.release.standing() {
            Standing::Proved => "solid",
            Standing::Measured => "dashed",
            Standing::Inferred => "dotted",
        };
        let (version, label) = (node.release.version, label(node, "\\n"));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  \"{version}\" [label = \"{label}\", style = \"{fill}{line}\"];");
    }
    for (parent, child) in edges(view) {
        let _ = writeln!(out, "  \"{parent}\" -> \"{child}\";");
    }
    out.push_str("}\n");
    out
}

/// The view in the language of Mermaid, as Markdown on code forges shows it.
#[must_use]
pub fn mermaid(view: &View<'_>) -> String {
    // Dots have a meaning in Mermaid's identifiers.
    let id = |version: DriverVersion| format!("v{version}").replace('.', "_");
    let mut out = String::from("graph LR\n");
    for node in view.nodes() {
        let (id, label) = (id(node.release.version), label(node, "<br>"));
        let _ = writeln!(out, "  {id}[\"{label}\"]:::{}", node.release.standing());
    }
    for (parent, child) in edges(view) {
        let _ = writeln!(out, "  {} --> {}", id(parent), id(child));
    }
    out.push_str("  classDef proved fill:#fff,color:#000\n");
    out.push_str("  classDef measured fill:#fff,color:#000,stroke-dasharray:8\n");
    out.push_str("  classDef inferred fill:#fff,color:#000,stroke-dasharray:4\n");
    out
}

fn label(node: &Node<'_>, newline: &str) -> String {
    match node.covers {
        0 | 1 => node.release.version.to_string(),
        covers => format!("{}{newline}{covers} releases", node.release.version),
    }
}

fn edges<'v>(view: &'v View<'_>) -> impl Iterator<Item = (DriverVersion, DriverVersion)> + 'v {
    view.nodes().iter().filter_map(|node| Some((node.parent?, node.release.version)))
}
