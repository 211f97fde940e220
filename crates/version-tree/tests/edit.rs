//! Editing releases.toml: what becomes of the text, of the file when the editor is killed, and of two editors.
#![cfg(feature = "edit")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use version_tree::{Architecture, DriverVersion, Installer, Release, Sha256, Tree, edit, version};

const TEXT: &str = "\
# The head.

[releases]
\"515.43.04\" = {} # the root
# Between lines.
\"515.48.07\"={parent=\"515.43.04\",status=\"qualified\",x86_64={sha256=\"3e875a4d350e4b2316f2bb5db5a6c89122ec920cc0ca64327d3a0d970c4f3dc7\",sources=4}}# } odd \" but TOML
\"515.57\" = { parent = \"515.48.07\" }
";

fn published(byte: u8) -> Installer {
    Installer::Published { sha256: Sha256([byte; 32]), sources: 1 }
}

#[test]
fn every_line_of_the_embedded_file_is_written_as_it_stands() {
    let text = include_str!("../releases.toml");
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('"')).collect();
    assert_eq!(lines.len(), Tree::embedded().len());
    for (line, release) in lines.iter().zip(Tree::embedded()) {
        assert_eq!(*line, edit::line(release));
    }
}

#[test]
fn a_release_comes_before_the_first_newer_one() {
    let release = Release::new(version!("515.49.05"), Some(version!("515.48.07")));
    let line = "\"515.49.05\" = { parent = \"515.48.07\" }\n";
    let new = edit::insert(TEXT, &release).unwrap();
    assert_eq!(new.replace(line, ""), TEXT);
    assert!(new.contains(&format!("{line}\"515.57\"")), "{new}");

    let newest = Release::new(version!("520.56.06"), Some(version!("515.57")));
    let new = edit::insert(TEXT, &newest).unwrap();
    assert_eq!(new, format!("{TEXT}\"520.56.06\" = {{ parent = \"515.57\" }}\n"));
    // Also where the last line does not end.
    let new = edit::insert(TEXT.trim_end(), &newest).unwrap();
    assert_eq!(new, format!("{TEXT}\"520.56.06\" = {{ parent = \"515.57\" }}"));
}

#[test]
fn the_first_release_is_a_line_too() {
    let root = Release::new(version!("515.43.04"), None);
    assert_eq!(edit::insert("[releases]\n", &root).unwrap(), "[releases]\n\"515.43.04\" = {}\n");
}

#[test]
fn a_line_is_rewritten_and_its_comment_and_all_others_stay() {
    let new = edit::set_installer(TEXT, version!("515.48.07"), Architecture::Aarch64, Installer::NotPublished).unwrap();
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) = (TEXT.lines().collect(), new.lines().collect());
    assert_eq!(old_lines.len(), new_lines.len());
    for (at, (old, new)) in old_lines.iter().zip(&new_lines).enumerate() {
        assert_eq!(old == new, at != 5, "{new}");
    }
    assert!(new_lines[5].ends_with("sources = 4 }, aarch64 = \"none\" }# } odd \" but TOML"), "{}", new_lines[5]);

    let new = edit::set_parent(TEXT, version!("515.57"), version!("515.43.04")).unwrap();
    assert_eq!(new, TEXT.replace("parent = \"515.48.07\"", "parent = \"515.43.04\""));
}

#[test]
fn ends_of_lines_stay_as_they_are() {
    let text = TEXT.replace('\n', "\r\n");
    let new = edit::insert(&text, &Release::new(version!("515.49.05"), Some(version!("515.48.07")))).unwrap();
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    let new = edit::set_installer(&new, version!("515.57"), Architecture::X86_64, published(1)).unwrap();
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
}

#[test]
fn what_would_break_the_tree_is_refused() {
    let cases = [
        edit::insert(TEXT, &Release::new(version!("515.57"), Some(version!("515.48.07")))),
        edit::insert(TEXT, &Release::new(version!("515.65.01"), Some(version!("515.58")))),
        edit::insert(TEXT, &Release::new(version!("515.65.01"), None)),
        edit::insert("[release]\n", &Release::new(version!("515.65.01"), None)),
        edit::set_parent(TEXT, version!("515.58"), version!("515.57")),
        edit::set_parent(TEXT, version!("515.48.07"), version!("515.57")),
        edit::set_installer(TEXT, version!("515.48.07"), Architecture::X86_64, Installer::Unknown),
        edit::set_installer(
            "[releases.\"515.43.04\"]\nstatus = \"unqualified\"\n",
            version!("515.43.04"),
            Architecture::X86_64,
            published(1),
        ),
    ];
    let whys = [
        "has a line in the release file already",
        "515.58",
        "break",
        "cannot be read",
        "has no line",
        "break",
        "break",
        "not written as one line",
    ];
    for (case, why) in cases.into_iter().zip(whys) {
        let error = case.unwrap_err().to_string();
        assert!(error.contains(why), "{error}: {why}");
    }
}

