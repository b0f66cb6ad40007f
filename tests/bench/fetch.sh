# SPDX-License-Identifier: Apache-2.0
# The common part of the scripts that kso is compared with, up to where the
# layers are made: sourced with the script's arguments, not run.
# shellcheck shell=bash
# Those who source this use the names that are set here.
# shellcheck disable=SC2034
#
# - files: aria2c, several at a time and in ranges, each against its checksum;
#   they are in $work/files/k8s;
# - images: skopeo copy --all, several at a time, into a registry on this machine,
#   which keeps what it has, in $work/staging;
# - what each image consists of there, in $work/lists/NUMBER.
#
#   SCRIPT RELEASE_DIR WORK UPSTREAM docker://HOST/PATH|oci:DIR
#
# RELEASE_DIR is what kso-upstream wrote, whose address UPSTREAM is.
# Sets: release, work, upstream, destination, name, images and copy.

# shellcheck source=deploy/lib.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../../deploy/lib.sh"

(($# == 4)) || { sed -n '3,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }
release=$(realpath "$1") work=$(realpath -m "$2") upstream=$3 destination=$4
jobs=${KSO_BENCH_JOBS:-8}
name=$(awk '$1 == "name:" {print $2}' "$release/release.yaml")
# The images that are made.
images=("kubespray-files:$name" "kubespray-images:$name-all")
copy=(skopeo copy --quiet --all --retry-times 5 --src-tls-verify=false --dest-tls-verify=false)
base_of() { awk -v section="$1:" '$1 == section {on = 1} on && $1 == "base:" {print $2; exit}' "$release/release.yaml"; }
mkdir -p "$work"/{files,staging,lists}

# Files: those that are there and right stay. Writes $work/all-sums, "SHA256 PATH".
fetch_files() {
  sort -u "$release"/files-*.list >"$work/urls"
  awk 'NR == FNR {sum[$2] = $1; next} ($1 in sum) {path = $1; sub("https://", "k8s/", path); print sum[$1] "  " path}' \
    "$release/files.sha256" "$work/urls" >"$work/sums"
  : >"$work/good"
  if [[ -d $work/files/k8s ]]; then
    (cd "$work/files" && xargs -P "$jobs" -d '\n' -n 4 -a "$work/sums" bash -c \
      'printf "%s\n" "$@" | sha256sum --check --ignore-missing 2>/dev/null || true' check) |
      sed -n 's/: OK$//p' >"$work/good"
  fi
  awk -v upstream="$upstream" '
    FILENAME == ARGV[1] {good[$1]; next}
    FILENAME == ARGV[2] {sum[$2] = $1; next}
    {
      path = $1; sub("https://", "k8s/", path)
      if (path in good) next
      url = $1; sub("https://", "http://" upstream "/", url)
      print url "\n out=" path
      if (path in sum) print " checksum=sha-256=" sum[path]
    }' "$work/good" "$work/sums" "$work/urls" >"$work/aria2"
  if [[ -s $work/aria2 ]]; then
    aria2c --quiet --input-file="$work/aria2" --dir="$work/files" --max-concurrent-downloads="$jobs" \
      --max-connection-per-server=4 --split=4 --min-split-size=8M --file-allocation=none --continue=true \
      --allow-overwrite=true --auto-file-renaming=false --conditional-get=true --max-tries=5 --retry-wait=1
  fi
  # Files whose sum nobody stated are hashed as they came.
  (cd "$work/files" && awk 'NR == FNR {sum[$2]; next} {path = $1; sub("https://", "k8s/", path); if (!(path in sum)) print path}' \
    "$work/sums" "$work/urls" | xargs -d '\n' sha256sum) >"$work/unstated"
  cat "$work/sums" "$work/unstated" >"$work/all-sums"
}

# Images into the registry, and what further lines of arguments to skopeo copy come in.
stage_images() {
  local port staging reference
  port=$(free_port)
  cat >"$work/staging.yml" <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/staging}}
http: {addr: "127.0.0.1:$port", headers: {Staging-Of: ["$work"]}}
YAML
  docker-registry serve "$work/staging.yml" >"$work/staging.log" 2>&1 &
  staging=$!
  # shellcheck disable=SC2064
  trap "kill $staging 2>/dev/null || true" EXIT
  # Whoever else may have got that port is not to be pushed to.
  until curl -fsSI "http://127.0.0.1:$port/v2/" 2>/dev/null | tr -d '\r' | grep -qixF "Staging-Of: $work"; do
    kill -0 "$staging" || { cat "$work/staging.log" >&2; exit 1; }
    sleep 0.05
  done
  {
    cat
    while read -r reference; do
      echo "--preserve-digests docker://$upstream/$reference docker://127.0.0.1:$port/k8s/${reference#*/}"
    done <"$release/images.list"
  } | xargs -P "$jobs" -L 1 "${copy[@]}"
  kill "$staging"
  wait "$staging" 2>/dev/null || true
}

