//! Asking for some names gives these and what they consist of, no more.

use crate::fixtures::{Only, abi};
use driver_differ::extract::{Session, Wanted};
use driver_differ::source::Memory;

#[test]
fn a_typedef_that_is_asked_for_does_not_bring_its_tag() {
    let header = "typedef struct part { int a; } part_t; typedef struct whole { part_t p; struct part q; } whole_t;";
    let tree = Memory::new([("src/common/sdk/nvidia/inc/nvos.h", header)]).unwrap();
    let read = |names: &'static [&'static str]| {
        let (abi, _) = Session::new().extract(&tree, Wanted::Named(&Only(names))).unwrap();
        abi.nonuvm.records.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(read(&["part_t"]), ["part_t"]);
    assert_eq!(read(&["whole_t"]), ["part", "part_t", "whole_t"]);
}

#[test]
fn what_a_record_consists_of_comes_along() {
    let abi = abi("new", &Only(&["NESTED_CHANGED", "CONSTANT_KEPT"]));
    assert_eq!(abi.nonuvm.records.keys().collect::<Vec<_>>(), ["NESTED_CHANGED", "NESTED_PART"]);
    assert_eq!(abi.nonuvm.aliases.keys().collect::<Vec<_>>(), ["NvS32", "NvU32"]);
    assert_eq!(abi.nonuvm.constants.keys().collect::<Vec<_>>(), ["CONSTANT_KEPT"]);
}
