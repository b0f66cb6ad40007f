#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A worker that packs other bytes than it says is found before there is a tag,
# is given nothing more, and what it made is made again by another. A worker that
# an operator does not trust is forgotten with all that it made.
# Functions are named to check and wait_until.
# shellcheck disable=SC2317
. "$(dirname "$0")/lib.sh"

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/team"
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/^    arm64: /d' "$work/release/release.yaml"
start_coordinator coordinator

exit_status() { local status=0; "$@" >"$work/output" 2>&1 || status=$?; echo "$status"; }
status_of() { ksoctl workers --output json | jq -r --arg name "$1" '.workers[] | select(.info.name == $name).info.unhealthyReason // ""'; }

echo "# A liar makes all layers, and an honest worker verifies"
start liar bazel-bin/tests/harness/kso-liar "$coordinator" "$work/liar-cache"
wait_until 30 worker_is_ready liar || die "the liar did not come up"
start submit "$ksoctl_program" submit -f "$work/release/release.yaml" --wait --id lied-to
at_verify() { build_json | jq -e '.phase == "VERIFY"' >/dev/null; }
check "the liar's layers are taken: what it says fits" wait_until 120 at_verify
start_worker honest amd64
ended() { build_json | jq -e '.state == "FAILED"' >/dev/null; }
check "the build fails" wait_until 120 ended
ksoctl status lied-to >"$work/output" 2>&1 || true
check "it names who packed the layer" grep -q "packed by liar" "$work/output"
check "and what to do" grep -q "ksoctl retry lied-to" "$work/output"
check "there is no tag" fails tags_of "$registry/team" kubespray-files
check "the liar is not trusted any more" contains "$(status_of liar)" "not trusted"
check "the honest worker is" same "$(status_of honest)" ""

echo "# What it made is made again by the other"
check "a retry succeeds" same "$(exit_status ksoctl retry lied-to --wait)" 0
check "and there is a tag" contains "$(tags_of "$registry/team" kubespray-files)" "$release"
index_digests "$registry/team" >"$work/mended.digests"

echo "# An honest farm makes the same"
sed "s|^destination:.*|destination: docker://$registry/again|" "$work/release/release.yaml" >"$work/release/again.yaml"
check "a build without the liar" ksoctl submit -f "$work/release/again.yaml" --wait --fresh
sed -i 's|team/||' "$work/mended.digests"
index_digests "$registry/again" | sed 's|again/||' >"$work/again.digests"
check "has the same digests" diff "$work/mended.digests" "$work/again.digests"

echo "# Whom an operator does not trust"
reused() { ksoctl plan -f "$work/release/release.yaml" --output json 2>/dev/null | jq -r '.plan.layersReused // 0'; }
before=$(reused)
check "the next release would reuse what the honest worker made" test "$before" -gt 0
check "until it is not trusted" ksoctl workers distrust honest --reason "its disk was stolen"
check "which is said" contains "$(status_of honest)" "its disk was stolen"
stop coordinator KILL
start coordinator "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
  --state-dir "$work/coordinator-state" "${allow_loopback[@]}"
wait_until 20 ksoctl builds || die "the coordinator did not start again"
not_trusted() { contains "$(status_of honest)" "not trusted"; }
check "also after a restart of the coordinator" wait_until 30 not_trusted
check "trusting it again is an order, too" ksoctl workers trust honest
check "and then it works" wait_until 30 worker_is_ready honest
check "nothing of it is reused" same "$(reused)" 0
check "a stranger is named" fails ksoctl workers distrust nobody

echo "# Two workers for each layer"
check "the liar is trusted again" ksoctl workers trust liar
check "  and ready" wait_until 30 worker_is_ready liar
# A few files are enough, and take no time.
mkdir "$work/twice"
head -n 6 "$work/release/files-amd64.list" >"$work/twice/files.list"
{
  printf 'apiVersion: kso/v1\nkind: Release\nname: %s\nplatforms: [linux/amd64]\n' "$release"
  printf 'files:\n  base: docker.io/library/nginx:1.25.2-alpine\n  lists: {amd64: files.list}\n'
  printf 'destination: docker://%s/twice\ncrossCheck: true\n' "$registry"
  sed -n '/^mirrors:/,$p' "$work/release/release.yaml"
} >"$work/twice/release.yaml"
check "the plan says what it costs" contains \
  "$(ksoctl plan -f "$work/twice/release.yaml" --fresh 2>&1)" "two workers make each layer"
check "a build whose layers differ fails" \
  same "$(exit_status ksoctl submit -f "$work/twice/release.yaml" --wait --fresh --id twice)" 1
ksoctl status twice >"$work/output" 2>&1 || true
check "it names both workers" grep -qE "made it differently: (liar|honest) sha256:[0-9a-f]+, (liar|honest) sha256:" "$work/output"
check "and says that one does not pack what it says" grep -q "does not pack what it says" "$work/output"
check "neither is blamed" wait_until 10 worker_is_ready liar
check "  nor the other" worker_is_ready honest
check "there is no tag" fails tags_of "$registry/twice" kubespray-files
stop liar
start submit-twice "$ksoctl_program" retry twice --wait
waits_for_another() { ksoctl status twice 2>&1 | grep -q "crossCheck needs another worker"; }
check "with one worker it waits, and says for what" wait_until 90 waits_for_another
start_worker second amd64
succeeded() { build_json | jq -e '.state == "SUCCEEDED"' >/dev/null; }
check "with another honest one it succeeds" wait_until 120 succeeded
check "and there is a tag" contains "$(tags_of "$registry/twice" kubespray-files)" "$release"
finish
