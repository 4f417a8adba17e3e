#!/usr/bin/env bash
# Builds what is released for this processor, twice and from two folders, and
# compares. Then has dpkg install the Debian package into a temporary root,
# runs the unit's ExecStart by hand, since there need be no systemd, and has
# dpkg remove the package.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
arch=$(dpkg --print-architecture)
root=$work/root
package=$work/dist/otklik_0.0.1_$arch.deb

fail() {
	printf 'try-deb: %s\n' "$*" >&2
	exit 1
}

# build_twice releases from the checkout and from an archive of its sources.
build_twice() {
	mkdir -p "$work/sources"
	(cd "$repo" && git ls-files -z | tar --null --files-from - -cf -) | tar -C "$work/sources" -xf -
	SOURCE_DATE_EPOCH=$(git -C "$repo" log -1 --format=%ct)
	export SOURCE_DATE_EPOCH
	"$repo/packaging/release.sh" v0.0.1 "$work/dist" "linux/$arch" >/dev/null
	"$work/sources/packaging/release.sh" v0.0.1 "$work/again" "linux/$arch" >/dev/null
	(cd "$work/dist" && sha256sum --quiet -c SHA256SUMS)
	diff "$work/dist/SHA256SUMS" "$work/again/SHA256SUMS" || fail 'a second build gives other bytes'
	rm -r "$work/again" "$work/sources"
}

# debian runs dpkg in the temporary root. Maintainer scripts are not put into
# it, because it has no shell; they know it by DPKG_ROOT.
debian() {
	dpkg --root="$root" --force-not-root --force-script-chrootless --log=/dev/null "$@" >/dev/null
}

# read_unit lets systemd read the unit as installed. It finds the binary only
# by its path in the temporary root, and tells unknown keys without failing.
read_unit() {
	sed "s#=/usr/bin/otklik#=$root/usr/bin/otklik#" "$root/lib/systemd/system/otklik.service" >"$work/otklik.service"
	systemd-analyze verify --man=no "$work/otklik.service" 2>&1 | tee "$work/remarks"
	[ ! -s "$work/remarks" ] || fail 'systemd does not like the unit'
	systemd-analyze security --offline=true --threshold=15 "$work/otklik.service" | tail -n 1
}

# run_unit runs the unit's command as systemd would, until it is ready.
run_unit() {
	local -a start
	read -r -a start < <(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/otklik.service")
	local otklik=$root${start[0]}
	sed 's#^listen:.*#listen: 127.0.0.1:18080#; s#^data:.*#data: ./state#' "$root/usr/share/doc/otklik/otklik.yaml.example" >"$root/etc/otklik/otklik.yaml"
	[ "$("$otklik" version)" = v0.0.1 ] || fail 'the version is not that of the package'
	"$otklik" check --config "$root/etc/otklik/otklik.yaml"
	"$otklik" run --config "$root${start[3]}" 2>"$work/log" &
	pid=$!
	for _ in {1..150}; do
		"$otklik" health --url http://127.0.0.1:18080/readyz && break
		kill -0 "$pid" || { cat "$work/log"; exit 1; }
		sleep 0.2
	done
	kill "$pid"
	wait "$pid"
	pid=
}

build_twice
mkdir -p "$root/var/lib/dpkg"
touch "$root/var/lib/dpkg/status"
debian -i "$package"
[ "$(stat -c %a "$root/etc/otklik/secrets")" = 700 ] || fail 'others can look into the folder of secrets'
if command -v systemd-analyze >/dev/null; then read_unit; else echo 'systemd is not installed: the unit is not read by it'; fi
run_unit
debian --remove otklik
[ ! -e "$root/usr/bin/otklik" ] || fail 'the binary is left behind'
[ -e "$root/etc/otklik/otklik.yaml" ] || fail 'the configuration is gone with the package'
echo 'two builds are equal; the package installs, its ExecStart runs, and it goes'
