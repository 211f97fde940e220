//! Colours. Text is always made with them; the stream that prints it takes them out where they are not wanted.

use anstyle::{AnsiColor, Style};

/// What came in, and what is right.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// What went, and what is wrong.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// What is different.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Headings, and names to find at a glance.
pub const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in a style.
#[must_use]
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `1 entry`, `2 entries`.
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
