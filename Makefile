# `make check` is what CI runs after the tests; `make stress` runs the long profiles.
PYTHONS ?= python3.11 python3.12 python3.13
BIN ?= .venv/bin

.PHONY: check test test-all stress bench

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

stress:
	HYPOTHESIS_PROFILE=stress $(BIN)/python -m pytest -n auto property_tests tests

bench:
	$(BIN)/python benchmarks/run.py
