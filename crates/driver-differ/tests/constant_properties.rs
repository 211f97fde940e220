//! Random constant expressions in macros have the values that gcc computes.
//!
//! `DRIVER_DIFFER_CASES` and `DRIVER_DIFFER_SEED` set how many and which.

mod common;

use common::expressions::{Expression, PROLOGUE, expressions, render};
use common::gcc::Gcc;
use common::{constants, property, say};
use driver_differ::extract::Session;
use driver_differ::source::Memory;
use std::cell::Cell;

#[test]
fn random_constants_have_the_values_gcc_computes() {
    let Some(gcc) = Gcc::find("values of random constants") else { return };
    let (compared, without) = (Cell::new(0usize), Cell::new(0usize));
    let check = |list: &Vec<Expression>| {
        let (text, names) = render(list);
        let tree = Memory::new([("random.h", text.clone())]).ok_or("the text is hashed")?;
        let ours = Session::new().extract_files(&tree, &["random.h".into()], &[]);
        let (ours, _) = ours.map_err(|e| format!("refused: {e}"))?;
        let (have, lack): (Vec<&String>, Vec<_>) = names.iter().partition(|n| ours.constants.contains_key(*n));
        let truth =
            constants::values(&gcc, &text, &have).map_err(|e| format!("gcc does not take our constants: {e}"))?;
        compared.set(compared.get() + have.len());
        without.set(without.get() + lack.len());
        for (name, theirs) in have.iter().zip(truth) {
            if ours.constants[*name] != theirs {
                return Err(format!("{name} is {}, gcc says {theirs}", ours.constants[*name]));
            }
        }
        for name in lack {
            only_undefined(&gcc, &text, name)?;
        }
        Ok(())
    };
    property::run(&expressions(), 150, |list| render(list).0.replace(PROLOGUE, ""), check);
    let (compared, without) = (compared.into_inner(), without.into_inner());
    say(&format!("random constants: {compared} compared with gcc, {without} that C gives no value"));
    assert!(compared > 10 * without, "most have a value");
}

/// A constant is left out only where C gives it no value: for a division by zero or a shift too far, of which gcc
/// warns if it does not refuse it.
fn only_undefined(gcc: &Gcc, text: &str, name: &str) -> Result<(), String> {
    let use_it = format!("{text}\nunsigned long long value = (unsigned long long)({name});\n");
    let errors = ["shift-count-overflow", "shift-count-negative", "div-by-zero"].map(|w| format!("-Werror={w}"));
    match gcc.object(&use_it, &errors.each_ref().map(String::as_str)) {
        Ok(_) => Err(format!("{name} is no constant to us, but one to gcc")),
        Err(_) => Ok(()),
    }
}
