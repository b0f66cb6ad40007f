#!/usr/bin/env bash
# The main job: a farm of a coordinator, a native amd64 worker and an arm64
# worker that is an arm64 program builds the example release into Debian's
# docker-registry. Then skopeo, umoci, runc and curl have the word.
. "$(dirname "$0")/lib.sh"
need_arm64

registry=127.0.0.1:$(free_port)
destination=$registry/team
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$destination"
start_coordinator coordinator
start_worker worker-amd64 amd64
start_worker worker-arm64 arm64
wait_until 30 worker_is_ready worker-amd64 || die "worker-amd64 did not come up"
wait_until 30 worker_is_ready worker-arm64 || die "worker-arm64 did not come up"

status=0
ksoctl submit -f "$work/release/release.yaml" --wait >"$work/submit.log" 2>&1 || status=$?
check "ksoctl submit --wait succeeds" same "$status" 0
((status == 0)) || finish
build_json >"$work/build.json"

echo "# What the build says"
check "44 files and 57 images" \
  same "$(jq -r '"\(.plan.fileCount) \(.plan.imageCount)"' "$work/build.json")" "44 57"
for platform in amd64 arm64; do
  check "everything of linux/$platform was verified by its native worker" same "$(
    jq -r --arg architecture $platform '[.verifications[]
      | select(.platform.architecture == $architecture)
      | "\(.image) \(.worker) \(.native)"] | sort | join("; ")' "$work/build.json"
  )" "kubespray-files worker-$platform true; kubespray-images worker-$platform true; kubespray-images-all worker-$platform true"
  other=$([[ $platform == amd64 ]] && echo arm64 || echo amd64)
  check "layers of $platform alone were made by its native worker" lacks \
    "$(ksoctl logs "$(jq -r .buildId "$work/build.json")" --output json |
      jq -r --arg other "$other" '.events[]? // .[] | select(.worker == "worker-" + $other) | .text' |
      grep -E "\($platform\)" || true)" "layer"
done
check "the dashboard answers" curl -fsS -o /dev/null "http://$dashboard/"

echo "# At the destination"
wanted_tags="latest latest-all $release $release-all"
check "tags of kubespray-files" same "$(tags_of "$destination" kubespray-files | xargs)" "latest $release"
check "tags of kubespray-images" same "$(tags_of "$destination" kubespray-images | xargs)" "$wanted_tags"
for image in kubespray-files:$release kubespray-images:$release kubespray-images:$release-all; do
  raw "$destination/$image" >"$work/index.json"
  check "$image has both platforms" same \
    "$(jq -r '[.manifests[].platform | "\(.os)/\(.architecture)"] | join(" ")' "$work/index.json")" \
    "linux/amd64 linux/arm64"
  for architecture in amd64 arm64; do
    digest=$(jq -r --arg a $architecture '.manifests[] | select(.platform.architecture == $a).digest' "$work/index.json")
    raw "$destination/${image%:*}@$digest" >"$work/manifest-${image//[:\/]/-}-$architecture.json"
  done
  # skopeo compares the digest of all that it copies.
  check "skopeo copies all of $image" skopeo copy -q --all --src-tls-verify=false \
    "docker://$destination/$image" "oci:$work/oci-${image%%:*}:${image#*:}"
  check "the release tag and latest are the same" same \
    "$(raw "$destination/$image" | sha256sum)" "$(raw "$destination/${image/$release/latest}" | sha256sum)"
