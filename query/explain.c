/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan as lines of text (stoa_explain_text in plan.h): the last step first, the scan with its
 * conditions at the end, and what was measured when the statement ran. Called by query.c.
 *
 *   limit 5
 *   sort by n desc
 *   aggregate by country: count(*)
 *   scan orders   partitions 1 of 3   files 4 of 12   blocks 6 of 37   rows 393,216 -> 4,118
 *     amount > 900            pushed   31 blocks skipped
 *     lower(email) = 'a@b.c'  not pushed: function on column; kept as a filter
 */
#include <string.h>

#include "query/plan.h"
#include "query/shown.h"

enum { COUNT_TEXT = 32, NAMES_SHOWN = 12, TEXT_WIDTH_MAX = 48 };

struct writer {
    const struct stoa_plan *plan;
    bool is_run; /* counters and profile are set */
    stoa_query_counters counters;
    struct stoa_execution_profile profile;
    const char **scan_names;  /* in `arena`, as the texts below */
    const char **above_names; /* of groups, then aggregates */
    struct stoa_arena arena;
    struct stoa_buf *out;
    stoa_error *err;
};

/* ---- pieces of text ---- */

static stoa_status put(struct writer *w, const char *text)
{
    return stoa_buf_append(w->out, text, strlen(text), w->err);
}

/* "1,234,567" */
static const char *count_text(uint64_t count, char out[COUNT_TEXT])
{
    char *p = out + COUNT_TEXT - 1;
    unsigned digits = 0;
    *p = '\0';
    do {
        if (digits > 0 && digits % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + count % 10);
        count /= 10;
        digits++;
    } while (count > 0);
    return p;
}

/* "4.1 MB" */
static stoa_status put_bytes(struct writer *w, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    unsigned unit = 0;
    double value = (double)bytes;
    for (; value >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        value /= 1000;
    STOA_TRY(stoa_buf_printf(w->out, w->err, "%.*f ", unit == 0 ? 0 : 1, value));
    return put(w, units[unit]);
}

/* "   files 4 of 12" */
static stoa_status put_part(struct writer *w, const char *what, uint64_t kept, uint64_t all)
{
    char text[2][COUNT_TEXT];
    return stoa_buf_printf(w->out, w->err, "   %s %s of %s", what,
                           count_text(kept, text[0]), count_text(all, text[1]));
}

static stoa_status put_time(struct writer *w, const char *what, uint64_t ns)
{
    return stoa_buf_printf(w->out, w->err, "   %s %.1f ms", what, (double)ns / 1e6);
}

/* ---- names ---- */

static stoa_status name_scan(struct writer *w)
{
    const uint32_t count = w->plan->scan_column_count;
    const stoa_schema *schema =
        w->plan->dataset ? &stoa_dataset_get_info(w->plan->dataset)->schema : NULL;
    w->scan_names =
        stoa_arena_alloc_zeroed(&w->arena, (size_t)count + 1, sizeof *w->scan_names);
    if (!w->scan_names)
        return stoa_arena_fail(&w->arena, count * sizeof *w->scan_names, w->err);
    for (uint32_t i = 0; i < count; i++)
        w->scan_names[i] = schema->fields[w->plan->scan_columns[i]].name;
    return STOA_OK;
}

/* "count(*)", "sum(DISTINCT a) FILTER (b > 1)" */
static stoa_status name_call(struct writer *w, const struct stoa_aggregate_call *call,
                             const char **out)
{
    const char *arg = "*";
    const char *filter = "";
    struct stoa_buf buf;
    if (call->arg)
        STOA_TRY(stoa_expr_shown(call->arg, w->scan_names, &w->arena, &arg, w->err));
    if (call->filter)
        STOA_TRY(stoa_expr_shown(call->filter, w->scan_names, &w->arena, &filter, w->err));
    stoa_buf_init(&buf, (size_t)16 << 20);
    stoa_status status = stoa_buf_printf(&buf, w->err, "%s(%s", call->aggregate->name,
                                         call->is_distinct ? "DISTINCT " : "");
    if (status == STOA_OK)
        status = stoa_buf_append(&buf, arg, strlen(arg), w->err);
    if (status == STOA_OK)
        status = stoa_buf_printf(&buf, w->err, call->filter ? ") FILTER (" : ")");
    if (status == STOA_OK && call->filter)
        status = stoa_buf_append(&buf, filter, strlen(filter), w->err);
    if (status == STOA_OK && call->filter)
        status = stoa_buf_append_byte(&buf, ')', w->err);
    if (status == STOA_OK) {
        *out = stoa_arena_strndup(&w->arena, (const char *)buf.data, buf.size);
        status = *out ? STOA_OK : stoa_arena_fail(&w->arena, buf.size, w->err);
    }
    stoa_buf_done(&buf);
    return status;
}

static stoa_status name_above(struct writer *w)
{
    const struct stoa_plan *plan = w->plan;
    const size_t count = (size_t)plan->group_count + plan->aggregate_count;
    w->above_names = stoa_arena_alloc_zeroed(&w->arena, count + 1, sizeof *w->above_names);
    if (!w->above_names)
        return stoa_arena_fail(&w->arena, count * sizeof *w->above_names, w->err);
    for (uint32_t i = 0; i < plan->group_count; i++)
        STOA_TRY(stoa_expr_shown(plan->groups[i], w->scan_names, &w->arena,
                                 &w->above_names[i], w->err));
    for (uint32_t i = 0; i < plan->aggregate_count; i++)
        STOA_TRY(
            name_call(w, &plan->aggregates[i], &w->above_names[plan->group_count + i]));
    return STOA_OK;
}

/* Up to twelve of `count` names. */
static stoa_status put_names(struct writer *w, const char *const *names, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        STOA_TRY(put(w, i > 0 ? ", " : ""));
        STOA_TRY(put(w, names[i]));
    }
    if (count > NAMES_SHOWN)
        return stoa_buf_printf(w->out, w->err, " and %u more", count - NAMES_SHOWN);
    return STOA_OK;
}

