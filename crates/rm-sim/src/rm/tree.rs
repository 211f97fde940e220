//! Things with parents, and things that cannot be without others.

use std::collections::{HashMap, HashSet};

/// The handles that the resource manager chooses itself (`RS_UNIQUE_HANDLE_BASE`, `RS_UNIQUE_HANDLE_RANGE / 2`;
/// compare src/nvidia/src/libraries/resserv/src/rs_client.c:clientGenResourceHandle_IMPL()).
const CHOSEN: std::ops::Range<u32> = 0xcaf0_0000..0xcaf4_0000;

/// A tree of things by their handles. The root is a handle without a thing.
pub(crate) struct Tree<T> {
    root: u32,
    nodes: HashMap<u32, Node<T>>,
    next: u32,
}

struct Node<T> {
    parent: u32,
    children: Vec<u32>,
    dependents: Vec<u32>,
    thing: T,
}

impl<T> Tree<T> {
    pub(crate) fn new(root: u32) -> Self {
        Self { root, nodes: HashMap::new(), next: CHOSEN.start }
    }

    pub(crate) fn get(&self, handle: u32) -> Option<&T> {
        self.nodes.get(&handle).map(|node| &node.thing)
    }

    pub(crate) fn get_mut(&mut self, handle: u32) -> Option<&mut T> {
        self.nodes.get_mut(&handle).map(|node| &mut node.thing)
    }

    pub(crate) fn parent(&self, handle: u32) -> Option<u32> {
        self.nodes.get(&handle).map(|node| node.parent)
    }

    /// A handle that nothing has; `None` if there is none left.
    pub(crate) fn choose(&mut self) -> Option<u32> {
        for _ in CHOSEN {
            let handle = self.next;
            self.next = if handle + 1 == CHOSEN.end { CHOSEN.start } else { handle + 1 };
            if handle != self.root && !self.nodes.contains_key(&handle) {
                return Some(handle);
            }
        }
        None
    }

    /// Adds a thing below another, or below the root. The caller has seen to it that the handle is free and the parent
    /// there.
    pub(crate) fn add(&mut self, handle: u32, parent: u32, thing: T) {
        if let Some(node) = self.nodes.get_mut(&parent) {
            node.children.push(handle);
        }
        self.nodes.insert(handle, Node { parent, children: Vec::new(), dependents: Vec::new(), thing });
    }

    /// Says that one cannot be without another.
    pub(crate) fn depend(&mut self, handle: u32, on: u32) {
        if handle != on
            && let Some(node) = self.nodes.get_mut(&on)
            && !node.dependents.contains(&handle)
        {
            node.dependents.push(handle);
        }
    }

    /// Takes a thing out, with everything below it and everything that cannot be without those: these first.
    pub(crate) fn remove(&mut self, handle: u32) -> Vec<T> {
        let (mut order, mut seen) = (Vec::new(), HashSet::new());
        let mut left = vec![handle];
        while let Some(handle) = left.pop() {
            let Some(node) = self.nodes.get(&handle) else { continue };
            if seen.insert(handle) {
                left.extend(node.children.iter().chain(&node.dependents));
                order.push(handle);
            }
        }
        let mut things = Vec::new();
        for handle in order.into_iter().rev() {
            let Some(node) = self.nodes.remove(&handle) else { continue };
            // Of a parent that goes, too, nobody will ask.
            if !seen.contains(&node.parent)
                && let Some(parent) = self.nodes.get_mut(&node.parent)
            {
                parent.children.retain(|child| *child != handle);
            }
            things.push(node.thing);
        }
        things
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) -> Vec<T> {
        self.nodes.drain().map(|(_, node)| node.thing).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freeing_takes_what_is_below_and_what_depends_first() {
        let mut tree = Tree::new(1);
        for (handle, parent) in [(10, 1), (11, 10), (12, 10), (20, 1), (30, 1)] {
            tree.add(handle, parent, handle);
        }
        tree.depend(20, 12);
        assert!(tree.remove(99).is_empty());
        let freed = tree.remove(10);
        assert_eq!(freed.last(), Some(&10));
        let mut sorted = freed;
        sorted.sort_unstable();
        assert_eq!(sorted, [10, 11, 12, 20]);
        assert_eq!(tree.nodes.len(), 1);
    }

    #[test]
    fn chosen_handles_are_free_and_in_the_drivers_range() {
        let mut tree = Tree::new(1);
        tree.add(CHOSEN.start, 1, ());
        assert_eq!(tree.choose(), Some(CHOSEN.start + 1));
    }

    #[test]
    fn things_that_depend_on_each_other_are_freed_once() {
        let mut tree = Tree::new(1);
        tree.add(2, 1, ());
        tree.add(3, 2, ());
        tree.depend(2, 3);
        assert_eq!(tree.remove(3).len(), 2);
        assert_eq!(tree.nodes.len(), 0);
    }
}
