//! One pair of records per kind of change: how it is judged, and how it reads in every format.

use crate::fixtures::{diff, only};
use driver_differ::diff::{Diff, FieldKind, Meaning, RecordKind};
use driver_differ::report;

/// The difference as text, Markdown and JSON.
fn shown(diff: &Diff) -> String {
    let text = anstream::adapter::strip_str(&report::text::diff(diff)).to_string();
    let json = serde_json::to_string_pretty(diff).unwrap();
    format!("{text}\n=== Markdown\n{}\n=== JSON\n{json}\n", report::markdown::diff(diff))
}

macro_rules! kind {
    ($test:ident, $name:literal, $kind:ident, $meaning:ident, $work:literal, [$($field:ident),*]) => {
        #[test]
        fn $test() {
            let diff = diff(&[$name]);
            let change = only(&diff);
            assert_eq!(change.kind, RecordKind::$kind);
            assert!(matches!(change.meaning, Meaning::$meaning { .. }), "{:?}", change.meaning);
            assert_eq!(diff.summary.needs_work, $work);
            let kinds: Vec<FieldKind> = change.fields.iter().map(|f| f.kind).collect();
            assert_eq!(kinds, Vec::<FieldKind>::from([$(FieldKind::$field),*]));
            insta::assert_snapshot!(shown(&diff));
        }
    };
}

// Test, record, kind, meaning, how many need work, fields.
kind!(an_added_field_is_shown_behind_its_neighbour, "FIELD_ADDED", Layout, StillSimple, 0, [Added]);
kind!(a_removed_field_leaves_padding, "FIELD_REMOVED", Layout, StillSimple, 0, [Removed]);
kind!(a_renamed_field_is_one_row, "FIELD_RENAMED", RenamedOnly, StillSimple, 0, [Renamed]);
kind!(a_retyped_field_shows_both_types, "FIELD_RETYPED", Retyped, StillSimple, 0, [Retyped]);
kind!(reordered_fields_show_both_places, "FIELDS_REORDERED", Layout, StillSimple, 0, [Reordered, Moved, Moved]);
kind!(a_grown_array_moves_what_follows, "ARRAY_GREW", Layout, StillSimple, 0, [Resized, Moved]);
kind!(a_union_has_no_padding, "UNION_MEMBER_ADDED", Layout, StillSimple, 0, [Added]);
kind!(bit_fields_are_placed_to_the_bit, "BIT_FIELD_CHANGED", Layout, StillSimple, 0, [Resized, Moved, Resized]);
kind!(
    the_same_size_does_not_hide_that_all_moved,
    "SHIFTED_AT_SAME_SIZE",
    Layout,
    StillSimple,
    0,
    [Moved, Moved, Reordered]
);
kind!(
    many_moves_by_one_distance_are_one_row,
    "MANY_MOVED",
    Layout,
    StillSimple,
    0,
    [Added, Moved, Moved, Moved, Moved, Moved, Moved, Moved, Moved]
);
kind!(a_struct_that_became_a_union_says_so, "BECAME_UNION", Layout, StillSimple, 0, []);
kind!(another_alignment_says_so, "ALIGNMENT_CHANGED", Layout, StillSimple, 0, []);
kind!(
    padding_at_the_end_becomes_a_field,
    "PADDING_AT_END_BECAME_FIELD",
    PaddingBecameField,
    StillSimple,
    0,
    [FilledPadding]
);
kind!(
    padding_within_becomes_a_field,
    "PADDING_WITHIN_BECAME_FIELD",
    PaddingBecameField,
    StillSimple,
    0,
    [FilledPadding]
);
kind!(what_is_left_of_padding_is_shown, "PADDING_PARTLY_FILLED", PaddingBecameField, StillSimple, 0, [FilledPadding]);
kind!(a_field_becomes_padding, "FIELD_BECAME_PADDING", Layout, StillSimple, 0, [Removed]);
kind!(padding_within_grows, "PADDING_WITHIN_GREW", Layout, StillSimple, 0, [Moved]);
kind!(padding_at_the_end_shrinks, "PADDING_AT_END_SHRANK", Layout, StillSimple, 0, [Resized]);
kind!(a_gained_c_pointer_needs_work, "GAINED_C_POINTER", Layout, GainedPointer, 1, [Added]);
kind!(a_gained_nvp64_needs_work, "GAINED_NVP64", Layout, GainedPointer, 1, [Added]);
kind!(a_gained_callback_is_a_gained_pointer, "GAINED_CALLBACK", Layout, GainedPointer, 1, [Added]);
kind!(a_number_that_became_a_pointer_needs_work, "RETYPED_TO_POINTER", Retyped, GainedPointer, 1, [Retyped]);
kind!(a_gained_descriptor_needs_work, "GAINED_DESCRIPTOR", Layout, GainedDescriptor, 1, [Added]);
kind!(a_lost_pointer_needs_work, "LOST_POINTER", Layout, Lost, 1, [Removed]);
kind!(a_renamed_pointer_is_no_gained_one, "POINTER_RENAMED", RenamedOnly, AsBefore, 0, [Renamed]);
kind!(a_record_in_another_header_has_moved, "HEADER_MOVED", Moved, AsBefore, 0, []);
kind!(
    a_long_name_stays_whole,
    "A_RECORD_WITH_A_NAME_SO_LONG_THAT_IT_ALONE_FILLS_A_WHOLE_LINE_OF_A_TERMINAL",
    Layout,
    StillSimple,
    0,
    [Retyped, Moved]
);