/* ---- steps above the scan ---- */

static stoa_status put_limit(struct writer *w)
{
    char text[COUNT_TEXT];
    const struct stoa_plan *plan = w->plan;
    if (!plan->has_limit && plan->offset == 0)
        return STOA_OK;
    if (plan->has_limit)
        STOA_TRY(
            stoa_buf_printf(w->out, w->err, "limit %s", count_text(plan->limit, text)));
    if (plan->offset > 0)
        STOA_TRY(stoa_buf_printf(w->out, w->err, "%soffset %s", plan->has_limit ? " " : "",
                                 count_text(plan->offset, text)));
    return put(w, "\n");
}

static stoa_status put_sort(struct writer *w)
{
    const struct stoa_plan *plan = w->plan;
    for (uint32_t i = 0; i < plan->sort_key_count; i++) {
        const struct stoa_sort_key *key = &plan->sort_keys[i];
        const char *text = plan->output_names[key->output];
        if (key->output >= plan->visible_count)
            STOA_TRY(stoa_expr_shown(plan->outputs[key->output],
                                     plan->is_aggregate ? w->above_names : w->scan_names,
                                     &w->arena, &text, w->err));
        STOA_TRY(put(w, i == 0 ? "sort by " : ", "));
        STOA_TRY(put(w, text));
        STOA_TRY(put(w, key->is_descending ? " desc" : ""));
        if (key->nulls_first != key->is_descending)
            STOA_TRY(put(w, key->nulls_first ? " nulls first" : " nulls last"));
    }
    return plan->sort_key_count > 0 ? put(w, "\n") : STOA_OK;
}

static stoa_status put_outputs(struct writer *w)
{
    STOA_TRY(put(w, w->plan->is_distinct ? "distinct " : "output "));
    STOA_TRY(put_names(w, w->plan->output_names, w->plan->visible_count));
    return put(w, "\n");
}

