//! The tables against what was measured of the driver's sources at releases whose headers are not published:
//! `testdata/measured`.
//!
//! The record says of every control command that a release exports how many bytes its parameters have, who may call it
//! and whether they hold a pointer or a descriptor; and of every class the name of its parameters' struct and who may
//! allocate it. It says nothing of fields.

use crate::Proxy;
use crate::indirect::covers;
use crate::proxy::subject;
use nvproxy::abi::{Layout, Param, Parameters, Row, Table, Type};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, version};

/// The releases that were measured, in the order of the columns.
pub const RELEASES: [DriverVersion; 4] =
    [version!("580.178.04"), version!("595.71.05"), version!("610.57.04"), version!("615.71.09")];

/// What was measured of control commands.
pub const CONTROLS: &str = include_str!("../testdata/measured/controls.tsv");

/// What was measured of classes.
pub const CLASSES: &str = include_str!("../testdata/measured/classes.tsv");

/// More lines than a record may have; the driver has some 1,500 commands.
const LINES_MAX: usize = 10_000;

/// More bytes than parameters may have. The driver takes 1 MiB from a client
/// (src/nvidia/src/kernel/rmapi/param_copy.c:rmapiParamsAcquire()).
const SIZE_MAX: usize = 16 << 20;

/// Who may call a command, or allocate a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// No level is stated: the root classes.
    Unstated,
    /// Any client.
    User,
    /// A client with `CAP_SYS_ADMIN`.
    Admin,
    /// A client in the kernel.
    Kernel,
    /// The resource manager itself.
    Internal,
}

impl Access {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Self::Unstated,
            "user" => Self::User,
            "admin" => Self::Admin,
            "kernel" => Self::Kernel,
            "internal" => Self::Internal,
            _ => return None,
        })
    }
}

/// A control command at one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The bytes of its parameters; 0 if it takes none.
    pub size: usize,
    /// Who may call it.
    pub access: Access,
    /// The parameters hold a pointer.
    pub pointer: bool,
    /// They name a process.
    pub pid: bool,
    /// They hold a descriptor.
    pub fd: bool,
    /// They hold a descriptor by which an event is known.
    pub os_event: bool,
    /// NVIDIA's name, of the newest release that lets ordinary clients call it.
    pub name: Option<String>,
}

/// A class at one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The name of its parameters' struct; none if it takes none.
    pub takes: Option<String>,
    /// Who may allocate it.
    pub access: Access,
    /// NVIDIA's name.
    pub name: Option<String>,
}

/// What was measured of one release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Every control command that it exports.
    pub controls: BTreeMap<u32, Control>,
    /// Every class.
    pub classes: BTreeMap<u32, Class>,
}

/// The record, by release.
///
/// # Errors
/// The first line that is not understood, or a count that is not that of the lines.
pub fn parse(controls: &str, classes: &str) -> Result<BTreeMap<DriverVersion, Measured>, String> {
    let mut record: BTreeMap<DriverVersion, Measured> = RELEASES.map(|release| (release, Measured::default())).into();
    lines(controls, "command", "commands", 8, |release, number, cell, name| {
        let control = control(cell, name)?;
        record.get_mut(&release)?.controls.insert(number, control);
        Some(())
    })?;
    lines(classes, "class", "classes", 4, |release, number, cell, name| {
        let class = class(cell, name)?;
        record.get_mut(&release)?.classes.insert(number, class);
        Some(())
    })?;
    Ok(record)
}

