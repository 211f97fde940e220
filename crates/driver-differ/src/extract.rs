//! Releases' headers to their [`Abi`].
//!
//! A [`Session`] reads each distinct header once and parses each distinct declaration once, however many releases
//! share it; what remains per release is to run its directives and to look up its names.

use crate::c::ast::Declaration;
use crate::c::error::TokenError;
use crate::c::expr::{self, Failure};
use crate::c::intern::{Interner, Symbol};
use crate::c::layout::Declarations;
use crate::c::macros::{Constant, Macros};
use crate::c::preprocess::{Chunk, Headers, Preprocessed, Unit, preprocess};
use crate::c::token::Token;
use crate::c::{Error as HeaderError, Place, emit, limits, scan, syntax};
use crate::closure;
use crate::headers::{Error, HeaderSet, LANDMARK, NONUVM, Tree, UVM};
use crate::model::{Abi, Domain};
use git2::Oid;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Which names to extract.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// Every record, alias and constant.
    All,
    /// Records and constants of these names, and what the records consist of in any of the releases asked for
    /// together.
    Named(&'a dyn Names),
}

/// A choice of names.
pub trait Names: Sync {
    /// Whether the record or alias is wanted.
    fn record(&self, name: &str) -> bool;
    /// Whether the constant is wanted.
    fn constant(&self, name: &str) -> bool;
}

/// How much was read: what a reader of a result can hold it against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Header files, each counted once per set however often it is included.
    pub files: usize,
    /// External declarations.
    pub declarations: usize,
    /// Records found.
    pub records: usize,
    /// Aliases found.
    pub aliases: usize,
    /// Macros that are integer constants.
    pub constants: usize,
    /// Object-like macros that are no integer constants: empty ones, strings, bit ranges, pieces of syntax.
    pub other_macros: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.declarations += other.declarations;
        self.records += other.records;
        self.aliases += other.aliases;
        self.constants += other.constants;
        self.other_macros += other.other_macros;
    }
}

/// Everything read so far.
pub struct Session {
    macros: Macros,
    units: FxHashMap<Oid, Arc<Unit>>,
    /// Bytes of memory that `units` take.
    bytes: usize,
    /// Bytes of the text of `declarations`.
    declared_bytes: usize,
    declarations: Vec<Result<Option<Declaration>, TokenError>>,
    /// Which of `declarations` a sequence of tokens is.
    known: FxHashMap<Box<[Symbol]>, u32>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            macros: Macros::new(),
            units: FxHashMap::default(),
            bytes: 0,
            declared_bytes: 0,
            declarations: Vec::new(),
            known: FxHashMap::default(),
        }
    }
}

/// A macro's name, its definition's index, and what may be its value.
type Unevaluated = (Symbol, u32, Constant);

/// One translation unit on its way.
struct Prepared {
    preprocessed: Preprocessed,
    declarations: Vec<u32>,
    constants: Vec<Unevaluated>,
    other_macros: usize,
}

/// A file found and cut up, but not yet taken in.
struct Read {
    path: String,
    content: Oid,
    bytes: Arc<[u8]>,
    scan: Result<scan::Scan, HeaderError>,
}

impl Session {
    /// A session that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Extracts one release.
    pub fn extract(&mut self, tree: &dyn Tree, wanted: Wanted<'_>) -> Result<(Abi, Counts), Error> {
        let mut all = self.extract_all(&[tree], wanted)?;
        all.pop().ok_or_else(|| Error::NotADriver { tree: tree.name() })
    }

