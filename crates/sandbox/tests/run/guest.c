/* Guests of the tests: each part does something, judges what comes of it, and ends with status 0 if that is as it should
 * be. What is wrong is said on stderr. */
#define _GNU_SOURCE
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL "/dev/nvidiactl"
#define CHECK(what, ...)                                                                   \
    do {                                                                                   \
        if (!(what)) {                                                                     \
            fprintf(stderr, "%s:%d: %s (errno %d)", __FILE__, __LINE__, #what, errno);     \
            fprintf(stderr, " " __VA_ARGS__);                                              \
            fputc('\n', stderr);                                                           \
            exit(1);                                                                       \
        }                                                                                  \
    } while (0)

enum { RM_ALLOC = 0x2b, RM_CONTROL = 0x2a, RM_FREE = 0x29, XFER_CMD = 0xd3 };
#define REQUEST(nr, size) (3u << 30 | (unsigned)(size) << 16 | 0x46 << 8 | (nr))

/* NVOS21: 32 bytes. */
struct alloc {
    uint32_t root, parent, object, class;
    uint64_t params;
    uint32_t size, status;
};
/* NVOS54. */
struct control {
    uint32_t client, object, command, flags;
    uint64_t params;
    uint32_t size, status;
};
/* NVOS00. */
struct freeing {
    uint32_t root, parent, object, status;
};
struct wrapped {
    uint32_t nr, size;
    uint64_t params;
};

static int request(int fd, unsigned number, void *argument) {
    return syscall(SYS_ioctl, fd, (unsigned long)number, argument);
}

static int control_file(void) {
    int fd = open(CONTROL, O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

/* Makes a client; 0 if it was refused. */
static uint32_t client(int fd) {
    struct alloc params = {0};
    if (request(fd, REQUEST(RM_ALLOC, sizeof params), &params) != 0 || params.status != 0) return 0;
    return params.object;
}

static uint32_t free_client(int fd, uint32_t client) {
    struct freeing params = {client, 0, client, 0};
    CHECK(request(fd, REQUEST(RM_FREE, sizeof params), &params) == 0);
    return params.status;
}

/* Waits to be told to go on. */
static void pause_here(const char *said) {
    char byte;
    printf("%s\n", said);
    fflush(stdout);
    CHECK(read(0, &byte, 1) >= 0);
}

static int works(void) {
    int fd = control_file();
    uint32_t handle = client(fd);
    CHECK(handle != 0);
    CHECK(free_client(fd, handle) == 0);
    return 0;
}

/* --- the parts --- */

static int states(void) {
    struct stat st;
    CHECK(stat(CONTROL, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(195, 255));
    CHECK(lstat("/dev/../dev//nvidia0", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(195, 0));
    CHECK(syscall(SYS_stat, CONTROL, &st) == 0 && S_ISCHR(st.st_mode));
    struct statx stx;
    CHECK(statx(AT_FDCWD, CONTROL, 0, STATX_BASIC_STATS, &stx) == 0 && S_ISCHR(stx.stx_mode));
    CHECK(stx.stx_rdev_major == 195 && stx.stx_rdev_minor == 255);
    int dev = open("/dev", O_PATH | O_DIRECTORY);
    CHECK(fstatat(dev, "nvidiactl", &st, 0) == 0 && S_ISCHR(st.st_mode));
    CHECK(faccessat(dev, "nvidiactl", R_OK | W_OK, 0) == 0);
    CHECK(access(CONTROL, R_OK | W_OK) == 0 && access(CONTROL, X_OK) == -1 && errno == EACCES);
    CHECK(chdir("/dev") == 0 && open("nvidia0", O_RDWR) >= 0 && openat(dev, "nvidiactl", O_RDWR) >= 0);
    CHECK(open("/dev/nvidia77", O_RDWR) == -1 && errno == ENOENT);
    CHECK(stat("/dev/nvidia77", &st) == -1 && errno == ENOENT);
    CHECK(open(CONTROL, O_RDWR | O_DIRECTORY) == -1 && errno == ENOTDIR);
    CHECK(open((char *)8, O_RDWR) == -1 && errno == EFAULT);
    CHECK(stat(CONTROL, (struct stat *)8) == -1 && errno == EFAULT);
    char text[64] = {0};
    int params = open("/proc/driver/nvidia/params", O_RDONLY);
    CHECK(params >= 0 && read(params, text, 63) > 0);
    struct stat opened;
    CHECK(stat("/proc/driver/nvidia/params", &st) == 0 && fstat(params, &opened) == 0);
    CHECK(st.st_dev == opened.st_dev && st.st_ino == opened.st_ino && st.st_mode == opened.st_mode,
          "a file is not another once it is open: cp(1) looks");
    CHECK(statx(AT_FDCWD, "/proc/driver/nvidia/params", 0, STATX_BASIC_STATS, &stx) == 0);
    CHECK(makedev(stx.stx_dev_major, stx.stx_dev_minor) == opened.st_dev && stx.stx_ino == opened.st_ino);
    CHECK(open("/proc/driver/nvidia/params", O_RDWR) == -1 && errno == EACCES);
    char again[32];
    snprintf(again, sizeof again, "/proc/self/fd/%d", params);
    fchmod(params, 0666);
    int writable = open(again, O_RDWR);
    CHECK(writable < 0 || (write(writable, "x", 1) == -1 && ftruncate(writable, 0) == -1), "it cannot be changed");
    int fd = open(CONTROL, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(open(CONTROL, O_RDWR), F_GETFD) == 0);
    return 0;
}

/* A file is what it is by its open file description. */
static int descriptions(void) {
    int fd = control_file();
    uint32_t handle = client(fd);
    int other = dup(fd), stranger = control_file();
    CHECK(free_client(stranger, handle) != 0, "a client belongs to the file it was made on");
    CHECK(close(fd) == 0);
    pid_t child = fork();
    if (child == 0) _exit(free_client(other, handle) == 0 ? 0 : 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "a child shares the description");
    return 0;
}

/* Whatever type, size and direction a request has: a pipe, which is what is behind the descriptor, answers ENOTTY, and
 * the proxy never does. */
static int odd(void) {
    static const unsigned char numbers[] = {0x27, 0x28, 0x29, 0x2a, 0x2b, 0x34, 0x35, 0x39, 0x41, 0x4a, 0x4d, 0x4e,
                                            0x4f, 0x52, 0x54, 0x57, 0x58, 0x59, 0x5e, 0x5f, 0xc8, 0xc9, 0xce, 0xcf,
                                            0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda};
    static const unsigned types[] = {0, 0x46, 'E', 0x47, 0xff}, sizes[] = {0, 1, 4, 32, 56, 4096, 0x3fff};
    static char params[1 << 16];
    int fd = control_file();
    for (unsigned n = 0; n < sizeof numbers; n++)
        for (unsigned t = 0; t < sizeof types / sizeof *types; t++)
            for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
                for (unsigned direction = 0; direction < 4; direction++) {
                    unsigned number = direction << 30 | sizes[s] << 16 | types[t] << 8 | numbers[n];
                    unsigned long high = (unsigned long)(n + 1) << 32;
                    memset(params, 0, sizeof params);
                    int result = syscall(SYS_ioctl, fd, high | number, params);
                    CHECK(result >= 0 || errno != ENOTTY, "%#x reached the file", number);
                }
    for (unsigned number = 3; number < 0x1000; number++) {
        if (number % 7) continue;
        CHECK(request(fd, number, params) == 0 || errno != ENOTTY, "%#x reached the file", number);
    }
    return 0;
}

/* Lengths that nobody has, wrapped ioctls within wrapped ones, pointers to nowhere. */
static int lengths(void) {
    int fd = control_file();
    int numbers[] = {-1, -2, 0x7fffffff, 9999, (int)0x80000000};
    for (unsigned n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        char params[32] = {0};
        CHECK(request(numbers[n], REQUEST(RM_ALLOC, 32), params) == -1 && errno == EBADF, "descriptor %d", numbers[n]);
    }
    uint32_t handle = client(fd);
    static const uint32_t sizes[] = {0, 1, 31, 33, 4097, 0x3fff, 0x4000, 0x7fffffff, 0x80000000, 0xffffffff};
    static const uint64_t addresses[] = {0, 1, 4095, 0x7fffffffffff, 0x800000000000, UINT64_MAX - 8, UINT64_MAX};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned j = 0; j < sizeof addresses / sizeof *addresses; j++) {
            struct control c = {handle, handle, 0x101, 0, addresses[j], sizes[i], 0};
            int result = request(fd, REQUEST(RM_CONTROL, sizeof c), &c);
            CHECK(result == -1 || c.status != 0, "size %#x address %#lx", sizes[i], addresses[j]);
            struct wrapped w = {RM_CONTROL, sizes[i], addresses[j]};
            CHECK(request(fd, REQUEST(XFER_CMD, sizeof w), &w) == -1);
            CHECK(request(fd, REQUEST(RM_ALLOC, 32), (void *)addresses[j]) == -1);
        }
    struct wrapped inner = {RM_CONTROL, sizeof(struct control), 8}, outer = {XFER_CMD, sizeof inner, (uintptr_t)&inner};
    CHECK(request(fd, REQUEST(XFER_CMD, sizeof outer), &outer) == -1 && errno == EINVAL, "no nesting");
    outer = (struct wrapped){RM_FREE | 0x100, 16, (uintptr_t)&inner};
    CHECK(request(fd, REQUEST(XFER_CMD, sizeof outer), &outer) == -1 && errno == EINVAL, "the inner number is not masked");
    struct freeing freeing = {handle, 0, handle, 0};
    outer = (struct wrapped){RM_FREE, sizeof freeing, (uintptr_t)&freeing};
    CHECK(request(fd, REQUEST(XFER_CMD, sizeof outer), &outer) == 0 && freeing.status == 0, "but one level works");
    return 0;
}

/* Sends a GPU commands with parameters of a size: command, size, command, ...; prints what each is answered. */
static int sizes(char **words) {
    int fd = control_file();
    uint32_t handle = client(fd), device[14] = {0}, subdevice = 0;
    struct alloc a = {handle, handle, 0xd1, 0x80, (uintptr_t)device, 0, 0};
    CHECK(request(fd, REQUEST(RM_ALLOC, sizeof a), &a) == 0 && a.status == 0, "a device: %#x", a.status);
    a = (struct alloc){handle, 0xd1, 0xd2, 0x2080, (uintptr_t)&subdevice, 0, 0};
    CHECK(request(fd, REQUEST(RM_ALLOC, sizeof a), &a) == 0 && a.status == 0, "a subdevice: %#x", a.status);
    for (; words[0] && words[1]; words += 2) {
        uint32_t size = strtoul(words[1], NULL, 0);
        void *params = calloc(1, size);
        struct control c = {handle, 0xd2, strtoul(words[0], NULL, 0), 0, (uintptr_t)params, size, 0};
        CHECK(params && request(fd, REQUEST(RM_CONTROL, sizeof c), &c) == 0);
        printf("%s %u %#x\n", words[0], size, c.status);
        free(params);
    }
    return 0;
}

/* What a file can do with a client of another file: nothing. */
static void no_use(int fd, uint32_t handle) {
    uint32_t ids[32];
    struct control c = {handle, handle, 0x201, 0, (uintptr_t)ids, sizeof ids, 0};
    CHECK(request(fd, REQUEST(RM_CONTROL, sizeof c), &c) == -1 || c.status != 0, "a command");
    uint32_t device[14] = {0};
    struct alloc a = {handle, handle, 0, 0x80, (uintptr_t)device, sizeof device, 0};
    CHECK(request(fd, REQUEST(RM_ALLOC, sizeof a), &a) == -1 || a.status != 0, "an object under it");
    struct freeing f = {handle, 0, handle, 0};
    CHECK(request(fd, REQUEST(RM_FREE, sizeof f), &f) == -1 || f.status != 0, "freeing it");
}

/* A second client's handles, on the first one's file and by another process. */
static int strangers(void) {
    int one = control_file(), two = control_file(), gpu = open("/dev/nvidia0", O_RDWR);
    uint32_t first = client(one), second = client(two);
    CHECK(first != 0 && second != 0 && first != second && gpu >= 0);
    no_use(one, second), no_use(two, first), no_use(gpu, first);
    pid_t child = fork();
    if (child == 0) {
        int own = control_file();
        CHECK(client(own) != 0);
        no_use(own, first), no_use(own, second);
        /* NVOS55: a copy of what is another's. */
        uint32_t dup[7] = {client(own), 0, 0, first, first, 0, 0};
        dup[1] = dup[0];
        CHECK(request(own, REQUEST(0x34, sizeof dup), dup) == -1 || dup[6] != 0, "a duplicate");
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(free_client(one, first) == 0 && free_client(two, second) == 0, "they are still there");
    return 0;
}

static volatile int stop;
static int swapped;

static void *swapper(void *unused) {
    int files[] = {control_file(), open("/dev/null", O_RDWR), open("/dev/nvidia0", O_RDWR), control_file()};
    for (unsigned i = 0; !stop; i++) dup2(files[i % 4], swapped);
    return unused;
}

/* Another thread puts other files in a descriptor's place all the time. */
static int swap(void) {
    swapped = control_file();
    pthread_t thread;
    CHECK(pthread_create(&thread, 0, swapper, 0) == 0);
    unsigned made = 0, refused = 0;
    for (int i = 0; i < 3000; i++) {
        struct alloc params = {0};
        int result = request(swapped, REQUEST(RM_ALLOC, sizeof params), &params);
        if (result == 0 && params.status == 0) {
            made++;
            CHECK(params.object != 0);
        } else {
            CHECK(result == 0 || errno == ENOTTY || errno == EINVAL || errno == EBADF);
            refused++;
        }
    }
    stop = 1;
    pthread_join(thread, 0);
    CHECK(made > 0 && refused > 0, "made %u, refused %u", made, refused);
    return works();
}

static struct control shared;

static void *rewriter(void *unused) {
    for (uint32_t i = 0; !stop; i++) {
        shared.client = i, shared.command = i * 2654435761u, shared.size = i << (i % 32);
        shared.params = i % 2 ? (uintptr_t)&shared : i * 11400714819323198485ull;
    }
    return unused;
}

/* Another thread rewrites the parameters all the time. */
static int rewrite(void) {
    int fd = control_file();
    pthread_t thread;
    CHECK(pthread_create(&thread, 0, rewriter, 0) == 0);
    for (int i = 0; i < 3000; i++) {
        int result = request(fd, REQUEST(RM_CONTROL, sizeof shared), &shared);
        CHECK(result == 0 || errno == EFAULT || errno == EINVAL);
    }
    stop = 1;
    pthread_join(thread, 0);
    return works();
}

static int socket_at(const char *path, struct sockaddr_un *address) {
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path, sizeof address->sun_path, "%s", path);
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

/* Sends a file with a client on it to another sandbox. */
static int sends(const char *path) {
    struct sockaddr_un address;
    int listening = socket_at(path, &address);
    CHECK(bind(listening, (void *)&address, sizeof address) == 0 && listen(listening, 1) == 0);
    printf("listening\n"), fflush(stdout);
    int connection = accept(listening, 0, 0), fd = control_file();
    uint32_t handle = client(fd);
    CHECK(handle != 0);
    char control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec v = {&handle, sizeof handle};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    CHECK(sendmsg(connection, &m, 0) > 0);
    char byte;
    CHECK(read(connection, &byte, 1) >= 0);
    CHECK(free_client(fd, handle) == 0, "the client is still its own");
    return 0;
}

static int receives(const char *path) {
    struct sockaddr_un address;
    int connection = socket_at(path, &address), fd, own = control_file();
    CHECK(connect(connection, (void *)&address, sizeof address) == 0);
    uint32_t handle;
    char control[CMSG_SPACE(sizeof fd)];
    struct iovec v = {&handle, sizeof handle};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    CHECK(recvmsg(connection, &m, 0) == sizeof handle);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    struct freeing params = {handle, 0, handle, 0};
    CHECK(request(fd, REQUEST(RM_FREE, sizeof params), &params) == -1, "a file of another sandbox");
    CHECK(client(fd) == 0, "a file of another sandbox");
    no_use(own, handle);
    CHECK(client(own) != 0);
    return 0;
}

/* Where a descriptor's only lock is. */
static int64_t mark_of(int fd) {
    char path[64], line[256], *lock;
    long long mark = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *info = fopen(path, "r");
    CHECK(info != NULL);
    while (fgets(line, sizeof line, info))
        if ((lock = strstr(line, "OFDLCK"))) sscanf(lock, "OFDLCK %*s %*s %*s %*s %lld", &mark);
    fclose(info);
    return mark;
}

/* A guest that takes the supervisor's mark off a file, or puts it on others, may lose that file, no more. */
static int tampers(void) {
    int fd = control_file(), other = control_file();
    uint32_t handle = client(fd);
    CHECK(handle != 0 && client(other) != 0);
    int uvm = open("/dev/nvidia-uvm", O_RDWR), memory = (int)syscall(SYS_memfd_create, "memory", 0);
    CHECK(uvm >= 0 && memory >= 0);
    int64_t mark = mark_of(uvm);
    CHECK(mark > 0, "the mark is seen");
    struct flock all = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    struct flock same = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = mark, .l_len = 1};
    CHECK(fcntl(memory, F_OFD_SETLK, &same) == 0 && fcntl(fd, F_OFD_SETLK, &same) == 0);
    CHECK(client(uvm) == 0 && client(memory) == 0, "other files do not become control files");
    CHECK(client(fd) != 0, "nor is a control file another");
    CHECK(fcntl(uvm, F_OFD_SETLK, &all) == 0);
    for (int64_t start = 1; start > 0; start <<= 7) {
        struct flock one = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
        CHECK(fcntl(uvm, F_OFD_SETLK, &one) == 0 && fcntl(fd, F_OFD_SETLK, &one) == 0);
    }
    /* So many that the supervisor looks which are closed. */
    for (int i = 0; i < 200; i++) close(control_file());
    CHECK(client(uvm) == 0 && client(fd) != 0);
    struct freeing params = {handle, 0, handle, 0};
    request(other, REQUEST(RM_FREE, sizeof params), &params);
    CHECK(params.status != 0, "the client is not another file's");
    return works();
}

#ifdef __x86_64__
static void no_i386(int signal) {
    (void)signal;
    static const char text[] = "SKIPPED: i386 calls: this kernel has none\n";
    _exit(write(1, text, sizeof text - 1) > 0 ? 0 : 1);
}

static long i386(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return result;
}
#endif

/* ioctl by every other way in. */
static int entries(void) {
    int fd = control_file();
    static struct alloc params;
#ifdef __x86_64__
    CHECK(syscall(0x40000000 | 16, fd, REQUEST(RM_ALLOC, 32), &params) == -1 && errno == ENOSYS, "x32");
    CHECK(syscall(0x40000000 | 514, fd, REQUEST(RM_ALLOC, 32), &params) == -1 && errno == ENOSYS, "x32");
#endif
    for (int number = 425; number < 428; number++)
        CHECK(syscall(number, 8, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS, "io_uring");
    struct sock_filter allow[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    struct sock_fprog program = {1, allow};
    long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    CHECK(listener == -1 && errno == EBUSY, "no listener of its own");
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0, "but filters");
    CHECK(works() == 0);
#ifdef __x86_64__
    signal(SIGSEGV, no_i386);
    CHECK(i386(54, fd, REQUEST(RM_ALLOC, 32), 0) == -ENOSYS, "i386 ioctl");
    CHECK(i386(20, 0, 0, 0) == -ENOSYS, "i386 getpid");
#endif
    return 0;
}

/* Neither the supervisor nor anybody else outside can be reached. */
static int outside(void) {
    pid_t supervisor = getppid();
    CHECK(ptrace(PTRACE_ATTACH, supervisor, 0, 0) == -1 && errno == EPERM);
    int pidfd = syscall(SYS_pidfd_open, supervisor, 0);
    for (int fd = 0; fd < 64; fd++) CHECK(syscall(SYS_pidfd_getfd, pidfd, fd, 0) == -1);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", supervisor);
    CHECK(open(path, O_RDWR) == -1);
    CHECK(umount2("/dev", MNT_DETACH) == -1);
    CHECK(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 || errno == EPERM || errno == ENOSPC);
    CHECK(umount2("/dev", MNT_DETACH) == -1, "what is mounted from above is locked");
    CHECK(umount2("/dev/null", MNT_DETACH) == -1);
    CHECK(mknod("/dev/nvidia9", S_IFCHR | 0666, makedev(195, 9)) == -1);
    chmod("/dev/null", 0600), chmod("/dev/zero", 0), chmod(CONTROL, 0777), chown("/dev/null", getuid(), getgid());
    mknod("/dev/char/195:255", S_IFCHR | 0666, makedev(195, 255)), mkdir("/dev/new", 0777), unlink("/dev/nvidia0");
    symlink("/dev/null", "/dev/link"), mount("none", "/tmp", "tmpfs", 0, 0);
    return 0;
}

/* A debugger of the guest's own. */
static int debugs(void) {
    pid_t child = fork();
    if (child == 0) {
        CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
        raise(SIGSTOP);
        _exit(works());
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    long suspend = ptrace(PTRACE_SETOPTIONS, child, 0, 0x200000 /* PTRACE_O_SUSPEND_SECCOMP */);
    CHECK(suspend == -1, "the filter cannot be suspended");
    int stops = 0;
    for (;;) {
        CHECK(ptrace(PTRACE_SYSCALL, child, 0, 0) == 0 && waitpid(child, &status, 0) == child);
        if (!WIFSTOPPED(status)) break;
        stops++;
    }
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0 && stops > 4);
    return 0;
}

static void *worker(void *count) {
    for (long i = 0; i < (long)count; i++) works();
    return 0;
}

static int threads(int number, long each) {
    pthread_t *all = calloc(number, sizeof *all);
    pthread_attr_t small;
    pthread_attr_init(&small), pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < number; i++) CHECK(pthread_create(&all[i], &small, worker, (void *)each) == 0, "thread %d", i);
    for (int i = 0; i < number; i++) pthread_join(all[i], 0);
    return 0;
}

static int processes(int number) {
    for (int i = 0; i < number; i++)
        if (fork() == 0) _exit(works());
    int status, failed = 0;
    while (wait(&status) > 0) failed += status != 0;
    CHECK(failed == 0);
    return 0;
}

/* One after the other. */
static int successors(int number) {
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0) _exit(works());
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0, "number %d", i);
    }
    return 0;
}

/* As many files as can be opened; then everything is as before. */
static int opens(void) {
    int opened = 0;
    while (open(CONTROL, O_RDWR) >= 0) opened++;
    CHECK(errno == EMFILE || errno == ENFILE, "after %d", opened);
    for (int fd = 3; fd < opened + 16; fd++) close(fd);
    sleep(2);
    printf("opened %d\n", opened);
    return works();
}

/* Processes that open what they can and keep it, all at once: they are told when it is enough, and others go on. */
static int bomb(int processes) {
    int fd = control_file(), begin[2], full[2], end[2], refused = 0;
    uint32_t handle = client(fd);
    CHECK(pipe(begin) == 0 && pipe(full) == 0 && pipe(end) == 0);
    for (int i = 0; i < processes; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child) continue;
        char said = 0, byte;
        close(end[1]);
        for (int opened = 0; opened < 900; opened++)
            if (open(CONTROL, O_RDWR) < 0) {
                said = errno;
                break;
            }
        CHECK(write(full[1], &said, 1) == 1 && read(end[0], &byte, 1) == 0);
        _exit(0);
    }
    for (int i = 0; i < processes; i++) {
        char said;
        CHECK(read(full[0], &said, 1) == 1 && (said == 0 || said == ENFILE), "told %d", said);
        refused += said != 0;
    }
    CHECK(refused > 0, "nobody was refused");
    CHECK(free_client(fd, handle) == 0, "who has a file can use it");
    close(end[1]);
    while (wait(0) > 0) continue;
    sleep(3);
    return works();
}