done
blobs_match() {
  local blob
  for blob in "$1"/blobs/sha256/*; do
    same "$(sha256sum <"$blob" | cut -d' ' -f1)" "$(basename "$blob")" || return 1
  done
}
check "every blob of kubespray-files matches its digest" blobs_match "$work/oci-kubespray-files"
check "every blob of kubespray-images matches its digest" blobs_match "$work/oci-kubespray-images"

layers() { jq -r '.layers[].digest' "$work/manifest-$1-$2.json"; }
common() { comm -12 <(sort -u <(layers "$1" "$2")) <(sort -u <(layers "$3" "$4")) | wc -l; }
files=kubespray-files-$release images=kubespray-images-$release
base=$upstream/docker.io/library/nginx
base_layers=$(raw "$base@$(raw "$base:1.25.2-alpine" | jq -r '.manifests[0].digest')" | jq '.layers | length')
check "kubespray-files shares all but its base between the platforms" same \
  "$(common "$files" amd64 "$files" arm64)" "$(($(layers "$files" amd64 | wc -l) - base_layers))"
for architecture in amd64 arm64; do
  own=$(($(layers "$images" $architecture | wc -l) - 1))
  check "kubespray-images shares all but one layer with its -all variant ($architecture)" \
    same "$(common "$images" $architecture "$images-all" $architecture)" "$own"
done
most_layers() { for f in "$work"/manifest-*.json; do jq '.layers | length' "$f"; done | sort -n | tail -n 1; }
check "no image has more layers than podman mounts" test "$(most_layers)" -le 120

echo "# Running the images"
# Unpacks with umoci, runs with runc in a network namespace of its own.
#   run_image OCI_LAYOUT:TAG ARCHITECTURE NAME
run_image() {
  local bundle=$work/bundle-$3 digest reference=$1
  digest=$(jq -r --arg a "$2" '.manifests[] | select(.platform.architecture == $a).digest' \
    <(skopeo inspect --raw "oci:$reference"))
  # umoci takes a single image: this platform's, by itself.
  skopeo copy -q --override-arch "$2" "oci:$reference" "oci:$work/single-$3:x"
  umoci unpack --image "$work/single-$3:x" "$bundle" >"$work/umoci-$3.log" 2>&1
  namespace=kso-e2e-$$-$3
  ip netns add "$namespace"
  namespaces+=("$namespace")
  ip -n "$namespace" link set lo up
  # What Docker and containerd give by default; umoci gives less.
  jq --arg netns "/run/netns/$namespace" --argjson capabilities '["CAP_CHOWN",
      "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE",
      "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT"]' 'del(.process.rlimits) | del(.linux.resources)
    | .process.terminal = false
    | (.process.capabilities[]) = $capabilities
    | .linux.namespaces = [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"},
                           {"type": "network", "path": $netns}]
    | .mounts |= map(select(.type != "cgroup"))' "$bundle/config.json" >"$bundle/config.new"
  mv "$bundle/config.new" "$bundle/config.json"
  mkdir -p "$work/runc"
  start "run-$3" runc --root "$work/runc" run --bundle "$bundle" "$namespace"
}
inside() { ip netns exec "$namespace" "$@"; }
stop_image() {
  runc --root "$work/runc" delete -f "$namespace" >/dev/null 2>&1 || true
  stop "run-$1" KILL
  umount -l "$work/bundle-$1/rootfs" 2>/dev/null || true
  rm -rf "$work/bundle-$1" "$work/single-$1"
}

files_match() {
  local hash size url path
  while read -r hash size url; do
    path=${url#*://}
    inside curl -fsS "http://127.0.0.1:8080/k8s/$path" -o "$work/fetched" || return 1
    same "$(sha256sum <"$work/fetched" | cut -d' ' -f1) $(stat -c %s "$work/fetched") $url" \
      "$hash $size $url" || return 1
  done <"$work/release/expected-files.txt"
}
ranges_match() {
  local url path
  url=$(awk 'NR == 1 {print $3}' "$work/release/expected-files.txt")
  path=${url#*://}
  inside curl -fsS "http://127.0.0.1:8080/k8s/$path" -o "$work/whole" &&
    same "$(inside curl -fsS -r 100-199 -w '%{http_code}' "http://127.0.0.1:8080/k8s/$path" | sha256sum)" \
      "$({ tail -c +101 "$work/whole" | head -c 100; printf 206; } | sha256sum)"
}
for architecture in amd64 arm64; do
  run_image "$work/oci-kubespray-files:$release" $architecture "files-$architecture"
  check "kubespray-files of $architecture starts" wait_until 60 inside curl -fsS http://127.0.0.1:8080/health
  check "its program is one of $architecture" contains \
    "$(od -An -tx1 -j18 -N1 "$work/bundle-files-$architecture/rootfs/usr/sbin/nginx")" \
    "$([[ $architecture == amd64 ]] && echo 3e || echo b7)"
  check "it lists the hosts" contains "$(inside curl -fsS http://127.0.0.1:8080/k8s/)" "dl.k8s.io/"
  check "all 44 files are upstream's" files_match
  check "byte ranges work" ranges_match
  stop_image "files-$architecture"
done
check "44 files were compared" same "$(wc -l <"$work/release/expected-files.txt")" 44

# Pulls every image of a platform whole, and compares what the tag gives with
# what upstream gives, byte for byte.
#   images_match PLATFORM_ARCHITECTURE
images_match() {
  local digest reference platforms local_name count=0
  while read -r digest reference platforms; do
    [[ ",$platforms," == *",linux/$1,"* ]] || continue
    local_name=127.0.0.1:5000/k8s/${reference#*/}
    same "sha256:$(inside skopeo inspect --raw --tls-verify=false "docker://$local_name" | sha256sum | cut -d' ' -f1) $reference" \
      "$digest $reference" || return 1
    rm -rf "$work/pulled"
    inside skopeo copy -q --preserve-digests --src-tls-verify=false --override-arch "$1" \
      "docker://$local_name" "dir:$work/pulled" || return 1
    count=$((count + 1))
  done <"$work/release/expected-images.txt"
  ((count > 40)) || { echo "only $count images were compared"; return 1; }
}
serves_catalog() {
  same "$(inside curl -fsS "http://127.0.0.1:5000/v2/_catalog?n=1000" | jq -r '.repositories[]' | sort)" \
    "$(awk -v platform="$1" '$3 ~ platform {print $2}' "$work/release/expected-images.txt" |
      sed 's/^[^/]*\//k8s\//; s/:[^:]*$//' | sort -u)"
}
for architecture in amd64 arm64; do
  for variant in "" -all; do
    run_image "$work/oci-kubespray-images:$release$variant" $architecture "images$variant-$architecture"
    check "kubespray-images$variant of $architecture starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
    check "its catalog is the list" serves_catalog "$([[ -z $variant ]] && echo "linux/$architecture" || echo linux/)"
    check "its images are upstream's, for linux/$architecture" images_match $architecture
    if [[ -n $variant ]]; then
      other=$([[ $architecture == amd64 ]] && echo arm64 || echo amd64)
      check "and for linux/$other" images_match "$other"
    fi
    stop_image "images$variant-$architecture"
  done
done

echo "# Once more"
check "ksoctl verify finds both images whole" ksoctl verify "$destination/kubespray-images:$release-all"
check "ksoctl verify of the files" ksoctl verify "$destination/kubespray-files:$release"
finish
