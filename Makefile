# make help lists what there is to do.

GO ?= go
TOOLS := internal/tools
TOOL := $(GO) tool -modfile=$(CURDIR)/$(TOOLS)/go.mod
# Modules of their own below this one, which ./... does not reach.
MODULES := otelpartner bench internal/browser $(TOOLS)
CONSUMERS := examples/consumer examples/consumer/integration examples/consumer/gateway
RACE := $(if $(shell command -v cc),-race)
# Many tests wait, for servers and for clocks: one package more than there are processors is tested at a time.
PACKAGES = $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# What generates does one thing at a time, and so do what validates and what is inside the sandbox: all of it takes ten
# times as long under the race detector. There it is tested by what runs at the same time, and the sandbox as a whole.
# So is the command, most of which prints. What reconciles, and what follows recipes, does one thing at a time as well;
# so does generated code. Examples are programs of their own, and so are the servers that tests start.
# The benchmarks run without, too: nobody uses them but to measure.
GENERATES := ./internal/generator/... ./internal/project/...
INSIDE := ./pkg/sandbox/internal/bank ./pkg/sandbox/internal/document ./internal/calendar \
	./pkg/sandbox/internal/market ./pkg/sandbox/sqlitestore ./pkg/sandbox/storetest
VALIDATES := ./pkg/validation/...
COMMAND := ./cmd/partner
FOLLOWS := ./pkg/partner/reconcile ./gen/... ./pkg/contract/...
PROGRAMS := ./examples/... ./internal/pgserver ./internal/redisserver
ALONE := $(GENERATES) $(INSIDE) $(VALIDATES) $(COMMAND) $(FOLLOWS) $(PROGRAMS)
# Of the sandbox as a whole, these make thousands of calls one after the other; whatever else there is has the detector.
ONEBYONE := FileOfMistakesIsNotRead|ADayIsRepeated|ADayIsTheSame|TheBankBehavesLikeItsModel|YearOfStatements
ONEBYONE := $(ONEBYONE)|TestStatements$$|ExamplesOfTheContractAreAccepted|EveryRefusalOfTheContract|NothingIsFoundBelow
CONCURRENT := Concurrent|Middleware|Transport|Held|OverAConnection
SHARED := ThatIsStoredBehaves|MoveDoesNotLast|WaitsForWhat|KnowSaysNothing
CALLED := Callers|HandedOn|AfterTheTest|Seed

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-22s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## Generate, then walk a customer through the API against a local sandbox.
	@echo "Making the code that openapi.yaml describes, then building: the first time takes a minute."
	@$(GO) generate ./...
	@echo
	@$(GO) run ./cmd/partner demo

.PHONY: test
test: ## Run all tests, with the race detector where there is a C compiler.
	@# Tests make modules of their own with no network, which ask for what no build here loads.
	@$(GO) mod download
	@# make check vets.
	$(GO) test -vet=off -p $(PACKAGES) $(RACE) $(if $(RACE),-skip '$(ONEBYONE)') \
		$$($(GO) list ./... | grep -vxF "$$($(GO) list $(ALONE))")
	$(GO) test -vet=off $(ALONE)
	$(if $(RACE),$(GO) test -vet=off -run '$(ONEBYONE)' ./pkg/sandbox)
	$(if $(RACE),$(GO) test -vet=off -race -run AtTheSameTime $(GENERATES))
	$(if $(RACE),$(GO) test -vet=off -race -run 'Sandbox|Clock|Paste|Demo|Interrupt' $(COMMAND))
	$(if $(RACE),$(GO) test -vet=off -race -run '$(CONCURRENT)' ./pkg/validation)
	$(if $(RACE),$(GO) test -vet=off -race -run '$(CALLED)' ./pkg/contract/contracttest)
	$(if $(RACE),$(GO) test -vet=off -race -run '$(SHARED)' ./pkg/sandbox/internal/bank -rapid.checks=10)
	@set -e; for m in $(filter-out bench,$(MODULES)); do (cd $$m && $(GO) test -vet=off $(RACE) ./...); done
	cd bench && $(GO) test -vet=off ./...

