# What the end-to-end tests share: sourced, not run.
# shellcheck shell=bash
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

work=$(mktemp -d "${TMPDIR:-/tmp}/kso-e2e.XXXXXX")
namespaces=()

clean_up() {
  local status=$? pidfile namespace
  for pidfile in "$work"/*.pid; do
    [[ -e $pidfile ]] || continue
    # Each was started in a session of its own: end what it started too.
    kill -KILL -- "-$(cat "$pidfile")" 2>/dev/null || true
  done
  for namespace in "${namespaces[@]}"; do ip netns del "$namespace" 2>/dev/null || true; done
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

need_arm64() {
  bazel-arm64-bin/worker/kso-worker --version >/dev/null 2>&1 ||
    skip "arm64 programs do not run here: no binfmt_misc with qemu"
}

# The stand-in upstream and a release directory for it.
#   start_upstream DESTINATION [OPTION...]
start_upstream() {
  local destination=$1
  shift
  [[ -n ${KSO_E2E_BASES:-} ]] ||
    tests/upstream/make-bases "$KSO_HOME/bases" >"$work/make-bases.log" 2>&1
  rm -f "$work/upstream.json"
  start upstream "$upstream_program" --release deploy/releases/kubespray-2.25.1 \
    --data-dir "$KSO_HOME/upstream" --bases "${KSO_E2E_BASES:-$KSO_HOME/bases}" \
    --ready-file "$work/upstream.json" --write-release "$work/release" \
    --destination "$destination" "$@"
  wait_until 120 test -s "$work/upstream.json" || die "the upstream did not start"
  upstream=$(jq -r .main "$work/upstream.json")
}

#   start_coordinator NAME
start_coordinator() {
  coordinator=127.0.0.1:$(free_port)
  dashboard=127.0.0.1:$(free_port)
  start "$1" "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
    --state-dir "$work/$1-state"
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
    --name "$name" "$@"
}

ksoctl() { "$ksoctl_program" "$@"; }

worker_is_ready() {
  ksoctl workers --output json |
    jq -e --arg name "$1" '.workers[] | select(.info.name == $name and .state == "READY")' >/dev/null
}

# The newest build as JSON.
build_json() { ksoctl builds --output json | jq '.builds[0]'; }

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

tags_of() { curl -fsS "http://${1%%/*}/v2/${1#*/}/$2/tags/list" | jq -r '.tags[]?' | sort; }
raw() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
