//! The filter, run: every request of an ioctl there is, against the sets that it should send to the supervisor and refuse.

use nix::libc::{self, sock_filter};
use sandbox::run::filter::{ABSENT, ALLOWED, ARCHITECTURE, FORBIDDEN, Intercepted, NOT_THERE, NOTIFIED, program};
use std::collections::HashMap;

const BOTH: [Intercepted; 2] = [Intercepted::Ioctls, Intercepted::IoctlsAndPaths];

/// What NVIDIA's driver could act on, said once more: as its sources say it, in no words of the filter's.
fn should_be_notified(request: u32) -> bool {
    // TIOCSBRK, TIOCCBRK, TIOCGSID; TCSETXF, TCSETXW; TIOCGPTPEER; FIOASYNC; TIOCSERGWILD; serial; TCGETS2, TCSETS2,
    // TIOCGPTLCK: the kernel's own, whatever file they are for.
    let harmless = matches!(request,
        0x5427..=0x5429 | 0x5434 | 0x5435 | 0x5441 | 0x5452 | 0x5454 | 0x5457..=0x5459
        | 0x802c542a | 0x402c542b | 0x80045439);
    let frontend = matches!(request & 0xff,
        // NV_ESC_RM_*
        0x27..=0x2b | 0x34 | 0x35 | 0x39 | 0x41 | 0x4a | 0x4d..=0x4f | 0x52 | 0x54 | 0x57..=0x59 | 0x5e | 0x5f
        // NV_ESC_*, from NV_IOCTL_BASE on
        | 0xc8 | 0xc9 | 0xce | 0xcf | 0xd1..=0xda);
    let uvm = matches!(request, 0 | 3..=0xfff | 0x3000_0001 | 0x3000_0002);
    frontend && !harmless || uvm
}

/// What an ioctl fails with in the filter itself, said once more.
fn should_fail(request: u32) -> Option<i32> {
    let (number, class, size) = (request & 0xff, request >> 8 & 0xff, request >> 16 & 0x3fff);
    // nvkms_ioctl(): number 0 and sizeof(struct NvKmsIoctlParams).
    let modeset = number == 0 && size == 16;
    // drm_ioctl(): from DRM_COMMAND_BASE up to DRM_COMMAND_END.
    let drm = class == 0x64 && (0x40..0xa0).contains(&number);
    match request {
        // TIOCSTI, TIOCLINUX.
        0x5412 | 0x541c => Some(libc::EPERM),
        _ if modeset || drm => Some(libc::ENOTTY),
        _ => None,
    }
}

/// `struct seccomp_data`.
#[derive(Clone, Copy)]
struct Data {
    number: u32,
    architecture: u32,
    request: u32,
    /// The first argument, and the third and fourth, of calls on paths.
    descriptor: u32,
    flags: [u32; 2],
}

impl Data {
    const IOCTL: Self =
        Self { number: libc::SYS_ioctl as u32, architecture: ARCHITECTURE, request: 0, descriptor: 0, flags: [0; 2] };
}

/// Where the interpreter is when it looks at the request in a way that does not depend on the lowest byte alone.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Verdict(u32),
    /// The instruction, and how many were run, of the first that looks at the lowest byte.
    LowByte(usize),
    /// The outcome of a comparison depends on the lowest byte.
    Depends,
}

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const CONSTANT: u16 = (libc::BPF_LD | libc::BPF_IMM) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const SHIFT: u16 = (libc::BPF_ALU | libc::BPF_RSH | libc::BPF_X) as u16;
const KEEP: u16 = (libc::BPF_MISC | libc::BPF_TAX) as u16;
const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const AT_LEAST: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Offsets in `struct seccomp_data`. The upper halves of arguments, that of the request at 28, are not among them.
fn field(data: &Data, offset: u32) -> u32 {
    match offset {
        0 => data.number,
        4 => data.architecture,
        16 => data.descriptor,
        24 => data.request,
        32 => data.flags[0],
        40 => data.flags[1],
        other => panic!("the filter looks at offset {other}"),
    }
}

