# What a developer runs; .ci/run runs the same targets.
.DEFAULT_GOAL := help
.PHONY: help build size test race lint elsewhere fuzz endure package fresh types golden e2e demo demo-servers docs bench

FUZZTIME ?= 5s
COUNT ?= 1
TESTFLAGS ?=
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# Folders whose tests can rewrite their golden files with -update.
updatable = $(shell grep -rl 'flag.Bool."update"' --include='*_test.go' . | xargs -r -n 1 dirname | sort -u)

help: ## show this help
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

build: ## build ./otklik, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o otklik ./cmd/otklik

size: build ## build, and fail when the binary is over 50 MB
	@size=$$(wc -c < otklik); echo "otklik: $$size bytes"; test "$$size" -lt 50000000

test: ## run all tests; needs no network, no servers, no settings
	go test $(TESTFLAGS) ./...

race: ## run all tests but those of measurements, endurance and the browser under the race detector, in random order
	CGO_ENABLED=1 go test -race -shuffle=on -skip '^(Test(Browser|Copies|Inbox|Live|Peers|Rechecks)$$|Test(Fault|Kill|Soak))' ./...

lint: ## check the format, vet, staticcheck, and the scripts where shellcheck is
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run .ci/with-servers bench/*.sh packaging/*.sh packaging/deb/*; fi

elsewhere: ## vet for Windows, with the tests: what only Linux or Unix has stands apart
	GOOS=windows go vet ./...

fuzz: ## fuzz every target for FUZZTIME (5s)
	bench/fuzz.sh $(FUZZTIME)

endure: ## the short forms of the kill, soak and fault runs, side by side
	bench/together.sh "bench/kill.sh 4" "bench/kill.sh 4 later" "bench/soak.sh 1000 30s" "bench/faults.sh 20s 60 10ms"

package: ## build the Debian package, install it apart and run its unit's command
	packaging/try-deb.sh

fresh: ## from an empty folder: a clone, the demo, a binary, the daemon
	bench/fresh.sh --demo-only

types: ## check the blocks of our cards against Slack's own types, with npm
	cd tools/slack-types && npm ci --no-audit --no-fund && npm test

golden: ## rewrite the golden files; review the diff
	go test $(updatable) -update

e2e: ## run the end-to-end tests, with every server they can use
	OTKLIK_REQUIRE_SERVICES=1 go test -count=$(COUNT) ./cmd/... ./demo/... ./store/...

demo: ## tell the whole story on the terminal, without accounts
	go run ./cmd/otklik demo --once

demo-servers: ## the same story on a real Redis and PostgreSQL
	.ci/with-servers sh -c 'go run ./cmd/otklik demo --once --redis "$$REDIS_URL" --database "$$DATABASE_URL"'

docs: ## rewrite the generated pages: configuration, example, catalogue
	go test ./config -update

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...
