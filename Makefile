# `make` lists what there is. What CI calls is what a person calls.

.DEFAULT_GOAL := help
.PHONY: help run web preview test test-web attacks enumeration model faults fault-matrix examples contract fuzz fuzz-smoke check bench cost bench-requests bench-start watch invoke invoke-verify report sam-local build validate game-day monitoring-count deploy tools clean

VENV := .venv
CARGO_DENY := 0.20.2
CARGO_FUZZ := 0.13.2
CONTRACT := .tools/contract
# Stage of `make deploy`: an environment of samconfig.toml.
STAGE ?= dev
# What `make fuzz` runs.
TARGET ?= requests
# Providers beside SNS and SES that send-otp carries: twilio, vonage, smtp, sendgrid, separated by commas.
PROVIDERS ?=
comma := ,
# The logs that `make report` reads, separated by spaces; without any it makes some.
LOGS ?=
# Where cargo puts what it builds.
BUILT = $(or $(CARGO_TARGET_DIR),target)/debug
# What runs here, with the features that the tests have: dependencies are compiled once for all of them.
LOCAL_PROGRAMS := cargo build --quiet --locked --workspace --bins --examples
# What `make invoke` sends.
EVENT ?= events/send-otp.phone.json

# The project's own tools first, so that `cargo lambda`, `cargo deny` and `sam` are the pinned ones.
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/.tools/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# SAM wants a Region even for what never leaves the machine. Not for `deploy`: that goes where your AWS configuration says.
build validate game-day monitoring-count sam-local: export AWS_DEFAULT_REGION ?= eu-central-1

help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Every day ---

run: ## The service on http://localhost:8000, with an embedded table and an outbox page (settings: .env)
	scripts/with-env cargo run --package dev-server

web: ## The login page on http://localhost:5173/otp-login, beside `make run`
	cd web && npm ci --no-audit --no-fund && npm run dev

preview: ## Every language's text and mail on one page, target/preview.html (settings: .env)
	$(LOCAL_PROGRAMS)
	scripts/with-env $(BUILT)/examples/preview

test: validate ## Every test, from a fresh clone
	cargo build --release --locked
	cargo test --workspace --locked
	web/run-tests
	examples/run-tests
	$(MAKE) contract fuzz-smoke game-day

examples: ## Access tokens of the local server, checked in Rust, Node and Python: what is accepted and refused
	examples/run-tests

test-web: ## The login page, in a real browser against the real local server
	web/run-tests

model: ## Send, resend and verify in every order, with crashes, lost replies and retries: states explored, and the controls
	cargo test --quiet --workspace --test model -- --nocapture --test-threads 1

faults: ## Faults between the functions and the table, and a kill at every await: what came of each
	cargo test --quiet --workspace --test faults -- --nocapture --test-threads 1

contract: $(CONTRACT)/.stamp ## openapi.yaml against the local server: requests from the document, and flows with real codes
	$(LOCAL_PROGRAMS)
	$(CONTRACT)/bin/python tools/contract/run.py

fuzz-smoke: .tools/.cargo-fuzz-$(CARGO_FUZZ) ## Every fuzz target for a moment
	scripts/fuzz smoke

fuzz: .tools/.cargo-fuzz-$(CARGO_FUZZ) ## One fuzz target until Ctrl-C: make fuzz TARGET=requests
	scripts/fuzz long $(TARGET)

check: .tools/.cargo-deny-$(CARGO_DENY) ## Format, lints, dependencies, documentation
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package otp-auth --no-default-features --features doubles,lambda --locked -- -D warnings # as the fuzz targets have it
	cargo deny check bans licenses sources
	@if git ls-remote --quiet https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then cargo deny check advisories; \
	else echo "advisories: NOT checked, github.com/RustSec/advisory-db cannot be reached"; fi
	scripts/check-benches
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

fault-matrix: tools ## Every provider and every fault: messages taken, reply, metrics, log line
	cargo test --quiet --workspace --test providers --locked -- --nocapture --exact matrix::fault_matrix
.PHONY: attacks enumeration
attacks: tools ## What was done to systems like this one, done to this one: tries, what got through, what may (ONLY=guess: some)
	cargo test --quiet --locked --workspace --test attacks -- $(ONLY)

enumeration: ## Does an account show in bytes, requests or time? The same tests as in `make attacks`
	cargo test --quiet --locked --workspace --test attacks -- enumeration

