//! `gpu-tools tree`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::Result;
use clap::ValueEnum;
use nvproxy::abi::changing;
use std::collections::HashSet;
use version_tree::render::{self, Charset};
use version_tree::{Release, Status};

/// Draw the tree of releases
///
/// Without --all, the releases that are qualified or change what a proxy handles, and how many others they stand for.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Every release
    #[arg(long)]
    all: bool,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Drawing::Text)]
    format: Drawing,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Drawing {
    /// For the terminal
    Text,
    /// For other programs
    Json,
    /// For Markdown on code forges
    Mermaid,
    /// For Graphviz
    Dot,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let changing: HashSet<_> = changing().collect();
    let telling = |release: &Release| release.status == Status::Qualified || changing.contains(&release.version);
    let view = if arguments.all { tree.all() } else { tree.sparse(telling) };
    let text = match arguments.format {
        Drawing::Text => render::text(&view, charset()),
        Drawing::Json => format!("{}\n", render::json(&view)),
        Drawing::Mermaid => render::mermaid(&view),
        Drawing::Dot => render::dot(&view),
    };
    output.print(&text)?;
    Ok(Exit::Done)
}

/// What the locale says this terminal can show; the C locale's is ASCII.
fn charset() -> Charset {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    match set {
        Some(locale) if locale.to_string_lossy().to_lowercase().replace('-', "").contains("utf8") => Charset::Unicode,
        _ => Charset::Ascii,
    }
}
