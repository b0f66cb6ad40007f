#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The next release: after the example release come the same once more, one with
# another file, and a patch release of Kubespray, all at the same destination.
# What did not change must not move, and what is made must be whole.
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/upstream/next-releases.sh
. tests/upstream/next-releases.sh

make_next_releases "$work"
registry=127.0.0.1:$(free_port)
destination=$registry/team
start_registry destination "${registry#*:}" "$work/destination"
start_upstream_of "$work/all" "docker://$destination"
start_coordinator coordinator

# Makes one of them: a directory with release.yaml, its lists and what is
# expected of it.
#   make_release NAME TAG
make_release() {
  local directory=$work/release-$1 list
  cp -r "$work/release" "$directory"
  cp "$work/lists-$1"/*.list "$directory"
  sed -i "s/^name:.*/name: $2/" "$directory/release.yaml"
  for list in files images; do
    awk 'NR == FNR {wanted[$1]; next} $2 in wanted || $3 in wanted' \
      <(cat "$directory/$list"*.list) "$work/release/expected-$list.txt" >"$directory/expected-$list.txt"
  done
}
make_release first v1-2.25.1
make_release file v2-2.25.1
make_release patch v3-2.25.2

both="--platform linux/amd64 --platform linux/arm64"
# Each build has a worker whose cache is empty: what is reused is what the farm
# knows, not what a worker kept.
#   build NAME
build() {
  # shellcheck disable=SC2086  # options are words
  start_worker "worker-$builds" amd64 $both
  wait_until 30 worker_is_ready "worker-$builds" ||
    skip "no worker came up that runs images of both architectures"
  upstream_before=$(upstream_bytes)
  manifests_before=$(manifest_gets)
  touched_before=$(blobs_touched)
  check "the build of $1 succeeds" ksoctl submit -f "$work/release-$1/release.yaml" --wait
  build_json >"$work/build-$builds.json"
  result=$work/build-$builds.json
  upstream_moved=$(($(upstream_bytes) - upstream_before))
  manifests_moved=$(($(manifest_gets) - manifests_before))
  touched=$(($(blobs_touched) - touched_before))
  stop "worker-$builds"
  builds=$((builds + 1))
}
builds=0

stats() { curl -fsS "http://$upstream/-/stats"; }
# Bytes of files and blobs that upstream sent so far.
upstream_bytes() { stats | jq '[.bytes | to_entries[] | select(.key != "manifest" and .key != "token").value] | add // 0'; }
manifest_gets() { stats | jq '[.requests | to_entries[] | select(.key | startswith("manifest GET")).value] | add // 0'; }
# Requests so far that move a blob to or from the destination.
blobs_touched() { grep -cE '"(GET|PUT|PATCH|POST) /v2/[^ ]+/blobs/' "$work/destination.log" || true; }
# Bytes of blobs that the destination, or another registry, has sent so far.
#   blobs_sent [NAME]
blobs_sent() { sed -nE 's/.*"GET \/v2\/[^ ]+\/blobs\/[^"]*" 200 ([0-9]+).*/\1/p' "$work/${1:-destination}.log" | awk '{sum += $1} END {print sum + 0}'; }
# Prints what was checked of kubespray-files for an architecture.
files_checks() { jq -r ".verifications[] | select(.image == \"kubespray-files\" and .platform.architecture == \"$1\").checks | join(\"; \")" "$result"; }
# A number of a build's JSON; absent means none.
number() { jq -r "$2 // 0" "$1"; }
fetched() { number "$result" .bytesFetched; }
pushed() { number "$result" .bytesPushed; }
reused() { number "$result" .plan.layersReused; }
layers() { number "$result" .plan.layerCount; }
at_most() { (($1 <= $2)) || { echo "$1 is more than $2"; return 1; }; }
plan_bytes() { ksoctl plan -f "$work/release-$1/release.yaml" --output json 2>/dev/null | jq -s -r "[.. | .plan? // empty] | last | $2 // 0"; }
pulls() { skopeo copy -q --all --src-tls-verify=false "docker://$destination/$1" "oci:$work/pulled-$2"; }

