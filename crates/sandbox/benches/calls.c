/* What system calls cost. Prints `name nanoseconds` per line.
 *
 * calls plain           ordinary calls, and an intercepted control if there is a device file
 * calls under FILE      ordinary calls under the filter in a file, as the kernel takes it
 * calls floor           an ioctl that the least supervisor there can be answers: it copies 32 bytes in and out
 * calls same            one that does what a supervisor must that is to be a boundary: the system calls of the proxy's, and a
 *                       filter of its own, but no thought
 * calls ring [SPIN]     the same without notification: asked and answered in shared memory, by futexes; with SPIN, both sides
 *                       look for so many nanoseconds before they sleep
 * calls ptrace          an ioctl that a tracer answers, with as many copies as floor: at the second of two stops
 * calls once            the same at one stop, of which a filter tells the tracer: the least tracer there can be */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUEST(nr, size) (3u << 30 | (unsigned)(size) << 16 | 0x46 << 8 | (nr))
#define RM_CONTROL REQUEST(0x2a, 32)

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The least of several rounds: what a call costs when nothing else happens. */
#define MEASURE(name, count, call)                                        \
    do {                                                                  \
        double least = 1e18;                                              \
        for (int round = 0; round < 7; round++) {                         \
            double start = now();                                         \
            for (int i = 0; i < (count); i++) { call; }                   \
            double took = (now() - start) / (count);                      \
            if (took < least) least = took;                               \
        }                                                                 \
        printf("%s %.0f\n", name, least);                                 \
    } while (0)

static void ordinary(void) {
    char byte;
    int fd = open("/proc/self/exe", O_RDONLY);
    MEASURE("getppid", 100000, syscall(SYS_getppid));
    MEASURE("open+close", 20000, close(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)));
    MEASURE("pread", 100000, if (pread(fd, &byte, 1, 0) != 1) exit(1));
    MEASURE("ioctl of others", 100000, syscall(SYS_ioctl, fd, 0x5401ul, 0));
}

static void intercepted(void) {
    int fd = open("/dev/nvidiactl", O_RDWR);
    if (fd < 0) return;
    uint32_t client[8] = {0};
    if (syscall(SYS_ioctl, fd, (unsigned long)REQUEST(0x2b, 32), client) || client[7]) exit(1);
    /* NV0000_CTRL_CMD_GPU_GET_ATTACHED_IDS: 32 numbers. */
    uint32_t ids[32];
    struct {
        uint32_t client, object, command, flags;
        uint64_t params;
        uint32_t size, status;
    } control = {client[2], client[2], 0x201, 0, (uintptr_t)ids, sizeof ids, 0};
    /* Whoever asks knows no answer yet. */
    MEASURE("control", 5000, memset(ids, 0, sizeof ids);
            if (syscall(SYS_ioctl, fd, (unsigned long)RM_CONTROL, &control) || control.status) exit(1));
}

/* Every call is allowed, once its number and, of ioctls, the request was looked at. */
static int filter_own(void) {
    struct sock_filter code[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_ioctl},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[1])},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* Looks which file a descriptor is of, without keeping it. */
static int look_up(int process, int descriptor) {
    struct stat what;
    int file = syscall(SYS_pidfd_getfd, process, descriptor, 0);
    return file < 0 || fstat(file, &what) || close(file);
}

/* A control gets a verdict of its own. */
static int filter_control(unsigned verdict, unsigned flags) {
    struct sock_filter code[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_ioctl},
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[1])},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, RM_CONTROL},
        {BPF_RET | BPF_K, 0, 0, verdict},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static int floor_of(int same) {
    int ready[2], number;
    if (pipe(ready)) return 1;
    pid_t child = fork();
    if (child == 0) {
        char params[512] __attribute__((aligned(512))) = {7};
        int listener = filter_control(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
        if (listener < 0 || write(ready[1], &listener, sizeof listener) < 0) _exit(1);
        usleep(50000);
        MEASURE(same ? "same" : "floor", 5000, syscall(SYS_ioctl, 1, (unsigned long)RM_CONTROL, params));
        fflush(stdout);
        _exit(0);
    }
    if (read(ready[0], &number, sizeof number) != sizeof number) return 1;
    int process = syscall(SYS_pidfd_open, child, 0), listener = syscall(SYS_pidfd_getfd, process, number, 0);
    ioctl(listener, SECCOMP_IOW(4, uint64_t), 1ul);
    if (same && filter_own()) return 1;
    for (;;) {
        struct seccomp_notif notice = {0};
        char bytes[512];
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice)) {
            if (errno == EINTR) continue;
            break;
        }
        struct iovec here = {bytes, same ? 512 : 32}, there = {(void *)notice.data.args[2], here.iov_len};
        if (same && look_up(process, notice.data.args[0])) return 1;
        if (process_vm_readv(notice.pid, &here, 1, &there, 1, 0) != (ssize_t)here.iov_len) return 1;
        for (int check = 0; same && check < 2; check++)
            if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notice.id)) return 1;
        here.iov_len = there.iov_len = same ? 128 : 32;
        if (process_vm_writev(notice.pid, &here, 1, &there, 1, 0) != (ssize_t)here.iov_len) return 1;
        struct seccomp_notif_resp reply = {.id = notice.id};
        ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
    return 0;
}

