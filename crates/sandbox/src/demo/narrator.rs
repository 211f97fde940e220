//! Tells what becomes of the guest's calls.

use super::Look;
use crate::trace::{Called, Decoder, Ending, Event, Summary, Watcher};
use anstyle::{AnsiColor, Style};
use nvproxy::abi::{Abi, Table};
use nvproxy::{Asked, Observer, Refused};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Tells what becomes of the guest's calls, on stdout.
pub(crate) struct Narrator {
    decoder: Decoder,
    summary: Mutex<Summary>,
    look: Look,
}

impl Narrator {
    pub(crate) fn new(abi: &Abi, look: Look) -> Self {
        Self { decoder: Decoder::new(abi), summary: Mutex::new(Summary::new(abi)), look }
    }

    fn tell(&self, event: &Event) {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        summary.add(event);
        let mut out = std::io::stdout().lock();
        // A reader that has seen enough is no reason to stop the guest.
        let _ = out.write_all(self.lines(event).as_bytes()).and_then(|()| out.flush());
    }

    fn lines(&self, event: &Event) -> String {
        let paint = |style, text: &str| self.look.paint(style, text);
        let (word, style) = match &event.ending {
            ending if ending.succeeded() => ("allowed ", GOOD),
            Ending::Refused(_) => ("refused ", BAD),
            _ => ("driver: no", ODD),
        };
        let mut text = format!("  {}  {}", paint(style, word), event.asked.words());
        for field in event.fields.iter().take(3) {
            let _ = match (&field.before, &field.after) {
                (_, Some(after)) => write!(text, " {}→{after}", field.name),
                (Some(before), None) => write!(text, " {}={before}", field.name),
                (None, None) => Ok(()),
            };
        }
        text.push('\n');
        if let Ending::Refused(why) = &event.ending {
            let answer = paint(BAD, &why.answer());
            let _ = writeln!(text, "            {answer}: {}", why.words());
        }
        let telling: Vec<String> =
            event.translated.iter().filter(|one| !one.implied).map(ToString::to_string).collect();
        if !telling.is_empty() {
            let _ = writeln!(text, "            {}", paint(FAINT, &telling.join("; ")));
        }
        text
    }

    /// The table at the end.
    pub(crate) fn table(&self) -> String {
        let summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        let heading = format!("{:<34}{:>12}{:>9}", "Summary", "let through", "refused");
        let mut text = format!("{}\n", self.look.paint(STRONG, &heading));
        let kinds =
            [(Table::Frontend, "ioctls"), (Table::Alloc, "objects of a class"), (Table::Control, "control commands")];
        for (table, name) in kinds {
            let through: u64 =
                summary.calls().iter().filter(|(of, _)| of.table == table).map(|(_, line)| line.calls).sum();
            let refused = summary.unsupported();
            let refused: u64 = refused.iter().filter(|(of, _)| of.table == table).map(|(_, line)| line.calls).sum();
            let _ = writeln!(text, "  {name:<32}{through:>12}{refused:>9}");
        }
        let _ = writeln!(text, "  {:<32}{:>12}{:>9}", "in all", summary.total().calls, summary.refused());
        text
    }
}

impl Watcher for Narrator {
    fn called(&self, called: &Called<'_>) {
        self.tell(&self.decoder.called(called));
    }
}

impl Observer for Narrator {
    fn refused(&self, asked: &Asked<'_>, refused: &Refused) {
        self.tell(&self.decoder.refused(asked, refused));
    }

    fn native(&self, asked: &Asked<'_>) {
        self.tell(&self.decoder.native(asked));
    }
}
