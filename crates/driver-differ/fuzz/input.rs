//! How one input becomes several headers; the regression tests, which replay inputs, read it from here too.

/// Cuts an input at lines of `@@@` into files `0.h`, `1.h` and so on, at least one; they can include one another by
/// these names.
pub(crate) fn files(input: &[u8]) -> Vec<(String, Vec<u8>)> {
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
    files
}