static stoa_status put_aggregation(struct writer *w)
{
    const struct stoa_plan *plan = w->plan;
    if (!plan->is_aggregate)
        return STOA_OK;
    if (plan->having) {
        const char *text;
        STOA_TRY(stoa_expr_shown(plan->having, w->above_names, &w->arena, &text, w->err));
        STOA_TRY(put(w, "having "));
        STOA_TRY(put(w, text));
        STOA_TRY(put(w, "\n"));
    }
    STOA_TRY(put(w, plan->group_count > 0 ? "aggregate by " : "aggregate"));
    STOA_TRY(put_names(w, w->above_names, plan->group_count));
    STOA_TRY(put(w, plan->aggregate_count > 0 ? ": " : ""));
    STOA_TRY(put_names(w, w->above_names + plan->group_count, plan->aggregate_count));
    return put(w, "\n");
}

/* ---- the scan ---- */

static stoa_status put_scan_counters(struct writer *w)
{
    char text[2][COUNT_TEXT];
    const stoa_query_counters *c = &w->counters;
    if (c->partitions > 0)
        STOA_TRY(
            put_part(w, "partitions", c->partitions - c->partitions_pruned, c->partitions));
    STOA_TRY(put_part(w, "files", c->files - c->files_pruned, c->files));
    STOA_TRY(
        put_part(w, "row groups", c->row_groups - c->row_groups_pruned, c->row_groups));
    if (c->row_groups_filtered > 0)
        STOA_TRY(stoa_buf_printf(w->out, w->err, " (%s ruled out by filters)",
                                 count_text(c->row_groups_filtered, text[0])));
    STOA_TRY(put_part(w, "blocks", c->blocks - c->blocks_pruned, c->blocks));
    if (c->zones > 0)
        STOA_TRY(put_part(w, "zones", c->zones - c->zones_pruned, c->zones));
    STOA_TRY(stoa_buf_printf(w->out, w->err, "   rows %s -> %s",
                             count_text(c->rows_scanned, text[0]),
                             count_text(c->rows_matched, text[1])));
    if (c->rows_from_statistics > 0)
        STOA_TRY(stoa_buf_printf(w->out, w->err, "   %s of them from statistics alone",
                                 count_text(c->rows_from_statistics, text[0])));
    return STOA_OK;
}

static stoa_status put_scan_size(struct writer *w)
{
    char text[COUNT_TEXT];
    const stoa_dataset_info *info = stoa_dataset_get_info(w->plan->dataset);
    if (info->partition_count > 0)
        STOA_TRY(stoa_buf_printf(w->out, w->err, "   partitions %s",
                                 count_text(info->partition_count, text)));
    STOA_TRY(
        stoa_buf_printf(w->out, w->err, "   files %s", count_text(info->file_count, text)));
    return stoa_buf_printf(w->out, w->err, "   rows %s", count_text(info->rows, text));
}

static size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static size_t conjunct_width(const struct stoa_plan *plan)
{
    size_t width = 0;
    for (uint32_t i = 0; i < plan->conjunct_count; i++) {
        const size_t next = text_width(plan->conjuncts[i].text);
        if (next > width && next <= TEXT_WIDTH_MAX)
            width = next;
    }
    return width;
}

static stoa_status put_push(struct writer *w, uint32_t i)
{
    const struct stoa_conjunct *conjunct = &w->plan->conjuncts[i];
    char text[COUNT_TEXT];
    if (conjunct->push == STOA_PUSH_NONE)
        return stoa_buf_printf(w->out, w->err, "not pushed: %s%s", conjunct->reason,
                               w->plan->never_matches ? "" : "; kept as a filter");
    STOA_TRY(put(w, "pushed"));
    if (w->is_run && w->profile.conjunct_blocks_pruned)
        STOA_TRY(stoa_buf_printf(w->out, w->err, "   %s blocks skipped",
                                 count_text(w->profile.conjunct_blocks_pruned[i], text)));
    if (w->is_run && w->profile.conjunct_zones_pruned[i] > 0)
        STOA_TRY(stoa_buf_printf(w->out, w->err, "   %s zones skipped",
                                 count_text(w->profile.conjunct_zones_pruned[i], text)));
    if (conjunct->push == STOA_PUSH_PRUNE)
        return stoa_buf_printf(w->out, w->err, "   for skipping only: %s; kept as a filter",
                               conjunct->reason);
    return STOA_OK;
}

