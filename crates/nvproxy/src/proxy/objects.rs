//! The objects of one client, as far as the proxy knows of them: what hangs on what, and what goes with what.
//!
//! Compare src/nvidia/src/libraries/resserv/src: rs_server.c:serverFreeResourceTree(), rs_resource.c:refAddDependant().
//! There, too, an object depends only on objects of its own client.

use super::save::Origin;
use crate::Mapped;
use crate::abi::types::NvHandle;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// No object, or no edge.
const NONE: u32 = u32::MAX;

/// The class of an object whose class is not known: the duplicate of one that the proxy did not see being made. No
/// class of the driver's has this number.
pub(crate) const UNKNOWN_CLASS: u32 = u32::MAX;

/// What is known of an object.
#[derive(Default)]
pub(crate) struct Details {
    /// Its class, or [`UNKNOWN_CLASS`].
    pub class: u32,
    /// The guest's memory that it stands for, given back when it goes.
    pub mapped: Option<Box<dyn Mapped>>,
    /// How it was made, in a sandbox that may be saved.
    pub origin: Option<Box<Origin>>,
}

/// An object with what it hangs on.
pub(crate) struct View<'a> {
    pub handle: NvHandle,
    pub parent: Option<NvHandle>,
    pub identity: u64,
    pub details: &'a Details,
}

struct Object {
    handle: NvHandle,
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    previous_sibling: u32,
    /// Edges to those that depend on it.
    first_dependent: u32,
    /// Edges to those it depends on.
    first_dependency: u32,
    /// What it shares with its duplicates in whatever client.
    identity: u64,
    /// The last traversal that came by.
    seen: u32,
    /// Its number in [`Objects::copies`] if it is, or has, a duplicate; else 0.
    copied: u32,
    /// Whether it is in [`Objects::states`].
    stateful: bool,
    details: Details,
}

/// `dependent` cannot be without `on`.
struct Edge {
    dependent: u32,
    on: u32,
    next_dependent: u32,
    previous_dependent: u32,
    next_dependency: u32,
}

/// All objects of a client.
#[derive(Default)]
pub(crate) struct Objects {
    by_handle: HashMap<NvHandle, u32>,
    objects: Slab<Object>,
    edges: Slab<Edge>,
    traversal: u32,
    /// By identity, and in the order in which that became known, the objects that are duplicates or have some.
    copies: BTreeMap<(u64, u32), u32>,
    last_copy: u32,
    /// What gave an object a state that no call gives it again, in a sandbox that may be saved.
    states: BTreeMap<u32, &'static str>,
}

/// What went, in the order in which the driver frees it. Dropping it gives back what the objects held: not while a lock
/// is held.
#[derive(Default)]
#[must_use]
pub(crate) struct Freed {
    #[cfg(test)]
    handles: Vec<NvHandle>,
    held: Vec<Box<dyn Mapped>>,
}

impl Freed {
    fn add(&mut self, _handle: NvHandle, details: &mut Details) {
        #[cfg(test)]
        self.handles.push(_handle);
        // Few objects hold anything, and what else is known of them is memory alone.
        self.held.extend(details.mapped.take());
    }
}