/// Reads one file: a line of titles, entries by ascending number, and a line that counts them.
fn lines(
    text: &str,
    title: &str,
    what: &str,
    digits: usize,
    mut entry: impl FnMut(DriverVersion, u32, &str, Option<&str>) -> Option<()>,
) -> Result<(), String> {
    if text.lines().nth(LINES_MAX).is_some() {
        return Err(format!("{what}: more than {LINES_MAX} lines"));
    }
    let (mut counts, mut last, mut count) = ([0_usize; RELEASES.len()], None, 0_usize);
    let (mut begun, mut ended) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let wrong = || format!("{what}, line {}: {line:?}", index + 1);
        let fields: Vec<&str> = line.split('\t').collect();
        let [first, cells @ .., name] = fields.as_slice() else { return Err(wrong()) };
        if cells.len() != RELEASES.len() || ended {
            return Err(wrong());
        }
        if !begun {
            let titles = cells.iter().zip(RELEASES).all(|(cell, release)| **cell == *release.to_string());
            begun = *first == title && *name == "name" && titles;
            if !begun {
                return Err(wrong());
            }
            continue;
        }
        if *first == "exported" {
            let counted = cells.iter().zip(counts).all(|(cell, counted)| **cell == *counted.to_string());
            ended = counted && *name == format!("{count} {what}");
            if !ended {
                return Err(format!("{}, but there are {count} with {counts:?}", wrong()));
            }
            continue;
        }
        let hex = first.strip_prefix("0x").filter(|hex| hex.len() == digits && *hex == hex.to_ascii_lowercase());
        let number = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).ok_or_else(wrong)?;
        let name = match *name {
            "" => return Err(wrong()),
            "-" => None,
            name => Some(name),
        };
        if last.is_some_and(|last| last >= number) || cells.iter().all(|cell| *cell == ".") {
            return Err(wrong());
        }
        (last, count) = (Some(number), count + 1);
        for ((cell, release), counted) in cells.iter().zip(RELEASES).zip(&mut counts) {
            if *cell != "." {
                entry(release, number, cell, name).ok_or_else(wrong)?;
                *counted += 1;
            }
        }
    }
    if ended { Ok(()) } else { Err(format!("{what}: the last line does not count them")) }
}

fn control(cell: &str, name: Option<&str>) -> Option<Control> {
    let mut words = cell.split(' ').peekable();
    let size = words.next()?.parse().ok().filter(|size| *size <= SIZE_MAX)?;
    let access = Access::parse(words.next()?).filter(|access| *access != Access::Unstated)?;
    let mut holds = |what| words.next_if_eq(&what).is_some();
    let (pointer, pid, fd, os_event) = (holds("pointer"), holds("pid"), holds("fd"), holds("os_event"));
    let name = name.map(ToString::to_string);
    words.next().is_none().then_some(Control { size, access, pointer, pid, fd, os_event, name })
}

fn class(cell: &str, name: Option<&str>) -> Option<Class> {
    let (takes, access) = cell.split_once(' ')?;
    let (access, condition) = access.split_once(',').map_or((access, None), |(access, when)| (access, Some(when)));
    if condition.is_some_and(|condition| !matches!(condition, "debug_only" | "off_chip")) || takes.is_empty() {
        return None;
    }
    let takes = (takes != "-").then(|| takes.to_string());
    Some(Class { takes, access: Access::parse(access)?, name: name.map(ToString::to_string) })
}

/// Where the tables and the record are known to say different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// The entry's name in the tables, or that of the struct it takes where that differs.
    pub name: &'static str,
    /// What differs.
    pub differs: Differs,
    /// How it is known that both are right.
    pub why: &'static str,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The release does not export the command or class.
    Exported,
    /// Only a client with `CAP_SYS_ADMIN` may use it.
    Admin,
    /// Its name.
    Name,
    /// The name of the struct, which the record calls this.
    Struct(&'static str),
}

const CONVERTED: &str = "The resource manager converts it into another command before it looks for a method \
     (src/nvidia/interface/deprecated/rmapi_deprecated_control.c:RmDeprecatedGetControlHandler(), 595.45.04).";

const fn exception(name: &'static str, differs: Differs, why: &'static str) -> Exception {
    Exception { name, differs, why }
}

const METHOD: &str = "The headers have no name for the number there, so the record has that of the driver's method.";

const RENAMED: &str = "The published list that the row is from has the struct under its newer name, the driver's \
     resource_list.h under its older one; the sizes agree.";

