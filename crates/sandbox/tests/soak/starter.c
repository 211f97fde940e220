/* Starts programs at random and kills them at random, within one sandbox.
 *
 * usage: starter AT_ONCE COMMAND..
 *
 * Each COMMAND is run by the shell. A line `SECONDS` on stdin has it work for so long, with AT_ONCE of them at most; then
 * it kills what is left, and says `done STARTED KILLED FAILED`. Those that were not killed must end with status 0: others
 * count as failed, and are named on stderr. Ends when stdin does. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

struct child {
    pid_t pid;
    double dies; /* 0: it may end by itself */
    int killed, output;
    const char *command;
};

static struct child children[MOST];
static long started, killed, failed;
static unsigned seed = 1;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double chance(void) { return rand_r(&seed) / (RAND_MAX + 1.0); }

static void start(struct child *child, const char *command) {
    /* Most are killed, most of these early: on the way to what they do, or in it. */
    double life = chance() < 0.75 ? chance() * chance() * 4 : 0;
    int output = memfd_create("output", MFD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        /* A group of its own, to be killed with all that it started. */
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!freopen("/dev/null", "r", stdin) || dup2(output, 1) != 1) _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)0);
        _exit(127);
    }
    if (pid < 0) {
        close(output);
        return;
    }
    setpgid(pid, pid);
    started++;
    *child = (struct child){pid, life ? now() + life : 0, 0, output, command};
}

/* Why it failed, as far as it told. */
static void tell(const struct child *child, int status) {
    char text[257] = {0};
    off_t size = lseek(child->output, 0, SEEK_END), from = size > 256 ? size - 256 : 0;
    if (size < 0 || pread(child->output, text, 256, from) < 0) text[0] = 0;
    fprintf(stderr, "failed: status %#x: %s: %s\n", status, child->command, text);
}

static void end(struct child *child) {
    if (child->killed) return;
    child->killed = 1;
    kill(-child->pid, SIGKILL);
}

/* Counts those that have ended. How many are there still. */
static int reap(void) {
    int left = 0, status;
    for (struct child *child = children; child < children + MOST; child++) {
        if (!child->pid) continue;
        if (waitpid(child->pid, &status, WNOHANG) != child->pid) {
            left++;
            continue;
        }
        if (child->killed) {
            killed++;
            /* What it had forked itself. */
            kill(-child->pid, SIGKILL);
        } else if (status != 0) {
            failed++;
            tell(child, status);
        }
        close(child->output);
        child->pid = 0;
    }
    return left;
}

int main(int count, char **words) {
    int at_once = count > 1 ? atoi(words[1]) : 0;
    if (count < 3 || at_once < 1 || at_once > MOST) return 2;
    /* Orphans of children that were killed come here. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        double until = now() + atof(line);
        started = killed = failed = 0;
        while (now() < until) {
            for (int slot = 0; slot < at_once; slot++)
                if (!children[slot].pid && chance() < 0.2)
                    start(&children[slot], words[2 + rand_r(&seed) % (count - 2)]);
            usleep(10000);
            reap();
            for (int slot = 0; slot < at_once; slot++)
                if (children[slot].pid && children[slot].dies && now() > children[slot].dies) end(&children[slot]);
        }
        for (int slot = 0; slot < at_once; slot++)
            if (children[slot].pid) end(&children[slot]);
        while (reap()) usleep(10000);
        while (waitpid(-1, 0, WNOHANG) > 0);
        printf("done %ld %ld %ld\n", started, killed, failed);
        fflush(stdout);
    }
    return 0;
}
