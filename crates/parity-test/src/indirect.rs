//! Simple means simple: what is passed as it is holds neither a pointer nor a descriptor.

use crate::proxy::{self, Proxy, subject};
use crate::reviewed::{Is, Reviewed};
use nvproxy::abi::{Field, Layout, Param, Parameters, Type};
use std::collections::BTreeSet;

/// The reviewed items that something needed, by their index.
pub type Used = BTreeSet<usize>;

/// Every field of everything a release's rows pass, for which no [`Param`] provides.
pub fn check(proxy: &Proxy, reviewed: &[Reviewed], used: &mut Used) -> Vec<String> {
    let mut search = Search { reviewed, used, findings: Vec::new() };
    for (table, row) in &proxy.rows {
        for shape in row.handling.shapes() {
            search.shape(&subject(*table, row), shape.layout, shape.params);
        }
        if let Parameters::Repeated(layout) = row.handling.parameters {
            search.shape(&subject(*table, row), layout, &[]);
        }
    }
    for (layout, _) in proxy::ELEMENTS {
        search.shape("a list", layout, &[]);
    }
    search.findings
}

/// Items that nothing at any release needed: what they were about has gone, or never was.
pub fn stale(reviewed: &[Reviewed], used: &Used) -> Vec<String> {
    let unused = reviewed.iter().enumerate().filter(|(index, _)| !used.contains(index));
    unused.map(|(_, item)| format!("reviewed {}.{}: no release needs it", item.record, item.field)).collect()
}

struct Search<'a> {
    reviewed: &'a [Reviewed],
    used: &'a mut Used,
    findings: Vec<String>,
}

impl Search<'_> {
    fn shape(&mut self, user: &str, layout: &'static Layout, params: &[Param]) {
        walk(layout, &mut String::new(), &mut |record, path, field| {
            self.field(user, layout, params, record, path, field)
        });
    }

    fn field(&mut self, user: &str, layout: &Layout, params: &[Param], record: &Layout, path: &str, field: &Field) {
        let covering = params.iter().find(|param| !matches!(param, Param::Dependency { .. }) && covers(param, path));
        let item = self.reviewed.iter().position(|r| r.record == record.name && r.field == field.c_name());
        let verdict = item.and_then(|index| self.reviewed.get(index)).map(|item| item.is);
        let suspicion = suspicion(field.c_name(), Kind::of(&field.ty));
        let wrong = wrong(verdict, covering, suspicion);
        self.findings.extend(wrong.map(|what| format!("{user}: {}.{path} {what}", layout.name)));
        // A field needs no verdict that it is plain if something is done about it, or if nothing is suspicious in it.
        if verdict != Some(Is::Plain) || (covering.is_none() && suspicion.is_some()) {
            self.used.extend(item);
        }
    }
}

/// What is wrong with a field, by its review, by the parameter that provides for it, and by what is suspicious in it.
pub(crate) fn wrong(
    verdict: Option<Is>,
    provided: Option<&Param>,
    suspicion: Option<&'static str>,
) -> Option<&'static str> {
    match (verdict, provided) {
        (Some(Is::Descriptor), Some(Param::Descriptor(_))) | (Some(Is::Pointer), Some(Param::Pointer(_))) => None,
        (Some(Is::Descriptor), _) => Some("is a descriptor, and not taken for one"),
        (Some(Is::Pointer), _) => Some("is a pointer, and not taken for one"),
        (Some(Is::Plain) | None, Some(_)) => None,
        // What was reviewed was a number: a pointer in its place is another thing.
        (Some(Is::Plain), None) => suspicion.filter(|what| *what == IS_POINTER),
        (None, None) => suspicion,
    }
}

/// Whether a parameter provides for the field at this path, or for a record it is in.
pub(crate) fn covers(param: &Param, path: &str) -> bool {
    let about = param.field().path;
    path.strip_prefix(about).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// As much of a type as tells whether it may have to be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pointer,
    Handle,
    /// An unsigned integer of so many bytes.
    Unsigned(u64),
    Signed,
    /// A record, whose fields are looked at one by one, or a boolean.
    Other,
}

