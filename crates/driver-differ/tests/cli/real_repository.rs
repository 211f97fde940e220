//! Against the driver's own repository, where `NVPROXY_DRIVER_REPO` names one.

use crate::run::{Home, end};
use crate::say::{say, skipped};
use serde_json::Value;

/// Without what the catalogue does not have: the lines of definitions.
fn without_lines(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(source)) = map.get_mut("source")
                    && let Some((path, _)) = source.clone().rsplit_once(':')
                {
                    *source = path.to_string();
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value
}

#[test]
fn a_repository_and_the_catalogue_say_the_same() {
    let Some(repository) = std::env::var_os("NVPROXY_DRIVER_REPO") else {
        return skipped("a repository's own answers", "NVPROXY_DRIVER_REPO names no clone of the driver");
    };
    let home = Home::new();
    let questions: [&[&str]; 3] = [
        &["--base", "535.288.01", "--next", "550.54.14", "--all", "--format", "json"],
        &["--base", "570.211.01", "--next", "580.65.06", "--format", "json"],
        &["dump", "--version", "580.65.06", "--all"],
    ];
    for arguments in questions {
        let catalogued = home.run(arguments);
        let mut command = home.command(arguments);
        command.env("NVPROXY_DRIVER_REPO", &repository);
        let fresh = end(command);
        assert_eq!(fresh.status, catalogued.status, "{}", fresh.stderr);
        let parse = |text: &str| without_lines(serde_json::from_str(text).unwrap());
        assert!(parse(&fresh.stdout) == parse(&catalogued.stdout), "{arguments:?}");
    }
    say(&format!("real_repository: ran {} questions against {}", questions.len(), repository.display()));
}
