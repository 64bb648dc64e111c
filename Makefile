# What a steward or a developer types. Needs python3 (3.11 or later) with venv, make and git; everything else is installed in .venv.

PYTHON    ?= python3
WORKSPACE ?= data
MONTH     ?= 2026-10
LEARNERS  ?= 5000
MONTHS    ?= 12
BIN       := .venv/bin
PIP       := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv
RUN       := $(BIN)/filrouge
UV        ?= uv

.PHONY: help setup setup-dev run test test-all check bench ui example lock clean
.DEFAULT_GOAL := help

help: ## list what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/.runtime ## install what `run` needs (does nothing when it is there already)

setup-dev: .venv/.dev ## install what `test` and `check` need too

.venv/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Filrouge demande Python 3.11 ou plus récent (PYTHON=… make setup pour en choisir un)."; exit 2; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: requirements.lock pyproject.toml | .venv/.created
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

run: setup ## the demonstration territory's month, or this workspace's when it has one (WORKSPACE= MONTH= LEARNERS= MONTHS=)
	@if [ -f "$(WORKSPACE)/territory.yaml" ]; then \
	  $(RUN) run --workspace "$(WORKSPACE)" --month $(MONTH); \
	else \
	  $(RUN) demo --workspace "$(WORKSPACE)" --learners $(LEARNERS) --months $(MONTHS) --month $(MONTH); \
	fi; code=$$?; \
	if [ $$code -gt 1 ]; then exit $$code; fi; \
	echo; echo "Où regarder, dans $(WORKSPACE)/ :"; \
	echo "  receipts/                       les accusés de réception : ce qui a été gardé, réparé, rejeté, et pourquoi"; \
	echo "  outbox/<partenaire>/$(MONTH)/    ce que chaque partenaire reçoit"; \
	echo "  published/territory.duckdb      les tables des analystes (filrouge query \"FROM analyst.indicator\")"; \
	echo "  make ui                         la page de suivi"

test: setup-dev ## the tests, heavy ones excepted
	$(BIN)/python -m pytest

test-all: setup-dev ## every test
	$(BIN)/python -m pytest -m "heavy or not heavy"

check: setup-dev ## linting, formatting, types, SQL, import rules: every tool runs, then says whether one found something
	@status=0; \
	for tool in "ruff check --output-format concise ." "ruff format --check --output-format concise ." "mypy" "sqlfluff lint --disable-progress-bar sql" "lint-imports"; do \
	  echo "— $$tool"; $(BIN)/$$tool || status=1; \
	done; exit $$status

bench: setup-dev ## measures one load, stage by stage, and compares it with the truth; writes benchmarks/results.json
	$(BIN)/python benchmarks/run.py

ui: setup ## the web page: schedules, sensors, history
	$(RUN) ui --workspace "$(WORKSPACE)"

example: setup ## a real data set: make example NAME=oulad DATA=../shared/realdata WORKSPACE=/tmp/oulad
	$(BIN)/python examples/run.py "$(NAME)" "$(DATA)" "$(if $(filter file,$(origin WORKSPACE)),workspace/$(NAME),$(WORKSPACE))" || [ $$? -eq 1 ] # 1: findings, listed above; the rest was done

# Versions and hashes only, never an address, for every platform and Python from 3.11 on.
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
          --no-strip-extras --custom-compile-command "make lock" --extra build

lock: ## rewrite both lock files (needs uv)
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and the caches, never a workspace
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
