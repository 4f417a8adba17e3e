#!/usr/bin/env bash
# The long form of the fault tests: three daemons on one PostgreSQL and one
# Redis read 500 sources of the load site while members are killed -9, paused
# for longer than their lease and restarted at random. Then each complaint has
# one card, each broken norm was told once, no host was asked faster than its
# pace, and no source starved. Beside it, one daemon each has its PostgreSQL
# killed, its Redis stopped and wiped, both 100 to 300 ms away, its disk full,
# its data folder read-only from the start and later, Slack away.
#
#   bench/faults.sh [DURATION] [SOURCES] [SHORTEST WAY TO FAR SERVERS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
OTKLIK_REQUIRE_SERVICES=1 exec go test ./cmd/otklik -run '^TestFault' \
	-fault.for "${1:-10m}" -fault.sources "${2:-500}" -fault.way "${3:-50ms}" -timeout 60m -v
