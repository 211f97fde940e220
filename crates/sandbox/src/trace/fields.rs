//! Which fields of parameters are shown.

use super::value::{Value, unsigned};
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Layout, Param, Shape, Type};
use nvproxy::{Lent, Value as LentValue};
use std::ops::Range;

/// Not more fields of one record than this are shown.
const FIELDS_MAX: usize = 6;

/// Of these records, these fields are shown; of others, those that are not zero, or that the driver changed.
const CHOSEN: &[(&str, &[&str])] = &[
    ("NVOS21_PARAMETERS", &["hRoot", "hObjectParent", "hObjectNew"]),
    ("NVOS64_PARAMETERS", &["hRoot", "hObjectParent", "hObjectNew"]),
    ("NVOS54_PARAMETERS", &["hClient", "hObject"]),
    ("nv_ioctl_rm_api_version_t", &["versionString"]),
];

/// Never shown: they are the call's ending.
const STATUSES: [&str; 3] = ["status", "rmStatus", "Status"];

/// A field, with what the guest gave and what it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its name, as C writes it.
    pub name: String,
    /// What the guest gave; `None` for nothing but zeros.
    pub before: Option<Value>,
    /// What it got, where that is something else.
    pub after: Option<Value>,
}

/// The bytes of a call, to read records in.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a> {
    pub(super) before: &'a [u8],
    pub(super) after: &'a [u8],
    pub(super) lent: &'a [Lent],
}

impl<'a> Bytes<'a> {
    /// The values of a range, if they are there and not all zero; and those it has afterwards, if they are others.
    fn read(&self, ty: &Type, name: &str, at: Range<usize>) -> Option<(Option<Value>, Option<Value>)> {
        self.of(at, |bytes| Value::read(ty, name, bytes))
    }

    fn of(&self, at: Range<usize>, value: impl Fn(&[u8]) -> Value) -> Option<(Option<Value>, Option<Value>)> {
        let (before, after) = (self.before.get(at.clone())?, self.after.get(at)?);
        Some((is_set(before).then(|| value(before)), (before != after).then(|| value(after))))
    }

    /// A number before the call.
    pub(super) fn number(&self, at: usize, width: usize) -> Option<u64> {
        self.before.get(at..at + width).map(unsigned)
    }

    /// Where a pointer leads, within these bytes.
    pub(super) fn follow(&self, at: usize) -> Option<Range<usize>> {
        self.lent.iter().find_map(|lent| match &lent.value {
            LentValue::Bytes(range) if lent.at == at => Some(range.clone()),
            _ => None,
        })
    }
}

fn is_set(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| *byte != 0)
}

/// The fields of a record at `start` that are to be shown, and how many more there would be.
pub(super) fn shown(shape: &Shape, start: usize, bytes: &Bytes<'_>) -> (Vec<Shown>, usize) {
    let mut found = Vec::new();
    collect(shape.layout, "", start, &mut |at, name, ty| {
        let pointer = shape.params.iter().find_map(|param| match param {
            Param::Pointer(pointer) if start + pointer.field.offset == at => Some(pointer),
            _ => None,
        });
        let values = match pointer.and_then(|pointer| Some((pointer, bytes.follow(at)?))) {
            Some((pointer, range)) => {
                let list = |bytes: &[u8]| Value::list(&pointer.element, name, bytes);
                bytes.of(range, list)
            }
            None => bytes.read(ty, name, at..at + ty.size()),
        };
        if let Some((before, after)) = values
            && (before.is_some() || after.is_some())
        {
            found.push(Shown { name: name.to_owned(), before, after });
        }
    });
    let more = found.len().saturating_sub(FIELDS_MAX);
    // What the driver answered tells more than what it was asked.
    if more > 0 {
        let mut rank: Vec<usize> = (0..found.len()).collect();
        rank.sort_by_key(|index| found[*index].after.is_none());
        rank.truncate(FIELDS_MAX);
        let mut index = 0;
        found.retain(|_| {
            index += 1;
            rank.contains(&(index - 1))
        });
    }
    (found, more)
}

/// Every field to be considered: those of records within by their paths, of unions as one.
fn collect(layout: &Layout, path: &str, start: usize, visit: &mut dyn FnMut(usize, &str, &Type)) {
    let chosen = CHOSEN.iter().find(|(record, _)| *record == layout.name).map(|(_, fields)| *fields);
    for field in layout.c_fields() {
        let name = field.c_name();
        if STATUSES.contains(&name) || chosen.is_some_and(|chosen| !chosen.contains(&name)) {
            continue;
        }
        let path = match (path, name) {
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            // What wraps parameters to add a descriptor tells nothing.
            ("params", name) => name.to_owned(),
            (path, name) => format!("{path}.{name}"),
        };
        match &field.ty {
            Type::Record(inner) if !inner.union => collect(inner, &path, start + field.offset, visit),
            ty => visit(start + field.offset, &path, ty),
        }
    }
}

/// The resource manager's status in a record.
pub(super) fn status(layout: &Layout, block: &[u8]) -> Option<NV_STATUS> {
    let at = status_at(layout)?;
    block.get(at..at + 4).map(|bytes| NV_STATUS(unsigned(bytes) as u32))
}

fn status_at(layout: &Layout) -> Option<usize> {
    layout.c_fields().find_map(|field| match field.c_name() {
        name if STATUSES.contains(&name) => Some(field.offset),
        "params" => Some(field.offset + status_at(field.ty.record()?)?),
        _ => None,
    })
}

/// The path of the field at an offset.
pub(super) fn field_at(layout: &Layout, at: usize) -> Option<String> {
    let mut found = None;
    layout.walk(&mut |path, offset, field| {
        if offset == at && !matches!(field.ty, Type::Record(_)) && found.is_none() {
            found = Some(path.strip_prefix("params.").unwrap_or(path).to_owned());
        }
    });
    found
}
