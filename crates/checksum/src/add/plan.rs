//! Working out what is to be added, and whether it may be.

use std::path::Path;
use std::time::Duration;
use version_tree::{Architecture, DriverVersion, Installer, Release, Tree, edit};

use super::catalogue::Catalogue;
use super::headers::Headers as Reader;
use super::place::Clone;
use super::step::Ground;
use super::tables::Known;
use super::write::Edits;
use super::{Answer, Came, Checksums, Doubt, Error, Note, Place, Question, Step, Tables, file};

/// How long after a release was committed an installer may still be published. So far they came within days.
const SETTLED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Where everything is.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// A clone of NVIDIA/open-gpu-kernel-modules.
    pub repository: &'a Path,
    /// The tree: `releases.toml`.
    pub releases: &'a Path,
    /// The directory of the catalogue's text files.
    pub catalogue: &'a Path,
    /// What the proxy knows.
    pub tables: &'a dyn Tables,
    /// Who knows checksums.
    pub checksums: &'a dyn Checksums,
}

/// What is to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One release, with what lies between it and the tree.
    Release(DriverVersion),
    /// Every release of the clone that the tree lacks, or has from lists only.
    Missing,
}

/// What is to be done, and what is to be said about it.
#[derive(Debug)]
pub struct Plan {
    /// What was asked for.
    pub wanted: Wanted,
    /// The releases that come in, each after its parent, and those that were asked for and are there.
    pub steps: Vec<Step>,
    /// The releases that do not come in.
    pub refused: Vec<Refused>,
    /// What was found out about installers, release by release.
    pub asked: Vec<Asked>,
    /// What else is to be looked at.
    pub notes: Vec<String>,
    pub(super) edits: Edits,
}

/// What was found out about a release's installers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The release.
    pub version: DriverVersion,
    /// Whether the tree had it before.
    pub again: bool,
    /// What is recorded now and was not known before.
    pub learned: Vec<(Architecture, Installer)>,
    /// What is not known, and why.
    pub notes: Vec<Note>,
}

impl Asked {
    fn of(question: &Question, answer: &Answer, again: bool) -> Self {
        let now = Architecture::ALL.into_iter().zip(answer.installers);
        let learned = now.zip(question.known).filter(|((_, now), known)| now != known).map(|(now, _)| now).collect();
        Self { version: question.version, again, learned, notes: answer.notes.clone() }
    }

    /// Whether something could not be found out.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.notes.iter().any(|note| matches!(note, Note::Failed { .. }))
    }
}

/// A release that is not added, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The release.
    pub version: DriverVersion,
    /// Why.
    pub doubt: Doubt,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is nothing to do, or nothing but what was done.
    Done,
    /// A person has to do or decide something.
    Work,
    /// Something could not be read.
    Incomplete,
}

impl Plan {
    /// How it went.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.refused.iter().any(|refused| refused.doubt.is_failure()) || self.asked.iter().any(Asked::failed) {
            Verdict::Incomplete
        } else if !self.refused.is_empty() || self.steps.iter().any(|step| !step.left.is_empty()) {
            Verdict::Work
        } else {
            Verdict::Done
        }
    }

    /// Whether it changes any file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The tree's text as it will be.
    #[must_use]
    pub fn releases(&self) -> &str {
        &self.edits.releases.1
    }
}