/// All of them. One that no release of the record needs fails the test.
pub const EXCEPTIONS: &[Exception] = &[
    exception("NV0000_CTRL_CMD_SYSTEM_GET_BUILD_VERSION", Differs::Exported, CONVERTED),
    exception("NV0080_CTRL_CMD_MSENC_GET_CAPS", Differs::Exported, CONVERTED),
    exception("NV2080_CTRL_CMD_BIOS_GET_INFO", Differs::Exported, CONVERTED),
    exception("NV2080_CTRL_CMD_FB_GET_INFO", Differs::Exported, CONVERTED),
    exception("NV2080_CTRL_CMD_BUS_GET_INFO", Differs::Exported, CONVERTED),
    exception(
        "UNKNOWN_CONTROL_COMMAND_80028B",
        Differs::Exported,
        "Clients ask it; no release's headers or sources know it, and the driver answers that it does not support it.",
    ),
    exception(
        "NV2080_CTRL_CMD_THERMAL_SYSTEM_EXECUTE_V2_PHYSICAL",
        Differs::Exported,
        "Headers define it, and no method table has it: the bit in its number takes it to the firmware.",
    ),
    exception(
        "UNKNOWN_CONTROL_COMMAND_2080A083",
        Differs::Exported,
        "In method tables up to 550.163.01, with a pointer. The bit in its number takes it to the firmware at later \
         releases as before, so it stays refused.",
    ),
    exception(
        "NV2080_CTRL_CMD_NVLINK_LOCK_REMAP_TABLE_AND_MSE",
        Differs::Admin,
        "Of the IMEX daemon, which is root; the driver lets it through where the proxy has CAP_SYS_ADMIN, and refuses \
         it elsewhere.",
    ),
    exception("NV2080_CTRL_CMD_GPU_ACQUIRE_COMPUTE_MODE_RESERVATION", Differs::Name, METHOD),
    exception("NV2080_CTRL_CMD_GPU_RELEASE_COMPUTE_MODE_RESERVATION", Differs::Name, METHOD),
    exception("NV906F_CTRL_CMD_RESET_CHANNEL", Differs::Name, METHOD),
    exception("NV_NVDEC_ALLOCATION_PARAMETERS", Differs::Struct("NV_BSP_ALLOCATION_PARAMETERS"), RENAMED),
    exception("NV_NVENC_ALLOCATION_PARAMETERS", Differs::Struct("NV_MSENC_ALLOCATION_PARAMETERS"), RENAMED),
];

/// What was compared at one release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Control commands that the release exports.
    pub controls: usize,
    /// Of these, those whose size is the row's.
    pub sizes: usize,
    /// Of these, those with a pointer.
    pub pointers: usize,
    /// Of these, those with a descriptor.
    pub descriptors: usize,
    /// Of these, those that name a process, which is passed as it is.
    pub pids: usize,
    /// Classes.
    pub classes: usize,
}

/// Every control command and class of a release that was measured. The exceptions that were needed go to `used`, by their
/// index.
pub fn check(
    proxy: &Proxy,
    measured: &Measured,
    exceptions: &[Exception],
    used: &mut BTreeSet<usize>,
) -> (Compared, Vec<String>) {
    let mut check = Check { version: proxy.version, exceptions, used, findings: Vec::new() };
    let mut compared = Compared::default();
    for (table, row) in &proxy.rows {
        match table {
            Table::Control => check.control(row, measured.controls.get(&row.number), &mut compared),
            Table::Alloc => check.class(row, measured.classes.get(&row.number), &mut compared),
            Table::Frontend | Table::Uvm => {}
        }
    }
    // A row that is lost, or moved to a number that no row has, is otherwise one that is not compared.
    let missing = |table, number, name: &Option<String>| {
        let name = name.as_deref()?;
        let ours = proxy.rows.iter().find(|(t, row)| *t == table && row.name == name && row.number != number)?;
        Some(format!("{}: {}: it is {number:#x} there", proxy.version, subject(table, &ours.1)))
    };
    let controls = measured.controls.iter().filter_map(|(number, one)| missing(Table::Control, *number, &one.name));
    let classes = measured.classes.iter().filter_map(|(number, one)| missing(Table::Alloc, *number, &one.name));
    check.findings.extend(controls.chain(classes));
    (compared, check.findings)
}

