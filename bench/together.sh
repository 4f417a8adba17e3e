#!/usr/bin/env bash
# Runs commands side by side, which wait more than they work, and shows what
# each said at its end. It fails if one of them does.
#
#   bench/together.sh COMMAND...
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pids=()
for command; do
	read -r -a words <<<"$command"
	"${words[@]}" >"$work/${#pids[@]}" 2>&1 &
	pids+=($!)
done
failed=0
for i in "${!pids[@]}"; do
	lines=4
	wait "${pids[$i]}" || failed=1 lines=200
	printf '== %s\n' "${@:i+1:1}"
	tail -n "$lines" "$work/$i"
done
exit "$failed"
