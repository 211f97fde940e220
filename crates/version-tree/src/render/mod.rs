//! A [`View`] as text, Graphviz, Mermaid or JSON. The output is stable: the same view
//! gives the same bytes.

mod graph;
mod text;

use serde::Serialize;

use crate::{DriverVersion, Release, Standing, View};

pub use graph::{dot, mermaid};
pub use text::{Charset, text};

/// The view as a JSON document; `{:#}` prints it indented.
///
/// `{"schema_version":2,"sparse":bool,"releases":[..]}`, in version order. Each release
/// has the keys of `releases.toml`, with `qualified_by` for `status`, its `standing`, and of
/// the view: `view_parent` (its nearest ancestor shown), `marked` (of interest by itself),
/// `covers` (releases it stands for).
#[must_use]
pub fn json(view: &View<'_>) -> serde_json::Value {
    #[derive(Serialize)]
    struct Entry<'a> {
        #[serde(flatten)]
        release: &'a Release,
        standing: Standing,
        view_parent: Option<DriverVersion>,
        marked: bool,
        covers: usize,
    }
    let releases: Vec<_> = view
        .nodes()
        .iter()
        .map(|node| Entry {
            release: node.release,
            standing: node.release.standing(),
            view_parent: node.parent,
            marked: node.marked,
            covers: node.covers,
        })
        .collect();
    serde_json::json!({ "schema_version": 2, "sparse": view.is_sparse(), "releases": releases })
}
