# Shorthands; ./run and ./test do the work.
.PHONY: run test unit check format database-stop

run:
	./run

test:
	./test

unit:
	./test unit

check:
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy icare_tom tom_gcn tom_grandma_facilities tom_photvalidation
	.venv/bin/lint-imports

format:
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

database-stop:
	.venv/bin/python manage.py database stop
