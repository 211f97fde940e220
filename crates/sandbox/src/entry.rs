//! Entries of the tables as other programs read them.

use nvproxy::abi::{Evidence, Layout, Param, Parameters, Row};
use serde::Serialize;

/// One entry.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    number: u32,
    name: &'static str,
    handling: &'static str,
    caps: Vec<&'static str>,
    c_structs: Vec<&'static str>,
    /// What is known of the entry, where that is not what is known of most of the release.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'static str>,
    /// The same structs where their layout is known, each with what is translated in it.
    structs: Vec<Struct>,
}

/// A struct that an entry may come with.
#[derive(Debug, Serialize)]
struct Struct {
    name: &'static str,
    /// In bytes.
    size: usize,
    /// Whether there are as many of it as the caller's size says.
    repeated: bool,
    params: Vec<Translation>,
}

/// What is done about a field.
#[derive(Debug, Serialize)]
struct Translation {
    kind: &'static str,
    field: &'static str,
    offset: usize,
    size: usize,
    #[serde(flatten)]
    detail: Detail,
    /// The same in words.
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Detail {
    Pointer {
        direction: &'static str,
        count: &'static str,
        squared: bool,
        clamp: Option<u32>,
        element: usize,
        limit: usize,
    },
    Descriptor {
        file: &'static str,
        absent: Option<&'static str>,
    },
    Dependency {
        unless: Option<u32>,
    },
    Fixed {
        value: i64,
    },
    Nothing {},
}

impl Entry {
    pub(crate) fn new(row: &Row) -> Self {
        Self {
            number: row.number,
            name: row.name,
            handling: row.handling.name(),
            caps: row.capabilities.names().collect(),
            c_structs: row.structs().collect(),
            evidence: None,
            structs: forms(row)
                .into_iter()
                .map(|form| Struct {
                    name: form.c_name,
                    size: form.layout.size,
                    repeated: form.repeated,
                    params: form.params.iter().map(Translation::new).collect(),
                })
                .collect(),
        }
    }

    /// With what is known of it.
    pub(crate) fn known_from(self, evidence: Option<Evidence>) -> Self {
        Self { evidence: evidence.map(Evidence::as_str), ..self }
    }
}

impl Translation {
    fn new(param: &Param) -> Self {
        let field = param.field();
        let detail = match param {
            Param::Pointer(p) => Detail::Pointer {
                direction: p.direction.name(),
                count: p.count.path,
                squared: p.squared,
                clamp: p.clamp,
                element: p.element.size(),
                limit: p.limit,
            },
            Param::Descriptor(d) => Detail::Descriptor { file: d.file.name(), absent: d.absent.name() },
            Param::Dependency { unless, .. } => Detail::Dependency { unless: *unless },
            Param::Fixed { value, .. } => Detail::Fixed { value: *value },
            Param::Null(_)
            | Param::Zero(_)
            | Param::Key(_)
            | Param::Client(_)
            | Param::OwnClient(_)
            | Param::GpuIds(..)
            | Param::GpuUuid(_)
            | Param::Wipe { .. }
            | Param::Special(_) => Detail::Nothing {},
        };
        Self {
            kind: param.kind(),
            field: field.path,
            offset: field.offset,
            size: field.size,
            detail,
            text: param.to_string(),
        }
    }
}

/// A struct of known layout that an entry may come with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) c_name: &'static str,
    pub(crate) layout: &'static Layout,
    pub(crate) params: &'static [Param],
    pub(crate) repeated: bool,
}

impl Form {
    /// As C declares it.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.c_name, if self.repeated { "[]" } else { "" })
    }
}

/// The structs of an entry whose layout is known.
pub(crate) fn forms(row: &Row) -> Vec<Form> {
    match row.handling.parameters {
        Parameters::Struct(shapes) => shapes
            .iter()
            .map(|s| Form { c_name: s.name, layout: s.layout, params: s.params, repeated: false })
            .collect(),
        Parameters::Repeated(layout) => vec![Form { c_name: layout.name, layout, params: &[], repeated: true }],
        Parameters::Empty | Parameters::Opaque(_) | Parameters::Unpublished | Parameters::Refused => Vec::new(),
    }
}
