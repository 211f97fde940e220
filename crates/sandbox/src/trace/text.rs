//! Events for people: what is of one width first, then what is not.

use super::event::{Ending, Event};
use super::fields::Shown;
use super::summary::Summary;
use anstyle::{AnsiColor, Style};
use nvproxy::Node;
use nvproxy::abi::status::NV_STATUS;
use std::fmt::Write;
use std::time::Duration;

/// Colours, or none.
#[derive(Clone, Copy)]
pub(crate) struct Paint(bool);

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

impl Paint {
    pub(crate) fn new(colored: bool) -> Self {
        Self(colored)
    }

    pub(crate) fn none() -> Self {
        Self(false)
    }

    fn on(self, style: Style, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// `nvidiactl`: every device file is in the same directory.
pub(crate) fn device(node: Node) -> String {
    let path = node.to_string();
    path.strip_prefix("/dev/").unwrap_or(&path).to_owned()
}

/// `850 ns`, `12 µs`, `3.4 ms`, `1.23 s`.
pub(crate) fn duration(time: Duration) -> String {
    let ns = time.as_nanos();
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} µs", ns / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// What came of it, in a word; the status has its own.
fn verdict(ending: &Ending) -> (String, Style) {
    match ending {
        Ending::Status(_) if ending.succeeded() => ("ok".to_owned(), GOOD),
        Ending::Status(_) => ("no".to_owned(), ODD),
        Ending::Failed(errno) => (format!("{errno:?}"), ODD),
        Ending::Refused(_) => ("refused".to_owned(), BAD),
        Ending::Native => ("native".to_owned(), GOOD),
    }
}

/// One line, and one more for what was translated. It names the thread where there are `several`.
pub(super) fn event(event: &Event, since_start: Duration, several: bool, paint: Paint) -> String {
    let (word, style) = verdict(&event.ending);
    let thread = event.thread.filter(|_| several).map(|thread| format!("[{thread}] ")).unwrap_or_default();
    let took = event.took.map(duration).unwrap_or_default();
    let mut line = format!(
        "{} {thread}{:<11} {} {} ",
        paint.on(FAINT, &format!("{:>10.3}", since_start.as_secs_f64() * 1e3)),
        device(event.node),
        paint.on(style, &format!("{word:<7}")),
        paint.on(FAINT, &format!("{took:>7}")),
    );
    line.push_str(&what(event, paint));
    let telling = event.translated.iter().filter(|one| !one.implied).map(ToString::to_string);
    let telling = telling.collect::<Vec<_>>().join("; ");
    if !telling.is_empty() {
        let _ = write!(line, "\n{:>32}{}", "", paint.on(FAINT, &format!("<- {telling}")));
    }
    line.push('\n');
    line
}

/// The names, the fields, and why not.
fn what(event: &Event, paint: Paint) -> String {
    let mut words = String::new();
    // The names of classes and commands say which ioctl brings them.
    if let (Some(ioctl), true) = (event.ioctl, event.asked.name.is_none() && !is_outermost(event)) {
        let _ = write!(words, "{ioctl} ");
    }
    words.push_str(&paint.on(STRONG, &event.asked.words()));
    for field in &event.fields {
        let _ = write!(words, " {}", shown(field));
    }
    if event.more > 0 {
        let _ = write!(words, " …+{}", event.more);
    }
    match &event.ending {
        Ending::Status(Some(status)) if *status != NV_STATUS::NV_OK => {
            let _ = write!(words, " = {}", paint.on(ODD, &status.to_string()));
        }
        Ending::Refused(why) => {
            let _ = write!(words, " = {}: {}", paint.on(BAD, &why.answer()), why.words());
        }
        _ => {}
    }
    words
}

fn is_outermost(event: &Event) -> bool {
    use nvproxy::abi::Table;
    matches!(event.asked.table, Table::Frontend | Table::Uvm)
}

fn shown(field: &Shown) -> String {
    let Shown { name, before, after } = field;
    match (before, after) {
        (Some(before), Some(after)) => format!("{name}={before}→{after}"),
        (None, Some(after)) => format!("{name}→{after}"),
        (Some(before), None) => format!("{name}={before}"),
        (None, None) => format!("{name}=0"),
    }
}

/// The tables at the end.
pub(crate) fn summary(summary: &Summary, paint: Paint) -> String {
    let total = summary.total();
    let mut text = paint.on(STRONG, &format!("{:>7} {:>7} {:>9}  let through", "calls", "failed", "time"));
    text.push('\n');
    for (asked, line) in summary.calls() {
        let failed = if line.failed > 0 { line.failed.to_string() } else { String::new() };
        let failed = paint.on(ODD, &format!("{failed:>7}"));
        let _ = writeln!(text, "{:>7} {failed} {:>9}  {}", line.calls, duration(line.time), asked.words());
    }
    let _ = writeln!(text, "{:>7} {:>7} {:>9}  in all", total.calls, total.failed, duration(total.time));
    let refused = summary.unsupported();
    if refused.is_empty() {
        text.push_str("nothing was refused\n");
        return text;
    }
    let _ = writeln!(text, "{}", paint.on(STRONG, &format!("{:>7}  refused at {}", "calls", summary.driver())));
    let widest = refused.iter().map(|(asked, _)| asked.words().len()).max().unwrap_or_default();
    for (asked, line) in &refused {
        let _ = writeln!(text, "{:>7}  {:<widest$}  {}", line.calls, asked.words(), paint.on(BAD, &line.why.words()));
    }
    let _ = writeln!(text, "{:>7}  in all", summary.refused());
    if summary.uncounted() > 0 {
        let _ = writeln!(text, "{:>7}  of further kinds, not told apart", summary.uncounted());
    }
    text
}