echo "# First"
build first
first_pushed=$(pushed)
check "it moved something" test "$first_pushed" -gt 1000000
check "nothing was reused" same "$(reused)" 0
check "little of it came back to be verified" at_most "$(blobs_sent)" $((first_pushed / 20))
check "all files were compared" grep -q "44 files compared" <(files_checks amd64)
check "where they are emulated, only one was" grep -q "1 files compared, 43 there as compared in kubespray-files linux/amd64" <(files_checks arm64)
index_digests "$destination" | grep -v latest >"$work/first.digests"
# "DIGEST TAG" of what lists the evidence about each image at the destination.
evidence_digests() {
  local repository tag
  for repository in kubespray-files kubespray-images; do
    for tag in $(all_tags_of "$destination" "$repository" | grep '^sha256-'); do
      echo "$(raw "$destination/$repository:$tag" | sha256sum | cut -d' ' -f1) $tag"
    done
  done
}
evidence_digests >"$work/first.evidence"
check "there is evidence about three images" same "$(wc -l <"$work/first.evidence")" 3

echo "# Nothing changed"
build first
check "upstream sent no byte of a file or blob" same "$upstream_moved" 0
check "no manifest was fetched" same "$manifests_moved" 0
check "no blob was touched at the destination" same "$touched" 0
check "all layers were reused" same "$(reused)" "$(layers)"
check "nothing was verified again" same "$(jq '[.verifications[] | select((.verifiedInBuild // "") == "")] | length' "$result")" 0
check "the images are the same" diff "$work/first.digests" <(index_digests "$destination" | grep -v latest)
check "and so is the evidence, which names the worker that made them" diff "$work/first.evidence" <(evidence_digests)
start_worker planner amd64
wait_until 30 worker_is_ready planner || die "planner did not come up"
check "a plan says that nothing is to be fetched" same "$(plan_bytes first .bytesToFetch)" 0
check "and nothing pushed" same "$(plan_bytes first .bytesToPush)" 0
runc_bytes=$(awk '/v1.1.15\/runc.amd64/ {print $2}' "$work/release-file/expected-files.txt")
check "a plan of another file says what it costs" same "$(plan_bytes file .bytesToFetch)" "$runc_bytes"
stop planner

echo "# One file changed"
build file
check "only that file was fetched" same "$(fetched)" "$runc_bytes"
check "and upstream sent nothing else" same "$upstream_moved" "$runc_bytes"
check "little more was pushed" at_most "$(pushed)" $((runc_bytes + 65536))
check "and compared, besides the smallest" grep -qE "[12] files compared, 4[23] there as compared before" <(files_checks amd64)
check "all layers but that and one of configuration were reused" at_most $(($(layers) - $(reused))) 2

check "its provenance names the makers of what is new, and of what is not" same \
  "$(makers_of "$destination/kubespray-files:v2-2.25.1" | cut -d' ' -f1 | xargs)" "worker-0 worker-2"
ksoctl summary "$destination/kubespray-files:v2-2.25.1" >"$work/summary.md"
check "its summary compares it with the first" grep -q '^## Since `v1-2.25.1`$' "$work/summary.md"
check "and names that file alone" same "$(grep -cE '^- (added|dropped|changed): ' "$work/summary.md")" 1
check "with its digest before and now" same "$(grep -cE '^  sha256:[0-9a-f]{64} (before|now)$' "$work/summary.md")" 2

echo "# The patch release"
build patch
# The bytes that are in the patch release and were not in the others.
changed=$((upstream_moved))
check "it moved part of the first" at_most "$changed" $((first_pushed * 6 / 10))
check "it pushed at most 1.15 times that and 1 MiB" at_most "$(pushed)" $((changed * 115 / 100 + 1048576))
echo "      first: $first_pushed bytes pushed; patch: $changed fetched, $(pushed) pushed, $(reused) of $(layers) layers reused"

echo "# The images of the patch release"
for image in kubespray-files:v3-2.25.2 kubespray-images:v3-2.25.2-all; do
  check "skopeo copies all of $image" skopeo copy -q --all --src-tls-verify=false \
    "docker://$destination/$image" "oci:$work/oci-${image%%:*}:${image#*:}"
done
run_image "$work/oci-kubespray-files:v3-2.25.2" amd64 files
check "kubespray-files starts" wait_until 60 inside curl -fsS http://127.0.0.1:8080/health
check "all its files are upstream's" files_match "$work/release-patch/expected-files.txt"
check "44 files were compared" same "$(wc -l <"$work/release-patch/expected-files.txt")" 44
gone=$(awk 'NR == FNR {wanted[$3]; next} !($3 in wanted) {sub(".*://", "", $3); print $3}' \
  "$work/release-patch/expected-files.txt" "$work/release-file/expected-files.txt")