.PHONY: test-fips
test-fips: ## Run all tests with Go's FIPS 140-3 module (docs/security.md says what it refuses).
	GODEBUG=fips140=on $(GO) test ./...

.PHONY: generate
generate: ## Make every *.gen.go from openapi.yaml.
	$(GO) generate ./...
	cd examples/consumer && $(GO) generate ./...

.PHONY: sandbox
sandbox: ## Start a local Partner API on 127.0.0.1:8080.
	$(GO) run ./cmd/partner sandbox

CHECKS := check-generated check-consumer check-tidy check-lint check-width check-contract
.PHONY: check
check: $(CHECKS) ## Check all that the tests do not; needs npm.

.PHONY: check-generated
check-generated: ## Fail when a *.gen.go is not what openapi.yaml makes.
	@scripts/check-generated.sh

.PHONY: check-consumer
check-consumer: ## Fail when examples/consumer is stale, its tests fail, or the guide for consumers is wrong.
	@scripts/check-consumer.sh
	@scripts/check-guide.sh

.PHONY: check-tidy
check-tidy: ## Fail when a go.mod or go.sum is not tidy.
	$(GO) mod tidy -diff
	@set -e; for m in $(MODULES) $(CONSUMERS); do (cd $$m && $(GO) mod tidy -diff); done
	cd examples/consumer && $(GO) mod tidy -diff -modfile=tools.mod

.PHONY: check-lint
check-lint: ## Fail when a linter complains, or a forbidden arrow of the design exists.
	$(GO) vet ./...
	$(TOOL) golangci-lint run ./...
	@set -e; for m in $(MODULES) $(CONSUMERS); do (cd $$m && $(GO) vet ./... && $(TOOL) golangci-lint run ./...); done
	$(GO) test -count=1 -run 'ForbiddenArrow|BreachIsNoticed|TheRulesForbid|AClientOnly|AProgramThat' .

.PHONY: check-width
check-width: ## Fail when a line of text or code is wider than 120 columns.
	@$(GO) run -C $(TOOLS) ./width ../..

.PHONY: check-contract
check-contract: $(TOOLS)/node_modules/.stamp ## Lint openapi.yaml, and make TypeScript of it that compiles.
	@scripts/node.sh scripts/check-contract.sh $(TOOLS)

.PHONY: check-vulnerabilities
check-vulnerabilities: ## Fail when our code calls what is known to be vulnerable; needs the network.
	$(TOOL) govulncheck ./...
	@set -e; for m in $(MODULES); do (cd $$m && $(TOOL) govulncheck ./...); done

$(TOOLS)/node_modules/.stamp: $(TOOLS)/package-lock.json $(TOOLS)/.npmrc
	@command -v npm >/dev/null || { echo "check-contract needs npm, with any Node.js" >&2; exit 1; }
	cd $(TOOLS) && npm ci --loglevel=error
	@touch $@

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (default 30s).
	@scripts/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: outcomes
outcomes: ## Show 200,000 times that a client's advice never pays twice; takes minutes.
	$(GO) test ./pkg/partner -run TestTheAdviceNeverPaysTwice -v -timeout 60m -rapid.checks=$(or $(RUNS),200000)

.PHONY: targets
targets: ## Show with 10,000,000 request lines that what validation checks is what runs; takes minutes.
	VALIDATION_TARGETS=$(or $(RUNS),10000000) $(GO) test ./pkg/validation -v -timeout 60m \
		-run TestWhatIsCheckedIsWhatRunsForRandomTargets

