//! The seccomp rules allow what the proxy issues, and nothing else.

mod support;

use nvproxy::abi::{Abi, Capabilities, Effect, Evidence, Parameters, Table, changing};
use nvproxy::seccomp::{Rule, ioctls};
use nvproxy::{Options, UvmMode};
use std::collections::BTreeSet;
use support::{ARGUMENT, CONTROL, DEVICE, Fixture, UVM, request};
use version_tree::{DriverVersion, Tree, version};

/// Every release whose ABI is its own.
fn releases() -> Vec<Abi> {
    let all = [version!("515.43.04")].into_iter().chain(changing());
    all.map(|version: DriverVersion| Abi::compose(Tree::embedded(), version).unwrap()).collect()
}

/// None, each alone, those by default, all but the privileged, and all.
fn capability_sets() -> Vec<Capabilities> {
    let all = Capabilities::all();
    let alone = all.iter();
    [Capabilities::empty(), Capabilities::DEFAULT, all - Capabilities::PRIVILEGED, all]
        .into_iter()
        .chain(alone)
        .collect()
}

/// Requests of every number that any release has and of its neighbours, in every size that anything has and in one more
/// or less, of every direction and of another type.
fn requests(releases: &[Abi]) -> Vec<u32> {
    let mut sizes = BTreeSet::from([0, 1, 72, 144, 0x3fff]);
    let mut whole = BTreeSet::from([0, 0x5401, 0x541b, 0x3000_0000, 0x3000_0003, u32::MAX]);
    for abi in releases {
        for row in abi.frontend() {
            for shape in row.handling.shapes() {
                let size = shape.layout.size as u32;
                sizes.extend([size - 1, size, size + 1]);
            }
        }
        for row in abi.uvm() {
            whole.extend([row.number - 1, row.number, row.number + 1, row.number | 1 << 31]);
        }
    }
    let mut requests: Vec<u32> = whole.into_iter().collect();
    for size in sizes {
        for number in 0..=0xff {
            let request = request(number, size);
            requests.extend([request, request ^ 1 << 31, request ^ 1 << 30, request ^ 3 << 30, request ^ 0x100]);
        }
    }
    requests
}

/// What the tables say, looked up by the parts of a request instead of gathered from the rows.
fn is_row(abi: &Abi, capabilities: Capabilities, uvm: UvmMode, request: u32) -> bool {
    if let Some(row) = abi.uvm().get(request) {
        let initialises = matches!(row.handling.effect, Some(Effect::UvmInitialize | Effect::UvmMmInitialize));
        let forwarded = matches!(row.handling.parameters, Parameters::Struct(_) | Parameters::Empty);
        return row.capabilities.intersects(capabilities) && forwarded && !(uvm == UvmMode::Native && initialises);
    }
    let (direction, size, kind) = (request >> 30, (request >> 16 & 0x3fff) as usize, request >> 8 & 0xff);
    let row = abi.frontend().get(request & 0xff).filter(|row| row.capabilities.intersects(capabilities));
    direction == 3
        && kind == u32::from(b'F')
        && row.is_some_and(|row| match row.handling.parameters {
            Parameters::Struct(shapes) => {
                // The driver judges sizes that are only inferred, if there is nothing that the proxy has to find.
                let inferred = abi.evidence(Table::Frontend, row.number) == Some(Evidence::Inferred);
                let plain = row.handling.effect.is_none() && shapes.iter().all(|shape| shape.params.is_empty());
                (inferred && plain) || shapes.iter().any(|shape| shape.layout.size == size)
            }
            Parameters::Repeated(_) => true,
            _ => false,
        })
}

fn allowed(rules: &[Rule], request: u32) -> bool {
    rules.iter().any(|rule| rule.allows(request))
}