impl Objects {
    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.by_handle.len()
    }

    /// The class of an object, if it is known.
    pub(crate) fn class(&self, handle: NvHandle) -> Option<u32> {
        Some(self.object(handle)?.details.class).filter(|class| *class != UNKNOWN_CLASS)
    }

    /// The parent of an object, if it has one.
    pub(crate) fn parent(&self, handle: NvHandle) -> Option<NvHandle> {
        self.objects.get(self.object(handle)?.parent).map(|parent| parent.handle)
    }

    /// What an object shares with its duplicates.
    pub(crate) fn identity(&self, handle: NvHandle) -> Option<u64> {
        Some(self.object(handle)?.identity)
    }

    /// What an object depends on, with its identity, the parent not included.
    pub(crate) fn dependencies(&self, handle: NvHandle) -> Vec<(NvHandle, u64)> {
        let mut found = Vec::new();
        let mut edge = self.object(handle).map_or(NONE, |object| object.first_dependency);
        while let Some(this) = self.edges.get(edge) {
            found.extend(self.objects.get(this.on).map(|on| (on.handle, on.identity)));
            edge = this.next_dependency;
        }
        found
    }

    /// All objects, in no order.
    pub(crate) fn each(&self) -> impl Iterator<Item = View<'_>> {
        self.objects.iter().map(|object| View {
            handle: object.handle,
            parent: self.objects.get(object.parent).map(|parent| parent.handle),
            identity: object.identity,
            details: &object.details,
        })
    }

    /// Takes note of what was done to an object that no call does again, in a sandbox that may be saved.
    pub(crate) fn note_state(&mut self, handle: NvHandle, by: &'static str) {
        let Some(&index) = self.by_handle.get(&handle) else { return };
        if let Some(object) = self.objects.get_mut(index) {
            object.stateful = true;
            self.states.insert(index, by);
        }
    }

    /// What gave an object a state that no call gives it again.
    pub(crate) fn state(&self, handle: NvHandle) -> Option<&'static str> {
        self.states.get(self.by_handle.get(&handle)?).copied()
    }

    /// Takes note that an object is a duplicate, or has one.
    pub(crate) fn copied(&mut self, handle: NvHandle) {
        let Some(&index) = self.by_handle.get(&handle) else { return };
        let number = self.last_copy.saturating_add(1);
        if let Some(object) = self.objects.get_mut(index)
            && object.copied == 0
        {
            object.copied = number;
            self.copies.insert((object.identity, number), index);
            self.last_copy = number;
        }
    }

    /// The first object of that identity, if it is a duplicate or has one.
    pub(crate) fn copy_of(&self, identity: u64) -> Option<NvHandle> {
        let (_, index) = self.copies.range((identity, 0)..=(identity, u32::MAX)).next()?;
        Some(self.objects.get(*index)?.handle)
    }

    /// Takes note of an object that the driver made. What is there under that handle goes first: the driver would not
    /// have made another one had it not gone already.
    pub(crate) fn add(&mut self, handle: NvHandle, parent: NvHandle, identity: u64, details: Details) -> Freed {
        let stale = self.free(handle);
        let parent = self.by_handle.get(&parent).copied().unwrap_or(NONE);
        let next_sibling = self.objects.get(parent).map_or(NONE, |parent| parent.first_child);
        let index = self.objects.insert(Object {
            handle,
            parent,
            first_child: NONE,
            next_sibling,
            previous_sibling: NONE,
            first_dependent: NONE,
            first_dependency: NONE,
            identity,
            seen: 0,
            copied: 0,
            stateful: false,
            details,
        });
        if let Some(sibling) = self.objects.get_mut(next_sibling) {
            sibling.previous_sibling = index;
        }
        if let Some(parent) = self.objects.get_mut(parent) {
            parent.first_child = index;
        }
        self.by_handle.insert(handle, index);
        stale
    }

    /// Takes note that one object cannot be without another. Nothing happens where either is unknown, or the second is
    /// an ancestor of the first, or it is so noted already.
    pub(crate) fn depend(&mut self, dependent: NvHandle, on: NvHandle) {
        let (Some(&dependent), Some(&on)) = (self.by_handle.get(&dependent), self.by_handle.get(&on)) else { return };
        let mut ancestor = dependent;
        while let Some(object) = self.objects.get(ancestor) {
            if ancestor == on {
                return;
            }
            ancestor = object.parent;
        }
        let (mut edge, mut count) = (self.objects.get(dependent).map_or(NONE, |object| object.first_dependency), 0);
        while let Some(this) = self.edges.get(edge) {
            // An object has a handful of dependencies; a guest that registers the same ones for ever adds none.
            if this.on == on || count == DEPENDENCIES_MAX {
                return;
            }
            (edge, count) = (this.next_dependency, count + 1);
        }
        let next_dependent = self.objects.get(on).map_or(NONE, |object| object.first_dependent);
        let next_dependency = self.objects.get(dependent).map_or(NONE, |object| object.first_dependency);
        let edge = self.edges.insert(Edge { dependent, on, next_dependent, previous_dependent: NONE, next_dependency });
        if let Some(next) = self.edges.get_mut(next_dependent) {
            next.previous_dependent = edge;
        }
        if let Some(object) = self.objects.get_mut(on) {
            object.first_dependent = edge;
        }
        if let Some(object) = self.objects.get_mut(dependent) {
            object.first_dependency = edge;
        }
    }

    /// Removes an object, and before it all that hangs on it: first, as in the driver, what depends on it, then its
    /// children, newest first, each with what hangs on that. An unknown handle is no object.
    pub(crate) fn free(&mut self, handle: NvHandle) -> Freed {
        let Some(&root) = self.by_handle.get(&handle) else { return Freed::default() };
        let (order, mut freed) = (self.order(root), Freed::default());
        if order.len() == self.by_handle.len() {
            // Nothing stays, so nothing needs to be cut off from it: a client with all its objects goes several times
            // as fast.
            let mut all = std::mem::take(&mut self.objects);
            (self.by_handle, self.edges, self.copies, self.states) = Default::default();
            for index in order {
                if let Some(object) = all.get_mut(index) {
                    freed.add(object.handle, &mut object.details);
                }
            }
            return freed;
        }
        for index in order {
            if let Some((handle, mut details)) = self.remove(index) {
                freed.add(handle, &mut details);
            }
        }
        freed
    }

    /// What goes with an object, in order, and it last. Every object and every edge is looked at once.
    fn order(&mut self, root: u32) -> Vec<u32> {
        self.traversal = self.traversal.wrapping_add(1);
        if self.traversal == 0 {
            // After four billion traversals, marks of the first ones would count again.
            self.objects.iter_mut().for_each(|object| object.seen = 0);
            self.traversal = 1;
        }
        let traversal = self.traversal;
        let mut order = Vec::new();
        // An object is on the stack with the place up to which its dependents and children were looked at.
        let mut stack = Vec::new();
        let enter = |objects: &mut Slab<Object>, index: u32, stack: &mut Vec<(u32, u32, u32)>| {
            if let Some(object) = objects.get_mut(index)
                && object.seen != traversal
            {
                object.seen = traversal;
                stack.push((index, object.first_dependent, object.first_child));
            }
        };
        enter(&mut self.objects, root, &mut stack);
        while let Some((index, dependent, child)) = stack.last_mut() {
            if let Some(edge) = self.edges.get(*dependent) {
                *dependent = edge.next_dependent;
                enter(&mut self.objects, edge.dependent, &mut stack);
            } else if let Some(object) = self.objects.get(*child) {
                let next = std::mem::replace(child, object.next_sibling);
                enter(&mut self.objects, next, &mut stack);
            } else {
                order.push(*index);
                stack.pop();
            }
        }
        order
    }

    /// Removes one object that nothing hangs on any more.
    fn remove(&mut self, index: u32) -> Option<(NvHandle, Details)> {
        let object = self.objects.remove(index)?;
        if let Some(next) = self.objects.get_mut(object.next_sibling) {
            next.previous_sibling = object.previous_sibling;
        }
        if let Some(previous) = self.objects.get_mut(object.previous_sibling) {
            previous.next_sibling = object.next_sibling;
        } else if let Some(parent) = self.objects.get_mut(object.parent) {
            parent.first_child = object.next_sibling;
        }
        let mut edge = object.first_dependency;
        while let Some(gone) = self.edges.remove(edge) {
            if let Some(next) = self.edges.get_mut(gone.next_dependent) {
                next.previous_dependent = gone.previous_dependent;
            }
            if let Some(previous) = self.edges.get_mut(gone.previous_dependent) {
                previous.next_dependent = gone.next_dependent;
            } else if let Some(on) = self.objects.get_mut(gone.on) {
                on.first_dependent = gone.next_dependent;
            }
            edge = gone.next_dependency;
        }
        if object.copied != 0 {
            self.copies.remove(&(object.identity, object.copied));
        }
        if object.stateful {
            self.states.remove(&index);
        }
        self.by_handle.remove(&object.handle);
        Some((object.handle, object.details))
    }

    fn object(&self, handle: NvHandle) -> Option<&Object> {
        self.objects.get(*self.by_handle.get(&handle)?)
    }
}

