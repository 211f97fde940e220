//! Taking a snapshot.

use super::check::check;
use super::replay::{CLASS, get, settle, source};
use super::{
    FORMAT, HostGpu, MappedBy, Obstacle, Origin, SaveError, SavedCall, SavedClient, SavedEvent, SavedFile,
    SavedMapping, SavedObject, Snapshot, Subject, Why,
};
use crate::abi::numbers::{NV_ESC_RM_ALLOC, NV01_DEVICE_0};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::{NV0080_ALLOC_PARAMETERS, nv_ioctl_alloc_os_event_t};
use crate::abi::types::NvHandle;
use crate::abi::{Abi, Param};
use crate::host::HostDriver;
use crate::proxy::{Client, File, FileId, Proxy, Sandbox};
use crate::{Mapping, Node};
use std::collections::HashMap;
use std::sync::Arc;

/// Which GPU `NV01_DEVICE_0` is of.
pub(super) const INSTANCE: FieldRef = field!(NV0080_ALLOC_PARAMETERS, deviceId);

/// A snapshot, with the files that it is of.
#[derive(Debug)]
pub struct Saved {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What [`Snapshot::files`] are of, in the same order: so a runtime knows which of its descriptors is which.
    pub files: Vec<Arc<File>>,
}

/// A snapshot in the making.
#[derive(Default)]
struct Taking {
    files: Vec<Arc<File>>,
    index: HashMap<FileId, u32>,
    obstacles: Vec<Obstacle>,
    clients: Vec<(u64, SavedClient)>,
    objects: Vec<(u64, SavedObject)>,
    /// By client and handle, when each was made, and what it shares with its duplicates.
    made: HashMap<(u32, u32), (u64, u64)>,
}

impl<D: HostDriver> Proxy<D> {
    /// Takes a snapshot of a sandbox that was made with [`Options::saveable`](crate::Options::saveable).
    ///
    /// Meanwhile its guests must not call, and no descriptor of theirs may be closed; afterwards it goes on as before.
    ///
    /// # Errors
    /// Whatever could not be made again, all of it: nothing is left out of a snapshot silently.
    pub fn save(&self, sandbox: &Arc<Sandbox>) -> Result<Saved, SaveError> {
        if !sandbox.options.saveable {
            return Err(SaveError::NotSaveable);
        }
        let gpus = self.host_gpus().map_err(SaveError::Driver)?;
        let files: Vec<_> = sandbox.files.lock().values().filter_map(std::sync::Weak::upgrade).collect();
        let index = (0..).zip(&files).map(|(index, file)| (file.id, index)).collect();
        let mut taking = Taking { files, index, ..Taking::default() };
        for client in self.registry.clients.of(sandbox.id) {
            taking.client(&client);
        }
        taking.clients.sort_by_key(|(sequence, _)| *sequence);
        taking.objects.sort_by_key(|(sequence, _)| *sequence);
        taking.sources();
        taking.named(&self.abi);
        let files: Vec<_> = taking.files.clone().iter().map(|file| taking.file(file)).collect();
        let gpus = taking.gpus(gpus, &files);
        if !taking.obstacles.is_empty() {
            return Err(SaveError::Obstacles(taking.obstacles));
        }
        let snapshot = Snapshot {
            format: FORMAT,
            driver: self.abi.version().to_string(),
            gpus,
            files,
            clients: taking.clients.into_iter().map(|(_, client)| client).collect(),
            objects: taking.objects.into_iter().map(|(_, object)| object).collect(),
        };
        // What could not be restored is not to be found out when the original is gone.
        check(&snapshot, &snapshot.driver).map_err(|error| SaveError::Changing(Box::new(error)))?;
        Ok(Saved { snapshot, files: taking.files })
    }
}

impl Taking {
    fn obstacle(&mut self, subject: Subject, why: Why) {
        self.obstacles.push(Obstacle { subject, why });
    }

