#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The artifacts of deploy/package, used on empty machines: packages are installed,
# upgraded, removed and purged; an archive runs with glibc alone, one that Debian 12
# made on Debian 13, too; the images run without root.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v mmdebstrap >/dev/null || skip "mmdebstrap is missing"
[[ $EUID == 0 ]] || skip "only root can make the root of an empty machine"

dist=$work/dist
deploy/package --out "$dist" >"$work/package.log" 2>&1 || { tail -n 30 "$work/package.log"; die "deploy/package failed"; }
cp -r "$dist" "$work/first"
version=$(sed -n 's/.*kVersion = "\(.*\)";/\1/p' common/base/version.h)

check "the sums are right" bash -c "cd '$dist' && sha256sum -c --quiet SHA256SUMS"
for program in kso-coordinator kso-worker ksoctl; do
  for architecture in amd64 arm64; do
    package=$(echo "$dist/${program}_"*"_$architecture.deb")
    check "$program for $architecture says so" \
      same "$(dpkg-deb -f "$package" Package Architecture | xargs)" \
      "Package: $program Architecture: $architecture"
  done
done
if command -v lintian >/dev/null; then
  check "lintian finds no error" lintian --fail-on error --suppress-tags bogus-mail-host "$dist"/*.deb
fi
for sbom in "$dist"/*.spdx.json; do
  check "$(basename "$sbom") names packages" \
    jq -e '.spdxVersion == "SPDX-2.3" and (.packages | length > 5) and
           ([.packages[].SPDXID] | length == (unique | length))' "$sbom"
done

# An empty machine of a release of Debian.
#   make_root SUITE
make_root() {
  local sources file
  file=$(debian_sources)
  if [[ $file ]]; then
    sources=$work/$1.${file##*.}
    sed "s/\b$(debian_suite)\b/$1/g" "$file" >"$sources"
  fi
  mmdebstrap --quiet --variant=minbase "$1" "$work/$1" ${sources:+"$sources"} >"$work/$1.log" 2>&1 ||
    { tail -n 20 "$work/$1.log"; die "no root of $1 could be made"; }
  cp /etc/resolv.conf /etc/hosts "$work/$1/etc/" 2>/dev/null || true
  cp /etc/apt/apt.conf.d/99* "$work/$1/etc/apt/apt.conf.d/" 2>/dev/null || true
  printf '#!/bin/sh\nexit 101\n' >"$work/$1/usr/sbin/policy-rc.d"
  chmod 755 "$work/$1/usr/sbin/policy-rc.d"
}
# Runs a command in such a root, with /proc and processes of its own.
#   in_root SUITE COMMAND [ARG...]
in_root() {
  local root=$work/$1
  shift
  unshare --mount --pid --fork bash -c '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"' bash "$root" "$@"
}

suite=$(debian_suite)
make_root "$suite"
mkdir "$work/$suite/dist"
cp "$dist"/*_amd64.deb "$work/$suite/dist/"
check "the packages install on an empty $suite" in_root "$suite" \
  bash -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends /dist/*.deb'
check "the programs run" in_root "$suite" \
  bash -c 'ksoctl --help >/dev/null && kso-coordinator --version && kso-worker --version'
check "the users are there" in_root "$suite" id kso-coordinator
check "the worker's too" in_root "$suite" id kso-worker
check "the units are there" test -s "$work/$suite/usr/lib/systemd/system/kso-coordinator.service"
check "man pages are there" test -s "$work/$suite/usr/share/man/man1/ksoctl.1.gz" -a \
  -s "$work/$suite/usr/share/man/man8/kso-worker.8.gz"
check "so are completions for three shells" test -s "$work/$suite/usr/share/bash-completion/completions/ksoctl" -a \
  -s "$work/$suite/usr/share/zsh/vendor-completions/_ksoctl" -a \
  -s "$work/$suite/usr/share/fish/vendor_completions.d/ksoctl.fish"
check "a farm runs as its user" in_root "$suite" bash -c '
  install -d -m 700 -o kso-coordinator /var/lib/kso-coordinator
  setpriv --reuid kso-coordinator --clear-groups kso-coordinator \
    --state-dir /var/lib/kso-coordinator --listen 127.0.0.1:17070 --http-listen 127.0.0.1:17071 &
  for i in $(seq 50); do ksoctl --coordinator 127.0.0.1:17070 builds && break; sleep 0.2; done
  ksoctl --coordinator 127.0.0.1:17070 version'
# The commands of the page, which stop and start the unit: here the test does that.
awk '/^To restore it/ { wanted = 1 } wanted && /^```sh$/ { inside = 1; next } wanted && /^```$/ { exit } inside' \
  docs/operating.md >"$work/$suite/dist/restore.sh"
check "the page says how a backup is restored" grep -q '^mv /var/lib/kso-coordinator ' "$work/$suite/dist/restore.sh"
check "a backup of a running farm is restored as the page says" in_root "$suite" bash -euc '
  systemctl() { echo "systemctl $*"; }
  farm() {
    setpriv --reuid kso-coordinator --clear-groups kso-coordinator \
      --state-dir /var/lib/kso-coordinator --listen 127.0.0.1:17070 --http-listen 127.0.0.1:17071 &
    pid=$!
    for i in $(seq 50); do ksoctl --coordinator 127.0.0.1:17070 builds && break; sleep 0.2; done
  }
  farm
  export KSO_TOKEN=$(ksoctl -q --coordinator 127.0.0.1:17070 tokens create operator --role admin)
  mkdir -p /srv/backup
  ksoctl --coordinator 127.0.0.1:17070 backup /srv/backup
  kill "$pid" && wait "$pid" || true
  mv /srv/backup/kso-backup-*.tar /srv/backup/kso-backup-20260131-120000.tar
  . /dist/restore.sh
  farm
  ksoctl --coordinator 127.0.0.1:17070 tokens ls | grep operator
  kill "$pid" && wait "$pid" || true'
echo '# changed by the operator' >>"$work/$suite/etc/default/kso-worker"
for package in kso-coordinator kso-worker ksoctl; do
  mkdir "$work/next"
  dpkg-deb -R "$(echo "$dist/${package}_"*_amd64.deb)" "$work/next"
  sed -i "s/^Version: .*/&.1/" "$work/next/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$work/next" "$work/$suite/dist/next-$package.deb" >/dev/null
  rm -rf "$work/next"
