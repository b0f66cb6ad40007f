#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every byte has a verdict, and the finished images tell it: one wrong byte, one
# program for another architecture, one URL or image that is missing and one
# stale offline.yml are each planted, and each named.
. "$(dirname "$0")/lib.sh"

kubectl=https://dl.k8s.io/release/v1.29.10/bin/linux/amd64/kubectl
kubectl_arm64=https://dl.k8s.io/release/v1.29.10/bin/linux/arm64/kubectl
plugins=https://github.com/containernetworking/plugins/releases/download/v1.3.0
runc=https://github.com/opencontainers/runc/releases/download/v1.1.14/runc.amd64
helm=https://get.helm.sh/helm-v3.14.4-linux-amd64.tar.gz

# The stand-in has more than the release wants.
small=$work/small
mkdir -p "$small"
cat >"$small/files-amd64.list" <<LIST
$kubectl
$plugins/cni-plugins-linux-amd64-v1.3.0.tgz
$runc
$kubectl_arm64
$plugins/cni-plugins-linux-arm64-v1.3.0.tgz
$helm
LIST
cat >"$small/images.list" <<'LIST'
registry.k8s.io/pause:3.9
docker.io/library/busybox:latest
LIST
cat >"$small/release.yaml" <<'YAML'
apiVersion: kso/v1
kind: Release
name: v0.1.0-content
platforms: [linux/amd64]
files:
  base: docker.io/library/nginx:1.25.2-alpine
  lists: {amd64: files-amd64.list}
images:
  base: docker.io/library/registry:3
  list: images.list
destination: docker://registry.example.com/team
YAML

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream_of "$small" "docker://$registry/team" --corrupt-url helm-v3.14.4=100
start_coordinator coordinator
start_worker worker-amd64 amd64
wait_until 30 worker_is_ready worker-amd64 || die "the worker did not come up"

sed -i '/arm64/d; /helm/d' "$work/release/files-amd64.list"
sed -i "\|$runc|d" "$work/release/files.sha256"
printf '%s\n' "$kubectl" "$plugins/cni-plugins-linux-amd64-v1.3.0.tgz" "$runc" >"$work/urls"

# A copy of the release with another name.
#   variant NAME
variant() {
  rm -rf "${work:?}/$1"
  cp -r "$work/release" "$work/$1"
  sed -i "s/v0.1.0-content/v0.1.0-$1/" "$work/$1/release.yaml"
}
# Adds a key to the section `files`.
#   files_key NAME LINE
files_key() { sed -i "s|^files:|files:\n  $2|" "$work/$1/release.yaml"; }
# Sends what is asked of one URL to another.
#   redirect NAME FROM TO
redirect() {
  printf '  - prefix: %s\n    location: http://%s/%s\n' "$2" "$upstream" "${3#https://}" \
    >>"$work/$1/release.yaml"
  sed -i "\|$2|d" "$work/$1/files.sha256"
}
submit() {
  local status=0
  ksoctl submit -f "$work/$1/release.yaml" --wait >"$work/output" 2>&1 || status=$?
  echo "$status"
}
said() { grep -qF -- "$1" "$work/output" || { cat "$work/output"; return 1; }; }
verdict() { build_json | jq -r --arg name "$1" '.verdicts[] | select(.name == $name) | .verdict'; }

echo "# A release that is in order"
check "it is built" same "$(submit release)" 0
check "the verdicts are counted" said "Checked 5 items: 2 matched, 3 unstated"
check "a file with its stated digest matched" same "$(verdict "$kubectl")" MATCHED
check "one without is unstated" same "$(verdict "$runc")" UNSTATED
check "the architecture is read from the programs" same \
  "$(build_json | jq -c --arg name "$plugins/cni-plugins-linux-amd64-v1.3.0.tgz" \
    '.verdicts[] | select(.name == $name) | .architectures')" '["amd64"]'

skopeo copy -q --src-tls-verify=false --all \
  "docker://$registry/team/kubespray-files:v0.1.0-content" "oci:$work/files:x"
run_image "$work/files:x" amd64 content
get() { inside curl -fsS "http://127.0.0.1:8080/k8s/$1"; }
check "kubespray-files starts" wait_until 60 inside curl -fsS http://127.0.0.1:8080/health
mkdir -p "$work/mirror"
mirror_all() {
  local path
  get SHA256SUMS >"$work/mirror/SHA256SUMS" || return 1
  while read -r _ path; do
    mkdir -p "$(dirname "$work/mirror/$path")"
    get "$path" >"$work/mirror/$path" || return 1
  done <"$work/mirror/SHA256SUMS"
}
check "everything in SHA256SUMS is served" mirror_all
sums() { (cd "$work/mirror" && LC_ALL=C sha256sum -c --quiet SHA256SUMS); }
check "and has its digest" sums
check "/k8s/ is a listing" contains "$(get "")" 'href="dl.k8s.io/"'
check "and not the page" lacks "$(get "")" "Files and images for Kubespray"
check "the page is beside it" contains "$(get index.html)" "Files and images for Kubespray"
check "the index has every item" same "$(get index.json | jq '(.files | length), (.images | length)' | paste -sd' ')" "3 2"
check "with its verdict" same \
  "$(get index.json | jq -r --arg url "$runc" '.files[] | select(.url == $url) | .verdict')" unstated
