# make demo · make test · make check · make bench · make fuzz SEEDS=n · make pictures
# All of them set up what they need in .venv first. Debian packages: see .ci/packages.

# A system's own Python is built with a profile and runs a third faster than one built without, which often stands
# before it in the path. What is not whole (ensurepip: python3-venv) or too new for the lock is passed over.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	2>/dev/null && echo /usr/bin/python3 || echo python3)
VENV := .venv
UI_TOOLS := ui/node_modules/.mamarr-lock
BIN := $(VENV)/bin
SEEDS ?= 2000
FIRST ?= 0
TIMES ?= 5
KILLS ?= 20
BENCHMARKS ?= replay volumes memory tactical routes
JOBS ?= 5  # pages and nodes wait as often as they work

# The page is built beside what Python needs: on two cores that is a third of a minute less to wait.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=2
endif

# Every process that the tests start would else compile our sources anew.
unexport PYTHONDONTWRITEBYTECODE

# Whole folders of properties, the requests of schemathesis among them.
PROPERTIES := tests/airspace tests/conflicts tests/engine tests/flights tests/geometry tests/interop tests/link \
	tests/oracle tests/record tests/surveillance tests/web tests/node/test_race.py

.PHONY: demo test types every-test check properties fuzz bench peers suite pictures setup system clean

demo: $(VENV)/ready
	@$(BIN)/mamarr demo $(ARGS)

# Types are looked at beside the tests: that takes one core half a minute, and the other would wait.
test: $(VENV)/ready system
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(BIN)/python -m mamarr.node.warming
	@$(MAKE) --no-print-directory types every-test

types: $(UI_TOOLS)
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd ui && npm run check

every-test: $(VENV)/read
	$(BIN)/pytest -n $(JOBS) --durations 10

# The first time, one process compiles the tests, beside the look at the types; else each worker compiles all of them.
# What is wrong in a test is said by the run after it.
$(VENV)/read: $(VENV)/ready
	@$(BIN)/pytest --collect-only -qq >/dev/null && touch $@ || true

check: $(VENV)/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) -m "not slow and not browser and not peer"

bench: $(VENV)/ready
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

# Every property on so many times the examples of make test.
properties: $(VENV)/ready
	MAMARR_EXAMPLES_TIMES=$(TIMES) $(BIN)/pytest -n $(JOBS) $(PROPERTIES)

fuzz: $(VENV)/ready
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --seeds $(SEEDS)
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --linked --seeds $$(( $(SEEDS) / 4 ))
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --shared --seeds $$(( $(SEEDS) / 20 ))
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --restored --seeds $$(( $(SEEDS) / 40 ))
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --voiced --seeds $$(( $(SEEDS) / 40 ))
	$(BIN)/python -m mamarr.simulation --first $(FIRST) --suspended --seeds $$(( $(SEEDS) / 40 ))
	MAMARR_SKIES=300 $(BIN)/pytest -n $(JOBS) tests/conflicts/test_tactical_exactly.py
	MAMARR_KILLS=$(KILLS) $(BIN)/pytest -n $(JOBS) tests/node -k killed_while_filing

# The tests beside other people's programs, which are half a gigabyte and slow to begin.
peers: $(VENV)/peers
	PYTHONPATH=$(VENV)/beside $(BIN)/pytest -m peer

$(VENV)/peers: requirements-peers.lock $(VENV)/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade --target $(VENV)/beside -r requirements-peers.lock
	@touch $@

# The public conformance suite of a DSS and a USS, from a checkout of interuss/monitoring that you have; HPY: its Python.
HPY ?= python3.13
suite: $(VENV)/ready
	@test -d "$(MONITORING)/monitoring/uss_qualifier" || { echo "make suite MONITORING=<checkout of interuss/monitoring> HPY=<its Python>"; exit 2; }
	$(BIN)/python -m tests.suite "$(MONITORING)" "$(HPY)"

# README's picture and recording, and those of docs/drones.md and docs/uss.md, made by tests in a browser.
pictures: $(VENV)/peers system
	MAMARR_PICTURES=docs $(BIN)/pytest -s tests/browser/test_story.py tests/browser/test_drones.py
	MAMARR_PICTURES=docs $(BIN)/pytest tests/browser/test_uss_page.py -k drawn
	MAMARR_PICTURES=docs $(BIN)/python -m benchmarks.routes picture
	MAMARR_PICTURES=docs $(BIN)/python -m benchmarks.tactical
	$(BIN)/python examples/swiss_day.py docs/swiss-day.svg

# Also what a node does not need, so that nobody waits for it later.
setup: $(VENV)/ready
	@$(BIN)/python -m mamarr.node.warming

# The stamp is newer than the lock, the project file and every source of the page; else all of it is made again.
# What Python compiles beside the phrases when it first runs is none of them.
UI_SOURCES := $(shell find ui/src ui/public src/mamarr/phrases -type f -not -path '*/__pycache__/*' 2>/dev/null) \
	ui/index.html ui/uss.html ui/package.json ui/package-lock.json ui/vite.config.ts ui/tsconfig.json

$(VENV)/ready: $(VENV)/compiled src/mamarr/web/built/index.html
	@touch $@

$(VENV)/compiled: $(VENV)/installed
	@echo "compiling for this machine"; $(BIN)/python -m mamarr.node.warming node
	@touch $@

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mamarr needs Python 3.11 or later")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	MAMARR_SKIP_UI_BUILD=1 $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What the page is built and looked at with; also for who threw it away.
$(UI_TOOLS): ui/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later (Debian: apt-get install nodejs npm)"; exit 1; }
	cd ui && { cmp -s package-lock.json node_modules/.mamarr-lock || npm ci --ignore-scripts --no-audit --no-fund; }
	@cp ui/package-lock.json $@

src/mamarr/web/built/index.html: $(UI_SOURCES) | $(UI_TOOLS)
	cd ui && npm run build
	@touch $@

# As root, what the tests need of Debian is installed; else the command is shown.
system:
	@sh .ci/packages

clean:
	rm -rf $(VENV) ui/node_modules src/mamarr/web/built
