# `make demo` sets everything up and does the main job on virtual Pis; `make test` sets everything up and runs the tests.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: help setup setup-parts packages docs test-docs demo test pytest compiled-tests other-processors test-long test-camera test-devices test-emulated test-setup unit bench bench-detect bench-agent bench-provision bench-trust bench-scale lint format generate collection wheel pin clean

VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
# The literal commands of the README (ansible-playbook, invoke) are found in the virtual environment first.
export PATH := $(BIN):$(PATH)
# Also after `sudo make`, everything here belongs to the owner of this checkout.
OWNER := setup/owner.sh
# What tests and demo leave as root goes to a folder of root's.
ifeq ($(shell [ "$$(id -u)" -eq 0 ] && [ "$$(stat -c %u .)" -ne 0 ] && echo foreign),foreign)
export PYTHONPYCACHEPREFIX := /var/cache/pilab/bytecode
export PYTEST_ADDOPTS := $(PYTEST_ADDOPTS) -o cache_dir=/var/cache/pilab/pytest
endif

help:
	@echo 'make demo    sets up, boots three virtual Pis, provisions and benches them, writes the report'
	@echo 'make test    sets up, checks the code and runs the tests'
	@echo 'make test-long  runs what make test has one of each kind of, in full (root)'
	@echo 'make test-camera  runs the agent on real libcamera and picamera2, over a simulated sensor (root)'
	@echo 'make test-emulated  runs the playbook, the agent and the bench on emulated Pis, in half an hour (root)'
	@echo 'make test-devices  runs the agent on the kernel'"'"'s simulated cameras and pins, with the programs of each release (root)'
	@echo 'make test-setup  sets Pilab up from nothing on Debian 12 and 13, and types its first commands (root)'
	@echo 'make unit    runs the quick tests, which need no root, in a minute or two'
	@echo 'make bench   all of these:'
	@echo 'make bench-detect  measures the circle detectors side by side'
	@echo 'make bench-agent   measures the circle loop beside the course'"'"'s, its cost and its recovery'
	@echo 'make bench-provision  measures provisioning beside plain Ansible and pyinfra (root)'
	@echo 'make bench-trust   measures the timings beside hyperfine and pyperf, and what a bench adds and loses (root)'
	@echo 'make bench-scale  measures sharing and asking over a simulated district, in an hour'
	@echo 'make docs    builds the guide in English and Korean into build/docs'
	@echo 'make test-docs  builds it and looks at it in a browser'
	@echo 'make lint    runs every checker'
	@echo 'make format  formats the Python code'
	@echo 'make generate  writes what follows from the code: settings for Ansible, the table of commands'
	@echo 'make collection  packs the Ansible collection pilab.classroom into build/'
	@echo 'make wheel   builds what pip installs, into build/'
	@echo 'make pin     freezes each requirements.in to a requirements.txt with hashes'
	@echo 'make clean   removes what was built here (results stay)'

# Packages are unpacked while the virtual environment is filled.
setup:
	@setup/packages.sh 'the set-up' python3-venv gcc libc6-dev openssh-client openssh-server
	@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=2) setup-parts
	@$(OWNER) $(MAKE) --no-print-directory --silent -C native

setup-parts: packages $(VENV)/.complete
	@:

packages:
	@setup/packages.sh 'virtual Pis' systemd-container mmdebstrap nftables iproute2 debian-archive-keyring
	@setup/packages.sh 'cards and images of cards' mtools fdisk fusefat openssl
	@setup/packages.sh 'the look at a report' chromium fonts-nanum

$(VENV)/.complete: requirements.txt setup/pin/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh $(VENV) $<
	@$(OWNER) touch $@

demo: setup
	@virtual/demo.sh

# Virtual Pis mostly wait, so that six processes fit on two processors, and the checkers beside them.
test: setup
	@$(MAKE) --no-print-directory --jobs=4 pytest lint

TESTED := tests/rehearsal tests/unit tests/camera

# Tests without virtual Pis come last and fill what waiting leaves (tests/rehearsal/conftest.py).
pytest: compiled-tests build/s3-server/.complete other-processors
	@PYTHONDONTWRITEBYTECODE= pytest -n 6 --dist loadfile $(TESTED)

# In a fresh checkout one process compiles the tests for all six.
compiled-tests: setup
	@test -e tests/unit/__pycache__ || PYTHONDONTWRITEBYTECODE= pytest --collect-only --quiet $(TESTED) >/dev/null

other-processors: setup
	@setup/packages.sh 'other processors' qemu-user

# The S3 server that rooms share over in tests: nobody else needs it, so it gets an environment of its own.
build/s3-server/.complete: tests/share/requirements.txt setup/venv.sh | setup
	@$(OWNER) setup/venv.sh build/s3-server $<
	@$(OWNER) touch $@

# What is long by nature: of each kind `make test` has some.
test-long: setup build/s3-server/.complete
	@setup/packages.sh 'other architectures' qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf \
		libc6-dev-armhf-cross gcc-arm-linux-gnueabi libc6-dev-armel-cross
	@pytest -m long -n 2 --dist loadfile tests/unit tests/rehearsal tests/camera

# The tests of CSI cameras, which `make unit` runs on stand-ins, on the real libraries in a root of trixie.
test-camera: setup
	@setup/packages.sh 'real libcamera' mmdebstrap debian-archive-keyring gcc libc6-dev patch
	@PILAB_CAMERA=libcamera pytest -n 2 tests/camera

