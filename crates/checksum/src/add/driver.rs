//! What the driver's own code says of control commands: the struct that each takes, and what it copies for pointers.

use driver_differ::headers::Tree;
use driver_differ::model::Abi;
use nvproxy::abi::{Row, Table};
use parity_test::Proxy;
use parity_test::firmware;
use parity_test::methods::{self, Methods};
use parity_test::pointers::{self, Copies};
use version_tree::DriverVersion;

/// The code of one release. What a release does not have is compared with nothing.
#[derive(Default)]
pub(crate) struct Driver {
    methods: Methods,
    copies: Option<Copies>,
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
        for (name, _) in tree.list(methods::DIRECTORY)? {
            let path = format!("{}/{name}", methods::DIRECTORY);
            if methods::has_tables(&name)
                && let Some(text) = text(&path)?
            {
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
