# SPDX-License-Identifier: Apache-2.0
# Thin front of meson: the targets people type.
#   make            release build: build/stoa and build/libstoa.so
#   make demo       sets up, builds, converts examples/orders.csv, runs three queries
#   make test       all tests; ends with "N passed, N failed, N skipped"
#   make install    DESTDIR= and PREFIX= as usual (default /usr/local)
#   make format     clang-format over the tree
#   make clean      removes build/
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
BUILD_OPTIONS := --buildtype=release --prefix=$(PREFIX) -Dtests=false

.PHONY: all demo test install format clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@scripts/setup build
	meson setup $(BUILD) $(BUILD_OPTIONS)

demo: all
	@scripts/demo.sh $(BUILD)

test:
	@scripts/setup test
	@scripts/test.sh

install: all
	@meson configure $(BUILD) --prefix=$(PREFIX)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD)

format:
	@python3 tests/meta/check_format.py --write

clean:
	rm -rf $(BUILD)