#[test]
fn a_refused_edit_leaves_the_file_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("releases.toml");
    fs::write(&path, TEXT).unwrap();
    let result: Result<(), edit::EditError> =
        edit::update(&path, |text| Ok((edit::set_parent(text, version!("1.0"), version!("1.1"))?, ())));
    result.unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let (path, link) = (directory.path().join("releases.toml"), directory.path().join("link"));
    fs::write(&path, TEXT).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("releases.toml", &link).unwrap();
    edit::update(&link, |text| {
        Ok::<_, edit::EditError>((edit::set_parent(text, version!("515.57"), version!("515.43.04"))?, ()))
    })
    .unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_ne!(fs::read_to_string(&path).unwrap(), TEXT);
}

const BRANCHES: u16 = 100;
/// So that writing takes a moment, in which an editor can be killed.
const COMMENT: usize = 1 << 20;

fn big() -> String {
    let lines = (1..BRANCHES).map(|n| format!("\"{}.10\" = {{ parent = \"{n}.10\" }}\n", n + 1));
    "#".repeat(COMMENT) + "\n[releases]\n\"1.10\" = {}\n" + &lines.collect::<String>()
}

/// Another process that adds, one edit after the other, a release of the line `line` to each of `count` branches.
fn editor(path: &Path, line: u16, count: u16) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "an_editor_for_the_others", "--ignored"])
        .env("EDIT", format!("{} {line} {count}", path.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

fn added(line: u16, n: u16) -> Release {
    let text = |minor: u16| format!("{n}.{minor}").parse::<DriverVersion>().unwrap();
    Release::new(text(line), Some(text(10)))
}

#[test]
#[ignore = "not a test: the other tests run it in processes of its own"]
fn an_editor_for_the_others() {
    let Ok(job) = std::env::var("EDIT") else { return };
    let [path, line, count] = job.split(' ').collect::<Vec<_>>().try_into().unwrap();
    for n in 1..=count.parse().unwrap() {
        let release = added(line.parse().unwrap(), n);
        // An editor that was killed before may have got that far.
        let result = edit::update(Path::new(path), |text| Ok((edit::insert(text, &release)?, ())));
        assert!(matches!(result, Ok(()) | Err(edit::EditError::Present(_))), "{result:?}");
    }
}

#[test]
fn editors_do_not_lose_each_others_lines() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("releases.toml");
    let begin: String = big().lines().skip(1).take(100).map(|line| format!("{line}\n")).collect();
    fs::write(&path, &begin).unwrap();
    let (lines, count) = ([20, 30, 40, 50, 60], 20);
    let editors: Vec<Child> = lines.iter().map(|line| editor(&path, *line, count)).collect();
    for mut editor in editors {
        assert!(editor.wait().unwrap().success());
    }
    let tree = Tree::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    let expected = Tree::parse(&begin).unwrap().len() + lines.len() * usize::from(count);
    assert_eq!(tree.len(), expected);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_killed_editor_leaves_one_of_the_valid_states() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("releases.toml");
    fs::write(&path, big()).unwrap();
    let (mut had, mut round) = (0, 0_u64);
    // However slow this machine is, some editors get somewhere before they are killed.
    while round < 40 || (had == 0 && round < 1000) {
        round += 1;
        let mut editor = editor(&path, 20, BRANCHES);
        // Somewhere in its start or in one of its edits.
        sleep(Duration::from_micros(2_000 + round * 3_137 % (50_000 + round * 200)));
        editor.kill().unwrap(); // SIGKILL
        editor.wait().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        // The n-th state is the beginning with the first n additions.
        let added_lines = text.lines().filter(|line| line.contains(".20\" =")).count();
        let mut state = big();
        for n in 1..=added_lines as u16 {
            let next = format!("\"{}.10\" =", n + 1);
            let at = state.find(&next).unwrap_or(state.len());
            state.insert_str(at, &format!("{}\n", edit::line(&added(20, n))));
        }
        assert!(text == state, "round {round}: not one of the states, {} bytes", text.len());
        assert!(added_lines >= had, "an edit was lost");
        had = added_lines;
    }
    assert!(had > 0, "no edit ever ended: the test killed nothing in the middle");
    // What is left over does not stop the next edit, and goes with it.
    let release = added(30, 1);
    edit::update(&path, |text| Ok::<_, edit::EditError>((edit::insert(text, &release)?, ()))).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn what_the_history_has_out_of_order_is_marked_when_it_is_placed() {
    // A side line, until a release of another line comes out of it.
    let (side, marked) = edit::place(TEXT, &Release::new(version!("515.49.06"), Some(version!("515.57")))).unwrap();
    assert_eq!(marked, []);
    let (text, marked) = edit::place(&side, &Release::new(version!("520.10"), Some(version!("515.49.06")))).unwrap();
    assert_eq!(marked, [version!("515.49.06")]);
    assert!(text.contains("\"515.49.06\" = { parent = \"515.57\", out_of_order = true }\n"), "{text}");
    // The same twice is the same once.
    let again = edit::place(&side, &Release::new(version!("515.49.06"), Some(version!("515.57")))).unwrap();
    assert_eq!(again, (side, vec![]));
    assert!(edit::place(TEXT, &Release::new(version!("515.65.01"), Some(version!("515.58")))).is_err());
}
