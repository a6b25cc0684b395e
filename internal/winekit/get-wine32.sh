#!/bin/bash
# get-wine32.sh: gives the Wine tests a Wine that runs 32-bit programs too, in the user's cache directory.
#
# Debian's wine32:i386 needs some eighty i386 libraries of exactly the versions that are installed for amd64, and the machine
# declared a multi-architecture one; that fails whenever a mirror lags. Console programs need only libgcc of them. So this
# takes the packages wine32 and libwine of i386, of the version that is installed for amd64, and libgcc from the machine's own
# Debian mirror (apt checks the signatures), and lays them beside a copy of the 64-bit loader. The one thing it needs
# installed is libc6-i386.
set -euo pipefail
export LC_ALL=C
say() { echo "get-wine32: $*" >&2; }

made=3 # changes when what is made does

cache=${XDG_CACHE_HOME:-$HOME/.cache}/kbforge
mkdir -p "$cache/wine32"
version=$(dpkg-query -W -f '${Version}' libwine) || { say "the package libwine is not installed"; exit 1; }
root=$cache/wine32/${version//[^A-Za-z0-9.+-]/_}.$made
exec 9>"$root.lock"
flock 9
[ -e "$root" ] && exit 0
for f in /lib/ld-linux.so.2 /usr/lib/wine/wine64 /usr/lib/x86_64-linux-gnu/wine/i386-windows/zlib1.dll; do
	[ -e "$f" ] || { say "$f is missing: install libc6-i386 and wine64"; exit 1; }
done
strip=$(command -v i686-w64-mingw32-strip) || { say "install binutils-mingw-w64-i686"; exit 1; }

tmp=$(mktemp -d "$cache/wine32/making.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	awk -v r="$codename" '$2 == r && $3 == "main" && !uri { uri = $1 } END { print uri }')
[ -n "$uri" ] || { say "apt knows no repository of $codename"; exit 1; }

# An apt of its own, so that the machine does not become a multi-architecture one.
mkdir -p "$tmp"/{lists/partial,cache/archives/partial,debs}
echo "deb [arch=i386] $uri $codename main" >"$tmp/sources.list"
cat >"$tmp/apt.conf" <<END
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
Dir::State::lists "$tmp/lists";
Dir::Cache "$tmp/cache";
Dir::Etc::sourcelist "$tmp/sources.list";
Dir::Etc::sourceparts "-";
END
(
	export APT_CONFIG=$tmp/apt.conf
	cd "$tmp/debs"
	apt-get -qq update && apt-get -qq download "wine32:i386=$version" "libwine:i386=$version" libgcc-s1:i386
) >"$tmp/log" 2>&1 || { say "the mirror does not give wine32 $version for i386:"; tail -n 5 "$tmp/log" >&2; exit 1; }

new=$tmp/root
for deb in "$tmp"/debs/*.deb; do
	dpkg-deb -x "$deb" "$new"
done
cp /usr/lib/wine/wine64 /usr/lib/wine/wineserver64 "$new/usr/lib/wine/"
mkdir -p "$new/usr/lib/x86_64-linux-gnu/wine"
cp -a /usr/lib/x86_64-linux-gnu/wine/x86_64-unix "$new/usr/lib/x86_64-linux-gnu/wine/"
ln -s /usr/lib/x86_64-linux-gnu/wine/x86_64-windows "$new/usr/lib/x86_64-linux-gnu/wine/"
dlls=$new/usr/lib/i386-linux-gnu/wine/i386-windows
cp /usr/lib/x86_64-linux-gnu/wine/i386-windows/zlib1.dll "$dlls/" # Debian's libwine copies it when it is configured
find "$dlls" -name '*.a' -delete
find "$dlls" -type f -print0 | xargs -0 -n 50 "$strip" --strip-debug 2>/dev/null || true
mv "$new/lib/i386-linux-gnu/libgcc_s.so.1" "$new/usr/lib/i386-linux-gnu/" # what LD_LIBRARY_PATH will name
rm -rf "$new/lib" "$new"/usr/share/{doc,bug,lintian}

# It must run 32-bit programs, not only be there: the kernel has a say too.
"$new/usr/lib/wine/wineserver32" --version >/dev/null 2>&1 || { say "this kernel does not run 32-bit programs"; exit 1; }
mv "$new" "$root"
say "32-bit programs can be tested ($root)"
