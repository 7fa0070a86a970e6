# The one door for people and for CI. Each target does its own set-up; the second time that is a no-op.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# The tests start the product many times: it must not be compiled anew each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev run lab test check bench smoke lock

help: ## what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## install what `make run` needs into .venv
	@$(PYTHON) .ci/setup.py

setup-dev:
	@$(PYTHON) .ci/setup.py --dev

run: setup ## the product beside its simulated exchange, at http://127.0.0.1:8080
	@$(BIN)/perezvon run --simulated

lab: setup-dev ## the product beside a real Asterisk 22, SIP accounts for your softphone, callers phoning in
	@$(BIN)/python -m tests.lab.install
	@$(BIN)/python -m tests.lab.run

test: setup-dev check ## everything that CI runs
	@$(BIN)/python -m tests.lab.install
	@$(BIN)/pytest -n 3

check: setup-dev ## style, types, floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup-dev ## measured speed, as ratios beside a floor in the same run (BENCH="--json pop")
	@$(BIN)/python -m tests.bench $(BENCH)

smoke: setup ## start, see a pop, a logged call and a task, print the milliseconds
	@$(BIN)/python -m web.smoke

lock: setup-dev ## refresh the pinned, hashed libraries from pyproject.toml
	@cd .ci/locks && for kind in runtime dev; do \
	  ../../$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --extra setup $$([ $$kind = dev ] && echo --extra dev) \
	    ../../pyproject.toml -o $$kind.txt; done
