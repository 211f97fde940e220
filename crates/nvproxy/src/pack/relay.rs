//! Laying out the parameters of a row anew, with the sizes and offsets of a pack.

use super::{Form, PackError, Place};
use crate::abi::reflect::{Field, FieldRef};
use crate::abi::row::{Descriptor, IOCTL_SIZE_MAX, PARAMS_SIZE_MAX, Pointer};
use crate::abi::{Layout, Param, Shape, Table};
use crate::printable::printable;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The most different structs that are laid out for packs in a process. They are never given back: rows are data for as
/// long as the process runs. The packs of all releases take some hundred.
const LAID_OUT_MAX: usize = if cfg!(fuzzing) { 1 << 20 } else { 1 << 14 };

/// The fields whose places the proxy has to know to pass a struct on: those that its row names, those that say how much
/// pointers lead to, and the status that the driver answers with.
pub fn named_fields(table: Table, shape: &Shape) -> Vec<FieldRef> {
    let mut named: Vec<FieldRef> = Vec::new();
    let mut add = |field: FieldRef| {
        if named.iter().all(|known| known.path != field.path) {
            named.push(field);
        }
    };
    for param in shape.params {
        add(*param.field());
        if let Param::Pointer(pointer) = param {
            add(pointer.count);
        }
    }
    status(table, shape.layout).into_iter().for_each(add);
    named.sort_by_key(|field| (field.offset, field.path));
    named
}

/// Where the driver says how an ioctl went. Control commands and classes have that in the ioctl that carries them.
fn status(table: Table, layout: &Layout) -> Option<FieldRef> {
    if !matches!(table, Table::Frontend | Table::Uvm) {
        return None;
    }
    let field = layout.status()?;
    Some(FieldRef { record: layout.name, path: field.name, offset: field.offset, size: field.ty.size() })
}

/// Why a struct cannot be laid out as a pack says.
pub(super) enum Unfit {
    /// The entry is left out.
    Entry(String),
    /// The pack is of no use.
    Pack(PackError),
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self::Entry(why)
    }
}

/// Whether a pack says of structs what this build has.
pub(super) fn same(table: Table, shapes: &[Shape], forms: &[Form]) -> bool {
    let same = |(shape, form): (&Shape, &Form)| {
        let named = named_fields(table, shape);
        shape.name == form.name
            && shape.layout.size == form.size
            && named.len() == form.fields.len()
            && named
                .iter()
                .all(|field| form.fields.get(field.path) == Some(&Place { offset: field.offset, size: field.size }))
    };
    shapes.len() == forms.len() && shapes.iter().zip(forms).all(same)
}