report: ## A page of the log, target/report.html: of a scripted hour of traffic, or of LOGS=file
	$(LOCAL_PROGRAMS)
	@mkdir -p target
	@test -n "$(LOGS)" || $(BUILT)/examples/traffic target/traffic.jsonl
	@$(BUILT)/otpctl report $(or $(LOGS),target/traffic.jsonl) --output target/report.html
	@echo "The page is target/report.html"

bench: ## Speed, size and requests beside the usual Python and Node handlers, and the targets (RECORD=1: into benches/history.jsonl)
	$(LOCAL_PROGRAMS)
	$(BUILT)/bench $(if $(RECORD),--record)

cost: ## docs/cost.md: what a million sign-ins cost, from the last recorded run and benches/prices.toml
	@scripts/cost >docs/cost.md.new && mv docs/cost.md.new docs/cost.md || { rm -f docs/cost.md.new; exit 1; }

bench-requests: ## Requests to the table per send and verify, counted at its endpoint
	$(LOCAL_PROGRAMS)
	$(BUILT)/bench-requests

bench-start: ## Start, first and warm requests of the release binaries, beside an empty function
	$(LOCAL_PROGRAMS)
	$(BUILT)/bench-start

# --- As Lambda functions, on this machine ---

watch: tools ## Both functions under `cargo lambda watch` on http://localhost:9000, with stand-ins of AWS
	scripts/with-stand-ins cargo lambda watch --disable-cors --env-file target/watch.env

invoke: tools ## One event to the functions of `make watch`: make invoke EVENT=events/send-otp.email.json
	cargo lambda invoke $(firstword $(subst ., ,$(notdir $(EVENT)))) --data-file $(EVENT)

invoke-verify: tools ## The code that came: make invoke-verify CODE=123456
	@test -n "$(CODE)" || { echo "make invoke-verify CODE=123456" >&2; exit 1; }
	@mkdir -p target
	sed 's/{{otp_code}}/$(CODE)/' events/verify-otp.phone.json >target/verify-otp.phone.json
	cargo lambda invoke verify-otp --data-file target/verify-otp.phone.json

sam-local: tools ## Both functions in Lambda's container image under `sam local` (needs Docker)
	scripts/sam-local

# --- Deployment ---

build: tools ## What is deployed, into .aws-sam: make build PROVIDERS=twilio,smtp
	@mkdir -p target
	@printf '[build]\nfeatures = ["%s"]\n' '$(subst $(comma),"$(comma) ",$(PROVIDERS))' | sed 's/\[""\]/[]/' >target/cargo-lambda.toml
	CARGO_LAMBDA_GLOBAL=$(CURDIR)/target/cargo-lambda.toml sam build

validate: tools ## The templates: sam validate, cfn-lint, and what those let through; dashboard and alarms against the code
	sam validate --lint
	sam validate --lint --template examples/api-gateway/template.yaml
	cfn-lint template.yaml web/cloudfront.yaml
	cfn-lint --regions us-east-1 -- edge/template.yaml
	python scripts/check_template.py
	python tools/monitoring/check.py

game-day: tools ## Each alarm's condition made to happen here, and judged by the alarms of template.yaml
	$(LOCAL_PROGRAMS)
	target/debug/examples/game_day target/game-day
	python tools/monitoring/game_day.py target/game-day

monitoring-count: tools ## How many metrics and alarms there are, for the bill
	@python tools/monitoring/check.py --count

deploy: build ## To AWS: make deploy STAGE=prod PROVIDERS=twilio,smtp
	sam deploy --config-env $(STAGE)

# --- Tools ---

tools: $(VENV)/.stamp ## SAM CLI, cargo-lambda, zig, cfn-lint, and what tests need, into .venv

# Made anew as a whole: a half-updated environment is hard to see.
$(VENV)/.stamp: requirements-tools.txt
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement requirements-tools.txt
	touch $@

.tools/.cargo-deny-$(CARGO_DENY):
	cargo install --quiet --locked --root .tools cargo-deny@$(CARGO_DENY)
	touch $@

.tools/.cargo-fuzz-$(CARGO_FUZZ):
	cargo install --quiet --locked --root .tools cargo-fuzz@$(CARGO_FUZZ)
	touch $@

$(CONTRACT)/.stamp: tools/contract/requirements.txt
	rm -rf $(CONTRACT)
	python3 -m venv $(CONTRACT)
	$(CONTRACT)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

clean: ## Removes what was built (the tools stay: .venv and .tools)
	rm -rf target fuzz/target .aws-sam
