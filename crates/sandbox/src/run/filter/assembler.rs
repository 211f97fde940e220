//! Programs of the kernel's classic BPF, with labels in place of distances.

use nix::libc::{self, sock_filter};

/// A place in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A program in the making.
#[derive(Default)]
pub(super) struct Assembler {
    code: Vec<sock_filter>,
    /// Which instruction jumps where: if so, and if not.
    jumps: Vec<(usize, Label, Label)>,
    labels: Vec<Option<usize>>,
}

impl Assembler {
    /// A label, to be [placed](Self::place) once.
    pub(super) fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The next instruction is what the label means.
    pub(super) fn place(&mut self, label: Label) {
        self.labels[label.0] = Some(self.code.len());
    }

    fn push(&mut self, code: u32, k: u32) {
        self.code.push(sock_filter { code: code as u16, jt: 0, jf: 0, k });
    }

    /// Loads 32 bits of `struct seccomp_data`.
    pub(super) fn load(&mut self, offset: u32) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset);
    }

    /// Loads a number.
    pub(super) fn constant(&mut self, number: u32) {
        self.push(libc::BPF_LD | libc::BPF_IMM, number);
    }

    /// Keeps the bits of a mask.
    pub(super) fn and(&mut self, mask: u32) {
        self.push(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, mask);
    }

    /// Copies the accumulator to the index register.
    pub(super) fn keep(&mut self) {
        self.push(libc::BPF_MISC | libc::BPF_TAX, 0);
    }

    /// Shifts right by as much as the index register says.
    pub(super) fn shift_right(&mut self) {
        self.push(libc::BPF_ALU | libc::BPF_RSH | libc::BPF_X, 0);
    }

    /// Where to go on if the accumulator is a number, and if not.
    pub(super) fn equal(&mut self, number: u32, so: Label, not: Label) {
        self.jumps.push((self.code.len(), so, not));
        self.push(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number);
    }

    /// Where to go on if the accumulator is at least a number, and if it is less.
    pub(super) fn at_least(&mut self, number: u32, so: Label, not: Label) {
        self.jumps.push((self.code.len(), so, not));
        self.push(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, number);
    }

    /// Goes to `so` if the accumulator is one of these, else on.
    pub(super) fn any(&mut self, numbers: &[u32], so: Label) {
        for number in numbers {
            let next = self.label();
            self.equal(*number, so, next);
            self.place(next);
        }
    }

    /// Ends with a verdict.
    pub(super) fn verdict(&mut self, verdict: u32) {
        self.push(libc::BPF_RET | libc::BPF_K, verdict);
    }

    /// The program; `None` where a label is not placed, or further away than the 255 instructions that a jump reaches.
    pub(super) fn finish(mut self) -> Option<Vec<sock_filter>> {
        for (at, so, not) in &self.jumps {
            let distance = |label: &Label| u8::try_from(self.labels[label.0]?.checked_sub(at + 1)?).ok();
            let (jt, jf) = (distance(so)?, distance(not)?);
            self.code[*at] = sock_filter { jt, jf, ..self.code[*at] };
        }
        Some(self.code)
    }
}