static pthread_barrier_t together;
static int common;

static void *one_of_many(void *unused) {
    pthread_barrier_wait(&together);
    uint32_t handle = client(common);
    CHECK(handle != 0 && free_client(common, handle) == 0);
    return unused;
}

/* Threads that all make their calls at the same moment, on one file. */
static int crowd(int number) {
    pthread_t *all = calloc(number, sizeof *all);
    pthread_attr_t small;
    pthread_attr_init(&small), pthread_attr_setstacksize(&small, 32768);
    common = control_file();
    CHECK(pthread_barrier_init(&together, 0, number) == 0);
    for (int i = 0; i < number; i++) CHECK(pthread_create(&all[i], &small, one_of_many, 0) == 0, "thread %d", i);
    for (int i = 0; i < number; i++) pthread_join(all[i], 0);
    return works();
}

/* Children that are stopped at any moment of their calls, and what nobody reads: others go on, and so do they. */
static int stopped(int number) {
    pid_t children[16];
    int ends[2];
    CHECK(pipe(ends) == 0 && number <= 16);
    for (int i = 0; i < number; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            int fd = control_file();
            signal(SIGTERM, SIG_DFL);
            for (int round = 0; round < 200; round++) {
                uint32_t handle = client(fd);
                CHECK(handle != 0 && free_client(fd, handle) == 0);
            }
            _exit(0);
        }
    }
    unsigned seed = 1;
    for (int round = 0; round < 20; round++) {
        usleep(rand_r(&seed) % 2000);
        for (int i = 0; i < number; i++) CHECK(kill(children[i], SIGSTOP) == 0);
        works();
        for (int i = 0; i < number; i++) CHECK(kill(children[i], SIGCONT) == 0);
    }
    for (int i = 0; i < number; i++) {
        int status;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0, "%#x", status);
    }
    /* What tells of events, full to the brim. */
    int fd = open(CONTROL, O_RDWR | O_NONBLOCK);
    char bytes[4096] = {0};
    while (write(fd, bytes, sizeof bytes) > 0) continue;
    uint32_t handle = client(fd);
    CHECK(handle != 0 && free_client(fd, handle) == 0);
    return works();
}

