# `make` alone lists what there is. Every target works in a fresh clone.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
export VENV ?= $(CURDIR)/.venv
BIN := $(VENV)/bin

.PHONY: help run test check bench elasticsearch postgres screenshots messages lock format clean install install-dev

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: install ## Start portal, staff admin and job worker with invented data (PORT=8000)
	@$(BIN)/python tools/serve.py

test: install-dev ## Run all tests; what this machine lacks is skipped with a reason
	@$(BIN)/python tools/run_tests.py $(ARGS)

check: install-dev ## Format, lint, types, import contracts, migrations, settings, translations
	@$(BIN)/python tools/run_checks.py

bench: install-dev ## Print what the product does per second, beside the stock packages
	@$(BIN)/python tools/run_benchmarks.py

elasticsearch: install ## Start a real Elasticsearch node on loopback
	@$(BIN)/python tools/elasticsearch_node.py run

postgres: install ## Start a throwaway PostgreSQL server on loopback
	@$(BIN)/python tools/postgres_server.py run

screenshots: install-dev ## Make the pictures of the README anew
	@$(BIN)/python tools/screenshots.py

messages: install-dev ## Bring the catalogue up to the sources (needs gettext)
	@$(BIN)/python tools/check_messages.py --update

format: install-dev ## Write Python and templates in the house's form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: install-dev ## Write the lock files anew from pyproject.toml
	@$(BIN)/python tools/lock.py

clean: ## Forget the demonstration: database, keys, uploads, caches
	rm -rf var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

install:
	@$(PYTHON) tools/environment.py requirements.lock
	@$(BIN)/python tools/compile_messages.py 2>/dev/null

install-dev:
	@$(PYTHON) tools/environment.py requirements-dev.lock
	@$(BIN)/python tools/compile_messages.py 2>/dev/null