/// More dependencies than this of one object are not taken note of. Classes have at most three; the control command
/// that adds more (REGISTER_VA_SPACE) is used with one address space per process.
const DEPENDENCIES_MAX: u32 = 1024;

/// Values by small numbers, which are used again.
struct Slab<T> {
    slots: Vec<Slot<T>>,
    vacant: u32,
}

enum Slot<T> {
    Occupied(T),
    Vacant { next: u32 },
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), vacant: NONE }
    }
}

impl<T> Slab<T> {
    fn get(&self, index: u32) -> Option<&T> {
        match self.slots.get(index as usize)? {
            Slot::Occupied(value) => Some(value),
            Slot::Vacant { .. } => None,
        }
    }

    fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        match self.slots.get_mut(index as usize)? {
            Slot::Occupied(value) => Some(value),
            Slot::Vacant { .. } => None,
        }
    }

    fn insert(&mut self, value: T) -> u32 {
        let index = self.vacant;
        match self.slots.get_mut(index as usize) {
            Some(slot) => {
                if let Slot::Vacant { next } = slot {
                    self.vacant = *next;
                }
                *slot = Slot::Occupied(value);
                index
            }
            None => {
                // Fewer than `NONE` of them fit into memory.
                let index = self.slots.len() as u32;
                self.slots.push(Slot::Occupied(value));
                index
            }
        }
    }

    fn remove(&mut self, index: u32) -> Option<T> {
        let slot = self.slots.get_mut(index as usize)?;
        if matches!(slot, Slot::Vacant { .. }) {
            return None;
        }
        match std::mem::replace(slot, Slot::Vacant { next: self.vacant }) {
            Slot::Occupied(value) => {
                self.vacant = index;
                Some(value)
            }
            Slot::Vacant { .. } => None,
        }
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Occupied(value) => Some(value),
            Slot::Vacant { .. } => None,
        })
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Occupied(value) => Some(value),
            Slot::Vacant { .. } => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(objects: &mut Objects, handle: u32, parent: u32) {
        let freed = objects.add(NvHandle(handle), NvHandle(parent), u64::from(handle), Details::default());
        assert!(freed.handles.is_empty());
    }

    fn freed(freed: Freed) -> Vec<u32> {
        freed.handles.iter().map(|handle| handle.0).collect()
    }

    #[test]
    fn what_hangs_on_an_object_goes_before_it() {
        let mut objects = Objects::default();
        add(&mut objects, 1, 0);
        add(&mut objects, 2, 1);
        add(&mut objects, 3, 2);
        add(&mut objects, 4, 2);
        add(&mut objects, 5, 1);
        objects.depend(NvHandle(5), NvHandle(3));
        assert_eq!(freed(objects.free(NvHandle(2))), [4, 5, 3, 2]);
        assert_eq!(objects.len(), 1);
        assert_eq!(freed(objects.free(NvHandle(1))), [1]);
    }

    #[test]
    fn a_circle_of_dependencies_ends() {
        let mut objects = Objects::default();
        for handle in 1..=3 {
            add(&mut objects, handle, 0);
        }
        objects.depend(NvHandle(1), NvHandle(2));
        objects.depend(NvHandle(2), NvHandle(3));
        objects.depend(NvHandle(3), NvHandle(1));
        assert_eq!(freed(objects.free(NvHandle(2))).len(), 3);
        assert_eq!(objects.len(), 0);
    }

    #[test]
    fn of_several_copies_the_first_that_is_there_is_found() {
        let mut objects = Objects::default();
        for handle in 1..=4 {
            let _ = objects.add(NvHandle(handle), NvHandle(0), 7, Details::default());
        }
        assert_eq!(objects.copy_of(7), None);
        for handle in [3, 1, 3, 2] {
            objects.copied(NvHandle(handle));
        }
        for handle in [3, 1, 2] {
            assert_eq!(objects.copy_of(7), Some(NvHandle(handle)));
            drop(objects.free(NvHandle(handle)));
        }
        assert_eq!(objects.copy_of(7), None);
    }

    #[test]
    fn a_dependency_on_an_ancestor_is_none() {
        let mut objects = Objects::default();
        add(&mut objects, 1, 0);
        add(&mut objects, 2, 1);
        objects.depend(NvHandle(2), NvHandle(1));
        assert!(objects.dependencies(NvHandle(2)).is_empty());
    }

    #[test]
    fn freeing_in_any_order_leaves_nothing() {
        // A client's objects in a tree with random dependencies, freed one by one in a random order, must give the same
        // set as what a plain model says hangs on each.
        let mut state = 12345u32;
        let mut random = move |below: u32| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) % below
        };
        for _ in 0..50 {
            let mut objects = Objects::default();
            let mut model: Vec<(u32, Vec<u32>)> = Vec::new();
            for handle in 1..=60u32 {
                let parent = random(handle);
                add(&mut objects, handle, parent);
                let mut on = vec![parent];
                for _ in 0..random(3) {
                    let other = random(handle);
                    objects.depend(NvHandle(handle), NvHandle(other));
                    on.push(other);
                }
                model.push((handle, on));
            }
            while !model.is_empty() {
                let target = model[random(model.len() as u32) as usize].0;
                let mut gone = vec![target];
                loop {
                    let more: Vec<u32> = model
                        .iter()
                        .filter(|(handle, on)| !gone.contains(handle) && on.iter().any(|on| gone.contains(on)))
                        .map(|(handle, _)| *handle)
                        .collect();
                    if more.is_empty() {
                        break;
                    }
                    gone.extend(more);
                }
                let order = freed(objects.free(NvHandle(target)));
                for (position, handle) in order.iter().enumerate() {
                    let on = &model.iter().find(|(other, _)| other == handle).unwrap().1;
                    assert!(order[..position].iter().all(|earlier| !on.contains(earlier)), "{handle} in {order:?}");
                }
                let mut order = order;
                order.sort_unstable();
                gone.sort_unstable();
                assert_eq!(order, gone);
                model.retain(|(handle, _)| !gone.contains(handle));
                assert_eq!(objects.len(), model.len());
            }
            assert_eq!(objects.edges.iter().count(), 0);
        }
    }
}
