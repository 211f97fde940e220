//! What the proxy needs of the host: the driver.
//!
//! The rest of the proxy never sees an address or a descriptor of the host. It says which bytes a pointer is to lead to
//! and which file a descriptor is to mean ([`Lent`]); whoever issues the call puts the host's values in, and takes them
//! out again before anybody else looks. So none of them can reach a guest.

mod linux;
mod node;
mod version;

pub use linux::Linux;
pub use node::Node;
pub use version::{DriverVersionError, driver_version, version_of_module, version_of_proc};

use crate::{File, GuestFile};
use nix::errno::Errno;
use smallvec::SmallVec;
use std::ops::Range;

/// The host's driver, or something that behaves like it.
pub trait HostDriver: Send + Sync {
    /// An open file of the driver.
    type File;

    /// Opens a device file for reading and writing.
    ///
    /// # Errors
    /// Those of `open(2)`.
    fn open(&self, node: Node) -> Result<Self::File, Errno>;

    /// Issues an ioctl.
    ///
    /// # Errors
    /// Those of `ioctl(2)`.
    fn ioctl(&self, file: &Self::File, call: &mut Call<'_, Self::File>) -> Result<i32, Errno>;
}

/// `_IOWR('F', number, size)`: how ioctls on frontend files are issued. The driver looks at `number` and `size` alone
/// (compare kernel-open/nvidia/nv.c:nvidia_ioctl()).
pub(crate) const fn frontend_request(number: u32, size: usize) -> u32 {
    3 << 30 | (size as u32) << 16 | 0x46 << 8 | number
}

/// An ioctl for the driver: the argument and everything it leads to.
pub struct Call<'a, F> {
    request: u32,
    bytes: &'a mut [u8],
    argument: Option<Range<usize>>,
    lent: &'a [Lent],
    files: &'a [&'a F],
    opens: Option<usize>,
    opened: Option<F>,
    guest: Option<&'a File>,
    guest_files: &'a [GuestFile<F>],
}

/// A value of the host's that stands in a call's bytes while the driver has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// Where, in [`Call::bytes`].
    pub at: usize,
    /// How many bytes: 4 or 8.
    pub width: usize,
    /// What.
    pub value: Value,
}

/// What a [`Lent`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The address of other bytes of the call.
    Bytes(Range<usize>),
    /// The descriptor of a file, by its place in [`Call::files`].
    File(usize),
    /// An address in the issuing process, as a [`Mapped`](crate::Mapped) gave it.
    Mapped(u64),
    /// A number.
    Number(u64),
}

/// What stood where a call's [`Lent`] were put.
#[derive(Debug)]
pub struct Kept(SmallVec<[[u8; 8]; 8]>);

