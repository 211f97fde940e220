//! Exit statuses: 0 an answer or no difference, 1 a difference, 2 no answer.

use crate::run::run;

#[test]
fn answers_are_0_in_every_command_and_format() {
    let answered: [&[&str]; 11] = [
        &["drivers"],
        &["drivers", "--all"],
        &["drivers", "--all", "--format", "json"],
        &["abi", "--version", "550.54.14"],
        &["abi", "--version", "550.54.14", "--format", "json"],
        &["abi", "diff", "550.54.14", "550.54.15"],
        &["abi", "diff", "550.54.14", "550.54.14", "--format", "json"],
        &["--help"],
        &["abi", "--help"],
        &["abi", "diff", "--help"],
        &["--version"],
    ];
    for arguments in answered {
        let ended = run(arguments);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{arguments:?}: {ended:?}");
        assert!(!ended.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn differences_are_1() {
    for format in ["text", "json"] {
        let ended = run(&["abi", "diff", "550.54.15", "580.65.06", "--format", format]);
        assert_eq!((ended.status, ended.stderr.as_str()), (1, ""), "{ended:?}");
        assert!(!ended.stdout.is_empty());
    }
}

#[test]
fn what_cannot_be_answered_is_2_and_says_why_on_stderr() {
    let cases: [(&[&str], &str); 17] = [
        (&[], "Usage: nvproxy"),
        (&["frobnicate"], "frobnicate"),
        (&["drivers", "--format", "yaml"], "yaml"),
        (&["drivers", "--color", "pink"], "pink"),
        (&["drivers", "extra"], "extra"),
        (&["abi"], "--version"),
        (&["abi", "--version"], "RELEASE"),
        (&["abi", "--version", "five"], "\"five\" is not a driver version"),
        (&["abi", "--version", "550.99"], "driver 550.99 is not in the release tree; it falls between"),
        (&["abi", "--version", "550.99", "--format", "json"], "such as 550.90.12"),
        (&["abi", "--version", "550.54.14", "diff", "550.54.14", "550.54.15"], "cannot be used with"),
        (&["abi", "--format", "json", "diff", "550.54.14", "550.54.15"], "cannot be used with"),
        (&["abi", "diff"], "<BASE>"),
        (&["abi", "diff", "550.54.14"], "<NEXT>"),
        (&["abi", "diff", "550.54.14", "five"], "five"),
        (&["abi", "diff", "1.0", "550.54.14"], "driver 1.0 is not in the release tree; it is older than 515.43.04"),
        (&["abi", "diff", "550.54.14", "9999.1", "--format", "json"], "driver 9999.1 is not in the release tree"),
    ];
    for (arguments, why) in cases {
        let ended = run(arguments);
        assert_eq!(ended.status, 2, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(why), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}
