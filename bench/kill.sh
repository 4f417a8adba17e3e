#!/usr/bin/env bash
# Kills the real daemon at a hundred random moments while complaints arrive,
# cards are posted and people click; then counts: one card for each complaint,
# an effect for each acknowledged click.
#
#   bench/kill.sh [KILLS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go test ./cmd/otklik -run '^TestKill$' -kills "${1:-100}" -timeout 30m -v
