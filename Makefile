# Every target does the set-up it needs by itself; done once, that takes about a second.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3.11
export TIDEMARK_TOOLS ?= .tools
BIN := .venv/bin
STAMPS := .venv/stamps
JAR := tidemark/jars/tidemark-jvm.jar
JVM := $(shell find jvm/pom.xml jvm/src/main -type f 2>/dev/null)

.PHONY: help setup up down status demo test bench check format lock clean preflight tools promtool hook

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: preflight ## install everything into this folder: .venv, .tools, the jar (2 to 4 minutes the first time)
	@$(MAKE) --silent -j2 $(JAR) tools hook

up: setup ## start Kafka, Redis and a Flink cluster on this machine
	@$(BIN)/tidemark up

down: ## stop the jobs with a savepoint, then what `make up` started
	@if [ -x $(BIN)/tidemark ]; then $(BIN)/tidemark down; fi

status: setup ## show what runs, where, and its memory
	@$(BIN)/tidemark status

demo: setup ## watch real shoppers' preferences appear: stack, topics, replay, live view
	@$(BIN)/tidemark demo

test: check ## `make check`, then the tests on the real stack
	@echo "Tests on the real stack (several minutes) …"
	@$(BIN)/pytest -q -m flink

bench: setup ## speed beside the peers, into docs/benchmarks.md (an hour); JOB=… for one job, BENCH=… for options
	@$(BIN)/python -m benchmarks.run --job $(or $(JOB),visitor_preferences) $(BENCH)

check: setup promtool ## format, lint, types, architecture, maths and state tests: a minute
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/pytest -q -m "not flink"

format: setup ## format the code, mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## pin all Python packages anew: requirements.in -> requirements.lock
	@$(PYTHON) -m venv .tools/uv && .tools/uv/bin/pip install --quiet --disable-pip-version-check uv
	@.tools/uv/bin/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header \
	  requirements.in -o requirements.lock

clean: down ## remove everything that make and the stack have made here, data included
	@rm -rf .run .tools .venv build dist jvm/target tidemark/jars *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

preflight:
	@PYTHON=$(PYTHON) scripts/preflight

tools: $(STAMPS)/project
	@$(BIN)/python -m tidemark.stack.tools "$(TIDEMARK_TOOLS)"

promtool: # what the tests of the alert rules need besides
	@scripts/prometheus "$(TIDEMARK_TOOLS)/prometheus"

# Only in a clone of its own, and never over hooks that somebody has set.
hook:
	@if [ -e .git ] && [ -z "$$(git config core.hooksPath || true)" ]; then git config core.hooksPath scripts || true; fi

$(STAMPS)/requirements: requirements.lock
	@echo "Installing Python packages into .venv (350 MB, a minute or two) …"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/project: $(STAMPS)/requirements pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(JAR): $(JVM)
	@echo "Building $(JAR) with Maven …"
	@said=$$(mvn -q -B -ntp -f jvm/pom.xml package 2>&1) || { echo "$$said"; exit 1; }
	@touch $@
