//! What a supervisor holds at a moment.

use std::fmt;
use std::fs;

/// What it holds, for whoever may ask the kernel, and by what it tells itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// But for those of guests' threads.
    pub(crate) descriptors: u64,
    /// Descriptors of guests' threads and processes. A supervisor remembers some, so as not to look them up again.
    pub(crate) pidfds: u64,
    pub(crate) threads: u64,
    pub(crate) resident_kib: u64,
    pub(crate) files: u64,
    pub(crate) clients: u64,
    pub(crate) objects: u64,
    /// Memory of the simulated GPUs that was written to, in bytes.
    pub(crate) filled: u64,
    /// Bytes of the heap that are in use.
    pub(crate) allocated: u64,
}

impl Sample {
    /// What the kernel says of a process, and what that process said last.
    pub(crate) fn of(process: u32, told: &Sample) -> Self {
        let count = |what| fs::read_dir(format!("/proc/{process}/{what}")).unwrap().count() as u64;
        let pidfds = fs::read_dir(format!("/proc/{process}/fd")).unwrap().filter(|entry| {
            let target = entry.as_ref().ok().and_then(|entry| fs::read_link(entry.path()).ok());
            target.is_some_and(|target| target.to_string_lossy().contains("pidfd"))
        });
        let pidfds = pidfds.count() as u64;
        let descriptors = count("fd").saturating_sub(pidfds);
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident_kib = resident.trim().trim_end_matches(" kB").parse().unwrap();
        Self { descriptors, pidfds, threads: count("task"), resident_kib, ..*told }
    }

    /// What a supervisor says of itself in its log, if a line is that.
    pub(crate) fn told(line: &str) -> Option<Self> {
        let fields = line.split_once("holds ")?.1;
        let field = |name: &str| {
            fields.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        Some(Self {
            files: field("files")?,
            clients: field("clients")?,
            objects: field("objects")?,
            filled: field("filled")?,
            allocated: field("allocated")?,
            ..Self::default()
        })
    }

    /// Each number's larger.
    pub(crate) fn most(&mut self, other: &Self) {
        let larger = |a: &mut u64, b: u64| *a = (*a).max(b);
        larger(&mut self.descriptors, other.descriptors);
        larger(&mut self.pidfds, other.pidfds);
        larger(&mut self.threads, other.threads);
        larger(&mut self.resident_kib, other.resident_kib);
        larger(&mut self.files, other.files);
        larger(&mut self.clients, other.clients);
        larger(&mut self.objects, other.objects);
        larger(&mut self.filled, other.filled);
        larger(&mut self.allocated, other.allocated);
    }

    /// Whether no more is held than before, but for so much memory as the margin has.
    ///
    /// # Errors
    /// What there is more of.
    pub(crate) fn is_what_it_was(&self, before: &Self, margin: &Self) -> Result<(), String> {
        let pairs = [
            ("descriptors", self.descriptors, before.descriptors),
            ("descriptors of guests' threads", self.pidfds, before.pidfds),
            ("threads", self.threads, before.threads),
            ("KiB resident", self.resident_kib, before.resident_kib + margin.resident_kib),
            ("open files", self.files, before.files),
            ("clients", self.clients, before.clients),
            ("objects", self.objects, before.objects),
            ("bytes filled", self.filled, before.filled),
            ("bytes allocated", self.allocated, before.allocated + margin.allocated),
        ];
        let more = pairs.iter().filter(|(_, now, bound)| now > bound);
        let more: Vec<_> = more.map(|(what, now, bound)| format!("{now} {what}, not {bound} at most")).collect();
        if more.is_empty() { Ok(()) } else { Err(more.join("; ")) }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { descriptors, pidfds, threads, resident_kib, files, clients, objects, filled, allocated } = self;
        write!(
            f,
            "{descriptors:>5} descriptors  {pidfds:>3} pidfds  {threads:>3} threads  {resident_kib:>7} KiB  {files:>5} open files  \
             {clients:>3} clients  {objects:>5} objects  {:>5} MiB filled  {:>6} KiB allocated",
            filled >> 20,
            allocated >> 10,
        )
    }
}

#[test]
fn what_is_more_is_told() {
    let before = Sample { descriptors: 20, threads: 5, resident_kib: 1000, ..Sample::default() };
    let margin = |resident_kib, allocated| Sample { resident_kib, allocated, ..Sample::default() };
    assert_eq!(before.is_what_it_was(&before, &margin(0, 0)), Ok(()));
    let after = Sample { descriptors: 21, resident_kib: 1009, allocated: 5, ..before };
    assert_eq!(after.is_what_it_was(&before, &margin(10, 5)), Err("21 descriptors, not 20 at most".to_owned()));
    assert!(after.is_what_it_was(&before, &margin(8, 5)).unwrap_err().contains("KiB resident"));
    assert!(after.is_what_it_was(&before, &margin(10, 4)).unwrap_err().contains("bytes allocated"));
    let line = "DEBUG holds files=3 clients=2 objects=7 filled=4096 faults=0 allocated=9";
    assert_eq!(
        Sample::told(line),
        Some(Sample { files: 3, clients: 2, objects: 7, filled: 4096, allocated: 9, ..Sample::default() })
    );
}