/* Children that are killed at any moment of their calls. */
static int killed(int number) {
    works();
    pause_here("before");
    unsigned seed = 1;
    for (int i = 0; i < number; i++) {
        pid_t child = fork();
        if (child == 0)
            for (;;) works();
        usleep(rand_r(&seed) % 5000);
        CHECK(kill(child, SIGKILL) == 0 && waitpid(child, 0, 0) == child);
    }
    sleep(2);
    pause_here("after");
    return works();
}

/* Goes on when the supervisor is gone, and writes down what becomes of its calls. */
static int orphan(const char *path) {
    int fd = control_file(), out = open(path, O_WRONLY | O_CREAT, 0666);
    CHECK(out >= 0 && prctl(PR_SET_PDEATHSIG, 0) == 0);
    pid_t supervisor = getppid();
    printf("ready\n"), fflush(stdout);
    struct alloc params = {0};
    while (getppid() == supervisor) usleep(1000);
    int result = request(fd, REQUEST(RM_ALLOC, 32), &params);
    CHECK(dprintf(out, "%d", result ? errno : 0) > 0);
    return 0;
}

static int signals(void) {
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, SIGUSR1), sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, 0);
    printf("ready\n"), fflush(stdout);
    int first, second;
    sigwait(&set, &first), sigwait(&set, &second);
    CHECK((first == SIGUSR1 && second == SIGTERM));
    return 21;
}