/// Runs a program as the kernel would. Also says how many instructions that took.
fn run(program: &[sock_filter], data: &Data) -> (u32, usize) {
    let (mut a, mut x, mut at) = (0u32, 0u32, 0usize);
    for steps in 1.. {
        let sock_filter { code, jt, jf, k } = program[at];
        at += 1;
        match code {
            LOAD => a = field(data, k),
            CONSTANT => a = k,
            AND => a &= k,
            SHIFT => a = a.checked_shr(x).unwrap_or(0),
            KEEP => x = a,
            EQUAL => at += usize::from(if a == k { jt } else { jf }),
            AT_LEAST => at += usize::from(if a >= k { jt } else { jf }),
            RETURN => return (k, steps),
            other => panic!("an instruction that is not known here: {other:#x}"),
        }
    }
    unreachable!()
}

/// Runs a program from an instruction on, for all requests that differ in the lowest byte only, as far as it treats them
/// alike.
fn run_block(program: &[sock_filter], from: usize, high: u32) -> Asked {
    // What the accumulator holds: the request, or a number that does not depend on it.
    enum Value {
        Number(u32),
        Request,
    }
    let data = Data::IOCTL;
    let (mut a, mut at) = (Value::Number(0), from);
    loop {
        let sock_filter { code, jt, jf, k } = program[at];
        let outcome = match (&a, code) {
            (Value::Number(a), EQUAL) => Some(*a == k),
            (Value::Number(a), AT_LEAST) => Some(*a >= k),
            // The same for the whole block, unless the number is within it.
            (Value::Request, EQUAL) if k >> 8 != high => Some(false),
            (Value::Request, AT_LEAST) if k >> 8 != high || k & 0xff == 0 => Some(high >= k >> 8),
            (Value::Request, EQUAL | AT_LEAST) => return Asked::Depends,
            (Value::Request, AND) if k <= 0xff => return Asked::LowByte(at),
            // The same for the whole block.
            (Value::Request, AND) if k & 0xff == 0 => {
                a = Value::Number(high << 8 & k);
                None
            }
            (_, LOAD) => {
                a = if k == 24 { Value::Request } else { Value::Number(field(&data, k)) };
                None
            }
            (_, RETURN) => return Asked::Verdict(k),
            _ => return Asked::Depends,
        };
        at += 1;
        if let Some(outcome) = outcome {
            at += usize::from(if outcome { jt } else { jf });
        }
    }
}

/// What becomes of each lowest byte from an instruction on that masks it out: a verdict, or the instruction that loads
/// the request once more, to compare it as a whole.
fn run_low(program: &[sock_filter], from: usize) -> Vec<Result<u32, usize>> {
    let low = |byte: u32| {
        let (mut a, mut x, mut at) = (byte, 0u32, from);
        loop {
            let sock_filter { code, jt, jf, k } = program[at];
            at += 1;
            match code {
                LOAD => return Err(at - 1),
                CONSTANT => a = k,
                AND => a &= k,
                SHIFT => a = a.checked_shr(x).unwrap_or(0),
                KEEP => x = a,
                EQUAL => at += usize::from(if a == k { jt } else { jf }),
                AT_LEAST => at += usize::from(if a >= k { jt } else { jf }),
                RETURN => return Ok(k),
                other => panic!("an instruction that is not known here: {other:#x}"),
            }
        }
    };
    (0..=0xff).map(low).collect()
}

/// What should become of the 256 requests that begin alike: most such blocks differ in nothing but where they are.
fn expected_block(high: u32, ordinary: &[u32; 256]) -> [u32; 256] {
    // Where a request is looked at as a whole: below 0x1000, and the numbers that `should_be_notified` names.
    let named = matches!(high, 0x54 | 0x30_0000 | 0x80_2c54 | 0x40_2c54 | 0x80_0454);
    // And where its size or its type may be one that is refused.
    let looked_at = high < 0x10 || named || high >> 8 & 0x3fff == 16 || high & 0xff == 0x64;
    if looked_at { std::array::from_fn(|low| expected(high << 8 | low as u32)) } else { *ordinary }
}

fn expected(request: u32) -> u32 {
    match should_fail(request) {
        Some(libc::ENOTTY) => NOT_THERE,
        Some(libc::EPERM) => FORBIDDEN,
        Some(other) => panic!("{request:#x}: {other}"),
        None if should_be_notified(request) => NOTIFIED,
        None => ALLOWED,
    }
}

