//! Adding releases from repositories of our own making: what comes in, what stays out, and what is never changed.

mod cli;
mod killed;
mod online;
mod repository;
#[allow(dead_code)]
#[path = "../net/server.rs"]
mod server;
mod watch;

use checksum::add::{Came, Doubt, Error, RowKind, Verdict, Wanted};
use repository::{COMMAND, Fixture, GREW, HEADER};
use std::fs;
use version_tree::version;

/// Nothing may come of a plan that is in doubt, written or not.
fn refused(fixture: &Fixture, release: &str) -> (Doubt, Verdict) {
    let before = fixture.files();
    let plan = fixture.plan(release);
    assert!(plan.steps.is_empty() && plan.is_empty(), "{}", plan.report());
    plan.write().expect("nothing to write");
    assert_eq!(fixture.files(), before);
    let [refused] = plan.refused.as_slice() else { panic!("{:?}", plan.refused) };
    let shown = refused.doubt.to_string().chars().take(8).collect::<String>();
    assert!(plan.report().contains("In doubt") && plan.report().contains(&shown), "{}", plan.report());
    (refused.doubt.clone(), plan.verdict())
}

#[test]
fn a_release_that_changes_nothing_is_one_line_and_a_file_of_two() {
    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.48.07", HEADER);
    let plan = fixture.plan("515.48.07");
    assert_eq!(plan.verdict(), Verdict::Done);
    plan.write().expect("written");
    let lines = "\"515.43.04\" = {}\n\"515.48.07\" = { parent = \"515.43.04\" }\n";
    assert_eq!(fixture.tree(), format!("# A comment that stays.\n\n[releases]\n{lines}"));
    assert_eq!(fixture.file("515.48.07"), "release 515.48.07\nparent 515.43.04\n");

    // Asked again, it is there.
    let before = fixture.files();
    let again = fixture.plan("515.48.07");
    assert!(again.is_empty() && again.steps[0].came == Came::Present && again.verdict() == Verdict::Done);
    assert!(fixture.sync().report().contains("Nothing to do"), "{}", fixture.sync().report());
    again.write().expect("nothing to write");
    assert_eq!(fixture.files(), before);
}

#[test]
fn a_change_hangs_on_the_release_that_introduced_it() {
    let (fixture, root) = Fixture::new();
    let changing = fixture.release("main", Some(root), "515.48.07", GREW);
    fixture.release("main", Some(changing), "515.57", GREW);

    let plan = fixture.plan("515.57");

    let came: Vec<_> = plan.steps.iter().map(|s| (s.version(), s.asked, s.changes.len(), s.left.len())).collect();
    assert_eq!(came, [(version!("515.48.07"), false, 1, 2), (version!("515.57"), true, 0, 0)]);
    let change = &plan.steps[0].changes[0];
    assert_eq!(change.row.name, COMMAND);
    assert!(matches!(&change.kind, RowKind::Shape { findings } if findings.iter().any(|f| f.contains("more"))));
    assert_eq!(plan.verdict(), Verdict::Work);
    let candidate = &plan.steps[0].candidates[0];
    assert_eq!(
        (candidate.name.as_str(), candidate.translated.as_slice()),
        ("NV0000_CTRL_CMD_SYSTEM_HONK", &["NV0000_CTRL_SYSTEM_HONK_PARAMS.horn".to_string()][..])
    );
    let report = plan.report();
    for part in [
        "## What 515.48.07 introduced",
        "`NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS` (0x136): its parameters changed",
        "set NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS: simple(NV0000_CTRL_SYSTEM_GET_FABRIC_STATUS_PARAMS_V515_48_07);",
        "`r515_48_07: \"515.48.07\";`",
        "cargo test -p parity-test -- \"headers 515.57\" --exact",
    ] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    assert!(!report.contains("What 515.57 introduced"));
    plan.write().expect("written");
    assert!(fixture.file("515.48.07").contains("\n 4 4 more NvU32\n"), "{}", fixture.file("515.48.07"));
    assert_eq!(fixture.file("515.57"), "release 515.57\nparent 515.48.07\n");
}

#[test]
fn numbers_that_moved_or_went_are_told() {
    let (fixture, root) = Fixture::new();
    let moved = fixture.release("main", Some(root), "515.48.07", &HEADER.replace("0x136", "0x137"));
    fixture.release("main", Some(moved), "515.57", "#define SOMETHING 1\n");
    let plan = fixture.sync();
    let kinds: Vec<_> = plan.steps.iter().flat_map(|step| &step.changes).map(|change| change.kind.clone()).collect();
    assert_eq!(kinds, [RowKind::Moved { to: 0x137 }, RowKind::Gone]);
    assert!(plan.report().contains("remove NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS;"), "{}", plan.report());
}

