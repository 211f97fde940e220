//! The calls that make things: where in their parameters is what, and how one is made again.

use super::{SavedCall, WhyNot};
use crate::abi::numbers::*;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::status::NV_STATUS;
use crate::abi::structs::*;
use crate::guest::{Fault, GuestFile, GuestFiles, GuestMemory};
use crate::host::{Call, HostDriver, Node, frontend_request};
use crate::proxy::frontend::status_of;
use crate::proxy::{Guest, Outcome, Proxy};
use nix::errno::Errno;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// `NVOS32_ALLOC_FLAGS_MEMORY_HANDLE_PROVIDED`: the driver takes the caller's handle.
const HANDLE_PROVIDED: u64 = 0x4000;

const PARAMS: FieldRef = field!(NVOS64_PARAMETERS, pAllocParms);
const RIGHTS: FieldRef = field!(NVOS64_PARAMETERS, pRightsRequested);
pub(super) const CLASS: FieldRef = field!(NVOS64_PARAMETERS, hClass);

/// Where in the parameters of a call the handles are.
struct Places {
    client: FieldRef,
    parent: Option<FieldRef>,
    new: FieldRef,
}

fn places(escape: u32) -> Option<Places> {
    type Memory = nv_ioctl_nvos02_parameters_with_fd;
    const HEAP: FieldRef = field!(NVOS32_PARAMETERS, data);
    let (client, parent, new) = match escape {
        NV_ESC_RM_ALLOC => (
            field!(NVOS64_PARAMETERS, hRoot),
            Some(field!(NVOS64_PARAMETERS, hObjectParent)),
            field!(NVOS64_PARAMETERS, hObjectNew),
        ),
        NV_ESC_RM_ALLOC_MEMORY => (
            field!(Memory, params.hRoot),
            Some(field!(Memory, params.hObjectParent)),
            field!(Memory, params.hObjectNew),
        ),
        NV_ESC_RM_VID_HEAP_CONTROL => (
            field!(NVOS32_PARAMETERS, hRoot),
            Some(field!(NVOS32_PARAMETERS, hObjectParent)),
            HEAP.within(field!(NVOS32_PARAMETERS__data_t__AllocSize_t, hMemory)),
        ),
        NV_ESC_RM_ALLOC_CONTEXT_DMA2 => {
            (field!(NVOS39_PARAMETERS, hObjectParent), None, field!(NVOS39_PARAMETERS, hObjectNew))
        }
        NV_ESC_RM_DUP_OBJECT => (
            field!(NVOS55_PARAMETERS, hClient),
            Some(field!(NVOS55_PARAMETERS, hParent)),
            field!(NVOS55_PARAMETERS, hObject),
        ),
        _ => return None,
    };
    Some(Places { client, parent, new })
}

/// Whether such calls make objects.
pub(super) fn makes(escape: u32) -> bool {
    places(escape).is_some()
}

/// Reads a field.
pub(super) fn get(bytes: &[u8], field: FieldRef) -> u64 {
    let mut value = [0; 8];
    if let (Some(place), Some(value)) =
        (bytes.get(field.offset..field.offset + field.size), value.get_mut(..field.size))
    {
        value.copy_from_slice(place);
    }
    u64::from_le_bytes(value)
}

/// Writes a field, if there is room for it.
pub(super) fn put(bytes: &mut [u8], field: FieldRef, value: u64) {
    if let (Some(place), Some(value)) =
        (bytes.get_mut(field.offset..field.offset + field.size), value.to_le_bytes().get(..field.size))
    {
        place.copy_from_slice(value);
    }
}

/// Has a call ask for the handles that the guest knows, also where the driver chose them the first time. A client is its
/// own, and is asked for in the place of the client (compare
/// src/nvidia/src/kernel/rmapi/entry_points.c:_nv04AllocWithAccessSecInfo()).
pub(super) fn settle(call: &mut SavedCall, client: u32, parent: Option<u32>, handle: u32) {
    let Some(places) = places(call.escape) else { return };
    put(&mut call.argument, places.client, u64::from(client));
    put(&mut call.argument, places.new, u64::from(handle));
    if let (Some(field), Some(parent)) = (places.parent, parent) {
        put(&mut call.argument, field, u64::from(parent));
    }
    match call.escape {
        NV_ESC_RM_ALLOC => {
            put(&mut call.argument, PARAMS, 0);
            if has_rights(&call.argument) {
                put(&mut call.argument, RIGHTS, 0);
            }
        }
        NV_ESC_RM_VID_HEAP_CONTROL => {
            const DATA: FieldRef = field!(NVOS32_PARAMETERS, data);
            const FLAGS: FieldRef = DATA.within(field!(NVOS32_PARAMETERS__data_t__AllocSize_t, flags));
            let flags = get(&call.argument, FLAGS) | HANDLE_PROVIDED;
            put(&mut call.argument, FLAGS, flags);
        }
        _ => {}
    }
}

/// What a call duplicates: a client's handle and an object's.
pub(super) fn source(call: &SavedCall) -> Option<(u32, u32)> {
    (call.escape == NV_ESC_RM_DUP_OBJECT).then(|| {
        let get = |field| get(&call.argument, field) as u32;
        (get(field!(NVOS55_PARAMETERS, hClientSrc)), get(field!(NVOS55_PARAMETERS, hObjectSrc)))
    })
}