/// What `listed` says otherwise than the record: the numbers of the commands that tables of these releases have and the
/// record lacks there.
pub fn lacking<'a>(releases: impl IntoIterator<Item = (&'a Proxy, &'a Measured)>, listed: &[u32]) -> Vec<String> {
    let mut lacking = BTreeMap::new();
    for (proxy, measured) in releases {
        let commands = proxy.rows.iter().filter(|(table, _)| *table == Table::Control).map(|(_, row)| row);
        let unknown = commands.filter(|row| !measured.controls.contains_key(&row.number));
        lacking.extend(unknown.map(|row| (row.number, format!("{}: {}", proxy.version, row.name))));
    }
    let mut findings: Vec<String> = Vec::new();
    for (number, what) in &lacking {
        if !listed.contains(number) {
            findings.push(format!("{number:#x} is not in the list of what was not measured: {what}"));
        }
    }
    for number in listed.iter().filter(|number| !lacking.contains_key(number)) {
        findings.push(format!("{number:#x} is in the list of what was not measured, and no row lacks a measurement"));
    }
    if !listed.is_sorted() {
        findings.push("the list of what was not measured is not sorted".to_owned());
    }
    findings
}

struct Check<'a> {
    version: DriverVersion,
    exceptions: &'a [Exception],
    used: &'a mut BTreeSet<usize>,
    findings: Vec<String>,
}

