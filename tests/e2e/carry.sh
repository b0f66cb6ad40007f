#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Carrying a release across the gap: exported to an archive or its parts, cut
# off, damaged, built on, and loaded inside, judged by sha256sum, cat, tar,
# skopeo and docker-registry.
. "$(dirname "$0")/lib.sh"
next=v0.1.1-2.25.1

outside=127.0.0.1:$(free_port)
start_registry outside "${outside#*:}" "$work/outside"
inside=127.0.0.1:$(free_port)
start_registry inside "${inside#*:}" "$work/inside"
start_upstream "docker://$outside/team"
start_coordinator coordinator
# One worker makes it all: the evidence names who made what.
start_worker worker amd64 --platform linux/amd64 --platform linux/arm64
wait_until 30 worker_is_ready worker || skip "arm64 images do not run here: no binfmt_misc with qemu"

# The next release: other names in the lists, so some layers change.
cp -r "$work/release" "$work/next"
sed -i "s|^name:.*|name: $next|" "$work/next/release.yaml"
sed -i '/crictl/d' "$work"/next/files-*.list "$work"/next/*.sha256
sed -i '/pause:3.9/d' "$work/next/images.list"
cp "$work/release/release.yaml" "$work/release/layout.yaml"
sed -i "s|^destination:.*|destination: oci:$work/layout|" "$work/release/layout.yaml"
check "a build to a registry" ksoctl submit -f "$work/release/release.yaml" --wait
ksoctl builds --output json | jq -r '.builds[0].buildId' >"$work/first"
check "the same to a directory" ksoctl submit -f "$work/release/layout.yaml" --wait
layout=$(ksoctl builds --output json | jq -r '.builds[0].buildId')
check "the next release" ksoctl submit -f "$work/next/release.yaml" --wait
first=$(cat "$work/first")
index_digests "$outside/team" >"$work/all.digests"
# "latest" has moved on since.
grep -v "$next\|latest" "$work/all.digests" >"$work/first.digests"
grep "$next" "$work/all.digests" >"$work/next.digests"
check "both are there" test -s "$work/first.digests" -a -s "$work/next.digests"

mkdir "$work/out"
out=$work/out
size() { stat -c %s "$1"; }
digests_of() { index_digests "$1" | grep -F -- "$2" | grep -v latest; }
in_archive() {
  local digest name
  while read -r digest name; do
    echo "$(skopeo inspect --raw "oci-archive:$1:$name" | sha256sum | cut -d' ' -f1) $name"
  done <"$2"
}

echo "# A full archive"
check "export from the registry" ksoctl export "$first" -o "$out/full.tar"
check "its checksum is right" bash -c "cd $out && sha256sum --strict -c full.tar.sha256"
check "tar lists it" bash -c "tar -tf $out/full.tar | grep -qx index.json"
check "skopeo finds the same indexes" diff "$work/first.digests" <(in_archive "$out/full.tar" "$work/first.digests")
check "skopeo copies all of it" skopeo copy -q --all --dest-tls-verify=false \
  "oci-archive:$out/full.tar:kubespray-images:$release-all" "docker://$inside/skopeo/kubespray-images:$release-all"
podman_here() { podman --root "$work/podman" --runroot "$work/podman-run" --storage-driver overlay "$@"; }
if podman_here info >"$work/podman.info" 2>&1; then
  check "podman load takes it" podman_here load -q -i "$out/full.tar"
  check "with a name for each platform" same \
    "$(podman_here images --format '{{.Repository}}:{{.Tag}}' | grep -c -- "^localhost/kubespray-.*-a[mr][dm]64$")" \
    $((2 * $(tar -xOf "$out/full.tar" index.json | jq '[.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] | contains(":sha256-") | not)] | length')))
  check "podman pulls one image of it" podman_here pull -q "oci-archive:$out/full.tar:kubespray-files:$release"
  podman_here rmi -af >/dev/null 2>&1 || true
  rm -rf "$work/podman" "$work/podman-run"
else
  echo "podman cannot keep images here, so it was not tried: $(tail -n 1 "$work/podman.info")"
fi
check "export from the coordinator's store" ksoctl export "$layout" -o "$out/layout.tar"
check "gives the same bytes" cmp "$out/full.tar" "$out/layout.tar"
check "export to a directory from the registry" ksoctl export "$first" -o "oci:$work/again"
check "and skopeo reads that" skopeo inspect --raw "oci:$work/again:kubespray-files:$release"
rm -rf "$work/again" "$out"/layout.tar*

echo "# Parts"
part=$(($(size "$out/full.tar") / 5 + 1000))
check "export in parts" ksoctl export "$first" -o "$out/parts.tar" --split "$part"
check "there are five" same "$(find "$out" -name "parts.tar.[0-9]*" | wc -l)" 5
check "cat joins them" bash -c "cat $out/parts.tar.[0-9]* | cmp - $out/full.tar"
check "sha256sum checks them" bash -c "cd $out && sha256sum --strict -c parts.tar.sha256"
check "too small a size is refused" fails ksoctl export "$first" -o "$out/x.tar" --split 1KiB

echo "# Interrupted"
# The kernel ends the process at that size of a file.
killed_at() { (ulimit -f "$1" -c 0; shift; "$ksoctl_program" "$@") >/dev/null 2>&1; }
check "an export that is killed" fails killed_at $(($(size "$out/full.tar") / 2048)) export "$first" -o "$out/cut.tar"
check "leaves half an archive" test -s "$out/cut.tar.partial" -a ! -e "$out/cut.tar"
inode=$(stat -c %i "$out/cut.tar.partial")
check "the same command goes on" ksoctl export "$first" -o "$out/cut.tar"
check "in the same file" same "$(stat -c %i "$out/cut.tar")" "$inode"
check "to the same bytes" cmp "$out/cut.tar" "$out/full.tar"
check "and leaves nothing else" same "$(cd "$out" && echo cut.tar*)" "cut.tar cut.tar.sha256"
check "once more" ksoctl export "$first" -o "$out/cut.tar"
check "changes nothing" same "$(stat -c %i "$out/cut.tar")" "$inode"
printf X | dd of="$out/cut.tar" bs=1 seek=$(($(size "$out/cut.tar") / 2)) conv=notrunc status=none
check "a damaged archive is mended" ksoctl export "$first" -o "$out/cut.tar"
check "to the same bytes again" cmp "$out/cut.tar" "$out/full.tar"
rm -f "$out"/cut.tar*

echo "# Only what changed"
check "export since a build" ksoctl export "$next" -o "$out/delta.tar" --since "$first"
check "export since an archive" ksoctl export "$next" -o "$out/other.tar" --since "$out/full.tar.sha256"
check "gives the same bytes" cmp "$out/delta.tar" "$out/other.tar"
check "which are far fewer" test "$(size "$out/delta.tar")" -lt $(($(size "$out/full.tar") / 2))
blobs() { tar -tf "$1" | grep '^blobs/.*/.' | grep -v '/$' | sort; }
check "none is in the base" same "$(comm -12 <(blobs "$out/full.tar") <(blobs "$out/delta.tar"))" ""

