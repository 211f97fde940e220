//! Exit statuses: 0 no difference or an answer, 1 a difference, 2 no answer.

use crate::run::{NEW, OLD, run};

#[test]
fn no_difference_is_0_and_a_difference_1() {
    let same = run(&["--base", "550.54.14", "--next", "550.54.15"]);
    assert_eq!((same.status, same.stderr.as_str()), (0, ""), "{same:?}");
    assert!(same.stdout.contains("no difference in"), "{same:?}");
    assert_eq!(run(&["--base", OLD, "--next", OLD, "--all"]).status, 0);
    // What the proxy uses at the newer release alone is a difference, too.
    let added = run(&["--base", "550.54.15", "--next", "550.90.07"]);
    assert_eq!((added.status, added.stderr.as_str()), (1, ""), "{added:?}");
    assert!(added.stdout.contains("+ NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE "), "{added:?}");
    let different = run(&["--base", "570.211.01", "--next", "580.65.06"]);
    assert_eq!((different.status, different.stderr.as_str()), (1, ""));
    assert_eq!(run(&["--base", OLD, "--next", NEW]).status, 1);
}

#[test]
fn answers_are_0_in_every_command_and_format() {
    let answered: [&[&str]; 12] = [
        &["show", "NVOS00_PARAMETERS", "--version", OLD, "--format", "rust"],
        &["dump", "--version", "550.54.14"],
        &["dump", "--version", "550.54.14", "--format", "text"],
        &["dump", "--version", OLD, "--all"],
        &["show", "NVOS00_PARAMETERS"],
        &["show", "NVOS00_PARAMETERS", "--version", "550.54.14"],
        &["show", "NV_ESC_RM_FREE", "--version", OLD, "--format", "json"],
        &["history", "NVOS00_PARAMETERS"],
        &["history", "NV_ESC_RM_FREE", "--format", "json"],
        &["--help"],
        &["show", "--help"],
        &["--version"],
    ];
    for arguments in answered {
        let ended = run(arguments);
        assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
        assert!(!ended.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_answered_is_2_and_says_why_on_stderr() {
    let cases: [(&[&str], &str); 26] = [
        (&["--base", "550.54.14", "--next", "550.54.15", "--emit", "c"], "rust"),
        (&["--base", "550.54.14", "--next", "550.54.15", "--emit", "rust", "--format", "json"], "cannot be used with"),
        (&["--emit", "rust", "dump", "--version", "550.54.14"], "--emit is for --base and --next"),
        (&["show", "NVOS00_PARAMETERS", "--format", "rust"], "say which with --version"),
        (&["show", "NV_ESC_RM_FREE", "--version", "550.54.14", "--format", "rust"], "is no struct or union"),
        (&["history", "NVOS00_PARAMETERS", "--format", "rust"], "rust"),
        (&[], "--base"),
        (&["--base", "550.54.14"], "--next"),
        (&["--base", "550.54.14", "--next", "550.54.15", "--format", "yaml"], "yaml"),
        (&["--base", "550.54.14", "--next", "550.54.15", "--color", "pink"], "pink"),
        (&["--base", "550.54.14", "dump", "--version", "550.54.14"], "do not go with a command"),
        (&["--all", "dump", "--version", "550.54.14"], "--all goes behind the command"),
        (&["--format", "json", "history", "NVOS00_PARAMETERS"], "--format goes behind the command"),
        (&["--frobnicate"], "--frobnicate"),
        (&["dump"], "--version"),
        (&["dump", "--version", "550.54.14", "--format", "markdown"], "markdown"),
        (&["show"], "<NAME>"),
        (&["history"], "<NAME>"),
        (&["catalogue"], "catalogue"),
        (&["catalogue", "check"], "--repo"),
        (&["catalogue", "update"], "--repo"),
        (&["show", "NO_SUCH_NAME"], "no release defines"),
        (&["show", "NO_SUCH_NAME", "--version", "550.54.14"], "550.54.14 defines no"),
        (&["history", "NO_SUCH_NAME"], "no release defines"),
        (&["--base", "no/such/path", "--next", NEW], "'no/such/path' is neither a release"),
        (&["dump", "--version", "testdata"], "testdata is not the source of a driver release"),
    ];
    for (arguments, why) in cases {
        let ended = run(arguments);
        assert_eq!(ended.status, 2, "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(why), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_header_without_exact_meaning_is_2_and_named() {
    let home = crate::run::Home::new();
    let include = home.path().join("tree/src/common/sdk/nvidia/inc");
    std::fs::create_dir_all(&include).unwrap();
    std::fs::write(include.join("nvos.h"), "typedef struct { int a; } A;\ntypedef struct { no_such_type b; } B;\n")
        .unwrap();
    let tree = home.path().join("tree");
    let ended = home.run(&["dump", "--all", "--version", tree.to_str().unwrap()]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("nvos.h:2"), "{ended:?}");
}

#[test]
fn a_name_in_other_case_is_hinted_at() {
    let ended = run(&["history", "nvos00_parameters"]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("there is NVOS00_PARAMETERS"), "{ended:?}");
}