#[test]
fn a_release_on_a_branch_hangs_where_the_branch_left() {
    let (fixture, root) = Fixture::new();
    let main = fixture.release("main", Some(root), "515.57", HEADER);
    fixture.release("main", Some(main), "515.76", HEADER);
    fixture.release("VK516_10", Some(main), "515.49.06", HEADER);
    let plan = fixture.sync();
    assert_eq!(plan.verdict(), Verdict::Done);
    plan.write().expect("written");
    assert!(fixture.tree().contains("\"515.49.06\" = { parent = \"515.57\" }\n"), "{}", fixture.tree());
    assert!(plan.report().contains("on branch `VK516_10`, which left at 515.57"), "{}", plan.report());
}

#[test]
fn a_title_that_stands_on_main_too_is_no_doubt_while_both_have_the_same_interface() {
    let (fixture, root) = Fixture::new();
    let twin = fixture.commit("main", Some(root), "515.57", HEADER);
    fixture.release("main", Some(twin), "515.76", HEADER);
    let on_branch = fixture.release("515", Some(root), "515.48.07", HEADER);
    fixture.release("515", Some(on_branch), "515.57", HEADER);
    let plan = fixture.plan("515.76");
    let parents: Vec<_> = plan.steps.iter().map(|s| s.place.placement.parent.expect("a parent")).collect();
    assert_eq!(parents, [version!("515.43.04"), version!("515.48.07"), version!("515.57")]);
    assert!(plan.report().contains("has it a second time"), "{}", plan.report());
}

#[test]
fn twins_with_different_interfaces_are_in_doubt_and_so_is_what_descends_from_them() {
    let (fixture, root) = Fixture::new();
    let twin = fixture.commit("main", Some(root), "515.57", GREW);
    fixture.release("main", Some(twin), "515.76", GREW);
    fixture.release("515", Some(root), "515.57", HEADER);
    let (doubt, verdict) = refused(&fixture, "515.57");
    assert!(matches!(doubt, Doubt::Twins { .. }) && verdict == Verdict::Work, "{doubt}");
    let (doubt, _) = refused(&fixture, "515.76");
    assert_eq!(doubt, Doubt::Ancestor { version: version!("515.76"), ancestor: version!("515.57") });
}

#[test]
fn what_is_ambiguous_changes_nothing() {
    let (fixture, root) = Fixture::new();
    let twice = fixture.release("main", Some(root), "515.100", HEADER);
    fixture.tag("515.100.00", twice);
    assert!(matches!(refused(&fixture, "515.100").0, Doubt::TwoTags { .. }));

    let (fixture, root) = Fixture::new();
    let other = fixture.commit("main", Some(root), "515.57", HEADER);
    fixture.tag("515.76", other);
    assert!(matches!(refused(&fixture, "515.76").0, Doubt::Title { .. }));

    let (fixture, root) = Fixture::new();
    let untagged = fixture.commit("main", Some(root), "515.57", HEADER);
    fixture.release("main", Some(untagged), "515.76", HEADER);
    assert!(matches!(refused(&fixture, "515.76").0, Doubt::ParentWithoutTag { .. }));

    let (fixture, _) = Fixture::new();
    fixture.release("other", None, "600.10", HEADER);
    assert!(matches!(refused(&fixture, "600.10").0, Doubt::Rootless { .. }));

    let (fixture, root) = Fixture::new();
    let first = fixture.release("main", Some(root), "515.57", HEADER);
    fixture.release("main", Some(first), "515.76", HEADER);
    fixture.write_tree(
        "\"515.43.04\" = {}\n\"515.57\" = { parent = \"515.43.04\" }\n\"515.76\" = { parent = \"515.43.04\" }\n",
    );
    assert!(matches!(refused(&fixture, "515.76").0, Doubt::Elsewhere { .. }));

    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.57", HEADER);
    fs::write(fixture.catalogue.join("515.43.04.txt"), "release 515.43.04\n").expect("written");
    assert!(matches!(refused(&fixture, "515.57").0, Doubt::CatalogueDiffers { .. }));
    fs::remove_file(fixture.catalogue.join("515.43.04.txt")).expect("removed");
    assert!(matches!(refused(&fixture, "515.57").0, Doubt::NotCatalogued { .. }));
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.57", "");
    let (doubt, verdict) = refused(&fixture, "515.57");
    assert!(matches!(doubt, Doubt::Headers { .. }) && verdict == Verdict::Incomplete, "{doubt}");
    let (_, verdict) = refused(&fixture, "999.10");
    assert_eq!(verdict, Verdict::Incomplete);
    fixture.write_tree("\"515.43.04\" = { parent = \"515.43.04\" }\n");
    let wanted = Wanted::Release(version!("515.57"));
    assert!(matches!(fixture.try_plan(wanted), Err(Error::Tree { .. })));
    fs::remove_dir_all(&fixture.repository).expect("removed");
    fixture.write_tree("\"515.43.04\" = {}\n");
    assert!(matches!(fixture.try_plan(wanted), Err(Error::History(_))));
}

