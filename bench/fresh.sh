#!/usr/bin/env bash
# From an empty directory with Go and git only: a clone, README's two commands,
# then the daemon with the example configuration, check, sites and extract.
# The daemon's sources need a network; without one their passes end as
# "unreachable", which is told and is no failure.
#
#   bench/fresh.sh [--demo-only]
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
git clone -q "$repo" "$work/otklik"
cd "$work/otklik"
env -i HOME="$HOME" PATH="$PATH" ${GOPROXY:+GOPROXY="$GOPROXY"} ${GOFLAGS:+GOFLAGS="$GOFLAGS"} ${CGO_ENABLED:+CGO_ENABLED="$CGO_ENABLED"} go run ./cmd/otklik demo --once
[ "${1-}" = --demo-only ] || env -i HOME="$HOME" PATH="$PATH" ${GOPROXY:+GOPROXY="$GOPROXY"} ${GOFLAGS:+GOFLAGS="$GOFLAGS"} ${CGO_ENABLED:+CGO_ENABLED="$CGO_ENABLED"} go test ./...
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/bin/otklik" ./cmd/otklik
size=$(stat -c %s "$work/bin/otklik")
printf 'stripped binary: %d bytes\n' "$size"
[ "$size" -lt 50000000 ]
mkdir "$work/site" && cp config/example.yaml "$work/site/"
cd "$work/site"
otklik=$work/bin/otklik
"$otklik" check --config example.yaml
"$otklik" sites >/dev/null
"$otklik" extract --site feed "$work/otklik/crawler/testdata/feed/"*/page.* | head -c 300 && echo
"$otklik" run --config example.yaml 2>daemon.log &
pid=$!
for _ in {1..150}; do
	"$otklik" health >/dev/null 2>&1 && break
	sleep 0.2
done
"$otklik" health
kill "$pid"
wait "$pid"
pid=
echo 'a fresh machine is served'