/// The shorter form of the parameters has none.
fn has_rights(argument: &[u8]) -> bool {
    argument.len() > size_of::<NVOS21_PARAMETERS>()
}

/// The handle of what a call made.
pub(super) fn made(escape: u32, argument: &[u8]) -> u32 {
    places(escape).map_or(0, |places| get(argument, places.new) as u32)
}

/// A driver whose files are counted, so that a call made again can name the same file that is kept.
pub(super) struct Counted<'a, D>(pub &'a D);

impl<D: HostDriver> HostDriver for Counted<'_, D> {
    type File = Rc<D::File>;

    fn open(&self, node: Node) -> Result<Self::File, Errno> {
        self.0.open(node).map(Rc::new)
    }

    fn ioctl(&self, file: &Self::File, call: &mut Call<'_, Self::File>) -> Result<i32, Errno> {
        let files: Vec<&D::File> = call.files().iter().map(|file| &***file).collect();
        self.0.ioctl(file, &mut call.with_files(&files))
    }
}

/// A guest that has nothing but what one call needs.
struct Image<'a, F> {
    bytes: RefCell<Vec<u8>>,
    files: &'a [GuestFile<Rc<F>>],
    descriptors: &'a [(i32, u32)],
}

/// Where its memory begins.
const BASE: u64 = 0x1_0000;

impl<F> Image<'_, F> {
    fn range(&self, address: u64, len: usize) -> Result<Range<usize>, Fault> {
        let start = address.checked_sub(BASE).and_then(|start| usize::try_from(start).ok()).ok_or(Fault)?;
        Ok(start..start.checked_add(len).ok_or(Fault)?)
    }

    /// Puts something behind all else; its address.
    fn append(&mut self, bytes: &[u8]) -> u64 {
        let image = self.bytes.get_mut();
        let at = image.len().next_multiple_of(16);
        image.resize(at, 0);
        image.extend_from_slice(bytes);
        BASE + at as u64
    }
}

impl<F> GuestMemory for Image<'_, F> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let range = self.range(address, into.len())?;
        into.copy_from_slice(self.bytes.borrow().get(range).ok_or(Fault)?);
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let range = self.range(address, bytes.len())?;
        self.bytes.borrow_mut().get_mut(range).ok_or(Fault)?.copy_from_slice(bytes);
        Ok(())
    }
}

impl<F> GuestFiles<Rc<F>> for Image<'_, F> {
    fn get(&self, descriptor: i32) -> Option<GuestFile<Rc<F>>> {
        let (_, index) = self.descriptors.iter().find(|(number, _)| *number == descriptor)?;
        let GuestFile { file, host } = self.files.get(*index as usize)?;
        Some(GuestFile { file: file.clone(), host: host.clone() })
    }

    fn install(&self, _: GuestFile<Rc<F>>) -> Result<i32, Errno> {
        Err(Errno::EMFILE)
    }

    fn hold(&self, file: u64) -> Option<GuestFile<Rc<F>>> {
        let GuestFile { file, host } = self.files.iter().find(|known| known.file.id() == file)?;
        Some(GuestFile { file: file.clone(), host: host.clone() })
    }

    fn remove(&self, _: i32) {}
}

/// Makes a call again, as a guest would; the parameters afterwards.
pub(super) fn replay<D: HostDriver>(
    proxy: &Proxy<Counted<'_, D>>,
    files: &[GuestFile<Rc<D::File>>],
    call: &SavedCall,
) -> Result<Vec<u8>, WhyNot> {
    let invalid = WhyNot::Errno(Errno::EINVAL);
    let file = files.get(call.file as usize).ok_or(invalid)?;
    let mut argument = call.argument.clone();
    let mut image = Image { bytes: RefCell::new(argument.clone()), files, descriptors: &call.descriptors };
    if !call.params.is_empty() {
        put(&mut argument, PARAMS, image.append(&call.params));
    }
    if !call.rights.is_empty() && has_rights(&argument) {
        put(&mut argument, RIGHTS, image.append(&call.rights));
    }
    if argument.len() >= 1 << 14 {
        return Err(invalid);
    }
    image.bytes.get_mut()[..argument.len()].copy_from_slice(&argument);
    let guest = Guest { memory: &image, files: &image };
    match proxy.ioctl(file, frontend_request(call.escape, argument.len()), BASE, &guest) {
        Ok(Outcome::Done(_)) => {}
        Ok(Outcome::Native) => return Err(invalid),
        Err(errno) => return Err(WhyNot::Errno(errno)),
    }
    image.read(BASE, &mut argument).map_err(|Fault| invalid)?;
    let row = proxy.abi().frontend().get(call.escape).ok_or(invalid)?;
    let shape = row.handling.shapes().iter().find(|shape| shape.layout.size == argument.len());
    let status = shape.and_then(|shape| status_of(shape.layout)).map_or(0, |at| {
        argument.get(at..at + 4).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    });
    if status == 0 { Ok(argument) } else { Err(WhyNot::Status(NV_STATUS(status))) }
}
