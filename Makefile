# weir: a network traffic monitor for OpenWrt routers. `make` lists the targets.
GO ?= go
IFACE ?= eth0
FUZZTIME ?= 10s
BENCHTIME ?= 1s
PREFIX ?= /usr/local
DESTDIR ?=
ROUNDS ?= 9

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
BUILD = $(GO) build -trimpath -ldflags "$(LDFLAGS)"

# What runs seldom is not inlined in the builds for routers: 720 kB less on MIPS
# than without this, where a budget of 7.5 MB counts.
COLD := weir/uci weir/cmd/weir weir/store/... weir/internal/api/... weir/internal/daemon weir/internal/link \
	weir/internal/openwrt weir/internal/usage weir/internal/alert weir/internal/clock weir/internal/device \
	weir/internal/flowlog weir/internal/geo weir/internal/intern weir/internal/journal \
	weir/internal/jsontext weir/internal/logfmt weir/internal/nearest weir/internal/source/pcap \
	weir/internal/ubus context bufio flag fmt go.etcd.io/bbolt/... golang.org/x/sys/unix internal/fmtsort \
	internal/poll io/fs log net net/netip net/url os os/signal path reflect strconv strings syscall time
SMALL := -tags notls $(COLD:%=-gcflags=%=-l)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# What routers run, and how Go is told.
ARCHES := mips mipsle mips64 mips64le arm5 arm6 arm7 arm64 386 386-softfloat amd64 riscv64 loong64
env-mips := GOARCH=mips GOMIPS=softfloat
env-mipsle := GOARCH=mipsle GOMIPS=softfloat
env-mips64 := GOARCH=mips64 GOMIPS64=softfloat
env-mips64le := GOARCH=mips64le GOMIPS64=softfloat
env-arm5 := GOARCH=arm GOARM=5
env-arm6 := GOARCH=arm GOARM=6
env-arm7 := GOARCH=arm GOARM=7
env-arm64 := GOARCH=arm64
env-386 := GOARCH=386 GO386=sse2
env-386-softfloat := GOARCH=386 GO386=softfloat
env-amd64 := GOARCH=amd64
env-riscv64 := GOARCH=riscv64
env-loong64 := GOARCH=loong64

# What size is printed for; the limit is for the first.
SIZES := dist/weir-mipsle dist/weir-arm7 dist/weir-arm64 dist/weir-amd64

export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help build build-all ipk apk feed install demo run tools test test-32 test-mips test-integration test-offload test-qemu test-ui screens cover race \
	lint fuzz score bench bench-peers bench-modes bench-dump bench-store mem size clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## build bin/weir for this machine
	$(BUILD) -o bin/weir ./cmd/weir

build-all: $(ARCHES:%=dist/weir-%) ## build dist/weir-ARCH for every processor that routers have

# MIPS has pages of 4 kB, or 16 at most: segments aligned to 16 are 100 kB less than
# to the 64 that Go takes.
dist/weir-mips dist/weir-mipsle: LDFLAGS += -R 16384

# Always run: go build knows best what is up to date.
# A router has uhttpd for TLS, and 2.7 MB better to do.
dist/weir-%: FORCE
	GOOS=linux $(env-$*) $(BUILD) $(SMALL) -o $@ ./cmd/weir

FORCE:

# What packages are made for, by OpenWrt's names, and where their keys are.
TARGETS ?= mipsel_24kc mips_24kc aarch64_cortex-a53 arm_cortex-a7_neon-vfpv4 x86_64
KEYS ?=
URL ?= https://example.org/weir
PACKAGES = $(MAKE) --no-print-directory $$($(GO) run ./feeds/build binaries $(TARGETS)) && \
	$(GO) run ./feeds/build $(KEYS:%=-keys %) -url $(URL)

ipk: ## build packages for OpenWrt up to 24.10: make ipk TARGETS="mipsel_24kc x86_64"
	@$(PACKAGES) -format ipk packages $(TARGETS)

apk: ## build packages for OpenWrt from 25.12
	@$(PACKAGES) -format apk packages $(TARGETS)

feed: ## build feeds of both, with indexes, signed: make feed KEYS=FOLDER URL=https://…
	@$(PACKAGES) feed $(TARGETS)