serves_none() {
  local path
  for path in $gone; do
    same "$(inside curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:8080/k8s/$path") $path" "404 $path" || return 1
  done
}
check "there are files that it replaced" test -n "$gone"
check "and it serves none of them" serves_none
stop_image files
run_image "$work/oci-kubespray-images:v3-2.25.2-all" amd64 images
check "kubespray-images-all starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
for architecture in amd64 arm64; do
  check "its images for linux/$architecture are upstream's" \
    images_match $architecture "$work/release-patch/expected-images.txt"
done
stop_image images

echo "# A worker that comes back"
# Its machine was restarted since it made all layers: what it had unpacked is
# lost, not what it cached.
other=127.0.0.1:$(free_port)
start_registry other "${other#*:}" "$work/other"
for name in first patch; do sed -i "s|^destination:.*|destination: docker://$other/team|" "$work/release-$name/release.yaml"; done
start_returning() {
  # shellcheck disable=SC2086  # options are words
  start_worker returning amd64 $both
  wait_until 30 worker_is_ready returning || die "returning did not come up"
}
start_returning
check "it makes a release" ksoctl submit -f "$work/release-first/release.yaml" --wait
stop returning KILL
rm -rf "$work/returning-cache/layers"
start_returning
sent_before=$(blobs_sent other)
check "it makes the patch release" ksoctl submit -f "$work/release-patch/release.yaml" --wait
check "what it made earlier did not come back to be verified" at_most "$(($(blobs_sent other) - sent_before))" 262144
stop returning

echo "# The releases before"
for tag in v1-2.25.1 v2-2.25.1; do
  check "kubespray-files:$tag still pulls" pulls "kubespray-files:$tag" "$tag-files"
  check "kubespray-images:$tag still pulls" pulls "kubespray-images:$tag-all" "$tag-images"
done
check "and the first is as it was" diff "$work/first.digests" <(index_digests "$destination" | grep v1-)

echo "# A release is removed"
at=docker://$destination
plan_id() { jq -r .plan "$work/removal.json"; }
blobs_at_destination() { find "$work/destination" -path '*/blobs/sha256/*' -name data | wc -l; }
check "all are listed" same "$(ksoctl releases ls "$at" --output json | jq -r '[.releases[].name] | join(" ")')" "latest v1-2.25.1 v2-2.25.1 v3-2.25.2"
check "the newest cannot go while latest is the same" fails ksoctl releases rm "$at" v3-2.25.2
check "one that is not there is named" contains "$(ksoctl releases rm "$at" v9 2>&1)" '"v9"'
ksoctl releases rm "$at" v1-2.25.1 --output json >"$work/removal.json"
check "a plan frees bytes" test "$(jq .freedBytes "$work/removal.json")" -gt 1000
check "and names what stays" same "$(jq -r '[.kept[].name] | join(" ")' "$work/removal.json")" "latest v2-2.25.1 v3-2.25.2"
check "and deletes nothing" diff "$work/first.digests" <(index_digests "$destination" | grep v1-)
check "another plan is not carried out" fails ksoctl releases rm "$at" v1-2.25.1 --confirm 0000000000000000
check "the plan is carried out" ksoctl releases rm "$at" v1-2.25.1 --confirm "$(plan_id)"
check "its tags are gone, and those of its evidence" same \
  "$( (all_tags_of "$destination" kubespray-files; all_tags_of "$destination" kubespray-images) | grep -cE "v1-|$(sed 's/ .*//' "$work/first.digests" | paste -sd'|')" || true)" 0
blobs_before=$(blobs_at_destination)
stop destination
docker-registry garbage-collect --delete-untagged=false "$work/destination.yml" >"$work/collect.log" 2>&1
start_registry destination "${registry#*:}" "$work/destination"
check "the registry's garbage collection frees blobs" test "$(blobs_at_destination)" -lt "$blobs_before"
for tag in v2-2.25.1 v3-2.25.2; do
  check "kubespray-files:$tag still pulls" pulls "kubespray-files:$tag" "$tag-files-left"
  check "kubespray-images:$tag still pulls" pulls "kubespray-images:$tag-all" "$tag-images-left"
done
finish
