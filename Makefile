# `make up` starts a cluster, `make test` runs all that CI runs; both set up what they need. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up check types fast test bench docs wheel clean system

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml setup.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

up: $(STAMP) ## Start a cluster in the foreground (ARGS="--nodes 5 --port 0" and so on)
	@$(BIN)/mockube up $(ARGS)

check: $(STAMP) ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(STAMP) ## The tests that start no process
	$(BIN)/pytest -n auto --dist loadfile -m "not kubectl and not etcd and not reference and not slow" $(ARGS)

test: system $(STAMP) check ## Everything: checks, unit tests, real kubectl, real etcd, recorded answers
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

system: ## Install etcd and kubectl from the distribution where they are missing (Debian, as root)
	@tools/system-packages

bench: $(STAMP) ## Print the benchmarks of this machine
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(STAMP) ## Write the generated pages anew
	$(BIN)/python -m tools.fidelity > docs/fidelity.md

wheel: $(STAMP) ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --quiet

clean: ## Remove what was built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
