//! Rows of padding in the text, for records that the fixtures do not have.

use crate::fixtures::{field, record};
use driver_differ::diff::compare;
use driver_differ::model::{Abi, Record};
use driver_differ::report;

/// The rows of the table, their columns apart by one space.
fn rows(base: Record, next: Record) -> Vec<String> {
    let abi = |r: Record| {
        let mut abi = Abi::default();
        abi.nonuvm.records.insert("R".into(), r);
        abi
    };
    let (base, next) = (abi(base), abi(next));
    let text = report::text::diff(&compare(("a", &base), ("b", &next), &[]));
    let plain = anstream::adapter::strip_str(&text).to_string();
    let rows = plain.lines().skip_while(|l| !l.trim_start().starts_with("offset")).skip(1);
    rows.take_while(|l| !l.is_empty()).map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_field_that_filled_part_of_the_end_leaves_the_rest() {
    let base = record(16, vec![field("a", "NvU64", 0, 8)]);
    let next = record(16, vec![field("a", "NvU64", 0, 8), field("b", "NvU8", 8, 1)]);
    assert_eq!(rows(base, next), ["0 8 NvU64 a", "+ 8 1 NvU8 b (was padding)", "9 7 (padding)"]);
}

#[test]
fn two_fields_can_fill_one_hole() {
    let base = record(16, vec![field("a", "NvU64", 0, 8), field("z", "NvU32", 12, 4)]);
    let fields = vec![
        field("a", "NvU64", 0, 8),
        field("b", "NvU8", 8, 1),
        field("c", "NvU8", 10, 1),
        field("z", "NvU32", 12, 4),
    ];
    let expected = [
        "0 8 NvU64 a",
        "+ 8 1 NvU8 b (was padding)",
        "9 1 (padding)",
        "+ 10 1 NvU8 c (was padding)",
        "11 1 (padding)",
        "12 4 NvU32 z",
    ];
    assert_eq!(rows(base, record(16, fields)), expected);
}

#[test]
fn padding_that_only_moves_with_its_field_is_not_shown() {
    let base = record(16, vec![field("a", "NvU32", 0, 4), field("b", "NvU64", 8, 8)]);
    let next = record(24, vec![field("n", "NvU64", 0, 8), field("a", "NvU32", 8, 4), field("b", "NvU64", 16, 8)]);
    assert_eq!(rows(base, next), ["+ 0 8 NvU64 n", "~ 0 -> 8 4 NvU32 a", "~ 8 -> 16 8 NvU64 b"]);
}

#[test]
fn bit_fields_that_share_a_byte_have_one_hole_before_them() {
    let bits = |name: &str, width, at| driver_differ::model::Field {
        bits: Some(width),
        bit_offset: Some(at),
        ..field(name, "NvU32", 0, 4)
    };
    let base = record(8, vec![field("a", "NvU32", 0, 4), bits("m", 3, 32), bits("e", 1, 35)]);
    let next = record(12, vec![field("a", "NvU32", 0, 4), bits("m", 3, 64), bits("e", 1, 67)]);
    let expected = ["0 4 NvU32 a", "+ 4 4 (padding)", "~ 4.0 -> 8.0 3 bits NvU32 m", "~ 4.3 -> 8.3 1 bit NvU32 e"];
    assert_eq!(rows(base, next), expected);
}

#[test]
fn a_table_without_rows_is_left_out() {
    let base = record(8, vec![field("a", "NvU32", 0, 4), field("b", "NvU32", 4, 4)]);
    let next = Record { align: 8, ..base.clone() };
    assert!(rows(base, next).is_empty());
}