impl Check<'_> {
    /// A difference, unless an exception provides for it.
    fn differs(&mut self, table: Table, row: &Row, differs: Differs, what: &str) {
        let known = |exception: &Exception| exception.name == row.name && exception.differs == differs;
        match self.exceptions.iter().position(known) {
            Some(index) => drop(self.used.insert(index)),
            None => self.wrong(table, row, what),
        }
    }

    fn wrong(&mut self, table: Table, row: &Row, what: &str) {
        self.findings.push(format!("{}: {}: {what}", self.version, subject(table, row)));
    }

    fn access(&mut self, table: Table, row: &Row, access: Access) {
        let root = table == Table::Alloc && row.handling.effect.is_some();
        match access {
            Access::User => {}
            Access::Unstated if root => {}
            Access::Admin => self.differs(table, row, Differs::Admin, "only with CAP_SYS_ADMIN"),
            other => self.wrong(table, row, &format!("its level is {other:?}")),
        }
    }

    fn name(&mut self, table: Table, row: &Row, name: Option<&str>) {
        if let Some(name) = name.filter(|name| *name != row.name) {
            self.differs(table, row, Differs::Name, &format!("the record calls it {name}"));
        }
    }

    fn control(&mut self, row: &Row, measured: Option<&Control>, compared: &mut Compared) {
        const TABLE: Table = Table::Control;
        let Some(measured) = measured else {
            return self.differs(TABLE, row, Differs::Exported, "the release does not export it");
        };
        compared.controls += 1;
        let (layout, params) = match row.handling.parameters {
            Parameters::Empty => (None, &[][..]),
            Parameters::Struct([shape]) => (Some(shape.layout), shape.params),
            // It does not reach the driver.
            Parameters::Refused => return self.name(TABLE, row, measured.name.as_deref()),
            // Taken at the caller's size.
            Parameters::Opaque(_) | Parameters::Unpublished => {
                self.access(TABLE, row, measured.access);
                if measured.pointer || measured.fd || measured.os_event {
                    self.wrong(TABLE, row, "bytes that hold a pointer or a descriptor");
                }
                return self.name(TABLE, row, measured.name.as_deref());
            }
            Parameters::Struct(_) | Parameters::Repeated(_) => {
                return self.wrong(TABLE, row, "parameters of several sizes");
            }
        };
        let size = layout.map_or(0, |layout| layout.size);
        if size == measured.size {
            compared.sizes += 1;
        } else {
            self.wrong(TABLE, row, &format!("{size} bytes, measured {}", measured.size));
        }
        self.access(TABLE, row, measured.access);
        self.name(TABLE, row, measured.name.as_deref());
        self.references(row, layout, params, measured, compared);
    }

    /// The pointers and descriptors in the parameters of a command.
    fn references(
        &mut self,
        row: &Row,
        layout: Option<&Layout>,
        params: &[Param],
        measured: &Control,
        compared: &mut Compared,
    ) {
        const TABLE: Table = Table::Control;
        let follows = |param: &Param| matches!(param, Param::Pointer(_));
        let pointer = |param: &Param| match param {
            Param::Pointer(_) | Param::Null(_) | Param::Key(_) => true,
            Param::Zero(field) | Param::Wipe { field, .. } => field.size == 8,
            _ => false,
        };
        match (measured.pointer, params.iter().any(pointer), params.iter().any(follows)) {
            (true, false, _) => self.wrong(TABLE, row, "a pointer that the row passes as it is"),
            (false, _, true) => self.wrong(TABLE, row, "no pointer was measured"),
            _ => {}
        }
        compared.pointers += usize::from(measured.pointer);
        let translated = params.iter().any(|param| matches!(param, Param::Descriptor(_)));
        // A value of the row's own keeps the caller's descriptor from the driver as well.
        let kept = params.iter().any(|param| matches!(param, Param::Fixed { .. }));
        match (measured.fd || measured.os_event, translated) {
            (true, false) if !kept => self.wrong(TABLE, row, "a descriptor that the row passes as it is"),
            (false, true) => self.wrong(TABLE, row, "no descriptor was measured"),
            _ => {}
        }
        compared.descriptors += usize::from(measured.fd || measured.os_event);
        compared.pids += usize::from(measured.pid);
        // One of several pointers could be left out above; the struct knows how many there are.
        for (path, size) in layout.map(plain_pointers).unwrap_or_default() {
            if !params.iter().any(|param| covers(param, &path)) {
                self.wrong(TABLE, row, &format!("{path}, {size} bytes: a pointer that nothing is done about"));
            }
        }
    }

    fn class(&mut self, row: &Row, measured: Option<&Class>, compared: &mut Compared) {
        const TABLE: Table = Table::Alloc;
        let Some(measured) = measured else {
            return self.differs(TABLE, row, Differs::Exported, "the release does not have it");
        };
        compared.classes += 1;
        let (ours, theirs) =
            (row.structs().next().unwrap_or("nothing"), measured.takes.as_deref().unwrap_or("nothing"));
        if ours != theirs {
            let known =
                |one: &Exception| one.name == ours && matches!(one.differs, Differs::Struct(name) if name == theirs);
            match self.exceptions.iter().position(known) {
                Some(index) => drop(self.used.insert(index)),
                None => self.wrong(TABLE, row, &format!("takes {ours}, measured {theirs}")),
            }
        }
        self.access(TABLE, row, measured.access);
        self.name(TABLE, row, measured.name.as_deref());
    }
}

/// The fields that are pointers by their type, with their size.
fn plain_pointers(layout: &Layout) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    layout.walk(&mut |path, _, field| {
        if field.ty == Type::Pointer {
            found.push((path.to_string(), field.ty.size()));
        }
    });
    found
}

/// The exceptions that nothing needed.
pub fn stale(exceptions: &[Exception], used: &BTreeSet<usize>) -> Vec<String> {
    let unused = exceptions.iter().enumerate().filter(|(index, _)| !used.contains(index));
    unused.map(|(_, one)| format!("measured {} {:?}: no release needs it", one.name, one.differs)).collect()
}