static stoa_status put_conjuncts(struct writer *w)
{
    const size_t width = conjunct_width(w->plan);
    for (uint32_t i = 0; i < w->plan->conjunct_count; i++) {
        const char *text = w->plan->conjuncts[i].text;
        const size_t used = text_width(text);
        STOA_TRY(put(w, "  "));
        STOA_TRY(put(w, text));
        STOA_TRY(stoa_buf_printf(w->out, w->err, "%*s",
                                 (int)(used < width ? width - used + 2 : 2), ""));
        STOA_TRY(put_push(w, i));
        STOA_TRY(put(w, "\n"));
    }
    return STOA_OK;
}

static stoa_status put_scan(struct writer *w)
{
    const struct stoa_plan *plan = w->plan;
    if (!plan->dataset)
        return put(w, plan->never_matches ? "no rows: WHERE is never true\n" : "one row\n");
    STOA_TRY(put(w, "scan "));
    STOA_TRY(put(w, plan->table_name));
    if (w->is_run)
        STOA_TRY(put_scan_counters(w));
    else
        STOA_TRY(put_scan_size(w));
    STOA_TRY(put(w, "\n"));
    if (plan->scan_column_count > 0) {
        STOA_TRY(put(w, "  columns "));
        STOA_TRY(put_names(w, w->scan_names, plan->scan_column_count));
        STOA_TRY(put(w, "\n"));
    }
    if (plan->never_matches)
        STOA_TRY(put(w, "  WHERE is never true: nothing is read\n"));
    return put_conjuncts(w);
}

/* ---- measurements ---- */

static stoa_status put_measurements(struct writer *w)
{
    if (!w->is_run)
        return STOA_OK;
    const stoa_query_counters *c = &w->counters;
    STOA_TRY(put(w, "time"));
    STOA_TRY(put_time(w, "scan", w->profile.scan_ns));
    STOA_TRY(put_time(w, "aggregate", w->profile.aggregate_ns));
    STOA_TRY(put_time(w, "output", w->profile.output_ns));
    STOA_TRY(
        stoa_buf_printf(w->out, w->err, "   threads %u\nbytes   ", w->profile.threads));
    STOA_TRY(put_bytes(w, c->bytes_read));
    STOA_TRY(put(w, " read   "));
    STOA_TRY(
        put_bytes(w, c->bytes_total > c->bytes_read ? c->bytes_total - c->bytes_read : 0));
    return put(w, " skipped\n");
}

static stoa_status put_all(struct writer *w)
{
    STOA_TRY(name_scan(w));
    STOA_TRY(name_above(w));
    STOA_TRY(put_limit(w));
    STOA_TRY(put_sort(w));
    STOA_TRY(put_outputs(w));
    STOA_TRY(put_aggregation(w));
    STOA_TRY(put_scan(w));
    return put_measurements(w);
}

stoa_status stoa_explain_text(const struct stoa_plan *plan,
                              const struct stoa_execution *execution, struct stoa_buf *out,
                              stoa_error *err)
{
    struct writer w = {.plan = plan, .is_run = execution != NULL, .out = out, .err = err};
    if (execution) {
        stoa_execution_counters(execution, &w.counters);
        stoa_execution_get_profile(execution, &w.profile);
    }
    stoa_arena_init(&w.arena, (size_t)256 << 20);
    const stoa_status status = put_all(&w);
    stoa_arena_done(&w.arena);
    return status;
}
