//! Making a sandbox again from a snapshot.

use super::check::{check, remap};
use super::replay::{Counted, get, made, put, replay, settle};
use super::take::{INSTANCE, is_device};
use super::{
    Damage, HostGpu, RestoreError, SavedCall, SavedClient, SavedFile, SavedMapping, SavedObject, Snapshot, Subject,
    WhyNot,
};
use crate::Node;
use crate::abi::numbers::*;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::guest::GuestFile;
use crate::host::HostDriver;
use crate::proxy::{Options, Proxy, Sandbox};
use nix::errno::Errno;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// A sandbox that was made again.
#[derive(Debug)]
pub struct Restored<F> {
    /// The sandbox.
    pub sandbox: Arc<Sandbox>,
    /// Its files, in the order of [`Snapshot::files`]: for the runtime to give to the guest in the place of the old ones.
    pub files: Vec<GuestFile<F>>,
}

impl<D: HostDriver> Proxy<D> {
    /// Makes a sandbox again: opens its files, and makes the calls again that made its clients and objects, which get
    /// the handles that they had.
    ///
    /// `gpus` says which GPU of this host takes the place of one in the snapshot, both by minor numbers; those that it
    /// does not name keep theirs. [`host_gpus`](Self::host_gpus) tells what there is. A GPU must be of the same kind,
    /// and the driver of the same release. `options` are the new sandbox's, which must be given these GPUs.
    ///
    /// A guest that is restored on other GPUs and named one by its identity or UUID before has to ask again, as after a
    /// `cuda-checkpoint`.
    ///
    /// # Errors
    /// [`RestoreError`]; then nothing is left of it.
    pub fn restore(
        &self,
        snapshot: &Snapshot,
        options: Options,
        gpus: &BTreeMap<u32, u32>,
    ) -> Result<Restored<D::File>, RestoreError> {
        check(snapshot, &self.abi.version().to_string())?;
        for client in &snapshot.clients {
            if self.registry.clients.get(NvHandle(client.handle)).is_some() {
                return Err(failed(Subject::Client(client.handle), WhyNot::Taken));
            }
        }
        let sandbox = self.sandbox(options);
        let mut host = Vec::new();
        if !snapshot.gpus.is_empty() {
            let there = self.host_gpus().map_err(RestoreError::Driver)?;
            host = remap(&snapshot.gpus, gpus, &there, |minor| sandbox.has_gpu(minor))?;
        }
        let proxy = Proxy {
            driver: Counted(&self.driver),
            abi: self.abi.clone(),
            registry: self.registry.clone(),
            counters: self.counters.clone(),
            memory_block_size: self.memory_block_size,
            only_proved: self.only_proved,
            restoring: true,
            observer: self.observer.clone(),
            times: self.times,
        };
        let mut remaking = Remaking { proxy, sandbox, snapshot, host, files: Vec::new(), clients: Vec::new() };
        match remaking.all() {
            Ok(()) if remaking.files.iter().all(|file| Rc::strong_count(&file.host) == 1) => Ok(remaking.finished()),
            result => {
                // The driver kept one of the files that calls named: then it is not the guest's alone.
                let error = result.err().unwrap_or(RestoreError::Driver(Errno::EBUSY));
                remaking.undo();
                Err(error)
            }
        }
    }
}

fn failed(subject: Subject, why: WhyNot) -> RestoreError {
    RestoreError::Call { subject, why }
}

struct Remaking<'a, D: HostDriver> {
    proxy: Proxy<Counted<'a, D>>,
    sandbox: Arc<Sandbox>,
    snapshot: &'a Snapshot,
    /// The GPUs of this host, in the order of the snapshot's.
    host: Vec<HostGpu>,
    files: Vec<GuestFile<Rc<D::File>>>,
    /// Those that were made, with their files.
    clients: Vec<(u32, u32)>,
}

