#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A build that fails says all that is wrong at once, per item, with what to do;
# and nothing of it is ever published.
. "$(dirname "$0")/lib.sh"

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/team" --fail-url crictl-v1.29.0-linux-arm64=404 \
  --drop-platform registry.k8s.io/pause:3.9=linux/arm64

exit_status() { local status=0; "$@" >"$work/output" 2>&1 || status=$?; echo "$status"; }
# The same over HTTP, with curl alone.
submit_by_curl() { deploy/scripts/submit.sh --coordinator "http://$dashboard" "$@"; }
KSO_COORDINATOR=127.0.0.1:$(free_port)
dashboard=$KSO_COORDINATOR
export KSO_COORDINATOR
echo "# Bad input is refused before anything is sent, even without a coordinator"
cp -r "$work/release" "$work/bad"
cat >>"$work/bad/files-amd64.list" <<'LIST'
ftp://example.com/file
https://example.com/../../etc/passwd
https://example.com/file sha256:123
LIST
echo 'registry.k8s.io/UPPER:1' >>"$work/bad/images.list"
check "bad lines: exit status 2" same "$(exit_status ksoctl submit -f "$work/bad/release.yaml")" 2
for line in files-amd64.list:24 files-amd64.list:25 files-amd64.list:26 images.list:58; do
  check "$line is named" grep -q "$line" "$work/output"
done
check "no coordinator: exit status 3" same "$(exit_status ksoctl submit -f "$work/release/release.yaml")" 3
check "and its address is named" grep -q "$KSO_COORDINATOR" "$work/output"
check "by curl: exit status 3, too" same "$(exit_status submit_by_curl -f "$work/release/release.yaml")" 3
check "and its address is named" grep -q "$KSO_COORDINATOR" "$work/output"
check "without a release: exit status 2" same "$(exit_status submit_by_curl --wait)" 2

start_coordinator coordinator
start_worker worker-amd64 amd64
wait_until 30 worker_is_ready worker-amd64 || die "the worker did not come up"

echo "# Bad input, by curl"
check "bad lines: exit status 2" same "$(exit_status submit_by_curl -f "$work/bad/release.yaml")" 2
for line in files-amd64.list:24 files-amd64.list:25 files-amd64.list:26 images.list:58; do
  check "$line is named" grep -q "$line" "$work/output"
done
check "an id that is none: exit status 2" same \
  "$(exit_status submit_by_curl -f "$work/release/release.yaml" --id 'No good')" 2
check "nothing has been submitted" same "$(ksoctl builds --output json | jq '.builds | length')" 0

echo "# A missing platform and a 404"
check "exit status 1" same "$(exit_status ksoctl submit -f "$work/release/release.yaml" --wait)" 1
check "the 404 is said, with its URL" grep -q "crictl-v1.29.0-linux-arm64" "$work/output"
check "with its status" grep -q 404 "$work/output"
check "and its line" grep -q "files-arm64.list:9" "$work/output"
check "once" items_are_named_once
check "by curl: exit status 1, too" same "$(exit_status submit_by_curl -f "$work/release/release.yaml" --wait)" 1
check "the 404 is said, with its URL" grep -q "crictl-v1.29.0-linux-arm64" "$work/output"
check "and its line" grep -q "files-arm64.list:9" "$work/output"
check "nothing was published" fails tags_of "$registry/team" kubespray-files
check "nothing was published of the images" fails tags_of "$registry/team" kubespray-images

sed -i '/crictl-v1.29.0-linux-arm64/d' "$work/release/files-arm64.list"
check "a missing platform: exit status 1" same "$(exit_status ksoctl submit -f "$work/release/release.yaml" --wait)" 1
check "the image is named" grep -q "registry.k8s.io/pause:3.9" "$work/output"
check "and the platform" grep -q "linux/arm64" "$work/output"
check "and its line" grep -q "images.list:" "$work/output"
check "and what to do" grep -qi "missingPlatform" "$work/output"
check "each item once" items_are_named_once
check "still nothing was published" fails tags_of "$registry/team" kubespray-images

echo "# A wrong hash"
sed -i '/registry.k8s.io\/pause/d' "$work/release/images.list"
sed -i '1s/^[0-9a-f]\{8\}/00000000/' "$work"/release/*.sha256 || true
check "a wrong hash: exit status 1" same "$(exit_status ksoctl submit -f "$work/release/release.yaml" --wait)" 1
check "what was expected is said" grep -q "00000000" "$work/output"
check "of each item once" items_are_named_once
check "still nothing was published of the files" fails tags_of "$registry/team" kubespray-files

echo "# Waiting is explained"
cp -r "$work/release" "$work/waits"
rm -f "$work"/waits/*.sha256
sed -i '/checksums:/,+1d' "$work/waits/release.yaml"
ksoctl submit -f "$work/waits/release.yaml" --output json >"$work/submitted.json"
waits_for_arm64() { build_json | jq -r '.waiting[]?' | grep -q "linux/arm64: no .*worker"; }
check "what waits says that no arm64 worker is there" wait_until 120 waits_for_arm64
id=$(jq -r .buildId "$work/submitted.json")
check "its priority can be changed" ksoctl priority "$id" -20
check "and is then" same "$(build_json | jq -r .priority)" -20
check "a build can be cancelled" ksoctl cancel "$id"
check "and is then" same "$(build_json | jq -r .state)" CANCELLED
check "nothing was published" fails tags_of "$registry/team" kubespray-files
finish