    /// Extracts several releases, in their order.
    pub fn extract_all(&mut self, trees: &[&dyn Tree], wanted: Wanted<'_>) -> Result<Vec<(Abi, Counts)>, Error> {
        for &tree in trees {
            if tree.find(LANDMARK)?.is_none() {
                return Err(Error::NotADriver { tree: tree.name() });
            }
        }
        let sets: Vec<(&dyn Tree, HeaderSet)> = trees.iter().flat_map(|&t| [(t, NONUVM), (t, UVM)]).collect();
        let files: Vec<Vec<String>> = sets.iter().map(|(tree, set)| set.files(*tree)).collect::<Result<_, _>>()?;
        let listed = sets.iter().zip(&files).flat_map(|((tree, _), f)| f.iter().map(|f| (*tree, f.as_str())));
        self.read_ahead(&listed.collect::<Vec<_>>())?;
        let units = sets.iter().zip(&files).map(|((tree, set), files)| {
            let dirs: Vec<String> = set.include_dirs.iter().map(ToString::to_string).collect();
            (*tree, files.as_slice(), dirs)
        });
        let mut domains = self.extract_units(&units.collect::<Vec<_>>(), wanted)?.into_iter();
        let mut abis = Vec::with_capacity(trees.len());
        while let (Some((nonuvm, mut counts)), Some((uvm, more))) = (domains.next(), domains.next()) {
            counts += more;
            abis.push((Abi { nonuvm, uvm }, counts));
        }
        if let Wanted::Named(names) = wanted {
            let (mut chosen, counts): (Vec<Abi>, Vec<Counts>) = abis.into_iter().unzip();
            closure::keep(&mut chosen, names);
            abis = chosen.into_iter().zip(counts).collect();
        }
        Ok(abis)
    }

    /// Extracts headers that are no driver's: `files` read one after the other, includes sought in `dirs`.
    pub fn extract_files(
        &mut self,
        tree: &dyn Tree,
        files: &[String],
        dirs: &[String],
    ) -> Result<(Domain, Counts), Error> {
        let mut domains = self.extract_units(&[(tree, files, dirs.to_vec())], Wanted::All)?;
        domains.pop().ok_or_else(|| Error::NotADriver { tree: tree.name() })
    }

    fn extract_units(
        &mut self,
        units: &[(&dyn Tree, &[String], Vec<String>)],
        wanted: Wanted<'_>,
    ) -> Result<Vec<(Domain, Counts)>, Error> {
        // An extraction that failed may have left declarations that were never parsed.
        let parsed = self.declarations.len() as u32;
        self.known.retain(|_, id| *id < parsed);
        let prepare =
            |(tree, files, dirs): &(&dyn Tree, &[String], Vec<String>)| self.prepare(*tree, files, dirs, wanted);
        let prepared: Vec<Prepared> = units.iter().map(prepare).collect::<Result<_, _>>()?;
        self.parse(&prepared);
        let interner = &self.macros.interner;
        let finished = prepared.par_iter().zip(units).map(|(unit, (tree, ..))| {
            let defined_at = |definition: u32| Place {
                file: self.defining_file(*tree, &unit.preprocessed, definition),
                line: self.macros.definitions[definition as usize].line,
            };
            finish(unit, &self.declarations, interner, &defined_at)
        });
        finished.collect()
    }

    /// Reads and cuts up, on all processors, the files that are not known yet.
    fn read_ahead(&mut self, listed: &[(&dyn Tree, &str)]) -> Result<(), Error> {
        let mut wanted = Vec::new();
        let mut seen = FxHashSet::default();
        for &(tree, path) in listed {
            if let Some(content) = tree.find(path)?
                && !self.units.contains_key(&content)
                && seen.insert(content)
            {
                wanted.push((tree, path, content));
            }
        }
        // Held to the limit already here, where many files are in memory at once.
        let total = AtomicUsize::new(self.bytes);
        let read = |&(tree, path, content): &(&dyn Tree, &str, Oid)| {
            let file = read(tree, path, content)?;
            let memory = file.bytes.len() + file.scan.as_ref().map_or(0, scan::Scan::memory);
            match total.fetch_add(memory, Relaxed) + memory > limits::SESSION_BYTES {
                true => Err(too_large(file.path).into()),
                false => Ok(file),
            }
        };
        let read: Vec<Read> = wanted.par_iter().map(read).collect::<Result<_, Error>>()?;
        for file in read {
            // An error in a file that is never reached is none; it is found again where the file is included.
            if file.scan.is_ok() {
                take_in(&mut self.units, &mut self.bytes, &mut self.macros, file)?;
            }
        }
        Ok(())
    }