#[test]
fn each_of_the_requests_goes_where_the_set_says() {
    // Any block without exceptions; that there are no others is seen by asking of some of every kind.
    let ordinary: [u32; 256] = std::array::from_fn(|low| expected(0xc020_4600 | low as u32));
    for request in (0..u32::MAX).step_by(251) {
        assert_eq!(expected(request), expected_block(request >> 8, &ordinary)[request as usize & 0xff], "{request:#x}");
    }
    for intercepted in BOTH {
        let program = program(intercepted);
        let whole = |request| run(&program, &Data { request, ..Data::IOCTL }).0;
        let mut tables: HashMap<usize, Vec<Result<u32, usize>>> = HashMap::new();
        let (mut looked_at, mut alike) = (0u64, 0u64);
        let mut counted: HashMap<u32, u64> = HashMap::new();
        let mut count = |verdicts: &[u32; 256], times: u64| {
            for verdict in verdicts {
                *counted.entry(*verdict).or_default() += times;
            }
        };
        for high in 0..1u32 << 24 {
            // Of a block of 256, as many at once as the program cannot tell apart; the others one by one.
            let mut verdicts = [0; 256];
            match run_block(&program, 0, high) {
                Asked::Verdict(verdict) => verdicts = [verdict; 256],
                Asked::LowByte(at) => {
                    let table = tables.entry(at).or_insert_with(|| run_low(&program, at));
                    let mut again = (usize::MAX, Asked::Depends);
                    for (low, verdict) in verdicts.iter_mut().enumerate() {
                        *verdict = match table[low] {
                            Ok(verdict) => verdict,
                            Err(from) => {
                                if again.0 != from {
                                    again = (from, run_block(&program, from, high));
                                }
                                match again.1 {
                                    Asked::Verdict(verdict) => verdict,
                                    _ => whole(high << 8 | low as u32),
                                }
                            }
                        };
                    }
                }
                Asked::Depends => verdicts = std::array::from_fn(|low| whole(high << 8 | low as u32)),
            }
            if verdicts != expected_block(high, &ordinary) {
                let wrong = (0..256u32).find(|low| verdicts[*low as usize] != expected(high << 8 | low));
                panic!("{intercepted:?}: {:#010x}", high << 8 | wrong.unwrap_or(0));
            }
            looked_at += 256;
            if verdicts == ordinary {
                alike += 1;
            } else {
                count(&verdicts, 1);
            }
        }
        count(&ordinary, alike);
        let of = |verdict| counted.get(&verdict).copied().unwrap_or(0);
        assert_eq!(looked_at, 1 << 32);
        // 34 of 256, without those that are harmless, and twelve of them where they are DRM's; and what /dev/nvidia-uvm
        // has below 0x1000 and above.
        assert_eq!(of(NOTIFIED), (34 << 24) - 14 - (12 << 16) + (0x1000 - 2 - 34 * 16) + 2);
        // Of each direction: DRM's numbers in all sizes, modeset's in all types.
        assert_eq!(of(NOT_THERE), 4 * (0x60 << 14) + 4 * 256);
        assert_eq!(of(FORBIDDEN), 2);
    }
}

#[test]
fn the_upper_half_of_a_request_is_not_looked_at() {
    // The interpreter panics when it is.
    for intercepted in BOTH {
        for request in [0, 0x27, 0x5401, 0xc020_462a, 0x3000_0001, u32::MAX] {
            run(&program(intercepted), &Data { request, ..Data::IOCTL });
        }
    }
}

