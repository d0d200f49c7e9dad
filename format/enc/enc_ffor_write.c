/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing FFOR nodes (spec/encodings/ffor.md): the plan says how, this file packs. Exceptions
 * lie behind all lanes, so they are collected while the lanes are written.
 */
#include "common/alloc.h"
#include "format/enc/enc_ffor.h"
#include "format/enc/enc_table.h"
#include "format/enc/pack_linear.h"

/* A node being written. */
struct ffor_writer {
    const struct stoa_column *column;
    const struct stoa_ffor_plan *plan;
    uint64_t *lanes;     /* 1,024 */
    uint16_t *positions; /* of all exceptions */
    uint32_t *rows;      /* the same as rows of the column */
    uint32_t exceptions; /* so far */
};

static stoa_status writer_init(struct ffor_writer *writer, const struct stoa_column *column,
                               const struct stoa_ffor_plan *plan, stoa_error *err)
{
    *writer = (struct ffor_writer){
        .column = column,
        .plan = plan,
        .lanes = stoa_alloc_array(STOA_VECTOR_ROWS, sizeof *writer->lanes),
        .positions = stoa_alloc_array(plan->exceptions, sizeof *writer->positions),
        .rows = stoa_alloc_array(plan->exceptions, sizeof *writer->rows),
    };
    if (!writer->lanes || !writer->positions || !writer->rows)
        return stoa_fail_memory(err, STOA_VECTOR_ROWS * sizeof *writer->lanes);
    return STOA_OK;
}

static void writer_done(struct ffor_writer *writer)
{
    stoa_free(writer->lanes);
    stoa_free(writer->positions);
    stoa_free(writer->rows);
}

/* The lowest `size` bytes of `value`, little-endian. */
static stoa_status append_number(struct stoa_buf *out, stoa_u128 value, size_t size,
                                 stoa_error *err)
{
    uint8_t bytes[16];
    memcpy(bytes, &value, sizeof bytes);
    return stoa_buf_append(out, bytes, size, err);
}

/* Scale, reference, base offsets, exception counts, widths. */
static stoa_status append_tables(const struct ffor_writer *writer, struct stoa_buf *out,
                                 stoa_error *err)
{
    const struct stoa_ffor_plan *plan = writer->plan;
    STOA_TRY(stoa_buf_append_le64(out, plan->scale.scale, err));
    STOA_TRY(append_number(out, (stoa_u128)plan->min + plan->first_base,
                           stoa_phys_width(writer->column->phys), err));
    for (uint32_t v = 0; v < plan->vector_count; v++) {
        const uint64_t ahead = plan->vectors[v].base - plan->first_base;
        STOA_TRY(append_number(out, stoa_scale_divide(&plan->scale, ahead),
                               plan->offset_size, err));
    }
    for (uint32_t v = 0; plan->exceptions > 0 && v < plan->vector_count; v++)
        STOA_TRY(stoa_buf_append_le16(out, plan->vectors[v].exceptions, err));
    for (uint32_t v = 0; v < plan->vector_count; v++)
        STOA_TRY(stoa_buf_append_byte(out, plan->vectors[v].width, err));
    return STOA_OK;
}

/* Turns distances into lanes in place; what does not fit is noted and becomes 0 [FFOR-5]. */
static void make_patched_lanes(struct ffor_writer *writer, uint32_t vector, uint32_t length)
{
    const struct stoa_ffor_vector *how = &writer->plan->vectors[vector];
    const uint64_t mask = stoa_low_mask(how->width);
    for (uint32_t i = 0; i < length; i++) {
        const uint64_t distance = writer->lanes[i];
        const uint64_t lane = stoa_scale_divide(&writer->plan->scale, distance - how->base);
        const bool fits = distance >= how->base && lane <= mask;
        writer->lanes[i] = fits ? lane : 0;
        if (fits)
            continue;
        writer->positions[writer->exceptions] = (uint16_t)i;
        writer->rows[writer->exceptions++] = vector * STOA_VECTOR_ROWS + i;
    }
}

static void make_lanes(struct ffor_writer *writer, uint32_t vector, uint32_t length)
{
    const struct stoa_scale *scale = &writer->plan->scale;
    const uint64_t base = writer->plan->vectors[vector].base;
    uint64_t *lanes = writer->lanes;
    if (scale->scale == 1) {
        for (uint32_t i = 0; i < length; i++)
            lanes[i] -= base;
    } else {
        for (uint32_t i = 0; i < length; i++)
            lanes[i] = stoa_scale_divide(scale, lanes[i] - base);
    }
}

