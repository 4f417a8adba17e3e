#!/usr/bin/env bash
# Fuzzes every target in the tree: five seconds each, or a minute with --long.
# A target that finds something leaves its input in testdata/fuzz, where
# "go test" replays it for ever.
#
#   bench/fuzz.sh [--long]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
each=5s
[ "${1-}" != --long ] || each=60s
count=0
while IFS=: read -r file _ target; do
	target=${target#func }
	printf '== %s %s, %s\n' "$(dirname "$file")" "$target" "$each"
	go test "$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$each" -fuzzminimizetime 1x | tail -n 2
	count=$((count + 1))
done < <(grep -rnoE '^func Fuzz[A-Za-z_0-9]*' --include='*_test.go' .)
printf '%d targets, nothing found\n' "$count"
