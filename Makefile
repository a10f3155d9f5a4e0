# 勤e家. `make` alone lists what can be made. PORT, DATA_DIR and MONGODB_URI are honoured throughout.

PYTHON := .venv/bin/python
SOURCES := server handlers models scripts tests
SHARED := --numprocesses 3 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint format bench demo-reset backup restore venv client browser fuzzer pictures

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' \
		| while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: venv ## start everything: database, simulator, demo data, server (PORT=8000 DATA_DIR=.data)
	@$(PYTHON) -m scripts.run

test: venv fuzzer browser client ## the whole suite, browser tests included
	@$(PYTHON) -m scripts.client mp-weixin
	@$(PYTHON) -m pytest -m "not bench" $(SHARED) --durations=10

test-fast: venv ## rules and HTTP only
	@$(PYTHON) -m pytest -m "not bench and not browser and not slow" $(SHARED)

lint: venv ## style, types and the direction of imports
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy $(SOURCES)
	@$(PYTHON) -m pytest tests/test_layers.py

format: venv ## rewrite the sources in the one style
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

bench: venv ## measure speed, as JSON lines
	@$(PYTHON) -m scripts.bench

pictures: venv browser ## draw the pictures of the README anew
	@$(PYTHON) -m scripts.pictures

demo-reset: venv ## throw the demo's data away; the next run starts afresh
	@$(PYTHON) -m scripts.demo --reset

backup: venv ## write the database to a folder (TO=.data/backups/<time>)
	@$(PYTHON) -m scripts.backup

restore: venv ## read a backup into an empty database: make restore FROM=<folder> [FORCE=1]
	@$(PYTHON) -m scripts.restore

venv:
	@sh scripts/venv.sh .venv requirements-dev.txt

fuzzer:
	@sh scripts/venv.sh .venv-fuzz requirements-fuzz.txt

browser:
	@sh scripts/browser.sh

client: venv ## build the phone client for the web
	@$(PYTHON) -m scripts.client h5
