# SPDX-License-Identifier: Apache-2.0
# The checks with other projects' programs share these functions: sourced, not
# run. They are optional: the programs come from Go's module proxy.
# shellcheck shell=bash
# Those who source this use the names that are set here.
# shellcheck disable=SC2034
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

# Sets $program to a program of a Go module, which is built once.
#   go_program NAME PACKAGE@VERSION
go_program() {
  local version=${2##*@} directory
  directory=$KSO_HOME/peers/$1-$version
  program=$directory/$1
  [[ ! -x $program ]] || return 0
  command -v go >/dev/null || skip "Go is missing; this check is optional"
  say "Building $1 $version"
  # In a directory without a go.mod, which would choose other versions.
  (cd "$work" && CGO_ENABLED=0 GOBIN=$directory GOFLAGS="${GOFLAGS:-} -modcacherw" go install "$2")
}

# The stand-in upstream, and in $work/release and $work/changed a small release
# and the one after it: lists of a few kinds of files and images of the example.
#   start_small_upstream DESTINATION
start_small_upstream() {
  local example=deploy/releases/kubespray-2.25.1
  rm -rf "$work/lists"
  mkdir -p "$work/lists"
  cp $example/release.yaml "$work/lists"
  for list in "$example"/files-*; do
    grep -E 'kubelet|crictl|runc\.|helm-' "$list" >"$work/lists/${list##*/}"
  done
  grep -E 'netchecker-agent|etcd|multus|pause|nginx:|coredns|kube-proxy' $example/images.list >"$work/lists/images.list"
  start_upstream_of "$work/lists" "$1"
  cp -r "$work/release" "$work/changed"
  sed -i "s|^name:.*|name: changed|" "$work/changed/release.yaml"
  sed -i '/crictl/d' "$work"/changed/files-*.list "$work"/changed/*.sha256
  sed -i '/pause:3.9/d' "$work/changed/images.list"
}

# A coordinator, and a worker for both architectures.
start_small_farm() {
  start_coordinator coordinator
  start_small_worker
}

start_small_worker() {
  start_worker worker amd64 --platform linux/amd64 --platform linux/arm64
  wait_until 60 worker_is_ready worker || skip "arm64 images do not run here: no binfmt_misc with qemu"
}

submit() { ksoctl submit -f "$1/release.yaml" --wait; }
number() { build_json | jq -r "$1 // 0"; }
digests_of() { index_digests "$1" | grep -vE ':(latest|changed)'; }
pushed_by_load() { ksoctl load "$@" --output json | jq .bytesPushed; }

# Checks a registry as the destination of builds and of archives, and as
# the upstream of images. It is up, and empty.
#   check_registry HOST:PORT
check_registry() {
  local peer=$1 digests=$work/first.digests first image digest reference
  start_small_upstream "docker://$peer/team"
  start_small_farm
  echo "# As a destination"
  check "a first build succeeds" submit "$work/release"
  first=$(number .buildId)
  digests_of "$peer/team" >"$digests"
  check "and has its three tags" same "$(wc -l <"$digests")" 3
  check "the same again succeeds" submit "$work/release"
  check "all its layers are reused" same "$(number .plan.layersReused)" "$(number .plan.layerCount)"
  check "nothing is pushed" same "$(number .bytesPushed)" 0
  check "and the images are the same" diff "$digests" <(digests_of "$peer/team")
  check "a changed release succeeds" submit "$work/changed"
  check "and most layers are reused" test "$(number .plan.layersReused)" -gt "$(($(number .plan.layerCount) / 2))"
  check "the first is as it was" diff "$digests" <(digests_of "$peer/team")
  for image in "kubespray-files:$release" "kubespray-images:$release-all" kubespray-files:changed kubespray-images:changed-all; do
    check "ksoctl verify $image" ksoctl verify --level static "$peer/team/$image"
    check "skopeo copies all of it" skopeo copy -q --all --preserve-digests --src-tls-verify=false \
      "docker://$peer/team/$image" "dir:$work/copy"
    rm -rf "$work/copy"
  done

  echo "# Carried inside"
  check "ksoctl export reads it" ksoctl export "$first" -o "$work/export.tar"
  check "ksoctl load puts it back elsewhere" ksoctl load "$work/export.tar" "docker://$peer/inside"
  check "and it is the same" diff "$digests" <(digests_of "$peer/inside")
  check "a second load moves nothing" same "$(pushed_by_load "$work/export.tar" "docker://$peer/inside")" 0
  check "ksoctl export since the first" ksoctl export "$(number .buildId)" -o "$work/delta.tar" --since "$first"
  check "ksoctl load of what changed" ksoctl load "$work/delta.tar" "docker://$peer/inside"
  check "ksoctl verify of that" ksoctl verify --level static "$peer/inside/kubespray-images:changed-all"

  echo "# As an upstream"
  while read -r digest reference _; do
    check "skopeo puts ${reference##*/} there" skopeo copy -q --all --preserve-digests --src-tls-verify=false \
      --dest-tls-verify=false "docker://$upstream/${reference%:*}@$digest" "docker://$peer/mirror/$reference"
  done <"$work/release/expected-images.txt"
  for reference in docker.io/library/nginx:1.25.2-alpine docker.io/library/registry:3; do
    check "skopeo puts the base ${reference##*/} there" skopeo copy -q --all --preserve-digests --src-tls-verify=false \
      --dest-tls-verify=false "docker://$upstream/$reference" "docker://$peer/mirror/$reference"
  done
  stop upstream
  # One without a cache.
  stop worker
  rm -rf "$work/worker-cache"
  start_small_worker
  cp -r "$work/release" "$work/mirrored"
  sed -i -e "/^mirrors:/,\$s|location: $upstream/|location: $peer/mirror/|" -e '/^files:/,/^images:/{/^images:/!d}' \
    -e "s|^destination:.*|destination: docker://$peer/again|" "$work/mirrored/release.yaml"
  check "images are built from there" ksoctl submit --fresh --wait -f "$work/mirrored/release.yaml"
  check "and are the same" diff <(grep kubespray-images "$digests") <(digests_of "$peer/again" 2>/dev/null | grep kubespray-images)
  stop worker
  stop coordinator
}

