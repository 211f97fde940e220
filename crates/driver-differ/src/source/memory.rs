//! Files held in memory, for tests and for tools that make their headers.

use crate::headers::{Error, Tree};
use git2::{ObjectType, Oid};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tree whose files are given one by one.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, (Oid, Arc<[u8]>)>,
}

impl Memory {
    /// A tree of these files. None if a file cannot be hashed, which no memory is large enough for.
    pub fn new<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Option<Self> {
        let hashed = files.into_iter().map(|(path, bytes)| {
            let bytes: Vec<u8> = bytes.into();
            Some((path.into(), (Oid::hash_object(ObjectType::Blob, &bytes).ok()?, bytes.into())))
        });
        Some(Self { files: hashed.collect::<Option<_>>()? })
    }
}

impl Tree for Memory {
    fn name(&self) -> String {
        "headers in memory".to_string()
    }

    fn find(&self, path: &str) -> Result<Option<Oid>, Error> {
        Ok(self.files.get(path).map(|f| f.0))
    }

    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, Error> {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let below = self.files.range(prefix.clone()..).map_while(|(p, _)| p.strip_prefix(&prefix));
        let mut names: Vec<(String, bool)> = below
            .map(|rest| match rest.split_once('/') {
                Some((directory, _)) => (directory.to_string(), true),
                None => (rest.to_string(), false),
            })
            .collect();
        names.dedup();
        Ok(names)
    }

    fn read(&self, path: &str, _: Oid) -> Result<Arc<[u8]>, Error> {
        match self.files.get(path) {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => Err(Error::Read { path: path.into(), tree: self.name(), message: "it is no file".into() }),
        }
    }
}
