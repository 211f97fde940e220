//! Tells what becomes of the guest's calls.

use super::Look;
use crate::trace::{Called, Decoder, Ending, Event, Shown, Summary, Value, Watcher};
use anstyle::{AnsiColor, Style};
use nvproxy::abi::{Abi, Table};
use nvproxy::{Asked, Observer, Refusal, Refused};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// So wide that most names fit.
const NAME_WIDTH: usize = 43;
/// Not wider than this; what there is no room for is left out.
const WIDTH: usize = 118;
/// Below the names.
const INDENT: &str = "            ";

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
            _ => ("failed  ", ODD),
        };
        let mut text = String::new();
        let words = event.asked.words();
        let _ = write!(text, "  {}  {words:<NAME_WIDTH$}", paint(style, word));
        let mut width = 12 + words.chars().count().max(NAME_WIDTH);
        for field in event.fields.iter().filter(|field| tells(field, event)) {
            let words = match (&field.before, &field.after) {
                (_, Some(after)) => format!("  {} → {after}", field.name),
                (Some(before), None) => format!("  {} = {before}", field.name),
                (None, None) => continue,
            };
            width += words.chars().count();
            if width > WIDTH {
                break;
            }
            text.push_str(&words);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        if let Ending::Refused(why) = &event.ending {
            let _ = writeln!(text, "{INDENT}{}  {}", paint(BAD, &why.answer()), why.words());
        }
        for line in translations(event) {
            let _ = writeln!(text, "{INDENT}{}", paint(FAINT, &line));
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

/// Whether a field tells more than that the guest has a client and objects.
fn tells(field: &Shown, event: &Event) -> bool {
    let refused = match &event.ending {
        Ending::Refused(why) => Some(why.refusal),
        _ => None,
    };
    let nothing = |value: &Option<Value>| {
        value.as_ref().is_none_or(|value| matches!(value, Value::List(all, 0) if all.is_empty()))
    };
    match field.name.as_str() {
        "hClient" => refused == Some(Refusal::Client),
        "hRoot" | "hObject" | "hObjectParent" | "hDevice" => false,
        "hObjectNew" => event.ending.succeeded(),
        _ => !(nothing(&field.before) && nothing(&field.after)),
    }
}

/// What the driver found in place of the guest's values: fields of which the same is to be said, on one line.
fn translations(event: &Event) -> Vec<String> {
    let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
    for one in event.translated.iter().filter(|one| !one.implied) {
        match lines.iter_mut().find(|(_, how)| *how == one.how) {
            Some((fields, _)) => fields.push(&one.field),
            None => lines.push((vec![&one.field], &one.how)),
        }
    }
    lines.into_iter().map(|(fields, how)| format!("translated {}: {how}", fields.join(", "))).collect()
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
