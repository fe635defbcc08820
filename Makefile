# Two commands on a fresh machine with Python 3.11+ and make: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
N ?= 200
# More than cores: many tests wait, for leases, browsers and processes of their own.
PYTEST_WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench chaos sessions fuzz audit-deps openapi fmt lock

help: ## list all targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## prepare everything without starting it

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml package-lock.json hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 is needed" or 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP) ## start BukuHutang at http://127.0.0.1:3000
	@exec $(BIN)/bukuhutang serve

test: check ## check, then all tests
	@$(BIN)/pytest -n $(PYTEST_WORKERS) --dist worksteal

check: $(STAMP) ## ruff, mypy, import-linter, tidy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy src tests bench hatch_build.py
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest tests/house -p no:randomly

bench: $(STAMP) ## measure, each line beside its floor
	@$(BIN)/python -m bench

chaos: $(STAMP) ## kill the service N times under load (N=200), then audit the books
	@$(BIN)/python -m tests.chaos --kills $(N)

sessions: $(STAMP) ## 100 linked phones, a reconnect storm, ten minutes of killed workers
	@$(BIN)/python -m tests.sessions_proof

fuzz: $(STAMP) ## random requests to both APIs, N of each kind per operation
	@$(BIN)/python -m tests.fuzz --examples $(N)

audit-deps: $(STAMP) ## installed is as locked, with hashes; known holes where reachable
	@$(BIN)/python -m tests.house.dependencies

fmt: $(STAMP) ## format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

openapi: $(STAMP) ## renew docs/openapi.json
	@$(BIN)/python -m tests.web.openapi_file

lock: $(STAMP) ## renew requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--group dev pyproject.toml -o requirements.lock
