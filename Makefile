# The commands of this project; `make help` lists them.
.PHONY: help setup run test check soak bench lock messages format
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
LANGUAGES := es so hmn
SOURCES := accounts config docker funding intake manage.py notifications privacy providers referrals tests web

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

setup: ## install everything into .venv, build the assets
	@bin/setup

run: setup ## the whole thing with demo data on http://127.0.0.1:8000/ (PORT=… for another port)
	@exec $(PYTHON) -m config.serve

test: setup ## every test, on real servers that the tests start and stop themselves
	@# In the order of their names: by number of tests, the longest files, which have few, would come last and run alone.
	$(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
	LEG=sqlite $(PYTHON) -m pytest tests/sqlite

soak: setup ## the same tests at the full counts of tests/scale.toml
	SOAK=1 $(PYTHON) -m pytest -o faulthandler_timeout=7200

bench: setup ## the ratio that docs/performance.md reports
	LEG=bench $(PYTHON) -m pytest tests/bench -s

check: setup ## format, lint, types, layers, templates, migrations, deployment, diagram, published list, lock
	.venv/bin/ruff format --check $(SOURCES)
	.venv/bin/ruff check $(SOURCES)
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint --quiet --lint accounts funding intake notifications privacy providers referrals web
	$(PYTHON) manage.py makemigrations --check --dry-run
	bin/check-deploy
	$(PYTHON) manage.py state_diagram --check
	$(PYTHON) manage.py what_we_could_hand_over --check
	@! grep -nE 'https?://|file:|index-url' requirements.txt requirements-dev.txt || \
		{ echo 'A lock file must not hold an address: run make lock.' >&2; exit 1; }

format: setup ## let ruff write the code's form
	.venv/bin/ruff format $(SOURCES)
	.venv/bin/ruff check --fix $(SOURCES)

lock: ## pin the newest versions that pyproject.toml allows, by hash (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
		--custom-compile-command 'make lock' --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements-dev.txt

messages: setup ## collect new texts into locale/ (needs GNU gettext)
	@command -v xgettext >/dev/null || { echo 'Install GNU gettext (Debian: apt-get install gettext).' >&2; exit 1; }
	$(PYTHON) manage.py makemessages --no-location --ignore node_modules --ignore .venv $(addprefix --locale ,$(LANGUAGES))
