#!/usr/bin/env bash
# Has the real daemon visit a hundred thousand pages in 110 minutes, new and
# edited reviews among the known, its configuration read again four times, and
# watches its memory, goroutines and open files.
#
#   bench/soak.sh [VISITS] [DURATION]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go test ./cmd/otklik -run '^TestSoak$' -soak.visits "${1:-100000}" -soak.for "${2:-110m}" -timeout 4h -v
