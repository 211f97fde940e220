//! Which ioctls NVIDIA's driver could act on.
//!
//! The resource manager's files look at the lowest byte of a request alone: not at its type, nor its direction (compare
//! kernel-open/nvidia/nv.c:nvidia_ioctl()). `/dev/nvidia-uvm` compares the whole number (compare
//! kernel-open/nvidia-uvm/uvm.c:uvm_ioctl()).
//!
//! Two more of the driver's modules have device files: `/dev/nvidia-modeset`, and NVIDIA's part of `/dev/dri`. A guest
//! has no such file, and the proxy serves none, so their requests are refused whatever file they are for.

use super::super::uvm::{UVM_DEINITIALIZE, UVM_INITIALIZE};

/// The lowest bytes that the resource manager's files act on, in all releases there are.
pub const FRONTEND: [u8; 34] = [
    0x27, 0x28, 0x29, 0x2a, 0x2b, 0x34, 0x35, 0x39, 0x41, 0x4a, 0x4d, 0x4e, 0x4f, 0x52, 0x54, 0x57, 0x58, 0x59, 0x5e,
    0x5f, 0xc8, 0xc9, 0xce, 0xcf, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
];

/// Requests on `/dev/nvidia-uvm` that are not small numbers.
pub const UVM_LARGE: [u32; 2] = [UVM_INITIALIZE, UVM_DEINITIALIZE];

/// All others on `/dev/nvidia-uvm` are below this, those for tests included.
pub const UVM_BELOW: u32 = 0x1000;

/// Small numbers that are the kernel's own, `FIBMAP` and `FIGETBSZ`, and nothing on `/dev/nvidia-uvm`.
pub const NOT_UVM: [u32; 2] = [1, 2];

/// What all requests of `/dev/nvidia-modeset` have in common, whatever their type and direction: number 0, and the size of
/// `struct NvKmsIoctlParams` (compare kernel-open/nvidia-modeset/nvidia-modeset-linux.c:nvkms_ioctl()). The number is the
/// lowest byte, and this the size, in its place.
pub const MODESET_SIZE: u32 = 16 << 16;
/// The bits that hold a request's size.
pub const SIZE: u32 = 0x3fff << 16;

/// The type of all requests of `/dev/dri`, in its place: since Linux 5.14 the kernel looks at it.
pub const DRM: u32 = (b'd' as u32) << 8;
/// The bits that hold a request's type.
pub const TYPE: u32 = 0xff00;
/// The first number that means something else for each driver behind `/dev/dri`.
pub const DRM_PRIVATE: u32 = 0x40;
/// The first number after those.
pub const DRM_COMMON: u32 = 0xa0;

/// Requests that type into a terminal what its other user seems to have typed: `TIOCSTI`, and `TIOCLINUX`, which can
/// paste on the kernel's own consoles.
pub const TYPING: [u32; 2] = [0x5412, 0x541c];

/// Requests whose lowest byte is one of those above, and which may go to whatever file they are for: the kernel answers
/// them before a driver sees them (`FIOASYNC`), or NVIDIA's driver refuses their size, in every release.
pub const HARMLESS: [u32; 14] = [
    0x5427, // TIOCSBRK
    0x5428, // TIOCCBRK
    0x5429, // TIOCGSID
    0x5434, // TCSETXF
    0x5435, // TCSETXW
    0x5441, // TIOCGPTPEER
    0x5452, // FIOASYNC
    0x5454, // TIOCSERGWILD
    0x5457, // TIOCSERGSTRUCT and its neighbours
    0x5458,
    0x5459,
    0x802c_542a, // TCGETS2
    0x402c_542b, // TCSETS2
    0x8004_5439, // TIOCGPTLCK
];
