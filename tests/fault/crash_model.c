/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model's tree. A directory keeps its durable entries and the list of changes since; a
 * file keeps its durable bytes and its present ones. By malloc, as tests may.
 */
#include "tests/fault/crash_model.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/hash.h"

struct entry {
    char name[256];
    struct crash_node *node; /* NULL in a change: the entry is removed */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

struct crash_node {
    struct crash_node *chain;
    bool is_directory;
    char path[512];                       /* where it was made, below the base */
    struct entries now, durable, changes; /* directories */
    uint8_t *bytes, *durable_bytes;       /* files */
    size_t size, durable_size;
    bool is_dirty;
};

static void *get_memory(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);
    assert_non_null(memory);
    return memory;
}

static struct crash_node *node_create(struct crash_model *model, bool is_directory,
                                      const char *directory, const char *name)
{
    struct crash_node *node = calloc(1, sizeof *node);
    assert_non_null(node);
    node->is_directory = is_directory;
    (void)snprintf(node->path, sizeof node->path, "%.250s/%.250s", directory, name);
    node->chain = model->nodes;
    model->nodes = node;
    return node;
}

/* ---- entries ---- */

static struct entry *find(const struct entries *entries, const char *name)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (strcmp(entries->items[i].name, name) == 0)
            return &entries->items[i];
    }
    return NULL;
}

static void push(struct entries *entries, const char *name, struct crash_node *node)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity == 0 ? 8 : entries->capacity * 2;
        entries->items =
            get_memory(entries->items, entries->capacity * sizeof *entries->items);
    }
    struct entry *entry = &entries->items[entries->count++];
    (void)snprintf(entry->name, sizeof entry->name, "%.255s", name);
    entry->node = node;
}

/* Sets or (node NULL) removes a name. */
static void set(struct entries *entries, const char *name, struct crash_node *node)
{
    struct entry *entry = find(entries, name);
    if (entry != NULL && node != NULL)
        entry->node = node;
    else if (entry != NULL)
        *entry = entries->items[--entries->count];
    else if (node != NULL)
        push(entries, name, node);
}

static void change(struct crash_node *directory, const char *name, struct crash_node *node)
{
    set(&directory->now, name, node);
    push(&directory->changes, name, node);
}

static void copy_entries(struct entries *to, const struct entries *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++)
        push(to, from->items[i].name, from->items[i].node);
}

static void sync_node(struct crash_node *node)
{
    if (node->is_directory) {
        copy_entries(&node->durable, &node->now);
        node->changes.count = 0;
        return;
    }
    node->durable_bytes = get_memory(node->durable_bytes, node->size);
    memcpy(node->durable_bytes, node->bytes != NULL ? (const void *)node->bytes : "",
           node->size);
    node->durable_size = node->size;
    node->is_dirty = false;
}

/* ---- the tree at the start ---- */

static void load_file(struct crash_node *node, int directory, const char *name)
{
    struct stat facts;
    const int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &facts), 0);
    node->size = (size_t)facts.st_size;
    node->bytes = get_memory(NULL, node->size);
    assert_int_equal(read(fd, node->bytes, node->size), (ssize_t)node->size);
    (void)close(fd);
    sync_node(node);
}

static void load_directory(struct crash_model *model, struct crash_node *node, int fd)
{
    DIR *dir = fdopendir(fd);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct stat facts;
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(fstatat(fd, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW), 0);
        const bool is_directory = S_ISDIR(facts.st_mode);
        struct crash_node *child =
            node_create(model, is_directory, node->path, entry->d_name);
        if (is_directory)
            load_directory(model, child,
                           openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        else
            load_file(child, fd, entry->d_name);
        set(&node->now, entry->d_name, child);
    }
    (void)closedir(dir);
    sync_node(node);
}

