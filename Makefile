# The front door. All it needs is a Python 3.11 or later that has pip (or venv).
# Nothing is installed outside this folder: .uv holds the installer, .venv everything else.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test setup lint format bench wheel clean

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
JOBS ?= 2
ARGS ?=

# the installer's version is the one that uv.lock names
UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/\1/p;}' uv.lock)
UV_HOME := .uv/$(UV_VERSION)
UV := $(UV_HOME)/bin/uv
BIN := .venv/bin
READY := .venv/.ready

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

help:  ## list these targets
	@echo "make ..."
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

demo: setup  ## build the demo company and show its measured journey map
	@$(BIN)/travesia demo $(ARGS)

test: lint  ## check everything: style, types, house rules, all tests
	$(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)

setup: $(READY)  ## install everything into .venv (quick when nothing changed)

lint: setup  ## check style, types and which room imports which
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup  ## put the code into the house's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup  ## time build and questions beside other tools (takes a while; ARGS=--help)
	$(BIN)/python bench/run.py $(ARGS)

wheel: setup  ## build the installable package into dist/
	$(BIN)/python -m hatchling build -t wheel -d dist

clean:  ## remove all that these targets made
	rm -rf .venv .uv dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# .ready is written last: an environment that was left half made is completed the next time
$(READY): pyproject.toml uv.lock hatch_build.py src/travesia/__init__.py | $(UV)
	@echo "Setting up .venv (the first time takes a minute or two)"
	@$(BIN)/python -c '' 2>/dev/null || { rm -rf .venv && $(UV) venv --quiet --python "$(PYTHON)" .venv; }
	@$(UV) sync --quiet --frozen
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "Travesía needs Python 3.11 or later: install it (on Debian and Ubuntu:"; \
		echo "apt-get install python3 python3-pip), or name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@rm -rf .uv
	@if "$(PYTHON)" -m pip --version >/dev/null 2>&1; then \
		"$(PYTHON)" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target $(UV_HOME).part uv==$(UV_VERSION); \
	elif "$(PYTHON)" -m venv $(UV_HOME).part >/dev/null 2>&1; then \
		$(UV_HOME).part/bin/pip install --quiet --disable-pip-version-check --root-user-action=ignore uv==$(UV_VERSION); \
	else \
		echo "$(PYTHON) has neither pip nor a working venv: install one of them (on Debian and Ubuntu:"; \
		echo "apt-get install python3-pip), then run make again."; exit 1; \
	fi
	@mv $(UV_HOME).part $(UV_HOME)
