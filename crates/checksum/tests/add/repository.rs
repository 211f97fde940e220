//! A small repository with releases of our own making, a tree and a catalogue.

use checksum::add::{Error, Inputs, Offline, Plan, Tables, Wanted, plan};
use driver_differ::catalogue::update::changes;
use driver_differ::extract::{Session, Wanted as Extent};
use driver_differ::source;
use git2::{Oid, Repository, Signature, Time};
use parity_test::Proxy;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use version_tree::{DriverVersion, Tree, UnknownRelease, version};

/// The command that the tables of these tests have.
pub(crate) const COMMAND: &str = "NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS";
/// Its headers as the proxy knows them.
pub(crate) const HEADER: &str = "#define NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS (0x136)\n\
    typedef struct { NvU32 fabricStatus; } NV0000_CTRL_SYSTEM_GET_FABRIC_STATUS_PARAMS;\n";

/// The command's struct with a field more.
pub(crate) const GREW: &str = "#define NV0000_CTRL_CMD_SYSTEM_GET_FABRIC_STATUS (0x136)\n\
    #define NV0000_CTRL_CMD_SYSTEM_HONK (0x137)\n\
    typedef struct { NvU32 fabricStatus; NvU32 more; } NV0000_CTRL_SYSTEM_GET_FABRIC_STATUS_PARAMS;\n\
    typedef struct { NvP64 horn; } NV0000_CTRL_SYSTEM_HONK_PARAMS;\n";

const NVOS: &str = "src/common/sdk/nvidia/inc/nvos.h";
const CTRL: &str = "src/common/sdk/nvidia/inc/ctrl/ctrl0000.h";

/// One command, at every release.
pub(crate) struct OneCommand;

impl Tables for OneCommand {
    fn at(&self, _: &Tree, version: DriverVersion) -> Result<Proxy, UnknownRelease> {
        let mut proxy = Proxy::compose(Tree::embedded(), version!("515.43.04"))?;
        proxy.rows.retain(|(_, row)| row.name == COMMAND);
        proxy.version = version;
        Ok(proxy)
    }
}

pub(crate) struct Fixture {
    _directory: TempDir,
    pub(crate) repository: PathBuf,
    pub(crate) releases: PathBuf,
    pub(crate) catalogue: PathBuf,
    git: Repository,
    /// When commits are made.
    pub(crate) now: Cell<i64>,
}

impl Fixture {
    /// With 515.43.04 on `main`, in the tree and in the catalogue.
    pub(crate) fn new() -> (Self, Oid) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        let (repository, releases, catalogue) = (path("repository"), path("releases.toml"), path("catalogue"));
        let git = Repository::init_bare(&repository).expect("a repository");
        git.set_head("refs/heads/main").expect("a head");
        fs::create_dir(&catalogue).expect("a directory");
        let fixture = Self { _directory: directory, repository, releases, catalogue, git, now: Cell::new(0) };
        let root = fixture.release("main", None, "515.43.04", HEADER);
        fixture.write_tree("\"515.43.04\" = {}\n");
        fixture.write_catalogue("515.43.04");
        (fixture, root)
    }

    pub(crate) fn write_tree(&self, lines: &str) {
        fs::write(&self.releases, format!("# A comment that stays.\n\n[releases]\n{lines}")).expect("the tree");
    }

    /// The catalogue's file of a release without parents.
    fn write_catalogue(&self, release: &str) {
        let repository = source::Repository::open(&self.repository).expect("the repository");
        let tree = repository.release(release).expect("readable").expect("a tag");
        let (abi, _) = Session::new().extract(&tree, Extent::All).expect("headers");
        let text = changes(release.parse().expect("a version"), None, &abi).to_text();
        fs::write(self.catalogue.join(format!("{release}.txt")), text).expect("its file");
    }

    /// A commit with these headers, or with none, which becomes the tip of a branch.
    pub(crate) fn commit(&self, branch: &str, parent: Option<Oid>, title: &str, header: &str) -> Oid {
        let git = &self.git;
        let mut index = git2::Index::new().expect("an index");
        let nvos = "typedef unsigned int NvU32;\ntypedef void *NvP64;\n";
        for (path, text) in [(NVOS, nvos), (CTRL, header)].into_iter().filter(|_| !header.is_empty()) {
            let id = git.blob(text.as_bytes()).expect("a file");
            let zero = git2::IndexTime::new(0, 0);
            let entry = git2::IndexEntry {
                ctime: zero,
                mtime: zero,
                dev: 0,
                ino: 0,
                mode: 0o100_644,
                uid: 0,
                gid: 0,
                file_size: 0,
                id,
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).expect("an entry");
        }
        let tree = git.find_tree(index.write_tree_to(git).expect("a tree")).expect("the tree");
        // Named by the branch, so that twins are two commits.
        let author = Signature::new("somebody", "a@example.com", &Time::new(self.now.get() + branch.len() as i64, 0))
            .expect("a name");
        let parents: Vec<_> = parent.map(|id| git.find_commit(id).expect("a parent")).into_iter().collect();
        let parents: Vec<_> = parents.iter().collect();
        let id = git.commit(None, &author, &author, title, &tree, &parents).expect("a commit");
        git.reference(&format!("refs/heads/{branch}"), id, true, "").expect("a branch");
        id
    }

    pub(crate) fn tag(&self, name: &str, target: Oid) {
        self.git.reference(&format!("refs/tags/{name}"), target, true, "").expect("a tag");
    }

    /// A commit titled by a version and tagged with it.
    pub(crate) fn release(&self, branch: &str, parent: Option<Oid>, version: &str, header: &str) -> Oid {
        let id = self.commit(branch, parent, version, header);
        self.tag(version, id);
        id
    }

    pub(crate) fn try_plan(&self, wanted: Wanted) -> Result<Plan, Error> {
        plan(
            &Inputs {
                repository: &self.repository,
                releases: &self.releases,
                catalogue: &self.catalogue,
                tables: &OneCommand,
                checksums: &Offline,
            },
            wanted,
        )
    }

    pub(crate) fn plan(&self, release: &str) -> Plan {
        self.try_plan(Wanted::Release(release.parse().expect("a version"))).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn sync(&self) -> Plan {
        self.try_plan(Wanted::Missing).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Every file that may be written, by name.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, String> {
        let read = |path: &Path| (path.to_path_buf(), fs::read_to_string(path).expect("a file"));
        let entries = fs::read_dir(&self.catalogue).expect("the catalogue");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.chain([self.releases.clone()]).map(|path| read(&path)).collect()
    }

    pub(crate) fn tree(&self) -> String {
        fs::read_to_string(&self.releases).expect("the tree")
    }

    pub(crate) fn file(&self, release: &str) -> String {
        fs::read_to_string(self.catalogue.join(format!("{release}.txt"))).expect("its file")
    }
}
