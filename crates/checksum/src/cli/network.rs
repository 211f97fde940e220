//! Options of what downloads, and its progress on the terminal.

use ::cli::Output;
use anyhow::Result;
use checksum::fetch::{Fault, Fetcher, Limits, Progress};
use checksum::locations;
use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::Duration;

/// How to download.
#[derive(Args)]
pub(crate) struct Network {
    /// Server or mirror that has NVIDIA's directories
    #[arg(long, value_name = "URL", default_value = locations::NVIDIA)]
    base_url: String,
    /// How often to try again when the network fails
    #[arg(long, value_name = "N", default_value_t = Limits::default().retries)]
    retries: u32,
    /// Give up a connection on which nothing comes for so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    timeout: Duration,
    /// Give up an installer that is not here after so many seconds, however steadily it comes
    #[arg(long, value_name = "SECONDS", default_value = "14400", value_parser = seconds)]
    deadline: Duration,
    /// Seconds before the first new try; doubled each time
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds, hide = true)]
    retry_wait: Duration,
    /// The longest file taken
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().largest, hide = true)]
    largest: u64,
}

/// Longest wait that makes sense, so that a slip of the keyboard does not wait for years.
const MAX_SECONDS: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if (0.001..=MAX_SECONDS).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("expected seconds, from 0.001 to {MAX_SECONDS}")),
    }
}

impl Network {
    pub(crate) fn fetcher(&self) -> Result<Fetcher> {
        let limits = Limits {
            retries: self.retries,
            first_backoff: self.retry_wait,
            stall: self.timeout,
            largest: self.largest,
            deadline: self.deadline,
            ..Limits::default()
        };
        Ok(Fetcher::new(&self.base_url, limits)?)
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
}

/// Progress bars on stderr, if that is a terminal.
pub(crate) struct Bars {
    all: MultiProgress,
    output: Output,
}

impl Bars {
    pub(crate) fn new(output: &Output) -> Self {
        Self { all: MultiProgress::new(), output: *output }
    }

    /// A bar for something; it goes when it is dropped.
    pub(crate) fn bar(&self, name: &str) -> Bar<'_> {
        let bar = self.all.add(ProgressBar::no_length());
        let style = "{prefix} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name.to_owned());
        Bar { bar, bars: self, name: name.to_owned() }
    }

    /// Prints beside the bars.
    pub(crate) fn note(&self, text: &str) {
        self.all.suspend(|| self.output.note(text));
    }
}

pub(crate) struct Bar<'b> {
    bar: ProgressBar,
    bars: &'b Bars,
    name: String,
}

impl Progress for Bar<'_> {
    fn at(&self, received: u64, total: Option<u64>) {
        if let Some(total) = total.filter(|total| self.bar.length() != Some(*total)) {
            self.bar.set_length(total);
        }
        self.bar.set_position(received);
    }

    fn retrying(&self, fault: &Fault) {
        self.bars.note(&format!("{}: trying again: {fault}", self.name));
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