/* A signal while a call is served does not make it twice. */
static void nothing(int signal) { (void)signal; }

static void *disturber(void *thread) {
    while (!stop) pthread_kill(*(pthread_t *)thread, SIGUSR2), usleep(20);
    return 0;
}

static int disturbed(void) {
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, 0);
    pthread_t self = pthread_self(), thread;
    CHECK(pthread_create(&thread, 0, disturber, &self) == 0);
    int fd = control_file();
    for (int i = 0; i < 2000; i++) {
        uint32_t handle = client(fd);
        CHECK(handle != 0, "call %d", i);
        CHECK(free_client(fd, handle) == 0);
    }
    stop = 1;
    pthread_join(thread, 0);
    return 0;
}

static int network(void) {
    unsigned char name[40] = "lo";
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(fd >= 0 && request(fd, 0x8927, name) == 0, "SIOCGIFHWADDR");
    CHECK(name[16] == 4 && name[17] == 3, "ARPHRD_LOOPBACK");
    CHECK(request(open("/dev/null", O_RDWR), 0x8927, name) == -1 && errno == ENOTTY);
    CHECK(request(fd, 0x125f, 0) == -1 && errno == ENOTTY, "BLKRRPART");
    CHECK(request(12345, REQUEST(RM_ALLOC, 32), name) == -1 && errno == EBADF);
    return 0;
}

