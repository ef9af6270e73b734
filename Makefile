# Every target does its own set-up in .venv and needs nothing but Python 3.11, 3.12 or 3.13.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Test processes side by side; 0 runs everything in one.
JOBS   ?= 2

# Versions and hashes of all packages; LOCKED= installs the newest that pyproject.toml allows instead.
LOCKED ?= yes

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help demo test survive quick slow fuzz course browser lint format docs accessibility wheel lock newest clean

help:
	@echo "make demo    train every family of models on its data set and write report.html"
	@echo "make test    run the tests"
	@echo "make survive compare runs that are killed, and runs on several devices and processes, with one left alone on one device"
	@echo "make quick   compute the suite quick and show its leaderboard"
	@echo "make slow    run the tests that take long, too"
	@echo "make fuzz    read a thousand damaged files of every format (MUTANTS=1000 SEED=0)"
	@echo "make course  run every lesson of the course, keep the notebooks in build/course and check their numbers"
	@echo "make browser run the tests of pages in headless Chromium; they are skipped where there is none"
	@echo "make lint    check style, types, spelling and the direction of imports"
	@echo "make format  repair style where it can be repaired"
	@echo "make docs    build the site into site/, check its pages and run their code"
	@echo "make accessibility  check the site in Chromium with axe-core (needs chromium and npm)"
	@echo "make wheel   build the wheel and its list of parts (SBOM) into dist/, install it alone elsewhere and run it"
	@echo "make lock    write requirements/*.lock from pyproject.toml (UPGRADE=--upgrade for newer versions)"
	@echo "make newest  run the tests with the newest version of every package (TESTS=tests/metrics for some)"
	@echo "make clean   remove the environment and everything built"

demo: $(VENV)/installed
	$(BIN)/deepbio demo

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

survive: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "slow and multiworker" tests/training tests/cli tests/devices tests/inference tests/benchmark/test_run.py

quick: $(VENV)/installed
	$(BIN)/deepbio benchmark quick
	$(BIN)/deepbio leaderboard quick

slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "not gpu and not peers and not browser and not course"

fuzz: $(VENV)/installed-dev
	$(BIN)/python -m tests.fuzz.run --mutants $(or $(MUTANTS),1000) --seed $(or $(SEED),0)

course: $(VENV)/installed-dev
	$(BIN)/python -m deepbio.course.export build/course --execute
	DEEPBIO_COURSE=build/course $(BIN)/python -m pytest -m course tests/course

browser: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m browser

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/codespell

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed-dev
	$(BIN)/python docs/_site/build.py -W --keep-going
	$(BIN)/python -m pytest -q tests/site
	$(BIN)/python -m pytest -q -n $(JOBS) -m slow tests/test_documents.py

accessibility: docs
	npm install --silent --no-audit --no-fund --prefix build/axe axe-core@4
	DEEPBIO_AXE=build/axe/node_modules/axe-core/axe.min.js $(BIN)/python -m pytest -m browser tests/site

wheel: $(VENV)/installed-dev
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type library --output-reproducible \
	  --output-file dist/deepbio_zoo.cdx.json requirements/run.lock
	$(BIN)/python -m pytest -m slow tests/test_wheel.py

# One lock for Linux, macOS and Windows and for each Python that deepbio supports. What is locked stays unless it must change.
COMPILE = pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet --custom-compile-command "make lock"

lock: | $(VENV)/bin/python
	$(PIP) "uv>=0.9,<1"
	$(BIN)/uv $(COMPILE) $(UPGRADE) --extra build --output-file requirements/run.lock
	$(BIN)/uv $(COMPILE) $(UPGRADE) --extra dev --output-file requirements/dev.lock

newest:
	PYTHON=$(PYTHON) JOBS=$(JOBS) .ci/newest $(TESTS)

clean:
	rm -rf $(VENV) $(VENV)-newest dist site build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
	  echo "deepbio needs Python 3.11, 3.12 or 3.13 (TensorFlow 2.21 has no build for others);" \
	    "'$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
	  echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps are older than what decides the packages when it has changed: then pip runs again.
ifeq ($(LOCKED),)
INSTALL_RUN := $(PIP) --editable .
INSTALL_DEV := $(PIP) --editable '.[dev]'
else
# pip cannot hash a folder, so deepbio itself is installed after its packages and without them.
INSTALL_RUN := $(PIP) --require-hashes -r requirements/run.lock && $(PIP) --no-deps --no-build-isolation --editable .
INSTALL_DEV := $(PIP) --require-hashes -r requirements/dev.lock && $(PIP) --no-deps --no-build-isolation --editable .
endif

$(VENV)/installed: pyproject.toml requirements/run.lock | $(VENV)/bin/python
	$(INSTALL_RUN)
	@touch $@

$(VENV)/installed-dev: pyproject.toml requirements/dev.lock | $(VENV)/bin/python
	$(INSTALL_DEV)
	@touch $@ $(VENV)/installed
