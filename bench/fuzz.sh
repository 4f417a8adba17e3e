#!/usr/bin/env bash
# Fuzzes every target in the tree: five seconds each, another time if one is
# given, or a minute with --long.
# All packages are built at once, and as many targets run at a time as there
# are processors, with one worker each; FUZZ_JOBS says another number. A target
# that finds something leaves its input in testdata/fuzz, where "go test"
# replays it for ever.
#
# The fuzzer is guided by the branches of our own packages. With --long it is
# by those of the libraries too, which have to be built for it from the first
# one on: that takes minutes, while the usual build is shared with "go test".
#
#   bench/fuzz.sh [TIME | --long]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
each=${1:-5s} guided=-gcflags=$(go list -m)/...=-d=libfuzzer
[ "$each" != --long ] || each=60s guided=-fuzz=.
cache=$(go env GOCACHE)/fuzz/$(go list -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export each cache work

# fuzz_one FOLDER TARGET fuzzes one target and shows what it said at its end.
fuzz_one() {
	local log=$work/${1//\//_}_$2
	mkdir -p "$cache/$1"
	if (cd "$1" && "$work/${1##*/}.test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$each" -test.fuzzminimizetime 1x \
		-test.fuzzcachedir "$cache/$1" -test.parallel 1) >"$log" 2>&1 && ! grep 'without coverage guidance' "$log"; then
		printf '%s %s: %s\n' "$1" "$2" "$(grep -o 'elapsed: .*' "$log" | tail -n 1)"
		return
	fi
	# A worker that is stopped in the last moment of its time reports that as an
	# error; what it finds comes with the input that failed.
	if grep -q '^ *context deadline exceeded$' "$log" && ! grep -qE 'Failing input|panic:|fatal error:|without coverage guidance' "$log"; then
		printf '%s %s: stopped at its time\n' "$1" "$2"
		return
	fi
	printf '%s %s FAILED\n' "$1" "$2"
	tail -n 40 "$log"
	return 1
}
export -f fuzz_one

targets=$(grep -rnoE '^func Fuzz[A-Za-z_0-9]*' --include='*_test.go' . | sed -E 's#^\./(.*)/[^/]*:[0-9]+:func (.*)#\1 \2#' | sort)
mapfile -t folders < <(cut -d' ' -f1 <<<"$targets" | uniq)
go test -c "$guided" -o "$work/" "${folders[@]/#/./}"
xargs -P "${FUZZ_JOBS:-$(nproc)}" -L 1 bash -c 'fuzz_one "$@"' _ <<<"$targets"
printf '%d targets, %s each, nothing found\n' "$(wc -l <<<"$targets")" "$each"
