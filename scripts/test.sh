#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs all tests, as `make test` does: scripts/test.sh [release|sanitize|thread]...
# release   the release build, every suite
# sanitize  address and undefined-behaviour sanitizers, without meta and slow; once with the
#           reference kernels (STOA_CPU=ref) and once with the best the machine has
# thread    the thread sanitizer, for the tests that run in parallel
# Ends with one line "N passed, N failed, N skipped" over all runs; a build that fails counts
# as one failure. Exits 1 on any failure. Warnings are errors in the release build alone: what the
# sanitizers put into the code makes gcc warn of things that cannot happen.
set -u
cd "$(dirname "$0")/.." || exit 1
base=${STOA_TEST_BUILD:-build}
parts=${*:-release sanitize thread}
logs=
broken=0

compiler=${CC:-gcc}
case $compiler in
*ccache*) ;;
*) command -v ccache >/dev/null 2>&1 && compiler="ccache $compiler" ;;
esac

# The names of parallel tests, until each carries the suite `parallel`.
parallel='pool|parallel|thread|scan|morsel|exec|concurren|race|file_writer|ingest|convert|commit'

build() # folder, meson options...
{
    folder=$1
    shift
    echo "== build $folder"
    if [ ! -f "$folder/build.ninja" ]; then
        CC=$compiler meson setup "$folder" -Dtests=true "$@" >"$folder.log" 2>&1 || {
            tail -n 30 "$folder.log"
            return 1
        }
    fi
    ninja -C "$folder" >"$folder.log" 2>&1 || {
        grep -A 12 -m 3 -E 'FAILED|ERROR' "$folder.log" || tail -n 30 "$folder.log"
        return 1
    }
}

run() # folder, log name, meson test arguments...
{
    folder=$1
    name=$2
    shift 2
    echo "== test $folder ($name)"
    rm -f "$folder/meson-logs/$name"*.json "$folder/meson-logs/$name"*.txt
    meson test -C "$folder" --no-rebuild --logbase "$name" --print-errorlogs "$@" \
        >"$folder.$name.out" 2>&1
    code=$?
    # Passed tests are one line each in the log; the rest belongs on the screen.
    grep -v -E '^ *[0-9]+/[0-9]+ .* OK  ' "$folder.$name.out" | grep -v -E '^ninja: |^$'
    # Under a wrapper meson puts its name behind the log's.
    log=$(ls "$folder/meson-logs/$name"*.json 2>/dev/null | head -n 1)
    if [ ! -s "$log" ] && [ "$code" -ne 0 ]; then
        broken=$((broken + 1))
    fi
    logs="$logs ${log:-$folder/meson-logs/$name.json}"
}

mkdir -p "$base"
for part in $parts; do
    folder=$base/test-$part
    case $part in
    release)
        build "$folder" --buildtype=release || { broken=$((broken + 1)); continue; }
        run "$folder" all
        ;;
    sanitize)
        build "$folder" --buildtype=debugoptimized -Db_sanitize=address,undefined \
            -Db_lundef=false -Dwerror=false || { broken=$((broken + 1)); continue; }
        export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:strict_string_checks=1
        export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
        STOA_CPU=ref run "$folder" ref -t 4 --no-suite meta --no-suite slow
        run "$folder" best -t 4 --no-suite meta --no-suite slow
        unset ASAN_OPTIONS UBSAN_OPTIONS
        ;;
    thread)
        build "$folder" --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false \
            -Dwerror=false || { broken=$((broken + 1)); continue; }
        names=$(python3 scripts/list_tests.py "$folder" parallel "$parallel")
        if [ -z "$names" ]; then
            echo '== no parallel tests found'
            continue
        fi
        export TSAN_OPTIONS=halt_on_error=1
        # The sanitizer's shadow memory needs the usual address layout of older kernels.
        layout='setarch -R'
        $layout true 2>/dev/null || layout=
        # shellcheck disable=SC2086 # the names are words
        run "$folder" thread -t 4 ${layout:+--wrapper "$layout"} $names
        unset TSAN_OPTIONS
        ;;
    *)
        echo "test: unknown part $part; expected release, sanitize or thread" >&2
        exit 2
        ;;
    esac
done

# shellcheck disable=SC2086 # the logs are words
exec python3 scripts/count_tests.py "$broken" $logs
