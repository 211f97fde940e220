//! gcc's DWARF to the model, named as the front end names things.
//!
//! A record stands under its typedef's name and under its tag; an unnamed one is `PARENT::FIELD_t`, or
//! `PARENT::@INDEX_t` if its field has no name either; a typedef of anything else is an alias.

use driver_differ::model::{Alias, Domain, Field, Record};
use gimli::{AttributeValue as Value, DebuggingInformationEntry as Entry, EndianSlice, LittleEndian, UnitOffset};
use object::{Object, ObjectSection};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Unit<'a> = gimli::Unit<Slice<'a>>;
type Die<'a> = Entry<Slice<'a>>;

/// Reads the types of an object file's only compilation unit.
pub(crate) fn read(object: &[u8]) -> Domain {
    let file = object::File::parse(object).expect("an object file");
    let sections = gimli::DwarfSections::load(|id| {
        let section = file.section_by_name(id.name());
        let data = section.map(|s| s.data().expect("a section's bytes").to_vec()).unwrap_or_default();
        let data = relocated(&file, id.name(), data);
        Ok::<_, gimli::Error>(data)
    });
    let sections = sections.expect("DWARF sections");
    let dwarf = sections.borrow(|data| EndianSlice::new(data, LittleEndian));
    // A unit that declares nothing has no DWARF at all.
    let Some(header) = dwarf.units().next().expect("a unit") else { return Domain::default() };
    let unit = dwarf.unit(header).expect("a readable unit");
    let mut reader = Reader { dwarf: &dwarf, unit: &unit, domain: Domain::default() };
    reader.top();
    reader.domain
}

/// Offsets into other sections are relocations in an object file: all of them are absolute, by symbol and addend.
fn relocated(file: &object::File<'_>, name: &str, mut data: Vec<u8>) -> Vec<u8> {
    use object::{ObjectSymbol, RelocationTarget};
    let Some(section) = file.section_by_name(name) else { return data };
    for (at, relocation) in section.relocations() {
        let base = match relocation.target() {
            RelocationTarget::Symbol(index) => file.symbol_by_index(index).expect("a symbol").address(),
            _ => 0,
        };
        let value = base.wrapping_add(relocation.addend() as u64).to_le_bytes();
        let (at, bytes) = (at as usize, usize::from(relocation.size()) / 8);
        data[at..at + bytes].copy_from_slice(&value[..bytes]);
    }
    data
}

struct Reader<'a, 'd> {
    dwarf: &'a gimli::Dwarf<Slice<'d>>,
    unit: &'a Unit<'d>,
    domain: Domain,
}