#[test]
fn exactly_what_the_capabilities_allow_passes() {
    let releases = releases();
    let requests = requests(&releases);
    let (mut passed, mut refused) = (0u64, 0u64);
    for abi in &releases {
        for capabilities in capability_sets() {
            for uvm in [UvmMode::Shared, UvmMode::Native] {
                let rules = ioctls(abi, capabilities, uvm);
                for request in &requests {
                    let expected = is_row(abi, capabilities, uvm, *request);
                    let what = || format!("{}: {capabilities:?}, {request:#x}", abi.version());
                    assert_eq!(allowed(&rules, *request), expected, "{}", what());
                    *(if expected { &mut passed } else { &mut refused }) += 1;
                }
            }
        }
    }
    assert!(passed > 10_000 && refused > 1_000_000, "{passed} passed and {refused} were refused");
}

#[test]
fn every_rule_is_of_use_and_none_is_there_twice() {
    for abi in &releases() {
        for capabilities in capability_sets() {
            let rules = ioctls(abi, capabilities, UvmMode::Shared);
            for (index, rule) in rules.iter().enumerate() {
                assert_eq!(rule.value & !rule.mask, 0, "{rule}");
                let again = rules.iter().skip(index + 1).find(|other| other.allows(rule.value));
                assert_eq!(again, None, "{}: {rule}", abi.version());
            }
            assert_eq!(
                rules.is_empty(),
                abi.frontend().iter().chain(abi.uvm()).all(|row| {
                    !row.capabilities.intersects(capabilities) || matches!(row.handling.parameters, Parameters::Refused)
                })
            );
        }
    }
}

#[test]
fn what_is_never_forwarded_is_in_no_rule() {
    for abi in &releases() {
        let rules = ioctls(abi, Capabilities::all(), UvmMode::Shared);
        // NV_ESC_NUMA_INFO; NV_ESC_IOCTL_XFER_CMD, which is unwrapped; NV_ESC_RM_LOCKLESS_DIAGNOSTIC, of which the driver
        // does not check the size.
        for number in [0xd7, 0xd3, 0x5f] {
            assert!(!(0..=0x3fff).any(|size| allowed(&rules, request(number, size))), "{number:#x}");
        }
    }
}

/// Whatever a guest asks for, what the proxy has the driver do is allowed.
#[test]
fn what_reaches_the_driver_passes() {
    let mut reached = BTreeSet::new();
    for abi in &releases() {
        for capabilities in [Capabilities::all(), Capabilities::DEFAULT, Capabilities::UTILITY | Capabilities::VIDEO] {
            for uvm in [UvmMode::Shared, UvmMode::Native] {
                let rules = ioctls(abi, capabilities, uvm);
                let options = Options { capabilities, uvm, ..Options::default() };
                let fixture = Fixture::of(support::proxy(abi.version()), options, 0xc1d0_0001);
                let mut call = |file, request| {
                    // The client, and otherwise the number of a control file or nothing.
                    for fill in [0, CONTROL as u32, fixture.client.0] {
                        for word in 0..2600 {
                            fixture.memory.put_u32(ARGUMENT + word * 4, fill);
                        }
                        let _ = fixture.ioctl(file, request, ARGUMENT);
                        for seen in fixture.proxy.driver().take() {
                            assert!(allowed(&rules, seen.request), "{}: {:#x}", abi.version(), seen.request);
                            reached.insert(seen.request);
                        }
                    }
                };
                for row in abi.frontend() {
                    for shape in row.handling.shapes() {
                        call(CONTROL, request(row.number, shape.layout.size as u32));
                        call(DEVICE, request(row.number, shape.layout.size as u32));
                    }
                    call(CONTROL, request(row.number, 144));
                }
                for row in abi.uvm() {
                    call(UVM, row.number);
                }
            }
        }
    }
    // Most calls of rows with effects are refused before: they are about objects that there are not.
    assert!(reached.len() >= 40, "{reached:#x?}");
}

#[test]
fn rules_are_written_in_a_line() {
    let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let rules = ioctls(&abi, Capabilities::DEFAULT, UvmMode::Shared);
    let lines: Vec<_> = rules.iter().map(Rule::to_string).collect();
    for line in [
        "0xc0104629/0xffffffff NV_ESC_RM_FREE",
        "0xc020462b/0xffffffff NV_ESC_RM_ALLOC",
        "0xc030462b/0xffffffff NV_ESC_RM_ALLOC",
        "0xc00046c8/0xc000ffff NV_ESC_CARD_INFO",
        "0x30000001/0xffffffff UVM_INITIALIZE",
    ] {
        assert!(lines.iter().any(|known| known == line), "{line}\n{lines:#?}");
    }
    assert!(lines.is_sorted_by_key(|line| line.split('/').next().map(str::to_owned)));
}