void crash_model_init(struct crash_model *model, const char *base)
{
    memset(model, 0, sizeof *model);
    (void)snprintf(model->base, sizeof model->base, "%.255s", base);
    model->root = node_create(model, true, "", "");
    model->root->path[0] = '\0';
    load_directory(model, model->root, open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

void crash_model_done(struct crash_model *model)
{
    while (model->nodes != NULL) {
        struct crash_node *node = model->nodes;
        model->nodes = node->chain;
        free(node->now.items);
        free(node->durable.items);
        free(node->changes.items);
        free(node->bytes);
        free(node->durable_bytes);
        free(node);
    }
}

/* ---- calls ---- */

static struct crash_node *of_fd(const struct crash_model *model, int fd)
{
    return fd >= 0 && fd < 1024 ? model->fds[fd].node : NULL;
}

/* Walks to the directory that holds the last part of `path`; NULL when it is not in the tree.
 * The last part goes to `name` ("" for the base itself). */
static struct crash_node *walk(const struct crash_model *model, int fd, const char *path,
                               char name[256])
{
    struct crash_node *node = of_fd(model, fd);
    if (fd == AT_FDCWD) {
        const size_t length = strlen(model->base);
        if (strncmp(path, model->base, length) != 0 ||
            (path[length] != '/' && path[length] != '\0'))
            return NULL;
        path += length;
        node = model->root;
    }
    name[0] = '\0';
    for (;;) {
        while (*path == '/')
            path++;
        const size_t length = strcspn(path, "/");
        if (length == 0 || node == NULL || length > 255)
            return node;
        if (name[0] != '\0') {
            const struct entry *entry = find(&node->now, name);
            node = entry != NULL ? entry->node : NULL;
        }
        memcpy(name, path, length);
        name[length] = '\0';
        path += length;
    }
}

static struct crash_node *look_up(const struct crash_node *directory, const char *name)
{
    if (directory == NULL)
        return NULL;
    const struct entry *entry = find(&directory->now, name);
    return entry != NULL ? entry->node : NULL;
}

static bool apply_open(struct crash_model *model, const struct fault_record *record)
{
    char name[256];
    struct crash_node *directory = walk(model, record->fd, record->path, name);
    struct crash_node *node = NULL;
    bool made = false;
    if (record->result >= 1024)
        return false;
    if (directory != NULL && (record->flags & O_TMPFILE) != O_TMPFILE) {
        node = name[0] == '\0' || strcmp(name, ".") == 0 ? directory
                                                         : look_up(directory, name);
        if (node == NULL && (record->flags & O_CREAT) != 0) {
            node = node_create(model, false, directory->path, name);
            node->is_dirty = true;
            change(directory, name, node);
            made = true;
        }
    }
    model->fds[record->result].node = node;
    model->fds[record->result].position = 0;
    return made;
}

static bool apply_write(struct crash_model *model, const struct fault_record *record)
{
    struct crash_node *node = of_fd(model, record->fd);
    if (node == NULL || node->is_directory)
        return false;
    const size_t size = (size_t)record->result;
    uint64_t at = record->offset;
    if (record->call == FAULT_WRITE) {
        at = model->fds[record->fd].position;
        model->fds[record->fd].position += size;
    }
    if (at + size > node->size) {
        node->bytes = get_memory(node->bytes, at + size);
        memset(node->bytes + node->size, 0, at + size - node->size);
        node->size = at + size;
    }
    memcpy(node->bytes + at, record->bytes, size);
    node->is_dirty = true;
    return true;
}

static bool apply_names(struct crash_model *model, const struct fault_record *record)
{
    char name[256];
    char name2[256];
    struct crash_node *directory = walk(model, record->fd, record->path, name);
    if (directory == NULL)
        return false;
    if (record->call == FAULT_MKDIRAT) {
        change(directory, name, node_create(model, true, directory->path, name));
        return true;
    }
    struct crash_node *node = look_up(directory, name);
    if (record->call == FAULT_UNLINKAT) {
        change(directory, name, NULL);
        return true;
    }
    struct crash_node *directory2 = walk(model, record->fd2, record->path2, name2);
    if (directory2 == NULL || node == NULL)
        return false;
    change(directory2, name2, node);
    if (record->call == FAULT_RENAMEAT)
        change(directory, name, NULL);
    return true;
}

bool crash_model_apply(struct crash_model *model, const struct fault_record *record)
{
    if (record->result < 0)
        return false;
    switch (record->call) {
    case FAULT_OPENAT: return apply_open(model, record);
    case FAULT_WRITE:
    case FAULT_PWRITE: return apply_write(model, record);
    case FAULT_LINKAT:
    case FAULT_RENAMEAT:
    case FAULT_UNLINKAT:
    case FAULT_MKDIRAT: return apply_names(model, record);
    case FAULT_FSYNC:
        if (of_fd(model, record->fd) == NULL)
            return false;
        sync_node(of_fd(model, record->fd));
        return true;
    case FAULT_CLOSE:
        if (record->fd >= 0 && record->fd < 1024)
            model->fds[record->fd].node = NULL;
        return false;
    default: return false; /* reads change nothing */
    }
}

enum crash_sync crash_model_sync_kind(const struct crash_model *model,
                                      const struct fault_record *record)
{
    const struct crash_node *node = of_fd(model, record->fd);
    if (record->call != FAULT_FSYNC || record->result < 0 || node == NULL)
        return CRASH_SYNC_NONE;
    if (node->is_directory)
        return strstr(node->path, "/_stoa/log") != NULL ? CRASH_SYNC_LOG
                                                        : CRASH_SYNC_DIRECTORY;
    if (strstr(node->path, "/_stoa/tmp/") == NULL)
        return CRASH_SYNC_DATA;
    return strstr(node->path, ".stoa") != NULL ? CRASH_SYNC_MANIFEST : CRASH_SYNC_OTHER;
}

/* ---- crash states ---- */

size_t crash_model_pending(const struct crash_model *model)
{
    size_t count = 0;
    for (const struct crash_node *node = model->nodes; node != NULL; node = node->chain)
        count += node->changes.count + node->is_dirty;
    return count;
}

/* Deals with a tree's things in the fixed order of the chain, so that numbers stay the same
 * from hashing to writing. */
struct dealer {
    struct crash_choice choice;
    size_t next;
};

/* 1: the thing survives; 0: it does not; 2 and more: a torn file. */
static unsigned deal(struct dealer *dealer, bool is_file)
{
    const size_t number = dealer->next++;
    switch (dealer->choice.mode) {
    case CRASH_ALL: return 1;
    case CRASH_NONE: return 0;
    case CRASH_ALL_BUT_ONE: return number != dealer->choice.one;
    case CRASH_ONLY_ONE: return number == dealer->choice.one;
    case CRASH_RANDOM: break;
    }
    const unsigned dice =
        (unsigned)test_random_below(&dealer->choice.random, is_file ? 8 : 2);
    return is_file && dice >= 5 ? dice : dice % 2;
}

/* What a node looks like in the crash state; arrays belong to the caller. */
struct outcome {
    struct entries entries;
    uint8_t *bytes;
    size_t size;
};

static void torn_bytes(const struct crash_node *node, unsigned how, struct dealer *dealer,
                       struct outcome *out)
{
    const size_t unit = test_random_below(&dealer->choice.random, 2) == 0 ? 512 : 4096;
    const size_t kept =
        node->size < unit
            ? 0
            : test_random_below(&dealer->choice.random, node->size / unit) * unit;
    out->size = how == 5 ? kept : node->size; /* 5: cut; 6: zeros; 7: garbage */
    out->bytes = get_memory(NULL, out->size);
    memset(out->bytes, how == 7 ? 0xa5 : 0, out->size);
    memcpy(out->bytes, node->bytes != NULL ? (const void *)node->bytes : "",
           kept < out->size ? kept : out->size);
}

static void deal_node(const struct crash_node *node, struct dealer *dealer,
                      struct outcome *out)
{
    memset(out, 0, sizeof *out);
    if (node->is_directory) {
        copy_entries(&out->entries, &node->durable);
        for (size_t i = 0; i < node->changes.count; i++) {
            if (deal(dealer, false) != 0)
                set(&out->entries, node->changes.items[i].name,
                    node->changes.items[i].node);
        }
        return;
    }
    const unsigned how = node->is_dirty ? deal(dealer, true) : 0;
    if (how > 1) {
        torn_bytes(node, how, dealer, out);
        return;
    }
    const uint8_t *bytes = how == 1 ? node->bytes : node->durable_bytes;
    out->size = how == 1 ? node->size : node->durable_size;
    out->bytes = get_memory(NULL, out->size);
    memcpy(out->bytes, bytes != NULL ? (const void *)bytes : "", out->size);
}

/* All nodes' outcomes, in chain order. */
static struct outcome *deal_all(const struct crash_model *model, struct crash_choice choice,
                                size_t *out_count)
{
    struct dealer dealer = {.choice = choice};
    size_t count = 0;
    size_t i = 0;
    for (const struct crash_node *node = model->nodes; node != NULL; node = node->chain)
        count++;
    struct outcome *outcomes = get_memory(NULL, count * sizeof *outcomes);
    for (const struct crash_node *node = model->nodes; node != NULL; node = node->chain)
        deal_node(node, &dealer, &outcomes[i++]);
    *out_count = count;
    return outcomes;
}

static void outcomes_free(struct outcome *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(outcomes[i].entries.items);
        free(outcomes[i].bytes);
    }
    free(outcomes);
}

static size_t number_of(const struct crash_model *model, const struct crash_node *wanted)
{
    size_t i = 0;
    for (const struct crash_node *node = model->nodes; node != wanted; node = node->chain)
        i++;
    return i;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static uint64_t hash_node(const struct crash_model *model, struct outcome *outcomes,
                          const struct crash_node *node)
{
    struct outcome *outcome = &outcomes[number_of(model, node)];
    if (!node->is_directory)
        return stoa_hash64(outcome->bytes, outcome->size, 1);
    uint64_t hash = 2;
    if (outcome->entries.count > 0)
        qsort(outcome->entries.items, outcome->entries.count, sizeof(struct entry),
              compare_entries);
    for (size_t i = 0; i < outcome->entries.count; i++) {
        const struct entry *entry = &outcome->entries.items[i];
        const uint64_t child = hash_node(model, outcomes, entry->node);
        hash = stoa_hash64(entry->name, strlen(entry->name), hash);
        hash = stoa_hash64(&child, sizeof child, hash);
    }
    return hash;
}

uint64_t crash_model_hash(const struct crash_model *model, struct crash_choice choice)
{
    size_t count = 0;
    struct outcome *outcomes = deal_all(model, choice, &count);
    const uint64_t hash = hash_node(model, outcomes, model->root);
    outcomes_free(outcomes, count);
    return hash;
}

static void write_node(const struct crash_model *model, const struct outcome *outcomes,
                       const struct crash_node *node, int directory, const char *name)
{
    const struct outcome *outcome = &outcomes[number_of(model, node)];
    if (!node->is_directory) {
        const int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, outcome->bytes, outcome->size), (ssize_t)outcome->size);
        (void)close(fd);
        return;
    }
    if (name[0] != '.')
        assert_int_equal(mkdirat(directory, name, 0777), 0);
    const int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < outcome->entries.count; i++)
        write_node(model, outcomes, outcome->entries.items[i].node, fd,
                   outcome->entries.items[i].name);
    (void)close(fd);
}

void crash_model_write(const struct crash_model *model, struct crash_choice choice,
                       const char *path)
{
    size_t count = 0;
    struct outcome *outcomes = deal_all(model, choice, &count);
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    write_node(model, outcomes, model->root, fd, ".");
    (void)close(fd);
    outcomes_free(outcomes, count);
}
