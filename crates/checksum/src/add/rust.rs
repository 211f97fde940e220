//! Changed entries as Rust: the rows for `crates/nvproxy/src/abi/releases`, with the structs that `driver-differ` makes.

use driver_differ::catalogue::Catalogue;
use driver_differ::closure;
use driver_differ::extract::Names;
use driver_differ::model::{Abi, DomainName};
use driver_differ::report::rust::{Definitions, changed, document};
use nvproxy::abi::row::{Absent, Descriptor, Direction, PARAMS_SIZE_MAX, Pointer};
use nvproxy::abi::{Layout, Param, Parameters, Row, Shape, Table, Type};
use parity_test::layouts::domain;
use std::collections::BTreeMap;
use std::fmt::Write;
use version_tree::DriverVersion;

use super::tables::{self, RowChange, RowKind};

/// What to add for a release.
#[derive(Debug, Clone, Default)]
pub struct Rust {
    /// Definitions of structs, as `driver-differ --emit rust` prints them.
    pub structs: String,
    /// The release's file of rows, and what it is called.
    pub rows: String,
}

/// Which names the entries pass.
struct Passed<'a>(&'a [RowChange]);

impl Names for Passed<'_> {
    fn record(&self, name: &str) -> bool {
        let shapes = self.0.iter().filter(|change| {
            matches!(change.kind, RowKind::Shape { .. } | RowKind::Copied { .. } | RowKind::Moved { .. })
        });
        shapes.flat_map(|change| change.row.structs()).any(|passed| passed == name)
    }

    fn constant(&self, _: &str) -> bool {
        false
    }
}

/// The module of a release's changes.
pub(super) fn module(version: DriverVersion) -> String {
    format!("r{}", version.to_string().replace('.', "_"))
}

/// The structs and rows for what a release changes against its parent.
pub(super) fn write(
    version: DriverVersion,
    parent: DriverVersion,
    changes: &[RowChange],
    base: &Abi,
    next: &Abi,
) -> Result<Rust, driver_differ::catalogue::Error> {
    if changes.is_empty() {
        return Ok(Rust::default());
    }
    let mut kept = [base.clone(), next.clone()];
    closure::keep(&mut kept, &Passed(changes));
    let [base, next] = kept;
    let records = changed(&base, &next);
    let mut definitions = Definitions::of(Catalogue::embedded()?, records.iter().cloned())?;
    let definitions = definitions.define(version, &next, &records);
    // `struct NAME = "NAME IN C": SIZE {`
    let rust = |text: &str| text.split([' ', ':']).nth(1).unwrap_or_default().to_string();
    let names = records.iter().zip(&definitions).map(|(key, definition)| (key.clone(), rust(&definition.text)));
    let writer = Writer { version, next: &next, names: names.collect() };
    Ok(Rust { structs: document(&definitions), rows: writer.file(parent, changes) })
}

struct Writer<'a> {
    version: DriverVersion,
    next: &'a Abi,
    /// The Rust names of the records that have a new form.
    names: BTreeMap<(DomainName, String), String>,
}

