#!/usr/bin/env bash
# Measures what a page costs in archives of growing size, on both databases.
# The figures in docs/scaling.md are its output.
#
#   bench/scaling.sh [ROWS...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- 10000 100000 1000000
for rows; do
	go test ./bench -run '^TestGrowth$' -growth.rows "$rows" -timeout 3h -v -count 1 | grep mentions:
done