/// Works out what is to be done. Writes nothing.
///
/// # Errors
/// Nothing at all can be said: the clone, the tree or the catalogue cannot be read.
pub fn plan(inputs: &Inputs<'_>, wanted: Wanted) -> Result<Plan, Error> {
    let failure = |error| Error::Read { path: inputs.releases.to_path_buf(), error };
    let text = std::fs::read_to_string(inputs.releases).map_err(failure)?;
    let invalid = |error| Error::Tree { path: inputs.releases.to_path_buf(), error: Box::new(error) };
    let tree = Tree::parse(&text).map_err(invalid)?;
    let clone = Clone::open(inputs.repository)?;
    let lacking = |tree: &Tree, version| tree.get(version).is_none_or(|r| !r.headers.published());
    let asked: Vec<DriverVersion> = match wanted {
        Wanted::Release(version) => vec![version],
        Wanted::Missing => clone.releases().filter(|version| lacking(&tree, *version)).collect(),
    };
    let mut work = Work {
        inputs,
        headers: Reader::open(clone.path())?,
        clone,
        catalogue: Catalogue::open(inputs.catalogue)?,
        known: Known::of(&tree, inputs.tables),
        text: text.clone(),
        tree,
        steps: Vec::new(),
        asked: Vec::new(),
    };
    let mut refused = Vec::new();
    for version in asked {
        // It may have come in with another one.
        if wanted == Wanted::Missing && !lacking(&work.tree, version) {
            work.steps.iter_mut().filter(|step| step.version() == version).for_each(|step| step.asked = true);
            continue;
        }
        if let Err(doubt) = work.add(version)? {
            refused.push(Refused { version, doubt });
        }
    }
    for version in work.unknown(wanted) {
        if let Err(doubt) = work.ask_again(version) {
            refused.push(Refused { version, doubt });
        }
    }
    work.catalogue.follow(&work.tree)?;
    let notes = work.notes();
    let Work { steps, asked, catalogue, text: after, .. } = work;
    let files = catalogue.files();
    let edits = Edits { path: inputs.releases.to_path_buf(), releases: (text, after), files };
    Ok(Plan { wanted, steps, refused, asked, notes, edits })
}

/// A plan in the making.
struct Work<'a> {
    inputs: &'a Inputs<'a>,
    clone: Clone,
    headers: Reader,
    catalogue: Catalogue,
    known: Known,
    text: String,
    tree: Tree,
    steps: Vec<Step>,
    asked: Vec<Asked>,
}

