#!/usr/bin/env bash
# The long form of the fault tests: three daemons on one PostgreSQL and one
# Redis read 500 sources of the load site while members are killed -9, paused
# for longer than their lease and restarted at random. Then each complaint has
# one card, each broken norm was told once, no host was asked faster than its
# pace, and no source starved.
#
#   bench/faults.sh [DURATION] [SOURCES]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
OTKLIK_REQUIRE_SERVICES=1 exec go test ./cmd/otklik -run '^TestFault' \
	-fault.for "${1:-10m}" -fault.sources "${2:-500}" -timeout 60m -v
