//! The guest: what a program that uses a GPU asks first, and what one asks that is up to no good.

use super::Look;
use super::parameters::{Parameters, text};
use super::raw;
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Table};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use version_tree::{DriverVersion, Tree};

// Handles are the client's own choice, but for the client's.
const DEVICE: u64 = 0x5c00_0001;
const SUBDEVICE: u64 = 0x5c00_0002;
const MEMORY: u64 = 0x5c00_0003;
const ENCODER: u64 = 0x5c00_0004;

/// `NV2080_CTRL_FB_INFO_INDEX_TOTAL_RAM_SIZE`.
const TOTAL_RAM: u32 = 8;
/// What it maps, in bytes.
const PAGE: usize = 4096;

/// Everything the guest does.
pub(crate) fn guest(version: DriverVersion, look: Look) -> Result<()> {
    let mut guest = Guest::new(version, look)?;
    guest.says("A client of the driver, and the GPU behind it")?;
    guest.finds_a_gpu()?;
    guest.says("Questions, whose parameters hold pointers")?;
    guest.asks()?;
    guest.says("Memory of the driver's, mapped by the guest")?;
    guest.maps()?;
    guest.says("What the proxy refuses")?;
    guest.tries()
}

struct Guest {
    abi: Abi,
    look: Look,
    control: File,
    device: Option<File>,
    client: u64,
}

impl Guest {
    fn new(version: DriverVersion, look: Look) -> Result<Self> {
        let abi = Abi::compose(Tree::embedded(), version)?;
        Ok(Self { abi, look, control: open("/dev/nvidiactl")?, device: None, client: 0 })
    }

    /// A heading.
    fn says(&self, text: &str) -> Result<()> {
        self.print(&format!("\n{}", self.look.paint(Style::new().bold(), text)))
    }

    /// What it learnt.
    fn learns(&self, text: &str) -> Result<()> {
        self.print(&format!("  {}  {text}", self.look.paint(AnsiColor::Cyan.on_default(), "guest   ")))
    }

