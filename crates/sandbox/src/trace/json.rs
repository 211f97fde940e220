//! Events for other programs: one object in a line.

use super::event::{Asked, Ending, Event, Why};
use super::summary::Summary;
use nvproxy::abi::{Abi, Capabilities};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Of these lines.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The first line.
pub(super) fn header(abi: &Abi) -> String {
    line(&json!({ "schema_version": SCHEMA_VERSION, "driver": abi.version().to_string() }))
}

pub(super) fn event(event: &Event, since_start: Duration) -> String {
    let field = |value: &Option<super::Value>| serde_json::to_value(value).unwrap_or_default();
    let fields: Vec<Value> = event
        .fields
        .iter()
        .map(|shown| {
            let mut one = Map::from_iter([("name".to_owned(), shown.name.clone().into())]);
            one.insert("before".to_owned(), if shown.before.is_some() { field(&shown.before) } else { 0.into() });
            if shown.after.is_some() {
                one.insert("after".to_owned(), field(&shown.after));
            }
            Value::Object(one)
        })
        .collect();
    let mut object = json!({
        "event": "call",
        "at_ns": since_start.as_nanos() as u64,
        "thread": event.thread,
        "file": event.file,
        "device": event.node.to_string(),
        "request": event.request,
        "ioctl": event.ioctl,
    });
    let mut set = |name: &str, value: Value| object[name] = value;
    for (name, value) in asked(&event.asked) {
        set(&name, value);
    }
    set("size", event.size.into());
    set("fields", fields.into());
    set("fields_left_out", event.more.into());
    set("translated", event.translated.iter().map(ToString::to_string).collect::<Vec<_>>().into());
    match &event.ending {
        Ending::Status(status) => {
            set("ending", "done".into());
            set("status", status.map_or(Value::Null, |status| status.to_string().into()));
        }
        Ending::Failed(errno) => {
            set("ending", "failed".into());
            set("errno", format!("{errno:?}").into());
        }
        Ending::Native => set("ending", "native".into()),
        Ending::Refused(why) => {
            set("ending", "refused".into());
            set("refused", refusal(why));
        }
    }
    set("ns", event.took.map_or(Value::Null, |took| (took.as_nanos() as u64).into()));
    line(&object)
}

fn asked(asked: &Asked) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("table".to_owned(), asked.table.as_str().into());
    map.insert("number".to_owned(), asked.number.into());
    map.insert("name".to_owned(), asked.name.into());
    map
}

fn refusal(why: &Why) -> Value {
    let names = |any: Capabilities| any.names().collect::<Vec<_>>();
    json!({
        "kind": nvproxy::Refusal::NAMES[why.refusal.kind()],
        "answer": why.answer(),
        "capabilities": why.lacking.map(names),
        "known_at": why.known_at.map(|(release, _)| release.to_string()),
        "known_as": why.known_at.map(|(_, name)| name),
        "text": why.words(),
    })
}

/// The last line.
pub(super) fn summary(summary: &Summary) -> String {
    let total = summary.total();
    let calls: Vec<Value> = summary
        .calls()
        .iter()
        .map(|(what, line)| {
            let mut map = asked(what);
            map.insert("calls".to_owned(), line.calls.into());
            map.insert("failed".to_owned(), line.failed.into());
            map.insert("ns".to_owned(), (line.time.as_nanos() as u64).into());
            map.into()
        })
        .collect();
    let refused: Vec<Value> = summary
        .unsupported()
        .iter()
        .map(|(what, one)| {
            let mut map = asked(what);
            map.insert("calls".to_owned(), one.calls.into());
            map.insert("refused".to_owned(), refusal(&one.why));
            map.into()
        })
        .collect();
    line(&json!({
        "event": "summary",
        "calls": total.calls,
        "failed": total.failed,
        "ns": total.time.as_nanos() as u64,
        "refused": summary.refused(),
        "not_told_apart": summary.uncounted(),
        "by_kind": calls,
        "refused_by_kind": refused,
    }))
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}