#[test]
fn other_architectures_have_no_system_calls() {
    const I386: u32 = 0x4000_0003;
    const ARM: u32 = 0x4000_0028;
    for intercepted in BOTH {
        for architecture in [I386, ARM, 0, u32::MAX] {
            for number in 0..600 {
                let data = Data { number, architecture, request: 0xc020_462a, ..Data::IOCTL };
                assert_eq!(run(&program(intercepted), &data).0, ABSENT, "{architecture:#x} {number}");
            }
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn x32_has_no_system_calls() {
    for intercepted in BOTH {
        // 514 is its ioctl; the kernel takes numbers of x86-64 as well.
        for number in (0x4000_0000..0x4000_0400).chain([0x7fff_ffff, 0x8000_0000, 0xffff_fffe]) {
            let data = Data { number, request: 0xc020_462a, ..Data::IOCTL };
            assert_eq!(run(&program(intercepted), &data).0, ABSENT, "{number:#x}");
        }
        // What a debugger leaves of a call that it wants left out.
        let none = Data { number: u32::MAX, ..Data::IOCTL };
        assert_eq!(run(&program(intercepted), &none).0, ALLOWED);
    }
}

#[test]
fn asynchronous_calls_are_not_there() {
    for intercepted in BOTH {
        for number in [libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register] {
            let data = Data { number: number as u32, ..Data::IOCTL };
            assert_eq!(run(&program(intercepted), &data).0, ABSENT);
        }
    }
}

#[test]
fn calls_on_paths_are_notified_in_simulation_alone() {
    let here = libc::AT_FDCWD as u32;
    let empty = libc::AT_EMPTY_PATH as u32;
    let other = libc::AT_SYMLINK_NOFOLLOW as u32;
    let verdict = |number: i64, descriptor, flags, intercepted| {
        let data = Data { number: number as u32, descriptor, flags, ..Data::IOCTL };
        run(&program(intercepted), &data).0
    };
    for number in [libc::SYS_openat, libc::SYS_openat2, libc::SYS_faccessat, libc::SYS_faccessat2] {
        for (descriptor, flags) in [(here, [0, 0]), (3, [0, 0]), (3, [empty, empty]), (here, [empty, empty])] {
            assert_eq!(verdict(number, descriptor, flags, Intercepted::IoctlsAndPaths), NOTIFIED, "{number}");
            assert_eq!(verdict(number, descriptor, flags, Intercepted::Ioctls), ALLOWED, "{number}");
        }
    }
    // These may be about a descriptor and no path: then there is nothing to answer.
    for (number, at) in [(libc::SYS_newfstatat, 1), (libc::SYS_statx, 0)] {
        for (descriptor, mine, its, wanted) in [
            (here, 0, 0, NOTIFIED),
            (3, 0, 0, NOTIFIED),
            (3, other, empty, NOTIFIED),
            (here, empty, 0, NOTIFIED),
            (here, empty | other, empty, NOTIFIED),
            (u32::MAX, empty, 0, NOTIFIED),
            (0, empty, 0, ALLOWED),
            (3, empty, 0, ALLOWED),
            (i32::MAX as u32, empty | other, 0, ALLOWED),
        ] {
            let mut flags = [its; 2];
            flags[at] = mine;
            let got = verdict(number, descriptor, flags, Intercepted::IoctlsAndPaths);
            assert_eq!(got, wanted, "{number}: {descriptor:#x} {flags:x?}");
            assert_eq!(verdict(number, descriptor, flags, Intercepted::Ioctls), ALLOWED, "{number}");
        }
    }
}

#[test]
fn ordinary_calls_are_decided_in_few_instructions() {
    let steps = |number: i64, request, intercepted| {
        let data = Data { number: number as u32, request, ..Data::IOCTL };
        let (verdict, steps) = run(&program(intercepted), &data);
        assert_eq!(verdict, ALLOWED, "{number}");
        steps
    };
    for number in [libc::SYS_getppid, libc::SYS_read, libc::SYS_openat, libc::SYS_futex, libc::SYS_mmap] {
        assert!(steps(number, 0, Intercepted::Ioctls) <= 10);
    }
    // TCGETS, FIONREAD.
    for request in [0x5401, 0x541b] {
        assert!(steps(libc::SYS_ioctl, request, Intercepted::Ioctls) <= 17);
    }
}

#[test]
fn whatever_any_release_has_is_notified() {
    let tree = version_tree::Tree::embedded();
    let mut seen = 0;
    for release in tree.iter() {
        let abi = nvproxy::abi::Abi::compose(tree, release.version).unwrap();
        for row in abi.frontend().iter() {
            let request = 0xc000_4600 | row.number;
            assert_eq!(expected(request), NOTIFIED, "{} at {}", row.name, release.version);
            seen += 1;
        }
        for row in abi.uvm().iter() {
            assert_eq!(expected(row.number), NOTIFIED, "{} at {}", row.name, release.version);
            seen += 1;
        }
    }
    assert!(seen > 10_000, "{seen}");
}