    fn print(&self, text: &str) -> Result<()> {
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            // Whoever reads it has seen enough.
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    fn finds_a_gpu(&mut self) -> Result<()> {
        let outer = self.alloc(0, 0, NV01_ROOT, None)?;
        self.client = outer.number("hObjectNew");
        let probed = self.control(self.client, NV0000_CTRL_CMD_GPU_GET_PROBED_IDS, |_| {})?;
        let gpu = probed.number("gpuIds") & 0xffff_ffff;
        self.control(self.client, NV0000_CTRL_CMD_GPU_ATTACH_IDS, |ids| {
            // The list ends with an identity of no GPU.
            *ids = ids.clone().with_list("gpuIds", &[gpu as u32, u32::MAX]);
        })?;
        let device = open("/dev/nvidia0")?;
        let mut register = self.outer(NV_ESC_REGISTER_FD)?.with("ctl_fd", self.control.as_raw_fd() as u64);
        self.escape_on(&device, NV_ESC_REGISTER_FD, &mut register).context("REGISTER_FD")?;
        self.device = Some(device);
        let parameters = self.inner(Table::Alloc, NV01_DEVICE_0)?.with("deviceId", 0);
        self.object(self.client, DEVICE, NV01_DEVICE_0, Some(parameters))?;
        let parameters = self.inner(Table::Alloc, NV20_SUBDEVICE_0)?;
        self.object(DEVICE, SUBDEVICE, NV20_SUBDEVICE_0, Some(parameters))
    }

    fn asks(&mut self) -> Result<()> {
        let name = self.control(SUBDEVICE, NV2080_CTRL_CMD_GPU_GET_NAME_STRING, |_| {})?;
        let name = name.text("gpuNameString");
        // Three pointers to places for texts.
        let mut texts = [[0u8; 80]; 3];
        let [driver, version, title] = &mut texts;
        let places = [driver, version, title].map(|text| text.as_mut_ptr().expose_provenance() as u64);
        self.control(self.client, NV0000_CTRL_CMD_SYSTEM_GET_BUILD_VERSION, |asked| {
            let all = asked.clone().with("sizeOfStrings", 80).with("pDriverVersionBuffer", places[0]);
            *asked = all.with("pVersionBuffer", places[1]).with("pTitleBuffer", places[2]);
        })?;
        let memory = self.control(SUBDEVICE, NV2080_CTRL_CMD_FB_GET_INFO_V2, |asked| {
            *asked = asked.clone().with("fbInfoListSize", 1).with_list("fbInfoList", &[TOTAL_RAM, 0]);
        })?;
        let kibibytes = memory.words("fbInfoList").get(1).copied().unwrap_or_default();
        let gibibytes = f64::from(kibibytes) / f64::from(1 << 20);
        self.learns(&format!("driver {}: {name}, {gibibytes:.1} GiB", text(&texts[0])))
    }

    fn maps(&mut self) -> Result<()> {
        let parameters = self.inner(Table::Alloc, NV01_MEMORY_SYSTEM)?.with("size", PAGE as u64);
        self.object(DEVICE, MEMORY, NV01_MEMORY_SYSTEM, Some(parameters.with("owner", 1)))?;
        let file = open("/dev/nvidiactl")?;
        let map = self.outer(NV_ESC_RM_MAP_MEMORY)?.with("hClient", self.client).with("hDevice", DEVICE);
        let mut map = map.with("hMemory", MEMORY).with("length", PAGE as u64).with("fd", file.as_raw_fd() as u64);
        self.escape(NV_ESC_RM_MAP_MEMORY, &mut map)?;
        let sent = b"written by the guest";
        let read = raw::write_and_read(&file, PAGE, sent).context("mmap")?;
        if read != sent {
            bail!("the mapped memory does not keep what is written to it");
        }
        self.learns(&format!("mapped {PAGE} bytes and wrote to them; they read {:?}", text(&read)))
    }

    /// None of this may succeed.
    fn tries(&mut self) -> Result<()> {
        let refused = [
            // A command that nothing is known of.
            self.try_control(self.client, self.client, 0x0000_7777),
            self.try_control(self.client, SUBDEVICE, self.newer()),
            // One that takes the capability profiling, and a class that takes video.
            self.try_control(self.client, SUBDEVICE, NV2080_CTRL_CMD_GPU_EXEC_REG_OPS),
            self.alloc(DEVICE, ENCODER, NVC4B7_VIDEO_ENCODER, None).map(drop),
            // Somebody else's client, as clients are numbered.
            self.try_control(self.client + 1, self.client + 1, NV0000_CTRL_CMD_GPU_GET_PROBED_IDS),
            self.try_to_lend_stdout(),
            self.try_to_set_for_the_host(),
            self.try_odd(),
        ];
        match refused.iter().position(Result::is_ok) {
            Some(index) => bail!("number {index} of what is to be refused was not"),
            None => Ok(()),
        }
    }

    fn try_control(&self, client: u64, object: u64, command: u32) -> Result<()> {
        let mut outer = self.outer(NV_ESC_RM_CONTROL)?.with("hClient", client).with("hObject", object);
        outer = outer.with("cmd", u64::from(command));
        self.escape(NV_ESC_RM_CONTROL, &mut outer)
    }

    /// A command that only later releases have.
    fn newer(&self) -> u32 {
        let later = nvproxy::abi::changing().filter(|release| *release > self.abi.version());
        let mut added = later.flat_map(nvproxy::abi::changes).filter(|change| change.table() == Table::Control);
        let unknown = |change: &&nvproxy::abi::Change| self.abi.control().get(change.number()).is_none();
        added.find(unknown).map_or(0x0000_7778, |change| change.number())
    }

    /// A descriptor that is none of the driver's.
    fn try_to_lend_stdout(&self) -> Result<()> {
        let device = self.device.as_ref().context("no device file")?;
        let mut register = self.outer(NV_ESC_REGISTER_FD)?.with("ctl_fd", 1);
        self.escape_on(device, NV_ESC_REGISTER_FD, &mut register)
    }

    fn try_to_set_for_the_host(&self) -> Result<()> {
        let mut params = self.outer(NV_ESC_SYS_PARAMS)?.with("memblock_size", 1);
        self.escape(NV_ESC_SYS_PARAMS, &mut params)
    }

    /// An ioctl that the driver has, that takes no size, and that no client of these kinds needs (0x5f); its type and
    /// direction are another driver's, which NVIDIA's does not look at.
    fn try_odd(&self) -> Result<()> {
        const ODD: u32 = 0x0004_5a5f;
        raw::ioctl(&self.control, ODD, &mut [0; 4]).map(drop).map_err(Into::into)
    }

    fn object(&self, parent: u64, new: u64, class: u32, parameters: Option<Parameters>) -> Result<()> {
        self.alloc(parent, new, class, parameters).map(drop).with_context(|| format!("class {class:#x}"))
    }

    fn alloc(&self, parent: u64, new: u64, class: u32, mut parameters: Option<Parameters>) -> Result<Parameters> {
        let address = parameters.as_mut().map_or(0, Parameters::address);
        let outer = self.outer(NV_ESC_RM_ALLOC)?.with("hRoot", self.client).with("hObjectParent", parent);
        let mut outer = outer.with("hObjectNew", new).with("hClass", u64::from(class)).with("pAllocParms", address);
        self.escape(NV_ESC_RM_ALLOC, &mut outer)?;
        Ok(outer)
    }

    /// A control command with its parameters, as they come back.
    fn control(&self, object: u64, command: u32, fill: impl FnOnce(&mut Parameters)) -> Result<Parameters> {
        let mut inner = self.inner(Table::Control, command)?;
        fill(&mut inner);
        let outer = self.outer(NV_ESC_RM_CONTROL)?.with("hClient", self.client).with("hObject", object);
        let outer = outer.with("cmd", u64::from(command)).with("params", inner.address());
        let mut outer = outer.with("paramsSize", inner.bytes.len() as u64);
        self.escape(NV_ESC_RM_CONTROL, &mut outer).with_context(|| format!("command {command:#x}"))?;
        Ok(inner)
    }

    fn escape(&self, number: u32, parameters: &mut Parameters) -> Result<()> {
        self.escape_on(&self.control, number, parameters)
    }

    /// An ioctl, and what it says for itself.
    fn escape_on(&self, file: &File, number: u32, parameters: &mut Parameters) -> Result<()> {
        let size = parameters.bytes.len() as u32;
        // `_IOWR('F', number, size)`.
        let request = 3 << 30 | size << 16 | 0x46 << 8 | number;
        raw::ioctl(file, request, &mut parameters.bytes)?;
        match NV_STATUS(parameters.number("status") as u32) {
            NV_STATUS::NV_OK => Ok(()),
            status => bail!("{status}"),
        }
    }

    /// The shortest form of an ioctl's parameters.
    fn outer(&self, number: u32) -> Result<Parameters> {
        let shapes = self.abi.frontend().get(number).map(|row| row.handling.shapes()).unwrap_or_default();
        let shortest = shapes.iter().map(|shape| shape.layout).min_by_key(|layout| layout.size);
        shortest.map(Parameters::of).with_context(|| format!("this release has no ioctl {number:#x}"))
    }

    fn inner(&self, table: Table, number: u32) -> Result<Parameters> {
        let shapes = self.abi.table(table).get(number).map(|row| row.handling.shapes()).unwrap_or_default();
        let first = shapes.first().with_context(|| format!("this release has no {} {number:#x}", table.as_str()))?;
        Ok(Parameters::of(first.layout))
    }
}

fn open(path: &str) -> Result<File> {
    let opened = File::options().read(true).write(true).open(path);
    opened.map_err(|e| e.raw_os_error().map_or(Errno::EIO, Errno::from_raw)).with_context(|| path.to_owned())
}
