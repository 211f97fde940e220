//! A guest of this program's own, and somebody who tells what becomes of its calls.
//!
//! The guest is this program again, under the proxy, in front of a simulated GPU. It and the narrator print to the same
//! stream: a call is told before the guest has its answer, so everything is in order.

mod guest;
mod narrator;
mod parameters;
mod raw;

pub(crate) use guest::guest;
pub(crate) use narrator::Narrator;

/// How the lines of the demonstration look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Whether they are coloured.
    pub(crate) colored: bool,
}

impl Look {
    /// Text in a style, if there are to be any.
    pub(crate) fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.colored { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