.PHONY: generations
generations: ## Generate and kill 100 times over, hold each change of a contract against --check; takes minutes.
	GENERATIONS=$(or $(RUNS),100) $(GO) test ./internal/generator -v -timeout 60m \
		-run 'TestTheSameComesOut|HoweverTheyAreCut|EveryTypeOfAPackage'
	CHANGES=all GENERATIONS=$(or $(RUNS),100) $(GO) test ./internal/project -v -timeout 60m \
		-run 'TestWhateverChangesTheCodeIsNoticed|TestAProcessThatIsKilledIsCompletedByTheNext'

.PHONY: operations
operations: ## Hold 1,000,000 operations of the sandbox's bank against a model; takes a minute.
	$(GO) test ./pkg/sandbox/internal/bank -v -timeout 60m -run TestTheBankBehavesLikeItsModel \
		-rapid.checks=$(or $(RUNS),9000)

.PHONY: kills
kills: ## Kill a sandbox under load, and while it is restored, 200 times each; takes minutes.
	SANDBOX_KILLS=$(or $(RUNS),200) $(GO) test ./cmd/partner -v -timeout 60m \
		-run 'TestAKilledSandboxLosesNothing|TestASandboxThatIsKilledWhileItGoesBack'

.PHONY: deliveries
deliveries: ## Deliver 10,000 events to receivers that are killed, and show each effect once; takes minutes.
	DELIVERIES=$(or $(RUNS),10000) $(GO) test ./pkg/webhook/delivery -v -timeout 120m -run TestEachEventHasItsEffectOnce

.PHONY: reconcile
reconcile: ## Reconcile 10 months of lost, doubled and shuffled webhooks; takes minutes.
	RECONCILE_MONTHS=$(or $(RUNS),10) $(GO) test ./pkg/partner/reconcile -v -timeout 60m \
		-run 'TestAMonthIsReconciled|TestWhatIsFoundIsWhatIsWrong' -rapid.checks=20000

.PHONY: contract-coverage
contract-coverage: ## Count what a contract test tries of the contract, and write it down.
	UPDATE=1 $(GO) test ./pkg/contract/contracttest -v -count=1 -run 'TestTheSandboxIsRight$$'

.PHONY: contract-seeds
contract-seeds: ## Show with 10 seeds of 200,000 requests each that nothing is found on the sandbox; takes minutes.
	CONTRACT_SEEDS=$(or $(RUNS),10) $(GO) test ./pkg/contract/contracttest -v -count=1 -timeout 120m \
		-run TestNoSeedFindsAnythingOnTheSandbox

.PHONY: zoo
zoo: ## Test all broken servers in all ways, and write down the share that is found out; takes most of an hour.
	ZOO_TABLE=$(or $(RUNS),all) $(GO) test ./pkg/contract/contracttest -v -count=1 -timeout 180m \
		-run 'TestEachBrokenServerIsFoundOut|TestConfirmedFindingsAreShownByAFreshServer'

.PHONY: payday
payday: ## Pay 20,000 times through the client while everything goes wrong; takes twenty minutes.
	$(GO) run ./cmd/partner sandbox torture --payments $(or $(RUNS),10000) --limit 2h

.PHONY: mutants
mutants: ## Break the code that money depends on, and list what no test notices; takes hours.
	$(GO) run -C $(TOOLS) ./mutants $(if $(findstring -only,$(MUTANTS)),,-write ../../docs/testing.md) $(MUTANTS) ../..

# A chart of a part of the report would replace that of the whole.
CHART := $(if $(findstring -only,$(BENCHFLAGS)),,-chart ../docs/performance.svg)
.PHONY: bench
bench: ## Measure beside hand-written code and peers; BENCHFLAGS=-enforce fails on a missed target.
	@cd bench && $(GO) run ./cmd/report $(CHART) $(BENCHFLAGS)

.PHONY: debian
debian: ## Run make demo, make test and .ci/run on a bare Debian; needs root and debootstrap.
	@scripts/debian.sh

.PHONY: clean
clean: ## Remove what was installed and cached inside the repository.
	rm -rf $(TOOLS)/node_modules $(TOOLS)/node/node_modules bench/prism/node_modules bin dist
