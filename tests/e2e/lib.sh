# SPDX-License-Identifier: Apache-2.0
# The end-to-end tests share these functions: sourced, not run.
# shellcheck shell=bash
# Those who source this use the names that are set here.
# shellcheck disable=SC2034
#
# Each test is a script that starts a farm of the real programs against the
# stand-in upstream, judges the result with programs that others wrote, and
# exits 0 (passed), 77 (skipped; its last line says why) or otherwise (failed).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/lib.sh
. deploy/lib.sh

PATH=$PATH:/usr/sbin:/sbin
coordinator_program=bazel-bin/coordinator/kso-coordinator
ksoctl_program=bazel-bin/cli/ksoctl
upstream_program=bazel-bin/tests/upstream/kso-upstream
release=v0.1.0-2.25.1
failures=0
checks=0

work=$(mktemp -d "${TMPDIR:-/tmp}/kso-e2e.XXXXXX")
namespaces=()
mounts=()

clean_up() {
  local status=$? pidfile namespace mounted
  for pidfile in "$work"/*.pid; do
    [[ -e $pidfile ]] || continue
    # Each was started in a session of its own: end what it started too.
    kill -KILL -- "-$(cat "$pidfile")" 2>/dev/null || true
  done
  for namespace in "${namespaces[@]}"; do ip netns del "$namespace" 2>/dev/null || true; done
  for mounted in "${mounts[@]}"; do umount -l "$mounted" 2>/dev/null || true; done
  if ((status == 0 || status == 77)); then
    rm -rf "$work"
  else
    echo "the logs of this test are in $work"
    mkdir -p "$KSO_HOME/logs/e2e"
    for log in "$work"/*.log; do
      [[ -e $log ]] || continue
      echo "--- $(basename "$log")"
      tail -n 25 "$log"
    done
  fi
}
trap clean_up EXIT

# Ends the test; fails it if any check failed.
finish() {
  ((failures == 0)) || { echo "$failures checks failed"; exit 1; }
  exit 0
}

skip() {
  echo "$*"
  exit 77
}

# One thing that a user would notice. The command's output shows when it fails.
#   check WHAT COMMAND [ARG...]
check() {
  local what=$1 output
  shift
  checks=$((checks + 1))
  if output=$("$@" 2>&1); then
    echo "ok    $what"
  else
    echo "FAIL  $what"
    [[ -z $output ]] || sed 's/^/        /' <<<"$output" | tail -n 15
    failures=$((failures + 1))
  fi
}

same() { [[ $1 == "$2" ]] || { printf 'expected: %s\nbut got:  %s\n' "$2" "$1"; return 1; }; }
contains() { [[ $1 == *"$2"* ]] || { printf 'expected in it: %s\nbut got: %s\n' "$2" "$1"; return 1; }; }
lacks() { [[ $1 != *"$2"* ]] || { printf 'not expected in it: %s\nbut got: %s\n' "$2" "$1"; return 1; }; }
fails() { if "$@"; then echo "succeeded, and should not have: $*"; return 1; fi; }

# Tells whether a program's help has each of these options; "--a=b" is --a.
#   knows_options PROGRAM OPTION...
knows_options() {
  local program=$1 option help
  help=$("$program" --help)
  shift
  (($#)) || { echo "no option of $program is named"; return 1; }
  for option; do
    grep -qE -- "(^|[ ,])${option%%=*}([^a-z-]|\$)" <<<"$help" || { echo "$program has no ${option%%=*}"; return 1; }
  done
}

need_arm64() {
  bazel-arm64-bin/worker/kso-worker --version >/dev/null 2>&1 ||
    skip "arm64 programs do not run here: no binfmt_misc with qemu"
}

# The stand-in upstream and a release directory for it.
#   start_upstream DESTINATION [OPTION...]
start_upstream() { start_upstream_of deploy/releases/kubespray-2.25.1 "$@"; }

# The same for another release directory.
#   start_upstream_of RELEASE DESTINATION [OPTION...]
start_upstream_of() {
  local lists_of=$1 destination=$2
  shift 2
  [[ -n ${KSO_E2E_BASES:-} ]] ||
    tests/upstream/make-bases "$KSO_HOME/bases" >"$work/make-bases.log" 2>&1
  rm -f "$work/upstream.json"
  start upstream "$upstream_program" --release "$lists_of" \
    --data-dir "$KSO_HOME/upstream" --bases "${KSO_E2E_BASES:-$KSO_HOME/bases}" \
    --ready-file "$work/upstream.json" --write-release "$work/release" \
    --destination "$destination" "$@"
  wait_until 120 test -s "$work/upstream.json" || die "the upstream did not start"
  upstream=$(jq -r .main "$work/upstream.json")
  # Newer versions of skopeo send a login on to another port of the same host, which
  # the storage refuses. By this name, it is on another one.
  upstream_by_name=${upstream/127.0.0.1/localhost}
}

# Prints the release.yaml of a small release for amd64, whose lists are beside it.
#   small_release NAME DESTINATION [files|images]
small_release() {
  printf 'apiVersion: kso/v1\nkind: Release\nname: %s\nplatforms: [linux/amd64]\n' "$1"
  if [[ ${3:-files} == files ]]; then
    printf 'files:\n  base: docker.io/library/nginx:1.25.2-alpine\n  lists: {amd64: files.list}\n'
  fi
  if [[ ${3:-images} == images ]]; then
    printf 'images:\n  base: docker.io/library/registry:3\n  list: images.list\n'
  fi
  printf 'destination: %s\n' "$2"
}
# The mirrors that lead a release to the upstream, as the end of its release.yaml.
mirrors_to_upstream() { sed -n '/^mirrors:/,$p' "$work/release/release.yaml"; }

#   start_coordinator NAME
start_coordinator() {
  coordinator=127.0.0.1:$(free_port)
  dashboard=127.0.0.1:$(free_port)
  start "$1" "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
    --state-dir "$work/$1-state" "${allow_loopback[@]}"
  export KSO_COORDINATOR=$coordinator
  wait_until 20 ksoctl builds || die "the coordinator did not start"
}

# A worker that is a program of that architecture, with an empty cache.
#   start_worker NAME amd64|arm64 [OPTION...]
start_worker() {
  local name=$1 program=bazel-bin/worker/kso-worker
  [[ $2 == amd64 ]] || program=bazel-arm64-bin/worker/kso-worker
  shift 2
  start "$name" "$program" --coordinator "$coordinator" --cache-dir "$work/$name-cache" \
    --name "$name" "${allow_loopback[@]}" "$@"
}

ksoctl() { "$ksoctl_program" "$@"; }

worker_is_ready() {
  ksoctl workers --output json |
    jq -e --arg name "$1" '.workers[] | select(.info.name == $name and .state == "READY")' >/dev/null
}

# Puts a program in front of the real ones, for who has $work/bin in $PATH.
#   stand_in NAME <<TEXT
stand_in() {
  mkdir -p "$work/bin"
  { echo '#!/usr/bin/env bash'; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# An issuer of tokens for pipelines, such as GitHub. With $work/oidc.json a
# coordinator takes those of the branch main of acme/farm.
make_pipeline_issuer() {
  local modulus
  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/issuer.pem" 2>/dev/null
  modulus=$(openssl pkey -in "$work/issuer.pem" -pubout | openssl rsa -pubin -noout -modulus 2>/dev/null)
  cat >"$work/jwks.json" <<JSON
{"keys": [{"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "e": "AQAB",
  "n": "$(printf %s "${modulus#*=}" | basenc --base16 -d | base64url)"}]}
JSON
  cat >"$work/oidc.json" <<'JSON'
{"issuers": [{"issuer": "https://ci.example", "audience": "kso", "jwksFile": "jwks.json",
  "allow": [{"role": "submit", "claims": {"repository": "acme/farm", "ref": "refs/heads/main"}}]}]}
JSON
}
base64url() { basenc --base64url -w 0 | tr -d =; }
# A token of that issuer, good for LIFE more seconds.
#   pipeline_token REPOSITORY [LIFE]
pipeline_token() {
  local now text
  now=$(date +%s)
  text=$(printf '{"alg":"RS256","kid":"one"}' | base64url).$(
    jq -cnj --arg repository "$1" --argjson now "$now" --argjson life "${2:-300}" '{
      iss: "https://ci.example", aud: "kso", sub: "repo:\($repository)", iat: ($now - 600),
      exp: ($now + $life), repository: $repository, ref: "refs/heads/main"}' | base64url
  )
  echo "$text.$(printf %s "$text" | openssl dgst -sha256 -sign "$work/issuer.pem" | base64url)"
}

# The newest build as JSON.
build_json() { ksoctl builds --output json | jq '.builds[0]'; }
# Tells whether the failures of the newest build, of which it has some, name their
# items once: not "URL: URL: reason".
items_are_named_once() {
  local again
  again=$(build_json | jq -r 'if (.failures | length) == 0 then "it has no failure" else
    .failures[] | select(.item as $item | .reason | contains($item)) | "\(.item): \(.reason)" end')
  [[ -z $again ]] || { echo "$again"; return 1; }
}

# "DIGEST NAME" of each tag of both images at a registry, to compare builds.
#   index_digests REGISTRY/PATH
index_digests() {
  local repository tag
  for repository in kubespray-files kubespray-images; do
    for tag in $(tags_of "$1" "$repository"); do
      echo "$(raw "$1/$repository:$tag" | sha256sum | cut -d' ' -f1) $repository:$tag"
    done
  done
}

# The tags of an image, without those of the evidence about it.
tags_of() { all_tags_of "$1" "$2" | grep -v '^sha256-' || [[ ${PIPESTATUS[0]} == 0 ]]; }
all_tags_of() { curl -fsS "http://${1%%/*}/v2/${1#*/}/$2/tags/list" | jq -r '.tags[]?' | sort; }
raw() { skopeo inspect --raw --tls-verify=false "docker://$1"; }

