/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of processes: lent memory, filters on calls, locks of the dead, their cores;
 * counters. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "user.h"

#define PAGE 4096UL

/* The child runs in its parent's memory, and the parent stands still until it is gone. */
TEST(processes, vfork)
{
    volatile int word = 0;
    int status;
    pid_t child;

    for (int i = 1; i <= 100; i++) {
        child = vfork();
        if (child == 0) {
            word = i;
            _exit(i);
        }
        REQUIRE_EQ(word, i);
        REQUIRE_EQ(waitpid(child, &status, 0), child);
        REQUIRE_EQ(WEXITSTATUS(status), i);
    }
}

#define LOAD(field)    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
/* Goes on with the next step when it is that, else skips it. */
#define IF_IS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)

static void filter_calls(struct sock_filter *filter, size_t steps)
{
    struct sock_fprog program = { .len = (unsigned short)steps, .filter = filter };

    REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        skip("seccomp: %s", strerror(errno));
    }
}

static volatile int trapped_call;

static void on_sigsys(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    trapped_call = info->si_syscall;
}

TEST(processes, seccomp)
{
    struct sock_filter filter[] = {
        LOAD(nr), IF_IS(SYS_getppid),        ANSWER(SECCOMP_RET_ERRNO | 77),
        LOAD(nr), IF_IS(SYS_gettid),         ANSWER(SECCOMP_RET_TRAP),
        LOAD(nr), ANSWER(SECCOMP_RET_ALLOW),
    };
    struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

    REQUIRE(!sigaction(SIGSYS, &sa, NULL));
    filter_calls(filter, sizeof(filter) / sizeof(filter[0]));
    errno = 0;
    REQUIRE_EQ(syscall(SYS_getppid), -1);
    REQUIRE_EQ(errno, 77);
    (void)syscall(SYS_gettid);
    REQUIRE_EQ(trapped_call, SYS_gettid);
    REQUIRE(getpid() > 0);
}

/* A filter sees that a call came by the 32-bit gate. */
TEST(processes, seccomp_of_int80)
{
    struct sock_filter filter[] = {
        LOAD(arch),
        IF_IS(AUDIT_ARCH_I386),
        ANSWER(SECCOMP_RET_ERRNO | 78),
        ANSWER(SECCOMP_RET_ALLOW),
    };
    long rax = 20; /* getpid */

    filter_calls(filter, sizeof(filter) / sizeof(filter[0]));
    __asm__ volatile("int $0x80" : "+a"(rax) : : "memory", "r8", "r9", "r10", "r11");
    if (rax == -ENOSYS) {
        skip("the kernel has no 32-bit calls");
    }
    REQUIRE_EQ(rax, -78);
    REQUIRE(getpid() > 0);
}

TEST(processes, seccomp_strict)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) {
            _exit(2);
        }
        (void)syscall(SYS_getpid);
        _exit(1);
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE_EQ(WTERMSIG(status), SIGKILL);
}

/* Who waits for a lock whose owner dies gets it, and is told. */
TEST(processes, robust_futex)
{
    pthread_mutex_t *lock = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                                 0);
    pthread_mutexattr_t kind;
    int status;

    REQUIRE(lock != MAP_FAILED);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    for (int protocol = 0; protocol < 2; protocol++) {
        pthread_mutexattr_setprotocol(&kind, protocol ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
        REQUIRE(!pthread_mutex_init(lock, &kind));
        for (int i = 0; i < 20; i++) {
            pid_t child = fork();

            if (child == 0) {
                _exit(pthread_mutex_lock(lock));
            }
            REQUIRE_EQ(waitpid(child, &status, 0), child);
            REQUIRE_EQ(status, 0);
            REQUIRE_EQ(pthread_mutex_lock(lock), EOWNERDEAD);
            REQUIRE(!pthread_mutex_consistent(lock));
            REQUIRE(!pthread_mutex_unlock(lock));
        }
        REQUIRE(!pthread_mutex_destroy(lock));
    }
}

#define CORE_MARK 0x436f72626c2d3031UL

static uint64_t in_memory[64];

/* Dies with known values in registers, in memory and in a vector register. */
__attribute__((noreturn)) static void die_with_marks(void)
{
    struct rlimit whole = { RLIM_INFINITY, RLIM_INFINITY };

    setrlimit(RLIMIT_CORE, &whole);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    in_memory[7] = CORE_MARK;
    __asm__ volatile("movq %0, %%xmm7; mov %0, %%r15; mov $0x77, %%r14; ud2"
                     :
                     : "r"(CORE_MARK)
                     : "r14", "r15", "xmm7", "memory");
    __builtin_unreachable();
}

