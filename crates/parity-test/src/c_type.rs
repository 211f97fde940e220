//! What kind of thing a C type is.

use driver_differ::model::Domain;
use std::fmt;

/// The class of a C type; compare [`nvproxy::abi::Type`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class<'d> {
    /// An unsigned integer, enumeration or character of so many bytes.
    Unsigned(u64),
    /// A signed integer of so many bytes.
    Signed(u64),
    /// `NvBool`, which is a byte.
    Bool,
    /// `NvP64`, or a pointer of C.
    Pointer,
    /// `NvHandle`.
    Handle,
    /// A struct or union, with the names it goes by: as it was written, then what each typedef stands for.
    Record(Vec<&'d str>),
    /// So many of another.
    Array(Box<Class<'d>>, u64),
}

impl fmt::Display for Class<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(size) => write!(f, "{size} unsigned bytes"),
            Self::Signed(size) => write!(f, "{size} signed bytes"),
            Self::Bool => f.write_str("a boolean"),
            Self::Pointer => f.write_str("a pointer"),
            Self::Handle => f.write_str("a handle"),
            Self::Record(names) => f.write_str(names.first().unwrap_or(&"an unnamed record")),
            Self::Array(element, count) => write!(f, "{count} times {element}"),
        }
    }
}

/// Typedefs of typedefs; no header comes near.
const MOST_TYPEDEFS: usize = 32;

impl<'d> Class<'d> {
    /// The class of a type as a record's field has it. None if it is made of a name that the headers do not define.
    pub fn of(domain: &'d Domain, ty: &'d str) -> Option<Self> {
        Self::resolve(domain, ty, MOST_TYPEDEFS)
    }

    fn resolve(domain: &'d Domain, ty: &'d str, left: usize) -> Option<Self> {
        let left = left.checked_sub(1)?;
        let (name, dimensions) = match ty.find('[') {
            Some(at) => (ty[..at].trim_end(), &ty[at..]),
            None => (ty, ""),
        };
        let mut class = Self::plain(domain, name, left)?;
        // The first dimension is the outermost.
        for dimension in dimensions.split_terminator(']').rev() {
            class = Self::Array(Box::new(class), dimension.strip_prefix('[')?.parse().ok()?);
        }
        Some(class)
    }

    fn plain(domain: &'d Domain, name: &'d str, left: usize) -> Option<Self> {
        if name.ends_with('*') {
            return Some(Self::Pointer);
        }
        if name.starts_with("enum ") {
            // An enumeration without negative members is an `unsigned int`; NVIDIA's have none.
            return Some(Self::Unsigned(4));
        }
        Some(match name {
            "NvP64" => Self::Pointer,
            "NvHandle" => Self::Handle,
            "NvBool" | "_Bool" => Self::Bool,
            "char" | "unsigned char" => Self::Unsigned(1),
            "unsigned short" | "short unsigned int" => Self::Unsigned(2),
            "unsigned int" => Self::Unsigned(4),
            "unsigned long" | "long unsigned int" | "unsigned long long" | "long long unsigned int" => {
                Self::Unsigned(8)
            }
            "signed char" => Self::Signed(1),
            "short" | "short int" => Self::Signed(2),
            "int" => Self::Signed(4),
            "long" | "long int" | "long long" | "long long int" => Self::Signed(8),
            _ => {
                let name = name.strip_prefix("struct ").or_else(|| name.strip_prefix("union ")).unwrap_or(name);
                if domain.records.contains_key(name) {
                    return Some(Self::Record(vec![name]));
                }
                match Self::resolve(domain, &domain.aliases.get(name)?.ty, left)? {
                    Self::Record(mut names) => {
                        names.insert(0, name);
                        Self::Record(names)
                    }
                    other => other,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver_differ::model::{Alias, Record};

    fn domain() -> Domain {
        let mut domain = Domain::default();
        let mut alias = |name: &str, ty: &str| {
            domain.aliases.insert(name.into(), Alias { ty: ty.into(), size: 0 });
        };
        alias("NvU8", "unsigned char");
        alias("NvHandle", "NvU32");
        alias("Uuid", "NvU8[16]");
        alias("Second", "First");
        alias("Ring", "Ring");
        let record = Record { size: 1, align: 1, union: false, source: String::new(), fields: Vec::new() };
        domain.records.insert("First".into(), record);
        domain
    }

    #[test]
    fn dimensions_are_in_the_order_of_c_and_typedefs_add_theirs_inside() {
        let domain = domain();
        let array = |class, count| Class::Array(Box::new(class), count);
        assert_eq!(Class::of(&domain, "NvU8[2][3]"), Some(array(array(Class::Unsigned(1), 3), 2)));
        assert_eq!(Class::of(&domain, "Uuid[2]"), Some(array(array(Class::Unsigned(1), 16), 2)));
        assert_eq!(Class::of(&domain, "NvHandle[4]"), Some(array(Class::Handle, 4)));
    }

    #[test]
    fn a_record_goes_by_all_its_names() {
        let domain = domain();
        assert_eq!(Class::of(&domain, "Second"), Some(Class::Record(vec!["Second", "First"])));
        assert_eq!(Class::of(&domain, "struct First"), Some(Class::Record(vec!["First"])));
    }

    #[test]
    fn what_the_headers_do_not_define_has_no_class() {
        let domain = domain();
        for ty in ["Nowhere", "Ring", "NvU8[x]", "NvU8[2]x"] {
            assert_eq!(Class::of(&domain, ty), None, "{ty}");
        }
        assert_eq!(Class::of(&domain, "Nowhere *"), Some(Class::Pointer));
    }
}
