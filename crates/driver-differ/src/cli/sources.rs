//! Where each side of a question is read from: a directory, a repository, the catalogue, or the cache.

use super::{Common, clone};
use anyhow::{Context, Result, bail};
use driver_differ::catalogue::Catalogue;
use driver_differ::closure;
use driver_differ::extract::{Counts, Names, Session, Wanted};
use driver_differ::headers::{Tree, declared_version};
use driver_differ::model::Abi;
use driver_differ::source::{Directory, Repository};
use std::path::{Path, PathBuf};
use version_tree::{DriverVersion, Resolution, Tree as Releases};

/// A side as it was asked for.
pub(crate) enum Side {
    Release(DriverVersion),
    Directory(PathBuf),
}

/// A side and where it will be read from.
pub(crate) enum Place {
    Catalogue(DriverVersion),
    Repository(DriverVersion, usize),
    Directory(PathBuf),
}

/// Everything a command reads from.
pub(crate) struct Sources {
    /// The one that was named, if one was; then that of the cache, once it is needed.
    repositories: Vec<Repository>,
    named: bool,
    offline: bool,
    session: Session,
}

impl Side {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match text.parse::<DriverVersion>() {
            Ok(version) => Ok(Self::Release(Releases::embedded().spelled(version))),
            Err(_) if Path::new(text).is_dir() => Ok(Self::Directory(text.into())),
            Err(_) => bail!("'{text}' is neither a release, such as 550.90.07, nor a directory"),
        }
    }

    pub(crate) fn label(&self) -> String {
        match self {
            Self::Release(version) => version.to_string(),
            Self::Directory(path) => path.display().to_string(),
        }
    }

    /// The release; for a directory, the one its sources say they are.
    pub(crate) fn version(&self) -> Option<DriverVersion> {
        match self {
            Self::Release(version) => Some(*version),
            Self::Directory(path) => {
                let declared = declared_version(&Directory::new(path)).ok().flatten()?;
                declared.parse().ok().map(|version| Releases::embedded().spelled(version))
            }
        }
    }
}

impl Sources {
    pub(crate) fn open(common: &Common) -> Result<Self> {
        let named = common.repo.as_deref().map(Repository::open).transpose()?;
        Ok(Self {
            named: named.is_some(),
            repositories: named.into_iter().collect(),
            offline: common.offline,
            session: Session::new(),
        })
    }

    /// The repository that was named.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.repositories.first().filter(|_| self.named)
    }

    /// Where to read a side from. A repository that was named goes before the catalogue.
    pub(crate) fn place(&mut self, side: Side) -> Result<Place> {
        let version = match side {
            Side::Directory(path) => return Ok(Place::Directory(path)),
            Side::Release(version) => version,
        };
        match self.at_hand(version)? {
            Some(place) => Ok(place),
            None => self.cached(version),
        }
    }

    /// Where to read a release from without looking any further; None if it is not at hand.
    pub(crate) fn at_hand(&self, version: DriverVersion) -> Result<Option<Place>> {
        for (index, repository) in self.repositories.iter().enumerate() {
            if repository.release(&version.to_string())?.is_some() {
                return Ok(Some(Place::Repository(version, index)));
            }
        }
        Ok(Catalogue::embedded()?.contains(version).then_some(Place::Catalogue(version)))
    }

    fn cached(&mut self, version: DriverVersion) -> Result<Place> {
        let place = |repositories: &[Repository]| Place::Repository(version, repositories.len() - 1);
        let cache = clone::cache()?;
        if cache.join("HEAD").exists() {
            let repository = Repository::open(&cache)?;
            if repository.release(&version.to_string())?.is_some() {
                self.repositories.push(repository);
                return Ok(place(&self.repositories));
            }
        }
        let standing = match Releases::embedded().resolve(version) {
            Resolution::Unknown(unknown) => format!("no release of this number is known; {}", unknown.nearest),
            _ => "it is known, but its headers are in no public repository so far".to_string(),
        };
        let missing = format!("release {version} is neither built in nor in a repository at hand ({standing})");
        if self.offline {
            bail!("{missing}; leave out --offline to fetch it, or name a repository that has it with --repo");
        }
        let path = clone::fetch(version).context(missing)?;
        self.repositories.push(Repository::open(&path)?);
        Ok(place(&self.repositories))
    }

    /// Reads both sides; the counts tell how much was read afresh, and are None if nothing was.
    pub(crate) fn read(&mut self, places: &[Place], wanted: Wanted<'_>) -> Result<(Vec<Abi>, Option<Counts>)> {
        let catalogued: Option<Vec<DriverVersion>> =
            places.iter().map(|p| if let Place::Catalogue(v) = p { Some(*v) } else { None }).collect();
        if let Some(versions) = catalogued {
            return Ok((Catalogue::embedded()?.abis(&versions, wanted)?, None));
        }
        let mut trees: Vec<Box<dyn Tree + '_>> = Vec::new();
        for place in places {
            match place {
                Place::Catalogue(_) => {}
                Place::Directory(path) => trees.push(Box::new(Directory::new(path))),
                Place::Repository(version, index) => {
                    let tree = self.repositories[*index].release(&version.to_string())?;
                    trees.push(Box::new(tree.with_context(|| format!("release {version} went away"))?));
                }
            }
        }
        let trees: Vec<&dyn Tree> = trees.iter().map(AsRef::as_ref).collect();
        let mut total = Counts::default();
        // What consists of what is known when all is read.
        let every = EveryType(wanted);
        let mut fresh = self.session.extract_all(&trees, Wanted::Named(&every))?.into_iter();
        let mut abis = Vec::new();
        for place in places {
            match place {
                Place::Catalogue(v) => abis.extend(Catalogue::embedded()?.abis(&[*v], Wanted::Named(&every))?),
                _ => {
                    if let Some((abi, counts)) = fresh.next() {
                        total += counts;
                        abis.push(abi);
                    }
                }
            }
        }
        if let Wanted::Named(names) = wanted {
            closure::keep(&mut abis, names);
        }
        Ok((abis, Some(total)))
    }
}

/// All types, but only the constants that are wanted.
struct EveryType<'a>(Wanted<'a>);

impl Names for EveryType<'_> {
    fn record(&self, _: &str) -> bool {
        true
    }

    fn constant(&self, name: &str) -> bool {
        match self.0 {
            Wanted::All => true,
            Wanted::Named(names) => names.constant(name),
        }
    }
}
