#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job: a farm of a coordinator, an amd64 worker and an arm64 worker,
# each a program of that kind, builds the example release into Debian's
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
# The arm64 worker is an arm64 program, and arm64 is native on such a processor only.
for platform in amd64 arm64; do
  native=$(runs_natively $platform)
  check "everything of linux/$platform was verified by the worker of its kind, natively: $native" same "$(
    jq -r --arg architecture $platform '[.verifications[]
      | select(.platform.architecture == $architecture)
      | "\(.image) \(.worker) \(.native)"] | sort | join("; ")' "$work/build.json"
  )" "kubespray-files worker-$platform $native; kubespray-images worker-$platform $native; kubespray-images-all worker-$platform $native"
  other=$([[ $platform == amd64 ]] && echo arm64 || echo amd64)
  check "layers of $platform alone were made by its worker" lacks \
    "$(ksoctl logs "$(jq -r .buildId "$work/build.json")" --output json |
      jq -r --arg other "$other" '.events[]? // .[] | select(.worker == "worker-" + $other) | .text' |
      grep -E "\($platform\)" || true)" "layer"
done
# The other base is in the list of images as well, and may come a second time for
# the worker that packs it.
sent_once() {
  local layer layers again
  again=$(curl -fsS "http://$upstream/-/stats" | jq -r '.blobs_sent_again[]')
  layers=$(skopeo inspect --tls-verify=false --override-arch "$1" "docker://$upstream_by_name/docker.io/library/registry:3" | jq -r '.Layers[]')
  [[ -n $layers ]] || return 1
  for layer in $layers; do lacks "$again" "$layer" || return 1; done
}
for architecture in amd64 arm64; do
  check "the base of kubespray-images, $architecture, came from upstream once for the farm" sent_once "$architecture"
done
check "the dashboard answers" curl -fsS -o /dev/null "http://$dashboard/"

echo "# At the destination"
wanted_tags="latest latest-all $release $release-all"
check "tags of kubespray-files" same "$(tags_of "$destination" kubespray-files | xargs)" "latest $release"
check "evidence of kubespray-files is beside it" \
  contains "$(all_tags_of "$destination" kubespray-files)" \
  "sha256-$(raw "$destination/kubespray-files:$release" | sha256sum | cut -d' ' -f1)"
ksoctl summary "$destination/kubespray-files:$release" >"$work/summary.md"
check "its summary names the release" contains "$(cat "$work/summary.md")" "# Release \`$release\`"
check "and all images of it" same "$(grep -c '^- `kubespray-' "$work/summary.md")" 3
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
  own=$(layers "$images" $architecture | wc -l)
  check "kubespray-images has no layer that its -all variant lacks ($architecture)" \
    same "$(common "$images" $architecture "$images-all" $architecture)" "$own"
done
most_layers() { for f in "$work"/manifest-*.json; do jq '.layers | length' "$f"; done | sort -n | tail -n 1; }
check "no image has more layers than podman mounts" test "$(most_layers)" -le 120

echo "# Running the images"
ranges_match() {
  local url path
  url=$(awk 'NR == 1 {print $3}' "$work/release/expected-files.txt")
  path=${url#*://}
  inside curl -fsS "http://127.0.0.1:8080/k8s/$path" -o "$work/whole" &&
    same "$(inside curl -fsS -r 100-199 -w '%{http_code}' "http://127.0.0.1:8080/k8s/$path" | sha256sum)" \
      "$({ tail -c +101 "$work/whole" | head -c 100; printf 206; } | sha256sum)"
}
resumes_own_content_only() {
  local url path etag
  url=$(awk 'NR == 1 {print $3}' "$work/release/expected-files.txt")
  path=http://127.0.0.1:8080/k8s/${url#*://}
  etag=$(inside curl -fsSI "$path" | tr -d '\r' | awk 'tolower($1) == "etag:" {print $2}')
  same "$(inside curl -fsS -o "$work/part" -r 100- -H "If-Range: $etag" -w '%{http_code}' "$path")" 206 &&
    same "$(inside curl -fsS -o "$work/part" -r 100- -H 'If-Range: "0-1"' -w '%{http_code}' "$path")" 200
}
for architecture in amd64 arm64; do
  run_image "$work/oci-kubespray-files:$release" $architecture "files-$architecture"
  check "kubespray-files of $architecture starts" wait_until 60 inside curl -fsS http://127.0.0.1:8080/health
  check "its program is one of $architecture" contains \
    "$(od -An -tx1 -j18 -N1 "$work/bundle-files-$architecture/rootfs/usr/sbin/nginx")" \
    "$([[ $architecture == amd64 ]] && echo 3e || echo b7)"
  check "it lists the hosts" contains "$(inside curl -fsS http://127.0.0.1:8080/k8s/)" "dl.k8s.io/"
  check "all 44 files are upstream's" files_match "$work/release/expected-files.txt"
  check "byte ranges work" ranges_match
  check "a download of other content is not resumed" resumes_own_content_only
  check "it answers over IPv6" inside curl -gfsS "http://[::1]:8080/health"
  stop_image "files-$architecture"
done
check "44 files were compared" same "$(wc -l <"$work/release/expected-files.txt")" 44

serves_catalog() {
  same "$(inside curl -fsS "http://127.0.0.1:5000/v2/_catalog?n=1000" | jq -r '.repositories[]' | sort)" \
    "$(awk -v platform="$1" '$3 ~ platform {print $2}' "$work/release/expected-images.txt" |
      sed 's/^[^/]*\//k8s\//; s/:[^:]*$//' | sort -u)"
}
for architecture in amd64 arm64; do
  for variant in "" -all; do
    run_image "$work/oci-kubespray-images:$release$variant" $architecture "images$variant-$architecture"
    check "kubespray-images$variant of $architecture starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
    check "it answers over IPv6" inside curl -gfsS "http://[::1]:5000/v2/"
    check "it takes no pushes" same "$(inside curl -sS -o /dev/null -w '%{http_code}' -X POST \
      http://127.0.0.1:5000/v2/k8s/pause/blobs/uploads/)" 405
    check "its catalog is the list" serves_catalog "$([[ -z $variant ]] && echo "linux/$architecture" || echo linux/)"
    check "its images are upstream's, for linux/$architecture" images_match $architecture "$work/release/expected-images.txt"
    if [[ -n $variant ]]; then
      other=$([[ $architecture == amd64 ]] && echo arm64 || echo amd64)
      check "and for linux/$other" images_match "$other" "$work/release/expected-images.txt"
    fi
    stop_image "images$variant-$architecture"
  done
done

echo "# Once more"
check "ksoctl verify finds both images whole" ksoctl verify --level static \
  "$destination/kubespray-files:$release" "$destination/kubespray-images:$release-all"
check "ksoctl verify runs the files and their programs" bash -c \
  "$ksoctl_program verify --level exec --output json $destination/kubespray-files:$release >$work/verified.json"
for architecture in amd64 arm64; do
  native=$(runs_natively $architecture)
  check "linux/$architecture ran, and its programs answer; natively: $native" same "$(
    jq -r --arg platform "linux/$architecture" '[.platforms[] | select(.platform == $platform) | .native] +
      [.programs[] | select(.platform == $platform) | .native, .outcome] | unique | join(" ")' "$work/verified.json"
  )" "$native answered"
done
finish
