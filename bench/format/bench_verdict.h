/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures against what they should be: a goal, and a floor that must hold. One line each; with
 * --require a benchmark ends with 1 when a floor does not hold. One translation unit each.
 */
#ifndef STOA_BENCH_FORMAT_BENCH_VERDICT_H
#define STOA_BENCH_FORMAT_BENCH_VERDICT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool floors_hold = true;

/* Less is better; `goal` 0: only shown. The floor is twice the goal. */
static void print_figure(const char *name, double value, const char *unit, double goal)
{
    printf("%-34s %9.1f %-3s", name, value, unit);
    if (goal > 0) {
        const char *verdict = value <= goal       ? "goal met"
                              : value <= 2 * goal ? "floor met"
                                                  : "MISSED";
        printf("  goal %6.0f, floor %6.0f: %s", goal, 2 * goal, verdict);
        floors_hold &= value <= 2 * goal;
    }
    printf("\n");
}

/* The exit code of a benchmark that ran through. */
static int judge(int argc, char **argv)
{
    const bool is_required = argc > 1 && strcmp(argv[argc - 1], "--require") == 0;
    return is_required && !floors_hold ? 1 : 0;
}

#endif
