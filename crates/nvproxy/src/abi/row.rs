//! What one entry of the tables says.

use super::capability::Capabilities;
use super::reflect::{FieldRef, Layout, Type};

/// An ioctl, control command or class: everything the proxy knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The ioctl's number (`_IOC_NR` on the frontend, the whole command for UVM), the control command or the class.
    pub number: u32,
    /// NVIDIA's name of the number; where headers have none, one that others gave it, or `UNKNOWN_CONTROL_COMMAND_` with
    /// the number.
    pub name: &'static str,
    /// What comes with it, and what is done to that.
    pub handling: Handling,
    /// Who may use it: one of these is enough.
    pub capabilities: Capabilities,
}

/// What an entry carries, and what of that has to be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handling {
    /// The parameters.
    pub parameters: Parameters,
    /// What it does besides, which the proxy has to know of.
    pub effect: Option<Effect>,
}

/// The parameters of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// There are none.
    Empty,
    /// One struct, or one of several, which the size tells apart.
    Struct(&'static [Shape]),
    /// As many of one type as the caller's size says.
    Repeated(&'static Layout),
    /// Bytes of the struct of this name, of which no header is at hand: taken at the caller's size, and unproved.
    Opaque(&'static str),
    /// Bytes of which NVIDIA publishes neither number nor struct, known from what clients ask: taken at the caller's
    /// size, and unproved.
    Unpublished,
    /// Whatever they are, they are not looked at: the request is refused as the driver may refuse it. A control command
    /// that is the resource manager's own, or has a pointer that the proxy does not translate, has such a row where its
    /// number alone would take it to the firmware.
    Refused,
}

/// A struct of parameters, with what in it is not plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// NVIDIA's name for the parameters: the struct's, or that of a typedef of it.
    pub name: &'static str,
    /// The struct.
    pub layout: &'static Layout,
    /// The fields to do something about. All others are passed as they are.
    pub params: &'static [Param],
}

/// What is done about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// It points to memory of the guest, which is copied. A null pointer stays null.
    Pointer(Pointer),
    /// It is a file descriptor of the guest; the driver gets the host's.
    Descriptor(Descriptor),
    /// The driver gets zero in its place, whatever the guest wrote.
    Null(FieldRef),
    /// The driver gets this value, whatever the guest wrote; the guest gets its own back.
    Fixed {
        /// Where it stands: up to eight bytes.
        field: FieldRef,
        /// What the driver gets.
        value: i64,
    },
    /// The guest must have written zero.
    Zero(FieldRef),
    /// It looks like a pointer, but the driver only compares it and never follows it.
    Key(FieldRef),
    /// It is the handle of an object of the same client without which the new one cannot be: freeing that one frees
    /// this one. `unless` is a value that names none; neither does 0.
    Dependency {
        /// The handle.
        field: FieldRef,
        /// A handle value with a meaning of its own.
        unless: Option<u32>,
    },
    /// It is the handle of a client, or several of them: each must be the sandbox's, or null. The driver itself does
    /// not check who owns some of these (compare
    /// src/nvidia/src/libraries/resserv/src/rs_server.c:serverCopyResource()).
    Client(FieldRef),
    /// It is the handle of a client that must have been made on the file of the call, or on the control file which that
    /// one is registered with: the driver does not ask whose it is (compare
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c:allocate_os_event()).
    OwnClient(FieldRef),
    /// It is the identity of a GPU, or several of them. Those that the guest gives must be of GPUs that the sandbox has;
    /// of those that the driver gives, the guest sees the sandbox's. 0 and `NV0000_CTRL_GPU_INVALID_ID` are of none.
    GpuIds(FieldRef, Direction),
    /// It is the UUID of a GPU (`NvProcessorUuid`): of one that the sandbox has made a device of, where it was not given
    /// all. The driver of `/dev/nvidia-uvm` takes any (compare
    /// kernel-open/nvidia-uvm/uvm_va_space.c:uvm_api_register_gpu()).
    GpuUuid(FieldRef),
    /// The driver writes an address of its own there, which is nobody's business, and may follow what it finds: both
    /// sides get zero.
    Wipe {
        /// The field in the first element of an array.
        field: FieldRef,
        /// How many elements there are.
        count: usize,
        /// From one to the next, in bytes.
        stride: usize,
    },
    /// The entry's [`Effect`] takes care of it.
    Special(FieldRef),
}

