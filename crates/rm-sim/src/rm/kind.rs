//! Kinds of objects and which classes are of them: `data/classes.toml`.

use nvproxy::abi::Abi;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

const TEXT: &str = include_str!("../../data/classes.toml");

/// What an object is, whatever its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Client,
    Device,
    Subdevice,
    /// Memory of a GPU or of the host.
    Memory,
    /// Addresses of a GPU, without memory.
    Range,
    /// An address space.
    Space,
    /// A channel group.
    Group,
    /// A context share.
    Share,
    Channel,
    /// What a channel's methods are for.
    Engine,
    /// The doorbell of channels.
    Usermode,
    /// `RM_USER_SHARED_DATA`.
    Shared,
    Event,
    Debugger,
    /// What a client has of its own.
    System,
    /// Whatever else a subdevice has.
    Part,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    parents: Vec<Kind>,
    commands: Vec<u32>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    like: Vec<String>,
    #[serde(default)]
    generation: bool,
}

/// The kinds of the classes of one release.
pub(crate) struct Kinds {
    declared: BTreeMap<Kind, Declared>,
    classes: HashMap<u32, Kind>,
}

impl Kinds {
    pub(crate) fn new(abi: &Abi) -> Result<Self, toml::de::Error> {
        let declared: BTreeMap<Kind, Declared> = toml::from_str(TEXT)?;
        let kind = |name: &str| {
            let of = |(_, one): &(&Kind, &Declared)| one.classes.iter().any(|class| class == name);
            let like = |(_, one): &(&Kind, &Declared)| one.like.iter().any(|part| name.contains(part));
            declared.iter().find(of).or_else(|| declared.iter().find(like)).map(|(kind, _)| *kind)
        };
        let classes = abi.alloc().iter().filter_map(|row| Some((row.number, kind(row.name)?))).collect();
        Ok(Self { declared, classes })
    }

    pub(crate) fn of(&self, class: u32) -> Option<Kind> {
        self.classes.get(&class).copied()
    }

    /// Whether an object of one kind may be below one of another.
    pub(crate) fn may_be_under(&self, kind: Kind, parent: Kind) -> bool {
        self.declared.get(&kind).is_some_and(|one| one.parents.contains(&parent))
    }

    /// Whether objects of that kind take a command.
    pub(crate) fn takes(&self, kind: Kind, class: u32, command: u32) -> bool {
        let of = command >> 16;
        of == class || self.declared.get(&kind).is_some_and(|one| one.commands.contains(&of))
    }

    /// Whether GPUs differ in having such classes.
    pub(crate) fn is_of_a_generation(&self, kind: Kind) -> bool {
        self.declared.get(&kind).is_some_and(|one| one.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use version_tree::Tree;

    #[test]
    fn every_declared_class_is_one_of_some_release() {
        let tree = Tree::embedded();
        let mut names = BTreeSet::new();
        for release in tree.iter() {
            let abi = Abi::compose(tree, release.version).unwrap();
            names.extend(abi.alloc().iter().map(|row| row.name));
            Kinds::new(&abi).unwrap();
        }
        let declared: BTreeMap<Kind, Declared> = toml::from_str(TEXT).unwrap();
        for one in declared.values() {
            for class in &one.classes {
                assert!(names.contains(class.as_str()), "{class}");
            }
            for part in &one.like {
                assert!(names.iter().any(|name| name.contains(part)), "{part}");
            }
        }
    }
}
