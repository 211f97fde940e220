//! What is written to standard error about calls.

use crate::process::Process;
use nvproxy::{Errno, GuestFile, Outcome};
use rm_sim::{File, GuestMemory};

pub(crate) struct Log(bool);

impl Log {
    pub(crate) fn new(on: bool) -> Self {
        Self(on)
    }

    pub(crate) fn call(
        &self,
        process: &Process,
        file: &GuestFile<File>,
        request: u32,
        argument: u64,
        result: &Result<Outcome, Errno>,
    ) {
        if !self.0 {
            return;
        }
        let word = |at: u64| {
            let mut bytes = [0; 4];
            process.memory().read_at(argument.wrapping_add(at), &mut bytes);
            u32::from_le_bytes(bytes)
        };
        let abi = process.abi();
        let node = file.host.node();
        let line = if node.is_frontend() {
            let number = request & 0xff;
            let name = abi.frontend().get(number).map_or("?", |row| row.name);
            match name {
                "NV_ESC_RM_CONTROL" => {
                    let command = word(8);
                    let name = abi.control().get(command).map_or("?", |row| row.name);
                    format!("control {command:#x} {name} size {} status {:#x}", word(24), word(28))
                }
                "NV_ESC_RM_ALLOC" => {
                    let class = word(12);
                    let name = abi.alloc().get(class).map_or("?", |row| row.name);
                    let status = word(if request >> 16 & 0x3fff == 32 { 28 } else { 40 });
                    format!("alloc {class:#x} {name} {:#x} under {:#x} status {status:#x}", word(8), word(4))
                }
                _ => format!("escape {number:#x} {name} size {}", request >> 16 & 0x3fff),
            }
        } else {
            let row = abi.uvm().get(request);
            let status = row.and_then(|row| row.handling.shapes().first()?.layout.field("rmStatus"));
            let status = status.map_or(0, |field| word(field.offset as u64));
            format!("uvm {request} {} status {status:#x}", row.map_or("?", |row| row.name))
        };
        eprintln!("rm-sim: {node}: {line} -> {result:?}");
    }

    pub(crate) fn end(&self, process: &Process) {
        if self.0 {
            eprintln!("rm-sim: in the end: {:?}", process.simulator().usage());
            for unknown in process.simulator().unknown() {
                let name = unknown.name.unwrap_or("?");
                eprintln!(
                    "rm-sim: not supported: {:?} {:#x} {name}, {} times",
                    unknown.kind, unknown.number, unknown.count
                );
            }
        }
    }
}
