/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table as text, for the expected rows of golden files: the same form that the independent
 * decoder prints, with values spelt by format/text.h.
 */
#include <string.h>

#include "format/text.h"
#include "tests/tables/test_table.h"

static void put(struct stoa_buf *out, const char *text)
{
    assert_ok(stoa_buf_append(out, text, strlen(text), NULL), NULL);
}

static void put_escaped(struct stoa_buf *out, const uint8_t *bytes, size_t size)
{
    static const char special[] = "\t\n\r\\";
    static const char letters[] = "tnr\\";
    for (size_t i = 0; i < size; i++) {
        const char *found = bytes[i] ? strchr(special, bytes[i]) : NULL;
        if (found)
            put(out, "\\");
        assert_ok(stoa_buf_append_byte(
                      out, found ? (uint8_t)letters[found - special] : bytes[i], NULL),
                  NULL);
    }
}

static void put_cell(struct stoa_buf *out, stoa_type type, const struct stoa_value *value)
{
    struct stoa_buf text;
    if (value->is_null) {
        put(out, "\\N");
        return;
    }
    stoa_buf_init(&text, SIZE_MAX / 4);
    assert_ok(stoa_text_append(type, value, &text, NULL), NULL);
    put_escaped(out, text.data, text.size);
    stoa_buf_done(&text);
}

static void put_heading(struct stoa_buf *out, const stoa_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        char type[STOA_TYPE_TEXT_MAX];
        const stoa_field *field = &schema->fields[i];
        put(out, i > 0 ? "\t" : "");
        put_escaped(out, (const uint8_t *)field->name, strlen(field->name));
        put(out, ":");
        put(out, stoa_type_text(field->type, type));
    }
    put(out, "\n");
}

void test_table_print(const struct test_table *table, struct stoa_buf *out)
{
    put_heading(out, &table->schema);
    for (uint32_t row = 0; row < table->rows; row++) {
        for (size_t i = 0; i < table->schema.field_count; i++) {
            const struct stoa_column column = stoa_column_builder_view(&table->columns[i]);
            const struct stoa_value value = stoa_column_get(&column, row);
            put(out, i > 0 ? "\t" : "");
            put_cell(out, table->schema.fields[i].type, &value);
        }
        put(out, "\n");
    }
}
