//! Colours. Text is always written with them; the stream that prints it takes them out where they are not wanted.

use anstyle::{AnsiColor, Style};

/// What came in.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// What went.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// What is different.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Names to find at a glance.
pub const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in a style.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