/* Something of the host's /dev that no guest's has: no host has none of them. */
static const char *only_outside(void) {
    static const char *const names[] = {"kmsg", "char", "net", "cpu_dma_latency", "console"};
    for (unsigned n = 0; n < sizeof names / sizeof *names; n++) {
        char path[64];
        snprintf(path, sizeof path, "/dev/%s", names[n]);
        if (access(path, F_OK) == 0) return names[n];
    }
    CHECK(0, "a host without devices");
    return "";
}

static void at(int number, int fd) {
    CHECK(fd >= 0 && dup2(fd, number) == number, "%d", number);
    close(fd);
}

enum given { ROOT = 30, PLACE, GONE, DEVICES, DEVICE, DEVICE_OUTSIDE, PIPE, FILE_, SOCKET, EPOLL, EVENT, NAMESPACE, NAMED };

/* Outside: opens a file of every kind, and becomes the other words: a run. */
static int gives(char **words) {
    char path[64], gone[] = "/tmp/nvproxy-gone-XXXXXX";
    int ends[2];
    at(ROOT, open("/", O_RDONLY | O_DIRECTORY | O_NONBLOCK));
    at(PLACE, open("/usr", O_PATH));
    CHECK(mkdtemp(gone));
    at(GONE, open(gone, O_RDONLY));
    CHECK(rmdir(gone) == 0);
    at(DEVICES, open("/dev", O_RDONLY));
    at(DEVICE, open("/dev/null", O_PATH));
    snprintf(path, sizeof path, "/dev/%s", only_outside());
    at(DEVICE_OUTSIDE, open(path, O_PATH));
    CHECK(pipe(ends) == 0);
    at(PIPE, ends[0]);
    close(ends[1]);
    at(FILE_, open("/etc/passwd", O_RDONLY));
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(dup2(ends[1], NAMED) == NAMED);
    at(SOCKET, ends[0]);
    close(ends[1]);
    at(EPOLL, epoll_create1(0));
    at(EVENT, eventfd(0, 0));
    at(NAMESPACE, open("/proc/self/ns/mnt", O_RDONLY));
    setenv("OUTSIDE", only_outside(), 1);
    execvp(*words, words);
    return 1;
}