    fn client(&mut self, client: &Client) {
        let Some(mut guard) = client.lock() else { return };
        let objects = guard.objects();
        let root = client.handle.0;
        for view in objects.each() {
            let (handle, class) = (view.handle.0, view.details.class);
            let is_client = view.handle == client.handle;
            let subject =
                if is_client { Subject::Client(handle) } else { Subject::Object { client: root, handle, class } };
            let Some(origin) = &view.details.origin else {
                self.obstacle(subject, Why::Unknown);
                continue;
            };
            if view.details.mapped.is_some() {
                self.obstacle(subject, Why::GuestMemory);
            }
            if let Some(by) = objects.state(view.handle) {
                self.obstacle(subject, Why::State(by));
            }
            self.made.insert((root, handle), (origin.sequence, view.identity));
            let Some(mut call) = self.call(origin, client.file) else {
                self.obstacle(subject, Why::FileClosed);
                continue;
            };
            if is_client {
                settle(&mut call, handle, None, handle);
                self.clients.push((origin.sequence, SavedClient { handle, call }));
                continue;
            }
            let Some(NvHandle(parent)) = view.parent else {
                self.obstacle(subject, Why::Parent);
                continue;
            };
            settle(&mut call, root, Some(parent), handle);
            let mut dependencies: Vec<_> = objects.dependencies(view.handle).into_iter().map(|(on, _)| on.0).collect();
            dependencies.sort_unstable();
            let source = source(&call);
            let object = SavedObject { client: root, handle, parent, class, dependencies, source, call };
            self.objects.push((origin.sequence, object));
        }
    }

    /// A file's place; that of the client's if it is closed since.
    fn place(&self, file: FileId, client: FileId) -> Option<u32> {
        self.index.get(&file).or_else(|| self.index.get(&client)).copied()
    }

    fn call(&self, origin: &Origin, client: FileId) -> Option<SavedCall> {
        let descriptor = |(number, file): &(i32, FileId)| Some((*number, *self.index.get(file)?));
        Some(SavedCall {
            file: self.place(origin.file, client)?,
            escape: origin.escape,
            argument: origin.argument().to_vec(),
            params: origin.params().to_vec(),
            rights: origin.rights().to_vec(),
            descriptors: origin.descriptors.iter().map(descriptor).collect::<Option<_>>()?,
        })
    }

    /// What a duplicate is one of must be there, and be the same that it was.
    fn sources(&mut self) {
        let mut gone = Vec::new();
        for (sequence, object) in &self.objects {
            let SavedObject { client, handle, class, .. } = *object;
            let Some(source) = object.source else { continue };
            let identity = self.made.get(&(client, handle)).map(|(_, identity)| *identity);
            let same = |(made, is): &(u64, u64)| Some(*is) == identity && made < sequence;
            if !self.made.get(&source).is_some_and(same) {
                gone.push(Subject::Object { client, handle, class });
            }
        }
        gone.into_iter().for_each(|subject| self.obstacle(subject, Why::SourceGone));
    }

    /// A client that the parameters of a class name must be there, and have been when they were sent.
    fn named(&mut self, abi: &Abi) {
        let mut gone = Vec::new();
        for (sequence, SavedObject { client, handle, class, call, .. }) in &self.objects {
            let shapes = abi.alloc().get(*class).map_or(&[][..], |row| row.handling.shapes());
            let shape = shapes.iter().find(|shape| shape.layout.size == call.params.len());
            for param in shape.map_or(&[][..], |shape| shape.params) {
                let Param::Client(field) = param else { continue };
                let named = call.params.get(field.offset..field.offset + field.size).unwrap_or_default();
                let is_gone = |named: &[u8; 4]| {
                    let named = u32::from_le_bytes(*named);
                    named != 0 && self.made.get(&(named, named)).is_none_or(|(made, _)| made > sequence)
                };
                if named.as_chunks().0.iter().any(is_gone) {
                    gone.push(Subject::Object { client: *client, handle: *handle, class: *class });
                }
            }
        }
        gone.into_iter().for_each(|subject| self.obstacle(subject, Why::ClientGone));
    }

