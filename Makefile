# `make check` is what CI runs after the tests; `make stress` runs the long profiles.
PYTHONS ?= python3.11 python3.12 python3.13
BIN ?= .venv/bin

.PHONY: check test test-all portable lowest stress hostile bench suites

test:
	$(BIN)/python -m pytest -n auto

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-all:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys' 2>/dev/null; then \
	    echo "== $$python"; \
	    $$python -m venv .venv-$$python && .venv-$$python/bin/pip install -q -e '.[test]' \
	      && .venv-$$python/bin/python -m pytest -q -n auto || exit 1; \
	  else echo "== $$python not found, skipped"; fi; \
	done

# stores and arrays without the system calls that Windows lacks
portable:
	$(BIN)/python -m pytest -q -n auto -p tests.hidden_names tests/io tests/handles tests/commands \
	  property_tests/test_store_machine.py property_tests/test_array_machine.py property_tests/test_arrays.py \
	  --ignore=tests/io/programs/test_between_processes.py \
	  --ignore=tests/io/stores/test_object_stores.py --ignore=tests/io/test_bounds.py

# the lowest declared version of every dependency
lowest:
	python3.11 -m venv .venv-lowest
	.venv-lowest/bin/python .ci/lowest > .venv-lowest/constraints.txt
	.venv-lowest/bin/pip install -q -c .venv-lowest/constraints.txt -e '.[test]'
	.venv-lowest/bin/python -m pytest -q -n auto

stress:
	HYPOTHESIS_PROFILE=stress $(BIN)/python -m pytest -n auto property_tests tests

# attempts to lose data, for an hour; prints what was tried
hostile:
	$(BIN)/python -m tests.hostile $(or $(SECONDS),3600)

bench:
	$(BIN)/python benchmarks/run.py

# suites of other packages, on zarr-python and on this library
suites:
	$(BIN)/python -m tests.compat.suites
