#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# oci: and oci-archive: destinations, where worker, coordinator and ksoctl share
# no disk: the worker sees an empty directory in place of all their files.
. "$(dirname "$0")/lib.sh"
need_arm64

registry=127.0.0.1:$(free_port)
start_registry reference "${registry#*:}" "$work/reference"
start_upstream "docker://$registry/reference"
start_coordinator coordinator

# In a mount namespace of its own, with a tmpfs over the coordinator's state.
for architecture in amd64 arm64; do
  program=$PWD/bazel-bin/worker/kso-worker
  [[ $architecture == amd64 ]] || program=$PWD/bazel-arm64-bin/worker/kso-worker
  start "worker-$architecture" unshare --mount bash -c '
    mount -t tmpfs none "$1"; shift; exec "$@"' alone "$work/coordinator-state" \
    "$program" --coordinator "$coordinator" --cache-dir "$work/cache-$architecture" \
    --name "worker-$architecture" "${allow_loopback[@]}"
  wait_until 30 worker_is_ready "worker-$architecture" || die "worker-$architecture did not come up"
done

release_to() { sed "s|^destination:.*|destination: $1|" "$work/release/release.yaml" >"$work/release/$2.yaml"; }
check "a build to a registry, to compare with" ksoctl submit -f "$work/release/release.yaml" --wait
index_digests "$registry/reference" >"$work/reference.digests"

release_to "oci:$work/result" layout
check "submit to oci: succeeds" ksoctl submit -f "$work/release/layout.yaml" --wait
release_to "oci-archive:$work/result.tar" archive
check "submit to oci-archive: succeeds" ksoctl submit -f "$work/release/archive.yaml" --wait

from() {
  local digest name
  while read -r digest name; do
    echo "$(skopeo inspect --raw "$1:$name" | sha256sum | cut -d' ' -f1) $name"
  done <"$work/reference.digests"
}
check "the layout has the same indexes as the registry" diff "$work/reference.digests" <(from "oci:$work/result")
check "the archive has the same indexes as the registry" diff "$work/reference.digests" <(from "oci-archive:$work/result.tar")
for name in kubespray-files:$release kubespray-images:$release kubespray-images:$release-all; do
  check "skopeo copies all of $name from the layout" skopeo copy -q --all \
    "oci:$work/result:$name" "dir:$work/copy"
  rm -rf "$work/copy"
  check "skopeo copies all of $name from the archive into a registry" skopeo copy -q --all --dest-tls-verify=false \
    "oci-archive:$work/result.tar:$name" "docker://$registry/loaded/$name"
done

rm -rf "$work/result"
id=$(ksoctl builds --output json | jq -r '[.builds[] | select(.destination.kind == "OCI_LAYOUT")][0].buildId')
check "ksoctl export brings it again later" ksoctl export "$id" -o "oci:$work/later"
check "and it is the same" diff "$work/reference.digests" <(from "oci:$work/later")

other=$(ksoctl builds --output json | jq -r '[.builds[] | select(.destination.kind == "OCI_ARCHIVE")][0].buildId')
check "a build that is at home is forgotten" ksoctl forget "$id"
check "and gone" fails ksoctl status "$id"
rm -rf "$work/later"
check "what another build has of its layers is there" ksoctl export "$other" -o "oci:$work/later"
check "and is the same" diff "$work/reference.digests" <(from "oci:$work/later")
finish