    fn file(&mut self, file: &File) -> SavedFile {
        let subject = Subject::File(file.node());
        let mut saved = SavedFile {
            node: file.node(),
            control: file.control.get().and_then(|control| self.index.get(&control.id).copied()),
            attached: Vec::new(),
            events: Vec::new(),
            mapping: None,
        };
        if file.node() == Node::DmaBuf {
            self.obstacle(subject, Why::DmaBuf);
        }
        let mapping: Option<Mapping> = file.mapping();
        let Some(notes) = &file.notes else { return saved };
        let notes = notes.lock();
        if let Some(by) = notes.state {
            self.obstacle(subject, Why::State(by));
        }
        saved.attached.clone_from(&notes.attached);
        for event in &notes.events {
            // The driver frees a client's events with it (compare
            // src/nvidia/arch/nvalloc/unix/src/osapi.c:rm_client_free_os_events()).
            let client = get(&event.argument, field!(nv_ioctl_alloc_os_event_t, hClient)) as u32;
            if self.made.get(&(client, client)).is_none_or(|(made, _)| *made > event.sequence) {
                continue;
            }
            let (number, target) = event.descriptor;
            match self.index.get(&target) {
                Some(index) => {
                    saved.events.push(SavedEvent { argument: event.argument.to_vec(), descriptor: (number, *index) })
                }
                None => self.obstacle(subject, Why::FileClosed),
            }
        }
        if mapping.is_some() {
            match self.mapping(notes.mapped.as_ref()) {
                Ok(mapping) => saved.mapping = mapping,
                Err(why) => self.obstacle(subject, why),
            }
        }
        saved
    }

    /// How to prepare a file to be mapped again; `None` where an object does.
    fn mapping(&self, by: Option<&MappedBy>) -> Result<Option<SavedMapping>, Why> {
        match by {
            None => Err(Why::Unknown),
            Some(MappedBy::Object { client, object, identity }) => {
                let made = self.made.get(&(client.0, object.0)).is_some_and(|(_, made)| made == identity);
                if made { Ok(None) } else { Err(Why::MappedGone) }
            }
            Some(MappedBy::Call(call)) => {
                let memory = self.made.get(&(call.client.0, call.memory.0));
                if memory.map(|(_, identity)| *identity) != call.identity || memory.is_none() {
                    return Err(Why::MappedGone);
                }
                Ok(Some(SavedMapping {
                    file: *self.index.get(&call.file).ok_or(Why::FileClosed)?,
                    descriptor: call.descriptor,
                    argument: call.argument.to_vec(),
                    address: call.address,
                }))
            }
        }
    }

    /// Those of the host's GPUs that files and objects are of.
    fn gpus(&mut self, mut host: Vec<HostGpu>, files: &[SavedFile]) -> Vec<HostGpu> {
        let mut used = vec![false; host.len()];
        let mut missing = Vec::new();
        let mut mark = |subject: Subject, is: &dyn Fn(&HostGpu) -> bool| match host.iter().position(is) {
            Some(at) => used[at] = true,
            None => missing.push(subject),
        };
        for file in files {
            let subject = Subject::File(file.node);
            if let Node::Device(minor) = file.node {
                mark(subject, &|gpu| gpu.minor == minor);
            }
            for id in file.attached.iter().filter(|id| **id != 0) {
                mark(subject, &|gpu| gpu.id == *id);
            }
        }
        for (_, SavedObject { client, handle, class, call, .. }) in &self.objects {
            if is_device(call) {
                let subject = Subject::Object { client: *client, handle: *handle, class: *class };
                let instance = get(&call.params, INSTANCE) as u32;
                mark(subject, &|gpu| gpu.instance == Some(instance));
            }
        }
        missing.into_iter().for_each(|subject| self.obstacle(subject, Why::Gpu));
        let mut used = used.into_iter();
        host.retain(|_| used.next().unwrap_or(false));
        host
    }
}

/// Whether a call makes the object that stands for a GPU.
pub(super) fn is_device(call: &SavedCall) -> bool {
    call.escape == NV_ESC_RM_ALLOC && get(&call.argument, CLASS) as u32 == NV01_DEVICE_0
}
