# Needs python3 (3.11 to 3.13, with venv), make and a package registry; nothing else.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TOOLS := $(VENV)/tools
CONFIG ?= config.yaml
GIVEN_ROOT = $(if $(ROOT),--config root="$(ROOT)")
PYTHON ?= python3
export OMP_NUM_THREADS ?= 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run miniature test cluster-test fresh-test lint lock lock-check doctor weights format clean help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 16

run: $(READY)  ## Environment, then the workflow: CONFIG=FILE, ROOT=FOLDER of the corpus; without, the demo's report
	snakemake --cores all $(if $(filter-out config.yaml,$(CONFIG)),--configfile $(CONFIG)) $(GIVEN_ROOT)

miniature: $(READY)  ## All of the paper's tables in miniature: every method, framework and ablation, IME and UME
	snakemake --cores all --configfile configs/miniature.yaml

test: $(TOOLS)  ## Environment, then all tests
	pytest --numprocesses auto --dist worksteal

cluster-test: $(TOOLS)  ## The workflow through a real Slurm, started on this machine for it (root, slurm-wlm, munge)
	CLUSTER_TEST=1 pytest tests/cluster

fresh-test: $(TOOLS)  ## `make run` and the tests marked `fresh` on a bare Debian 13 made for it (root, debootstrap)
	python -m tests.environment.fresh

lint: $(TOOLS)  ## Style, types, and Snakemake's own checks (waivers: tests/workflow/lint.py)
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile pipeline/rules
	python -m tests.workflow.lint

format: $(TOOLS)  ## Rewrite sources in the house style
	ruff check --fix .
	ruff format .
	snakefmt Snakefile pipeline/rules

lock: $(READY)  ## Rebuild both locks from requirements.in, requirements-dev.in, overrides.txt and excludes.txt
	$(COMPILE) --override overrides.txt --excludes excludes.txt \
	    --output-file requirements.lock requirements.in
	$(COMPILE) --constraint requirements.lock --output-file requirements-dev.lock requirements-dev.in

lock-check: $(TOOLS)  ## Ask the registry for wheels of every package of the locks, for each supported Python
	python -m tests.environment.wheels

doctor: $(READY)  ## What CONFIG's corpora and encoders need, what is there, what is missing; ROOT=FOLDER of the corpus
	python -m pipeline doctor --configfile $(CONFIG) $(GIVEN_ROOT)

weights: $(READY)  ## Fetch the weights that CONFIG (config.yaml) names and that can be fetched
	python -m pipeline weights --configfile $(CONFIG)

clean:  ## Remove results; the cache of extracted features stays
	rm -rf build

# `uv` installs the lock as it is, hashes checked, without resolving: a minute instead of two. Wheels
# only: no setup.py runs. Compiled at once: where PYTHONDONTWRITEBYTECODE is set, as in many
# containers, every job would compile torch.
SYNC = $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --only-binary :all: --require-hashes
# One version of each package for all Pythons: of wheels, the newest that all of them have.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --only-binary :all: \
    --generate-hashes --no-emit-index-url --no-annotate --no-header

$(READY): requirements.lock
	@$(PYTHON) -c "$$SUPPORTED"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet uv==0.13.9
	$(SYNC) requirements.lock
	touch $@

$(TOOLS): $(READY) requirements-dev.lock
	$(SYNC) requirements.lock requirements-dev.lock
	touch $@

# The bound is that of `requires-python` in pyproject.toml, where its reason stands.
define SUPPORTED
import sys
if not (3, 11) <= sys.version_info < (3, 14):
    version = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"error: $(PYTHON) is Python {version}; the packages are those of 3.11, 3.12 and 3.13. "
             "Install one of these, then: make PYTHON=python3.13 ...")
endef
export SUPPORTED