mod programs {
    use super::*;
    use nix::libc;
    use nvproxy::seccomp::seccompiler::{BpfProgramRef, SeccompAction, SeccompRule, apply_filter, sock_filter};
    use nvproxy::seccomp::{FilterError, mmap_rules, program};
    use std::collections::BTreeMap;
    use std::process::Command;

    const REFUSED: SeccompAction = SeccompAction::Errno(libc::EPERM as u32);

    /// What the kernel makes of a program: `SECCOMP_RET_*`. Only of the instructions that seccompiler uses, and only
    /// for 32-bit words of `struct seccomp_data`.
    fn run(program: BpfProgramRef<'_>, data: &[u32; 16]) -> u32 {
        let (mut at, mut accumulator) = (0usize, 0u32);
        loop {
            let sock_filter { code, jt, jf, k } = &program[at];
            let jump = |condition: bool| usize::from(if condition { *jt } else { *jf });
            at += 1;
            match u32::from(*code) {
                code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => accumulator = data[*k as usize / 4],
                code if code == libc::BPF_ALU | libc::BPF_AND | libc::BPF_K => accumulator &= k,
                code if code == libc::BPF_JMP | libc::BPF_JA => at += *k as usize,
                code if code == libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K => at += jump(accumulator == *k),
                code if code == libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K => at += jump(accumulator >= *k),
                code if code == libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K => at += jump(accumulator > *k),
                code if code == libc::BPF_RET | libc::BPF_K => return *k,
                code => panic!("instruction {code:#x}"),
            }
        }
    }

    /// `struct seccomp_data` of a system call.
    fn data(number: i64, arguments: [u64; 4]) -> [u32; 16] {
        const AUDIT_ARCH: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
        let mut data = [0; 16];
        (data[0], data[1]) = (number as u32, AUDIT_ARCH);
        for (index, argument) in arguments.into_iter().enumerate() {
            (data[4 + index * 2], data[5 + index * 2]) = (argument as u32, (argument >> 32) as u32);
        }
        data
    }

    #[test]
    fn a_program_does_what_its_rules_say() {
        let releases = releases();
        let requests = requests(&releases);
        for abi in &releases {
            for capabilities in [Capabilities::empty(), Capabilities::DEFAULT, Capabilities::all()] {
                let rules = ioctls(abi, capabilities, UvmMode::Shared);
                // So that there is a program at all.
                let others = BTreeMap::from([(libc::SYS_read, Vec::new())]);
                let program = program(&rules, others, REFUSED).unwrap();
                // The first argument, and the upper half of the second, which the kernel ignores, say nothing.
                for (request, high) in requests.iter().zip([0, 1 << 32].into_iter().cycle()) {
                    let call = data(libc::SYS_ioctl, [u64::MAX, u64::from(*request) | high, 0, 0]);
                    let allows = run(&program, &call) == libc::SECCOMP_RET_ALLOW;
                    assert_eq!(allows, allowed(&rules, *request), "{}: {request:#x}", abi.version());
                }
            }
        }
    }

    #[test]
    fn device_files_are_mapped_shared_and_never_executable() {
        let others = BTreeMap::from([(libc::SYS_mmap, mmap_rules().unwrap())]);
        let program = program(&[], others, REFUSED).unwrap();
        let (shared, fixed) = (libc::MAP_SHARED, libc::MAP_FIXED);
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        for (protection, flags, expected) in [
            (read_write, shared, true),
            (libc::PROT_READ, shared | fixed, true),
            (libc::PROT_NONE, shared | libc::MAP_FIXED_NOREPLACE, true),
            (read_write | libc::PROT_EXEC, shared, false),
            (read_write, libc::MAP_PRIVATE, false),
            (read_write, shared | libc::MAP_ANONYMOUS, false),
        ] {
            let call = data(libc::SYS_mmap, [0, 0x1000, protection as u64, flags as u64]);
            let allows = run(&program, &call) == libc::SECCOMP_RET_ALLOW;
            assert_eq!(allows, expected, "protection {protection:#x}, flags {flags:#x}");
        }
        let ioctl = data(libc::SYS_ioctl, [3, 0xc010_4629, 0, 0]);
        assert_eq!(run(&program, &ioctl), libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, "no rule, no ioctl");
    }

