#!/usr/bin/env bash
# Kills the real daemon at a hundred random moments while complaints arrive,
# cards are posted and people click; then counts: one card for each complaint,
# an effect for each acknowledged click, each review found by its words. The
# second word is the daemon's "index": with "later" words wait for a job.
#
#   bench/kill.sh [KILLS] [now | later]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go test ./cmd/otklik -run '^TestKill$' -kills "${1:-100}" -kill.index "${2:-now}" -timeout 30m -v
