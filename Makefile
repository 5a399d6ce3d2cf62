# make demo and make test each do their own set-up, in .venv, on a machine with Python 3.11 or
# later, make and git. PYTHON=python3.12 make demo takes another interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SHELL := /bin/bash

.PHONY: help demo test enumerate lint lock bench clean

help:
	@echo "make demo   run the bundled study and write casewise-demo/report.html"
	@echo "make test   run every test"
	@echo "make enumerate  exactness over every table of every two arms up to 12, in 20 minutes"
	@echo "make lint   ruff, mypy, import-linter"
	@echo "make bench  time it against the same work by hand"
	@echo "make lock   renew the pinned versions"
	@echo "make clean  remove what make made"

demo: $(VENV)/run.done
	$(BIN)/casewise demo

test: $(VENV)/dev.done
	$(BIN)/python -m pytest -n auto --dist loadgroup

enumerate: $(VENV)/dev.done
	CASEWISE_ARMS_UP_TO=12 $(BIN)/python -m pytest -n auto \
		tests/property/test_two_proportions_enumerated.py

lint: $(VENV)/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.done
	$(BIN)/python benchmarks/run.py

$(VENV)/made:
	@tools/make-venv "$(PYTHON)" $(VENV)
	@touch $@

# The build tool is pinned too, so nothing but the lock decides what is installed.
$(VENV)/run.done: $(VENV)/made requirements.lock pyproject.toml
	@echo "Installing what Casewise needs ..."
	$(PIP) install --no-deps -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.done: $(VENV)/made requirements-dev.lock pyproject.toml
	@echo "Installing what Casewise and its tests need ..."
	$(PIP) install --no-deps -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.done

BUILD := hatchling editables

lock:
	rm -rf $(VENV)-lock
	tools/make-venv "$(PYTHON)" $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet $(BUILD) -e .
	tools/freeze $(VENV)-lock/bin/python > requirements.lock
	$(VENV)-lock/bin/python -m pip install --quiet -e ".[dev]"
	tools/freeze $(VENV)-lock/bin/python > requirements-dev.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) casewise-demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
