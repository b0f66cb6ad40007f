#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same release from nothing gives the same index digests: twice in a row, and
# with all tasks on the amd64 or on the arm64 worker alone. So it does with zstd.
. "$(dirname "$0")/lib.sh"
need_arm64

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/none"

# With layers of the type $layers, if it is set.
#   build_at PATH WORKER...   where WORKER is NAME:ARCHITECTURE[:OPTIONS]
build_at() {
  local path=$1 worker name architecture options
  shift
  sed "s|^destination:.*|destination: docker://$registry/$path|" \
    "$work/release/release.yaml" >"$work/release/$path.yaml"
  [[ -z ${layers:-} ]] || echo "layers: {mediaType: $layers}" >>"$work/release/$path.yaml"
  start_coordinator "coordinator-$path"
  for worker in "$@"; do
    IFS=: read -r name architecture options <<<"$worker"
    # shellcheck disable=SC2086  # options are words
    start_worker "$path-$name" "$architecture" $options
    wait_until 30 worker_is_ready "$path-$name" || die "$path-$name did not come up"
  done
  check "the build at $path succeeds" ksoctl submit -f "$work/release/$path.yaml" --wait
  ran_on=$(build_json | jq -r '[.verifications[] | "\(.platform.architecture) on \(.worker)"] | unique | join(", ")')
  for worker in "$@"; do stop "$path-${worker%%:*}"; done
  stop "coordinator-$path"
}

both="--platform linux/amd64 --platform linux/arm64"
build_at first a:amd64 b:arm64
index_digests "$registry/first" >"$work/first.digests"
check "there are six tags" same "$(wc -l <"$work/first.digests")" 6

build_at second a:amd64 b:arm64
check "a second build from nothing has the same digests" \
  diff "$work/first.digests" <(index_digests "$registry/second")
# The evidence about all three images at a registry, without the part of a
# provenance that tells of the very run: who made what.
evidence_at() {
  local image
  for image in "kubespray-files:$release" "kubespray-images:$release" "kubespray-images:$release-all"; do
    evidence_of "$1/$image" application/spdx+json
    evidence_of "$1/$image" text/markdown
    evidence_of "$1/$image" application/vnd.in-toto+json | jq 'del(.predicate.runDetails.byproducts)'
  done
}
evidence_at "$registry/first" >"$work/first.evidence"
check "there is evidence about three images" same "$(grep -c '"predicateType": "https://slsa.dev/provenance/v1"' "$work/first.evidence")" 3
check "and it is the same, too" diff "$work/first.evidence" <(evidence_at "$registry/second")
makers_of "$registry/first/kubespray-images:$release-all" >"$work/makers"
check "its provenance names who made the layers" test -s "$work/makers"
check "where, and whether natively" same \
  "$(grep -vxE "first-a linux/amd64 $(runs_natively amd64)|first-b linux/arm64 $(runs_natively arm64)" "$work/makers" || true)" ""

build_at third "alone:amd64:$both"
check "the evidence is the same from an amd64 worker alone" diff "$work/first.evidence" <(evidence_at "$registry/third")
check "but for its name" same "$(makers_of "$registry/third/kubespray-files:$release")" "third-alone linux/amd64 $(runs_natively amd64)"
check "the amd64 worker alone did all of the third" same "$ran_on" "amd64 on third-alone, arm64 on third-alone"
check "and it has the same digests" diff "$work/first.digests" <(index_digests "$registry/third")

build_at fourth "alone:arm64:--platform linux/arm64 --platform linux/amd64"
check "the arm64 worker alone did all of the fourth" same "$ran_on" "amd64 on fourth-alone, arm64 on fourth-alone"
check "and it has the same digests" diff "$work/first.digests" <(index_digests "$registry/fourth")
check "and the same evidence" diff "$work/first.evidence" <(evidence_at "$registry/fourth")
check "which says that it was emulated, where it was" same \
  "$(makers_of "$registry/fourth/kubespray-files:$release")" "fourth-alone linux/arm64 $(runs_natively arm64)"

layers=application/vnd.oci.image.layer.v1.tar+zstd
build_at zstd-first "alone:amd64:$both"
build_at zstd-second "alone:arm64:--platform linux/arm64 --platform linux/amd64"
check "with zstd, both have the same digests, too" diff \
  <(index_digests "$registry/zstd-first") <(index_digests "$registry/zstd-second")
image=$registry/zstd-first/kubespray-images
skopeo copy -q --src-tls-verify=false "docker://$image:latest" "dir:$work/zstd"
zstd_layers() { jq -r --arg type "$layers" '.layers[] | select(.mediaType == $type).digest' "$work/zstd/manifest.json"; }
check "skopeo finds layers of that type" test -n "$(zstd_layers)"
# shellcheck disable=SC2046  # The names of layers have no spaces.
check "zstd reads them all" zstd -q -t $(zstd_layers | sed "s|^sha256:|$work/zstd/|")
check "skopeo decompresses them" skopeo copy -q --src-tls-verify=false --dest-decompress \
  "docker://$image:latest" "dir:$work/tars"
check "tar reads one" tar -t --zstd -f "$work/zstd/$(zstd_layers | tail -n 1 | cut -d: -f2)"
finish
