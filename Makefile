# What a newcomer needs: `make run` and `make test`. Both need python3 (3.11 or newer) and make, nothing else.
PYTHON ?= python3
PY := .venv/bin/python
READY := .venv/.ready

.PHONY: run test test-quick lint bench setup browser format messages api-check

run: setup
	@exec $(PY) manage.py run

setup: $(READY)

$(READY): uv.lock pyproject.toml servicedesk/local/bootstrap.py
	@$(PYTHON) servicedesk/local/bootstrap.py
	@touch $(READY)

# Everything, browser, fault and full-data tests included.
test: setup browser
	$(PY) -m pytest -n 2 --dist worksteal --durations=25

# For the hand: without the long ones.
test-quick: setup browser
	$(PY) -m pytest -n 2 --dist worksteal -m "not long"

browser: setup
	@$(PY) tests/browser_path.py

lint: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint templates --lint --quiet

format: setup
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: setup
	@failed=0; for part in run catalogue changes knowledge sla; do $(PY) bench/$$part.py || failed=1; done; exit $$failed

# schemathesis imports PyPI's requests, so it gets an environment of its own.
api-check: setup
	$(PY) bench/api_check.py

messages: setup
	$(PY) manage.py makemessages --all --no-wrap --ignore .venv
