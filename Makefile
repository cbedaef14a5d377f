# Everything a person runs. A fresh machine needs Python >= 3.11, make, and nothing else.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
REQUIREMENTS := requirements
PIP_INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install

.DEFAULT_GOAL := help

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ModelForge needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# What a user needs, and what a developer needs: a stamp file each, renewed when a pin changes.
$(VENV)/user.stamp: $(REQUIREMENTS)/local.txt $(REQUIREMENTS)/build.txt pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --require-hashes -r $(REQUIREMENTS)/build.txt
	$(PIP_INSTALL) --require-hashes -r $(REQUIREMENTS)/local.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/developer.stamp: $(VENV)/user.stamp $(REQUIREMENTS)/dev.txt
	$(PIP_INSTALL) --require-hashes -r $(REQUIREMENTS)/dev.txt
	@touch $@

setup: $(VENV)/developer.stamp  ## install everything into .venv

demo: $(VENV)/user.stamp  ## compare two real models on this CPU
	@PATH="$(abspath $(BIN)):$$PATH" sh demo.sh

test: $(VENV)/developer.stamp  ## run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/developer.stamp  ## lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/developer.stamp  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/developer.stamp  ## run the measurements of bench/
	PATH="$(abspath $(BIN)):$$PATH" sh bench/run.sh

# The pins are made from the ranges of pyproject.toml, for every platform and Python it names.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements"

requirements: $(BIN)/python  ## renew the pinned requirements
	$(PIP_INSTALL) uv
	$(UV_COMPILE) pyproject.toml -o $(REQUIREMENTS)/base.txt
	$(UV_COMPILE) -c $(REQUIREMENTS)/base.txt --extra local pyproject.toml -o $(REQUIREMENTS)/local.txt
	$(UV_COMPILE) -c $(REQUIREMENTS)/local.txt --extra local pyproject.toml --group test --group check --group docs --group release -o $(REQUIREMENTS)/dev.txt
	$(UV_COMPILE) --group build -o $(REQUIREMENTS)/build.txt

.PHONY: help setup demo test check docs bench requirements
