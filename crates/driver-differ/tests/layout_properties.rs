//! Random declarations come out as gcc lays them out.
//!
//! `DRIVER_DIFFER_CASES` and `DRIVER_DIFFER_SEED` set how many and which.

mod common;

use common::compare::{Compared, compare};
use common::declarations::{Group, groups};
use common::gcc::Gcc;
use common::render::render;
use common::{property, say};
use driver_differ::extract::Session;
use driver_differ::source::Memory;
use std::cell::RefCell;

#[test]
fn random_declarations_are_laid_out_as_by_gcc() {
    let Some(gcc) = Gcc::find("layouts of random declarations") else { return };
    let total = RefCell::new((0usize, Compared::default()));
    let check = |groups: &Vec<Group>| {
        let text = render(groups);
        let truth = gcc.types(&text).map_err(|e| format!("the generator wrote what gcc does not take: {e}"))?;
        let tree = Memory::new([("random.h", text)]).ok_or("the text is hashed")?;
        let ours = Session::new().extract_files(&tree, &["random.h".into()], &[]);
        let (ours, _) = ours.map_err(|e| format!("refused: {e}"))?;
        let (compared, differences) = compare(&ours, &truth);
        let mut total = total.borrow_mut();
        total.0 += 1;
        total.1 += compared;
        if differences.is_empty() { Ok(()) } else { Err(differences.join("\n")) }
    };
    property::run(&groups(), 500, |groups| render(groups), check);
    let (cases, compared) = total.into_inner();
    say(&format!(
        "random declarations: {cases} cases, {} records, {} fields, {} aliases compared with gcc",
        compared.records, compared.fields, compared.aliases
    ));
    assert!(compared.fields > 0, "something was compared");
}
