//! What the supervisor itself may do: what it needs to serve, and nothing else.

use super::filter::Intercepted;
use super::supervise::DONE;
use super::tasks::kernel_knows_threads;
use super::{launch, notify};
use anyhow::{Context, Result};
use nix::libc;
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::seccomp::seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule, apply_filter_all_threads,
};
use nvproxy::{UvmMode, seccomp};
use std::collections::BTreeMap;

/// Calls that threads, memory, locks and waiting need.
const PROCESS: [i64; 35] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_prctl,
    libc::SYS_prlimit64,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_tgkill,
    libc::SYS_waitid,
    libc::SYS_wait4,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_getppid,
];

/// Calls on files that are open already, and on guests.
const FILES: [i64; 19] = [
    libc::SYS_close,
    libc::SYS_dup3,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_kcmp,
    libc::SYS_lseek,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_open,
    libc::SYS_pread64,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_statx,
];

/// What a simulated driver needs besides: it makes files, of memory alone, and opens them once more; and it looks in
/// `/proc` whose memory it is.
#[cfg(target_arch = "x86_64")]
const OPEN: i64 = libc::SYS_open;
#[cfg(not(target_arch = "x86_64"))]
const OPEN: i64 = libc::SYS_openat;
const SIMULATION: [i64; 10] = [
    OPEN,
    libc::SYS_eventfd2,
    libc::SYS_fallocate,
    libc::SYS_ftruncate,
    libc::SYS_memfd_create,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pipe2,
    libc::SYS_readlinkat,
    libc::SYS_readlink,
];

/// Calls of the C library that not every machine has.
#[cfg(target_arch = "x86_64")]
const OTHER: [i64; 3] = [libc::SYS_poll, libc::SYS_clone, libc::SYS_arch_prctl];
#[cfg(not(target_arch = "x86_64"))]
const OTHER: [i64; 1] = [libc::SYS_clone];

/// `openat(2)` as it is called to read what `/proc` tells of a thread. A filter does not see which file it is.
fn only_reads() -> Result<SeccompRule> {
    let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as u64;
    let are = SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, flags)?;
    Ok(SeccompRule::new(vec![are])?)
}

/// Gives up what this process does not need any more, for good: capabilities, new privileges, and system calls. What is
/// not listed here fails with `EPERM`.
///
/// The guests' memory and descriptors stay within reach, because their user namespace was made by this user.
pub(crate) fn lock_down(abi: &Abi, capabilities: Capabilities, uvm: UvmMode, intercepted: Intercepted) -> Result<()> {
    rustix::thread::set_no_new_privs(true).context("cannot give up new privileges")?;
    launch::drop_capabilities().context("cannot give up capabilities")?;
    let mut calls: BTreeMap<i64, Vec<SeccompRule>> =
        PROCESS.iter().chain(&FILES).chain(&OTHER).map(|call| (*call, Vec::new())).collect();
    let rules = match intercepted {
        // Its own calls never reach a driver.
        Intercepted::IoctlsAndPaths => {
            calls.extend(SIMULATION.iter().map(|call| (*call, Vec::new())));
            Vec::new()
        }
        Intercepted::Ioctls => {
            if !kernel_knows_threads() {
                calls.insert(libc::SYS_openat, vec![only_reads()?]);
            }
            seccomp::ioctls(abi, capabilities, uvm)
        }
    };
    let own = notify::REQUESTS.into_iter().chain(DONE.iter().map(|(request, _)| *request));
    let own = own.map(|request| {
        let is = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request.into())?;
        SeccompRule::new(vec![is])
    });
    calls.insert(libc::SYS_ioctl, own.collect::<Result<_, _>>()?);
    let program = seccomp::program(&rules, calls, SeccompAction::Errno(libc::EPERM as u32))?;
    apply_filter_all_threads(&program).context("cannot filter the supervisor's own system calls")
}
