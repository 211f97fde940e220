//! The directories that packs are loaded from.
//!
//! A pack decides what reaches the driver, so it is read only if no one but its owner can have changed it, and the owner
//! is this user or root: of the file and of the directory that it is in. That says nothing of the user's own programs:
//! they can write what the user can write.

use super::text::TEXT_MAX;
use super::{Pack, PackError};
use crate::abi::Abi;
use crate::printable::printable_path;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::geteuid;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use version_tree::{DriverVersion, Standing, Tree, UnknownRelease};

/// Where a machine's administrator puts packs.
const SYSTEM: &str = "/etc/nvproxy/packs";
/// Where a user puts packs, below the user's data directory.
const USER: &str = "nvproxy/packs";
/// The extension of a pack's file name.
const EXTENSION: &str = "toml";

/// The directories that packs are loaded from; the first that has the release's pack counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packs {
    directories: Vec<PathBuf>,
    /// Whose they are.
    whose: Whose,
}

/// Whose the directories are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Whose {
    /// The first is the machine's, the others the user's.
    #[default]
    Standard,
    /// They were named on purpose.
    Named,
}

/// Who put a pack where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its directory was named on purpose.
    Named,
    /// Root: it is in the machine's directory, and both belong to root.
    Root,
    /// The user, or a program of the user's.
    User,
}

/// A pack that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Who put it there.
    pub origin: Origin,
    /// What it says.
    pub pack: Pack,
}

/// The tables that a release is served with.
#[derive(Debug, Clone)]
pub struct Served {
    /// The tables.
    pub abi: Abi,
    /// The pack that they come from; `None` where they are compiled.
    pub pack: Option<Found>,
}