/* The same descriptors inside. */
static int given(void) {
    char path[64];
    struct stat by_number, by_path;
    const char *outside = getenv("OUTSIDE");
    for (int fd = 0; fd < 64; fd++) {
        snprintf(path, sizeof path, "dev/%s", outside);
        CHECK(faccessat(fd, path, F_OK, 0) == -1, "the host's devices through %d", fd);
        snprintf(path, sizeof path, "../dev/%s", outside);
        CHECK(faccessat(fd, path, F_OK, 0) == -1, "the host's devices through %d", fd);
        snprintf(path, sizeof path, "/proc/self/fd/%d/%s", fd, outside);
        CHECK(access(path, F_OK) == -1, "the host's devices through %d", fd);
    }
    int directories[][2] = {{ROOT, O_RDONLY | O_NONBLOCK}, {PLACE, O_PATH}, {DEVICE, O_PATH}};
    const char *paths[] = {"/", "/usr", "/dev/null"};
    for (int n = 0; n < 3; n++) {
        int fd = directories[n][0];
        CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_PATH)) == directories[n][1], "%d", fd);
        CHECK(fcntl(fd, F_GETFD) == 0);
        CHECK(fstat(fd, &by_number) == 0 && stat(paths[n], &by_path) == 0 && by_number.st_ino == by_path.st_ino);
    }
    CHECK(openat(ROOT, "dev/null", O_RDWR) >= 0, "it is a directory still");
    int closed[] = {GONE, DEVICES, DEVICE_OUTSIDE, SOCKET, EPOLL, EVENT};
    for (unsigned n = 0; n < sizeof closed / sizeof *closed; n++)
        CHECK(fcntl(closed[n], F_GETFD) == -1 && errno == EBADF, "%d is open", closed[n]);
    CHECK(fstat(PIPE, &by_number) == 0 && S_ISFIFO(by_number.st_mode));
    CHECK(fstat(FILE_, &by_number) == 0 && S_ISREG(by_number.st_mode));
    CHECK(fstat(NAMED, &by_number) == 0 && S_ISSOCK(by_number.st_mode));
    /* What stands for the host's mounts does not lead there. */
    CHECK(setns(NAMESPACE, CLONE_NEWNS) == -1 && errno == EPERM);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) CHECK(setns(NAMESPACE, CLONE_NEWNS) == -1 && errno == EPERM);
    return 0;
}

