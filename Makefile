# Shorthands; ./run and ./test do the work.
.PHONY: run test unit check format database-stop fuzz audit sign-in

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

# The API asked what nobody would ask (schemathesis); SECONDS_OF_FUZZ=60 for a short look.
SECONDS_OF_FUZZ ?= 300
fuzz: .venv-fuzz/bin/schemathesis
	SCHEMATHESIS=.venv-fuzz/bin/schemathesis .venv/bin/python tests/tools/fuzz.py --seconds $(SECONDS_OF_FUZZ)

.venv-fuzz/bin/schemathesis:
	python3 -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet schemathesis==4.32.5

# Known weaknesses of the packages we use; asks PyPI, and fails where that cannot be reached.
audit: .venv-audit/bin/pip-audit
	.venv/bin/python .ci/audit.py .venv-audit/bin/pip-audit constraints.txt

.venv-audit/bin/pip-audit:
	python3 -m venv .venv-audit
	.venv-audit/bin/pip install --quiet pip-audit==2.10.1

# Sign-in against a provider certified by the OpenID Foundation (npm's oidc-provider; takes Node.js 20 or later).
CERTIFIED = tests/tools/identity/certified
sign-in: $(CERTIFIED)/node_modules/.package-lock.json
	ICARE_REQUIRE_CERTIFIED=1 ./test tests/members/test_sign_in_certified.py

$(CERTIFIED)/node_modules/.package-lock.json: $(CERTIFIED)/package-lock.json
	cd $(CERTIFIED) && npm ci --ignore-scripts
