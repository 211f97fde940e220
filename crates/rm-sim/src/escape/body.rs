//! What objects of each kind are made of.

use crate::event::Event;
use crate::frame::{Block, Frame};
use crate::gpu::{Channel, Running, Space};
use crate::memory::{Budget, Memory, PAGE, Store};
use crate::rm::{Body, Kind, Rm};
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;

/// How large the doorbell of a GPU is, in bytes (`NVC361_NV_USERMODE__SIZE`).
const USERMODE: u64 = 64 << 10;
/// As many entries as a channel can have (`gpFifoEntries` is a power of two; NV_CHANNEL_MAX_GPFIFO_ENTRIES).
const MOST_ENTRIES: u32 = 1 << 20;

/// An object in the making.
pub(super) struct New {
    pub client: (u32, u64),
    pub parent: u32,
    pub class: u32,
    pub kind: Kind,
    /// The GPU of its parent.
    pub gpu: Option<usize>,
}

/// What an object has, the GPU that it is below, and what it cannot be without.
type Made = (Body, Option<usize>, Vec<u32>);

impl Inner {
    pub(super) fn body(
        &self,
        rm: &mut Rm,
        new: &New,
        params: Option<&Block>,
        frame: &mut Frame<'_>,
    ) -> Result<Made, NV_STATUS> {
        let given = params.ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT);
        let mut made: Made = (Body::None, new.gpu, Vec::new());
        match new.kind {
            Kind::Device => {
                let device = params.map_or(0, |params| frame.get(params, "deviceId"));
                let gpu = usize::try_from(device).ok().filter(|gpu| *gpu < self.gpus.len());
                made.1 = Some(gpu.ok_or(NV_STATUS::NV_ERR_INVALID_DEVICE)?);
                // Channels without an address space of their own use the device's.
                made.0 = Body::Space(Arc::default());
            }
            Kind::Subdevice => {
                if params.is_some_and(|params| frame.get(params, "subDeviceId") != 0) {
                    return Err(NV_STATUS::NV_ERR_INVALID_DEVICE);
                }
            }
            Kind::Memory => {
                let system = self.abi.alloc().get(new.class).is_some_and(|row| row.name == "NV01_MEMORY_SYSTEM");
                made.0 = self.memory_from_params(new, given?, system, frame)?;
            }
            Kind::Range => made.0 = self.range_from_params(given?, frame),
            Kind::Space => {
                let params = given?;
                frame.set(params, "vaSize", 1 << 49);
                frame.set(params, "vaBase", 0);
                made.0 = Body::Space(Arc::default());
            }
            Kind::Group | Kind::Share => {
                let handle = frame.get32(given?, "hVASpace");
                made.0 = Body::Space(self.space(rm, new, handle)?);
                made.2.push(handle);
            }
            Kind::Channel => made = self.channel(rm, new, given?, frame)?,
            Kind::Usermode => made.0 = Body::Memory(self.small(USERMODE)?),
            Kind::Shared => made.0 = Body::Memory(self.small(PAGE)?),
            Kind::Event => made = self.event(rm, new, given?, frame)?,
            Kind::Client | Kind::Engine | Kind::Debugger | Kind::System | Kind::Part => {}
        }
        Ok(made)
    }

    /// Memory of the driver's own.
    fn small(&self, length: u64) -> Result<Arc<Memory>, NV_STATUS> {
        self.store(length, &self.system)
    }

    /// Memory of that kind.
    pub(super) fn store(&self, length: u64, of: &Arc<Budget>) -> Result<Arc<Memory>, NV_STATUS> {
        let store = Store::new(length, of, &self.host).ok_or(NV_STATUS::NV_ERR_NO_MEMORY)?;
        Ok(Arc::new(Memory::Store(store)))
    }

    /// An address space: the one named, else that of the parent or of a device above it.
    fn space(&self, rm: &mut Rm, new: &New, handle: u32) -> Result<Arc<Space>, NV_STATUS> {
        if handle != 0 {
            return match rm.body(new.client.0, handle) {
                Some(Body::Space(space)) => Ok(space),
                _ => Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE),
            };
        }
        let mut above = new.parent;
        let objects = &rm.client(new.client.0, new.client.1)?.objects;
        while let Some(object) = objects.get(above) {
            if let Body::Space(space) = &object.body {
                return Ok(space.clone());
            }
            above = objects.parent(above).unwrap_or(0);
        }
        Err(NV_STATUS::NV_ERR_INVALID_OBJECT_PARENT)
    }

    /// Compare src/nvidia/src/kernel/gpu/fifo/kernel_channel.c:kchannelConstruct_IMPL().
    fn channel(&self, rm: &mut Rm, new: &New, params: &Block, frame: &mut Frame<'_>) -> Result<Made, NV_STATUS> {
        let gpu = new.gpu.ok_or(NV_STATUS::NV_ERR_INVALID_OBJECT_PARENT)?;
        let entries = frame.get32(params, "gpFifoEntries");
        if entries == 0 || entries > MOST_ENTRIES {
            return Err(NV_STATUS::NV_ERR_INVALID_ARGUMENT);
        }
        let (share, space) = (frame.get32(params, "hContextShare"), frame.get32(params, "hVASpace"));
        let (userd, notifier) = (frame.get32(params, "hUserdMemory"), frame.get32(params, "hObjectError"));
        let memory = |rm: &Rm, handle: u32| match rm.body(new.client.0, handle) {
            Some(Body::Memory(memory)) => Ok(memory),
            _ => Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE),
        };
        let named = if share != 0 { share } else { space };
        let channel = Channel {
            id: (self.number() & 0xfff) as u32,
            gpu: self.gpus.get(gpu).map(|gpu| gpu.listeners.clone()).unwrap_or_default(),
            space: self.space(rm, new, named)?,
            fifo: frame.get(params, "gpFifoOffset"),
            entries,
            userd: match userd {
                0 => self.small(PAGE)?,
                handle => memory(rm, handle)?,
            },
            userd_offset: frame.get(params, "userdOffset"),
            notifier: match notifier {
                0 => None,
                handle => memory(rm, handle).ok(),
            },
            closed: false.into(),
            failed: false.into(),
            faults: self.faults.clone(),
            next: 0.into(),
            state: Default::default(),
            listeners: Default::default(),
        };
        frame.set(params, "cid", channel.id.into());
        let channel = Arc::new(channel);
        if !self.engine.add(channel.clone()) {
            return Err(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES);
        }
        let on = [share, space, userd].into_iter().filter(|handle| *handle != 0).collect();
        Ok((Body::Channel(Arc::new(Running(channel))), new.gpu, on))
    }

    /// Compare src/nvidia/src/kernel/rmapi/event.c:eventConstruct_IMPL().
    fn event(&self, rm: &mut Rm, new: &New, params: &Block, frame: &mut Frame<'_>) -> Result<Made, NV_STATUS> {
        let named = frame.get32(params, "hParentClient");
        let client = if named == 0 { new.client.0 } else { named };
        let source = match frame.get32(params, "hSrcResource") {
            0 => new.parent,
            source => source,
        };
        let key = frame.get32(params, "data");
        let file = rm.os_event(client, key).ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT)?.file.clone();
        let event = Arc::new(Event { file });
        match (rm.body(client, source), rm.gpu(client, source)) {
            (Some(Body::Channel(channel)), _) => channel.0.listeners.add(&event),
            // What a GPU tells of, it tells of all its channels.
            (_, Some(gpu)) => self.gpus.get(gpu).into_iter().for_each(|gpu| gpu.listeners.add(&event)),
            _ => {}
        }
        Ok((Body::Event(event), new.gpu, Vec::new()))
    }
}