impl<'d> Reader<'_, 'd> {
    fn top(&mut self) {
        let mut tree = self.unit.entries_tree(None).expect("entries");
        let root = tree.root().expect("a root");
        let mut children = root.children();
        let mut offsets = Vec::new();
        while let Some(child) = children.next().expect("an entry") {
            offsets.push(child.entry().offset());
        }
        for offset in offsets {
            let entry = self.entry(offset);
            match entry.tag() {
                gimli::DW_TAG_typedef => self.typedef(&entry),
                gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                    if let Some(name) = self.name(&entry) {
                        self.record(&entry, &name);
                    }
                }
                _ => {}
            }
        }
    }

    fn entry(&self, offset: UnitOffset) -> Die<'d> {
        self.unit.entry(offset).expect("an entry at a reference")
    }

    fn name(&self, entry: &Die<'d>) -> Option<String> {
        let value = entry.attr_value(gimli::DW_AT_name)?;
        let text = self.dwarf.attr_string(self.unit, value).expect("a string");
        Some(text.to_string_lossy().into_owned())
    }

    fn number(&self, entry: &Die<'d>, name: gimli::DwAt) -> Option<u64> {
        match entry.attr_value(name)? {
            Value::Sdata(n) => Some(n as u64),
            value => value.udata_value(),
        }
    }

    fn target(&self, entry: &Die<'d>) -> Option<Die<'d>> {
        match entry.attr_value(gimli::DW_AT_type)? {
            Value::UnitRef(offset) => Some(self.entry(offset)),
            other => panic!("a type reference of an unknown form: {other:?}"),
        }
    }

    fn children(&self, entry: &Die<'d>, tag: gimli::DwTag) -> Vec<Die<'d>> {
        let mut tree = self.unit.entries_tree(Some(entry.offset())).expect("entries");
        let mut children = tree.root().expect("a root").children();
        let mut found = Vec::new();
        while let Some(child) = children.next().expect("an entry") {
            if child.entry().tag() == tag {
                found.push(child.entry().clone());
            }
        }
        found
    }

    fn dimensions(&self, array: &Die<'d>) -> Vec<u64> {
        let range = |r: &Die<'d>| match self.number(r, gimli::DW_AT_count) {
            Some(count) => count,
            // An upper bound of -1 is gcc's way to write no elements.
            None => self.number(r, gimli::DW_AT_upper_bound).map_or(0, |upper| upper.wrapping_add(1)),
        };
        self.children(array, gimli::DW_TAG_subrange_type).iter().map(range).collect()
    }

    fn size(&self, ty: Option<Die<'d>>) -> u64 {
        let Some(ty) = ty else { return 0 };
        match ty.tag() {
            gimli::DW_TAG_pointer_type => 8,
            gimli::DW_TAG_array_type => {
                self.dimensions(&ty).iter().fold(self.size(self.target(&ty)), |all, n| all.wrapping_mul(*n))
            }
            _ => match self.number(&ty, gimli::DW_AT_byte_size) {
                Some(size) => size,
                None if is_wrapper(ty.tag()) => self.size(self.target(&ty)),
                None => 0,
            },
        }
    }

    fn written(&mut self, ty: Option<Die<'d>>, context: &str) -> String {
        let Some(ty) = ty else { return "void".into() };
        let name = self.name(&ty);
        match ty.tag() {
            gimli::DW_TAG_typedef => {
                self.typedef(&ty);
                name.expect("a typedef has a name")
            }
            tag if is_wrapper(tag) => self.written(self.target(&ty), context),
            gimli::DW_TAG_pointer_type => self.written(self.target(&ty), context) + " *",
            gimli::DW_TAG_array_type => {
                let dimensions: String = self.dimensions(&ty).iter().map(|n| format!("[{n}]")).collect();
                self.written(self.target(&ty), context) + &dimensions
            }
            gimli::DW_TAG_subroutine_type => "fn".into(),
            gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                let name = name.unwrap_or_else(|| context.to_string());
                self.record(&ty, &name);
                name
            }
            gimli::DW_TAG_enumeration_type => format!("enum {}", name.as_deref().unwrap_or(context)),
            _ => name.unwrap_or_default(),
        }
    }

    fn record(&mut self, entry: &Die<'d>, name: &str) {
        let declared_only = entry.attr(gimli::DW_AT_declaration).is_some();
        if declared_only || self.domain.records.contains_key(name) {
            return;
        }
        let size = self.number(entry, gimli::DW_AT_byte_size).unwrap_or(0);
        let union = entry.tag() == gimli::DW_TAG_union_type;
        let source = String::new();
        // Alignment is in DWARF only where it was asked for; nothing is compared with it.
        let record = Record { size, align: 0, union, source, fields: Vec::new() };
        self.domain.records.insert(name.to_string(), record);
        let mut fields = Vec::new();
        for (index, member) in self.children(entry, gimli::DW_TAG_member).iter().enumerate() {
            let field = self.name(member).unwrap_or_default();
            let context = if field.is_empty() { format!("{name}::@{index}_t") } else { format!("{name}::{field}_t") };
            let bits = self.number(member, gimli::DW_AT_bit_size);
            fields.push(Field {
                ty: self.written(self.target(member), &context),
                offset: self.number(member, gimli::DW_AT_data_member_location).unwrap_or(0),
                size: self.size(self.target(member)),
                bits,
                bit_offset: bits.map(|_| self.number(member, gimli::DW_AT_data_bit_offset).unwrap_or(0)),
                name: field,
            });
        }
        if let Some(record) = self.domain.records.get_mut(name) {
            record.fields = fields;
        }
    }

    fn typedef(&mut self, entry: &Die<'d>) {
        let name = self.name(entry).expect("a typedef has a name");
        if self.domain.records.contains_key(&name) || self.domain.aliases.contains_key(&name) {
            return;
        }
        let target = self.target(entry);
        // A typedef of a volatile struct names a struct all the same.
        let mut named = target.clone();
        while let Some(inner) = &named
            && matches!(inner.tag(), gimli::DW_TAG_const_type | gimli::DW_TAG_volatile_type)
        {
            named = self.target(inner);
        }
        if let Some(record) = &named
            && matches!(record.tag(), gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type)
        {
            self.record(record, &name);
            if let Some(tag) = self.name(record) {
                self.record(record, &tag);
            }
            return;
        }
        // Holds the name against a type that leads back to itself.
        let size = self.size(target.clone());
        self.domain.aliases.insert(name.clone(), Alias { ty: String::new(), size });
        let ty = self.written(target, &name);
        self.domain.aliases.insert(name, Alias { ty, size });
    }
}

/// Qualifiers and names, which have the size of what they stand for.
fn is_wrapper(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_typedef
            | gimli::DW_TAG_const_type
            | gimli::DW_TAG_volatile_type
            | gimli::DW_TAG_restrict_type
            | gimli::DW_TAG_atomic_type
    )
}
