# Every target does its own set-up in .venv and needs nothing but Python 3.11, 3.12 or 3.13.
# Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Test processes side by side; 0 runs everything in one.
JOBS   ?= 2

export TF_CPP_MIN_LOG_LEVEL ?= 3
# Material for MkDocs advertises its successor at every build otherwise.
export NO_MKDOCS_2_WARNING := 1

.PHONY: help demo test survive quick slow fuzz lint format docs wheel clean

help:
	@echo "make demo    train every family of models on its data set and write report.html"
	@echo "make test    run the tests"
	@echo "make survive kill a run twenty times and compare it with one that was left alone"
	@echo "make quick   compute the suite quick and show its leaderboard"
	@echo "make slow    run the tests that take long, too"
	@echo "make fuzz    read a thousand damaged files of every format (MUTANTS=1000 SEED=0)"
	@echo "make lint    check style, types and the direction of imports"
	@echo "make format  repair style where it can be repaired"
	@echo "make docs    build the site into site/"
	@echo "make wheel   build the wheel into dist/, install it alone elsewhere and run it"
	@echo "make clean   remove the environment and everything built"

demo: $(VENV)/installed
	$(BIN)/deepbio demo

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

survive: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(JOBS) -m "slow and multiworker" tests/training

quick: $(VENV)/installed
	$(BIN)/deepbio benchmark quick
	$(BIN)/deepbio leaderboard quick

slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m "not gpu and not peers and not browser"

fuzz: $(VENV)/installed-dev
	$(BIN)/python -m tests.fuzz.run --mutants $(or $(MUTANTS),1000) --seed $(or $(SEED),0)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/installed-dev
	$(BIN)/mkdocs build --strict --quiet

wheel: $(VENV)/installed-dev
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m pytest -m slow tests/test_wheel.py

clean:
	rm -rf $(VENV) dist site build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
	  echo "deepbio needs Python 3.11, 3.12 or 3.13 (TensorFlow 2.21 has no build for others);" \
	    "'$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)." >&2; \
	  echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps are older than pyproject.toml when it has changed: then pip runs again.
$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/installed
