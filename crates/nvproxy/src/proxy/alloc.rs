//! `NV_ESC_RM_ALLOC`: objects of a class.

use super::Proxy;
use super::engine::Frame;
use super::frontend::Escape;
use super::objects::{Details, Freed};
use super::refusal::Refusal;
use crate::abi::numbers::NV01_DEVICE_0;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::abi::{Effect, Param, Parameters, Table, receivers};
use crate::host::{HostDriver, Value};
use nix::errno::Errno;
use version_tree::Standing;

/// The class that stands for any kind of event, which the parameters tell (`NV01_EVENT`).
const NV01_EVENT: u32 = 0x5;

// Both forms of the parameters begin alike.
const ROOT: FieldRef = field!(NVOS64_PARAMETERS, hRoot);
const PARENT: FieldRef = field!(NVOS64_PARAMETERS, hObjectParent);
const NEW: FieldRef = field!(NVOS64_PARAMETERS, hObjectNew);
const CLASS: FieldRef = field!(NVOS64_PARAMETERS, hClass);
const PARAMS: FieldRef = field!(NVOS64_PARAMETERS, pAllocParms);
const RIGHTS: FieldRef = field!(NVOS64_PARAMETERS, pRightsRequested);

impl<D: HostDriver> Proxy<D> {
    pub(super) fn alloc(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        frame.prepare(&escape.block, escape.shape)?;
        let start = escape.block.start;
        let address = frame.scratch.number(start + PARAMS.offset, PARAMS.size);
        let mut class = frame.scratch.u32(start + CLASS.offset);
        let mut params = None;
        if class == NV01_EVENT {
            // The parameters tell what kind it is, and are read once for both (compare
            // src/nvidia/src/kernel/rmapi/alloc_free.c:_fixupAllocParams()).
            let size = size_of::<NV0005_ALLOC_PARAMETERS>();
            let block = match self.abi.standing() {
                Standing::Proved if self.abi.is_of_build() => frame.read(address, size)?,
                _ => frame.read_growing(address, size, false)?,
            };
            class = frame.scratch.u32(block.start + field!(NV0005_ALLOC_PARAMETERS, hClass).offset);
            frame.scratch.lend(start + CLASS.offset, CLASS.size, Value::Number(u64::from(class)))?;
            params = Some(block);
        }
        frame.subject = (Table::Alloc, class);
        let (row, counter) = self.row(&frame.file.file, Table::Alloc, class).map_err(|refusal| match refusal {
            Refusal::Unproved { .. } | Refusal::LeftOut => refusal,
            _ => Refusal::NoClass,
        })?;

        let result = (|| {
            let shape = match row.handling.parameters {
                Parameters::Struct([shape]) => Some(shape),
                Parameters::Empty => None,
                // Of a class the size must be known: the caller does not say it, and the driver reads as much as it is.
                _ => return Err(Refusal::Unsupported),
            };
            if let Some(shape) = shape
                && address != 0
            {
                let block = match params.take() {
                    Some(block) if block.len() == shape.layout.size => block,
                    Some(block) => return Err(self.wrong_size(Table::Alloc, row, block.len())),
                    None => self.read_unsized(Table::Alloc, row, address, shape.layout.size, frame)?,
                };
                frame.prepare(&block, shape)?;
                frame.out.push((address, block.clone()));
                frame.scratch.lend(start + PARAMS.offset, PARAMS.size, Value::Bytes(block.clone()))?;
                params = Some(block);
            } else {
                frame.scratch.lend(start + PARAMS.offset, PARAMS.size, Value::Number(0))?;
                params = None;
            }
            // The driver takes a size that is not 0 at the caller's word (compare
            // src/nvidia/src/kernel/rmapi/alloc_free.c:serverAllocResourceUnderLock(), NV_RM_RPC_ALLOC_OBJECT). With 0
            // it goes by the size that its own release has.
            if let Some(size) = escape.shape.layout.field("paramsSize") {
                let known = params.as_ref().filter(|_| self.abi.has_proved_size(Table::Alloc, row));
                let len = known.map_or(0, ExactSizeIterator::len);
                frame.scratch.lend(start + size.offset, 4, Value::Number(len as u64))?;
            }
            let mut asked = None;
            if escape.shape.params.iter().any(|param| param.field().path == RIGHTS.path) {
                let rights = frame.scratch.number(start + RIGHTS.offset, RIGHTS.size);
                if rights != 0 {
                    let block = frame.read(rights, size_of::<RS_ACCESS_MASK>())?;
                    frame.out.push((rights, block.clone()));
                    frame.scratch.lend(start + RIGHTS.offset, RIGHTS.size, Value::Bytes(block.clone()))?;
                    asked = Some(block);
                }
            }

            let mut origin = frame.origin(escape, params.as_ref(), asked.as_ref());
            if row.handling.effect == Some(Effect::RootClient) {
                // The driver lets a client choose its handle (compare
                // src/nvidia/src/libraries/resserv/src/rs_server.c:serverAllocClient()). A guest could so take the
                // handles that others get next, or had before. No program is known to choose one.
                if !self.restoring && escape.handle(frame, ROOT).0 != 0 {
                    return Err(Refusal::NotZero(ROOT.path));
                }
                let sandbox = frame.file.file.sandbox.id;
                if self.registry.clients.is_full(sandbox) {
                    return Err(Refusal::Clients);
                }
                // The driver looks whose the client will be when the call comes in (compare
                // src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl()). The file may be registered with another one while
                // the call is under way. A client that is noted as this file's and is the other one's in the driver is
                // forgotten no later than the driver frees it, because this file keeps the other one open.
                let owner = frame.file.file.owner();
                self.registry.order(&mut origin);
                let result = self.forward(escape, frame);
                if escape.succeeded(frame, &result) {
                    self.registry.clients.add(escape.handle(frame, NEW), sandbox, owner, origin);
                }
                return Ok(result);
            }
            let client = self.registry.own(&frame.file.file, escape.handle(frame, ROOT))?;
            let mut guard = client.lock().ok_or(Refusal::Client)?;
            if receivers::forwards(class) && client.commands().are_on(escape.handle(frame, NEW)) {
                return Err(Refusal::Commanded);
            }
            const INSTANCE: FieldRef = field!(NV0080_ALLOC_PARAMETERS, deviceId);
            // Without parameters it is the first one, where the release allows that.
            let instance = (class == NV01_DEVICE_0)
                .then(|| params.as_ref().map_or(0, |block| frame.scratch.u32(block.start + INSTANCE.offset)));
            let (sandbox, file) = (&frame.file.file.sandbox, &frame.file.host);
            if instance.is_some_and(|instance| !self.device_allowed(sandbox, file, client.handle, instance)) {
                return Err(Refusal::Gpu);
            }
            self.registry.order(&mut origin);
            let result = self.forward(escape, frame);
            let mut stale = Freed::default();
            if escape.succeeded(frame, &result) {
                // The instance may have become another GPU's meanwhile. A device keeps its GPU, so from here on it holds.
                if instance.is_some_and(|instance| !self.device_made(sandbox, file, client.handle, instance)) {
                    self.ask_free(file, client.handle, escape.handle(frame, NEW));
                    return Err(Refusal::Gpu);
                }
                let (new, parent) = (escape.handle(frame, NEW), escape.handle(frame, PARENT));
                let identity = self.registry.clients.identity();
                let objects = guard.objects();
                stale = objects.add(new, parent, identity, Details { class, mapped: None, origin });
                if let (Some(block), Some(shape)) = (&params, shape) {
                    for param in shape.params {
                        if let Param::Dependency { field, unless } = param {
                            let on = frame.scratch.u32(block.start + field.offset);
                            if Some(on) != *unless {
                                objects.depend(new, NvHandle(on));
                            }
                        }
                    }
                }
            }
            drop(guard);
            drop(stale);
            Ok(result)
        })();
        self.count(counter, Table::Alloc, row, frame, &result);
        let result = result?;
        self.reply(escape, frame, result)
    }
}
