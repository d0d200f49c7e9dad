/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows that a public header compiles alone: built once per header of include/stoa, as C99 and
 * as C++, with STOA_TEST_HEADER set to its name by tests/meta/meson.build.
 */
#include STOA_TEST_HEADER

int main(void)
{
    return 0;
}