#[test]
fn a_nested_record_changes_those_that_hold_it() {
    let diff = diff(&["NESTED_CHANGED"]);
    let names: Vec<_> = diff.records.changed.iter().map(|c| (c.name.as_str(), c.fields[0].kind)).collect();
    assert_eq!(names, [("NESTED_CHANGED", FieldKind::Resized), ("NESTED_PART", FieldKind::Added)]);
    assert_eq!(diff.summary.needs_work, 2, "the entry passes both");
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn unnamed_fields_and_records_are_told_apart() {
    let diff = diff(&["UNNAMED_CHANGED"]);
    let names: Vec<_> = diff.records.changed.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["UNNAMED_CHANGED", "UNNAMED_CHANGED::@1_t", "UNNAMED_CHANGED::range_t"]);
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn a_renamed_record_is_one_change() {
    let diff = diff(&["OLD_RECORD_NAME", "NEW_RECORD_NAME"]);
    let change = only(&diff);
    assert_eq!((change.was.as_deref(), change.kind), (Some("OLD_RECORD_NAME"), RecordKind::RecordRenamed));
    assert_eq!((diff.summary.added, diff.summary.removed), (0, 0));
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn records_on_one_side_are_added_or_removed() {
    let diff = diff(&["RECORD_ADDED", "RECORD_REMOVED"]);
    assert_eq!((diff.summary.added, diff.summary.removed, diff.summary.needs_work), (1, 1, 1));
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn constants_move_come_and_go() {
    let names = &["CONSTANT_MOVED", "CONSTANT_ADDED", "CONSTANT_REMOVED", "CONSTANT_KEPT", "CONSTANT_NEGATIVE"];
    let diff = diff(names);
    let s = &diff.summary;
    assert_eq!((s.constants_changed, s.constants_added, s.constants_removed, s.compared), (2, 1, 1, 5));
    assert_eq!(s.needs_work, 3, "two entries moved, one has no number any more");
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn a_type_that_came_to_be_used_is_not_new() {
    let diff = diff(&["GAINED_NVP64"]);
    assert!(diff.aliases.added.is_empty(), "both releases define NvP64: {:?}", diff.aliases.added);
}

#[test]
fn a_part_that_went_with_its_record_needs_no_work_of_its_own() {
    let diff = diff(&["PART_LOST"]);
    assert_eq!(diff.records.removed.len(), 1);
    assert_eq!((diff.records.removed[0].used_by.len(), diff.summary.needs_work), (1, 0));
}

#[test]
fn aliases_change_come_and_go() {
    let diff = diff(&["ALIAS_CHANGED", "ALIAS_ADDED", "ALIAS_REMOVED", "ALIAS_KEPT"]);
    assert_eq!((diff.summary.aliases, diff.aliases.changed.len()), (3, 1));
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn uvm_records_are_marked() {
    let diff = diff(&["UVM_FREE_PARAMS"]);
    assert_eq!(only(&diff).used_by, ["CMD_UVM_FREE_PARAMS"]);
    insta::assert_snapshot!(shown(&diff));
}

#[test]
fn the_same_headers_do_not_differ() {
    let abi = crate::fixtures::abi("old", &crate::fixtures::Only(&["FIELD_ADDED", "CONSTANT_KEPT"]));
    let diff = driver_differ::diff::compare(("1.1", &abi), ("1.2", &abi), &[]);
    assert!(diff.is_empty());
    assert_eq!(report::summary(&diff), "no difference in 3 names compared");
}

#[test]
fn markdown_is_not_broken_by_what_headers_are_called() {
    let mut old = crate::fixtures::abi("old", &crate::fixtures::Only(&["FIELD_RENAMED"]));
    let new = crate::fixtures::abi("new", &crate::fixtures::Only(&["FIELD_RENAMED"]));
    old.nonuvm.records.get_mut("FIELD_RENAMED").unwrap().source = "a|b`c*\n# d.h:3".into();
    let diff = driver_differ::diff::compare(("x|_y_\n# z", &old), ("<b>&", &new), &[]);
    let markdown = report::markdown::diff(&diff);
    assert!(markdown.starts_with("# x\\|\\_y\\_ \\# z → &lt;b>&amp;\n"), "{markdown}");
    assert_eq!(markdown.lines().filter(|l| l.starts_with('#')).count(), 3, "{markdown}");
}