# A finished release for client programs to read, on both architectures: in
# $registry/team, in the archive $work/export.tar, and as the layout $work/layout.
make_release() {
  registry=127.0.0.1:$(free_port)
  start_registry destination "${registry#*:}" "$work/destination"
  start_small_upstream "docker://$registry/team"
  start_small_farm
  check "a build succeeds" submit "$work/release"
  check "ksoctl export to an archive" ksoctl export "$(number .buildId)" -o "$work/export.tar"
  check "ksoctl export to a layout" ksoctl export "$(number .buildId)" -o "oci:$work/layout"
  stop worker
  stop coordinator
  images=("kubespray-files:$release" "kubespray-images:$release" "kubespray-images:$release-all")
}

# The digest of a tag, as curl and sha256sum see it.
#   digest_of REGISTRY/PATH:TAG
digest_of() { echo "sha256:$(raw "$1" | sha256sum | cut -d' ' -f1)"; }

# The digest of an image by its name in the layout.
#   in_layout NAME:TAG
in_layout() {
  jq -r --arg name "$1" '.manifests[] |
    select(.annotations["org.opencontainers.image.ref.name"] == $name).digest' "$work/layout/index.json"
}

# Runs kubespray-images; $served is a file of what it must serve: DIGEST NAME
# PLATFORMS of each image, by the names and for the platforms of Kubespray. Beside
# it, at 127.0.0.1:5001, is a registry to copy on into.
serve_images() {
  skopeo copy -q --all "oci:$work/layout:kubespray-images:$release-all" "oci:$work/oci:images"
  run_image "$work/oci:images" amd64 images
  check "kubespray-images starts" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
  sed -e 's|addr: .*}|addr: 127.0.0.1:5001}|' -e "s|$work/destination|$work/beside|" "$work/destination.yml" >"$work/beside.yml"
  start beside ip netns exec "$namespace" docker-registry serve "$work/beside.yml"
  wait_until 20 inside curl -fsS http://127.0.0.1:5001/v2/ || die "docker-registry did not start; see $work/beside.log"
  served=$work/served
  awk '{
    sub("^[^/]*", "127.0.0.1:5000/k8s", $2)
    platforms = $3 ~ /linux.amd64/ ? "linux/amd64" : ""
    if ($3 ~ /linux.arm64/) platforms = platforms (platforms == "" ? "" : ",") "linux/arm64"
    print $1, $2, platforms
  }' "$work/release/expected-images.txt" >"$served"
}

finish_peer() {
  echo "$checks checks, $failures of them failed: $*"
  finish
}
