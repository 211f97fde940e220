//! Declarations to the [model](crate::model): which names records go by, and how types are written.
//!
//! A record stands under each typedef that names it and under its tag; an unnamed one under the place it is used
//! at. The rules are those of DWARF readers such as pahole, so that both can be compared name by name.

use super::intern::Interner;
use super::layout::{Declarations, Entity, LayoutError};
use super::limits;
use super::types::{RecordId, Type, TypeId, Types, basic_name};
use crate::model::{Alias, Domain, Field, Record};
use rustc_hash::FxHashSet;

pub(crate) struct Emitter<'a> {
    types: &'a Types,
    interner: &'a Interner,
    /// `path:line` of a token.
    place: &'a dyn Fn(u32) -> String,
    domain: Domain,
    /// What is named by something already emitted. Types can name one another in chains longer than a stack is deep.
    pending: Vec<Pending>,
    /// Typedefs that were pending at some time.
    seen: FxHashSet<TypeId>,
    /// Bytes of names and fields so far.
    bytes: usize,
}

enum Pending {
    Typedef(TypeId),
    /// Its name is taken, its fields are missing.
    Record(RecordId, String),
}

type Result<T> = std::result::Result<T, LayoutError>;

/// Everything that `declarations` name.
pub(crate) fn emit(
    declarations: &Declarations<'_>,
    interner: &Interner,
    place: &dyn Fn(u32) -> String,
) -> Result<Domain> {
    let mut emitter = Emitter {
        types: &declarations.types,
        interner,
        place,
        domain: Domain::default(),
        pending: Vec::new(),
        seen: FxHashSet::default(),
        bytes: 0,
    };
    for &entity in &declarations.entities {
        match entity {
            Entity::Typedef(ty) => emitter.typedef_later(ty),
            Entity::Tag(tag, record) => emitter.record(record, interner.str(tag))?,
        }
        while let Some(pending) = emitter.pending.pop() {
            match pending {
                Pending::Typedef(ty) => emitter.typedef(ty)?,
                Pending::Record(id, name) => emitter.fields(id, name)?,
            }
        }
    }
    Ok(emitter.domain)
}

impl Emitter<'_> {
    fn typedef_later(&mut self, ty: TypeId) {
        if self.seen.insert(ty) {
            self.pending.push(Pending::Typedef(ty));
        }
    }

    /// Counts what is kept in memory, which records nested in many ways can make grow without end.
    fn count(&mut self, bytes: usize, token: u32) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > limits::OUTPUT_BYTES {
            let message = format!("with this record all layouts take more than {} bytes", limits::OUTPUT_BYTES);
            return Err(LayoutError { token, message });
        }
        Ok(())
    }

    /// A typedef: a record under its name and its tag, or an alias. So also those it is made of.
    fn typedef(&mut self, mut ty: TypeId) -> Result<()> {
        while let Type::Typedef { name, target, .. } = self.types.get(ty) {
            let name = self.interner.str(name);
            if let Type::Record(id) = self.types.get(target) {
                self.record(id, name)?;
                if let Some(tag) = self.types.record(id).tag {
                    self.record(id, self.interner.str(tag))?;
                }
            } else if !self.domain.aliases.contains_key(name) && !self.domain.records.contains_key(name) {
                let size = self.size(target);
                self.count(size_of::<Alias>() + name.len(), 0)?;
                self.domain.aliases.insert(name.to_string(), Alias { ty: String::new(), size });
                let written = match self.types.get(target) {
                    // Taken by the next turn of the loop: a chain may be longer than a stack is deep.
                    Type::Typedef { name, .. } => self.interner.str(name).to_string(),
                    _ => self.written(target, name)?,
                };
                if let Some(alias) = self.domain.aliases.get_mut(name) {
                    alias.ty = written;
                }
            } else {
                break;
            }
            ty = target;
        }
        Ok(())
    }

    /// Size in bytes; 0 for what has none.
    fn size(&self, ty: TypeId) -> u64 {
        self.types.extent(ty).map_or(0, |e| e.size)
    }

    fn record(&mut self, id: RecordId, name: &str) -> Result<()> {
        let record = self.types.record(id);
        let Some(layout) = &record.layout else { return Ok(()) };
        if self.domain.records.contains_key(name) {
            return Ok(());
        }
        if self.domain.records.len() == limits::RECORDS {
            return Err(LayoutError { token: record.at, message: format!("more than {} records", limits::RECORDS) });
        }
        let source = (self.place)(record.at);
        let (size, align, union) = (layout.size, layout.align, record.union);
        self.count(size_of::<Record>() + name.len() * 2 + source.len(), record.at)?;
        let unfilled = Record { size, align, union, source, fields: Vec::new() };
        self.domain.records.insert(name.to_string(), unfilled);
        self.pending.push(Pending::Record(id, name.to_string()));
        Ok(())
    }

    /// Fills in a record's fields.
    fn fields(&mut self, id: RecordId, name: String) -> Result<()> {
        let types = self.types;
        let record = types.record(id);
        let Some(layout) = &record.layout else { return Ok(()) };
        let mut fields = Vec::with_capacity(layout.fields.len());
        for (index, field) in layout.fields.iter().enumerate() {
            let field_name = field.name.map_or("", |n| self.interner.str(n));
            let ty = self.field_type(field.ty, &name, field_name, index)?;
            self.count(size_of::<Field>() + field_name.len() + ty.len(), record.at)?;
            fields.push(Field {
                name: field_name.to_string(),
                ty,
                offset: field.offset,
                size: self.size(field.ty),
                bits: field.bits.map(|b| b.width),
                bit_offset: field.bits.map(|b| b.offset),
            });
        }
        if let Some(record) = self.domain.records.get_mut(&name) {
            record.fields = fields;
        }
        Ok(())
    }

    fn field_type(&mut self, ty: TypeId, parent: &str, field: &str, index: usize) -> Result<String> {
        if let Type::Typedef { name, .. } = self.types.get(ty) {
            self.typedef_later(ty);
            return Ok(self.interner.str(name).to_string());
        }
        // Only an unnamed type needs the name made here.
        let name = if field.is_empty() { format!("{parent}::@{index}_t") } else { format!("{parent}::{field}_t") };
        self.written(ty, &name)
    }

    /// The type as C writes it, arrays behind; `context` names an unnamed record or enum.
    fn written(&mut self, ty: TypeId, context: &str) -> Result<String> {
        Ok(match self.types.get(ty) {
            Type::Basic(basic) => basic_name(basic).to_string(),
            Type::Function => "fn".to_string(),
            Type::Typedef { name, .. } => {
                self.typedef_later(ty);
                self.interner.str(name).to_string()
            }
            Type::Pointer(target) => {
                let target = self.written(target, context)?;
                let space = if target.ends_with('*') { "" } else { " " };
                format!("{target}{space}*")
            }
            Type::Array(..) => {
                // As gcc's DWARF has it, an array of a typedef'd array is one array of more dimensions.
                let (mut element, mut dimensions) = (ty, String::new());
                while let Type::Array(inner, bound, _) = self.types.resolved(element) {
                    dimensions.push_str(&format!("[{}]", bound.unwrap_or(0)));
                    element = inner;
                }
                self.written(element, context)? + &dimensions
            }
            Type::Enum(id) => match self.types.enumeration(id).tag {
                Some(tag) => format!("enum {}", self.interner.str(tag)),
                None => format!("enum {context}"),
            },
            Type::Record(id) => {
                let name = match self.types.record(id).tag {
                    Some(tag) => self.interner.str(tag),
                    None => context,
                };
                self.record(id, name)?;
                name.to_string()
            }
        })
    }
}