impl<D: HostDriver> Remaking<'_, D> {
    fn all(&mut self) -> Result<(), RestoreError> {
        let Snapshot { files, clients, objects, .. } = self.snapshot;
        for file in files {
            self.open(file)?;
        }
        for (index, file) in (0..).zip(files) {
            self.connect(index, file)?;
        }
        clients.iter().try_for_each(|client| self.client(client))?;
        for (index, file) in (0..).zip(files) {
            self.events(index, file)?;
        }
        self.instances();
        objects.iter().try_for_each(|object| self.object(object))?;
        for (index, file) in (0..).zip(files) {
            if let Some(mapping) = &file.mapping {
                self.mapping(index, mapping).map_err(|why| failed(Subject::File(file.node), why))?;
            }
        }
        Ok(())
    }

    fn call(&self, call: &SavedCall) -> Result<Vec<u8>, WhyNot> {
        replay(&self.proxy, &self.files, call)
    }

    fn open(&mut self, file: &SavedFile) -> Result<(), RestoreError> {
        let node = match file.node {
            Node::Device(minor) => {
                let at = self.snapshot.gpus.iter().position(|gpu| gpu.minor == minor);
                let gpu = at.and_then(|at| self.host.get(at));
                Node::Device(gpu.ok_or(RestoreError::Damaged(Damage::NoGpu(minor)))?.minor)
            }
            node => node,
        };
        let opened = self.proxy.open(&self.sandbox, node).map_err(|errno| RestoreError::Open(node, errno))?;
        self.files.push(opened);
        Ok(())
    }

    /// Ties a file to its control file and its GPUs.
    fn connect(&self, index: u32, file: &SavedFile) -> Result<(), RestoreError> {
        let subject = Subject::File(file.node);
        if let Some(control) = file.control {
            // Any number: it means the control file in this one call.
            let call = plain(index, NV_ESC_REGISTER_FD, 0i32.to_le_bytes().to_vec(), vec![(0, control)]);
            self.call(&call).map_err(|why| failed(subject, why))?;
        }
        if !file.attached.is_empty() {
            let pairs = self.snapshot.gpus.iter().zip(&self.host);
            let now: HashMap<u32, u32> = pairs.map(|(saved, host)| (saved.id, host.id)).collect();
            let ids = file.attached.iter().flat_map(|id| now.get(id).copied().unwrap_or(0).to_le_bytes()).collect();
            self.call(&plain(index, NV_ESC_ATTACH_GPUS_TO_FD, ids, Vec::new())).map_err(|why| failed(subject, why))?;
        }
        Ok(())
    }

    fn client(&mut self, client: &SavedClient) -> Result<(), RestoreError> {
        let wrong = |why| failed(Subject::Client(client.handle), why);
        let mut call = client.call.clone();
        settle(&mut call, client.handle, None, client.handle);
        let answer = self.call(&call).map_err(wrong)?;
        let handle = made(call.escape, &answer);
        self.clients.push((call.file, handle));
        if handle == client.handle { Ok(()) } else { Err(wrong(WhyNot::Other(handle))) }
    }

    fn events(&self, index: u32, file: &SavedFile) -> Result<(), RestoreError> {
        for event in &file.events {
            let call = plain(index, NV_ESC_ALLOC_OS_EVENT, event.argument.clone(), vec![event.descriptor]);
            self.call(&call).map_err(|why| failed(Subject::File(file.node), why))?;
        }
        Ok(())
    }

    /// Asks again what the driver calls the GPUs: only now, with the files open, are they attached.
    fn instances(&mut self) {
        let (Some(&(file, client)), false) = (self.clients.first(), self.host.is_empty()) else { return };
        let Some(file) = self.files.get(file as usize) else { return };
        for gpu in &mut self.host {
            gpu.instance = self.proxy.ask_instance(&file.host, NvHandle(client), gpu.id);
        }
    }

    fn object(&self, object: &SavedObject) -> Result<(), RestoreError> {
        let SavedObject { client, handle, class, parent, .. } = *object;
        let wrong = |why| failed(Subject::Object { client, handle, class }, why);
        let mut call = object.call.clone();
        settle(&mut call, client, Some(parent), handle);
        if is_device(&call) {
            let instance = Some(get(&call.params, INSTANCE) as u32);
            let at = self.snapshot.gpus.iter().position(|gpu| gpu.instance == instance);
            let gpu = at.and_then(|at| self.host.get(at));
            let now = gpu.ok_or(wrong(WhyNot::Detached))?.instance.ok_or(wrong(WhyNot::Detached))?;
            // Without parameters it is the first one.
            if call.params.is_empty() && now != 0 {
                call.params.resize(size_of::<NV0080_ALLOC_PARAMETERS>(), 0);
            }
            put(&mut call.params, INSTANCE, u64::from(now));
        }
        let answer = self.call(&call).map_err(wrong)?;
        let new = made(call.escape, &answer);
        if new != handle {
            return Err(wrong(WhyNot::Other(new)));
        }
        let known = self.proxy.registry.clients.get(NvHandle(client));
        let is = known.and_then(|client| client.lock()?.objects().class(NvHandle(handle)));
        if is == Some(class) { Ok(()) } else { Err(wrong(WhyNot::Other(is.unwrap_or(0)))) }
    }

    /// Prepares a file to be mapped, and has the mapping called as the guest does.
    fn mapping(&self, index: u32, mapping: &SavedMapping) -> Result<(), WhyNot> {
        type Map = nv_ioctl_nvos33_parameters_with_fd;
        const ADDRESS: FieldRef = field!(Map, params.pLinearAddress);
        let SavedMapping { file, descriptor, ref argument, address } = *mapping;
        let answer = self.call(&plain(file, NV_ESC_RM_MAP_MEMORY, argument.clone(), vec![(descriptor, index)]))?;
        let now = get(&answer, ADDRESS);
        let objects = [
            (field!(Map, params.hClient), field!(NVOS56_PARAMETERS, hClient), field!(NVOS34_PARAMETERS, hClient)),
            (field!(Map, params.hDevice), field!(NVOS56_PARAMETERS, hDevice), field!(NVOS34_PARAMETERS, hDevice)),
            (field!(Map, params.hMemory), field!(NVOS56_PARAMETERS, hMemory), field!(NVOS34_PARAMETERS, hMemory)),
        ];
        let (escape, argument) = match address {
            Some(address) if address == now => return Ok(()),
            Some(address) => {
                let mut update = vec![0; size_of::<NVOS56_PARAMETERS>()];
                objects.iter().for_each(|(from, to, _)| put(&mut update, *to, get(&answer, *from)));
                put(&mut update, field!(NVOS56_PARAMETERS, pOldCpuAddress), now);
                put(&mut update, field!(NVOS56_PARAMETERS, pNewCpuAddress), address);
                (NV_ESC_RM_UPDATE_DEVICE_MAPPING_INFO, update)
            }
            None => {
                let mut unmap = vec![0; size_of::<NVOS34_PARAMETERS>()];
                objects.iter().for_each(|(from, _, to)| put(&mut unmap, *to, get(&answer, *from)));
                put(&mut unmap, field!(NVOS34_PARAMETERS, pLinearAddress), now);
                (NV_ESC_RM_UNMAP_MEMORY, unmap)
            }
        };
        self.call(&plain(file, escape, argument, Vec::new())).map(drop)
    }

    /// Frees what was made so far. What the driver does not free now, it frees when the files are closed.
    fn undo(self) {
        // What files are tied to is no matter any more: else each client that goes would be looked for in each of them.
        self.sandbox.files.lock().clear();
        for (file, client) in self.clients.iter().rev() {
            let mut free = vec![0; size_of::<NVOS00_PARAMETERS>()];
            put(&mut free, field!(NVOS00_PARAMETERS, hRoot), u64::from(*client));
            put(&mut free, field!(NVOS00_PARAMETERS, hObjectOld), u64::from(*client));
            let _ = self.call(&plain(*file, NV_ESC_RM_FREE, free, Vec::new()));
        }
    }

    fn finished(self) -> Restored<D::File> {
        // Nobody else counts on them, as was made sure of.
        let given =
            |GuestFile { file, host }: GuestFile<Rc<D::File>>| Some(GuestFile { file, host: Rc::into_inner(host)? });
        Restored { sandbox: self.sandbox, files: self.files.into_iter().filter_map(given).collect() }
    }
}

/// A call that leads nowhere.
fn plain(file: u32, escape: u32, argument: Vec<u8>, descriptors: Vec<(i32, u32)>) -> SavedCall {
    SavedCall { file, escape, argument, params: Vec::new(), rights: Vec::new(), descriptors }
}
