//! Versions: what is accepted, how it prints, how it compares.

use std::collections::HashSet;

use proptest::prelude::*;
use version_tree::{DriverVersion, Malformed, version};

fn parse(text: &str) -> DriverVersion {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn versions_of_every_form_nvidia_uses_print_as_they_were_read() {
    for text in ["550.100", "535.98", "570.86.15", "615.15.00", "555.58", "515.43.04"] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn versions_order_by_number_not_by_text() {
    assert!(parse("535.98") < parse("535.104.05"));
    assert!(parse("550.90.07") < parse("550.100"));
    assert!(parse("555.58") < parse("555.58.02"));
}

#[test]
fn a_missing_third_number_equals_zero_in_any_width() {
    let same: HashSet<_> = ["550.100", "550.100.0", "550.100.00"].map(parse).into();
    assert_eq!(same.len(), 1);
    assert_eq!(parse("550.100").patch(), None);
    assert_eq!(parse("550.100.00").patch(), Some(0));
}

#[test]
fn each_malformed_text_is_refused_for_its_own_reason() {
    let cases = [
        ("", Malformed::EmptyComponent),
        (".", Malformed::EmptyComponent),
        ("550.", Malformed::EmptyComponent),
        ("550..07", Malformed::EmptyComponent),
        ("550", Malformed::ComponentCount),
        ("550.54.14.1", Malformed::ComponentCount),
        ("550.54.14.", Malformed::ComponentCount),
        ("55000.54", Malformed::LongComponent),
        ("550.54\n", Malformed::NotADigit),
        ("+550.54", Malformed::NotADigit),
        ("550.٥٤", Malformed::NotADigit),
    ];
    for (text, reason) in cases {
        let error = text.parse::<DriverVersion>().unwrap_err();
        assert_eq!((error.text.as_str(), error.reason), (text, reason));
    }
}

#[test]
fn an_error_repeats_only_the_beginning_of_a_long_text() {
    let error = "x".repeat(1 << 20).parse::<DriverVersion>().unwrap_err();
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn a_version_is_a_json_string_and_pads_in_columns() {
    const VERSION: DriverVersion = version!("550.100");
    let json = serde_json::to_string(&VERSION).expect("a string");
    assert_eq!(json, r#""550.100""#);
    assert_eq!(serde_json::from_str::<DriverVersion>(&json).expect("read back").to_string(), "550.100");
    assert!(serde_json::from_str::<DriverVersion>("550.100").is_err());
    assert_eq!(format!("[{VERSION:<10}]"), "[550.100   ]");
}

proptest! {
    #[test]
    fn what_is_accepted_prints_unchanged(text in r"[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?") {
        prop_assert_eq!(parse(&text).to_string(), text);
    }

    #[test]
    fn any_text_is_refused_or_prints_unchanged(text in "[0-9.]{0,12}|.{0,12}") {
        if let Ok(version) = text.parse::<DriverVersion>() {
            prop_assert_eq!(version.to_string(), text);
        }
    }

    #[test]
    fn order_is_that_of_the_numbers(a: [u8; 3], b: [u8; 3], wide: bool) {
        let print = |[x, y, z]: [u8; 3]| if wide { format!("{x:04}.{y:03}.{z:04}") } else { format!("{x}.{y}.{z}") };
        prop_assert_eq!(parse(&print(a)).cmp(&parse(&print(b))), a.cmp(&b));
    }
}