    /// Preprocesses one set of headers.
    fn prepare(
        &mut self,
        tree: &dyn Tree,
        files: &[String],
        dirs: &[String],
        wanted: Wanted<'_>,
    ) -> Result<Prepared, Error> {
        let mut source = Source { tree, units: &mut self.units, bytes: &mut self.bytes, failure: None };
        let preprocessed = preprocess(&mut self.macros, &mut source, files, dirs);
        if let Some(failure) = source.failure {
            return Err(failure);
        }
        let preprocessed = preprocessed?;
        let mut declarations = Vec::with_capacity(preprocessed.chunks.len());
        for chunk in &preprocessed.chunks {
            let key: Box<[Symbol]> = tokens(&preprocessed, chunk).iter().map(|t| t.symbol).collect();
            let next = self.known.len() as u32;
            let id = match self.known.entry(key) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    let interner = &self.macros.interner;
                    let bytes: usize = new.key().iter().map(|&s| interner.str(s).len() + 1).sum();
                    self.declared_bytes += bytes;
                    if bytes > limits::DECLARATION_BYTES || self.declared_bytes > limits::DECLARATIONS_BYTES {
                        let place = preprocessed.place(chunk.tokens.start);
                        let message = "with this declaration there is more text than the limit".to_string();
                        return Err(HeaderError { place, message }.into());
                    }
                    *new.insert(next)
                }
            };
            declarations.push(id);
        }
        let (constants, other_macros) = self.constants(tree, &preprocessed, wanted)?;
        Ok(Prepared { preprocessed, declarations, constants, other_macros })
    }

    /// Expands the bodies of the macros in force.
    fn constants(
        &mut self,
        tree: &dyn Tree,
        unit: &Preprocessed,
        wanted: Wanted<'_>,
    ) -> Result<(Vec<Unevaluated>, usize), Error> {
        let (mut constants, mut others) = (Vec::new(), 0);
        for (name, definition) in self.macros.all() {
            let d = &self.macros.definitions[definition as usize];
            let skipped = match wanted {
                Wanted::All => false,
                Wanted::Named(names) => !names.constant(self.macros.interner.str(name)),
            };
            if d.system || skipped {
                continue;
            }
            match self.macros.constant(name, definition) {
                Ok(Some(constant)) => constants.push((name, definition, constant)),
                Ok(None) => others += usize::from(!self.macros.definitions[definition as usize].function_like),
                Err(e) => {
                    let file = self.defining_file(tree, unit, definition);
                    let message = format!("in the macro {}: {}", self.macros.interner.str(name), e.message);
                    return Err(HeaderError { place: Place { file, line: e.line }, message }.into());
                }
            }
        }
        Ok((constants, others))
    }

    /// The file that holds a definition; asked for only when it is at fault.
    fn defining_file(&self, tree: &dyn Tree, unit: &Preprocessed, definition: u32) -> Arc<str> {
        let defines = |path: &Arc<str>| {
            let content = tree.find(path).ok().flatten();
            content.and_then(|c| self.units.get(&c)).is_some_and(|u| u.defines(definition))
        };
        unit.files.iter().find(|path| defines(path)).cloned().unwrap_or_else(|| "<predefined>".into())
    }

    /// Parses, on all processors, the declarations that are new.
    fn parse(&mut self, prepared: &[Prepared]) {
        let first_new = self.declarations.len();
        // Where each new declaration stands first.
        let mut new: Vec<Option<(usize, usize)>> = vec![None; self.known.len() - first_new];
        for (unit, p) in prepared.iter().enumerate() {
            for (index, &id) in p.declarations.iter().enumerate() {
                if let Some(slot) = (id as usize).checked_sub(first_new) {
                    new[slot].get_or_insert((unit, index));
                }
            }
        }
        let interner = &self.macros.interner;
        let parse = |&(unit, index): &(usize, usize)| {
            let unit: &Preprocessed = &prepared[unit].preprocessed;
            syntax::parse(tokens(unit, &unit.chunks[index]), interner)
        };
        let parsed: Vec<_> = new.par_iter().flatten().map(parse).collect();
        self.declarations.extend(parsed);
    }
}

fn tokens<'a>(unit: &'a Preprocessed, chunk: &Chunk) -> &'a [Token] {
    &unit.tokens[chunk.tokens.start as usize..chunk.tokens.end as usize]
}

