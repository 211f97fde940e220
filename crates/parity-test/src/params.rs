//! What rows say of fields, against the structs they stand in.

use crate::Proxy;
use crate::proxy::subject;
use nvproxy::abi::reflect::FieldRef;
use nvproxy::abi::{Layout, Param, Shape, Type};

/// Every parameter of every row.
pub fn check(proxy: &Proxy) -> Vec<String> {
    let mut findings = Vec::new();
    for (table, row) in &proxy.rows {
        for shape in row.handling.shapes() {
            let found = of_shape(shape).into_iter();
            findings.extend(found.map(|what| format!("{}: {what}", subject(*table, row))));
        }
    }
    findings
}

/// Every parameter of one struct.
pub fn of_shape(shape: &Shape) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, param) in shape.params.iter().enumerate() {
        let field = param.field();
        if shape.params[..index].iter().any(|other| other.field().path == field.path) {
            findings.push(format!("{}.{}: spoken of twice", field.record, field.path));
        }
        let fits = match param {
            Param::Pointer(_) | Param::Null(_) | Param::Key(_) => {
                |ty: &Type| matches!(ty, Type::Pointer | Type::Unsigned(8))
            }
            Param::Descriptor(_) => |ty: &Type| matches!(ty, Type::Signed(4) | Type::Unsigned(4 | 8) | Type::Pointer),
            Param::Dependency { .. } => |ty: &Type| *ty == Type::Handle,
            Param::Client(_) | Param::OwnClient(_) => {
                |ty: &Type| matches!(element(ty), Type::Handle | Type::Unsigned(4))
            }
            Param::GpuIds(..) => |ty: &Type| matches!(element(ty), Type::Unsigned(4)),
            Param::GpuUuid(_) => |ty: &Type| matches!(ty, Type::Record(record) if record.size == 16),
            Param::Wipe { .. } => |ty: &Type| matches!(ty, Type::Pointer | Type::Unsigned(8)),
            Param::Fixed { .. } => |ty: &Type| matches!(ty, Type::Unsigned(_) | Type::Signed(_) | Type::Handle),
            // Of what its effect knows.
            Param::Zero(_) | Param::Special(_) => |_: &Type| true,
        };
        findings.extend(of_field(shape.layout, field, fits));
        if let Param::Fixed { value, .. } = param
            && !holds(field.size, *value)
        {
            findings.push(format!("{}.{}: does not hold {value}", field.record, field.path));
        }
        if let Param::Pointer(pointer) = param {
            let fits = |ty: &Type| matches!(ty, Type::Unsigned(1 | 2 | 4));
            findings.extend(of_field(shape.layout, &pointer.count, fits));
            if pointer.limit == 0 || pointer.element.size() == 0 || pointer.clamp == Some(0) {
                findings.push(format!("{}.{}: nothing may stand behind it", field.record, field.path));
            }
        }
    }
    findings
}

/// Whether so many bytes hold a number, with or without a sign.
fn holds(size: usize, value: i64) -> bool {
    let bits = 8 * size as u32;
    bits >= 64 || (-1 << (bits - 1)..1 << bits).contains(&value)
}

/// What an array is of.
fn element(ty: &Type) -> &Type {
    match ty {
        Type::Array(of, _) => element(of),
        other => other,
    }
}

fn of_field(layout: &Layout, at: &FieldRef, fits: impl Fn(&Type) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    let mut differs = |what: String| findings.push(format!("{}.{}: {what}", at.record, at.path));
    if at.record != layout.name {
        differs(format!("said of {}", layout.name));
    }
    let mut found = None;
    layout.walk(&mut |path, offset, field| {
        if path == at.path {
            found = Some((offset, field));
        }
    });
    let Some((offset, field)) = found else {
        differs("there is no such field".into());
        return findings;
    };
    if offset != at.offset {
        differs(format!("offset {}, in the struct {offset}", at.offset));
    }
    if field.ty.size() != at.size {
        differs(format!("{} bytes, in the struct {}", at.size, field.ty.size()));
    }
    if !fits(&field.ty) {
        differs(format!("its type cannot be what is said of it: {:?}", field.ty));
    }
    findings
}
