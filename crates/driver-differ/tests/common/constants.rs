//! The values gcc gives to integer constant expressions.

use super::gcc::Gcc;
use object::{Object, ObjectSection, ObjectSymbol};
use std::fmt::Display;

const ARRAY: &str = "driver_differ_values";

/// Values of `expressions` after `prologue`, as mathematics has them; or what gcc finds wrong.
pub(crate) fn values<S: Display>(gcc: &Gcc, prologue: &str, expressions: &[S]) -> Result<Vec<i128>, String> {
    let object = gcc.object(&format!("{prologue}\n{}", array_of(expressions)), &[])?;
    Ok(values_in(&object))
}

/// C text of an array that holds the values of `expressions`, one on each line.
pub(crate) fn array_of<S: Display>(expressions: &[S]) -> String {
    let mut text = format!("const unsigned long long {ARRAY}[][2] = {{\n");
    for expression in expressions {
        text.push_str(&format!("{{(unsigned long long)({expression}), ({expression}) < 0}},\n"));
    }
    text + "{0, 0}};\n"
}

/// The values in an object file that [`array_of`] is part of.
pub(crate) fn values_in(object: &[u8]) -> Vec<i128> {
    let mut values: Vec<i128> = array(object, ARRAY).chunks_exact(16).map(entry).collect();
    // The last entry is there because C has no empty arrays.
    values.pop();
    values
}

fn entry(pair: &[u8]) -> i128 {
    let (value, negative) = pair.split_at(8);
    let bits = u64::from_le_bytes(value.try_into().expect("eight bytes"));
    if negative[0] == 1 { i128::from(bits as i64) } else { i128::from(bits) }
}

fn array(object: &[u8], name: &str) -> Vec<u8> {
    let file = object::File::parse(object).expect("an object file");
    let symbol = file.symbols().find(|s| s.name() == Ok(name)).expect("the array's symbol");
    let section = file.section_by_index(symbol.section_index().expect("a section")).expect("the section");
    let data = section.data().expect("the section's bytes");
    let start = (symbol.address() - section.address()) as usize;
    data[start..start + symbol.size() as usize].to_vec()
}