impl Kind {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::Array(element, _) => Self::of(element),
            Type::Pointer => Self::Pointer,
            Type::Handle => Self::Handle,
            Type::Unsigned(size) => Self::Unsigned(*size as u64),
            Type::Signed(_) => Self::Signed,
            Type::Record(_) | Type::Bool => Self::Other,
        }
    }
}

/// That a field is a pointer by its type, whatever it is called.
const IS_POINTER: &str = "is a pointer";

/// Why a field of that name and type may have to be translated.
pub(crate) fn suspicion(name: &str, kind: Kind) -> Option<&'static str> {
    let words = words(name);
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    match kind {
        Kind::Pointer => Some(IS_POINTER),
        Kind::Handle | Kind::Unsigned(4) if name.starts_with('h') && has(&["client", "clients"]) => {
            Some("is a client by its name")
        }
        Kind::Other | Kind::Handle => None,
        _ if has(&["fd", "fds", "descriptor", "descriptors", "filedescriptor"]) => Some("is a descriptor by its name"),
        Kind::Unsigned(8)
            if hungarian(name)
                || has(&["ptr", "ptrs", "pointer", "pointers", "address", "addresses", "addr", "addrs"]) =>
        {
            Some("is a pointer by its name")
        }
        _ => None,
    }
}

/// `pName`, `ppName`.
fn hungarian(name: &str) -> bool {
    let rest = name.trim_start_matches('p');
    rest.len() < name.len() && rest.starts_with(|c: char| c.is_ascii_uppercase())
}

/// The words of a name in camel case or with underscores, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars() {
        let letter = c.is_ascii_alphabetic();
        if !letter || (c.is_ascii_uppercase() && lower_before) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter, words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase();
    }
    words
}

/// Every field with the record it is directly in, and its path from the outermost.
fn walk(layout: &'static Layout, path: &mut String, visit: &mut dyn FnMut(&'static Layout, &str, &'static Field)) {
    for field in layout.c_fields() {
        let length = path.len();
        if length > 0 && !field.c_name().is_empty() {
            path.push('.');
        }
        path.push_str(field.c_name());
        visit(layout, path, field);
        if let Some(record) = field.ty.record() {
            walk(record, path, visit);
        }
        path.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, ty: Type) -> Option<&'static str> {
        suspicion(name, Kind::of(&ty))
    }

    #[test]
    fn names_of_descriptors_are_seen() {
        for name in ["fd", "ctl_fd", "rmCtrlFd", "uvmFD", "fileDescriptor", "devDescriptor", "fds"] {
            assert!(of(name, Type::Signed(4)).is_some(), "{name}");
        }
        for name in ["fdx", "offdiag", "hold", "descr", "index"] {
            assert_eq!(of(name, Type::Signed(4)), None, "{name}");
        }
    }

    #[test]
    fn a_review_of_a_number_excuses_no_pointer() {
        let name = suspicion("semaphoreAddress", Kind::Unsigned(8));
        assert!(name.is_some());
        assert_eq!(wrong(Some(Is::Plain), None, name), None);
        let ty = suspicion("semaphoreAddress", Kind::Pointer);
        assert_eq!(wrong(Some(Is::Plain), None, ty), Some(IS_POINTER));
    }

    #[test]
    fn names_of_pointers_are_seen_where_a_pointer_fits() {
        for name in ["pMemory", "ppList", "vMemPtr", "semaphoreAddress", "address", "dma_address", "hwwEsrAddr"] {
            assert!(of(name, Type::Unsigned(8)).is_some(), "{name}");
            assert_eq!(of(name, Type::Unsigned(4)), None, "{name}");
        }
        for name in ["power", "ptree", "P2P", "base", "padding"] {
            assert_eq!(of(name, Type::Unsigned(8)), None, "{name}");
        }
        assert!(of("list", Type::Array(&Type::Pointer, 2)).is_some());
    }
}
