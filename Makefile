# The only entry point. `make` prints this help.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 4
# Services are started by the dozen, and each would compile all of its code again.
unexport PYTHONDONTWRITEBYTECODE
PEERS := .clinic/peers
NODE_PEERS := .clinic/peers-node
MEMBERS := libs/events libs/platform libs/ctl services/intake services/sessions services/notifications services/outcomes
SERVICES := intake sessions notifications outcomes
PROJECTS := $(addsuffix /pyproject.toml,$(MEMBERS))
STAMP := $(VENV)/.ready-$(shell cat requirements/dev.txt $(PROJECTS) 2>/dev/null | cksum | cut -d' ' -f1)
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header --no-emit-package clinic-events \
	--no-emit-package clinic-platform --no-emit-package clinic-ctl --no-emit-package clinic-sessions

##@ Start here
.PHONY: demo run test
demo: setup ## Play a patient's journey through the whole stack, in under a minute
	$(BIN)/clinicctl demo

run: setup ## Start the whole stack and show where it is; Ctrl-C ends it
	$(BIN)/clinicctl run

test: setup ## Set up and run the whole suite against a real Kafka and a real MongoDB
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder

##@ Local stack
.PHONY: up down status
up: setup ## Start the whole stack in the background
	$(BIN)/clinicctl stack up

down: setup ## End it; its data stays for the next time
	$(BIN)/clinicctl stack down

status: setup ## What runs, and where
	$(BIN)/clinicctl stack status

##@ Build
.PHONY: setup lock clean
setup: $(STAMP) ## Make the virtual environment (no work when the lock has not changed)

$(STAMP): requirements/dev.txt $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed.")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index \
		$(addprefix -e ,$(MEMBERS))
	@touch $@

lock: ## Lock the dependencies again, with hashes and without index addresses
	$(LOCK) requirements/dev.in $(PROJECTS) --output-file requirements/dev.txt
	@for service in $(SERVICES); do \
		echo "requirements/$$service.txt"; \
		$(LOCK) libs/events/pyproject.toml libs/platform/pyproject.toml services/$$service/pyproject.toml \
			--output-file requirements/$$service.txt; \
	done
	$(LOCK) libs/events/pyproject.toml libs/platform/pyproject.toml libs/ctl/pyproject.toml \
		services/sessions/pyproject.toml --output-file requirements/ctl.txt
	$(LOCK) requirements/build.in --output-file requirements/build.txt
	$(LOCK) requirements/peers.in --output-file requirements/peers.txt

clean: ## End the local stack, remove the environment and everything the stack keeps
	@if [ -f .clinic/stack.json ] && [ -x $(BIN)/clinicctl ]; then $(BIN)/clinicctl stack down; fi
	rm -rf $(VENV) .clinic .mypy_cache .ruff_cache .pytest_cache .hypothesis

##@ Check
.PHONY: check fmt fmt-check lint types imports
check: setup fmt-check lint types imports ## Everything that needs no broker

fmt: setup ## Format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

fmt-check: setup
	$(BIN)/ruff format --check

lint: setup ## Lint
	$(BIN)/ruff check

types: setup ## Type-check code and tests
	$(BIN)/mypy

imports: setup ## Check the directions of imports
	$(BIN)/lint-imports --no-cache

##@ Test
.PHONY: unit integration contract e2e simulation chaos golden bench
unit: ## Tests of what needs no broker and no database
integration: ## Tests of one service or library on a real Kafka and a real MongoDB
contract: ## Tests of what is agreed: events, APIs, ports, documents
e2e: ## Tests of all four services together, and of the pages in a browser
simulation: ## Tests of the event engine, with chance and faults from one seed
unit integration contract e2e simulation: setup
	$(BIN)/pytest tests/$@

chaos: setup ## Faults in simulation, at exact moments, at random, in storms; STORM=--quick for a short one
	$(BIN)/python -m tests.simulation
	$(BIN)/pytest tests/chaos
	RACE_ROUNDS=10 $(BIN)/pytest tests/integration/sessions/test_races.py
	$(BIN)/python -m tests.chaos.kills --runs 6
	$(BIN)/python -m tests.chaos.storm $(STORM)

golden: setup ## Write the agreed schemas and APIs again, after a change that was meant
	$(BIN)/python -m tests.contract.golden

bench: setup $(PEERS)/.ready $(NODE_PEERS)/.ready ## Measure, beside others and beside what is possible; see benchmarks/README.md
	$(BIN)/python -m benchmarks

$(PEERS)/.ready: requirements/peers.txt
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(NODE_PEERS)/.ready: benchmarks/peers/agenda/package-lock.json
	@mkdir -p $(@D) && cp benchmarks/peers/agenda/package*.json $(@D)/
	@if ! command -v npm >/dev/null; then echo "No npm: agenda is not measured."; \
	else cd $(@D) && npm ci --silent --no-audit --no-fund && touch .ready; fi

##@ Help
.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z][a-z0-9 -]*:.*## / {printf "  %-42s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
