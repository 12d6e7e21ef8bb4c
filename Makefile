# The verbs of this project. `make` alone lists them. Nothing needs an active virtual environment.
.DEFAULT_GOAL := help

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP_INSTALL := $(PYTHON) -m pip install --quiet --no-input --disable-pip-version-check

# What a shell may carry that leads Python or pip somewhere else than to .venv, or away from the locks.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONWARNINGS PYTHONOPTIMIZE VIRTUAL_ENV CONDA_PREFIX
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_REQUIRE_VIRTUALENV PIP_DRY_RUN PIP_EDITABLE PIP_REQUIREMENT
unexport PIP_CONSTRAINT PIP_NO_DEPS PIP_IGNORE_INSTALLED PIP_NO_BINARY

.PHONY: help run serve setup test check browser thirty-days bench bench-peers bench-growth chaos lock wheel clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | sort | awk -F '\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## Set up and start with a made-up organisation, to look around
	$(PYTHON) -m inspect_api.cli demo

serve: setup ## Set up and start the service with the settings of the environment
	$(PYTHON) -m inspect_api.cli serve --migrate

setup: $(VENV)/.runtime ## Set up .venv with what the service needs

test: check browser ## Everything that must hold: check, then the whole test suite
	$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: $(VENV)/.development ## Lint, format, types (of the tablet app too), and the direction of imports
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	@.ci/types $(PYTHON)
	$(VENV)/bin/lint-imports

browser: ## Chromium and Chinese fonts for the browser tests (a Debian system, as root, else a hint)
	@.ci/browser

chaos: $(VENV)/.development ## Break everything at once and compare: SEED=1 RUNS=10 DATABASE=sqlite|postgresql
	$(PYTHON) -m tests.chaos

thirty-days: $(VENV)/.development browser ## A month offline in one browser: 500 inspections, 2,000 photos, then all sent
	THIRTY_DAYS=whole $(PYTHON) -m pytest tests/browser/test_thirty_days.py tests/browser/test_whole_story.py tests/browser/test_killed_server.py -rA

bench: $(VENV)/.development bench-peers ## Measure, also beside public peers, and print the tables
	$(PYTHON) benchmarks/run.py

bench-peers: $(VENV)/.development ## Ours beside pouchdb-server and Kinto, in one run; WRITE=--write: into docs/benchmarks.md
	$(PYTHON) benchmarks/peers/run.py $(WRITE)

bench-growth: $(VENV)/.development ## What a million stored inspections cost (5 minutes); WRITE=--write as well
	$(PYTHON) benchmarks/growth.py $(WRITE)

wheel: $(VENV)/.development ## Build the installable package into dist/
	$(PYTHON) -m hatchling build -t wheel

lock: $(VENV)/.development ## Pin every dependency with its hash; the files hold no address
	$(UV_LOCK) pyproject.toml --group dev -o requirements-dev.lock
	$(UV_LOCK) pyproject.toml -c requirements-dev.lock -o requirements.lock
	printf 'editables\nhatchling\n' | $(UV_LOCK) - -c requirements-dev.lock -o requirements-build.lock
UV_LOCK = $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

clean: ## Remove what can be made again; var/ with the data stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A stamp is written when a step is done, so that the second run has nothing to do and a broken-off one starts again.
$(VENV)/.runtime: requirements.lock requirements-build.lock pyproject.toml .ci/venv
	@.ci/venv $(VENV)
	$(PIP_INSTALL) --require-hashes -r requirements-build.lock
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
