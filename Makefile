# Every target makes what it needs. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
# template.yaml's defaults; tests/project holds them to it.
RUNTIME ?= python3.13
ARCH ?= arm64
STAGE ?= dev

export SAM_CLI_TELEMETRY := 0
PY := .venv/bin/python
SAM := .venv-sam/bin/python -m samcli

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: environments ## start everything on this machine and print the addresses
	@$(PY) -m local up

.PHONY: demo
demo: environments ## run the main job end to end on the local stack
	@$(PY) -m local demo

.PHONY: test
test: .venv/.made .venv-emulator/.made ## run the tests (TESTS=tests/unit for a part)
	@mkdir -p .local
	@status=0; $(PY) -m pytest -n 2 -m "not browser" $(TESTS) | tee .local/test-output.txt || status=$$?; \
	tail -n 1 .local/test-output.txt > .local/test-summary.txt; exit $$status

.PHONY: test-browser
test-browser: .venv/.made ## drive the admin's pages with Chromium; screenshots go to .local/screenshots
	@command -v chromium > /dev/null || apt-get install --yes --quiet --no-install-recommends chromium > /dev/null 2>&1 || true
	@if command -v chromium > /dev/null; then $(PY) -m pytest -n 0 -m browser tests/browser; \
	else echo "test-browser skipped: there is no chromium and it cannot be installed here" >&2; [ -z "$$CI" ]; fi

.PHONY: check
check: lint types imports template artifacts secure ## all that can be checked without running it

.PHONY: lint
lint: .venv/.made
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

.PHONY: types
types: .venv/.made
	$(PY) -m mypy

.PHONY: imports
imports: .venv/.made
	PYTHONPATH=layers/code .venv/bin/lint-imports

.PHONY: template
template: .venv/.made .venv-sam/.made
	env -u AWS_CA_BUNDLE AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	@mkdir -p .local
	.venv-sam/bin/python -m local.stack.translate template.yaml > .local/translated.json
	@# W3037: SAM's own SQSPollerPolicy still names the batch actions that IAM has dropped. W2001: SAM itself reads
	@# CanaryDeployment; tests/project holds that every parameter is used.
	.venv/bin/cfn-lint --ignore-checks W3037 W2001 -- .local/translated.json

.PHONY: artifacts
artifacts: .venv/.made .venv-sam/.made
	@runtime=$(RUNTIME); \
	if ! $(PY) -m local.interpreters $$runtime > /dev/null; then \
		runtime=$$($(PY) -c 'from local.interpreters import this_runtime; print(this_runtime())'); \
		echo "artifacts: built for $$runtime instead" >&2; \
	fi; \
	for architecture in x86_64 arm64; do \
		$(PY) -m local.stack build $$runtime $$architecture; \
		$(PY) -m local.stack.artifact .local/build/$$runtime-$$architecture/build $$runtime $$architecture; \
	done

.PHONY: secure
secure: .venv/.made .venv-sam/.made .venv-security/.made ## look for insecure code, settings, secrets, packages, licences
	@mkdir -p .local
	@.venv-sam/bin/python -m local.stack.translate template.yaml > .local/translated.json
	@$(PY) -m local.security .local/translated.json

.PHONY: smoke
smoke: environments .venv-rie/.made ## run every function as built, under Lambda's runtime emulator, with nothing lent to it
	@PYTHONPATH=layers/code $(PY) -m local.smoke

.PHONY: lock
lock: .venv-security/.made ## pin every package of the layer with its hashes, after a change of its requirements.txt
	@.venv-security/bin/python -m local.security.lock

.PHONY: build
build: .venv/.made .venv-sam/.made ## build for AWS (ARCH=x86_64, RUNTIME=python3.12)
	@$(PY) -m local.stack build $(RUNTIME) $(ARCH) .aws-sam
	@$(PY) -m local.stack.artifact .aws-sam/build $(RUNTIME) $(ARCH)

# What was said on the command line; SAM lets it replace all parameters that samconfig.toml holds.
given = $(if $(filter command,$(origin $(1))),$(2)=$($(1)))
OVERRIDES = $(strip $(call given,RUNTIME,PythonRuntime) $(call given,ARCH,Architecture))

.PHONY: deploy
deploy: build ## deploy to AWS, guided (STAGE=dev, stage or prod, as in samconfig.toml)
	$(SAM) deploy --guided --config-env $(STAGE) \
		$(if $(OVERRIDES),--parameter-overrides Stage=$(STAGE) $(OVERRIDES))

.PHONY: integration
integration: .venv/.made ## start a new integration (NAME=acme)
	@test -n "$(NAME)" || { echo "say which: make integration NAME=acme" >&2; exit 2; }
	@$(PY) -m local integration $(NAME)

