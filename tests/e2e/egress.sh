#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The farm is nobody's proxy: what a release names is fetched only where the
# operator allows the address, whatever names it, and a flood of builds ends.
. "$(dirname "$0")/lib.sh"

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/team"
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/^    arm64: /d' "$work/release/release.yaml"

# A coordinator, which lets one identity have three builds, and a worker with
# these flags, in place of those before.
#   farm NAME [OPTION...]
farm() {
  local name=$1
  shift
  coordinator=127.0.0.1:$(free_port)
  export KSO_COORDINATOR=$coordinator
  start "$name" "$coordinator_program" --listen "$coordinator" --http-listen '' --state-dir "$work/$name-state" \
    --most-builds 3 "$@"
  wait_until 20 ksoctl builds || die "the coordinator did not start"
  start "$name-worker" bazel-bin/worker/kso-worker --coordinator "$coordinator" \
    --cache-dir "$work/$name-cache" --name "$name-worker" "$@"
  wait_until 30 worker_is_ready "$name-worker" || die "the worker did not come up"
}
plan() { local status=0; timeout 120 "$ksoctl_program" plan -f "$1" >"$work/output" 2>&1 || status=$?; echo "$status"; }
# A release of one file.
#   release_of URL NAME
release_of() {
  mkdir -p "$work/$2"
  echo "$1" >"$work/$2/files.list"
  sed -e '/^mirrors:/,$d' -e 's|^    amd64: .*|    amd64: files.list|' -e '/checksums:/,+1d' \
    "$work/release/release.yaml" >"$work/$2/release.yaml"
  sed -n '/^mirrors:/,$p' "$work/release/release.yaml" >>"$work/$2/release.yaml"
  cp "$work/release/images.list" "$work/$2/"
}

echo "# A farm that was told of no private address"
farm strict
check "fetches nothing from one" same "$(plan "$work/release/release.yaml")" 1
check "and says which flag would allow it" grep -q -- "--allow-private 127.0.0.1/32" "$work/output"
for url in http://169.254.169.254/latest/meta-data http://10.255.255.1/x http://localhost:1/x; do
  release_of "$url" one
  check "$url is refused" same "$(plan "$work/one/release.yaml")" 1
  check "  before it is asked" grep -q "refused" "$work/output"
done

echo "# A farm that was told of its own network"
farm told "${allow_loopback[@]}"
check "builds" same "$(plan "$work/release/release.yaml")" 0
release_of http://169.254.169.254/latest/meta-data one
check "fetches from no other all the same" same "$(plan "$work/one/release.yaml")" 1
check "and says so" grep -q "refused" "$work/output"

echo "# A proxy is no way around"
stop told-worker
start told-worker env http_proxy=http://127.0.0.1:9 bazel-bin/worker/kso-worker --coordinator "$coordinator" \
  --cache-dir "$work/told-cache" --name told-worker "${allow_loopback[@]}"
wait_until 30 worker_is_ready told-worker || die "the worker did not come up"
check "an address behind it" same "$(plan "$work/one/release.yaml")" 1
check "is refused, not asked for" grep -q "refused" "$work/output"

echo "# A flood"
stop told-worker
for i in 1 2 3; do
  sed "s|^name:.*|name: v$i|" "$work/release/release.yaml" >"$work/release/flood.yaml"
  check "build $i of one identity" ksoctl submit -f "$work/release/flood.yaml" --id "flood-$i"
done
sed "s|^name:.*|name: v4|" "$work/release/release.yaml" >"$work/release/flood.yaml"
check "one more than it may have" fails ksoctl submit -f "$work/release/flood.yaml" --id flood-4
check "is refused in words" grep -q "as many as one" <(ksoctl submit -f "$work/release/flood.yaml" --id flood-4 2>&1 || true)
check "one less, and it is taken" ksoctl cancel flood-1
check "  now" ksoctl submit -f "$work/release/flood.yaml" --id flood-4
finish