static bool is_marked(const char *core, const Elf64_Phdr *ph)
{
    uint64_t at = (uintptr_t)&in_memory[7];

    return ph->p_type == PT_LOAD && at >= ph->p_vaddr && at < ph->p_vaddr + ph->p_filesz &&
           *(const uint64_t *)(core + ph->p_offset + (at - ph->p_vaddr)) == CORE_MARK;
}

struct core_seen {
    bool registers, vectors, memory;
};

static void read_notes(const char *notes, size_t size, struct core_seen *seen)
{
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= size;) {
        const Elf64_Nhdr *note = (const Elf64_Nhdr *)(notes + at);
        const char *desc = notes + at + sizeof(*note) + ((note->n_namesz + 3) & ~3UL);

        if (note->n_type == NT_PRSTATUS) {
            const struct elf_prstatus *status = (const struct elf_prstatus *)desc;
            const struct user_regs_struct *regs = (const void *)&status->pr_reg;

            seen->registers = status->pr_cursig == SIGILL && regs->r15 == CORE_MARK &&
                              regs->r14 == 0x77;
        } else if (note->n_type == NT_FPREGSET) {
            const struct user_fpregs_struct *fp = (const void *)desc;

            seen->vectors = *(const uint64_t *)&fp->xmm_space[7 * 4] == CORE_MARK;
        }
        at = (size_t)(desc - notes) + ((note->n_descsz + 3) & ~3UL);
    }
}

static void read_core(const char *path, struct core_seen *seen)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    const Elf64_Ehdr *eh;
    const Elf64_Phdr *ph;
    const char *core;

    REQUIRE(fd >= 0 && !fstat(fd, &st) && st.st_size > (off_t)sizeof(*eh));
    core = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    REQUIRE(core != MAP_FAILED);
    eh = (const Elf64_Ehdr *)core;
    REQUIRE(!memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_type == ET_CORE);
    ph = (const Elf64_Phdr *)(core + eh->e_phoff);
    for (unsigned int i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type == PT_NOTE) {
            read_notes(core + ph[i].p_offset, ph[i].p_filesz, seen);
        }
        seen->memory = seen->memory || is_marked(core, &ph[i]);
    }
}

/* A core has the registers and the memory of the moment. */
TEST(processes, core_dump)
{
    char folder[] = "/tmp/core-XXXXXX", pattern[64] = "";
    struct core_seen seen = { 0 };
    int status, fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);
    pid_t child;

    REQUIRE(fd >= 0 && read(fd, pattern, sizeof(pattern) - 1) > 0);
    if (strcmp(pattern, "core\n")) {
        skip("cores go elsewhere");
    }
    REQUIRE(mkdtemp(folder) && !chdir(folder));
    child = fork();
    if (child == 0) {
        die_with_marks();
    }
    REQUIRE_EQ(waitpid(child, &status, 0), child);
    REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL);
    REQUIRE(WCOREDUMP(status));
    read_core("core", &seen);
    unlink("core");
    rmdir(folder);
    REQUIRE(seen.registers);
    REQUIRE(seen.vectors);
    REQUIRE(seen.memory);
}

static int counter(uint32_t type, uint64_t config)
{
    struct perf_event_attr attr = {
        .type = type, .size = sizeof(attr), .config = config, .exclude_kernel = 1
    };

    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t count_of(int fd)
{
    uint64_t count;

    REQUIRE_EQ(read(fd, &count, sizeof(count)), sizeof(count));
    return count;
}

/* What the kernel counts itself. */
TEST(processes, software_counters)
{
    int faults = counter(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
    char *p = mmap(NULL, 100 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t before;

    if (faults < 0 && (errno == EACCES || errno == ENOSYS)) {
        skip("perf_event_open: %s", strerror(errno));
    }
    REQUIRE(faults >= 0);
    REQUIRE(p != MAP_FAILED);
    madvise(p, 100 * PAGE, MADV_NOHUGEPAGE);
    before = count_of(faults);
    for (size_t i = 0; i < 100; i++) {
        p[i * PAGE] = 1;
    }
    REQUIRE(count_of(faults) >= before + 100);
}

/* The CPU's: they count, or are refused at once in a way that says that there are none. */
TEST(processes, hardware_counters)
{
    int fd = counter(PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS);

    if (fd < 0) {
        REQUIRE(errno == ENOENT || errno == EOPNOTSUPP || errno == ENODEV || errno == EACCES);
        return;
    }
    for (volatile int i = 0; i < 1000; i++) {
    }
    REQUIRE(count_of(fd) > 1000);
}
