//! What makes `--help` of one command look like that of another; every command has a test that asks this.

use clap::{Arg, Command};

/// Where a command departs from the family's ways; empty when it does not.
#[must_use]
pub fn departures(command: &Command) -> Vec<String> {
    let mut built = command.clone();
    built.build();
    let mut found = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{}: {what}", built.get_name()));
        }
    };
    let about = built.get_about().map(ToString::to_string).unwrap_or_default();
    expect(about.starts_with(char::is_uppercase), "begins with what it is");
    let after = built.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut statuses = after.lines();
    expect(statuses.next() == Some("Exit status:"), "ends with its exit statuses");
    for status in ["  0  ", "  1  ", "  2  "] {
        expect(
            statuses.next().is_some_and(|line| line.starts_with(status)),
            "says what 0, 1 and 2 mean, in this order",
        );
    }
    let examples = after.split_once("\n\nExamples:\n").map(|(_, examples)| examples).unwrap_or_default();
    let own = |line: &str| line.starts_with(&format!("  {} ", built.get_name()));
    expect(!examples.is_empty() && examples.lines().all(own), "ends with examples of itself");
    let common = <crate::Common as clap::Args>::augment_args(Command::new(""));
    for common in common.get_arguments() {
        let same = built.get_arguments().any(|arg| arg.get_id() == common.get_id() && help(arg) == help(common));
        expect(same, &format!("has --{} like all others", common.get_id()));
    }
    let last: Vec<&str> =
        built.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().as_str()).collect();
    expect(last.contains(&"color"), "takes --color everywhere");
    each(&built, built.get_name(), &mut found);
    found
}

/// A command's own arguments, and its subcommands with theirs.
fn each(command: &Command, path: &str, found: &mut Vec<String>) {
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let (name, text) = (arg.get_id().as_str(), help(arg));
        if text.is_empty() || text.ends_with('.') || !text.starts_with(char::is_uppercase) {
            found.push(format!("{path}: {name} is explained as {text:?}: expected Words without a full stop"));
        }
        if name == "format" {
            let values: Vec<_> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            let in_order = values.first().map(String::as_str) == Some("text") && values.iter().any(|v| v == "json");
            if !in_order || !text.starts_with("How to ") {
                found.push(format!("{path}: --format is \"How to ..\", text, json and more, not {text:?}, {values:?}"));
            }
        }
        let names = arg.get_value_names().unwrap_or_default();
        if !arg.is_hide_possible_values_set() && names.iter().any(|name| name.to_uppercase() != name.as_str()) {
            found.push(format!("{path}: {name} takes {names:?}: expected capitals"));
        }
    }
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        let about = below.get_about().map(ToString::to_string).unwrap_or_default();
        if about.is_empty() || about.ends_with('.') || !about.starts_with(char::is_uppercase) {
            found.push(format!("{path} is explained as {about:?}: expected Words without a full stop"));
        }
        each(below, &path, found);
    }
}

fn help(arg: &Arg) -> String {
    arg.get_help().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Args;

    #[test]
    fn a_stranger_is_told() {
        let stranger = Command::new("stranger").about("does things").arg(Arg::new("format").long("format"));
        let found = departures(&stranger);
        assert!(found.len() >= 8, "{found:#?}");
    }

    #[test]
    fn a_relative_has_nothing_to_be_told() {
        let help = crate::exit::after_help("done", "something", &["relative --color never"]);
        let relative = Command::new("relative").about("A command.").after_help(help);
        assert_eq!(departures(&crate::Common::augment_args(relative)), [] as [String; 0]);
    }
}
