/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the machine offers: the instruction-set level for the kernel table and the number of
 * processors for the pool. Both are asked for once per process or per pool.
 *
 * The processor count honours affinity and the cgroup quota, because a container on a large
 * host that starts one thread per host processor is throttled to a crawl. The quota is read by
 * the system's own calls, not by the replaceable table: it is advice, and faults that tests
 * inject are worth more on the data.
 */
#include "common/cpu.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io.h"

#define CPU_COUNT_MAX      4096 /* what the kernel supports at most */
#define CGROUP_TEXT_MAX    3072 /* bytes of a file that are looked at */
#define CGROUP_PATH_MAX    1024
#define CGROUP_LEVELS_MAX  64
#define CGROUP_MOUNT       "/sys/fs/cgroup"
#define CGROUP_PATH_OFFSET (sizeof CGROUP_MOUNT - 1)

static const char *const level_names[STOA_CPU_LEVEL_COUNT] = {
    [STOA_CPU_REF] = "ref",
    [STOA_CPU_AVX2] = "avx2",
    [STOA_CPU_AVX512] = "avx512",
    [STOA_CPU_NEON] = "neon",
};

enum stoa_cpu_level stoa_cpu_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports("popcnt"))
        return STOA_CPU_REF;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512vbmi"))
        return STOA_CPU_AVX2;
    return STOA_CPU_AVX512;
#elif defined(__aarch64__)
    return STOA_CPU_NEON;
#else
    return STOA_CPU_REF;
#endif
}

static bool level_of_name(const char *name, enum stoa_cpu_level *out_level)
{
    for (int i = 0; i < STOA_CPU_LEVEL_COUNT; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out_level = (enum stoa_cpu_level)i;
            return true;
        }
    }
    return false;
}

/* Whether machines of this kind have the level, or might. */
static bool level_is_native(enum stoa_cpu_level level)
{
#if defined(__x86_64__)
    return level == STOA_CPU_AVX2 || level == STOA_CPU_AVX512;
#elif defined(__aarch64__)
    return level == STOA_CPU_NEON;
#else
    STOA_UNUSED(level);
    return false;
#endif
}

static enum stoa_cpu_level level_detect(void)
{
    const enum stoa_cpu_level best = stoa_cpu_best();
    const char *name = getenv("STOA_CPU");
    enum stoa_cpu_level wanted = best;
    if (name == NULL || !level_of_name(name, &wanted))
        return best;
    if (!level_is_native(wanted))
        return STOA_CPU_REF;
    return wanted < best ? wanted : best;
}

enum stoa_cpu_level stoa_cpu_level(void)
{
    static _Atomic int known; /* level + 1; 0 before the first call */
    int level = atomic_load_explicit(&known, memory_order_relaxed);
    if (level == 0) {
        level = (int)level_detect() + 1; /* every thread finds the same */
        atomic_store_explicit(&known, level, memory_order_relaxed);
    }
    return (enum stoa_cpu_level)(level - 1);
}

const char *stoa_cpu_level_name(enum stoa_cpu_level level)
{
    return (unsigned)level < STOA_CPU_LEVEL_COUNT ? level_names[level] : "unknown";
}

stoa_status stoa_cpu_check_environment(stoa_error *err)
{
    const char *name = getenv("STOA_CPU");
    enum stoa_cpu_level level = STOA_CPU_REF;
    if (name == NULL || level_of_name(name, &level))
        return STOA_OK;
    const stoa_status status =
        stoa_fail(err, STOA_E_USAGE,
                  "expected ref, avx2, avx512 or neon in STOA_CPU, found \"%s\"", name);
    stoa_error_set_place(err, "environment variable STOA_CPU");
    return status;
}

/* The whole of a small file as text; false when there is none. */
static bool read_text(const char *path, char text[static CGROUP_TEXT_MAX])
{
    const struct stoa_io_ops *system = stoa_io_system();
    const int fd = system->openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const ssize_t got = system->read(fd, text, CGROUP_TEXT_MAX - 1);
    (void)system->close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* A decimal number at *text, which is advanced past it and the blank behind. */
static bool parse_number(const char **text, uint64_t *out_number)
{
    const char *next = *text;
    uint64_t number = 0;
    while (*next >= '0' && *next <= '9' && number < UINT64_MAX / 100)
        number = number * 10 + (uint64_t)(*next++ - '0');
    if (next == *text || (*next != '\0' && *next != ' ' && *next != '\n'))
        return false;
    *out_number = number;
    *text = *next != '\0' ? next + 1 : next;
    return true;
}

unsigned stoa_cpu_quota_parse(const char *text)
{
    uint64_t quota = 0;
    uint64_t period = 0;
    if (!parse_number(&text, &quota) || !parse_number(&text, &period) || quota == 0 ||
        period == 0)
        return 0;
    const uint64_t count = quota / period + (quota % period != 0);
    return count < CPU_COUNT_MAX ? (unsigned)count : CPU_COUNT_MAX;
}

/* The path of this process in the unified hierarchy, behind the mount point: the line that
 * begins "0::" in /proc/self/cgroup. */
static bool cgroup_path(char path[static CGROUP_PATH_MAX])
{
    char text[CGROUP_TEXT_MAX];
    if (!read_text("/proc/self/cgroup", text))
        return false;
    const char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
    if (line == NULL)
        return false;
    line = strchr(line, '/');
    const int length = (int)strcspn(line, "\n");
    const int got = snprintf(path, CGROUP_PATH_MAX, "%s%.*s", CGROUP_MOUNT, length, line);
    return got > 0 && got < CGROUP_PATH_MAX;
}

/* The smallest quota on the way from this process's group to the root; 0: none. A container
 * often sees its own group as "/", so the mount point itself is asked too. */
static unsigned cgroup_quota(void)
{
    char path[CGROUP_PATH_MAX];
    char file[CGROUP_PATH_MAX + sizeof "/cpu.max"];
    char text[CGROUP_TEXT_MAX];
    unsigned smallest = 0;
    if (!cgroup_path(path))
        return 0;
    for (int level = 0; level < CGROUP_LEVELS_MAX; level++) {
        (void)snprintf(file, sizeof file, "%s/cpu.max", path);
        const unsigned quota = read_text(file, text) ? stoa_cpu_quota_parse(text) : 0;
        if (quota != 0 && (smallest == 0 || quota < smallest))
            smallest = quota;
        char *slash = strrchr(path + CGROUP_PATH_OFFSET, '/');
        if (slash == NULL)
            break;
        *slash = '\0';
    }
    return smallest;
}

static unsigned affinity_count(void)
{
    cpu_set_t sets[CPU_COUNT_MAX / CPU_SETSIZE];
    if (sched_getaffinity(0, sizeof sets, sets) != 0)
        return 1;
    const int count = CPU_COUNT_S(sizeof sets, sets);
    return count > 0 ? (unsigned)count : 1;
}

unsigned stoa_cpu_count(void)
{
    const unsigned count = affinity_count();
    const unsigned quota = cgroup_quota();
    return quota != 0 && quota < count ? quota : count;
}
