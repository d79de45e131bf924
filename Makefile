# Needs python3 (3.11 or newer, with venv), make and a package registry; nothing else.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
CONFIG ?= config.yaml
PYTHON ?= python3
export OMP_NUM_THREADS ?= 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run miniature test cluster-test lint lock doctor weights format clean help

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 16

run: $(READY)  ## Environment, then the workflow of config.yaml: from raw videos to build/report/index.html
	snakemake --cores all

miniature: $(READY)  ## All of the paper's tables in miniature: every method, framework and ablation, IME and UME
	snakemake --cores all --configfile configs/miniature.yaml

test: $(READY)  ## Environment, then all tests
	pytest --numprocesses auto --dist worksteal

cluster-test: $(READY)  ## The workflow through a real Slurm, started on this machine for it (root, slurm-wlm, munge)
	CLUSTER_TEST=1 pytest tests/cluster

lint: $(READY)  ## Style, types, and Snakemake's own checks (waivers: tests/workflow/lint.py)
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile pipeline/rules
	python -m tests.workflow.lint

format: $(READY)  ## Rewrite sources in the house style
	ruff check --fix .
	ruff format .
	snakefmt Snakefile pipeline/rules

lock: $(READY)  ## Rebuild requirements.lock from requirements.in and overrides.txt
	uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --override overrides.txt --output-file requirements.lock requirements.in

doctor: $(READY)  ## What CONFIG's corpora and encoders need, what is there, what is missing; ROOT=FOLDER of the corpus
	python -m pipeline.doctor --configfile $(CONFIG) $(if $(ROOT),--config root="$(ROOT)")

weights: $(READY)  ## Fetch the weights that CONFIG (config.yaml) names and that can be fetched
	python -m pipeline.fetch_weights --configfile $(CONFIG)

clean:  ## Remove results; the cache of extracted features stays
	rm -rf build

# `uv` installs the lock as it is, hashes checked, without resolving: a minute instead of two. Compiled
# at once: where PYTHONDONTWRITEBYTECODE is set, as in many containers, every job would compile torch.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "error: $(PYTHON) is older than 3.11: make PYTHON=python3.11 ..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	touch $@
