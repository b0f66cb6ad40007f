#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A worker whose disk is far too small for the release: with a full disk it says
# so, also when it has nothing to do, and is given nothing; it works on by
# dropping what it does not use; and what cannot fit is done by another worker.
# The result is that of an undisturbed build. Then a coordinator with such a disk.
. "$(dirname "$0")/lib.sh"

disk=$work/small-cache
mkdir "$disk"
mount -t tmpfs -o size=24m,mode=700 tmpfs "$disk" 2>/dev/null || skip "small file systems cannot be mounted here"
mounts+=("$disk")

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/small"
# One platform is enough to fill the disk.
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/arm64:/d' "$work/release/release.yaml"
start_coordinator coordinator

worker_json() { ksoctl workers --output json | jq --arg name "$1" '.workers[] | select(.info.name == $name)'; }
build_is() { same "$(build_json | jq -r .state)" "$1"; }
is_unhealthy() { same "$(worker_json small | jq -r .state)" UNHEALTHY; }

echo "# A disk that fills while its worker has nothing to do"
start_worker small amd64 --slots 2 --min-free-mib 6
wait_until 30 worker_is_ready small || die "the worker did not come up"
# The call in which it said that it is well stays parked for 40 s and more.
head -c 20M /dev/zero >"$disk/filler"
check "the worker says so soon" wait_until 10 is_unhealthy
check "it says that its disk is full" contains \
  "$(worker_json small | jq -r .info.unhealthyReason)" "disk nearly full"
rm "$disk/filler"
check "it says soon that there is room again" wait_until 10 worker_is_ready small
stop small

echo "# A full disk"
head -c 20M /dev/zero >"$disk/filler"
start_worker small amd64 --slots 2 --min-free-mib 6
wait_until 30 is_unhealthy || true
check "the worker says that its disk is full" contains \
  "$(worker_json small | jq -r .info.unhealthyReason)" "disk nearly full"
start submit "$ksoctl_program" submit -f "$work/release/release.yaml" --wait
waits_for_disk() { ksoctl status "$(build_json | jq -r .buildId)" | grep -q "disk nearly full"; }
wait_until 20 waits_for_disk || true
check "the build says what it waits for" waits_for_disk
check "the worker is given nothing" same "$(worker_json small | jq -r '.tasksDone // "0"')" 0

echo "# A small disk"
rm "$disk/filler"
making_layers() {
  build_json | jq -e '.progress[] | select(.phase == "LAYERS") | .done >= 3' >/dev/null
}
wait_until 60 making_layers || true
check "with some space, the worker works" making_layers
start_worker large amd64 --slots 2
wait_until 30 worker_is_ready large || die "the worker did not come up"
ended() { build_json | jq -e '.state != "RUNNING"' >/dev/null; }
wait_until 120 ended || true
check "the build succeeds" build_is SUCCEEDED
id=$(build_json | jq -r .buildId)
check "the small worker made layers" grep -qE 'small: layer .*: done' <(ksoctl logs "$id")
fetched=$(worker_json small | jq -r '.tasksDone')
check "after all of it, the small worker wants more" wait_until 20 worker_is_ready small
check "nothing unfinished is left on its disk" same "$(find "$disk/blobs/incoming" "$disk/verify" -type f 2>/dev/null)" ""
cached=$(du -sm "$disk/blobs" | cut -f1)
echo "small did $fetched tasks; $cached MiB are in its cache"
ksoctl logs "$id" | grep -E "small: .*(space|disk)" | head -n 3 || true
free_mebibytes() { df --output=avail -m "$disk" | tail -n 1; }
# How much is in its cache is a matter of which worker was quicker: no more is missing
# than the cache can give.
left=$((cached > 5 ? 2 : cached < 3 ? 5 : 8 - cached))
head -c "$(($(free_mebibytes) - left))M" /dev/zero >"$disk/filler"
has_room() { (($(free_mebibytes) >= 6)); }
check "its cache makes room for others while it has nothing to do" wait_until 10 has_room
check "with that room, it is as well as before" worker_is_ready small

wait_until 20 grep -q "kubespray-images" "$work/submit.log" || true
index_digests "$registry/small" >"$work/small.digests"
stop small
sed "s|^destination:.*|destination: docker://$registry/quiet|" "$work/release/release.yaml" >"$work/release/quiet.yaml"
check "an undisturbed build succeeds" ksoctl submit -f "$work/release/quiet.yaml" --wait
check "both kinds of images were published" grep -q kubespray-images "$work/small.digests"
check "both have the same digests" diff "$work/small.digests" <(index_digests "$registry/quiet")

echo "# A coordinator whose disk is too small for images that are to be brought home"
stop large
stop coordinator
mkdir -p "$work/tight-state"
mount -t tmpfs -o size=72m,mode=700 tmpfs "$work/tight-state"
mounts+=("$work/tight-state")
start_coordinator tight
start_worker another amd64 --slots 2
wait_until 30 worker_is_ready another || die "the worker did not come up"
sed "s|^destination:.*|destination: oci:$work/home|" "$work/release/release.yaml" >"$work/release/home.yaml"
submit_home() { ksoctl submit -f "$work/release/home.yaml" --wait >"$work/home.log" 2>&1; }
check "the build fails" fails submit_home
check "it says that the disk is full" grep -q "the disk of $work/tight-state/.* is full" "$work/home.log"
check "the coordinator is as well as before" worker_is_ready another
mount -o remount,size=160m "$work/tight-state"
check "with more space, ksoctl retry is enough" ksoctl retry "$(build_json | jq -r .buildId)" --wait
check "the images come home" ksoctl export "$(build_json | jq -r .buildId)" -o "$work/home.tar"
check "skopeo reads them" skopeo inspect --raw "oci-archive:$work/home.tar:kubespray-files:latest"
finish
