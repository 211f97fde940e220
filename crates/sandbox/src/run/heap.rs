//! The memory of this process.
#![allow(unsafe_code)]

/// Gives back to the kernel what was freed: the allocator keeps as much as was ever in use.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes a number, can be called at any time from any thread, and moves nothing that is in use.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}