# A document that a build left beside an image, by its type.
#   evidence_of REGISTRY/PATH/IMAGE:TAG TYPE
evidence_of() {
  local name=${1%:*} digest artifact
  digest=$(raw "$1" | sha256sum | cut -d' ' -f1)
  artifact=$(raw "$name:sha256-$digest" | jq -r --arg type "$2" '.manifests[] | select(.artifactType == $type).digest')
  curl -fsS "http://${name%%/*}/v2/${name#*/}/blobs/$(raw "$name@$artifact" | jq -r '.layers[0].digest')"
}
# "WORKER PLATFORM NATIVELY" of those that made the layers of an image, by its
# provenance.
makers_of() {
  evidence_of "$1" application/vnd.in-toto+json |
    jq -r '.predicate.runDetails.byproducts[].annotations | "\(.kso_worker) \(.kso_platform) \(.kso_native)"' | sort -u
}
# Prints whether the processor of this machine runs programs of an architecture itself.
runs_natively() { [[ $1/$(uname -m) == amd64/x86_64 || $1/$(uname -m) == arm64/aarch64 ]] && echo true || echo false; }

# Unpacks with umoci, runs with runc in a network namespace of its own.
# It joins NAMESPACE where that is given.
#   run_image OCI_LAYOUT:TAG ARCHITECTURE NAME [NAMESPACE]
run_image() {
  local bundle=$work/bundle-$3 digest reference=$1
  digest=$(jq -r --arg a "$2" '.manifests[] | select(.platform.architecture == $a).digest' \
    <(skopeo inspect --raw "oci:$reference"))
  # umoci takes a single image: this platform's, by itself.
  skopeo copy -q --override-arch "$2" "oci:$reference" "oci:$work/single-$3:x"
  umoci unpack --image "$work/single-$3:x" "$bundle" >"$work/umoci-$3.log" 2>&1
  namespace=${4:-}
  if [[ -z $namespace ]]; then
    namespace=kso-e2e-$$-$3
    ip netns add "$namespace"
    namespaces+=("$namespace")
    ip -n "$namespace" link set lo up
  fi
  # Docker and containerd give these capabilities by default; umoci gives fewer.
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
  start "run-$3" runc --root "$work/runc" run --bundle "$bundle" "kso-e2e-$$-$3"
}
inside() { ip netns exec "$namespace" "$@"; }
stop_image() {
  runc --root "$work/runc" delete -f "kso-e2e-$$-$1" >/dev/null 2>&1 || true
  stop "run-$1" KILL
  umount -l "$work/bundle-$1/rootfs" 2>/dev/null || true
  rm -rf "$work/bundle-$1" "$work/single-$1"
}

# Tells whether the image that runs serves the files of expected-files.txt's format.
#   files_match EXPECTED
files_match() {
  local hash size url path
  while read -r hash size url; do
    path=${url#*://}
    inside curl -fsS "http://127.0.0.1:8080/k8s/$path" -o "$work/fetched" || return 1
    same "$(sha256sum <"$work/fetched" | cut -d' ' -f1) $(stat -c %s "$work/fetched") $url" \
      "$hash $size $url" || return 1
  done <"$1"
}

# Pulls every image of a platform whole, and compares what the tag gives with
# what upstream gives, byte for byte.
#   images_match ARCHITECTURE EXPECTED
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
  done <"$2"
  ((count > 40)) || { echo "only $count images were compared"; return 1; }
}
