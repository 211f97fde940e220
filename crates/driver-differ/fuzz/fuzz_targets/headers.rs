//! Arbitrary bytes as headers: each must end in layouts and constants or in an error, and soon.
#![no_main]

use driver_differ::extract::Session;
use driver_differ::source::Memory;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // One input is several files, set apart by lines of `@@@`; they can include one another by these names.
    // tests/regressions.rs cuts its inputs in the same way.
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut from = 0;
    while from <= input.len() {
        let rest = &input[from..];
        let cut = rest.windows(5).position(|w| w == b"\n@@@\n");
        let end = cut.map_or(rest.len(), |at| at + 1);
        files.push((format!("{}.h", files.len()), rest[..end].to_vec()));
        from += end + if cut.is_some() { 4 } else { 1 };
    }
    files.truncate(8);
    let names = [files[0].0.clone()];
    let Some(tree) = Memory::new(files) else { return };
    let _ = Session::new().extract_files(&tree, &names, &[String::new()]);
});