/* What the kernel has in /proc that leads elsewhere. */
static int links(pid_t elsewhere) {
    char path[300];
    pid_t others[] = {getppid(), elsewhere};
    for (int n = 0; n < 2; n++) {
        static const char *const names[] = {"root", "cwd", "exe", "ns/mnt", "ns/user", "fd/0", "fd/1", "fd/2", "mem"};
        CHECK(kill(others[n], 0) == 0 || errno == EPERM, "it is there");
        for (unsigned name = 0; name < sizeof names / sizeof *names; name++) {
            snprintf(path, sizeof path, "/proc/%d/%s", others[n], names[name]);
            CHECK(open(path, O_PATH) == -1 || (!strcmp(names[name], "mem") && open(path, O_RDONLY) == -1), "%s", path);
        }
    }
    for (int n = 0; n < 2; n++) {
        int pidfd = syscall(SYS_pidfd_open, others[n], 0);
        CHECK(pidfd >= 0 && setns(pidfd, CLONE_NEWNS) == -1, "its mounts");
        int mounts = ioctl(pidfd, 0xff03 /* PIDFD_GET_MNT_NAMESPACE */, 0);
        CHECK(mounts == -1 || setns(mounts, CLONE_NEWNS) == -1, "its mounts");
    }
    DIR *maps = opendir("/proc/self/map_files");
    CHECK(maps);
    for (struct dirent *it; (it = readdir(maps));)
        if (*it->d_name != '.') {
            snprintf(path, sizeof path, "/proc/self/map_files/%s", it->d_name);
            CHECK(open(path, O_RDONLY) == -1 && errno == EPERM, "%s", path);
        }
    return 0;
}

/* ioctls that fail before the kernel looks at the file: here there is no file. */
static int refused(void) {
    for (unsigned type = 0; type < 256; type++)
        for (unsigned direction = 0; direction < 4; direction++)
            CHECK(request(-1, direction << 30 | 16 << 16 | type << 8, 0) == -1 && errno == ENOTTY, "modeset, %#x", type);
    CHECK(request(-1, 3u << 30 | 24 << 16 | 'm' << 8, 0) == -1 && errno == EBADF, "another size");
    for (unsigned number = 0; number < 256; number++) {
        if (number >= 0xc8 || (number >= 0x27 && number < 0x40)) continue;
        int private = number >= 0x40 && number < 0xa0;
        CHECK(request(-1, 3u << 30 | 8 << 16 | 'd' << 8 | number, 0) == -1, "DRM");
        CHECK(errno == (private ? ENOTTY : EBADF), "DRM, %#x", number);
    }
    return 0;
}

/* The guest cannot type into a terminal: its other user's shell is outside. */
static int types(void) {
    int ends[2], flags;
    CHECK(request(-1, TIOCSTI, "x") == -1 && errno == EPERM, "whatever file it is");
    CHECK(openpty(&ends[0], &ends[1], 0, 0, 0) == 0);
    for (int n = 0; n < 2; n++) {
        CHECK(ioctl(ends[n], TIOCSTI, "x") == -1 && errno == EPERM, "TIOCSTI");
        CHECK(ioctl(ends[n], TIOCLINUX, "\3") == -1 && errno == EPERM, "TIOCLINUX");
    }
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && ioctl(ends[1], FIONREAD, &flags) == 0 && flags == 0);
    return 0;
}