done
check "an upgrade keeps what the operator changed" in_root "$suite" \
  bash -c 'dpkg -i /dist/next-*.deb && grep -q "changed by the operator" /etc/default/kso-worker'
check "a removal keeps state and settings" in_root "$suite" \
  bash -c 'apt-get remove -y -qq kso-coordinator kso-worker && test -s /etc/default/kso-worker && test -d /var/lib/kso-coordinator'
check "a purge takes them" in_root "$suite" \
  bash -c 'apt-get purge -y -qq kso-coordinator kso-worker && test ! -e /etc/default/kso-worker && test ! -e /var/lib/kso-coordinator'

# An archive runs with the glibc that it was built with, or a newer one.
for other in bookworm trixie; do
  [[ $other == bookworm && $suite != bookworm ]] && continue
  [[ -d $work/$other ]] || make_root "$other"
  rm -rf "$work/$other/opt/kso"
  mkdir -p "$work/$other/opt/kso"
  tar -xzf "$dist/kso-$version-linux-amd64.tar.gz" -C "$work/$other/opt/kso" --strip-components=1
  check "the archive runs on an empty $other" in_root "$other" bash -c '
    /opt/kso/bin/ksoctl --help >/dev/null && /opt/kso/bin/kso-coordinator --version &&
    /opt/kso/bin/kso-worker --version && mv /opt/kso /srv/moved && /srv/moved/bin/kso-worker --version'
done
mkdir "$work/arm64"
tar -xzf "$dist/kso-$version-linux-arm64.tar.gz" -C "$work/arm64" --strip-components=1
check "the arm64 archive has arm64 programs" bash -c \
  "readelf -h '$work'/arm64/bin/* '$work'/arm64/lib/kso/* | grep -c 'Machine: *AArch64' | grep -vqx 0 &&
   ! readelf -h '$work'/arm64/bin/* '$work'/arm64/lib/kso/* | grep -q 'Machine: *Advanced Micro'"

mkdir "$work/layout"
tar -xf "$dist/kso-$version-images.tar" -C "$work/layout"
for program in kso-coordinator kso-worker ksoctl; do
  check "skopeo reads the image of $program for both architectures" bash -c "
    for a in amd64 arm64; do
      skopeo inspect --override-arch \$a 'oci:$work/layout:$program:$version' | jq -e --arg a \$a '.Architecture == \$a'
    done"
done
check "the image of kso-worker runs, and not as root" bash -c "
  skopeo copy -q --override-arch amd64 'oci:$work/layout:kso-worker:$version' 'oci:$work/one:x' &&
  umoci unpack --image '$work/one:x' '$work/bundle' >/dev/null &&
  jq -e '.process.user.uid == 65532' '$work/bundle/config.json' &&
  chroot --userspec 65532:65532 '$work/bundle/rootfs' /usr/bin/kso-worker --version"
size=$(stat -c %s "$dist/kso-$version-images.tar")
check "the six images take less than 200 MB together" test "$size" -lt 200000000

deploy/package --out "$dist" archive image >"$work/again.log" 2>&1 || true
check "the same sources give the same bytes" bash -c \
  "cd '$dist' && for f in *.tar *.tar.gz; do cmp \"\$f\" '$work/first/'\"\$f\" || exit 1; done"
finish
