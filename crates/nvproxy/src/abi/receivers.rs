//! Which objects take which control commands.
//!
//! The driver looks for a command's method in the tables of the object's internal class and of the classes that one is
//! derived from (src/nvidia/src/libraries/nvoc/src/runtime.c:objGetExportedMethodDef_IMPL(), 595.45.04), and several
//! classes of clients stand for one internal class. So most commands are for objects of the class in their number, and
//! a few for objects of others, too. What stands here holds of the releases' tables taken together: `parity-test`
//! compares it with all of them, both ways.

/// Set in the numbers of commands that the resource manager passes on to the GPU's firmware (`RM_GSS_LEGACY_MASK`;
/// compare src/nvidia/interface/deprecated/rmapi_gss_legacy_control.c:RmGssLegacyRpcCmd()).
pub const FIRMWARE: u32 = 0x8000;

/// Root clients. The proxy knows every client as `NV01_ROOT_CLIENT`.
const CLIENTS: &[u32] = &[0x0, 0x1, 0x41];

/// Memory, of whatever kind: all that is derived from `Memory`, doorbells among it.
const MEMORY: &[u32] = &[
    0x3e, 0x3f, 0x40, 0x42, 0x70, 0x71, 0x76, 0x81, 0x82, 0x83, 0xb1, 0xc2, 0xc3, 0xde, 0xf3, 0xf8, 0xf9, 0xfd, 0x50a0,
    0x90ce, 0xc361, 0xc461, 0xc561, 0xc661, 0xc761,
];

/// Channels, all of which are `KernelChannel`.
const CHANNELS: &[u32] = &[0x906f, 0xa06f, 0xa16f, 0xb06f, 0xc06f, 0xc36f, 0xc46f, 0xc56f, 0xc86f, 0xc96f, 0xca6f];

/// Channels of the releases that had these commands.
const OLD_CHANNELS: &[u32] = &[0x906f, 0xa06f, 0xa16f, 0xb06f, 0xc06f, 0xc36f, 0xc46f, 0xc56f, 0xc86f];

/// Channels and the sessions of confidential compute (`ConfidentialComputeApi`).
const SECURE_CHANNELS: &[u32] =
    &[0x906f, 0xa06f, 0xa16f, 0xb06f, 0xc06f, 0xc36f, 0xc46f, 0xc56f, 0xc86f, 0xc96f, 0xca6f, 0xcb33];

/// Classes with a graphics context: `KernelGraphicsContext`, channels and their groups.
const CONTEXTS: &[u32] =
    &[0x90, 0x906f, 0xa06c, 0xa06f, 0xa16f, 0xb06f, 0xc06f, 0xc36f, 0xc46f, 0xc56f, 0xc86f, 0xc96f, 0xca6f];

/// Classes that the driver implements as `GenericEngineApi`.
const ENGINES: &[u32] = &[0x90e6, 0x90e7];

/// Both kinds of profiler, of a context and of a device.
const PROFILERS: &[u32] = &[0xb1cc, 0xb2cc];

/// Displays, all of which are `NvDispApi`.
const DISPLAYS: &[u32] = &[0xc570, 0xc670, 0xc770, 0xc970, 0xca70, 0xcb70, 0xcc70];

/// Buffers of access counters, whose commands kept the number of an older class.
const ACCESS_COUNTERS: &[u32] = &[0xc369];

/// Classes that the driver implements as `MmuVidmemAccessBitBuffer`.
const ACCESS_BITS: &[u32] = &[0xc763, 0xc863];

/// Classes whose objects forward every command to the firmware without checking its flags
/// (src/nvidia/src/kernel/rmapi/binary_api.c:binapiControl_IMPL(), 595.45.04).
const FORWARDING: &[u32] = &[0x2081, 0x2082];

/// The classes of the objects that take the commands of `class` (the upper half of a command's number); `None` if only
/// objects of that class do.
pub const fn receivers(class: u32) -> Option<&'static [u32]> {
    Some(match class {
        0x0000 => CLIENTS,
        0x0041 => MEMORY,
        0x0090 => CONTEXTS,
        0x506f | 0x906f | 0xa06f | 0xb06f | 0xc36f => CHANNELS,
        0x5070 | 0xc370 => DISPLAYS,
        0x90e6 | 0x90e7 => ENGINES,
        0xa16f | 0xa26f | 0xc06f => OLD_CHANNELS,
        0xb069 => ACCESS_COUNTERS,
        0xb0cc => PROFILERS,
        0xc56f => SECURE_CHANNELS,
        0xc763 => ACCESS_BITS,
        _ => return None,
    })
}

/// Whether an object of a class takes a control command.
pub fn takes(object: u32, command: u32) -> bool {
    let class = command >> 16;
    receivers(class).map_or(object == class, |receivers| receivers.contains(&object))
}

/// Whether objects of a class pass on to the firmware what they do not know.
pub fn forwards(object: u32) -> bool {
    FORWARDING.contains(&object)
}

/// Whether a command may reach the firmware without the driver asking whether the object takes it.
pub fn is_for_firmware(command: u32) -> bool {
    command & FIRMWARE != 0 || forwards(command >> 16)
}
