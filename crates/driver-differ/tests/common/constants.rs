//! The values gcc gives to integer constant expressions.

use super::gcc::Gcc;
use object::{Object, ObjectSection, ObjectSymbol};
use std::collections::{BTreeMap, BTreeSet};
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

/// Object-like macros that `headers` define and gcc takes for integer constants, but `ours` lacks.
pub(crate) fn missed(gcc: &Gcc, headers: &str, flags: &[&str], ours: &BTreeMap<String, i128>) -> Vec<String> {
    let macros = |text: &str| -> BTreeSet<String> {
        let listed = gcc.preprocessed(text, &[flags, &["-dM"]].concat()).expect("gcc preprocesses the headers");
        let names = listed.lines().filter_map(|line| line.strip_prefix("#define ")?.split(' ').next());
        names.filter(|name| !name.contains('(')).map(String::from).collect()
    };
    // What the compiler and the system define is nobody's constant here.
    let system = macros("#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n#include <linux/types.h>\n");
    let names: Vec<String> =
        macros(headers).into_iter().filter(|name| !ours.contains_key(name) && !system.contains(name)).collect();
    // Of strings and pointers `|` is an error.
    let tests: String = names.iter().map(|n| format!("_Static_assert((({n}) | 0) || 1, \"\");\n")).collect();
    let text = format!("{headers}#line 1 \"tests\"\n{tests}");
    let Err(errors) = gcc.object(&text, &[flags, &["-fmax-errors=0", "-ftrack-macro-expansion=0"]].concat()) else {
        return names;
    };
    let line = |error: &str| error.strip_prefix("tests:")?.split(':').next()?.parse::<usize>().ok();
    let wrong: BTreeSet<usize> = errors.lines().filter(|e| e.contains(" error: ")).filter_map(line).collect();
    let taken = names.into_iter().enumerate().filter(|(i, _)| !wrong.contains(&(i + 1)));
    taken.map(|(_, name)| name).collect()
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