# Emulated Pis, one after the other; -s shows how long each step takes.
test-emulated: setup
	@setup/packages.sh 'emulated Pis' qemu-system-arm qemu-utils mmdebstrap debian-archive-keyring device-tree-compiler \
		cpio kmod e2fsprogs mtools fdisk
	@pytest -m emulated -s --durations=0 --durations-min=5 tests/emulated

# Fresh systems, one after the other; SYSTEMS=bookworm for one.
test-setup: setup
	@setup/packages.sh 'other systems' mmdebstrap debian-archive-keyring
	@python -m tests.computer $(SYSTEMS)

# A PC of QEMU's with vivid, USB cameras at the wire and gpio-sim; RELEASES=bookworm for one, ONLY=test_pins.py for some.
test-devices: setup
	@setup/packages.sh 'simulated devices' qemu-system-x86 mmdebstrap debian-archive-keyring cpio kmod e2fsprogs
	@python -m tests.devices $(RELEASES) $(if $(ONLY),--only $(ONLY))

# The peers are in opencv-contrib, which no board needs: it gets an environment of its own.
bench-detect: setup build/peers/.complete
	@$(OWNER) build/peers/bin/python -m benchmarks.detect
	@$(OWNER) build/peers/bin/python -m benchmarks.detect.worst

build/peers/.complete: benchmarks/detect/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh build/peers $<
	@$(OWNER) touch $@

bench: bench-detect bench-agent bench-provision bench-trust

# SOURCE=v4l2 compares on a camera instead of the simulated driver. MINUTES=60 adds an hour with a fault each minute, and
# CAMERA=libcamera takes the real libraries for that and for SOURCE=picamera2 (root).
bench-agent: setup
	@python -m benchmarks.agent --minutes $(or $(MINUTES),0) --camera $(or $(CAMERA),stand-in) $(addprefix --source=,$(SOURCE))

# pyinfra is only compared with, so it gets an environment of its own.
bench-provision: setup build/provision-peers/.complete
	@$(BIN)/python -m benchmarks.provision $(BENCH)

build/provision-peers/.complete: benchmarks/provision/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh build/provision-peers $<
	@$(OWNER) touch $@

# hyperfine and pyperf are only compared with. BENCH='--boards 3 30' adds a full room.
bench-trust: setup build/trust-peers/.complete
	@setup/packages.sh 'the comparison of timers' hyperfine
	@$(BIN)/python -m benchmarks.trust $(BENCH)

build/trust-peers/.complete: benchmarks/trust/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh build/trust-peers $<
	@$(OWNER) touch $@

# BENCH='--rooms 4' is a tenth of it.
bench-scale: setup build/s3-server/.complete
	@$(BIN)/python -m benchmarks.scale $(BENCH)

unit: setup
	@PYTHONDONTWRITEBYTECODE= pytest -m 'not slow and not long' -n 4 --dist worksteal tests/unit tests/camera

# ruff counts the branches of a function; lizard also comprehensions, and/or, and C.
SOURCES := agent ansible benchmarks commands fleet native pilab setup tests virtual tasks.py

lint: setup
	$(OWNER) ruff check
	$(OWNER) ruff format --check
	$(OWNER) mypy
	$(OWNER) lizard --warnings_only --CCN 10 --languages python --languages cpp $(SOURCES)
	$(OWNER) lint-imports --no-logo
	$(OWNER) yamllint --strict .
	$(OWNER) ansible-lint --offline
	$(OWNER) shellcheck $$(git ls-files | xargs grep --directories=skip -lE '^#!/bin/(ba)?sh')

format: setup
	$(OWNER) ruff check --fix --select I
	$(OWNER) ruff format

generate: setup
	@$(OWNER) python -m setup.generate

# Sphinx and its theme are of no use but for this, so they get an environment of their own. Warnings are errors.
SPHINX := build/docs-tools/bin/sphinx-build --quiet --fail-on-warning --keep-going
docs: setup build/docs-tools/.complete
	@rm -rf build/docs && $(OWNER) mkdir -p build/docs
	@$(OWNER) python -m setup.guide_blocks build/docs/blocks
	@$(OWNER) $(SPHINX) -b gettext docs build/docs/gettext
	@$(OWNER) python -m setup.translated build/docs/gettext $(if $(WRITE),--write)
	@$(OWNER) $(SPHINX) docs build/docs/en
	@$(OWNER) $(SPHINX) -D language=ko docs build/docs/ko
	@echo 'The guide: build/docs/en/index.html, in Korean build/docs/ko/index.html'

# Wide and narrow, in both languages, on paper.
test-docs: docs
	@pytest -n 2 tests/site

build/docs-tools/.complete: docs/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh build/docs-tools $<
	@$(OWNER) touch $@

# What is committed, with the files that links lead to: outside of the checkout they would lead nowhere.
collection: setup
	@rm -rf build/collection && $(OWNER) mkdir -p build/collection
	@$(OWNER) python -m setup.collection build/collection
	@$(OWNER) ansible-galaxy collection build --force --output-path build build/collection

# The wheel, and the source archive that gives the same.
wheel: setup
	@$(OWNER) python -m hatchling build --directory build

# What is pinned already stays as it is; UPGRADE=1 takes the newest of what no requirements.in names.
pin: build/pin/.complete
	@$(OWNER) setup/pin.sh build/pin/bin/uv $(if $(UPGRADE),--upgrade)

build/pin/.complete: setup/pin/requirements.txt setup/venv.sh
	@$(OWNER) setup/venv.sh build/pin $<
	@$(OWNER) touch $@

clean:
	@rm -rf build native/bin native/bin-san $(VENV) .mypy_cache .ruff_cache .pytest_cache .ansible
