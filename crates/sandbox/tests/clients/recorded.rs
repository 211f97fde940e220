//! `nvproxy trace` of NVIDIA's programs.

use crate::behind::{Behind, place};
use rm_sim::trace::{Header, Record};

/// What nvidia-smi asks is summed up, and recorded in a form that can be read back.
pub(crate) fn nvidia_smi(behind: &Behind) {
    let directory = tempfile::tempdir_in(place()).unwrap();
    let file = directory.path().join("record");
    let options = ["--record", file.to_str().unwrap()];
    let (output, trace) = behind.succeeds("trace", "h100", &options, &["nvidia-smi", "-q"]);
    assert!(output.contains("NVIDIA H100 80GB HBM3"), "{output}");
    // The last thing is the summary: what passed and what was refused.
    let (calls, summary) = trace.split_once("  let through\n").unwrap_or_else(|| panic!("no summary in {trace}"));
    for expected in ["NV_ESC_CARD_INFO", "NV01_ROOT", "NV0000_CTRL_CMD_GPU_GET_PROBED_IDS"] {
        assert!(calls.contains(expected), "no {expected} in {calls}");
    }
    let total = summary.lines().find(|line| line.ends_with("  in all")).unwrap_or_else(|| panic!("{summary}"));

    let text = std::fs::read_to_string(&file).unwrap();
    let (first, rest) = text.split_once('\n').unwrap();
    let header: Header = serde_json::from_str(first).unwrap();
    assert_eq!(header.driver, behind.version);
    let records: Vec<Record> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(total.split_whitespace().next().unwrap(), records.len().to_string());
    assert!(records.len() > 40, "{} calls", records.len());

    let playback = rm_sim::Playback::new(text.as_bytes()).unwrap();
    assert_eq!(playback.unused(), records.len(), "all of it can be asked for");
    println!("{}: nvidia-smi -q: {} calls recorded", behind.version, records.len());
}
