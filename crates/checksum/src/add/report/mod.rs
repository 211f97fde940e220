//! The account of a plan, in Markdown.

mod changes;
mod installers;
mod place;
mod text;

use std::fmt::Write;

use super::{Came, Plan, Verdict, Wanted};
use text::code;

impl Plan {
    /// What is done, why, and what is left to do: fit for a pull request.
    #[must_use]
    pub fn report(&self) -> String {
        let mut out = format!("# {}\n\n{}\n", self.title(), self.summary());
        self.write_refused(&mut out);
        if !self.steps.is_empty() {
            out.push_str("\n## Where it sits, and why\n\n");
            self.steps.iter().for_each(|step| place::step(&mut out, step));
            for note in &self.notes {
                let _ = writeln!(out, "- {note}");
            }
        }
        installers::write(&mut out, &self.asked);
        changes::write(&mut out, &self.steps);
        self.write_verification(&mut out);
        out
    }

    fn title(&self) -> String {
        match self.wanted {
            Wanted::Release(version) => format!("Driver release {version}"),
            Wanted::Missing => match self.steps.iter().filter(|step| step.came != Came::Present).count() {
                0 => "Driver releases: none came in".to_string(),
                1 => "Driver releases: one came in".to_string(),
                more => format!("Driver releases: {more} came in"),
            },
        }
    }

    fn summary(&self) -> String {
        let came: Vec<String> =
            self.steps.iter().filter(|s| s.came != Came::Present).map(|s| s.version().to_string()).collect();
        let present: Vec<String> =
            self.steps.iter().filter(|s| s.came == Came::Present).map(|s| s.version().to_string()).collect();
        let mut parts = Vec::new();
        if !came.is_empty() {
            parts.push(format!("Added to the tree and the catalogue: {}.", came.join(", ")));
        }
        if !present.is_empty() {
            parts.push(format!("In the tree already: {}.", present.join(", ")));
        }
        let again = self.asked.iter().filter(|asked| asked.again && !asked.learned.is_empty()).count();
        match again {
            0 => {}
            1 => parts.push("Installers of one release are known now.".to_string()),
            more => parts.push(format!("Installers of {more} releases are known now.")),
        }
        if parts.is_empty() && self.refused.is_empty() {
            parts.push("The tree has every release of the repository.".to_string());
        }
        let left: usize = self.steps.iter().map(|step| step.left.len()).sum();
        parts.push(match (self.verdict(), left) {
            (Verdict::Done, _) if self.steps.is_empty() && again == 0 => "**Nothing to do.**".to_string(),
            (Verdict::Done, _) => "**Nothing is left to do**: the proxy's tables fit the headers.".to_string(),
            (Verdict::Incomplete, 0) => "**Not everything could be found out**, see below.".to_string(),
            (_, 0) => "**A person has to look**, see below.".to_string(),
            (_, 1) => "**The proxy needs work**: one thing does not fit the headers yet.".to_string(),
            (_, left) => format!("**The proxy needs work**: {left} things do not fit the headers yet."),
        });
        parts.join(" ")
    }

    fn write_refused(&self, out: &mut String) {
        if self.refused.is_empty() {
            return;
        }
        out.push_str("\n## In doubt: not added\n\n");
        for refused in &self.refused {
            let _ = writeln!(out, "- {}: {}", refused.version, code(&refused.doubt.to_string()));
        }
    }

    fn write_verification(&self, out: &mut String) {
        if self.steps.is_empty() {
            return;
        }
        out.push_str("\n## To verify\n\n```sh\nexport NVPROXY_DRIVER_REPO=DIR # this clone\n");
        out.push_str("cargo test -p version-tree --features git # the tree against the history\n");
        out.push_str("cargo run --release -p driver-differ -- catalogue check # the catalogue against the headers\n");
        for step in &self.steps {
            let _ = writeln!(out, "cargo test -p parity-test -- \"headers {}\" --exact", step.version());
        }
        for step in self.steps.iter().filter(|step| !step.changes.is_empty()) {
            if let Some(parent) = step.place.placement.parent {
                let _ =
                    writeln!(out, "cargo run -p sandbox -- abi diff {parent} {} # as a user sees it", step.version());
            }
        }
        out.push_str("```\n");
    }
}
