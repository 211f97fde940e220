//! A value of a field, as it is shown.

use nvproxy::abi::Type;
use serde::{Serialize, Serializer};
use std::fmt;

/// Not more elements of an array than this are shown.
const ELEMENTS_MAX: usize = 4;
/// Not more bytes of what is no text.
const BYTES_MAX: usize = 16;
/// Numbers up to here are shown in decimal.
const DECIMAL_MAX: u64 = 0xffff;

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A negative number.
    Negative(i64),
    /// A handle, an address, flags: a number that is better read in hexadecimal digits.
    Hex(u64),
    /// A number that has a name.
    Named(String),
    /// Text that ends with a zero.
    Text(String),
    /// Bytes that are no text: the first of them, and how many more there are.
    Bytes(Vec<u8>, usize),
    /// The first elements of a list, and how many more there are.
    List(Vec<Value>, usize),
    /// The fields of a record that are not zero.
    Record(Vec<(&'static str, Value)>),
}

impl Value {
    /// The value of that type in these bytes, which are as many as the type has. Of a union, its first member.
    pub(super) fn read(ty: &Type, name: &str, bytes: &[u8]) -> Self {
        match ty {
            Type::Bool | Type::Unsigned(_) => number(name, unsigned(bytes)),
            Type::Signed(_) => signed(bytes),
            Type::Pointer | Type::Handle => Self::Hex(unsigned(bytes)),
            Type::Record(layout) => {
                let taken = if layout.union { 1 } else { usize::MAX };
                let fields: Vec<_> = layout
                    .c_fields()
                    .take(taken)
                    .filter_map(|field| {
                        let inner = bytes.get(field.offset..field.offset + field.ty.size())?;
                        let set = inner.iter().any(|byte| *byte != 0);
                        set.then(|| (field.c_name(), Self::read(&field.ty, field.c_name(), inner)))
                    })
                    .collect();
                match <[_; 1]>::try_from(fields) {
                    // One value needs no name for it.
                    Ok([(_, only)]) if layout.union => only,
                    Ok(one) => Self::Record(one.into()),
                    Err(fields) => Self::Record(fields),
                }
            }
            Type::Array(Type::Unsigned(1), _) => text(bytes),
            Type::Array(element, _) => Self::list(element, name, bytes),
        }
    }

    /// As many elements of a type as there are bytes for. Zeros at the end are left out.
    pub(super) fn list(element: &Type, name: &str, bytes: &[u8]) -> Self {
        if matches!(element, Type::Unsigned(1)) {
            return text(bytes);
        }
        let size = element.size().max(1);
        let padding = |chunk: &&[u8]| chunk.iter().all(|byte| *byte == 0) || chunk.iter().all(|byte| *byte == 0xff);
        let end = bytes.chunks_exact(size).rposition(|chunk| !padding(&chunk)).map_or(0, |last| last + 1);
        let shown = bytes.chunks_exact(size).take(end.min(ELEMENTS_MAX));
        Self::List(shown.map(|chunk| Self::read(element, name, chunk)).collect(), end.saturating_sub(ELEMENTS_MAX))
    }
}

/// A number of up to eight bytes.
pub(super) fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn signed(bytes: &[u8]) -> Value {
    let bits = 8 * bytes.len().clamp(1, 8) as u32;
    let number = (unsigned(bytes) << (64 - bits)) as i64 >> (64 - bits);
    u64::try_from(number).map_or(Value::Negative(number), Value::Number)
}

/// Names by which a number is known to be bits or a place rather than an amount.
const HEX: [&str; 12] =
    ["flag", "mask", "address", "offset", "base", "class", "attr", "cookie", "cmd", "gpuid", "gpu_id", "device_id"];

fn number(name: &str, number: u64) -> Value {
    let name = name.to_ascii_lowercase();
    if number > DECIMAL_MAX || (number > 9 && HEX.iter().any(|hex| name.contains(hex))) {
        Value::Hex(number)
    } else {
        Value::Number(number)
    }
}

/// Text, if it is some; bytes otherwise.
fn text(bytes: &[u8]) -> Value {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let used = &bytes[..end];
    let readable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    // One letter is more likely a number.
    if used.len() > 1 && used.iter().all(readable) && end < bytes.len() {
        Value::Text(String::from_utf8_lossy(used).into_owned())
    } else {
        Value::Bytes(used.iter().copied().take(BYTES_MAX).collect(), end.saturating_sub(BYTES_MAX))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Negative(number) => write!(f, "{number}"),
            Self::Hex(0) => f.write_str("0"),
            Self::Hex(number) => write!(f, "{number:#x}"),
            Self::Named(name) => f.write_str(name),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes, more) => {
                for byte in bytes {
                    write!(f, "{byte:02x}")?;
                }
                rest(f, *more, if bytes.is_empty() { "0" } else { "" })
            }
            Self::List(values, more) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { " " } else { "" })?;
                }
                rest(f, *more, "")?;
                f.write_str("]")
            }
            Self::Record(fields) => {
                f.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let space = if index > 0 { " " } else { "" };
                    if name.is_empty() { write!(f, "{space}{value}")? } else { write!(f, "{space}{name}={value}")? }
                }
                f.write_str("}")
            }
        }
    }
}

fn rest(f: &mut fmt::Formatter<'_>, more: usize, none: &str) -> fmt::Result {
    if more > 0 { write!(f, "…+{more}") } else { f.write_str(none) }
}

/// Numbers as numbers, everything else as it is printed: other programs have the trace file for the rest.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) | Self::Hex(number) => serializer.serialize_u64(*number),
            Self::Negative(number) => serializer.serialize_i64(*number),
            Self::Named(text) | Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(..) | Self::List(..) | Self::Record(_) => serializer.collect_str(self),
        }
    }
}