/* Outside: starts the other words, a run, on a new terminal, and types Ctrl-C once the guest says that it is ready. */
static int on_terminal(char **words) {
    int terminal, status;
    char text[4096];
    size_t length = 0;
    pid_t child = forkpty(&terminal, 0, 0, 0);
    CHECK(child >= 0);
    if (child == 0) {
        execvp(*words, words);
        _exit(99);
    }
    for (ssize_t got; length < sizeof text - 1 && (got = read(terminal, text + length, 1)) == 1;) {
        CHECK(write(1, text + length, 1) == 1);
        text[++length] = 0;
        if (length >= 7 && !strcmp(text + length - 7, "ready\r\n")) CHECK(write(terminal, "\3", 1) == 1);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* On a terminal: it has it, and its Ctrl-C comes. */
static int terminal(void) {
    struct stat mine, console;
    CHECK(isatty(0) && fstat(0, &mine) == 0);
    CHECK(open("/dev/tty", O_RDWR) >= 0);
    if (stat("/dev/console", &console) == 0) CHECK(console.st_rdev == mine.st_rdev && ttyname(0));
    sigset_t interrupt;
    int signal = 0;
    CHECK(sigemptyset(&interrupt) == 0 && sigaddset(&interrupt, SIGINT) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &interrupt, 0) == 0 && write(1, "ready\n", 6) == 6);
    CHECK(sigwait(&interrupt, &signal) == 0 && signal == SIGINT);
    return 0;
}

static int no_signal(pid_t process) {
    int pidfd = syscall(SYS_pidfd_open, process, 0);
    return kill(process, 0) == -1 && errno == EPERM && kill(process, SIGCONT) == -1 && errno == EPERM &&
           syscall(SYS_tkill, process, SIGCONT) == -1 && errno == EPERM &&
           syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, 0, 0) == -1 && errno == EPERM;
}

/* Signals reach what is of this sandbox, and nothing else of the same user. */
static int neighbours(pid_t elsewhere) {
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;) pause();
    CHECK(kill(child, 0) == 0 && kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    CHECK(kill(0, SIGCONT) == 0 && raise(SIGCONT) == 0);
    if (syscall(444 /* landlock_create_ruleset */, 0, 0, 1 /* its version */) < 6) {
        printf("SKIPPED: signals to others: this kernel cannot keep them back (Linux 6.12, Landlock)\n");
        return works();
    }
    CHECK(no_signal(getppid()) && no_signal(elsewhere));
    /* It may make namespaces and mounts as ever, and signals are kept back there as well. */
    if ((child = fork()) == 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
            CHECK(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0) == 0 && mount("/usr", "/usr", 0, MS_BIND, 0) == 0);
            CHECK(umount2("/usr", MNT_DETACH) == 0);
        }
        CHECK(no_signal(elsewhere));
        _exit(works());
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return works();
}

int main(int count, char **words) {
    const char *part = count > 1 ? words[1] : "";
    const char *more = count > 2 ? words[2] : "0";
    if (!strcmp(part, "works")) return works();
    /* The kernel shows its descriptors to root alone. */
    if (!strcmp(part, "undumpable")) return prctl(PR_SET_DUMPABLE, 0) ? 1 : works();
    if (!strcmp(part, "states")) return states();
    if (!strcmp(part, "descriptions")) return descriptions();
    if (!strcmp(part, "odd")) return odd();
    if (!strcmp(part, "lengths")) return lengths();
    if (!strcmp(part, "swap")) return swap();
    if (!strcmp(part, "rewrite")) return rewrite();
    if (!strcmp(part, "sends")) return sends(more);
    if (!strcmp(part, "receives")) return receives(more);
    if (!strcmp(part, "tampers")) return tampers();
    if (!strcmp(part, "entries")) return entries();
    if (!strcmp(part, "outside")) return outside();
    if (!strcmp(part, "debugs")) return debugs();
    if (!strcmp(part, "threads")) return threads(atoi(more), count > 3 ? atol(words[3]) : 1);
    if (!strcmp(part, "processes")) return processes(atoi(more));
    if (!strcmp(part, "successors")) return successors(atoi(more));
    if (!strcmp(part, "opens")) return opens();
    if (!strcmp(part, "sizes")) return sizes(words + 2);
    if (!strcmp(part, "strangers")) return strangers();
    if (!strcmp(part, "bomb")) return bomb(atoi(more));
    if (!strcmp(part, "crowd")) return crowd(atoi(more));
    if (!strcmp(part, "stopped")) return stopped(atoi(more));
    if (!strcmp(part, "killed")) return killed(atoi(more));
    if (!strcmp(part, "orphan")) return orphan(more);
    if (!strcmp(part, "signals")) return signals();
    if (!strcmp(part, "disturbed")) return disturbed();
    if (!strcmp(part, "network")) return network();
    if (!strcmp(part, "gives")) return gives(words + 2);
    if (!strcmp(part, "given")) return given();
    if (!strcmp(part, "links")) return links(atoi(more));
    if (!strcmp(part, "refused")) return refused();
    if (!strcmp(part, "types")) return types();
    if (!strcmp(part, "on_terminal")) return on_terminal(words + 2);
    if (!strcmp(part, "terminal")) return terminal();
    if (!strcmp(part, "neighbours")) return neighbours(atoi(more) ? atoi(more) : getppid());
    fprintf(stderr, "no part %s\n", part);
    return 2;
}
