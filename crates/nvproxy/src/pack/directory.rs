//! The directories that packs are loaded from.
//!
//! A pack decides what reaches the driver, so it is read only if no one but its owner can have changed it, and the owner
//! is this user or root: of the file and of the directory that it is in.

use super::text::TEXT_MAX;
use super::{Pack, PackError};
use crate::abi::Abi;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat};
use nix::unistd::geteuid;
use std::fs::File;
use std::io::Read;
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
    /// Whether packs replace compiled tables that are proved, too.
    replace: bool,
}

/// A pack that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
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
#[error("the release pack {} is not used: {why}", .path.display())]
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
        let directories = [PathBuf::from(SYSTEM)].into_iter().chain(data.map(|data| data.join(USER))).collect();
        Self { directories, replace: false }
    }

    /// Those in one directory, which was named on purpose: they replace compiled tables that are proved, too.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directories: vec![directory.into()], replace: true }
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
        if proved && !self.replace {
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

    /// The pack of a release, which is the file `RELEASE.toml` in the first of the directories that has it.
    ///
    /// # Errors
    /// There is one, and it is not to be used.
    pub fn find(&self, release: DriverVersion) -> Result<Option<Found>, UnusablePack> {
        let name = format!("{release}.{EXTENSION}");
        for directory in &self.directories {
            let path = directory.join(&name);
            match load(directory, &name, &path) {
                Ok(None) => {}
                Ok(Some(pack)) if pack.release == release => return Ok(Some(Found { path, pack })),
                Ok(Some(pack)) => {
                    let why = PackError::OtherRelease { found: pack.release, wanted: release };
                    return Err(UnusablePack { path, why });
                }
                Err(why) => return Err(UnusablePack { path, why }),
            }
        }
        Ok(None)
    }

    /// The releases of which there are packs, whether or not they can be used, by version.
    pub fn releases(&self) -> Vec<DriverVersion> {
        let entries = self.directories.iter().filter_map(|directory| std::fs::read_dir(directory).ok()).flatten();
        let release = |path: PathBuf| {
            (path.extension()? == EXTENSION).then(|| path.file_stem()?.to_str()?.parse::<DriverVersion>().ok())?
        };
        let mut found: Vec<DriverVersion> = entries.flatten().filter_map(|entry| release(entry.path())).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Reads the file of that name in a directory, if there is one.
fn load(directory: &Path, name: &str, path: &Path) -> Result<Option<Pack>, PackError> {
    let unreadable = |path: &Path, errno: Errno| PackError::Unreadable { path: path.to_owned(), error: errno.into() };
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
    let opened = match open(directory, flags | OFlag::O_DIRECTORY, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Ok(None),
        Err(errno) => return Err(unreadable(directory, errno)),
    };
    // A link could lead to what others can change.
    let file = match openat(&opened, name, flags | OFlag::O_NOFOLLOW, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::ENOENT) => return Ok(None),
        Err(Errno::ELOOP) => return Err(untrusted(path, "is a symbolic link")),
        Err(errno) => return Err(unreadable(path, errno)),
    };
    // Only where there is a pack does it matter who may put one there.
    trust(directory, &opened)?;
    let status = trust(path, &file)?;
    if SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        return Err(untrusted(path, "is not a file"));
    }
    let mut text = Vec::new();
    let read = File::from(file).take(TEXT_MAX + 1).read_to_end(&mut text);
    read.map_err(|error| PackError::Unreadable { path: path.to_owned(), error })?;
    if text.len() as u64 > TEXT_MAX {
        return Err(PackError::TooLarge { bytes: text.len() as u64, limit: TEXT_MAX });
    }
    let text = String::from_utf8(text).map_err(|error| PackError::Unreadable {
        path: path.to_owned(),
        error: std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error()),
    })?;
    Pack::parse(&text).map(Some)
}

/// Fails if others than this user and root may have changed an open file or directory.
fn trust(path: &Path, opened: &OwnedFd) -> Result<FileStat, PackError> {
    let status =
        fstat(opened.as_fd()).map_err(|errno| PackError::Unreadable { path: path.to_owned(), error: errno.into() })?;
    if status.st_uid != 0 && status.st_uid != geteuid().as_raw() {
        return Err(untrusted(path, &format!("belongs to user {}", status.st_uid)));
    }
    let others = Mode::S_IWGRP | Mode::S_IWOTH;
    if Mode::from_bits_truncate(status.st_mode).intersects(others) {
        return Err(untrusted(path, &format!("can be written by others (mode {:o})", status.st_mode & 0o7777)));
    }
    Ok(status)
}

fn untrusted(path: &Path, why: &str) -> PackError {
    PackError::Untrusted { path: path.to_owned(), why: why.to_owned() }
}
