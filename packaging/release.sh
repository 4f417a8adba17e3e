#!/usr/bin/env bash
# Builds what is released into an empty folder: for each system and processor
# an archive with the static binary, its documents and licences, and a list of
# what is inside (SBOM, CycloneDX); for Linux Debian packages with the systemd
# unit; and the checksums of it all. Needs Go, git and GNU tar.
#
#   packaging/release.sh VERSION [FOLDER] [OS/ARCH...]
#
# A version of Go makes the same bytes of a commit wherever and whenever it
# builds: paths are trimmed, and times are SOURCE_DATE_EPOCH, the commit's own
# unless it is set.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repo"
version=${1:?say which version}
out=${2:-dist}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
mkdir -p "$out"
out=$(cd "$out" && pwd)
[ -z "$(ls -A "$out")" ] || { echo "$out is not empty" >&2 && exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} LC_ALL=C

# build leaves the revision out: the version is given, and an archive of the
# sources has none.
build() { # OS ARCH FILE
	CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -buildid= -X main.version=$version" -o "$3" ./cmd/otklik
}

# modules prints the modules that a binary was built from, as it tells itself:
# path and version, and first Go, whose library is inside too.
modules() { # BINARY
	go version -m "$1" | awk '
		NR == 1 { held = "std " substr($2, 3) }
		$1 == "dep" { print held; held = $2 " " $3 }
		$1 == "=>" { held = $2 " " $3 }
		END { print held }'
}

# sbom writes the modules of a binary in CycloneDX 1.5.
sbom() { # BINARY FILE
	modules "$1" | awk -v version="$version" -v at="$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" '
		function component(type, name, version, more,    purl) {
			purl = version
			gsub(/\+/, "%2B", purl)
			purl = "pkg:golang/" name "@" purl
			return sprintf("{\"bom-ref\":\"%s\",\"type\":\"%s\",\"name\":\"%s\",\"version\":\"%s\",\"purl\":\"%s\"%s}", purl, type, name, version, purl, more)
		}
		BEGIN {
			printf "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"metadata\":{\"timestamp\":\"%s\",\"component\":%s},\"components\":[", at,
				component("application", "otklik", version, ",\"licenses\":[{\"license\":{\"id\":\"Apache-2.0\"}}]")
		}
		{ printf "%s%s", comma, component("library", $1, $2); comma = "," }
		END { print "]}" }' >"$2"
}

# licenses writes the licences of Go and of a target's modules, one after another.
licenses() { # OS ARCH FILE
	printf '==== Go\n\n' >"$3"
	cat "$(go env GOROOT)/LICENSE" >>"$3"
	CGO_ENABLED=0 GOOS=$1 GOARCH=$2 go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/otklik |
		sort -u | while read -r module release folder; do
		local -a texts
		mapfile -t texts < <(find "$folder" -maxdepth 1 -type f -iregex '.*/\(licen[cs]e\|copying\|notice\)[^/]*' | sort)
		[ ${#texts[@]} -gt 0 ] || { echo "$module has no licence" >&2 && return 1; }
		printf '\n==== %s %s\n\n' "$module" "$release"
		cat "${texts[@]}"
	done >>"$3"
}

# archive packs a folder beside which it lies.
archive() { # FOLDER FILE
	tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--mode='u+rwX,go+rX,go-w' --format=ustar -cf - "$1" | gzip -n >"$2"
}

# deb packs what lies in a folder, with the unit, by packaging/nfpm.yaml.
deb() { # ARCH FOLDER FILE
	[ -x "$work/nfpm" ] || go -C tools/nfpm build -o "$work/nfpm" github.com/goreleaser/nfpm/v2/cmd/nfpm
	sed 's#/usr/local/bin/otklik#/usr/bin/otklik#' packaging/otklik.service >"$work/$2/otklik.service"
	ARCH=$1 VERSION=${version#v} TREE=$work/$2 "$work/nfpm" package --config packaging/nfpm.yaml --packager deb --target "$3" >/dev/null
}

for target; do
	os=${target%/*} arch=${target#*/} end=
	[ "$os" != windows ] || end=.exe
	name=otklik_${version}_${os}_$arch
	mkdir "$work/$name"
	build "$os" "$arch" "$work/$name/otklik$end"
	licenses "$os" "$arch" "$work/$name/THIRD-PARTY-LICENSES"
	sbom "$work/$name/otklik$end" "$out/$name.cdx.json"
	cp LICENSE NOTICE README.md CHANGELOG.md config/example.yaml "$work/$name/"
	archive "$name" "$out/$name.tar.gz"
	[ "$os" != linux ] || deb "$arch" "$name" "$out/otklik_${version#v}_$arch.deb"
	rm -r "${work:?}/$name"
done
(cd "$out" && sha256sum -- otklik_* >SHA256SUMS)
ls -l "$out"
