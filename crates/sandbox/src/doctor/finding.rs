//! What was found.

use serde::Serialize;

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warn,
    /// It is not known.
    Unknown,
    /// It does not work.
    Fail,
}

/// Who needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Every run.
    Run,
    /// Runs with the driver of this machine: without `--simulate`.
    Gpu,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub name: &'static str,
    /// Who needs it.
    pub need: Need,
    /// How good it is.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it, where something is to be done.
    pub advice: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of reading.
    pub findings: Vec<Finding>,
    /// Whether there is any sign of an NVIDIA GPU or its driver.
    pub gpu_present: bool,
}

impl Finding {
    pub(super) fn new(name: &'static str, need: Need, state: State, found: impl Into<String>) -> Self {
        Self { name, need, state, found: found.into(), advice: None }
    }

    pub(super) fn ok(name: &'static str, need: Need, found: impl Into<String>) -> Self {
        Self::new(name, need, State::Ok, found)
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl Report {
    /// The worst of what `nvproxy run --simulate` needs.
    pub fn simulate(&self) -> State {
        self.worst(|need| need == Need::Run)
    }

    /// The worst of what `nvproxy run` needs.
    pub fn gpu(&self) -> State {
        if self.gpu_present { self.worst(|_| true) } else { State::Fail }
    }

    fn worst(&self, of: impl Fn(Need) -> bool) -> State {
        let states = self.findings.iter().filter(|finding| of(finding.need)).map(|finding| finding.state);
        states.max().unwrap_or(State::Unknown)
    }
}
