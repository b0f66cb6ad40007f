#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Registries and hosts on a bad day: a storm of faults changes nothing of the
# result, limits are kept and shown, and what is hopeless is said for each item.
. "$(dirname "$0")/lib.sh"

registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"

# A farm of its own, from nothing, at an upstream with these faults.
#   farm NAME [FAULT...]
farm() {
  local name=$1
  shift
  rm -rf "$work/release"
  start_upstream "docker://$registry/$name" "$@"
  sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/^    arm64: /d' "$work/release/release.yaml"
  start_coordinator "coordinator-$name"
  start_worker "worker-$name" amd64 --slots 6
  wait_until 30 worker_is_ready "worker-$name" || die "the worker did not come up"
}
end_farm() {
  stop "worker-$1"
  stop "coordinator-$1"
  stop upstream
}
submit() { ksoctl submit -f "$work/release/release.yaml" --wait; }
exit_status() { local status=0; "$@" >"$work/output" 2>&1 || status=$?; echo "$status"; }

farm calm
check "an undisturbed build succeeds" submit
index_digests "$registry/calm" >"$work/calm.digests"
check "and has six tags" same "$(wc -l <"$work/calm.digests")" 6
end_farm calm

farm stormy --token-seconds 2 --pull-limit 80 --pull-window 6 \
  --fail-url 'dl.k8s.io=503/1*3' --fail-url 'github.com=502*6' --fail-url 'get.helm.sh=429/-*2' \
  --fail-url 'quay.io=429/2*3' --fail-url 'registry.k8s.io=429/d2*2' --fail-url 'docker.io=500*4' \
  --cut-url 'github.com=20000*5' --cut-url 'dl.k8s.io=50000*3' --cut-url 'sha256:=3000*20' \
  --corrupt-url 'calicoctl=10*1' --corrupt-url 'sha256:a=5*1' \
  --shorten-url 'get.helm.sh=10*1' --lengthen-url 'kubelet=100*1' --lengthen-url 'sha256:b=100*1' \
  --drip-url 'kubectl=200000*1' --redirect-url 'runc=1*2' --redirect-url 'sha256:c=1*2'
check "a build in a storm succeeds" submit
check "and has the same digests" diff "$work/calm.digests" <(index_digests "$registry/stormy")
workers=$(ksoctl workers)
check "what the host allows is shown" contains "$workers" "limits of $upstream: "
check "with what is left of its quota" contains "$workers" " of 80 requests left"
check "and on the dashboard" contains "$(curl -fsS "http://$dashboard/api/v1/hosts")" " of 80 requests left"
end_farm stormy

farm hopeless --redirect-url 'kubelet=0' --fail-url 'quay.io/calico/node=403' \
  --corrupt-url 'sha256:=5' --fail-url 'registry.k8s.io/pause:3.9=404'
check "what is hopeless fails" same "$(exit_status submit)" 1
check "a redirect loop is said, with its URL" grep -q "kubelet.*redirects more than" "$work/output"
check "a refusal is said, with what to do" grep -q "calico/node.*403.*login" "$work/output"
check "a missing image is said" grep -q "pause:3.9.*404" "$work/output"
check "wrong bytes are said" grep -q "digest sha256:" "$work/output"
check "nothing was published" fails tags_of "$registry/hopeless" kubespray-files
end_farm hopeless
finish
