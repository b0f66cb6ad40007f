#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Workers are stopped in each way there is, in the middle of their work: asked
# to, asked twice, killed while an image runs. Nothing is lost, nothing is left
# running, nothing is damaged, and the result is that of an undisturbed build.
. "$(dirname "$0")/lib.sh"

((EUID == 0)) || skip "only root can run images to verify them"
registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
# Slow enough to be stopped in the middle of transfers.
start_upstream "docker://$registry/disturbed" --bandwidth 600000
# One platform is enough to stop workers for.
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/arm64:/d' "$work/release/release.yaml"
start_coordinator coordinator
start submit "$ksoctl_program" submit -f "$work/release/release.yaml" --wait

# A worker whose exit status is wanted. All have the same cache.
#   begin NAME [OPTION...]
begin() {
  local name=$1
  shift
  setsid bazel-bin/worker/kso-worker --coordinator "$coordinator" --cache-dir "$work/cache" \
    --name "$name" --slots 2 "${allow_loopback[@]}" "$@" >>"$work/$name.log" 2>&1 </dev/null &
  echo $! >"$work/$name.pid"
  wait_until 30 worker_is_ready "$name" || die "worker $name did not come up"
}
pid_of() { cat "$work/$1.pid"; }
# Prints the worker's exit status, and "late" when it took longer than SECONDS
# to end.
#   exit_status_of NAME SECONDS
exit_status_of() {
  local pid status=0
  pid=$(pid_of "$1")
  wait_until "$2" fails kill -0 "$pid" || echo late
  wait "$pid" || status=$?
  rm -f "$work/$1.pid"
  echo "$status"
}
is_busy() { ksoctl workers --output json | jq -e --arg name "$1" '.workers[] | select(.info.name == $name and (.leases | length) > 0)' >/dev/null; }
making_layers() { build_json | jq -e '.progress[] | select(.phase == "LAYERS") | .done >= '"$1" >/dev/null; }

echo "# Asked to stop"
begin asked --drain-timeout 1
wait_until 60 making_layers 1 || die "the build did not get to its layers"
wait_until 20 is_busy asked || true
check "it is at work" is_busy asked
kill -TERM "$(pid_of asked)"
exit_status_of asked 8 >"$work/status"
check "it hands back what is not done, and exits with 0" same "$(cat "$work/status")" 0
check "the build goes on" same "$(build_json | jq -r .state)" RUNNING

echo "# Asked twice"
begin twice
wait_until 20 is_busy twice || true
check "it is at work" is_busy twice
kill -TERM "$(pid_of twice)"
kill -TERM "$(pid_of twice)"
exit_status_of twice 4 >"$work/status"
check "it stops at once, and exits with 1" same "$(cat "$work/status")" 1

echo "# Killed while an image runs"
begin killed
containers() { PATH=$PATH:/usr/sbin runc --root "$work/cache/runc" list -q; }
runs_an_image() { [[ -n $(containers) ]]; }
wait_until 90 runs_an_image || true
check "an image runs" runs_an_image
kill -KILL "$(pid_of killed)"
rm -f "$work/killed.pid"
check "the image does not run any more" wait_until 10 fails runs_an_image
check "no mounts are left" fails grep -q "$work/cache" /proc/mounts

begin last
ended() { build_json | jq -e '.state != "RUNNING"' >/dev/null; }
wait_until 120 ended || true
check "the build succeeds" same "$(build_json | jq -r .state)" SUCCEEDED
wait_until 20 grep -q "kubespray-images" "$work/submit.log" || true
index_digests "$registry/disturbed" >"$work/disturbed.digests"
check "nothing of the cache was found damaged" same "$(ls "$work/cache/blobs/damaged")" ""

sed "s|^destination:.*|destination: docker://$registry/quiet|" "$work/release/release.yaml" >"$work/release/quiet.yaml"
check "an undisturbed build succeeds" ksoctl submit -f "$work/release/quiet.yaml" --wait
check "both kinds of images were published" grep -q kubespray-images "$work/disturbed.digests"
check "both have the same digests" diff "$work/disturbed.digests" <(index_digests "$registry/quiet")

echo "# Its cache is pruned"
blobs_in_cache() { find "$work/cache/blobs/sha256" -type f | wc -l; }
before=$(blobs_in_cache)
check "it keeps blobs" test "$before" -gt 10
check "by age, nothing goes that was used lately" same "$(ksoctl cache prune --older-than 24h --output json | jq .freedBytes)" 0
check "by size, a part goes" test "$(ksoctl cache prune --worker last --max 1MiB --output json | jq .freedBytes)" -gt 0
is_small() { (($(ksoctl cache du --worker last --output json | jq .cacheBytes) <= 1048576)); }
check "and the worker reports so" wait_until 20 is_small
check "everything goes" ksoctl cache prune --worker last
check "and is gone" same "$(blobs_in_cache)" 0
check "a worker that is not there is named" contains "$(ksoctl cache prune --worker nobody 2>&1)" nobody

echo "# Before its coordinator"
stop coordinator
stop last
start early bazel-bin/worker/kso-worker --coordinator "$coordinator" --cache-dir "$work/cache" --name early "${allow_loopback[@]}"
knocks() { grep -q "does not answer" "$work/early.log"; }
check "a worker that comes first says what it waits for" wait_until 20 knocks
start coordinator "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" --state-dir "$work/coordinator-state" \
  "${allow_loopback[@]}"
check "and is ready soon after its coordinator comes" wait_until 6 worker_is_ready early
finish
