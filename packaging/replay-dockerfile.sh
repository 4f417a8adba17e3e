#!/usr/bin/env bash
# Replays the Dockerfile where no container engine is to be had: every COPY,
# RUN, USER and HEALTHCHECK, in roots of their own under a temporary folder.
# It shows that the instructions work together: that the build needs nothing
# that .dockerignore keeps out, and that the binary runs alone in an empty root
# as the unprivileged user.
#
#   packaging/replay-dockerfile.sh [ARGUMENT...]    what to run at the end (default: version)
#
# What it does not show: that the base images can be pulled and are as assumed
# (the build stage borrows this machine's system and Go instead), layers,
# caching, the engine's network and its limits. It needs root, for chroot and
# mounts, which live in a mount namespace of their own and end with it.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
	printf 'replay-dockerfile: %s\n' "$*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail 'run it as root'
if [ "${REPLAY_INSIDE-}" != yes ]; then
	top=$(mktemp -d)
	trap 'rm -rf "$top"' EXIT
	REPLAY_INSIDE=yes REPLAY_TOP=$top unshare --mount --propagation private "${BASH_SOURCE[0]}" "$@"
	exit
fi

top=$REPLAY_TOP
cd "$repo"

# copy_context fills $top/context as the engine would: the checkout without
# what .dockerignore names (patterns of the kinds used there: a name at the
# root, **/name at any depth).
copy_context() {
	local pattern
	local -a excludes=()
	while read -r pattern; do
		case $pattern in
		'' | '#'*) ;;
		'**/'*) excludes+=(--exclude="${pattern#\*\*/}") ;;
		*) excludes+=(--exclude="./$pattern") ;;
		esac
	done <.dockerignore
	mkdir "$top/context"
	tar -C "$repo" --no-wildcards-match-slash "${excludes[@]}" -cf - . | tar -C "$top/context" -xf -
}

# borrow_system lays this machine's system under the root of a stage, so that
# what the stage writes stays in the temporary folder.
borrow_system() {
	mkdir "$1.work"
	mount -t tmpfs -o size=4g tmpfs "$1.work"
	mkdir "$1.work/upper" "$1.work/work"
	mount -t overlay overlay -o "lowerdir=/,upperdir=$1.work/upper,workdir=$1.work/work" "$1"
	mount -t proc proc "$1/proc"
	mount --rbind /dev "$1/dev"
	rm -rf "$1/src" "$1/out"
}

# from IMAGE [AS NAME] begins a stage.
from() {
	stage=${3:-final} dir=/ user=0:0 healthcheck=() entrypoint=() command=()
	mkdir -p "$top/$stage"
	[ "$1" = scratch ] || borrow_system "$top/$stage"
}

# copy [--from=STAGE] [--chown=USER:GROUP] SOURCE... TARGET
copy() {
	local origin=$top/context owner=0:0 target source
	while [[ $1 == --* ]]; do
		case $1 in
		--from=*) origin=$top/${1#--from=} ;;
		--chown=*) owner=${1#--chown=} ;;
		*) fail "COPY $1 is not known here" ;;
		esac
		shift
	done
	target=${*: -1}
	[[ $target == /* ]] || target=$dir/$target
	for source in "${@:1:$#-1}"; do
		place "$origin/$source" "$top/$stage/$target" "$owner"
	done
}

# place SOURCE TARGET OWNER copies a file to a name or into a folder ending in
# "/", and a folder's content to a folder.
place() {
	if [ -d "$1" ]; then
		mkdir -p "$2"
		cp -R "$1/." "$2/"
		chown -R "$3" "$2"
		return
	fi
	if [[ $2 == */ ]]; then mkdir -p "$2"; else mkdir -p "$(dirname "$2")"; fi
	cp -L "$1" "$2"
	[ -d "$2" ] || chown "$3" "$2"
}

# in_stage COMMAND... runs a command in the root of the stage as its user. The
# module cache of this machine, in the overlay, stands for the network's.
in_stage() {
	chroot --userspec="$user" "$top/$stage" "$@"
}

# json_words '["a", "b"]' sets the array $words.
json_words() {
	local text=${1#[}
	text=${text%]}
	words=()
	while [[ $text =~ ^[[:space:],]*\"([^\"]*)\"(.*)$ ]]; do
		words+=("${BASH_REMATCH[1]}")
		text=${BASH_REMATCH[2]}
	done
}

run_instruction() {
	local name=$1 rest=$2
	printf '> %s %s\n' "$name" "$rest"
	case $name in
	FROM) read -ra words <<<"$rest" && from "${words[@]}" ;;
	WORKDIR) dir=$rest && mkdir -p "$top/$stage/$dir" ;;
	COPY) read -ra words <<<"$rest" && copy "${words[@]}" ;;
	ARG) export "${rest?}" ;;
	RUN) in_stage /bin/sh -c "cd $dir && PATH=$PATH && $rest" ;;
	USER) user=$rest ;;
	HEALTHCHECK) json_words "${rest#*CMD }" && healthcheck=("${words[@]}") ;;
	ENTRYPOINT) json_words "$rest" && entrypoint=("${words[@]}") ;;
	CMD) json_words "$rest" && command=("${words[@]}") ;;
	VOLUME | EXPOSE) ;;
	*) fail "$name is not known here" ;;
	esac
}

replay() {
	local line name rest
	while IFS= read -r line || [ -n "$line" ]; do
		[[ $line =~ ^[[:space:]]*(#.*)?$ ]] && continue
		read -r name rest <<<"$line"
		run_instruction "$name" "$rest"
	done <"$repo/Dockerfile"
}

copy_context
replay
if [ ${#entrypoint[@]} = 0 ] || [ ${#command[@]} = 0 ]; then
	fail 'the Dockerfile names no entry point or no command'
fi
if [ $# = 0 ]; then set -- version; fi
echo "= as $user in an empty root: ${entrypoint[*]} $*"
in_stage "${entrypoint[@]}" "$@"

# Nothing listens here, so that the health check must fail, by its own word
# and not for want of a file.
echo "= health check: ${healthcheck[*]}"
if in_stage "${healthcheck[@]}" >"$top/health" 2>&1; then
	fail 'the health check passes although nothing runs'
fi
cat "$top/health"
grep -q 'connection refused' "$top/health" || fail 'the health check failed for another reason'
echo "= the image holds:"
(cd "$top/final" && find . -type f -printf '%s\t%u:%g\t%p\n')