impl Param {
    /// The field it is about.
    pub const fn field(&self) -> &FieldRef {
        match self {
            Self::Pointer(pointer) => &pointer.field,
            Self::Descriptor(descriptor) => &descriptor.field,
            Self::Null(field)
            | Self::Zero(field)
            | Self::Key(field)
            | Self::Client(field)
            | Self::OwnClient(field)
            | Self::GpuIds(field, _)
            | Self::GpuUuid(field)
            | Self::Special(field) => field,
            Self::Fixed { field, .. } | Self::Dependency { field, .. } | Self::Wipe { field, .. } => field,
        }
    }
}

/// The driver's limit for what a pointer in parameters refers to, in bytes
/// (`RMAPI_PARAM_COPY_MAX_PARAMS_SIZE`; compare src/nvidia/src/kernel/rmapi/param_copy.c:rmapiParamsAcquire()).
pub const PARAMS_SIZE_MAX: usize = 1 << 20;

/// The most bytes of parameters that an ioctl on a frontend file can carry: its number has 14 bits for that. The driver
/// takes one byte more of a wrapped one (`NV_ABSOLUTE_MAX_IOCTL_SIZE`), but nothing has that size.
pub const IOCTL_SIZE_MAX: usize = 0x3fff;

/// The limit for reading a GPU's memory through a debugger, in bytes. The driver has none here
/// (`RMAPI_PARAM_COPY_FLAGS_DISABLE_MAX_SIZE_CHECK`); this one is more than core dumps of a GPU were seen to ask. The
/// proxy reads it in pieces of [`PARAMS_SIZE_MAX`].
pub const DEBUG_READ_MEMORY_MAX: usize = 1 << 30;

/// An embedded pointer (compare src/nvidia/src/kernel/rmapi/embedded_param_copy.c:embeddedParamCopyIn()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// The pointer.
    pub field: FieldRef,
    /// Who reads what it points to, and who writes.
    pub direction: Direction,
    /// The field that says how many elements there are.
    pub count: FieldRef,
    /// Whether there are that many times that many.
    pub squared: bool,
    /// The greatest count that means anything to the driver; a greater one is made this.
    pub clamp: Option<u32>,
    /// What an element is.
    pub element: Type,
    /// What they may be in all, in bytes; more is refused before anything is allocated.
    pub limit: usize,
    /// Whether they are handles of clients: see [`Param::Client`].
    pub clients: bool,
}

/// Which way the bytes behind a pointer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The driver reads them.
    In,
    /// The driver writes them; it gets zeros.
    Out,
    /// Both.
    InOut,
}

/// A file descriptor in the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Where it is: four bytes or eight, of which the driver looks at the lower four.
    pub field: FieldRef,
    /// What the file must be.
    pub file: File,
    /// What says that there is none.
    pub absent: Absent,
}

/// What kind of file a descriptor has to refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `/dev/nvidiactl`.
    Control,
    /// `/dev/nvidia#`.
    Device,
    /// Either: the driver wants the kind that the call is made on, or does not care.
    Frontend,
    /// `/dev/nvidia-uvm`.
    Uvm,
    /// Either frontend kind, as the key under which an event is known: the driver compares the number and never
    /// resolves it (compare src/nvidia/arch/nvalloc/unix/src/os.c:osUserHandleToKernelPtr()).
    Event,
    /// A dma-buf that the driver exported.
    DmaBuf,
    /// The file that the client of the same parameters was made on. The driver gets that one, whatever the guest gives: it
    /// does not look at the descriptor (compare
    /// kernel-open/nvidia-uvm/uvm_va_space.c:uvm_va_space_register_gpu_va_space()).
    ClientFile,
    /// A file of `/dev/nvidia-caps` or `/dev/nvidia-caps-imex-channels`.
    Capability,
}

/// What a descriptor's field holds where there is no descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// There always is one.
    Never,
    /// Any negative number, which the driver gets as it is.
    Negative,
    /// Zero.
    Zero,
}