/// Looks up a unit's names, lays its records out, and evaluates its constants.
fn finish(
    unit: &Prepared,
    parsed: &[Result<Option<Declaration>, TokenError>],
    interner: &Interner,
    defined_at: &(dyn Fn(u32) -> Place + Sync),
) -> Result<(Domain, Counts), Error> {
    let Prepared { preprocessed, declarations, constants, other_macros } = unit;
    let fail =
        |token: u32, message: &str| HeaderError { place: preprocessed.place(token), message: message.to_string() };
    let mut declared = Declarations::new(interner);
    for (&id, chunk) in declarations.iter().zip(&preprocessed.chunks) {
        let base = chunk.tokens.start;
        match &parsed[id as usize] {
            Ok(None) => {}
            Ok(Some(d)) => declared.add(d, base, chunk.pack).map_err(|e| fail(e.token, &e.message))?,
            Err(e) => return Err(fail(base + e.at, &e.message).into()),
        }
    }
    let place = |token: u32| preprocessed.place(token).to_string();
    let domain = emit::emit(&declared, interner, &place);
    let mut domain = domain.map_err(|e| fail(e.token, &e.message))?;
    let mut other_macros = *other_macros;
    let mut integers = Vec::with_capacity(constants.len());
    for (name, definition, constant) in constants {
        let value = match constant {
            Constant::Value(value) => i128::from(*value),
            Constant::Expression(tokens) => match expr::evaluate(tokens, interner, &declared) {
                Ok(value) => value.number(),
                Err(Failure::NotConstant(_)) => {
                    other_macros += 1;
                    continue;
                }
                Err(Failure::Limit(message)) => {
                    let message = format!("in the macro {}: {message}", interner.str(*name));
                    return Err(HeaderError { place: defined_at(*definition), message }.into());
                }
            },
        };
        integers.push((interner.str(*name).to_string(), value));
    }
    domain.constants = integers.into_iter().collect();
    let counts = Counts {
        files: preprocessed.files.iter().filter(|f| !f.starts_with('<')).collect::<FxHashSet<_>>().len(),
        declarations: declarations.len(),
        records: domain.records.len(),
        aliases: domain.aliases.len(),
        constants: domain.constants.len(),
        other_macros,
    };
    Ok((domain, counts))
}

fn read(tree: &dyn Tree, path: &str, content: Oid) -> Result<Read, Error> {
    let bytes: Arc<[u8]> = tree.read(path, content)?;
    let scan = scan::scan(&bytes).map_err(|e| e.within(&path.into()));
    Ok(Read { path: path.to_string(), content, bytes, scan })
}

fn take_in(
    units: &mut FxHashMap<Oid, Arc<Unit>>,
    total: &mut usize,
    macros: &mut Macros,
    file: Read,
) -> Result<Arc<Unit>, HeaderError> {
    let (path, scan) = (file.path, file.scan?);
    *total += file.bytes.len() + scan.memory();
    if *total > limits::SESSION_BYTES {
        return Err(too_large(path));
    }
    let unit = Arc::new(Unit::new(file.bytes, scan, false, macros));
    units.insert(file.content, unit.clone());
    Ok(unit)
}

fn too_large(path: String) -> HeaderError {
    let message = format!("with this file the headers take more than {} bytes", limits::SESSION_BYTES);
    HeaderError { place: Place { file: path.into(), line: 1 }, message }
}

/// A tree as the preprocessor sees it.
struct Source<'a> {
    tree: &'a dyn Tree,
    units: &'a mut FxHashMap<Oid, Arc<Unit>>,
    bytes: &'a mut usize,
    /// What went wrong below the headers, in the repository or the file system.
    failure: Option<Error>,
}

impl Source<'_> {
    fn fetch(&mut self, path: &str, macros: &mut Macros) -> Result<Option<Arc<Unit>>, Error> {
        let Some(content) = self.tree.find(path)? else { return Ok(None) };
        if let Some(unit) = self.units.get(&content) {
            return Ok(Some(unit.clone()));
        }
        let file = read(self.tree, path, content)?;
        Ok(Some(take_in(self.units, self.bytes, macros, file)?))
    }
}

impl Headers for Source<'_> {
    fn open(&mut self, path: &str, macros: &mut Macros) -> Result<Option<Arc<Unit>>, HeaderError> {
        self.fetch(path, macros).map_err(|e| match e {
            Error::Header(e) => e,
            other => {
                let message = other.to_string();
                self.failure = Some(other);
                HeaderError { place: Place { file: path.into(), line: 1 }, message }
            }
        })
    }
}