check "and its origin and variable" same \
  "$(get index.json | jq -r --arg url "$kubectl" '.files[] | select(.url == $url) | .variable')" dl_k8s_io_url

# Follows offline.yml as Ansible would: a variable stands for the beginning of a URL.
variable() {
  sed -n "s/^$1: \"\(.*\)\"$/\1/p" "$work/mirror/offline.yml" |
    sed "s|{{ files_repo }}|http://127.0.0.1:8080/k8s|; s|{{ registry_host }}|127.0.0.1:5000/k8s|"
}
leads_to_files() {
  local url here
  while read -r url; do
    case $url in
      https://dl.k8s.io/*) here=$(variable dl_k8s_io_url)${url#https://dl.k8s.io} ;;
      https://github.com/*) here=$(variable github_url)${url#https://github.com} ;;
    esac
    inside curl -fsSI "$here" >/dev/null || return 1
  done <"$work/urls"
}
check "offline.yml leads to every file" leads_to_files
check "and to busybox, which no list of Kubespray has" same \
  "$(variable local_path_provisioner_helper_image_repo)" 127.0.0.1:5000/k8s/library/busybox
check "and tells containerd of the registry" grep -q '^containerd_registries_mirrors:' "$work/mirror/offline.yml"
check "the worker followed it, too" said "offline.yml leads to 3 files and 2 images"
stop_image content

sed -i 's|^github_url: .*|github_url: "https://github.com"|' "$work/mirror/offline.yml"
names_stale() { ! sums >"$work/sums" 2>&1 && grep -q "^offline.yml: FAILED" "$work/sums"; }
check "a stale offline.yml is named" names_stale

echo "# Verified from the images alone, without a coordinator"
# Each fault is planted in a copy of the layout, with every digest made right.
mkdir "$work/run"
check "the release is exported to a directory" ksoctl export v0.1.0-content -o "oci:$work/layout"
check "and to an archive in parts" ksoctl export v0.1.0-content -o "$work/release.tar" --split 1MiB
verify() {
  local status=0
  env -u KSO_COORDINATOR TMPDIR="$work/run" "$ksoctl_program" verify --platform linux/amd64 "$@" \
    >"$work/output" 2>&1 || status=$?
  echo "$status"
}
check "static: a directory" same "$(verify --level static "$work/layout")" 0
check "its files are as SHA256SUMS says" said "6 files as SHA256SUMS says"
check "offline.yml leads to everything" said "offline.yml leads to 3 files and 2 images"
check "its registry has what the files' image names" said "2 images as index.json of kubespray-files says"
check "static: an archive in parts" same "$(verify --level static "$work"/release.tar.[0-9]*)" 0
check "static: a registry" same "$(verify --level static \
  "$registry/team/kubespray-files:v0.1.0-content" "$registry/team/kubespray-images:v0.1.0-content-all")" 0
check "static: one of them, with what the other tells" same "$(verify --level static \
  "$registry/team/kubespray-images:v0.1.0-content-all")" 0
check "it has what the files' image names" said "2 images as index.json of kubespray-files says"
check "static: the other by itself" same "$(verify --level static "$registry/team/kubespray-files:v0.1.0-content")" 0
check "its images are looked up beside it" said "2 images as index.json of kubespray-files says"
check "serve: a directory, which it is where images can be run" same "$(verify "$work/layout")" 0
native=$([[ $(uname -m) == x86_64 ]] && echo natively || echo emulated)
check "the images ran" said "ran $native: "
check "and were asked for everything" said "3 files compared"
check "serve: an archive" same "$(verify --level serve "$work"/release.tar.[0-9]*)" 0
check "exec: a registry" same "$(verify --level exec --output json "$registry/team/kubespray-files:v0.1.0-content")" 0
check "each program that is served as it is answers" same "$(jq -r \
  '[.programs[] | select(.outcome == "answered" and .lastLine == "v1.0.0") | .path | split("/")[-1]] | sort | join(" ")' \
  "$work/output")" "kubectl runc.amd64"
check "nothing is left where they ran" wait_until 10 rmdir "$work/run"
check "serve: where images cannot be run, exit status 2" same "$(verify --level serve --work-dir "$work/none" "$work/layout")" 2
check "with the reason" said "this machine cannot run images: cannot make a directory in $work/none"
check "by default it is static then" same "$(verify --work-dir "$work/none" "$work/layout")" 0
check "and says so" said "Nothing was run (level static): cannot make a directory"

