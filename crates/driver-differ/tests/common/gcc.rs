//! The system's C compiler.

use super::{dwarf, skipped};
use driver_differ::model::Domain;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Flags that put all types into an object file, used or not.
pub(crate) const DEBUG: [&str; 3] = ["-g", "-gdwarf-5", "-fno-eliminate-unused-debug-types"];

/// gcc on x86-64, which is what the front end claims to equal.
pub(crate) struct Gcc {
    directory: TempDir,
    includes: Vec<String>,
}

impl Gcc {
    /// The compiler on PATH; None, after saying so, if `what` cannot be checked because there is none.
    pub(crate) fn find(what: &str) -> Option<Self> {
        let version = Command::new("gcc").args(["-dumpmachine"]).output();
        let machine = match version {
            Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_string(),
            Err(_) => {
                skipped(what, "there is no gcc on PATH");
                return None;
            }
        };
        if !machine.starts_with("x86_64") || !machine.contains("linux") {
            skipped(what, &format!("gcc compiles for {machine}, not for x86-64 Linux"));
            return None;
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        Some(Self { directory, includes: Vec::new() })
    }

    /// Searches these directories for headers.
    pub(crate) fn including(mut self, directories: impl IntoIterator<Item = String>) -> Self {
        self.includes = directories.into_iter().map(|d| format!("-I{d}")).collect();
        self
    }

    /// Where gcc keeps headers of its own.
    pub(crate) fn own_headers(&self) -> String {
        let output = self.run(&["-print-file-name=include"]);
        String::from_utf8_lossy(&output.stdout).trim().to_string()
    }

    /// The types that `text` declares, by gcc's DWARF; or what gcc finds wrong with it.
    pub(crate) fn types(&self, text: &str) -> Result<Domain, String> {
        Ok(dwarf::read(&self.object(text, &DEBUG)?))
    }

    /// `text` compiled to an object file.
    pub(crate) fn object(&self, text: &str, flags: &[&str]) -> Result<Vec<u8>, String> {
        let object = self.path("unit.o");
        let mut arguments = vec!["-c", "unit.c", "-o", "unit.o"];
        // Against `-w` no single warning can be turned on.
        arguments.extend((!flags.iter().any(|f| f.starts_with("-W"))).then_some("-w"));
        arguments.extend(flags);
        fs::write(self.path("unit.c"), text).expect("the temporary directory takes files");
        let output = self.run(&arguments);
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(fs::read(object).expect("gcc wrote its object file"))
    }

    /// `text` preprocessed, with `flags`.
    pub(crate) fn preprocessed(&self, text: &str, flags: &[&str]) -> Result<String, String> {
        fs::write(self.path("unit.c"), text).expect("the temporary directory takes files");
        let output = self.run(&[&["-w", "-E", "unit.c"], flags].concat());
        let written = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(written(&output.stdout)) } else { Err(written(&output.stderr)) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        // The messages' language and the default directories are the user's otherwise.
        let mut command = Command::new("gcc");
        command.current_dir(self.directory.path()).env("LC_ALL", "C").env_remove("CPATH").env_remove("C_INCLUDE_PATH");
        command.args(arguments).args(&self.includes).output().expect("gcc runs")
    }
}