impl<'a, F> Call<'a, F> {
    /// A call. `lent` lie within `bytes`, and so does what they refer to; `opens` is where the driver writes a new
    /// descriptor, 4 bytes.
    pub(crate) fn new(
        request: u32,
        bytes: &'a mut [u8],
        argument: Option<Range<usize>>,
        lent: &'a [Lent],
        files: &'a [&'a F],
    ) -> Self {
        // What lies outside is not there. It cannot be: ranges come from the same memory as the bytes.
        let argument = argument.filter(|argument| bytes.get(argument.clone()).is_some());
        Self { request, bytes, argument, lent, files, opens: None, opened: None, guest: None, guest_files: &[] }
    }

    /// Says which file of a guest's it is made on, and which its [`files`](Self::files) are.
    pub(crate) fn of(mut self, file: &'a File, files: &'a [GuestFile<F>]) -> Self {
        self.guest = Some(file);
        self.guest_files = files;
        self
    }

    /// Says that the driver writes a new descriptor there.
    pub(crate) fn opening(mut self, at: usize) -> Self {
        self.opens = Some(at);
        self
    }

    /// The same call, with other files in the place of these.
    pub(crate) fn with_files<'b, G>(&'b mut self, files: &'b [&'b G]) -> Call<'b, G> {
        Call {
            request: self.request,
            bytes: self.bytes,
            argument: self.argument.clone(),
            lent: self.lent,
            files,
            opens: self.opens,
            opened: None,
            guest: self.guest,
            guest_files: &[],
        }
    }

    /// The guest's file that it is made on; `None` for what the proxy itself asks.
    pub fn guest_file(&self) -> Option<&'a File> {
        self.guest
    }

    /// The guest's file that [`Value::File`] of this index means.
    pub fn guest_file_lent(&self, index: usize) -> Option<&'a File> {
        self.guest_files.get(index).map(|file| &*file.file)
    }

    /// The ioctl's request number.
    pub fn request(&self) -> u32 {
        self.request
    }

    /// All bytes of the call.
    pub fn bytes(&mut self) -> &mut [u8] {
        self.bytes
    }

    /// Where in [`bytes`](Self::bytes) the ioctl's argument is; `None` for a null argument.
    pub fn argument(&self) -> Option<Range<usize>> {
        self.argument.clone()
    }

    /// The values of the host's that the driver is to find.
    pub fn lent(&self) -> &'a [Lent] {
        self.lent
    }

    /// The files that [`Value::File`] means.
    pub fn files(&self) -> &'a [&'a F] {
        self.files
    }

    /// Where the pointer at `at` leads: for a driver that is not the kernel's.
    pub fn follow(&self, at: usize) -> Option<Range<usize>> {
        self.lent.iter().find_map(|lent| match &lent.value {
            Value::Bytes(range) if lent.at == at => Some(range.clone()),
            _ => None,
        })
    }

    /// Where the driver puts the descriptor of a file that it opens, if this call may open one.
    pub fn opens(&self) -> Option<usize> {
        self.opens
    }

    /// Hands over the file that the driver opened. Its number is not left in the bytes.
    pub fn opened(&mut self, file: F) {
        self.opened = Some(file);
    }

    /// Puts the host's values in, and returns what was there, for [`restore`](Self::restore): for a driver that follows
    /// them. `base` is the address of the bytes as the driver sees it; `number` tells a file's descriptor.
    pub fn lend(&mut self, base: u64, number: impl Fn(&F) -> i32) -> Kept {
        let mut kept = SmallVec::new();
        for one in self.lent {
            let host = match &one.value {
                Value::Bytes(range) if self.bytes.get(range.clone()).is_some() => base.wrapping_add(range.start as u64),
                Value::Bytes(_) => 0,
                Value::File(index) => self.files.get(*index).map_or(-1, |file| number(file)) as i64 as u64,
                Value::Mapped(value) | Value::Number(value) => *value,
            };
            let mut before = [0; 8];
            if let Some(place) = self.bytes.get_mut(one.at..one.at + one.width) {
                before[..one.width].copy_from_slice(place);
                place.copy_from_slice(&host.to_le_bytes()[..one.width]);
            }
            kept.push(before);
        }
        Kept(kept)
    }

    /// Takes the host's values out again, the last one first: what stood at a place before anything was lent there comes
    /// back last. Returns the descriptor of a file that the driver opened, which is taken out, too; -1 if there is none.
    pub fn restore(&mut self, kept: &Kept) -> i32 {
        let mut number = -1i32;
        if let Some(place) = self.opens.and_then(|at| self.bytes.get_mut(at..at + 4)) {
            number = i32::from_le_bytes([place[0], place[1], place[2], place[3]]);
            place.copy_from_slice(&(-1i32).to_le_bytes());
        }
        for (one, before) in self.lent.iter().zip(&kept.0).rev() {
            if let Some(place) = self.bytes.get_mut(one.at..one.at + one.width) {
                place.copy_from_slice(&before[..one.width]);
            }
        }
        number
    }

    /// The file that the driver opened.
    pub(crate) fn take_opened(&mut self) -> Option<F> {
        self.opened.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guests_bytes_come_back_also_where_lent_places_overlap() {
        let one = |at, width| Lent { at, width, value: Value::Number(0x7fff_1234_5678_9abc) };
        for lent in [
            vec![one(0, 8), one(0, 8)],
            vec![one(0, 8), one(4, 8), one(0, 4)],
            vec![one(4, 4), one(0, 8), one(4, 4), one(2, 8)],
        ] {
            let guest: [u8; 16] = std::array::from_fn(|at| 0x50 + at as u8);
            let mut bytes = guest;
            let files: [&(); 0] = [];
            let mut call = Call::new(0, &mut bytes, Some(0..16), &lent, &files);
            let kept = call.lend(0x7eed_0000_0000, |()| 0);
            assert_eq!(call.restore(&kept), -1);
            assert_eq!(bytes, guest, "{lent:?}");
        }
    }
}