/// The structs with the sizes and offsets of a pack.
pub(super) fn relay(table: Table, shapes: &'static [Shape], forms: &[Form]) -> Result<&'static [Shape], Unfit> {
    if shapes.len() != forms.len() {
        return Err(format!("the pack has {} structs for it, this build {}", forms.len(), shapes.len()).into());
    }
    for (shape, form) in shapes.iter().zip(forms) {
        check(table, shape, form)?;
    }
    laid_out(table, shapes, forms).map_err(Unfit::Pack)
}

/// Whether what a row says of a struct holds of it with the places of a pack.
fn check(table: Table, shape: &Shape, form: &Form) -> Result<(), String> {
    let name = shape.name;
    if form.name != name {
        return Err(format!("the pack has the struct {}, this build {name}", printable(&form.name)));
    }
    if shape.params.iter().any(|param| matches!(param, Param::Wipe { .. })) {
        return Err(format!("{name} is a list whose elements this build has to know"));
    }
    let limit = if table == Table::Frontend { IOCTL_SIZE_MAX } else { PARAMS_SIZE_MAX };
    if form.size == 0 || form.size > limit {
        return Err(format!("{name} has {} bytes, at most {limit} can be passed", form.size));
    }
    let named = named_fields(table, shape);
    if let Some(path) = form.fields.keys().find(|path| named.iter().all(|field| field.path != path.as_str())) {
        return Err(format!("{name}.{} is not a field that this build has to know", printable(path)));
    }
    let mut places: Vec<(&FieldRef, Place)> = Vec::with_capacity(named.len());
    for field in &named {
        let path = field.path;
        let place = form.fields.get(path).ok_or_else(|| format!("the pack does not say where {name}.{path} is"))?;
        let end = place.offset.checked_add(place.size).filter(|end| *end <= form.size);
        end.ok_or_else(|| format!("{name}.{path} does not end within the struct"))?;
        let resizable = shape.params.iter().any(|param| {
            param.field().path == path && matches!(param, Param::GpuIds(..) | Param::Client(_)) && field.size > 4
        });
        let fits = place.size == field.size || (resizable && place.size > 0 && place.size.is_multiple_of(4));
        if !fits {
            return Err(format!("{name}.{path} has {} bytes, where this build translates {}", place.size, field.size));
        }
        places.push((field, *place));
    }
    // What stands in the place of one field must not reach into another, unless it did before.
    for (index, (field, place)) in places.iter().enumerate() {
        for (other, there) in &places[..index] {
            let before = overlap((field.offset, field.size), (other.offset, other.size));
            if overlap((place.offset, place.size), (there.offset, there.size)) != before {
                return Err(format!("{name}.{} and {name}.{} lie otherwise to each other", other.path, field.path));
            }
        }
    }
    Ok(())
}

fn overlap((a, a_size): (usize, usize), (b, b_size): (usize, usize)) -> bool {
    a < b + b_size && b < a + a_size
}

/// What structs that were laid out are known by: the compiled ones, and the sizes and places.
type Key = (Table, usize, Vec<(usize, Vec<(String, Place)>)>);

/// Lays structs out, once for a process. What [`check`] has not passed must not come here.
fn laid_out(table: Table, shapes: &'static [Shape], forms: &[Form]) -> Result<&'static [Shape], PackError> {
    static LAID_OUT: LazyLock<Mutex<HashMap<Key, &'static [Shape]>>> = LazyLock::new(Mutex::default);
    let places = |form: &Form| form.fields.iter().map(|(path, place)| (path.clone(), *place)).collect();
    let forms_key = forms.iter().map(|form| (form.size, places(form))).collect();
    let key = (table, shapes.as_ptr() as usize, forms_key);
    let mut all = LAID_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(&key) {
        return Ok(known);
    }
    if all.len() >= LAID_OUT_MAX {
        return Err(PackError::Exhausted(LAID_OUT_MAX));
    }
    let new: Vec<Shape> = shapes.iter().zip(forms).map(|(shape, form)| lay_out(shape, form)).collect();
    let new: &'static [Shape] = Box::leak(new.into_boxed_slice());
    all.insert(key, new);
    Ok(new)
}

fn lay_out(shape: &Shape, form: &Form) -> Shape {
    let at = |field: &FieldRef| match form.fields.get(field.path) {
        Some(place) => FieldRef { offset: place.offset, size: place.size, ..*field },
        None => *field,
    };
    let params: Vec<Param> = shape.params.iter().map(|param| moved(param, at)).collect();
    let fields: Vec<Field> = form
        .fields
        .iter()
        .filter_map(|(path, place)| {
            let known = shape.layout.field(path).filter(|known| known.ty.size() == place.size)?;
            Some(Field { offset: place.offset, ..*known })
        })
        .collect();
    let layout = Layout { size: form.size, fields: Box::leak(fields.into_boxed_slice()), ..*shape.layout };
    Shape { name: shape.name, layout: Box::leak(Box::new(layout)), params: Box::leak(params.into_boxed_slice()) }
}

/// What is done about a field, where it lies now.
fn moved(param: &Param, at: impl Fn(&FieldRef) -> FieldRef) -> Param {
    match *param {
        Param::Pointer(pointer) => {
            Param::Pointer(Pointer { field: at(&pointer.field), count: at(&pointer.count), ..pointer })
        }
        Param::Descriptor(descriptor) => Param::Descriptor(Descriptor { field: at(&descriptor.field), ..descriptor }),
        Param::Null(field) => Param::Null(at(&field)),
        Param::Fixed { field, value } => Param::Fixed { field: at(&field), value },
        Param::Zero(field) => Param::Zero(at(&field)),
        Param::Key(field) => Param::Key(at(&field)),
        Param::Dependency { field, unless } => Param::Dependency { field: at(&field), unless },
        Param::Client(field) => Param::Client(at(&field)),
        Param::OwnClient(field) => Param::OwnClient(at(&field)),
        Param::GpuIds(field, direction) => Param::GpuIds(at(&field), direction),
        Param::GpuUuid(field) => Param::GpuUuid(at(&field)),
        // Of elements of a list, which is left as it is.
        Param::Wipe { field, count, stride } => Param::Wipe { field, count, stride },
        Param::Special(field) => Param::Special(at(&field)),
    }
}

/// A struct of which nothing needs translation, known by name and size alone.
pub(super) fn plain(name: &'static str, size: usize) -> Result<&'static [Shape], Unfit> {
    if size == 0 || size > PARAMS_SIZE_MAX {
        return Err(format!("{name} has {size} bytes, at most {PARAMS_SIZE_MAX} can be passed").into());
    }
    static NAMES: LazyLock<Mutex<HashMap<&'static str, &'static [Shape]>>> = LazyLock::new(Mutex::default);
    let layout = Layout { name, rust_name: name, ..Layout::EMPTY };
    let base = *NAMES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name)
        .or_insert_with(|| Box::leak(Box::new([Shape { name, layout: Box::leak(Box::new(layout)), params: &[] }])));
    let form = Form { name: name.to_owned(), size, fields: Default::default() };
    laid_out(Table::Control, base, &[form]).map_err(Unfit::Pack)
}
