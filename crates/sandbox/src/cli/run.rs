//! `nvproxy run`.

use super::quoted::quoted;
use super::{PacksArgument, log, root};
use crate::run::{Driver, Ended, NoTap, Options, Pinning, Plan};
use ::cli::{Exit, Output};
use anyhow::Result;
use clap::Args;
use nvproxy::abi::Capabilities;
use std::ffi::OsString;
use version_tree::DriverVersion;

/// What to run, and how; also of `nvproxy trace`.
#[derive(Args)]
pub(crate) struct RunArguments {
    /// What the program may use, separated by commas: compute, utility, graphics, video, display, ngx, compat32, all;
    /// fabric-imex-mgmt, profiling, rdma
    #[arg(long, value_name = "CAPABILITIES", default_value = "compute,utility")]
    caps: Capabilities,
    /// The GPUs it has, by the numbers in /dev/nvidia# from 0 on, separated by commas; all of them if not given
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = gpu)]
    gpus: Option<Vec<u32>>,
    /// Speak the ABI of this release, whatever the driver says it is; with --simulate, be that release: if not given, that of
    /// NVIDIA's libraries on this machine, else the newest that gVisor tests
    #[arg(long, value_name = "RELEASE")]
    driver_version: Option<DriverVersion>,
    /// Refuse releases that gVisor does not test on hardware
    #[arg(long)]
    only_qualified: bool,
    /// Refuse releases that were compared with no headers, by this build or by a release pack that root installed or --packs
    /// names, and every entry that no header defines
    #[arg(long)]
    only_proved: bool,
    #[command(flatten)]
    pub(super) packs: PacksArgument,
    /// Simulate GPUs, such as h100 or l4, in place of the host's
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    simulate: Option<Vec<String>>,
    /// Let the program itself make the call that pins its memory for a GPU of the host's, which CUDA needs. Its parameters
    /// are looked at before, but another of its threads could change them in between
    #[arg(long)]
    native_pinning: bool,
    /// Let the program inherit this open descriptor, such as a socket; repeat it for more. By itself it has 0, 1 and 2, and
    /// those that are pipes, regular files or directories, each directory as the program itself would open it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pass_fd: Vec<i32>,
    /// What to tell on stderr: off, error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub(super) log: log::Level,
    /// The program and its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

fn gpu(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "a GPU is the number in its /dev/nvidia#, such as 0".to_owned())
}

impl RunArguments {
    /// As the library takes them.
    ///
    /// # Errors
    /// The directory of packs cannot be read.
    pub(crate) fn options(self) -> Result<Options> {
        Ok(Options {
            command: self.command,
            capabilities: self.caps,
            gpus: self.gpus,
            driver: self.simulate.map_or(Driver::Host, Driver::Simulated),
            version: self.driver_version,
            only_qualified: self.only_qualified,
            only_proved: self.only_proved,
            packs: self.packs.packs()?,
            pinning: if self.native_pinning { Pinning::Native } else { Pinning::Refused },
            descriptors: self.pass_fd,
        })
    }
}

/// Runs the command. What keeps it from running is told here, because its status is the shells' for that.
pub(crate) fn run(output: &Output, arguments: RunArguments) -> Exit {
    log::start(output, arguments.log);
    let result = || -> Result<Exit> {
        let options = arguments.options()?;
        let plan = Plan::new(&options)?;
        for notice in plan.notice().into_iter().chain(root::notice()) {
            output.notice(notice);
        }
        Ok(exit(output, &options, plan.run(NoTap)?))
    };
    result().unwrap_or_else(|error| {
        output.error(&error);
        Exit::FAILED
    })
}

/// The status of what was run. That it could not be is said.
pub(super) fn exit(output: &Output, options: &Options, ended: Ended) -> Exit {
    if let (Ended::NotRun(errno), Some(program)) = (ended, options.command.first()) {
        output.error(&anyhow::anyhow!("cannot run {}: {}", quoted(program), errno.desc()));
    }
    Exit::Program(ended.status())
}