echo "# Inside, where there is no coordinator"
stop coordinator
unset KSO_COORDINATOR
exit_status() { local status=0; "$@" >"$work/output" 2>&1 || status=$?; echo "$status"; }
check "what changed is refused without its base" same \
  "$(exit_status ksoctl load "$out/delta.tar" "docker://$inside/team")" 2
check "which is named" grep -q "kubespray-files:$release" "$work/output"
check "and nothing is there" fails tags_of "$inside/team" kubespray-files
cp "$out/parts.tar.003" "$work/good"
printf X | dd of="$out/parts.tar.003" bs=1 seek=$((part / 2)) conv=notrunc status=none
check "sha256sum finds a damaged part" fails bash -c "cd $out && sha256sum -c parts.tar.sha256"
check "load refuses it" same "$(exit_status ksoctl load "$out"/parts.tar.[0-9]* "docker://$inside/team")" 1
check "and names it" grep -q "parts.tar.003" "$work/output"
check "no tag is there" fails tags_of "$inside/team" kubespray-files
cp "$work/good" "$out/parts.tar.003"
check "a missing part is refused" same \
  "$(exit_status ksoctl load "$out"/parts.tar.00[0-24-9] "docker://$inside/team")" 2
check "and named" grep -q "parts.tar.003" "$work/output"
{ timeout -s KILL 0.3 "$ksoctl_program" load "$out"/parts.tar.[0-9]* "docker://$inside/team"; } >/dev/null 2>&1 || true
check "load goes on after kill -9" ksoctl load "$out"/parts.tar.[0-9]* "docker://$inside/team"
check "the parts are in the registry" diff "$work/first.digests" <(digests_of "$inside/team" "$release")
pushed() { ksoctl load "$@" --output json | jq .bytesPushed; }
check "a second load moves nothing" same "$(pushed "$out/full.tar" "docker://$inside/team")" 0
check "now what changed is taken" same "$(exit_status ksoctl load "$out/delta.tar" "docker://$inside/team")" 0
check "and is in the registry" diff "$work/next.digests" <(digests_of "$inside/team" "$next")
for image in "kubespray-files:$next" "kubespray-images:$next-all"; do
  check "ksoctl verify $image" ksoctl verify --level static "$inside/team/$image"
  check "skopeo copies $image" skopeo copy -q --all --src-tls-verify=false "docker://$inside/team/$image" "dir:$work/copy"
  rm -rf "$work/copy"
done
check "ksoctl verify takes what changed for no release" same "$(exit_status ksoctl verify "$out/delta.tar")" 2
check "and says what it builds on" grep -q "only what changed since" "$work/output"
check "skopeo does not take a part for the whole" fails skopeo copy -q --all \
  "oci-archive:$out/delta.tar:kubespray-files:$next" "dir:$work/copy"
finish
