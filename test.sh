#!/bin/bash
# test.sh: everything that must hold before a change goes in. On Debian it installs what the tests need and is missing, if it
# may (as root, or with sudo that asks for no password); otherwise it says loudly what is not tested.
#
#   ./test.sh            all of it: format, vet, linter, fuzzing, unit, script and Wine tests
#   ./test.sh --short    no fuzzing, no Wine
#
# FUZZTIME (5s) is how long each fuzz target runs. CI=true makes a missing tool a failure.
# Every step runs, whatever failed before; the exit status is 1 if one failed. A step's output is shown if it fails.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")"

short=
case "${1:-}" in
'') ;;
--short) short=-short ;;
*) sed -n '2,/^set /p' "$0" | grep '^#' | cut -c3- >&2; exit 2 ;;
esac
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
failed=()

step() { # step NAME COMMAND...: runs it; quiet unless it fails
	local name=$1 begin=$EPOCHREALTIME
	shift
	if "$@" >"$log/out" 2>&1; then
		printf 'ok    %-28s %s\n' "$name" "$(since "$begin")"
	else
		printf 'FAIL  %-28s %s\n' "$name" "$(since "$begin")"
		cat "$log/out"
		failed+=("$name")
	fi
}

since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%6.1f s", b - a }'; }

loud() { printf '\n!!!! %s\n\n' "$*"; }

# What the tests call, and the Debian package that has it. A path stands for a file.
needed() {
	cat <<-END
		7zz 7zip
		cabextract cabextract
		gcab gcab
		openssl openssl
		osslsigncode osslsigncode
		softhsm2-util softhsm2
		pkcs11-tool opensc
		wrestool icoutils
		x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64
		i686-w64-mingw32-gcc gcc-mingw-w64-i686
	END
	[ -n "$short" ] || cat <<-END
		wine64 wine64
		wineserver wine
		/lib/ld-linux.so.2 libc6-i386
	END
}

missing() {
	local tool package
	while read -r tool package; do
		case $tool in
		/*) [ -e "$tool" ] ;;
		wine64) [ -x /usr/lib/wine/wine64 ] || command -v wine64 ;;
		*) command -v "$tool" ;;
		esac >/dev/null || echo "$package"
	done < <(needed) | sort -u
}

install_missing() {
	local packages sudo=
	packages=$(missing)
	[ -n "$packages" ] || return 0
	# shellcheck disable=SC2086
	set -- $packages
	if ! command -v apt-get >/dev/null; then
		loud "missing, and this is no Debian: $*. The tests that need them are skipped."
		return 0
	fi
	if [ "$(id -u)" != 0 ]; then
		sudo='sudo -n'
		if ! $sudo true 2>/dev/null; then
			loud "missing: $*. The tests that need them are skipped. To install them: sudo apt-get install $*"
			return 0
		fi
	fi
	step "install $# packages" apt_install "$sudo" "$@"
}

apt_install() { # apt_install SUDO PACKAGE...
	local sudo=$1
	shift
	$sudo apt-get -q update || true # one index of several may be out of step; the installation decides
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}

wine32() {
	./internal/winekit/get-wine32.sh 2>"$log/wine32" && return 0
	loud "32-bit programs are NOT TESTED: $(cat "$log/wine32")"
}

go_files() { git ls-files -co --exclude-standard '*.go' 2>/dev/null || find . -name '*.go'; }

gofmt_clean() {
	local bad
	bad=$(go_files | xargs gofmt -l)
	[ -z "$bad" ] || { echo "not as gofmt writes it:"; echo "$bad"; return 1; }
}

# on GOOS/GOARCH COMMAND...
on() {
	local target=$1
	shift
	env GOOS="${target%/*}" GOARCH="${target#*/}" CGO_ENABLED=0 "$@"
}

build_tools() {
	go build -modfile=internal/tools/go.mod -o "$tools/" gotest.tools/gotestsum honnef.co/go/tools/cmd/staticcheck
}

staticcheck() { # both systems in one run: what only one of them uses is used
	printf '%s: GOOS=%s GOARCH=amd64 CGO_ENABLED=0\n' linux linux windows windows | "$tools/staticcheck" -matrix ./...
}

fuzz() { # every fuzz target of the tree, one after the other
	local file target rc=0
	while IFS=: read -r file target; do
		echo "$file: $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-5s}" -fuzzminimizetime 5s "./${file%/*}" >"$log/fuzz" 2>&1 ||
			time_was_up "$log/fuzz" || { cat "$log/fuzz"; rc=1; }
	done < <(go_files | grep '_test\.go$' | grep -v '_windows_test\.go$' |
		xargs grep -oHE '^func Fuzz[A-Za-z0-9_]*' | sed 's/:func /:/' | sort)
	return $rc
}

# time_was_up FILE: go test failed only because the time ended while an input was in work, a race in Go before 1.27
# (go.dev/issue/75804). What fuzzing finds says "Failing input written to".
time_was_up() {
	grep -q '^ *context deadline exceeded$' "$1" && ! grep -qE 'Failing input|panic:|fatal error|_test\.go:' "$1"
}

install_missing
[ -n "$short" ] || wine32
tools=$log/tools
step "build the tools" build_tools
step "gofmt" gofmt_clean
for target in linux/amd64 windows/amd64 windows/386 windows/arm64; do
	step "vet $target" on "$target" go vet ./...
done
step "staticcheck" staticcheck
# The tag needs cgo, and a C compiler for this machine.
if command -v "${CC:-gcc}" >/dev/null; then
	step "vet -tags pkcs11" env CGO_ENABLED=1 go vet -tags pkcs11 ./sign ./builder ./cmd/...
	step "test -tags pkcs11" env CGO_ENABLED=1 go test -count=1 -tags pkcs11 -run PKCS11 ./sign ./cmd/kbforge
else
	loud "keys in PKCS #11 tokens are NOT TESTED: there is no C compiler"
fi
[ -n "$short" ] || step "fuzz ${FUZZTIME:-5s} each" fuzz

# Last, so that its summary closes the output.
if ! "$tools/gotestsum" --format pkgname-and-test-fails --format-hide-empty-pkg -- $short -timeout 30m ./...; then
	failed+=("tests")
fi
if [ ${#failed[@]} -gt 0 ]; then
	printf 'FAILED: %s\n' "${failed[@]}"
	exit 1
fi
