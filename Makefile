# One word runs everything. Needs Python 3.11 or newer, git and make; all else comes into .venv.

PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done),python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INPUTS := pyproject.toml constraints.txt
SENTENCE := an old man with a white beard and glasses

.PHONY: help venv portrait test check format bench docs clean

help:
	@echo "make portrait   four faces for a sentence, in out/portrait"
	@echo "make test       run the tests"
	@echo "make check      format, lint, types, import order, docs in step, then the tests"
	@echo "make format     put the code into its format"
	@echo "make bench      run every script of benchmarks/"
	@echo "make docs       write docs/cli.md again"
	@echo "make venv       only the environment that all of these begin with"
	@echo "make clean      remove .venv, caches and out/"

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mien needs Python 3.11 or newer; say which: make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/python $(INPUTS)
	@echo "installing mien into .venv (a few minutes the first time)"
	$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/installed-dev: .venv/installed
	@echo "installing what the tests need into .venv"
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

venv: .venv/installed

portrait: venv
	$(BIN)/mien describe "$(SENTENCE)" --count 4 --seed 7 --out out/portrait --force
	@echo "the pictures are in $(CURDIR)/out/portrait"

test: .venv/installed-dev
	$(BIN)/python -m pytest

check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m mien.cli.reference --check docs/cli.md
	$(BIN)/python -m pytest tests/house/test_import_order.py
	$(MAKE) test

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed-dev
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: .venv/installed-dev
	$(BIN)/python -m mien.cli.reference docs/cli.md

clean:
	rm -rf .venv out .pytest_cache .ruff_cache build dist
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
