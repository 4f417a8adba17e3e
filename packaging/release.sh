#!/usr/bin/env bash
# Builds what is released into a folder: a static binary for each system and
# processor, Debian packages with the systemd unit, a list of what is inside
# (SBOM, CycloneDX), and checksums of it all. Needs Go and dpkg-deb only.
#
#   packaging/release.sh VERSION [FOLDER] [OS/ARCH...]
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repo"
version=${1:?say which version}
out=${2:-dist}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

build() { # OS ARCH FILE
	CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go build -trimpath -ldflags "-s -w -buildid= -X main.version=$version" -o "$3" ./cmd/otklik
}

# sbom writes the modules that a binary was built from, as it tells itself.
sbom() { # BINARY FILE
	go version -m "$1" | awk -v version="$version" '
		BEGIN {
			printf "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,"
			printf "\"metadata\":{\"component\":{\"type\":\"application\",\"name\":\"otklik\",\"version\":\"%s\",\"licenses\":[{\"license\":{\"id\":\"Apache-2.0\"}}]}},\"components\":[", version
		}
		$1 == "dep" {
			printf "%s{\"type\":\"library\",\"name\":\"%s\",\"version\":\"%s\",\"purl\":\"pkg:golang/%s@%s\"}", comma, $2, $3, $2, $3
			comma = ","
		}
		END { print "]}" }' >"$2"
}

# deb packs a linux binary with its unit, documents and an example.
deb() { # ARCH BINARY FILE
	local root=$work/deb-$1
	install -D -m 755 "$2" "$root/usr/bin/otklik"
	install -D -m 644 packaging/otklik.service "$root/lib/systemd/system/otklik.service"
	sed -i 's#/usr/local/bin/otklik#/usr/bin/otklik#' "$root/lib/systemd/system/otklik.service"
	install -D -m 644 config/example.yaml "$root/usr/share/doc/otklik/otklik.yaml.example"
	install -D -m 644 docs/operations.md "$root/usr/share/doc/otklik/operations.md"
	install -D -m 644 LICENSE "$root/usr/share/doc/otklik/copyright"
	install -d -m 755 "$root/etc/otklik" "$root/DEBIAN"
	cat >"$root/DEBIAN/control" <<-CONTROL
		Package: otklik
		Version: ${version#v}
		Architecture: $1
		Maintainer: Otklik <otklik@otklik.example>
		Section: web
		Priority: optional
		Recommends: ca-certificates
		Description: watches what customers say in public
		 Otklik crawls review sites politely, recognises what is new, judges its
		 tone, posts complaints to Slack as cards and confirms the answers.
	CONTROL
	dpkg-deb --root-owner-group --build "$root" "$3" >/dev/null
}

for target; do
	os=${target%/*} arch=${target#*/} end=
	[ "$os" != windows ] || end=.exe
	file=$out/otklik_${version}_${os}_$arch$end
	build "$os" "$arch" "$file"
	sbom "$file" "$file.cdx.json"
	[ "$os" != linux ] || deb "$arch" "$file" "$out/otklik_${version#v}_$arch.deb"
done
(cd "$out" && sha256sum -- otklik_* >SHA256SUMS)
ls -l "$out"
