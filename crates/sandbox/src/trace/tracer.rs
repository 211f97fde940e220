//! Hears of every call, and does with it what was asked for.

use super::called::Called;
use super::caller;
use super::decode::Decoder;
use super::event::Event;
use super::observed::Watcher;
use super::record::Recorder;
use super::summary::Summary;
use super::text::Paint;
use super::{json, text};
use nvproxy::abi::Abi;
use nvproxy::{Asked, Observer, Refused};
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: lines.
    Text,
    /// For other programs: JSON lines, the first of which tells the version of their schema, the last the summary.
    Json,
}

/// Hears of every call of guests, prints, records and counts it.
pub struct Tracer {
    decoder: Decoder,
    started: Instant,
    state: Mutex<State>,
}

/// Taken for a whole call, so that lines of several threads do not mix.
struct State {
    summary: Summary,
    printer: Option<Printer>,
    recorder: Option<Recorder>,
    threads: Threads,
    /// The first thing that could not be written; nothing is printed or recorded after it.
    error: Option<io::Error>,
}

/// Whether calls came from several threads.
#[derive(Clone, Copy)]
enum Threads {
    None,
    One(i32),
    Several,
}

struct Printer {
    format: Format,
    out: Box<dyn Write + Send>,
    paint: Paint,
}

impl Tracer {
    /// Only counts.
    pub fn new(abi: &Abi) -> Self {
        let state =
            State { summary: Summary::new(abi), printer: None, recorder: None, threads: Threads::None, error: None };
        Self { decoder: Decoder::new(abi), started: Instant::now(), state: Mutex::new(state) }
    }

    /// And prints every call, and the summary at the end.
    #[must_use]
    pub fn printing(self, format: Format, out: Box<dyn Write + Send>, colored: bool) -> Self {
        {
            let mut state = self.state();
            state.printer = Some(Printer { format, out, paint: Paint::new(colored) });
            if format == Format::Json {
                state.print(|_| json::header(self.decoder.abi()));
            }
        }
        self
    }

    /// And writes every call down.
    #[must_use]
    pub fn recording(self, recorder: Recorder) -> Self {
        self.state().recorder = Some(recorder);
        self
    }

    /// Prints the summary, and sees to it that everything is written.
    ///
    /// # Errors
    /// What kept something from being printed or recorded.
    pub fn finish(&self) -> io::Result<Summary> {
        let mut state = self.state();
        let summary = state.summary.clone();
        state.print(|printer| match printer.format {
            Format::Text => format!("\n{}", text::summary(&summary, printer.paint)),
            Format::Json => json::summary(&summary),
        });
        state.attempt(|state| state.printer.as_mut().map_or(Ok(()), |printer| printer.out.flush()));
        state.attempt(|state| state.recorder.as_mut().map_or(Ok(()), Recorder::finish));
        state.error.take().map_or(Ok(summary), Err)
    }

    /// What was counted so far.
    pub fn summary(&self) -> Summary {
        self.state().summary.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, event: Event, called: Option<&Called<'_>>) {
        let event = Event { thread: caller::get(), ..event };
        let since_start = self.started.elapsed();
        let mut state = self.state();
        state.summary.add(&event);
        state.threads = state.threads.and(event.thread);
        let several = matches!(state.threads, Threads::Several);
        state.print(|printer| match printer.format {
            Format::Text => text::event(&event, since_start, several, printer.paint),
            Format::Json => json::event(&event, since_start),
        });
        if let Some(called) = called {
            state.attempt(|state| state.recorder.as_mut().map_or(Ok(()), |recorder| recorder.add(called)));
        }
    }
}

impl Threads {
    fn and(self, thread: Option<i32>) -> Self {
        match (self, thread) {
            (Self::None, Some(one)) => Self::One(one),
            (Self::One(one), Some(other)) if one != other => Self::Several,
            _ => self,
        }
    }
}

impl State {
    fn print(&mut self, text: impl FnOnce(&Printer) -> String) {
        self.attempt(|state| {
            let Some(printer) = &mut state.printer else { return Ok(()) };
            let text = text(printer);
            printer.out.write_all(text.as_bytes())
        });
    }

    fn attempt(&mut self, what: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.error.is_none()
            && let Err(error) = what(self)
        {
            self.error = Some(error);
        }
    }
}

impl Watcher for Tracer {
    fn called(&self, called: &Called<'_>) {
        self.hear(self.decoder.called(called), Some(called));
    }
}

impl Observer for Tracer {
    fn refused(&self, asked: &Asked<'_>, refused: &Refused) {
        self.hear(self.decoder.refused(asked, refused), None);
    }

    fn native(&self, asked: &Asked<'_>) {
        self.hear(self.decoder.native(asked), None);
    }
}
