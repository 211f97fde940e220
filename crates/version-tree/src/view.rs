//! Some or all releases of a tree, with what is left out folded in.

use crate::{DriverVersion, Release, Tree, UnknownRelease};

/// A tree reduced to the releases of interest and what holds them together: the root,
/// and every release below which more than one part has something of interest.
#[derive(Clone, Debug)]
pub struct View<'t> {
    tree: &'t Tree,
    /// By index in the tree.
    marked: Vec<bool>,
    nodes: Vec<Node<'t>>,
    /// Whether releases may have been left out.
    sparse: bool,
}

/// A release in a [`View`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node<'t> {
    /// The release.
    pub release: &'t Release,
    /// Its nearest ancestor in the view, which its own parent may not be.
    pub parent: Option<DriverVersion>,
    /// Whether it is of interest, or only holds the view together.
    pub marked: bool,
    /// How many releases it stands for: itself, and those left out below it.
    pub covers: usize,
}

impl Tree {
    /// A view of the releases that `marked` picks, such as those that introduce changes.
    #[must_use]
    pub fn sparse(&self, marked: impl FnMut(&Release) -> bool) -> View<'_> {
        View::new(self, self.iter().map(marked).collect(), true)
    }

    /// A view of every release.
    #[must_use]
    pub fn all(&self) -> View<'_> {
        View::new(self, vec![true; self.len()], false)
    }
}

impl<'t> View<'t> {
    fn new(tree: &'t Tree, marked: Vec<bool>, sparse: bool) -> Self {
        let roots = (0..tree.len()).filter(|index| tree.parent_of(*index).is_none());
        let top_down: Vec<usize> = roots.flat_map(|root| tree.below(root)).collect();

        let mut kept = marked.clone();
        let mut children_with_kept = vec![0; tree.len()];
        for index in top_down.iter().copied().rev() {
            let parent = tree.parent_of(index);
            kept[index] |= parent.is_none() || children_with_kept[index] > 1;
            if let Some(parent) = parent.filter(|_| kept[index] || children_with_kept[index] > 0) {
                children_with_kept[parent] += 1;
            }
        }

        // Each release's nearest kept ancestor or itself; a root is always kept.
        let mut anchors: Vec<usize> = (0..tree.len()).collect();
        let mut covers = vec![0; tree.len()];
        for index in top_down {
            if let Some(parent) = tree.parent_of(index).filter(|_| !kept[index]) {
                anchors[index] = anchors[parent];
            }
            covers[anchors[index]] += 1;
        }

        let nodes = (0..tree.len()).filter(|index| kept[*index]).map(|index| Node {
            release: tree.release_at(index),
            parent: tree.parent_of(index).map(|parent| tree.release_at(anchors[parent]).version),
            marked: marked[index],
            covers: covers[index],
        });
        Self { tree, nodes: nodes.collect(), marked, sparse }
    }

    /// The releases in the view, in version order.
    #[must_use]
    pub fn nodes(&self) -> &[Node<'t>] {
        &self.nodes
    }

    /// Whether the view was made with [`Tree::sparse`].
    #[must_use]
    pub const fn is_sparse(&self) -> bool {
        self.sparse
    }

    /// The marked releases that bear on a release, from the root downwards, itself
    /// included: where marks are changes, the changes that apply to it, in order.
    ///
    /// # Errors
    /// When the version is not in the tree.
    pub fn applied(&self, version: DriverVersion) -> Result<Vec<&'t Release>, UnknownRelease> {
        let mut applied: Vec<_> = self.marked_upwards(version)?.collect();
        applied.reverse();
        Ok(applied)
    }

    /// The nearest marked release among a release and its ancestors: where marks are
    /// changes, the one whose state the release inherits.
    ///
    /// # Errors
    /// When the version is not in the tree.
    pub fn effective(&self, version: DriverVersion) -> Result<Option<&'t Release>, UnknownRelease> {
        Ok(self.marked_upwards(version)?.next())
    }

    fn marked_upwards(&self, version: DriverVersion) -> Result<impl Iterator<Item = &'t Release>, UnknownRelease> {
        let tree = self.tree;
        let upwards = tree.ancestors(tree.require(version)?);
        Ok(upwards.filter(|index| self.marked[*index]).map(|index| tree.release_at(index)))
    }

    /// For each node, the indices of the nodes directly below it: in version order, but
    /// last the one that leads to the newest release, so that a drawing can carry on
    /// with it. Then the indices of the roots.
    pub(crate) fn layout(&self) -> (Vec<Vec<usize>>, Vec<usize>) {
        let mut children = vec![Vec::new(); self.nodes.len()];
        let mut roots = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            match node.parent.and_then(|parent| self.position(parent)) {
                Some(parent) => children[parent].push(index),
                None => roots.push(index),
            }
        }
        let mut top_down = roots.clone();
        let mut at = 0;
        while let Some(index) = top_down.get(at) {
            top_down.extend(&children[*index]);
            at += 1;
        }
        // Nodes are in version order, so the newest release has the highest index.
        let mut newest: Vec<usize> = (0..self.nodes.len()).collect();
        for index in top_down.into_iter().rev() {
            if let Some(leading) = children[index].iter().copied().max_by_key(|child| newest[*child]) {
                newest[index] = newest[index].max(newest[leading]);
                children[index].sort_by_key(|child| (*child == leading, *child));
            }
        }
        (children, roots)
    }

    fn position(&self, version: DriverVersion) -> Option<usize> {
        self.nodes.binary_search_by_key(&version, |node| node.release.version).ok()
    }
}