/* [FFOR-2] [FFOR-3] [FFOR-4] */
static void pack_lanes(const uint64_t *lanes, uint32_t length, unsigned width, uint8_t *out)
{
    if (width == 0)
        return;
    if (length == STOA_VECTOR_ROWS)
        stoa_kernels_best()->pack(width, lanes, out);
    else
        stoa_linear_pack(width, length, lanes, out);
}

static stoa_status append_lanes(struct ffor_writer *writer, struct stoa_buf *out,
                                stoa_error *err)
{
    const struct stoa_ffor_plan *plan = writer->plan;
    STOA_TRY(stoa_buf_reserve(out, (size_t)plan->packed_size, err));
    for (uint32_t v = 0; v < plan->vector_count; v++) {
        const uint32_t length = stoa_vector_length(writer->column->length, v);
        stoa_enc_distances(writer->column, v * STOA_VECTOR_ROWS, length,
                           (uint64_t)plan->min, writer->lanes);
        if (plan->vectors[v].exceptions > 0)
            make_patched_lanes(writer, v, length);
        else
            make_lanes(writer, v, length);
        pack_lanes(writer->lanes, length, plan->vectors[v].width, out->data + out->size);
        out->size += (size_t)stoa_ffor_packed_size(length, plan->vectors[v].width);
    }
    return STOA_OK;
}

static stoa_status append_exceptions(const struct ffor_writer *writer, size_t start,
                                     struct stoa_buf *out, stoa_error *err)
{
    const size_t width = stoa_phys_width(writer->column->phys);
    const uint8_t *values = writer->column->values;
    STOA_TRY(stoa_buf_append(out, writer->positions,
                             writer->exceptions * sizeof *writer->positions, err));
    STOA_TRY(stoa_buf_append_zeros(out, -(out->size - start) & 7, err));
    for (uint32_t i = 0; i < writer->exceptions; i++)
        STOA_TRY(stoa_buf_append(out, values + writer->rows[i] * width, width, err));
    return STOA_OK;
}

static stoa_status append_node(struct ffor_writer *writer, struct stoa_buf *out,
                               stoa_error *err)
{
    const struct stoa_ffor_plan *plan = writer->plan;
    size_t start = 0;
    STOA_TRY(stoa_node_begin(&stoa_enc_ffor, writer->column->phys, writer->column->length,
                             out, &start, err));
    stoa_node_set_flags(out, start, (uint8_t)plan->offset_size, plan->exceptions > 0);
    stoa_node_set_parameter(out, start, plan->exceptions);
    STOA_TRY(append_tables(writer, out, err));
    STOA_TRY(stoa_buf_append_zeros(out, -(out->size - start) & 7, err));
    STOA_TRY(append_lanes(writer, out, err));
    if (plan->exceptions > 0)
        STOA_TRY(append_exceptions(writer, start, out, err));
    return stoa_node_finish(out, start, err);
}

stoa_status stoa_ffor_encode(const struct stoa_enc_input *input, struct stoa_buf *out,
                             stoa_error *err)
{
    bool is_possible = false;
    struct stoa_ffor_plan plan;
    STOA_TRY(stoa_ffor_plan_make(input, &is_possible, &plan, err));
    if (!is_possible)
        return stoa_fail(err, STOA_E_INTERNAL,
                         "ffor: expected a range below 2^64, found a wider one");
    struct ffor_writer writer;
    stoa_status status = STOA_OK;
    STOA_TRY_CLEANUP(writer_init(&writer, input->column, &plan, err));
    STOA_TRY_CLEANUP(append_node(&writer, out, err));
cleanup:
    writer_done(&writer);
    stoa_ffor_plan_done(&plan);
    return status;
}

stoa_status stoa_ffor_estimate(const struct stoa_enc_input *input,
                               struct stoa_enc_estimate *out_estimate, stoa_error *err)
{
    bool is_possible = false;
    struct stoa_ffor_plan plan;
    STOA_TRY(stoa_ffor_plan_make(input, &is_possible, &plan, err));
    if (!is_possible)
        return STOA_OK;
    out_estimate->size = stoa_ffor_plan_size(&plan, input->column->phys);
    if (input->column->phys == STOA_PHYS_I128)
        out_estimate->decode_cycles += STOA_WIDE_SUM_CYCLES;
    stoa_ffor_plan_done(&plan);
    return STOA_OK;
}