enum { IDLE, ASKED, ANSWERED, END };

/* What a thread of the guest and its supervisor share. */
struct ring {
    _Atomic uint32_t state, guest_sleeps, supervisor_sleeps;
    void *argument;
};

static void wake(struct ring *ring, _Atomic uint32_t *sleeps) {
    if (atomic_load(sleeps)) syscall(SYS_futex, &ring->state, FUTEX_WAKE, 1, 0, 0, 0);
}

/* Until the state is another. */
static uint32_t another(struct ring *ring, uint32_t state, _Atomic uint32_t *sleeps, double spin) {
    uint32_t now_is;
    for (double end = spin > 0 ? now() + spin : 0; spin > 0 && now() < end;)
        for (int i = 0; i < 64; i++)
            if ((now_is = atomic_load(&ring->state)) != state) return now_is;
    atomic_store(sleeps, 1);
    while ((now_is = atomic_load(&ring->state)) == state) syscall(SYS_futex, &ring->state, FUTEX_WAIT, state, 0, 0, 0);
    atomic_store(sleeps, 0);
    return now_is;
}

static int ring_of(double spin) {
    struct ring *ring = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) return 1;
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        char params[512] __attribute__((aligned(512))) = {7};
        if (filter_own()) _exit(1);
        MEASURE("ring", 5000, ring->argument = params; atomic_store(&ring->state, ASKED);
                wake(ring, &ring->supervisor_sleeps); another(ring, ASKED, &ring->guest_sleeps, spin));
        fflush(stdout);
        atomic_store(&ring->state, END);
        wake(ring, &ring->supervisor_sleeps);
        _exit(0);
    }
    int process = syscall(SYS_pidfd_open, child, 0);
    if (filter_own()) return 1;
    for (uint32_t state = IDLE;;) {
        if (state != ASKED && (state = another(ring, state, &ring->supervisor_sleeps, spin)) == END) return 0;
        char bytes[512];
        struct iovec here = {bytes, 512}, there = {ring->argument, 512};
        if (look_up(process, 1)) return 1;
        if (process_vm_readv(child, &here, 1, &there, 1, 0) != 512) return 1;
        /* Whether it is still the same thread. */
        for (int check = 0; check < 2; check++)
            if (syscall(SYS_pidfd_send_signal, process, 0, 0, 0)) return 1;
        here.iov_len = there.iov_len = 128;
        if (process_vm_writev(child, &here, 1, &there, 1, 0) != 128) return 1;
        atomic_store(&ring->state, state = ANSWERED);
        wake(ring, &ring->guest_sleeps);
    }
}

/* A tracer that stops its program twice in every call, or once in this one, which a filter tells it of. */
static int traced(int once) {
    pid_t child = fork();
    if (child == 0) {
        char params[32] = {7};
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        if (once && filter_control(SECCOMP_RET_TRACE, 0)) _exit(1);
        MEASURE(once ? "once" : "ptrace", 5000, syscall(SYS_ioctl, 1, (unsigned long)RM_CONTROL, params));
        fflush(stdout);
        _exit(0);
    }
    int status, entering = 1;
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP);
    for (;; entering = once || !entering) {
        ptrace(once ? PTRACE_CONT : PTRACE_SYSCALL, child, 0, 0);
        if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return 0;
        struct user_regs_struct registers;
        ptrace(PTRACE_GETREGS, child, 0, &registers);
        if (registers.orig_rax != SYS_ioctl || (unsigned)registers.rsi != RM_CONTROL) continue;
        char bytes[32];
        struct iovec here = {bytes, 32}, there = {(void *)registers.rdx, 32};
        if (entering && process_vm_readv(child, &here, 1, &there, 1, 0) != 32) return 1;
        if (entering && process_vm_writev(child, &here, 1, &there, 1, 0) != 32) return 1;
        if (entering && !once) continue;
        if (once) registers.orig_rax = -1;
        registers.rax = 0;
        ptrace(PTRACE_SETREGS, child, 0, &registers);
    }
}

static int under(const char *path) {
    static struct sock_filter code[4096];
    FILE *file = fopen(path, "r");
    if (!file) return 1;
    struct sock_fprog program = {fread(code, sizeof *code, 4096, file), code};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0)) return 1;
    ordinary();
    return 0;
}

int main(int count, char **words) {
    setvbuf(stdout, 0, _IOLBF, 0);
    if (count > 1 && !strcmp(words[1], "floor")) return floor_of(0);
    if (count > 1 && !strcmp(words[1], "same")) return floor_of(1);
    if (count > 1 && !strcmp(words[1], "ring")) return ring_of(count > 2 ? atof(words[2]) : 0);
    if (count > 1 && !strcmp(words[1], "ptrace")) return traced(0);
    if (count > 1 && !strcmp(words[1], "once")) return traced(1);
    if (count > 2 && !strcmp(words[1], "under")) return under(words[2]);
    ordinary();
    intercepted();
    return 0;
}