impl Writer<'_> {
    fn file(&self, parent: DriverVersion, changes: &[RowChange]) -> String {
        let Self { version, .. } = self;
        let mut out = format!("// crates/nvproxy/src/abi/releases/{}.rs\n", module(*version));
        let _ = write!(out, "//! What {version} changes against {parent}.\n\nuse crate::abi::structs::*;\n");
        out.push_str("use crate::abi::table::release;\n\nrelease! {\n");
        for table in Table::ALL {
            let rows: String = changes.iter().filter(|c| c.table == table).map(|c| self.row(c)).collect();
            if !rows.is_empty() {
                let name = match table {
                    Table::Frontend => "Frontend",
                    Table::Uvm => "Uvm",
                    Table::Control => "Control",
                    Table::Alloc => "Alloc",
                };
                let _ = write!(out, "    {name} {{\n{rows}    }}\n");
            }
        }
        out.push_str("}\n");
        out
    }

    fn row(&self, change: &RowChange) -> String {
        let RowChange { table, row, kind } = change;
        let name = row.name;
        let handling = || self.handling(*table, row);
        let capabilities = || row.capabilities.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" | ");
        let line = match kind {
            RowKind::Shape { .. } | RowKind::Copied { .. } => format!("set {name}: {};", handling()),
            RowKind::Named { .. } => return String::new(),
            RowKind::Gone => format!("remove {name};"),
            RowKind::Moved { to } => {
                let renamed = format!("{name}_V{}", self.version.to_string().replace('.', "_"));
                let add = format!("add {renamed} = {to:#x} as \"{name}\": {}, {};", handling(), capabilities());
                format!("remove {name};\n        {add}")
            }
            RowKind::Known { from } => {
                format!("// As {from} has it.\n        add {name}: {}, {};", handling(), capabilities())
            }
        };
        format!("        {line}\n")
    }

    fn handling(&self, table: Table, row: &Row) -> String {
        match row.handling.parameters {
            Parameters::Empty => "empty".to_string(),
            Parameters::Unpublished => "unpublished".to_string(),
            Parameters::Refused => "refused".to_string(),
            Parameters::Opaque(name) => format!("opaque(\"{name}\")"),
            Parameters::Repeated(layout) => format!("each({})", self.rust_name(table, layout.name, layout)),
            Parameters::Struct(shapes) => {
                let shapes: Vec<String> = shapes.iter().map(|shape| self.shape(table, shape)).collect();
                let shapes = shapes.join("; ");
                match row.handling.effect {
                    Some(effect) => format!("effect({effect:?}, {shapes})"),
                    None if shapes.contains(": ") => format!("with({shapes})"),
                    None => format!("simple({shapes})"),
                }
            }
        }
    }

    fn shape(&self, table: Table, shape: &Shape) -> String {
        let headers = self.next.domain(domain(table));
        // What the name stands for now, which may be another struct than before.
        let c = tables::record(headers, shape.name).map_or(shape.layout.name, |(name, _)| name);
        let rust = self.rust_name(table, c, shape.layout);
        let typedef = if shape.name == c { String::new() } else { format!(" as \"{}\"", shape.name) };
        let params: Vec<String> = shape.params.iter().map(|param| self.param(table, param)).collect();
        let params = if params.is_empty() { String::new() } else { format!(": {}", params.join(", ")) };
        format!("{rust}{typedef}{params}")
    }

    fn rust_name(&self, table: Table, c: &str, layout: &Layout) -> String {
        match self.names.get(&(domain(table), c.to_string())) {
            Some(name) => name.clone(),
            None if layout.name == c => layout.rust_name.to_string(),
            None => c.to_string(),
        }
    }

    fn param(&self, table: Table, param: &Param) -> String {
        let path = param.field().path;
        match param {
            Param::Pointer(pointer) => self.pointer(table, pointer),
            Param::Descriptor(Descriptor { file, absent, .. }) => match absent {
                Absent::Never => format!("fd({path}, {file:?})"),
                Absent::Negative => format!("fd({path}, {file:?} or negative)"),
                Absent::Zero => format!("fd({path}, {file:?} or zero)"),
            },
            Param::Null(_) => format!("null({path})"),
            Param::Fixed { value, .. } => format!("fixed({path} = {value})"),
            Param::Zero(_) => format!("zero({path})"),
            Param::Key(_) => format!("key({path})"),
            Param::Special(_) => format!("special({path})"),
            Param::Client(_) => format!("client({path})"),
            Param::OwnClient(_) => format!("own_client({path})"),
            Param::Dependency { unless: None, .. } => format!("depends({path})"),
            Param::Dependency { unless: Some(value), .. } => format!("depends({path} unless {value:#x})"),
            Param::GpuIds(_, Direction::In) => format!("gpus(in {path})"),
            Param::GpuIds(..) => format!("gpus(out {path})"),
            Param::GpuUuid(_) => format!("gpu_uuid({path})"),
            Param::Wipe { field, .. } => {
                let (array, rest) = path.split_once('.').unwrap_or((path, ""));
                let headers = self.next.domain(domain(table));
                let record = headers.records.get(field.record);
                let element = record.and_then(|record| record.fields.iter().find(|field| field.name == array));
                let element = element.map_or("_", |field| driver_differ::model::base_type(&field.ty));
                let named = self.names.get(&(domain(table), element.to_string()));
                format!("wipe({array} of {}, {rest})", named.map_or(element, String::as_str))
            }
        }
    }

    fn pointer(&self, table: Table, pointer: &Pointer) -> String {
        let Pointer { field, direction, count, squared, clamp, element, limit, clients } = pointer;
        let verb = match direction {
            Direction::In => "reads",
            Direction::Out => "writes",
            Direction::InOut => "updates",
        };
        let clamp = clamp.map(|most| format!(".min({most})")).unwrap_or_default();
        let again = if *squared { format!(" * {}", count.path) } else { String::new() };
        let element = match element {
            Type::Unsigned(size) => format!("NvU{}", size * 8),
            Type::Signed(size) => format!("NvS{}", size * 8),
            Type::Bool => "NvBool".to_string(),
            Type::Pointer => "NvP64".to_string(),
            Type::Handle => "NvHandle".to_string(),
            Type::Record(layout) => self.rust_name(table, layout.name, layout),
            Type::Array(..) => "_".to_string(),
        };
        let limit = if *limit == PARAMS_SIZE_MAX { "" } else { " limit DEBUG_READ_MEMORY_MAX" };
        let clients = if *clients { " of clients" } else { "" };
        format!("{verb}({}, {}{clamp}{again} * {element}{clients}{limit})", field.path, count.path)
    }
}
