//! What the command hands on to the library in each process.

use crate::run::{Driver, Options, Pinning};
use crate::trace::{Format, Recorder, Tracer};
use anyhow::{Context, Result};
use nvproxy::abi::Abi;
use nvproxy::pack::Packs;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, LineWriter, Write};
use std::path::{Path, PathBuf};
use version_tree::DriverVersion;

/// The environment variable that it is in.
const VARIABLE: &str = "NVPROXY_IN_PROCESS";
/// The most programs that write down their calls as one process, one after the other.
const TRACES: usize = 16;

/// What the library is to do: in the environment as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The release whose ABI is spoken.
    pub release: DriverVersion,
    /// What the program may use, as `--caps` takes it.
    pub capabilities: String,
    /// The program has the GPUs of these minor numbers, or all GPUs if there is no list.
    pub gpus: Option<Vec<u32>>,
    /// The profiles of simulated GPUs; `None` for the host's driver.
    pub simulate: Option<Vec<String>>,
    /// Whether calls are refused whose form is only inferred from other releases.
    pub only_proved: bool,
    /// The directory of release packs, if one was named.
    pub packs: Option<PathBuf>,
    /// What is written about calls.
    pub trace: Trace,
    /// Each process that the library is loaded into adds a line to this file.
    pub loaded: PathBuf,
}

/// What is written about calls, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Whether it is JSON.
    pub json: bool,
    /// Whether it has colours.
    pub colored: bool,
    /// The file that all processes add to; `None` for standard error.
    pub output: Option<PathBuf>,
    /// Where the first process writes down its calls; another one adds a dot and its number to the name.
    pub record: Option<PathBuf>,
}

impl Config {
    /// Reads it from this process's environment, if the variable is set.
    ///
    /// # Errors
    /// It is not what the command writes.
    pub fn from_environment() -> Result<Option<Self>> {
        let Some(text) = std::env::var_os(VARIABLE) else { return Ok(None) };
        let text = text.into_string().ok().with_context(|| format!("{VARIABLE} is no text"))?;
        serde_json::from_str(&text).with_context(|| format!("{VARIABLE} is not of this version of nvproxy")).map(Some)
    }

    /// The name and the value of the environment variable.
    ///
    /// # Errors
    /// A path is no text.
    pub fn variable(&self) -> Result<(&'static str, String)> {
        Ok((VARIABLE, serde_json::to_string(self).context("the paths of a trace must be UTF-8")?))
    }

    /// The same, as `nvproxy run` takes it.
    pub(super) fn options(&self) -> Result<Options> {
        Ok(Options {
            command: Vec::new(),
            capabilities: self.capabilities.parse()?,
            gpus: self.gpus.clone(),
            driver: self.simulate.clone().map_or(Driver::Host, Driver::Simulated),
            version: Some(self.release),
            only_qualified: false,
            only_proved: self.only_proved,
            packs: self.packs.clone().map_or_else(Packs::standard, Packs::at),
            pinning: Pinning::Native,
            descriptors: Vec::new(),
        })
    }

    /// Prints and writes down calls.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn tracer(&self, abi: &Abi, gpus: &[u32]) -> Result<Tracer> {
        let Trace { json, colored, output, record } = &self.trace;
        let format = if *json { Format::Json } else { Format::Text };
        let out: Box<dyn Write + Send> = match output {
            Some(path) => Box::new(LineWriter::new(append(path)?)),
            None => Box::new(std::io::stderr()),
        };
        let tracer = Tracer::new(abi).printing(format, out, *colored);
        Ok(match record {
            Some(path) => {
                let out = Box::new(LineWriter::new(another(path)?));
                tracer.recording(Recorder::new(abi, gpus.iter().copied().collect(), out)?)
            }
            None => tracer,
        })
    }

    /// Takes note that the library is loaded.
    pub(super) fn note_loaded(&self) {
        // A process whose user may not write there is not counted.
        let _ = append(&self.loaded).map(|mut file| writeln!(file, "{}", std::process::id()));
    }
}

/// A file that several processes add whole lines to.
fn append(path: &Path) -> Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.with_context(|| format!("cannot write {}", path.display()))
}

/// Creates a file that no other process writes: `path`, or `path` with this process's number after it.
fn another(path: &Path) -> Result<File> {
    let own = std::process::id();
    let later = (2..=TRACES).map(|number| format!(".{own}.{number}"));
    let mut tried = Ok(());
    for end in [String::new(), format!(".{own}")].into_iter().chain(later) {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Ok(file) => return Ok(file),
            Err(error) => {
                let there = error.kind() == ErrorKind::AlreadyExists;
                tried = Err(error).with_context(|| format!("cannot write {}", Path::new(&name).display()));
                if !there {
                    break;
                }
            }
        }
    }
    tried.and_then(|()| anyhow::bail!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_writes_a_trace_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trace.jsonl");
        for text in ["one", "two", "three"] {
            another(&path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let own = std::process::id();
        let ends = [String::new(), format!(".{own}"), format!(".{own}.2")];
        let read = ends.map(|end| std::fs::read_to_string(format!("{}{end}", path.display())).unwrap());
        assert_eq!(read, ["one", "two", "three"]);
    }

    #[test]
    fn what_the_command_writes_is_what_the_library_reads() {
        let config = Config {
            release: version_tree::version!("580.95.05"),
            capabilities: "compute,utility,rdma".to_owned(),
            gpus: Some(vec![0, 3]),
            simulate: None,
            only_proved: true,
            packs: Some("/packs".into()),
            trace: Trace { json: true, colored: false, output: Some("/o".into()), record: None },
            loaded: "/loaded".into(),
        };
        let (_, text) = config.variable().unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
        assert!(config.options().is_ok());
    }
}
