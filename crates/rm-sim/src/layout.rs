//! Fields by name, as C writes them: `pciInfo.bus`, `engineList[3]`, `data.AllocSize.size`.

use hashbrown::HashTable;
use nvproxy::abi::{Layout, Type};
use rustc_hash::FxBuildHasher;
use std::cell::RefCell;
use std::hash::BuildHasher;

/// Where a field is, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub offset: usize,
    pub ty: Type,
}

impl Place {
    /// How many bytes of it are a number: all, or of an array those of the first element.
    pub(crate) fn scalar(&self) -> usize {
        match self.ty {
            Type::Array(element, _) => element.size(),
            ty => ty.size(),
        }
    }

    /// How many elements it has, if it is an array.
    pub(crate) fn count(&self) -> usize {
        match self.ty {
            Type::Array(_, count) => count,
            _ => 0,
        }
    }
}

/// A field that was looked for: of the layout at this address, by this name.
struct Known {
    layout: usize,
    path: Box<str>,
    place: Option<Place>,
}

impl Known {
    fn hash(layout: usize, path: &str) -> u64 {
        FxBuildHasher.hash_one((layout, path))
    }
}

thread_local! {
    /// What was looked for before: fields are looked for by name in every call.
    static KNOWN: RefCell<HashTable<Known>> = const { RefCell::new(HashTable::new()) };
}

/// Like [`locate`], which takes longer the second time.
pub(crate) fn located(layout: &'static Layout, path: &str) -> Option<Place> {
    let at = std::ptr::from_ref(layout).addr();
    let hash = Known::hash(at, path);
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.find(hash, |known| known.layout == at && *known.path == *path) {
            return known.place;
        }
        let place = locate(layout, path);
        // Of elements there are too many.
        if !path.contains('[') {
            let new = Known { layout: at, path: path.into(), place };
            known.insert_unique(hash, new, |known| Known::hash(known.layout, &known.path));
        }
        place
    })
}

/// The field of that path, if this layout has it.
pub(crate) fn locate(layout: &'static Layout, path: &str) -> Option<Place> {
    let mut place: Option<Place> = None;
    for step in path.split('.') {
        let mut parts = step.split('[');
        let name = parts.next().unwrap_or("");
        let (base, layout) = match place {
            None => (0, layout),
            Some(Place { offset, ty: Type::Record(layout) }) => (offset, layout),
            Some(_) => return None,
        };
        let mut found = member(layout, name)?;
        for index in parts {
            let index: usize = index.strip_suffix(']')?.parse().ok()?;
            let Type::Array(element, count) = found.ty else { return None };
            if index >= count {
                return None;
            }
            found = Place { offset: found.offset + index * element.size(), ty: *element };
        }
        place = Some(Place { offset: base + found.offset, ty: found.ty });
    }
    place
}

/// A member of a record or of its unnamed members.
fn member(layout: &'static Layout, name: &str) -> Option<Place> {
    layout.c_fields().find_map(|field| match (field.c_name(), field.ty) {
        (known, ty) if known == name => Some(Place { offset: field.offset, ty }),
        ("", Type::Record(inner)) => {
            let found = member(inner, name)?;
            Some(Place { offset: field.offset + found.offset, ty: found.ty })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvproxy::abi::Record;
    use nvproxy::abi::structs::{NVOS32_PARAMETERS, nv_ioctl_card_info_t};

    #[test]
    fn nested_fields_and_elements_are_found_by_name() {
        let at = |layout, path| locate(layout, path).map(|place| (place.offset, place.scalar()));
        assert_eq!(at(&nv_ioctl_card_info_t::LAYOUT, "pci_info.bus"), Some((8, 1)));
        assert_eq!(at(&nv_ioctl_card_info_t::LAYOUT, "dev_name[3]"), Some((63, 1)));
        assert_eq!(at(&NVOS32_PARAMETERS::LAYOUT, "data.AllocSize.hMemory"), Some((44, 4)));
    }

    #[test]
    fn what_was_found_before_is_found_in_the_same_layout() {
        for _ in 0..2 {
            let at = |layout, path| located(layout, path).map(|place| place.offset);
            assert_eq!(at(&nv_ioctl_card_info_t::LAYOUT, "pci_info.bus"), Some(8));
            assert_eq!(at(&NVOS32_PARAMETERS::LAYOUT, "data.AllocSize.hMemory"), Some(44));
            assert_eq!(at(&NVOS32_PARAMETERS::LAYOUT, "pci_info.bus"), None);
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for path in
            ["", "nothing", "pci_info.nothing", "dev_name[10]", "dev_name[x]", "dev_name[", "gpu_id.x", "gpu_id[0]"]
        {
            assert_eq!(locate(&nv_ioctl_card_info_t::LAYOUT, path), None, "{path}");
            assert_eq!(located(&nv_ioctl_card_info_t::LAYOUT, path), None, "{path}");
        }
    }
}
