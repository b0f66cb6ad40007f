#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A worker is killed in the middle of a build, and the coordinator is lost and
# restored from a backup. The build does not fail, and its result is that of an
# undisturbed one.
. "$(dirname "$0")/lib.sh"
need_arm64

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/disturbed"
start_coordinator coordinator
# Alone, slow and with one slot, so that the build is sure to be in its middle.
start_worker victim arm64 --slots 1
wait_until 30 worker_is_ready victim || die "the worker did not come up"
start submit "$ksoctl_program" submit -f "$work/release/release.yaml" --wait

making_layers() {
  build_json | jq -e '.progress[] | select(.phase == "LAYERS") | .done >= 2 and .done < .total' >/dev/null
}
wait_until 120 making_layers || die "the build did not get to its layers"
kill -KILL "$(cat "$work/victim.pid")"
check "the worker was killed in the middle of the layers" making_layers
check "the build goes on" same "$(build_json | jq -r .state)" RUNNING

# The coordinator's machine is lost, too, after a backup.
check "a backup is made while the farm works" ksoctl backup "$work/farm.tar"
stop coordinator KILL
rm -rf "$work/coordinator-state"
mkdir "$work/restored"
tar -C "$work/restored" -xf "$work/farm.tar"
start restored "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
  --state-dir "$work/restored" "${allow_loopback[@]}"
wait_until 20 ksoctl builds || die "the coordinator did not start from the backup"
check "the build goes on from the backup" same "$(build_json | jq -r .state)" RUNNING

start_worker worker-amd64 amd64
start_worker worker-arm64 arm64
ended() { build_json | jq -e '.state != "RUNNING"' >/dev/null; }
wait_until 240 ended || true
check "the build succeeds with the other workers" same "$(build_json | jq -r .state)" SUCCEEDED
wait_until 20 grep -q "kubespray-images" "$work/submit.log" || true
check "the client that watched was told so" grep -q "sha256:" "$work/submit.log"
check "the log names the lost worker" contains "$(ksoctl logs "$(build_json | jq -r .buildId)")" victim
check "the worker is shown as lost" contains "$(ksoctl workers --output json)" LOST
index_digests "$registry/disturbed" >"$work/disturbed.digests"

sed "s|^destination:.*|destination: docker://$registry/quiet|" "$work/release/release.yaml" >"$work/release/quiet.yaml"
check "an undisturbed build succeeds" ksoctl submit -f "$work/release/quiet.yaml" --wait
check "both have the same digests" diff "$work/disturbed.digests" <(index_digests "$registry/quiet")
finish
