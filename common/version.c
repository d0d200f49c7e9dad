/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this build is (include/stoa/version.h). The format version is a text here because common
 * knows no format; a unit test holds it against format/layout.h.
 */
#include "stoa/version.h"

#include "common/cpu.h"

const char *stoa_version(void)
{
    return STOA_VERSION;
}

const char *stoa_format_version(void)
{
    return "0.2";
}

const char *stoa_cpu_name(void)
{
    return stoa_cpu_level_name(stoa_cpu_level());
}

unsigned stoa_processor_count(void)
{
    return stoa_cpu_count();
}

stoa_status stoa_environment_check(stoa_error *err)
{
    return stoa_cpu_check_environment(err);
}
