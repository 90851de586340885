# The two commands of a newcomer are `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.PHONY: help demo test fast check fix up migrate run bundle bench crash simulate lock clean

PYTHON ?= python3
# Everything that is made stands in these three ignored folders; `make clean` takes them away.
STATE := .rythmiq
TOOLS := .tools
VENV := .venv
BIN := $(VENV)/bin
# uv from PATH, else the project's own copy. It never fetches an interpreter: the machine's Python is used.
UV := $(shell command -v uv 2>/dev/null || echo "env PYTHONPATH=$(CURDIR)/$(TOOLS)/uv $(PYTHON) -m uv")
UV_STAMP := $(TOOLS)/uv.stamp
RUN_STAMP := $(VENV)/run.stamp
DEV_STAMP := $(VENV)/dev.stamp
# The worker's environment is built with the same uv.
export UV
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE ?= copy
export UV_NO_PROGRESS ?= 1

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

demo: $(RUN_STAMP) ## set everything up and turn sample rows into finished documents
	@$(BIN)/reconciler demo

test: $(DEV_STAMP) ## all tests: the demo with real OCR and the proofs, as far as they go in a few minutes, are among them
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

fast: $(DEV_STAMP) ## the tests that need neither OCR nor containers nor a million rows nor minutes
	@$(BIN)/pytest -n 2 --dist loadfile -m "not demo and not engine and not million and not proof" $(ARGS)

check: $(DEV_STAMP) ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(DEV_STAMP) ## format and mend what can be mended
	@$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

up: $(RUN_STAMP) ## keep the local platform running, with a daemon and its console
	@$(BIN)/reconciler up

migrate: $(RUN_STAMP) ## bring the database of DATABASE_URL to the newest schema
	@$(BIN)/reconciler migrate

run: $(RUN_STAMP) ## run the daemon with the settings of the environment and .env
	@$(BIN)/reconciler run

bundle: $(RUN_STAMP) ## build the worker bundle and print its files and hash
	@$(BIN)/reconciler worker bundle

bench: $(DEV_STAMP) ## measure, side by side in one run
	@$(BIN)/python -m bench $(ARGS)

crash: $(DEV_STAMP) ## kill a daemon at every point, with all that the CLI may answer; goes on where it stopped
	@$(BIN)/python -m tests.crash $(ARGS)

simulate: $(DEV_STAMP) ## play SEEDS stories against the model that nobody has played yet
	@SIMULATE_SEEDS=$(or $(SEEDS),100) $(BIN)/pytest -q tests/model $(ARGS)

lock: $(UV_STAMP) ## resolve the dependencies again into the hashed lock files
	@compile() { $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$$@"; }
	compile pyproject.toml --extra local -o requirements.lock
	compile pyproject.toml -c requirements.lock -o deploy/requirements.lock
	compile --group dev -c requirements.lock -o tests/requirements.lock
	compile --group worker -o worker/requirements.lock
	compile --group worker-paddle -c worker/requirements.lock -o worker/requirements-paddle.lock
	compile --group bench-rivals -o bench/requirements-rivals.lock
	compile --group bench-queues -o bench/requirements-queues.lock
	compile --group worker-models --no-deps -o worker/requirements-models.lock

clean: ## take away the environment and all local state
	@rm -rf $(STATE) $(TOOLS) $(VENV)

$(UV_STAMP):
	@mkdir -p $(TOOLS)
	command -v uv >/dev/null || $(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target $(TOOLS)/uv uv
	touch $@

$(VENV)/made.stamp: $(UV_STAMP)
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	touch $@

$(RUN_STAMP): requirements.lock pyproject.toml $(VENV)/made.stamp
	@echo "installing the reconciler's environment ..."
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $@

$(DEV_STAMP): tests/requirements.lock $(RUN_STAMP)
	@echo "installing the test tools ..."
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r tests/requirements.lock
	touch $@
