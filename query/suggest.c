/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearest names (query/suggest.h): the Levenshtein distance with neighbours swapped counting as one
 * (Damerau's optimal string alignment), over bytes, three rows at a time.
 */
#include "query/suggest.h"

#include <string.h>

enum { MAX_WORD = 128 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][MAX_WORD + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const char x = lower(a[i - 1]);
            const char y = lower(b[j - 1]);
            row[j] = smallest(smallest(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
                row[j] = smallest(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

void stoa_suggest_offer(struct stoa_suggest *suggest, const char *name)
{
    const size_t word_size = strlen(suggest->word);
    const size_t name_size = strlen(name);
    if (word_size > MAX_WORD || name_size > MAX_WORD)
        return;
    const size_t found = distance(suggest->word, word_size, name, name_size);
    if (found > (word_size + 2) / 3 || (suggest->best && found >= suggest->best_distance))
        return;
    suggest->best = name;
    suggest->best_distance = found;
}
