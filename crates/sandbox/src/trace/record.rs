//! Calls, written down for [playback](rm_sim::Playback).
//!
//! What is written is parameters. What is in the guest's memory or the GPU's and only passes through is left out: zeros
//! stand for it.

use super::called::Called;
use super::value::unsigned;
use nvproxy::abi::numbers::NV_ESC_RM_CONTROL;
use nvproxy::abi::row::PARAMS_SIZE_MAX;
use nvproxy::abi::{Abi, Param};
use nvproxy::{Lent, Value};
use rm_sim::trace::{Header, Hex, LentValue, Record, SCHEMA_VERSION};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::ops::Range;

/// Writes a trace.
pub struct Recorder {
    abi: Abi,
    out: Box<dyn Write + Send>,
    /// The numbers that files have in the trace.
    files: HashMap<u64, u64>,
}

impl Recorder {
    /// Begins a trace of a driver of that release.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(abi: &Abi, gpus: BTreeSet<u32>, mut out: Box<dyn Write + Send>) -> io::Result<Self> {
        let gpus = gpus.into_iter().collect();
        let header = Header { schema_version: SCHEMA_VERSION, driver: abi.version().to_string(), gpus };
        writeln!(out, "{}", serde_json::to_string(&header)?)?;
        Ok(Self { abi: abi.clone(), out, files: HashMap::new() })
    }

    /// Adds a call.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, called: &Called<'_>) -> io::Result<()> {
        let private = self.private(called);
        let [before, after] = [called.before, called.after].map(|bytes| without(bytes, &private));
        let record = Record {
            file: self.file(called.file),
            node: called.node.to_string(),
            request: called.request,
            argument: called.argument.as_ref().map(|range| (range.start, range.end)),
            after: (after != before).then_some(Hex(after)),
            before: Hex(before),
            lent: called.lent.iter().map(|lent| self.lent(lent, called)).collect(),
            result: called.result.unwrap_or_else(|errno| -(errno as i32)),
            ns: u64::try_from(called.took.as_nanos()).unwrap_or(u64::MAX),
        };
        writeln!(self.out, "{}", serde_json::to_string(&record)?)
    }

    /// Sees to it that everything is written.
    ///
    /// # Errors
    /// It cannot be.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// By order of appearance, from 1; what the proxy itself asks is asked on file 0.
    fn file(&mut self, id: u64) -> u64 {
        let next = self.files.len() as u64 + 1;
        if id == 0 { 0 } else { *self.files.entry(id).or_insert(next) }
    }

    fn lent(&mut self, lent: &Lent, called: &Called<'_>) -> rm_sim::trace::Lent {
        let value = match &lent.value {
            Value::Bytes(range) => LentValue::Bytes(range.start, range.end),
            Value::File(index) => LentValue::File(self.file(called.files.get(*index).map_or(0, |(id, _)| *id))),
            // An address of this machine means nothing on another.
            Value::Mapped(_) => LentValue::Mapped,
            Value::Number(number) => LentValue::Number(*number),
        };
        rm_sim::trace::Lent { at: lent.at, width: lent.width, value }
    }

    /// Which bytes are no parameters: what a pointer of a command leads to where that may be more than parameters can
    /// be. Such a pointer lies in the command's parameters, which a pointer leads to.
    fn private(&self, called: &Called<'_>) -> Vec<Range<usize>> {
        let control = called.node.is_frontend() && called.request & 0xff == NV_ESC_RM_CONTROL;
        let at = called.argument.as_ref().filter(|_| control).map(|argument| argument.start + COMMAND_AT);
        let command = at.and_then(|at| called.before.get(at..at + 4)).map(unsigned);
        let Some(row) = command.and_then(|command| self.abi.control().get(command as u32)) else { return Vec::new() };
        let large: Vec<usize> = row
            .handling
            .shapes()
            .iter()
            .flat_map(|shape| shape.params)
            .filter_map(|param| match param {
                Param::Pointer(pointer) if pointer.limit > PARAMS_SIZE_MAX => Some(pointer.field.offset),
                _ => None,
            })
            .collect();
        let blocks = || {
            called.lent.iter().filter_map(|lent| match &lent.value {
                Value::Bytes(range) => Some((lent.at, range)),
                _ => None,
            })
        };
        let is_large = |at: usize| blocks().any(|(_, block)| large.iter().any(|offset| block.start + offset == at));
        blocks().filter(|(at, _)| is_large(*at)).map(|(_, range)| range.clone()).collect()
    }
}

/// Where the command is in `NVOS54_PARAMETERS`.
const COMMAND_AT: usize = std::mem::offset_of!(nvproxy::abi::structs::NVOS54_PARAMETERS, cmd);

fn without(bytes: &[u8], private: &[Range<usize>]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for range in private {
        if let Some(part) = bytes.get_mut(range.clone()) {
            part.fill(0);
        }
    }
    bytes
}
