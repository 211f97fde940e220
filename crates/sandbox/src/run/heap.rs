//! The memory of this process.
#![allow(unsafe_code)]

/// As many heaps as there are; more would only keep more, because serving a call allocates little.
#[cfg(target_env = "gnu")]
const ARENAS: i32 = 2;

/// To be called before there are threads.
pub(crate) fn prepare() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes two numbers, and sets how many heaps later threads share.
    unsafe {
        nix::libc::mallopt(nix::libc::M_ARENA_MAX, ARENAS);
    }
}

/// Gives back to the kernel what was freed: the allocator keeps as much as was ever in use.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes a number, can be called at any time from any thread, and moves nothing that is in use.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}

/// How many bytes are in use of what was allocated; `None` where the allocator does not tell.
pub(crate) fn used() -> Option<u64> {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: it takes nothing, can be called at any time from any thread, and returns numbers.
        let info = unsafe { nix::libc::mallinfo() };
        // Of 32 bits, which is enough here; its successor came with glibc 2.33.
        Some(u64::from(info.uordblks as u32) + u64::from(info.hblkhd as u32))
    }
    #[cfg(not(target_env = "gnu"))]
    None
}
