# Everything a fresh Debian 12 needs: `make bench` and `make test` set the machine up, build and run.

PRESET ?= release
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
MODEL  ?= resnet50
ARGS   ?=
PEERS  ?=
RACE   ?=
BUDGET ?= 30s
FUZZ_SECONDS ?= 300

# Compiler output is shared between the presets' rebuilds and survives `make clean`.
export CMAKE_CXX_COMPILER_LAUNCHER ?= ccache
export CMAKE_BUILD_PARALLEL_LEVEL  ?= $(JOBS)
export CTEST_PARALLEL_LEVEL        ?= $(JOBS)

sources = $(shell git ls-files -co --exclude-standard '*.h' '*.cpp')

.PHONY: help setup peers available-peers build bench race test available-tests conformance-update asan tsan fuzz format format-check lint install clean

help:  ## Show this list
	@echo 'make TARGET, where TARGET is'
	@sed -n 's/^\([a-z-]*\):.*##/  \1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo 'PRESET=debug|asan|tsan with build; MODEL=… ARGS="--threads 1,2" with bench; PREFIX=… with install;'
	@echo 'BUDGET=1m (for each race) RACE="--batch 1,8 --fresh --models resnet50,bert_base" with race;'
	@echo 'PEERS="torch onnxruntime openvino ipex" and HEADWAY_PEERS_CUDA=1 (torch for GPUs, 2.5 GB more) with peers.'

setup:  ## Install the Debian packages that building needs and that are missing
	@scripts/setup build

peers: setup  ## Fetch the runtimes to race against (PyTorch, ONNX Runtime, OpenVINO)
	@scripts/peers $(PEERS)

# A peer that cannot be fetched costs its own row, not the build.
available-peers: setup
	@scripts/peers $(PEERS) || echo 'headway: going on without it' >&2

build: available-peers  ## Build build/release/headway (or another PRESET)
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

bench: build  ## Race ResNet-50 (or MODEL) in every runtime
	build/$(PRESET)/headway bench $(MODEL) $(ARGS)

race: build  ## Race ten models against ONNX Runtime and PyTorch; ends with the geometric mean (15 minutes)
	@scripts/setup models
	@BUDGET=$(BUDGET) PRESET=$(PRESET) scripts/race $(RACE)

test: export HEADWAY_TEST_OPENCL = 1
test: available-tests  ## Run every test: release build, sanitizers, fuzzers
	@$(MAKE) --no-print-directory asan
	@$(MAKE) --no-print-directory build PRESET=release
	ctest --preset release

# Without them the tests that need them are skipped, and say so.
available-tests:
	@scripts/setup build test
	@scripts/onnx_tests || echo 'headway: going on without ONNX'\''s newest tests' >&2

conformance-update: build  ## Rewrite tests/conformance/exclusions.txt and docs/operators.md to fit the program
	@scripts/setup test && scripts/onnx_tests
	tests/conformance/run.sh build/$(PRESET)/headway tests/conformance/exclusions.txt update
	build/$(PRESET)/headway inspect --operators --markdown >docs/operators.md

asan:  ## Run the unit tests and short fuzzer runs under address and undefined-behaviour sanitizers
	@scripts/setup build test
	cmake --preset asan
	cmake --build --preset asan
	ctest --preset asan

tsan:  ## Run the unit tests under the thread sanitizer
	@scripts/setup build
	cmake --preset tsan
	cmake --build --preset tsan
	ctest --preset tsan

fuzz:  ## Fuzz each reader for FUZZ_SECONDS (default 300)
	@scripts/setup build test
	cmake --preset asan
	cmake --build --preset asan
	@for fuzzer in build/asan/*_fuzz; do \
	  "$$fuzzer" -max_total_time=$(FUZZ_SECONDS) -artifact_prefix="$$fuzzer-" \
	    "build/asan/corpus/$$(basename "$$fuzzer")" || exit 1; \
	done

format:  ## Format the C++ sources in place
	@scripts/setup lint
	clang-format-16 -i $(sources)

format-check:
	@clang-format-16 --dry-run -Werror $(sources)

lint: format-check  ## Check formatting and run clang-tidy
	@scripts/setup build lint
	cmake --preset release
	run-clang-tidy-16 -quiet -p build/release -j $(JOBS) "$(CURDIR)/(src|workers|tools)/.*"

install: build  ## Install into PREFIX (default /usr/local)
	cmake --install build/$(PRESET) --prefix $(PREFIX)

clean:  ## Remove the build folder
	rm -rf build
