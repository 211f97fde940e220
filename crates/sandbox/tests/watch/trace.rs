use crate::{can_run, nvproxy, text};
use rm_sim::trace::{Header, Record};
use serde_json::Value;
use std::process::Output;

const GUEST: [&str; 3] = [env!("CARGO_BIN_EXE_nvproxy"), "demo-guest", "580.95.05"];

/// Traces the guest with these options.
fn trace(options: &[&str]) -> Output {
    let mut arguments = vec!["trace", "--simulate", "h100", "--driver-version", "580.95.05"];
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(GUEST);
    nvproxy(&arguments)
}

#[test]
fn the_trace_is_on_stderr_and_the_programs_output_where_it_was() {
    if !can_run("a trace on stderr") {
        return;
    }
    let output = trace(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let (program, trace) = (text(&output.stdout), text(&output.stderr));
    assert!(program.contains("NVIDIA H100 80GB HBM3, 79.6 GiB") && !program.contains("NV01_DEVICE_0"), "{program}");
    assert!(trace.contains("NV01_DEVICE_0") && !trace.contains("guest"), "{trace}");
    // The summary is what the guest did.
    let refused = trace.split_once("refused at 580.95.05").unwrap().1;
    for expected in [
        "NVC4B7_VIDEO_ENCODER                needs the capability video",
        "NV2080_CTRL_CMD_GPU_EXEC_REG_OPS    needs the capability profiling",
        "command 0x7777                      not known at this release",
        "      8  in all",
    ] {
        assert!(refused.contains(expected), "{expected:?} in {refused}");
    }
}

#[test]
fn other_programs_read_json_lines() {
    if !can_run("a trace as JSON lines") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("trace");
    let output = trace(&["--format", "json", "--output", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("NV01"), "the trace is in the file");
    let lines = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["schema_version"], &lines[0]["driver"]), (&1.into(), &"580.95.05".into()));
    let calls: Vec<&Value> = lines.iter().filter(|line| line["event"] == "call").collect();
    let ended = |ending: &str| calls.iter().filter(|call| call["ending"] == ending).count();
    let summary = lines.last().unwrap();
    assert_eq!(summary["event"], "summary");
    assert_eq!((summary["calls"].as_u64(), summary["refused"].as_u64()), (Some(ended("done") as u64), Some(8)));
    assert_eq!(calls.len(), ended("done") + ended("refused"));
    let video = calls.iter().find(|call| call["name"] == "NVC4B7_VIDEO_ENCODER").unwrap();
    assert_eq!(video["refused"]["capabilities"], serde_json::json!(["video"]));
    let registered = calls.iter().find(|call| call["name"] == "NV_ESC_REGISTER_FD").unwrap();
    assert!(registered["translated"][0].as_str().unwrap().contains("/dev/nvidiactl"), "{registered}");
}

/// Two programs at once: from when the second is heard of, lines name the thread; JSON lines always do.
#[test]
fn calls_of_several_threads_are_told_apart() {
    if !can_run("a trace of several processes") {
        return;
    }
    let [program, guest, release] = GUEST;
    let both = format!("{program} {guest} {release} >/dev/null & {program} {guest} {release} >/dev/null; wait");
    let traced = |format: &str| {
        let arguments = ["trace", "--simulate", "h100", "--driver-version", release, "--format", format];
        let output = nvproxy(&[&arguments[..], &["--", "sh", "-c", &both]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let lines = traced("json");
    let lines =
        lines.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str::<Value>(line).unwrap());
    let threads: std::collections::HashSet<_> =
        lines.filter(|line| line["event"] == "call").map(|line| line["thread"].as_i64().unwrap()).collect();
    assert_eq!(threads.len(), 2, "{threads:?}");
    let lines = traced("text");
    let named = lines.lines().filter(|line| line.split_whitespace().nth(1).is_some_and(|word| word.starts_with('[')));
    assert!(named.count() > 10, "{lines}");
    assert!(!text(&trace(&[]).stderr).contains(" ["), "one thread needs no name");
}

#[test]
fn a_record_holds_every_call_of_the_driver() {
    if !can_run("recording") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("record");
    let output = trace(&["--record", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = std::fs::read_to_string(&file).unwrap();
    let (first, rest) = lines.split_once('\n').unwrap();
    let header: Header = serde_json::from_str(first).unwrap();
    assert_eq!((header.driver.as_str(), &header.gpus[..]), ("580.95.05", &[0][..]));
    let records: Vec<Record> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let through = text(&output.stderr);
    let total = through.lines().find(|line| line.ends_with("  in all")).unwrap();
    assert_eq!(total.split_whitespace().next().unwrap(), records.len().to_string());
}

#[test]
fn the_exit_status_is_the_programs() {
    if !can_run("exit statuses") {
        return;
    }
    let run = |command: &[&str]| {
        nvproxy(&[&["trace", "--simulate", "h100", "--driver-version", "580.95.05", "--"], command].concat())
            .status
            .code()
    };
    assert_eq!(run(&["/bin/sh", "-c", "exit 7"]), Some(7));
    assert_eq!(run(&["/nowhere/no-such-program"]), Some(127));
}

#[test]
fn a_file_that_cannot_be_written_stops_it_before_it_begins() {
    let output = trace(&["--record", "/nowhere/at/all"]);
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("/nowhere/at/all"), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
}
