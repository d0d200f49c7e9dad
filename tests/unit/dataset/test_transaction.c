/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: own names, removal on failure, and which directories are synced in which
 * order. [DS-30, DS-32]
 */
#include "tests/unit/dataset/dataset_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/fault_io.h"

static stoa_error error;

static void begin(const struct test_directory *directory, struct stoa_root *root,
                  struct stoa_transaction *transaction)
{
    assert_ok(stoa_root_create(test_path(directory, "ds"), root, &error), &error);
    assert_ok(stoa_transaction_begin(root, transaction, &error), &error);
}

static void create(struct stoa_transaction *transaction, const char *folder, char path[300])
{
    struct stoa_file file;
    uint32_t number = 0;
    const struct stoa_partition_value value = {.text = "x", .length = 1};
    assert_ok(stoa_transaction_create_file(transaction, folder, &value, 1, &file, &number,
                                           &error),
              &error);
    stoa_io_discard(&file);
    (void)snprintf(path, 300, "ds/%.290s", transaction->files[number].path);
}

static void test_files_go_unless_they_may_be_committed(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_transaction transaction;
    char a[300];
    char b[300];
    char lease[300];
    test_directory_make(&directory);
    for (int keep = 0; keep < 2; keep++) {
        begin(&directory, &root, &transaction);
        create(&transaction, "", a);
        create(&transaction, "k=x/l=y", b);
        (void)snprintf(lease, sizeof lease, "ds/_stoa/leases/%s", transaction.id_text);
        assert_true(test_file_exists(&directory, a));
        assert_true(test_file_exists(&directory, b));
        assert_true(test_file_exists(&directory, lease));
        assert_string_equal(transaction.files[1].values[0].text, "x");
        transaction.keep = keep == 1;
        stoa_transaction_done(&transaction);
        stoa_transaction_done(&transaction);
        assert_int_equal(test_file_exists(&directory, a), keep);
        assert_int_equal(test_file_exists(&directory, b), keep);
        assert_false(test_file_exists(&directory, lease));
        stoa_root_close(&root);
    }
    test_directory_remove(&directory);
}

enum meddling { REMOVE_LEASE, REPLACE_LEASE };

struct meddler {
    struct test_directory *directory;
    enum meddling how;
    int left; /* leases to meddle with */
};

/* What gc may do to a lease between its creation and its lock. */
static void meddle(void *context, const struct fault_record *record)
{
    struct meddler *meddler = context;
    char path[300];
    if (record->call != FAULT_OPENAT || record->result < 0 ||
        (record->flags & O_CREAT) == 0 || meddler->left == 0)
        return;
    meddler->left--;
    (void)snprintf(path, sizeof path, "ds/_stoa/leases/%.200s", record->path);
    assert_int_equal(unlink(test_path(meddler->directory, path)), 0);
    if (meddler->how == REPLACE_LEASE)
        test_file_write(meddler->directory, path, "", 0);
}

static void test_a_lease_that_was_meddled_with_is_taken_anew(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_transaction transaction;
    test_directory_make(&directory);
    assert_ok(stoa_root_create(test_path(&directory, "ds"), &root, &error), &error);
    for (int how = REMOVE_LEASE; how <= REPLACE_LEASE; how++) {
        struct meddler meddler = {&directory, (enum meddling)how, 2};
        stoa_gc_report report;
        const stoa_gc_options at_once = {.use_grace = 1};
        fault_io_start(NULL, 0, false, meddle, &meddler);
        const stoa_status status = stoa_transaction_begin(&root, &transaction, &error);
        fault_io_stop();
        assert_ok(status, &error);
        assert_int_equal(meddler.left, 0);
        char lease[300];
        (void)snprintf(lease, sizeof lease, "ds/_stoa/leases/%s", transaction.id_text);
        assert_ok(stoa_gc(test_path(&directory, "ds"), &at_once, &report, &error), &error);
        assert_int_equal(report.files_removed, 0);
        assert_true(test_file_exists(&directory, lease));
        stoa_transaction_done(&transaction);
    }
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

struct order {
    char opened[1100][64]; /* by descriptor: the last name opened there */
    char synced[16][64];
    size_t count;
};

static void observe(void *context, const struct fault_record *record)
{
    struct order *order = context;
    if (record->call == FAULT_OPENAT && record->result >= 0 && record->result < 1100)
        (void)snprintf(order->opened[record->result], 64, "%.60s", record->path);
    if (record->call == FAULT_FSYNC && order->count < 16)
        memcpy(order->synced[order->count++], order->opened[record->fd], 64);
}

static void test_children_are_synced_before_their_parents(void **state)
{
    (void)state;
    struct test_directory directory;
    struct stoa_root root;
    struct stoa_transaction transaction;
    static struct order order;
    char path[300];
    test_directory_make(&directory);
    begin(&directory, &root, &transaction);
    create(&transaction, "k=x/l=longer", path);
    create(&transaction, "k=x/l=longer", path);
    create(&transaction, "k=x/l=y", path);
    create(&transaction, "", path);
    fault_io_start(NULL, 0, false, observe, &order);
    const stoa_status status = stoa_transaction_sync(&transaction, &error);
    fault_io_stop();
    assert_ok(status, &error);
    assert_int_equal(order.count, 4); /* each once, the root last */
    assert_string_equal(order.synced[0], "l=longer");
    assert_string_equal(order.synced[1], "l=y");
    assert_string_equal(order.synced[2], "k=x");
    stoa_transaction_done(&transaction);
    stoa_root_close(&root);
    test_directory_remove(&directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_go_unless_they_may_be_committed),
        cmocka_unit_test(test_a_lease_that_was_meddled_with_is_taken_anew),
        cmocka_unit_test(test_children_are_synced_before_their_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