/// What an entry does that its parameters do not say; code has to take care of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// Makes an object; the parameters are the class's.
    Alloc,
    /// Frees an object, with all that hangs on it.
    Free,
    /// Lets a second client have an object of the first.
    DupObject,
    /// Sends a control command; the parameters are the command's.
    Control,
    /// Makes a memory object out of what a descriptor or the guest's memory holds.
    AllocMemory,
    /// Makes a context DMA under the parent of a memory object.
    AllocContextDma2,
    /// Makes a memory object, among other functions of which only that one is known here.
    VidHeapControl,
    /// Prepares a file for being mapped.
    MapMemory,
    /// Ties a file to a control file.
    RegisterFd,
    /// Opens a dma-buf of memory objects.
    ExportToDmabuf,
    /// Makes a client, which belongs to the file it was made on.
    RootClient,
    /// Ties an event to a file.
    OsEvent,
    /// Prepares `/dev/nvidia-uvm` for use; the driver remembers the caller's memory.
    UvmInitialize,
    /// Ties the memory of a second process to an initialised file.
    UvmMmInitialize,
    /// Sets something for the whole host.
    SysParams,
}

impl Effect {
    /// As in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alloc => "alloc",
            Self::Free => "free",
            Self::DupObject => "dup-object",
            Self::Control => "control",
            Self::AllocMemory => "alloc-memory",
            Self::AllocContextDma2 => "alloc-context-dma2",
            Self::VidHeapControl => "vid-heap-control",
            Self::MapMemory => "map-memory",
            Self::RegisterFd => "register-fd",
            Self::ExportToDmabuf => "export-to-dmabuf",
            Self::RootClient => "root-client",
            Self::OsEvent => "os-event",
            Self::UvmInitialize => "uvm-initialize",
            Self::UvmMmInitialize => "uvm-mm-initialize",
            Self::SysParams => "sys-params",
        }
    }
}

impl Handling {
    /// The structs it may come with.
    pub const fn shapes(&self) -> &'static [Shape] {
        match self.parameters {
            Parameters::Struct(shapes) => shapes,
            _ => &[],
        }
    }

    /// Whether nothing at all in the parameters is looked at, so that they may have any size.
    pub fn is_plain(&self) -> bool {
        self.effect.is_none() && !self.shapes().is_empty() && self.shapes().iter().all(|shape| shape.params.is_empty())
    }

    /// Whether the parameters are passed on, and back, as they are: nothing in them is more than looked at.
    pub fn is_simple(&self) -> bool {
        let looked_at = |param: &Param| {
            matches!(param, Param::Key(_) | Param::Client(_) | Param::OwnClient(_) | Param::GpuIds(_, Direction::In))
        };
        self.effect.is_none()
            && match self.parameters {
                Parameters::Struct(shapes) => shapes.iter().all(|shape| shape.params.iter().all(looked_at)),
                Parameters::Repeated(_) | Parameters::Opaque(_) | Parameters::Unpublished => true,
                Parameters::Empty | Parameters::Refused => false,
            }
    }

    /// In a word, as in machine-readable output: `simple`, `no-params`, `repeated`, `opaque`, `unpublished`,
    /// `refused`, `translated`, or the name of its effect.
    pub fn name(&self) -> &'static str {
        match (self.effect, self.parameters) {
            (Some(effect), _) => effect.name(),
            (None, Parameters::Empty) => "no-params",
            (None, Parameters::Repeated(_)) => "repeated",
            (None, Parameters::Opaque(_)) => "opaque",
            (None, Parameters::Unpublished) => "unpublished",
            (None, Parameters::Refused) => "refused",
            (None, Parameters::Struct(_)) if self.is_simple() => "simple",
            (None, Parameters::Struct(_)) => "translated",
        }
    }
}

impl Row {
    /// NVIDIA's names of the structs it may come with.
    pub fn structs(&self) -> impl Iterator<Item = &'static str> {
        let (shapes, other) = match self.handling.parameters {
            Parameters::Struct(shapes) => (shapes, None),
            // A list of numbers is of no struct.
            Parameters::Repeated(layout) => (&[][..], (!layout.fields.is_empty()).then_some(layout.name)),
            Parameters::Opaque(name) => (&[][..], Some(name)),
            Parameters::Empty | Parameters::Unpublished | Parameters::Refused => (&[][..], None),
        };
        shapes.iter().map(|shape| shape.name).chain(other)
    }
}
