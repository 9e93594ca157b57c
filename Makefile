# One word runs everything. Needs Python 3.11 or newer, git and make; all else comes into .venv.

PYTHON ?= $(or $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done),python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INPUTS := pyproject.toml constraints.txt
SENTENCE := an old man with a white beard and glasses

.PHONY: help venv portrait test test-fast test-web harden release coverage check format bench docs docs-site clean

help:
	@echo "make portrait   four faces for a sentence, in out/portrait"
	@echo "make test       run the tests"
	@echo "make test-fast  the tests of the rooms that all others stand on: under two minutes"
	@echo "make test-web   the tests of the studio in a real Chromium"
	@echo "make harden     a thousand broken inputs in a child with little memory and time; a thousand kills"
	@echo "make release    wheel and sdist, built and tried in an empty environment; publishes nothing"
	@echo "make coverage   the tests, and which lines they never reach"
	@echo "make check      format, lint, types, docs in step, then the tests"
	@echo "make format     put the code into its format"
	@echo "make bench      run every script of benchmarks/"
	@echo "make docs       write docs/cli.md again, and the site if mkdocs is installed"
	@echo "make docs-site  the documentation as a site, in site/ (installs mkdocs)"
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

# A process a core, each with one thread; a file's tests stay together, since they share fixtures.
WORKERS ?= $(shell nproc)

test: .venv/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not browser" -n $(WORKERS) --dist loadfile

# One server and one browser, which has to be installed: apt-get install chromium.
test-web: .venv/installed-dev
	$(BIN)/python -m pytest -m browser tests/web

# Whatever needs no trained model, no data beside the repository and no drawing of many faces.
FAST := house images stylegan2 metrics hub judges data checkpoints/test_native_format.py checkpoints/test_safe_pickle.py

test-fast: .venv/installed-dev
	$(BIN)/python -m pytest -m "not slow and not shared and not gpu" $(addprefix tests/,$(FAST))

harden: .venv/installed-dev
	$(BIN)/python tests/hardening/harden.py --count $(or $(COUNT),1000) --seed $(or $(SEED),0)
	$(BIN)/python -W ignore tests/hardening/kills.py --count $(or $(COUNT),1000) --seed $(or $(SEED),0)

release: .venv/installed
	$(PIP) install -c constraints.txt hatchling
	$(BIN)/python recipes/release.py $(if $(FULL),--full)

coverage: .venv/installed-dev
	$(BIN)/python -m pytest --cov --cov-report=term

check: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python -m mien.cli.reference --check docs/cli.md
	$(MAKE) test
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; \
		then $(MAKE) test-web; else echo "no Chromium here: the tests of the studio in a browser are left out"; fi

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed-dev
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

docs: .venv/installed-dev
	$(BIN)/python -m mien.cli.reference docs/cli.md
	@if $(BIN)/python -c 'import mkdocs' 2>/dev/null; then $(BIN)/mkdocs build --quiet; \
		else echo "no site: make docs-site installs what it needs"; fi

docs-site: .venv/installed-docs docs

.venv/installed-docs: .venv/installed-dev
	@echo "installing mkdocs into .venv"
	$(PIP) install -c constraints.txt -e '.[docs]'
	@touch $@

clean:
	rm -rf .venv out site .coverage .pytest_cache .ruff_cache build dist
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
