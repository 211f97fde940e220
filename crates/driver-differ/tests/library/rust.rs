//! Definitions in Rust, whatever C writes.

use driver_differ::catalogue::Catalogue;
use driver_differ::extract::{Session, Wanted};
use driver_differ::model::{Abi, DomainName};
use driver_differ::report::rust::{Definitions, changed};
use driver_differ::source::Memory;
use version_tree::version;

fn abi(header: &str) -> Abi {
    let tree = Memory::new([("src/common/sdk/nvidia/inc/nvos.h", header)]).unwrap();
    Session::new().extract(&tree, Wanted::All).unwrap().0
}

/// The definition of one record of the header, as a release would have it that brings it.
fn definition(header: &str, name: &str) -> String {
    let key = (DomainName::Nonuvm, name.to_string());
    let mut definitions = Definitions::of(Catalogue::embedded().unwrap(), [key.clone()]).unwrap();
    let defined = definitions.define(version!("999.10"), &abi(header), &[key]);
    assert_eq!(defined.len(), 1, "{name}");
    assert_eq!(defined[0].file, "nvos.rs");
    defined[0].text.clone()
}

#[test]
fn types_have_their_names_in_nvidias_headers_or_those_of_their_size() {
    let header = "typedef unsigned int NvU32; typedef NvU32 NvHandle; typedef NvU32 Limb; typedef Limb Pair[2];
        typedef enum { ONE } Kind; enum __attribute__((packed)) small { TWO };
        typedef struct { NvHandle handle; Limb limb; Pair pairs[3][4]; Kind kind; enum small small; char letter;
            unsigned short half; int number; signed short low; void *pointer; void (*call)(int); int *pointers[5]; } T;";
    insta::assert_snapshot!(definition(header, "T"));
}

#[test]
fn names_that_rust_cannot_take_over_are_changed() {
    let header =
        "typedef struct { int type; int match; struct { char a; int b; } in; union { long long wide; int *p; }; } T;";
    insta::assert_snapshot!(
        [definition(header, "T"), definition(header, "T::@3_t"), definition(header, "T::in_t")].concat()
    );
}

#[test]
fn what_rust_cannot_hold_does_not_compile() {
    let header = "typedef struct { double a; unsigned int b : 3; unsigned int c : 5; long long d; } T;";
    insta::assert_snapshot!(definition(header, "T"));
}

#[test]
fn a_record_is_changed_if_one_within_it_is() {
    let header = |inner: &str| {
        format!(
            "typedef union {{ int a; {inner} }} I; typedef struct {{ I inner[2]; }} O; typedef struct {{ O *o; }} P;"
        )
    };
    let names = |next: &str| -> Vec<String> {
        changed(&abi(&header("")), &abi(&header(next))).into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(names("int b;"), ["I", "O"], "those within come first, and a pointer is a pointer");
    assert!(names("").is_empty());
}

#[test]
fn forms_are_named_after_the_releases_that_brought_them() {
    let fields = "NvHandle hClient; NvHandle hDevice; NvHandle hDma; NvHandle hMemory; NvV32 flags; NvU64 dmaOffset;";
    let header = |more: &str| {
        format!(
            "typedef unsigned int NvHandle; typedef unsigned int NvV32; typedef unsigned long long NvU64;
             typedef struct {{ {fields} {more} }} NVOS47_PARAMETERS;"
        )
    };
    let head = |more| {
        let text = definition(&header(more), "NVOS47_PARAMETERS");
        text.lines().next().unwrap().to_string()
    };
    // The catalogue has the first two.
    assert_eq!(head("NvV32 status;"), "struct NVOS47_PARAMETERS: 40 {");
    assert_eq!(head("NvU64 size; NvV32 status;"), "struct NVOS47_PARAMETERS_V550_40_07 = \"NVOS47_PARAMETERS\": 48 {");
    assert_eq!(head("NvV32 state;"), "struct NVOS47_PARAMETERS_V999_10 = \"NVOS47_PARAMETERS\": 40 {");
    assert!(definition("typedef struct { int a; } NEW;", "NEW").starts_with("struct NEW: 4 {"));
}