store=docker/registry/v2
blob() { echo "$store/blobs/sha256/${1:7:2}/${1:7}/data"; }
# "PARENT CHILD IS_MANIFEST" of the documents whose digests come in.
children() {
  sort -u | while read -r digest; do blob "$digest"; done |
    xargs -r jq -r '(input_filename | split("/")[6]) as $parent
      | ((.manifests // [])[] | "sha256:\($parent) \(.digest) 1"),
        (select(.config) | .config, .layers[] | "sha256:\($parent) \(.digest) 0")'
}

# Writes $work/tops, "IMAGE DIGEST", and the files in the registry that each image
# is, in $work/lists/NUMBER. A blob is only in the list of the first that has it.
list_images() (
  cd "$work/staging" || return
  while read -r reference; do
    path=k8s/${reference#*/}
    digest=$(cat "$store/repositories/${path%:*}/_manifests/tags/${path##*:}/current/link")
    echo "$path $digest"
  done <"$release/images.list" >"$work/tops"
  cut -d' ' -f2 "$work/tops" | children >"$work/level1"
  awk '$3 == 1 {print $2}' "$work/level1" | children >"$work/level2"
  awk -v store="$store" -v lists="$work/lists" '
    FILENAME == ARGV[1] {count[$1]++; child[$1, count[$1]] = $2; manifest[$2] = $3; next}
    FILENAME == ARGV[2] {count[$1]++; child[$1, count[$1]] = $2; manifest[$2] = $3; next}
    function add(digest, is_manifest,   i, hex) {
      if ((image, digest) in seen) return
      seen[image, digest]
      hex = substr(digest, 8)
      print repository (is_manifest ? "/_manifests/revisions" : "/_layers") "/sha256/" hex "/link" >list
      if (!(digest in packed)) print store "/blobs/sha256/" substr(hex, 1, 2) "/" hex "/data" >list
      packed[digest]
      for (i = 1; i <= count[digest]; i++) add(child[digest, i], manifest[child[digest, i]])
    }
    {
      image = $1; tag = $1; sub(/.*:/, "", tag)
      repository = $1; sub(/:[^:]*$/, "", repository); repository = store "/repositories/" repository
      list = lists "/" FNR
      print repository "/_manifests/tags/" tag "/current/link" >list
      print repository "/_manifests/tags/" tag "/index/sha256/" substr($2, 8) "/link" >list
      add($2, 1)
      close(list)
    }' "$work/level1" "$work/level2" "$work/tops"
)

# The configurations of both images, in $work/site.
make_site() {
  mkdir -p "$work/site/etc/nginx" "$work/site/etc/distribution"
  echo 'events {} http { server { listen 8080; root /opt/k8s; autoindex on; } }' >"$work/site/etc/nginx/nginx.conf"
  echo '{version: 0.1, storage: {filesystem: {rootdirectory: /var/lib/registry}}, http: {addr: ":5000"}}' \
    >"$work/site/etc/distribution/config.yml"
}