# A copy of the layout in which something of an image is another, or gone.
#   planted NAME IMAGE PATH FILE|-
planted() {
  rm -rf "$work/planted"
  cp -r "$work/layout" "$work/planted"
  tests/e2e/plant.py "$work/planted" "$2" "$3" "$4"
  check "$1: exit status 1" same "$(verify --level static "$work/planted")" 1
}
files_image=kubespray-files:v0.1.0-content
images_image=kubespray-images:v0.1.0-content-all
root=opt/k8s/k8s
in_image() { echo "$root/${1#https://}"; }
cp "$work/mirror/${kubectl#https://}" "$work/one-byte"
printf X | dd of="$work/one-byte" bs=1 seek=5000 conv=notrunc status=none
planted "one wrong byte, every digest made right" "$files_image" "$(in_image "$kubectl")" "$work/one-byte"
check "the file is named" said "$kubectl is sha256:"
# An ELF header has its machine at byte 18 (elf(5)); this one is EM_AARCH64.
cp "$work/mirror/${runc#https://}" "$work/swapped-program"
printf '\xb7' | dd of="$work/swapped-program" bs=1 seek=18 conv=notrunc status=none
planted "a swapped architecture" "$files_image" "$(in_image "$runc")" "$work/swapped-program"
check "it is named" said "$runc: its programs are for arm64, and not for amd64"
planted "a missing URL" "$files_image" "$(in_image "$kubectl")" -
check "it is named" said "$kubectl is missing"
registry_root=var/lib/registry/docker/registry/v2
planted "a missing image" "$images_image" "$registry_root/repositories/k8s/pause" -
check "it is named" said "registry.k8s.io/pause:3.9 is missing"
sed 's|^github_url: .*|github_url: "{{ files_repo }}/example.com"|' "$work/mirror/offline.yml" >"$work/stale.yml"
planted "a stale offline.yml" "$files_image" "$root/offline.yml" "$work/stale.yml"
check "it is named" said "/k8s/offline.yml: "
check "with what it does not lead to" said "$runc"
rm -rf "$work/planted"
cp -r "$work/layout" "$work/planted"
largest=$(find "$work/planted/blobs/sha256" -type f -printf '%s %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
printf X | dd of="$largest" bs=1 seek=100 conv=notrunc status=none
check "one wrong byte on the disk: exit status 1" same "$(verify --level static "$work/planted")" 1
check "the blob is named" said "${largest##*/}"

echo "# The same release again"
variant again
check "it is built" same "$(submit again)" 0
manifest_of() { raw "$registry/team/kubespray-files:$1" | jq -r '.manifests[0].digest'; }
check "another name changes nothing in the image" same "$(manifest_of v0.1.0-again)" "$(manifest_of v0.1.0-content)"

echo "# What is planted"
variant required
files_key required "requireHashes: true"
check "a required hash that is missing: exit status 2" same "$(submit required)" 2
check "the file is named" said "$runc"
files_key required "waive: [{url: \"$runc\", reason: signed elsewhere}]"
check "with a waiver it is built" same "$(submit required)" 0
check "and the waiver and its reason are told" said "has a waiver (signed elsewhere)"
check "the verdict is waived" same "$(verdict "$runc")" WAIVED

variant wrong-byte
echo "$helm" >>"$work/wrong-byte/files-amd64.list"
check "one wrong byte: exit status 1" same "$(submit wrong-byte)" 1
check "the file is named" said "$helm"
wanted=$(awk -v url="$helm" '$2 == url {print $1}' "$work/wrong-byte/files.sha256")
check "what was wanted" said "expected sha256:$wanted"
check "and what came" said "got sha256:"
check "nothing is published" fails grep -q wrong-byte <(tags_of "$registry/team" kubespray-files)
files_key wrong-byte "waive: [{url: \"$helm\"}]"
check "only a waiver that names it lets it through" same "$(submit wrong-byte)" 0
check "and wanted and got are told" said "its list states sha256:$wanted"

variant swapped
redirect swapped "$kubectl" "$kubectl_arm64"
check "a program for another architecture: exit status 1" same "$(submit swapped)" 1
check "it is named" said "$kubectl"
check "with what it is" said "its programs are for arm64, and not for amd64"
files_key swapped "wrongArchitecture: warn"
check "the release may say that it only warns" same "$(submit swapped)" 0
check "and then it is noted" said "its programs are for arm64, and not for amd64"

variant swapped-inside
redirect swapped-inside "$plugins/cni-plugins-linux-amd64-v1.3.0.tgz" \
  "$plugins/cni-plugins-linux-arm64-v1.3.0.tgz"
check "the same in an archive: exit status 1" same "$(submit swapped-inside)" 1
check "a program in it is named" said "/bin/program-0"

variant missing-url
echo "https://dl.k8s.io/release/v1.29.10/bin/linux/amd64/missing" >>"$work/missing-url/files-amd64.list"
check "a missing URL: exit status 1" same "$(submit missing-url)" 1
check "it is named" said "linux/amd64/missing"

variant missing-image
echo "registry.k8s.io/missing:1" >>"$work/missing-image/images.list"
check "a missing image: exit status 1" same "$(submit missing-image)" 1
check "it is named" said "registry.k8s.io/missing:1"
finish
