//! What the driver's own code says of control commands: the struct that each takes, and what it copies for pointers.

use driver_differ::headers::Tree;
use driver_differ::model::Abi;
use nvproxy::abi::{Row, Table};
use parity_test::Proxy;
use parity_test::firmware;
use parity_test::methods::{self, Methods};
use parity_test::pointers::{self, Copies, Numbered};
use std::sync::OnceLock;
use version_tree::DriverVersion;

/// How many files of a release may have tables of commands. The newest releases have some 190.
const FILES_MAX: usize = 1 << 12;
/// How many bytes these may have in all. The newest releases' have 9 MB.
const BYTES_MAX: usize = 128 << 20;

/// The code of one release. What a release does not have is compared with nothing.
#[derive(Default)]
pub(crate) struct Driver {
    methods: Methods,
    copies: Option<Copies>,
    /// The same by numbers. Headers say these, always those of the same release.
    numbered: OnceLock<Numbered>,
    /// What was not understood.
    failures: Vec<String>,
}

impl Driver {
    pub(crate) fn read(tree: &dyn Tree) -> Result<Self, driver_differ::headers::Error> {
        let mut driver = Self::default();
        let text = |path: &str| -> Result<Option<String>, driver_differ::headers::Error> {
            let Some(content) = tree.find(path)? else { return Ok(None) };
            Ok(Some(String::from_utf8_lossy(&tree.read(path, content)?).into_owned()))
        };
        let limit = |message: String| driver_differ::headers::Error::Limit { tree: tree.name(), message };
        let names = tree.list(methods::DIRECTORY)?.into_iter().map(|(name, _)| name);
        let names: Vec<String> = names.filter(|name| methods::has_tables(name)).collect();
        if names.len() > FILES_MAX {
            return Err(limit(format!("{} has more than {FILES_MAX} files with tables", methods::DIRECTORY)));
        }
        let mut bytes = 0;
        for name in names {
            let path = format!("{}/{name}", methods::DIRECTORY);
            if let Some(text) = text(&path)? {
                bytes += text.len();
                if bytes > BYTES_MAX {
                    return Err(limit(format!("the files of {} have more than {BYTES_MAX} bytes", methods::DIRECTORY)));
                }
                match methods::parse(&text) {
                    Ok(found) => driver.methods.extend(found),
                    Err(error) => driver.failures.push(format!("{path}: {error}")),
                }
            }
        }
        if let Some(text) = text(pointers::FILE)? {
            match pointers::parse(&text) {
                Ok(copies) => driver.copies = Some(copies),
                Err(error) => driver.failures.push(format!("{}: {error}", pointers::FILE)),
            }
        }
        Ok(driver)
    }

    /// What was not understood.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Whether something of it is missing, so that nothing would be compared with it.
    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_empty() || self.copies.is_none()
    }

    /// The commands of its method tables whose numbers mean the GPU's firmware.
    pub(crate) fn for_firmware(&self) -> firmware::Found {
        firmware::of_methods(&self.methods)
    }

    /// Where it takes something for something else than the proxy.
    pub(super) fn against(&self, proxy: &Proxy, headers: &Abi) -> Vec<String> {
        let (_, mut findings) = methods::check(proxy, &self.methods, &headers.nonuvm);
        if let Some(copies) = &self.copies {
            let copies = self.numbered.get_or_init(|| pointers::numbered(copies, &headers.nonuvm));
            findings.extend(pointers::check(proxy, copies, &headers.nonuvm).1);
        }
        findings.extend(self.failures.iter().cloned());
        findings
    }

    /// The same of one entry.
    pub(crate) fn of_row(&self, version: DriverVersion, table: Table, row: &Row, headers: &Abi) -> Vec<String> {
        let proxy = Proxy { version, rows: vec![(table, *row)] };
        let mut findings = self.against(&proxy, headers);
        findings.retain(|finding| !self.failures.contains(finding));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use driver_differ::headers::Error;
    use git2::Oid;
    use std::sync::Arc;

    /// A tree with so many files of tables, each of so many bytes.
    struct Tables(usize, usize);

    impl Tree for Tables {
        fn name(&self) -> String {
            "a tree".to_owned()
        }
        fn find(&self, path: &str) -> Result<Option<Oid>, Error> {
            Ok(path.starts_with(methods::DIRECTORY).then_some(Oid::ZERO_SHA1))
        }
        fn list(&self, _: &str) -> Result<Vec<(String, bool)>, Error> {
            Ok((0..self.0).map(|n| (format!("g_{n}_nvoc.c"), false)).collect())
        }
        fn read(&self, _: &str, _: Oid) -> Result<Arc<[u8]>, Error> {
            Ok(vec![b' '; self.1].into())
        }
    }

    #[test]
    fn more_tables_than_any_release_has_are_an_error() {
        assert!(Driver::read(&Tables(400, 100_000)).is_ok(), "four times what there is");
        for (tables, words) in [(Tables(FILES_MAX + 1, 0), "4096 files"), (Tables(9, BYTES_MAX / 8), "134217728 bytes")]
        {
            let error = Driver::read(&tables).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
