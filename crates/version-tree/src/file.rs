//! Reading `releases.toml`.
//!
//! What TOML allows but the file's rules do not becomes a [`Problem`] instead of an
//! error, so that one run shows everything there is to mend.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use crate::{Architecture, DriverVersion, Headers, Installer, Problem, Release, Status, TreeError};

/// Largest text taken for a `releases.toml`: over fifty times today's file.
const MAX_FILE_BYTES: usize = 4 << 20;
/// Most releases in a tree. NVIDIA publishes some fifty a year. Bounds the work of
/// everything that is quadratic in the depth of the tree, such as drawing it.
const MAX_RELEASES: usize = 4096;

/// The releases in a text, in its order, and what is wrong with single lines.
pub(crate) fn read(text: &str) -> Result<(Vec<Release>, Vec<Problem>), TreeError> {
    if text.len() > MAX_FILE_BYTES {
        return Err(TreeError::TooLarge { bytes: text.len(), limit: MAX_FILE_BYTES });
    }
    let File { releases: Entries(entries) } = toml::from_str(text)?;
    if entries.len() > MAX_RELEASES {
        return Err(TreeError::TooMany { releases: entries.len(), limit: MAX_RELEASES });
    }
    let mut problems = Vec::new();
    let releases: Vec<_> = entries.into_iter().filter_map(|(key, line)| line.release(&key, &mut problems)).collect();
    for pair in releases.windows(2).filter(|pair| pair[1].version < pair[0].version) {
        problems.push(Problem::Unsorted { version: pair[1].version, after: pair[0].version });
    }
    Ok((releases, problems))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    releases: Entries,
}

/// The pairs of a table in the order of the text; a map would hide that `550.100` and
/// `550.100.00` are the same release.
struct Entries(Vec<(String, Line)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of releases")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// The value of one line. Texts with a form of their own are checked afterwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    parent: Option<String>,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    out_of_order: bool,
    x86_64: Option<RawInstaller>,
    aarch64: Option<RawInstaller>,
}

impl Line {
    fn release(self, key: &str, problems: &mut Vec<Problem>) -> Option<Release> {
        let version =
            DriverVersion::from_str(key).map_err(|error| problems.push(Problem::MalformedVersion { error })).ok()?;
        let parent = self.parent.as_deref().and_then(|text| {
            text.parse().map_err(|error| problems.push(Problem::MalformedParent { version, error })).ok()
        });
        let mut installer = |raw: Option<RawInstaller>, architecture| match raw {
            None => Installer::Unknown,
            Some(RawInstaller::NotPublished) => Installer::NotPublished,
            Some(RawInstaller::Published { sha256, sources }) => match sha256.parse() {
                Ok(sha256) => Installer::Published { sha256, sources },
                Err(error) => {
                    problems.push(Problem::MalformedChecksum { version, architecture, error });
                    Installer::Unknown
                }
            },
        };
        Some(Release {
            version,
            parent,
            status: self.status,
            headers: self.headers,
            out_of_order: self.out_of_order,
            x86_64: installer(self.x86_64, Architecture::X86_64),
            aarch64: installer(self.aarch64, Architecture::Aarch64),
        })
    }
}

/// `{ sha256 = "..", sources = 1 }` or `"none"`.
enum RawInstaller {
    NotPublished,
    Published { sha256: String, sources: u8 },
}

impl<'de> Deserialize<'de> for RawInstaller {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            sha256: String,
            sources: u8,
        }

        // Not an untagged enum: its errors do not say what is wrong.
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = RawInstaller;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\" or { sha256 = \"..\", sources = 1 }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawInstaller, E> {
                match text {
                    "none" => Ok(RawInstaller::NotPublished),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<RawInstaller, A::Error> {
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(RawInstaller::Published { sha256: table.sha256, sources: table.sources })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