impl Work<'_> {
    fn published(&self, version: DriverVersion) -> bool {
        self.tree.get(version).is_some_and(|release| release.headers.published())
    }

    /// Adds a release and those between it and the tree; all of them, or none.
    fn add(&mut self, version: DriverVersion) -> Result<Result<(), Doubt>, Error> {
        let line = match self.line(version) {
            Ok(line) => line,
            Err(doubt) => return Ok(Err(doubt)),
        };
        let before = (self.text.clone(), self.tree.clone(), self.catalogue.state(), self.steps.len(), self.asked.len());
        let last = line.len().saturating_sub(1);
        for (index, place) in line.into_iter().enumerate() {
            if let Err(doubt) = self.step(place, index == last)? {
                (self.text, self.tree) = (before.0, before.1);
                self.catalogue.restore(before.2);
                self.steps.truncate(before.3);
                self.asked.truncate(before.4);
                return Ok(Err(doubt));
            }
        }
        Ok(Ok(()))
    }

    /// The release and those above it that the tree does not have, oldest first.
    fn line(&self, version: DriverVersion) -> Result<Vec<Place>, Doubt> {
        let place = self.clone.place(version)?;
        let version = place.placement.version;
        let mut line = Vec::new();
        let mut next = place.placement.parent;
        line.push(place);
        while let Some(parent) = next.filter(|parent| !self.published(*parent)) {
            let place = self.clone.place(parent).map_err(|_| Doubt::Ancestor { version, ancestor: parent })?;
            next = place.placement.parent;
            line.push(place);
        }
        if next.is_none() && self.tree.root().is_some_and(|root| root.version != version) {
            return Err(Doubt::Rootless { version });
        }
        line.reverse();
        Ok(line)
    }

    fn step(&mut self, place: Place, asked: bool) -> Result<Result<(), Doubt>, Error> {
        match self.try_step(place, asked) {
            Ok(()) => Ok(Ok(())),
            Err(Stop::Doubt(doubt)) => Ok(Err(doubt)),
            Err(Stop::Error(error)) => Err(error),
        }
    }

    fn try_step(&mut self, place: Place, asked: bool) -> Result<(), Stop> {
        let (version, parent) = (place.placement.version, place.placement.parent);
        let before = self.tree.get(version).copied();
        let came = match before {
            None => Came::Inserted,
            Some(release) if !release.headers.published() => Came::Published { before: release.parent },
            Some(release) if release.parent == parent => Came::Present,
            Some(release) => return Err(Doubt::Elsewhere { version, tree: release.parent, history: parent }.into()),
        };
        let mut step = Step::new(place, came, asked);
        if came != Came::Present {
            let installers = match came {
                Came::Inserted => self.ask(version, [Installer::Unknown; 2], false),
                _ => [Installer::Unknown; 2],
            };
            let (text, marked) = file::with_release(&self.text, version, parent, installers)?;
            self.text = text;
            step.out_of_order = marked;
            let rules = |error: version_tree::TreeError| Doubt::Rules { version, problems: vec![error.to_string()] };
            self.tree = Tree::parse(&self.text).map_err(rules)?;
        }
        let base = parent.map(|parent| Ok::<_, Doubt>((parent, self.headers.read(parent)?))).transpose()?;
        let base = base.as_ref().map(|(parent, abi)| (*parent, &**abi));
        let abi = self.headers.read(version)?;
        if came != Came::Present {
            self.catalogue.add(version, base, &abi)??;
        }
        let ground = Ground {
            tree: &self.tree,
            tables: self.inputs.tables,
            known: &self.known,
            repository: self.headers.repository(),
        };
        step.compare(&ground, base, &abi)?;
        self.steps.push(step);
        Ok(())
    }

    /// Asks for what is not known of a release's installers.
    fn ask(&mut self, version: DriverVersion, known: [Installer; 2], again: bool) -> [Installer; 2] {
        let age = self.clone.committed(version).map(|then| then.elapsed().unwrap_or_default());
        let question = Question { version, known, settled: age.is_some_and(|age| age >= SETTLED) };
        let answer = self.inputs.checksums.ask(&question);
        let asked = Asked::of(&question, &answer, again);
        // That nobody was asked again is nothing to tell.
        if !again || !asked.learned.is_empty() || asked.failed() {
            self.asked.push(asked);
        }
        answer.installers
    }

    /// The releases that were there before and have installers of which nothing is known: those asked for, or all.
    fn unknown(&self, wanted: Wanted) -> Vec<DriverVersion> {
        let asked = |release: &Release| wanted == Wanted::Missing || wanted == Wanted::Release(release.version);
        let new = |release: &Release| self.asked.iter().any(|asked| asked.version == release.version);
        let unknown = |release: &Release| Architecture::ALL.iter().any(|a| release.installer(*a) == Installer::Unknown);
        self.tree.iter().filter(|r| asked(r) && unknown(r) && !new(r)).map(|release| release.version).collect()
    }

    fn ask_again(&mut self, version: DriverVersion) -> Result<(), Doubt> {
        let Some(release) = self.tree.get(version) else { return Ok(()) };
        let known = Architecture::ALL.map(|architecture| release.installer(architecture));
        let now = self.ask(version, known, true);
        let rules = |error: String| Doubt::Rules { version, problems: vec![error] };
        for ((architecture, now), known) in Architecture::ALL.into_iter().zip(now).zip(known) {
            if now != known {
                let text = edit::set_installer(&self.text, version, architecture, now);
                self.text = text.map_err(|error| rules(error.to_string()))?;
            }
        }
        self.tree = Tree::parse(&self.text).map_err(|error| rules(error.to_string()))?;
        Ok(())
    }

    /// Listed releases that may hang elsewhere, now that there are nearer relatives.
    fn notes(&self) -> Vec<String> {
        let came: Vec<DriverVersion> =
            self.steps.iter().filter(|step| step.came != Came::Present).map(Step::version).collect();
        let listed = self.tree.iter().filter(|release| !release.headers.published());
        let notes = listed.filter_map(|release| {
            let (version, parent) = (release.version, release.parent?);
            let between =
                |came: &&DriverVersion| came.branch() == version.branch() && parent < **came && **came < version;
            let nearest = came.iter().filter(between).max()?;
            Some(format!(
                "{version} is known from lists only and hangs under {parent}; {nearest} is a nearer relative now: \
                 see whether the list it is from says more"
            ))
        });
        notes.collect()
    }
}

/// Why a step went no further.
enum Stop {
    Doubt(Doubt),
    Error(Error),
}

impl From<Doubt> for Stop {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
