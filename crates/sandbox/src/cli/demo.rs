//! `nvproxy demo`.

use super::doctor;
use crate::demo::{self, Look, Narrator};
use crate::doctor::{Finding, State};
use crate::run::{Driver, Ended, Options, Pinning, Plan};
use crate::trace::Tapped;
use ::cli::Exit;
use ::cli::output::{FAINT, Output, STRONG, paint};
use anyhow::{Context, Result};
use nvproxy::abi::Capabilities;
use nvproxy::pack::Packs;
use std::fmt::Write;
use std::sync::Arc;
use version_tree::{DriverVersion, version};

/// The command that the guest is started with. It is in no help.
pub(crate) const GUEST: &str = "demo-guest";
/// What stands in for a GPU, and for its driver.
const PROFILE: &str = "h100";
const RELEASE: DriverVersion = version!("580.95.05");

pub(crate) fn run(output: &Output) -> Result<Exit> {
    let colored = output.colors_stdout();
    match attempt(output, Look { colored }) {
        Ok(Ended::Exited(0)) => Ok(Exit::Done),
        Ok(_) => Ok(Exit::Finding),
        Err(error) => {
            output.error(&error.context("the guest could not be run behind the proxy"));
            // What is missing is not always where it is missed.
            let report = doctor::examine(&Packs::default())?;
            let bad: Vec<Finding> = report.findings.into_iter().filter(|one| one.state >= State::Unknown).collect();
            output.print(&doctor::findings(&bad))?;
            Ok(Exit::Finding)
        }
    }
}

fn attempt(output: &Output, look: Look) -> Result<Ended> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let color = if look.colored { "always" } else { "never" };
    let release = RELEASE.to_string();
    let options = Options {
        command: [program.into_os_string()]
            .into_iter()
            .chain([GUEST, &release, "--color", color].map(Into::into))
            .collect(),
        capabilities: Capabilities::DEFAULT,
        gpus: None,
        driver: Driver::Simulated(vec![PROFILE.to_owned()]),
        version: Some(RELEASE),
        only_qualified: false,
        only_proved: false,
        packs: Packs::default(),
        pinning: Pinning::default(),
        descriptors: Vec::new(),
    };
    let plan = Plan::new(&options)?;
    let narrator = Arc::new(Narrator::new(plan.abi(), look));
    output.print(&introduction())?;
    let ended = plan.run(Tapped(narrator.clone()))?;
    let mut text = format!("\n{}", narrator.table());
    if ended == Ended::Exited(0) {
        let more =
            "nvproxy doctor says what this machine can do; nvproxy run --simulate h100 -- CMD runs a program like this";
        let _ = writeln!(text, "\n{}", paint(FAINT, more));
    }
    output.print(&text)?;
    Ok(ended)
}

fn introduction() -> String {
    let names = Capabilities::DEFAULT.names().collect::<Vec<_>>().join(" and ");
    format!(
        "{}\nA small program runs behind the proxy, in front of a simulated GPU ({PROFILE}) with driver {RELEASE}.\n\
         It may do what takes {names}. Every ioctl of its stops at the proxy, which decides and passes it on.\n",
        paint(STRONG, "nvproxy demo")
    )
}

/// The guest's own part.
pub(crate) fn guest(output: &Output, version: DriverVersion) -> Result<Exit> {
    demo::guest(version, Look { colored: output.colors_stdout() })?;
    Ok(Exit::Done)
}
