//! Arbitrary bytes as headers: each must end in layouts and constants or in an error, and soon.
#![no_main]

#[path = "../input.rs"]
mod input;

use driver_differ::extract::Session;
use driver_differ::source::Memory;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let files = input::files(input);
    let names = [files[0].0.clone()];
    let Some(tree) = Memory::new(files) else { return };
    let _ = Session::new().extract_files(&tree, &names, &[String::new()]);
});