/// Why a release is not served.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// This build does not know it, and there is no pack of it.
    #[error(transparent)]
    Unknown(#[from] UnknownRelease),
    /// Its pack cannot be used.
    #[error(transparent)]
    Pack(#[from] UnusablePack),
}

/// A pack that is not used, and why.
#[derive(Debug, thiserror::Error)]
#[error("the release pack {} is not used: {why}", printable_path(.path))]
pub struct UnusablePack {
    /// Where it is.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub why: PackError,
}

impl Packs {
    /// Those of the machine in `/etc/nvproxy/packs`, then those of the user in `$XDG_DATA_HOME/nvproxy/packs`
    /// (`~/.local/share/nvproxy/packs` if that is not set).
    pub fn standard() -> Self {
        let absolute = |path: Option<std::ffi::OsString>| path.map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || absolute(std::env::var_os("HOME")).map(|home| home.join(".local/share"));
        let data = absolute(std::env::var_os("XDG_DATA_HOME")).or_else(home);
        Self::of_machine(SYSTEM, data.map(|data| data.join(USER)))
    }

    /// Those of a machine's directory, then those of a user's: for a system that keeps them elsewhere.
    pub fn of_machine(machine: impl Into<PathBuf>, user: Option<PathBuf>) -> Self {
        Self { directories: [machine.into()].into_iter().chain(user).collect(), whose: Whose::Standard }
    }

    /// Those in one directory, which was named on purpose: they are preferred to compiled tables that are proved, too, and
    /// can leave out entries of these.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directories: vec![directory.into()], whose: Whose::Named }
    }

    /// The tables of a release: those of its pack if there is one, else the compiled ones. The packs in the standard
    /// directories do not replace tables that this build has proved with the same headers.
    ///
    /// # Errors
    /// The tree does not have the release and there is no pack of it, or its pack cannot be used. The compiled tables of
    /// a release are not used in place of a pack that is there and cannot be used.
    pub fn serve(&self, tree: &Tree, release: DriverVersion) -> Result<Served, NotServed> {
        let compiled = Abi::compose(tree, release);
        let proved = compiled.as_ref().is_ok_and(|abi| abi.standing() == Standing::Proved);
        if proved && self.whose == Whose::Standard {
            return Ok(Served { abi: compiled?, pack: None });
        }
        match self.find(release)? {
            Some(found) => {
                let abi = found.pack.apply(tree).map_err(|why| UnusablePack { path: found.path.clone(), why })?;
                Ok(Served { abi, pack: Some(found) })
            }
            None => Ok(Served { abi: compiled?, pack: None }),
        }
    }

    /// The directories.
    pub fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// The pack of a release, which is the file `RELEASE.toml` in the first of the directories that has it, however it
    /// spells the release.
    ///
    /// # Errors
    /// There is one, and it is not to be used.
    pub fn find(&self, release: DriverVersion) -> Result<Option<Found>, UnusablePack> {
        for (index, directory) in self.directories.iter().enumerate() {
            let unusable = |path: &Path, why| UnusablePack { path: path.to_owned(), why };
            let listed = list(directory).map_err(|error| {
                let path = directory.join(format!("{release}.{EXTENSION}"));
                unusable(&path, PackError::Unreadable { path: directory.clone(), error })
            })?;
            let mut of_release = listed.into_iter().filter(|path| release_of(path) == Some(release));
            let Some(path) = of_release.next() else { continue };
            if let Some(second) = of_release.next() {
                let first = path.clone();
                return Err(unusable(&path, PackError::Two { first, second }));
            }
            let loaded = load(directory, &path).map_err(|why| unusable(&path, why))?;
            let Some(Loaded { pack, by_root }) = loaded else { continue };
            if pack.release != release {
                return Err(unusable(&path, PackError::OtherRelease { found: pack.release, wanted: release }));
            }
            let origin = match self.whose {
                Whose::Named => Origin::Named,
                Whose::Standard if index == 0 && by_root => Origin::Root,
                Whose::Standard => Origin::User,
            };
            return Ok(Some(Found { path, origin, pack }));
        }
        Ok(None)
    }

    /// The releases of which there are packs, whether or not they can be used, by version.
    pub fn releases(&self) -> Vec<DriverVersion> {
        let mut found: Vec<DriverVersion> = self.files().filter_map(|path| release_of(&path)).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What else is in the directories, and is ignored: its name is not that of a pack.
    pub fn strays(&self) -> Vec<PathBuf> {
        self.files()
            .filter(|path| release_of(path).is_none() && path.file_name() != Some("README.md".as_ref()))
            .collect()
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.directories.iter().flat_map(|directory| list(directory).unwrap_or_default())
    }
}

/// What is in a directory, by name. Nothing is in one that there is not.
fn list(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    found.sort_unstable();
    Ok(found)
}

/// The release that a file's name is of, if it is that of a pack.
fn release_of(path: &Path) -> Option<DriverVersion> {
    if path.extension()? != EXTENSION {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

/// A pack that was read.
struct Loaded {
    pack: Pack,
    /// Whether the file and its directory belong to root.
    by_root: bool,
}

/// Reads a file of a directory, if it is still there.
fn load(directory: &Path, path: &Path) -> Result<Option<Loaded>, PackError> {
    let unreadable = |path: &Path, errno: Errno| PackError::Unreadable { path: path.to_owned(), error: errno.into() };
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let opened = match open(directory, flags | OFlag::O_DIRECTORY, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
        Err(errno) => return Err(unreadable(directory, errno)),
    };
    let Some(name) = path.file_name() else { return Ok(None) };
    let file = match openat(&opened, name, flags | OFlag::O_NOFOLLOW, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::ENOENT) => return Ok(None),
        Err(Errno::ELOOP) => return Err(PackError::Link(path.to_owned())),
        Err(errno) => return Err(unreadable(path, errno)),
    };
    // Only where there is a pack does it matter who may put one there.
    let of_directory = trust(directory, &opened)?;
    let status = trust(path, &file)?;
    if SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        return Err(untrusted(path, "is not a file", None));
    }
    let mut text = Vec::new();
    let read = File::from(file).take(TEXT_MAX + 1).read_to_end(&mut text);
    read.map_err(|error| PackError::Unreadable { path: path.to_owned(), error })?;
    if text.len() as u64 > TEXT_MAX {
        return Err(PackError::TooLarge { bytes: text.len() as u64, limit: TEXT_MAX });
    }
    let text = String::from_utf8(text).map_err(|error| PackError::Unreadable {
        path: path.to_owned(),
        error: std::io::Error::new(ErrorKind::InvalidData, error.utf8_error()),
    })?;
    let pack = Pack::parse(&text)?;
    Ok(Some(Loaded { pack, by_root: (of_directory.st_uid, status.st_uid) == (0, 0) }))
}

/// Fails if others than this user and root may have changed an open file or directory.
fn trust(path: &Path, opened: &OwnedFd) -> Result<FileStat, PackError> {
    let status =
        fstat(opened.as_fd()).map_err(|errno| PackError::Unreadable { path: path.to_owned(), error: errno.into() })?;
    if status.st_uid != 0 && status.st_uid != geteuid().as_raw() {
        return Err(untrusted(path, &format!("belongs to user {}", status.st_uid), None));
    }
    let others = Mode::S_IWGRP | Mode::S_IWOTH;
    if Mode::from_bits_truncate(status.st_mode).intersects(others) {
        let why = format!("can be written by others (mode {:o})", status.st_mode & 0o7777);
        return Err(untrusted(path, &why, Some(format!("chmod go-w {}", printable_path(path)))));
    }
    Ok(status)
}

fn untrusted(path: &Path, why: &str, advice: Option<String>) -> PackError {
    PackError::Untrusted { path: path.to_owned(), why: why.to_owned(), advice }
}
