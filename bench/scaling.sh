#!/usr/bin/env bash
# Measures what a page of a crawl and a request of the inbox cost in archives of
# growing size, on both databases. The figures in docs/scaling.md are its output.
#
#   bench/scaling.sh [ROWS...]     10000 100000 1000000 without any
#
# A million takes ten minutes and 4 GB of disk to fill on each database;
# 10000000 is possible and takes ten times as much of both. ROUNDS (40) is how
# often each kind of request is made, WORDS (60) what no text reaches.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- 10000 100000 1000000
for rows; do
	go test ./bench -run '^TestInbox$' -inbox.rows "$rows" -inbox.words "${WORDS:-60}" -inbox.rounds "${ROUNDS:-40}" -timeout 5h -v -count 1 | sed -n 's/^ *inbox_test.go:[0-9]*: //p; s/^ *--- /--- /p'
done