#[test]
fn sync_adds_what_is_certain_oldest_first_and_names_the_rest() {
    let (fixture, root) = Fixture::new();
    let certain = fixture.release("main", Some(root), "515.57", HEADER);
    let doubtful = fixture.commit("main", Some(certain), "515.65.01", HEADER);
    fixture.tag("515.65.01", doubtful);
    fixture.tag("515.65.1", doubtful);
    fixture.release("main", Some(doubtful), "515.76", HEADER);
    // Older than its parent, and with a child: no side line.
    let older = fixture.release("520", Some(certain), "515.48.07", HEADER);
    fixture.release("520", Some(older), "520.56.06", HEADER);
    let plan = fixture.sync();
    let came: Vec<String> = plan.steps.iter().map(|step| step.version().to_string()).collect();
    assert_eq!(came, ["515.57", "515.48.07", "520.56.06"]);
    let out: Vec<String> = plan.refused.iter().map(|refused| refused.version.to_string()).collect();
    assert_eq!(out, ["515.65.01", "515.76"]);
    assert_eq!(plan.verdict(), Verdict::Work);
    plan.write().expect("written");
    assert!(
        fixture.tree().contains("\"515.48.07\" = { parent = \"515.57\", out_of_order = true }\n"),
        "{}",
        fixture.tree()
    );
    assert!(!fixture.tree().contains("515.76"), "{}", fixture.tree());
}

#[test]
fn a_listed_release_is_published_and_its_descendants_follow() {
    let (fixture, root) = Fixture::new();
    let first = fixture.release("main", Some(root), "515.57", HEADER);
    fixture.release("main", Some(first), "515.76", GREW);
    let listed = "\"515.65.01\" = { parent = \"515.43.04\", headers = \"unpublished\", x86_64 = \"none\" }\n";
    fixture.write_tree(&format!("\"515.43.04\" = {{}}\n{listed}"));
    fixture.sync().write().expect("written");
    let second = fixture.release("515", Some(first), "515.65.01", HEADER);
    fixture.release("515", Some(second), "515.65.07", HEADER);
    let plan = fixture.sync();
    assert_eq!(plan.steps[0].came, Came::Published { before: Some(version!("515.43.04")) });
    plan.write().expect("written");
    assert!(
        fixture.tree().contains("\"515.65.01\" = { parent = \"515.57\", x86_64 = \"none\" }\n"),
        "{}",
        fixture.tree()
    );
    assert_eq!(fixture.file("515.65.01"), "release 515.65.01\nparent 515.57\n");
}

#[test]
fn hostile_names_neither_run_nor_write_nor_mark_up_anything() {
    let (fixture, root) = Fixture::new();
    let next = fixture.release("`x`|<img_src=@all>", Some(root), "515.57", HEADER);
    for name in ["515.57;reboot", "$(reboot)", "`reboot`", "515.57-<b>", "5155555.1", "v515.57", "515.57|x"] {
        fixture.tag(name, next);
    }
    fixture.commit("main", Some(root), "</details><script>\u{1b}[31m", HEADER);
    let plan = fixture.sync();
    assert_eq!(plan.steps.iter().map(|step| step.version().to_string()).collect::<Vec<_>>(), ["515.57"]);
    let report = plan.report();
    assert!(!report.contains("reboot") && !report.contains('\u{1b}'), "{report}");
    let branch = "`` `x`|<img_src=@all> ``";
    assert!(report.contains(branch) && !report.replace(branch, "").contains("@all"), "{report}");
    let before: Vec<_> = fixture.files().into_keys().collect();
    plan.write().expect("written");
    assert_eq!(fixture.files().len(), before.len() + 1);

    // The title of the commit that is in doubt is quoted, where forges look for nobody's name.
    let titled = fixture.commit("main", Some(next), "<script>|`x` [a](b) @all #12", HEADER);
    fixture.tag("515.76", titled);
    let report = fixture.plan("515.76").report();
    let quoted = "- 515.76: ``the tag 515.76 is on a commit titled \"<script>|`x` [a](b) @all #12\", not 515.76: \
                  see what that commit is``\n";
    assert!(report.contains(quoted), "{report}");
}

#[test]
fn a_tree_that_somebody_else_changed_meanwhile_is_left_alone() {
    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.57", HEADER);
    let plan = fixture.plan("515.57");
    fixture.write_tree("\"515.43.04\" = { x86_64 = \"none\" }\n");
    let before = fixture.files();
    assert!(matches!(plan.write(), Err(Error::Changed { .. })));
    assert_eq!(fixture.files(), before);
    fixture.plan("515.57").write().expect("written");
    assert!(fixture.tree().contains("x86_64 = \"none\""));
}