    #[test]
    fn every_ioctl_is_not_what_a_filter_is_for() {
        let others = BTreeMap::from([(libc::SYS_ioctl, Vec::new())]);
        assert!(matches!(program(&[], others, REFUSED), Err(FilterError::Unrestricted)));
    }

    /// What a thread needs that issues ioctls and ends.
    fn thread() -> BTreeMap<i64, Vec<SeccompRule>> {
        [
            libc::SYS_write,
            libc::SYS_close,
            libc::SYS_mmap,
            libc::SYS_munmap,
            libc::SYS_mprotect,
            libc::SYS_madvise,
            libc::SYS_brk,
            libc::SYS_futex,
            libc::SYS_sched_yield,
            libc::SYS_sigaltstack,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_rseq,
            libc::SYS_set_robust_list,
            libc::SYS_gettid,
            libc::SYS_getpid,
            libc::SYS_tgkill,
            libc::SYS_exit,
            libc::SYS_exit_group,
        ]
        .into_iter()
        .map(|number| (number, Vec::new()))
        .collect()
    }

    /// In the environment of the process that puts a filter into force.
    const SACRIFICE: &str = "NVPROXY_TEST_SACRIFICE";

    #[test]
    fn the_kernel_does_what_the_rules_say() {
        if std::env::var_os(SACRIFICE).is_some() {
            return sacrifice();
        }
        let name = "programs::the_kernel_does_what_the_rules_say";
        let test = std::env::current_exe().unwrap();
        let output = Command::new(test).args(["--exact", name, "--nocapture"]).env(SACRIFICE, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("the filter was in force"), "{told}");
    }

    /// Puts the filter into force for a thread of this process, and tries it.
    fn sacrifice() {
        let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
        let rules = ioctls(&abi, Capabilities::DEFAULT, UvmMode::Shared);
        let program = program(&rules, thread(), REFUSED).unwrap();
        let null = std::fs::File::open("/dev/null").unwrap();
        let tried = std::thread::spawn(move || {
            let before = errno_of(&null, 0x5401);
            apply_filter(&program).unwrap();
            let mut tried = vec![(0x5401, before, libc::ENOTTY)];
            // A null device knows none of them; one that is refused never gets there.
            for rule in &rules {
                tried.push((rule.value, errno_of(&null, rule.value), libc::ENOTTY));
            }
            for refused in [0x5401, 0xc011_4629, 0xc010_4729, 0x8010_4629, request(0xd7, 560), request(0xd9, 2608), 70]
            {
                tried.push((refused, errno_of(&null, refused), libc::EPERM));
            }
            // However many cards there may be.
            tried.push((request(0xc8, 32 * 72), errno_of(&null, request(0xc8, 32 * 72)), libc::ENOTTY));
            tried
        });
        for (request, errno, expected) in tried.join().unwrap() {
            assert_eq!(errno, expected, "{request:#x}");
        }
        println!("the filter was in force");
    }

    /// Why an ioctl without an argument fails.
    #[allow(unsafe_code)]
    fn errno_of(file: &std::fs::File, request: u32) -> i32 {
        use std::os::fd::AsRawFd;
        // SAFETY: the file is a null device, which looks at no argument; there is none that could be.
        let result = unsafe { libc::ioctl(file.as_raw_fd(), libc::Ioctl::from(request), std::ptr::null_mut::<u8>()) };
        if result == 0 { 0 } else { std::io::Error::last_os_error().raw_os_error().unwrap_or(0) }
    }
}