.PHONY: vectors
vectors: .venv/.made ## run signature vectors through the door (FILE=tests/vectors/schemes.json)
	@PYTHONPATH=layers/code $(PY) -m local.vectors $(or $(FILE),tests/vectors/schemes.json)

.PHONY: docs
docs: .venv/.made ## write the pages of docs/ that are made from the code
	@$(PY) -m local.docs

.PHONY: bench
bench: .venv/.made .venv-sam/.made .venv-emulator/.made ## measure every suite; results go to bench/results.json (SHORT=1)
	@$(PY) -m bench

.PHONY: bench-door
bench-door: .venv/.made .venv-sam/.made ## measure the door beside bare botocore
	@$(PY) -m bench door

.PHONY: bench-client
bench-client: .venv/.made ## measure the HTTP client beside bare requests, and ten jobs at once
	@$(PY) -m bench client

.PHONY: bench-log
bench-log: .venv/.made .venv-emulator/.made ## measure what the request log reads and writes
	@$(PY) -m bench log

.PHONY: bench-jobs
bench-jobs: .venv/.made ## count what a delivered event costs in units, and claims behind a limit
	@$(PY) -m bench jobs

.PHONY: bench-bitrix
bench-bitrix: .venv/.made ## measure lists and writes of a portal beside a floor, fast_bitrix24 and b24pysdk
	@$(PY) -m bench bitrix

.PHONY: bench-cml
bench-cml: .venv/.made ## read a large catalogue beside bare lxml and other importers
	@$(PY) -m bench cml

.PHONY: bench-onec
bench-onec: .venv/.made .venv-sam/.made .venv-emulator/.made ## a catalogue from 1C over the local stack, with kills and under a limit (SHORT=1)
	@$(PY) -m bench onec

.PHONY: bench-sync
bench-sync: .venv/.made ## measure runs that find little to do, and match two filled bases (SHORT=1)
	@$(PY) -m bench sync

.PHONY: bench-admin
bench-admin: .venv/.made ## measure how long a page of the admin takes, and what it weighs (SHORT=1)
	@$(PY) -m bench admin

.PHONY: cost
cost: .venv/.made ## reckon dollars per million events beside the textbook variant
	@$(PY) -m bench.cost

.PHONY: chaos
chaos: .venv/.made $(if $(filter 3 all,$(TIER)),.venv-sam/.made .venv-emulator/.made) ## kill, throttle and cut off the worker, and look what it promised (EVENTS, SEEDS, TIER=1|2|3|sync|all)
	@EVENTS=$(EVENTS) SEEDS=$(SEEDS) TIER=$(TIER) $(PY) -m local.chaos

.PHONY: nightly
nightly: .venv/.made .venv-sam/.made .venv-emulator/.made ## chaos with a million events over 200 seeds, a million edits of two sides and longer outages, 100,000 goods from 1C (GOODS)
	@EVENTS=1000000 SEEDS=1-200 OUTAGES=nightly TIER=1 $(PY) -m local.chaos
	@EVENTS=1000000 SEEDS=1-20 TIER=sync $(PY) -m local.chaos
	@$(PY) -m bench onec-night

.PHONY: clean
clean: ## stop the local stacks and forget their state, all builds and caches
	@if [ -d .local ] && [ -x $(PY) ]; then $(PY) -m local.stack down-all; fi
	rm -rf .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: distclean
distclean: clean ## the same, and the environments
	rm -rf .venv .venv-sam .venv-emulator .venv-security .venv-rie

# ── environments ──────────────────────────────────────────────────────────────────────────────────
# Several, because aws-sam-cli and checkov pin boto3 and others, the emulator lends its packages to the functions,
# and the runtime's must lend none.

.PHONY: environments
environments: .venv/.made .venv-sam/.made .venv-emulator/.made ## make the Python environments that running needs

.venv/.made: requirements.txt requirements-dev.txt layers/dependencies/requirements.txt
.venv-sam/.made: requirements-sam.txt
.venv-emulator/.made: requirements-emulator.txt
.venv-security/.made: requirements-security.txt
.venv-rie/.made: requirements-rie.txt

.venv/.made .venv-sam/.made .venv-emulator/.made .venv-security/.made .venv-rie/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed, and $(PYTHON) is older: make PYTHON=python3.12 ...")'
	@echo "making $(@D) from $<" >&2
	@$(PYTHON) -m venv $(@D) || { rm -rf $(@D); \
		echo "$(PYTHON) cannot make an environment: install its venv and pip (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --requirement $<
	@touch $@
