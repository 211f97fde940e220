//! Answers that are declared: `data/controls.toml`.

use super::Command;
use crate::frame::Frame;
use crate::machine::Gpu;
use nvproxy::abi::Abi;
use nvproxy::abi::status::NV_STATUS;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const TEXT: &str = include_str!("../../data/controls.toml");

/// As many entries as a list of indices and data has, whatever the caller says.
const MOST_ENTRIES: usize = 1024;
/// An entry of such a list: the index, and the data (NVXXXX_CTRL_XXX_INFO).
const ENTRY: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    ok: Vec<Name>,
    zeros: Vec<Name>,
    answer: Vec<DeclaredAnswer>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Number(u32),
    Name(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredAnswer {
    command: Name,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    list: Option<List>,
}

/// What a field is set to: a number, `$` and the name of a fact of the GPU's, or a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Value {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// An array, or a pointer to one.
    entries: String,
    count: String,
    /// The list of the profile's.
    from: String,
    #[serde(default)]
    values: BTreeMap<String, Value>,
}

enum Answer {
    Ok,
    Zeros,
    Fields { set: BTreeMap<String, Value>, list: Option<List> },
}

/// The declared answers of one release, by the command's number.
pub(crate) struct Answers(HashMap<u32, Arc<Answer>>);

impl Answers {
    pub(crate) fn new(abi: &Abi) -> Result<Self, toml::de::Error> {
        let declared: Declared = toml::from_str(TEXT)?;
        let numbers: HashMap<&str, u32> = abi.control().iter().map(|row| (row.name, row.number)).collect();
        let number = |name: &Name| match name {
            Name::Number(number) => Some(*number),
            // Not one of this release's.
            Name::Name(name) => numbers.get(name.as_str()).copied(),
        };
        let mut answers = HashMap::new();
        let ok = declared.ok.iter().map(|name| (name, Answer::Ok));
        let zeros = declared.zeros.iter().map(|name| (name, Answer::Zeros));
        for (name, answer) in ok.chain(zeros) {
            answers.extend(number(name).map(|number| (number, Arc::new(answer))));
        }
        for one in declared.answer {
            let DeclaredAnswer { command, set, list } = one;
            answers.extend(number(&command).map(|number| (number, Arc::new(Answer::Fields { set, list }))));
        }
        Ok(Self(answers))
    }

    pub(crate) fn answer(&self, command: &Command, gpu: Option<&Gpu>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        match self.0.get(&command.number).map(|answer| &**answer) {
            None => return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED),
            Some(Answer::Ok) => {}
            Some(Answer::Zeros) => frame.clear(&command.params),
            Some(Answer::Fields { set, list }) => {
                for (field, value) in set {
                    set_field(command, gpu, frame, field, value);
                }
                if let Some(list) = list {
                    fill(command, gpu, frame, list)?;
                }
            }
        }
        Ok(())
    }
}

fn number(gpu: Option<&Gpu>, value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(*number as u64),
        Value::Text(text) => gpu?.fact(text.strip_prefix('$')?),
    }
}

fn set_field(command: &Command, gpu: Option<&Gpu>, frame: &mut Frame<'_>, field: &str, value: &Value) {
    if let Some(number) = number(gpu, value) {
        frame.set(&command.params, field, number);
    } else if let Value::Text(text) = value {
        let fact = text.strip_prefix('$').and_then(|name| gpu?.text(name));
        frame.set_bytes(&command.params, field, &fact.unwrap_or_else(|| text.clone().into_bytes()));
    }
}

/// Answers each index of a list.
fn fill(command: &Command, gpu: Option<&Gpu>, frame: &mut Frame<'_>, list: &List) -> Result<(), NV_STATUS> {
    let Some(gpu) = gpu else { return Err(NV_STATUS::NV_ERR_INVALID_OBJECT) };
    let count = (frame.get32(&command.params, &list.count) as usize).min(MOST_ENTRIES);
    let inside = command.params.count(&list.entries);
    let start = if inside > 0 {
        if count > inside {
            return Err(NV_STATUS::NV_ERR_INVALID_ARGUMENT);
        }
        let entries = frame.field(&command.params, &list.entries).len();
        command.params.offset(&list.entries).filter(|_| entries >= count * ENTRY)
    } else {
        frame.behind(&command.params, &list.entries, count * ENTRY).map(|range| range.start)
    };
    let start = start.ok_or(NV_STATUS::NV_ERR_INVALID_ADDRESS)?;
    let profile = match list.from.as_str() {
        "gr_info" => &gpu.profile.gr_info,
        "gpu_info" => &gpu.profile.gpu_info,
        "fb_info" => &gpu.profile.fb_info,
        _ => &gpu.profile.bus_info,
    };
    for at in (start..).step_by(ENTRY).take(count) {
        // The upper bits may say whose index it is (NV2080_CTRL_GPU_INFO_INDEX_GROUP_ID).
        let index = (frame.number(at, 4) & 0xff_ffff).to_string();
        let own = profile.get(&index).map(|data| u64::from(*data));
        let data = own.or_else(|| number(Some(gpu), list.values.get(&index)?)).unwrap_or(0);
        frame.put(at + 4, 4, data);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;
    use crate::layout::locate;
    use nvproxy::abi::{Parameters, Shape};
    use std::collections::BTreeSet;
    use version_tree::Tree;

    /// Every layout that a command has at some release.
    fn layouts() -> BTreeMap<&'static str, Vec<&'static Shape>> {
        let tree = Tree::embedded();
        let mut layouts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for release in tree.iter() {
            for row in Abi::compose(tree, release.version).unwrap().control() {
                let known = layouts.entry(row.name).or_default();
                if let Parameters::Struct(shapes) = row.handling.parameters {
                    known.extend(shapes.iter().filter(|shape| !known.contains(shape)).collect::<Vec<_>>());
                }
            }
        }
        layouts
    }

    #[test]
    fn every_declared_command_and_field_is_one_of_some_release() {
        let (declared, layouts): (Declared, _) = (toml::from_str(TEXT).unwrap(), layouts());
        let answers = declared.answer.iter().map(|answer| &answer.command);
        let mut names = BTreeSet::new();
        for name in declared.ok.iter().chain(&declared.zeros).chain(answers) {
            let Name::Name(name) = name else { continue };
            assert!(layouts.contains_key(name.as_str()), "{name}");
            assert!(names.insert(name), "{name} is there twice");
        }
        for answer in &declared.answer {
            let Name::Name(name) = &answer.command else { panic!("fields have names only in a struct") };
            let lists = answer.list.iter().flat_map(|list| [&list.entries, &list.count]);
            for field in answer.set.keys().chain(lists) {
                let known = layouts[name.as_str()].iter().any(|shape| locate(shape.layout, field).is_some());
                assert!(known, "{name} has no {field} at any release");
            }
        }
    }

    #[test]
    fn every_fact_that_is_named_is_there() {
        let gpu = Gpu::new(0, Profile::named("l4").unwrap());
        let declared: Declared = toml::from_str(TEXT).unwrap();
        let mut facts = 0;
        for answer in &declared.answer {
            for value in answer.set.values().chain(answer.list.iter().flat_map(|list| list.values.values())) {
                if let Value::Text(text) = value
                    && let Some(name) = text.strip_prefix('$')
                {
                    assert!(gpu.fact(name).is_some() || gpu.text(name).is_some(), "{name}");
                    facts += 1;
                }
            }
        }
        assert!(facts > 10);
    }
}
