#!/usr/bin/env bash
# Visits a hundred thousand pages with the whole product and watches its memory.
#
#   bench/soak.sh [VISITS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go test ./bench -run '^TestSoak$' -soak.visits "${1:-100000}" -timeout 2h -v