install: build ## install on this machine, with a unit for systemd: make install PREFIX=/usr/local
	install -D -m 755 bin/weir $(DESTDIR)$(PREFIX)/sbin/weir
	install -D -m 644 openwrt/vendor.db $(DESTDIR)/usr/share/weir/vendor.db
	test -e $(DESTDIR)/etc/weir/weir.conf || install -D -m 644 feeds/systemd/weir.conf $(DESTDIR)/etc/weir/weir.conf
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/local,$(PREFIX),' feeds/systemd/weir.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.service
	install -m 644 feeds/systemd/weir.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/weir.socket

demo: build ## replay a household's evening and watch it in a browser or the terminal
	$(GO) run ./test/home/demo bin/weir

run: build ## watch this machine live: make run IFACE=eth0 (as root)
	$(GO) run ./test/home/demo -interface $(IFACE) bin/weir

tools: ## install what the tests need (Debian, as root), or list it
	@$(GO) run ./test/env tools

test: ## run all tests: native, 386, big-endian MIPS, namespaces, flow offload, fuzzing
	@$(GO) run ./test/env test

test-32: ## run the tests as a 32-bit program
	@$(GO) run ./test/env 386

test-mips: ## run the tests as a big-endian MIPS program under qemu-user
	@$(GO) run ./test/env mips

test-integration: ## run the tests that need root, namespaces and devices
	@$(GO) run ./test/env integration

test-offload: ## run the tests of flow offload in an emulated machine with Debian's kernel
	@$(GO) run ./test/env offload

test-ui: tools ## run the tests of the pages in a browser: make test-ui [ONLY=devices]
	$(GO) test -tags ui -count=1 -v ./test/ui $(if $(ONLY),-only "$(ONLY)")

screens: tools ## take pictures of all pages, docs/screens
	$(GO) test -tags ui -count=1 -v -run '^TestScreens$$' ./test/ui -screens $(CURDIR)/docs/screens

test-qemu: ## run the weir of routers on an emulated MIPS board with 128 MiB
	@$(GO) run ./test/env board

race: ## run the tests with the race detector (needs gcc)
	CGO_ENABLED=1 $(GO) test -race ./...

cover: ## print the share of statements that tests run
	@mkdir -p bin
	$(GO) test -coverpkg=./... -coverprofile=bin/cover.out ./... >/dev/null
	@$(GO) tool cover -func=bin/cover.out | tail -1

lint: tools ## gofmt, vet, staticcheck, shellcheck, go mod tidy
	@echo "gofmt"; out=$$(gofmt -l .); [ -z "$$out" ] || { echo "$$out: run gofmt -w"; exit 1; }
	$(GO) vet -tags integration,ui ./...
	GOARCH=386 $(GO) vet -tags notls ./...
	GOARCH=mips $(GO) vet -tags notls ./...
	$(GO) run $(STATICCHECK) -tags integration,ui ./...
	@if command -v shellcheck >/dev/null; then echo shellcheck; shellcheck .ci/run openwrt/*.init openwrt/*.defaults; \
	else echo "shellcheck: left out, it is not installed"; fi
	$(GO) mod tidy -diff

fuzz: ## run each fuzz target for FUZZTIME (10s), 10 minutes in all
	$(GO) run ./test/env fuzz $(FUZZTIME)

score: build ## judge names by captures with known labels: make score [FILTER=hybrid] [ARGS="-errors 5"]
	@$(GO) run ./test/score $(FILTER:%=-filter %) $(ARGS) bin/weir

bench: ## compare decoding and the whole river with gopacket's parser, names with ports
	@$(GO) run ./test/bench/ratio -benchtime $(BENCHTIME)

bench-peers: build tools ## compare CPU and memory with ndpiReader and softflowd on a million packets
	@$(GO) run ./test/bench/peers bin/weir

bench-modes: ## measure what each way of counting costs a router that forwards (as root)
	$(GO) test -tags integration -run '^$$' -bench . -benchtime 1x -timeout 60m ./test/bench/modes -rounds $(ROUNDS)

bench-dump: ## measure a dump of 16,384 tracked connections beside conntrack -L (as root)
	$(GO) test -tags integration -count=1 -run '^TestDumpCost$$' -v ./internal/source/conntrack

bench-store: ## let a simulated year pass through the history and hold its budgets (5 minutes)
	@$(GO) run ./test/bench/store

mem: dist/weir-386 ## measure a 32-bit daemon's memory with 8,192 flows under load
	@$(GO) run ./test/bench/mem dist/weir-386

size: $(SIZES) ## build for four processors and hold the size limit
	@$(GO) run ./test/bench/size $(SIZES)

clean: ## remove what was built
	rm -rf bin dist
