#!/usr/bin/env bash
# Builds the Debian package for this processor, has dpkg install it into a
# temporary root, and runs the unit's ExecStart by hand: there need be no
# systemd.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
arch=$(dpkg --print-architecture)
"$repo/packaging/release.sh" v0.0.1 "$work/dist" "linux/$arch" >/dev/null
(cd "$work/dist" && sha256sum --quiet -c SHA256SUMS)
root=$work/root
mkdir -p "$root/var/lib/dpkg"
touch "$root/var/lib/dpkg/status"
dpkg --root="$root" --force-not-root --log=/dev/null -i "$work/dist/otklik_0.0.1_$arch.deb" >/dev/null
read -r -a start < <(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/otklik.service")
sed 's#^listen:.*#listen: 127.0.0.1:18080#; s#^data:.*#data: ./state#' "$root/usr/share/doc/otklik/otklik.yaml.example" >"$root/etc/otklik/otklik.yaml"
[ "$("$root${start[0]}" version)" = v0.0.1 ]
"$root${start[0]}" check --config "$root/etc/otklik/otklik.yaml"
"$root${start[0]}" run --config "$root${start[3]}" 2>"$work/log" &
pid=$!
for _ in {1..50}; do
	"$root${start[0]}" health --url http://127.0.0.1:18080/readyz && break
	kill -0 "$pid" || { cat "$work/log"; exit 1; }
	sleep 0.2
done
kill "$pid"
wait "$pid"
pid=
echo 'the package installs and its ExecStart runs'
