#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Coordinator, workers, upstream and registry are hosts of their own, and links
# between them are cut: for seconds, in the middle of transfers, and for longer
# than the coordinator waits for a worker. The result is that of an undisturbed
# build.
. "$(dirname "$0")/lib.sh"

hub=kso-e2e-$$-hub
ip netns add "$hub" 2>/dev/null || skip "network namespaces cannot be made here"
namespaces+=("$hub")
ip -n "$hub" link add bridge type bridge 2>/dev/null || skip "a bridge cannot be made here"
ip -n "$hub" link set bridge up

# A host at 10.77.0.NUMBER.
#   add_host NAME NUMBER
add_host() {
  local namespace=kso-e2e-$$-$1
  ip netns add "$namespace"
  namespaces+=("$namespace")
  ip -n "$hub" link add "$1" type veth peer name eth0 netns "$namespace"
  ip -n "$hub" link set "$1" master bridge up
  ip -n "$namespace" address add "10.77.0.$2/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" link set lo up
}
on() { local host=$1; shift; nsenter --net="/run/netns/kso-e2e-$$-$host" "$@"; }
cut_off() { ip -n "$hub" link set "$1" down; }
restore() { ip -n "$hub" link set "$1" up; }
# A program that runs on a host, for who starts it by its path.
#   program_on HOST PROGRAM
program_on() {
  local file
  file=$work/$1-$(basename "$2")
  printf '#!/bin/sh\nexec nsenter --net=/run/netns/kso-e2e-%s-%s %s "$@"\n' "$$" "$1" "$2" >"$file"
  chmod +x "$file"
  echo "$file"
}

add_host coordinator 1
add_host upstream 2
add_host registry 3
add_host east 4
add_host west 5
# People sit at the coordinator's host.
curl() { on coordinator curl "$@"; }
skopeo() { on coordinator skopeo "$@"; }
# The parts are on hosts of their own, so they speak TLS.
pki=$work/pki
identity=(--ca "$pki/ca.crt" --cert "$pki/operator.crt" --key "$pki/operator.key")
ksoctl() { on coordinator "$ksoctl_program" "${identity[@]}" "$@"; }
upstream_program=$(program_on upstream "$upstream_program")

registry=10.77.0.3:5000
cat >"$work/registry.yml" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $work/destination}}
http: {addr: $registry}
YAML
start registry "$(program_on registry "$(command -v docker-registry)")" serve "$work/registry.yml"
wait_until 20 curl -fsS "http://$registry/v2/" || die "docker-registry did not start"
# Slow enough for links to be cut in the middle of transfers.
start_upstream "docker://$registry/disturbed" --listen 10.77.0.2 --bandwidth 600000
# One platform is enough to cut links for.
sed -i -e 's|^platforms:.*|platforms: [linux/amd64]|' -e '/arm64:/d' "$work/release/release.yaml"
echo 'destinationInsecure: true' >>"$work/release/release.yaml"

coordinator=10.77.0.1:7070
export KSO_COORDINATOR=$coordinator
"$ksoctl_program" certs init "$pki" --host "${coordinator%:*}"
"$ksoctl_program" certs issue client operator --role admin --dir "$pki"
start coordinator "$(program_on coordinator "$coordinator_program")" --listen "$coordinator" \
  --tls-cert "$pki/coordinator.crt" --tls-key "$pki/coordinator.key" --client-ca "$pki/ca.crt" \
  --http-listen 127.0.0.1:7071 --state-dir "$work/state" --allow-private 10.77.0.0/24
wait_until 20 ksoctl builds || die "the coordinator did not start"
for host in east west; do
  "$ksoctl_program" certs issue worker "$host" --dir "$pki"
  start "$host" "$(program_on $host "$PWD/bazel-bin/worker/kso-worker")" --coordinator "$coordinator" \
    --cache-dir "$work/$host-cache" --name "$host" --platform linux/amd64 --slots 2 \
    --ca "$pki/ca.crt" --cert "$pki/$host.crt" --key "$pki/$host.key" --allow-private 10.77.0.0/24
done
for host in east west; do
  wait_until 30 worker_is_ready "$host" || die "worker $host did not come up"
done
start submit "$(program_on coordinator "$PWD/$ksoctl_program")" "${identity[@]}" submit -f "$work/release/release.yaml" --wait

making_layers() {
  build_json | jq -e '.progress[] | select(.phase == "LAYERS") | .done >= 1 and .done < .total' >/dev/null
}
lost() { ksoctl workers --output json | jq -e --arg name "$1" '.workers[] | select(.info.name == $name and .state == "LOST")' >/dev/null; }
is_busy() { ksoctl workers --output json | jq -e --arg name "$1" '.workers[] | select(.info.name == $name and (.leases | length) > 0)' >/dev/null; }
wait_until 60 making_layers || die "the build did not get to its layers"

echo "# Cut for seconds"
for host in upstream east registry; do
  cut_off "$host"
  sleep 3
  restore "$host"
  check "the build goes on after $host was cut off" same "$(build_json | jq -r .state)" RUNNING
done

echo "# Cut for longer than the coordinator waits for a worker"
wait_until 20 is_busy west || true
check "a worker is cut off in the middle of its work" is_busy west
cut_off west
wait_until 45 lost west || true
check "it is lost" lost west
check "it was lost with its work" contains "$(ksoctl logs "$(build_json | jq -r .buildId)")" "worker west was lost"
restore west
wait_until 20 worker_is_ready west || true
check "it comes back" worker_is_ready west

ended() { build_json | jq -e '.state != "RUNNING"' >/dev/null; }
wait_until 120 ended || true
check "the build succeeds" same "$(build_json | jq -r .state)" SUCCEEDED
ksoctl logs "$(build_json | jq -r .buildId)" >"$work/build.log.txt"
check "no task counts twice" same "$(grep -oE '(east|west): .*: done' "$work/build.log.txt" |
  sed 's/^[a-z]*: //' | sort | uniq -d)" ""
wait_until 20 grep -q "kubespray-images" "$work/submit.log" || true
check "the client that watched was told so" grep -q "sha256:" "$work/submit.log"
index_digests "$registry/disturbed" >"$work/disturbed.digests"

sed "s|^destination:.*|destination: docker://$registry/quiet|" "$work/release/release.yaml" >"$work/release/quiet.yaml"
check "an undisturbed build succeeds" ksoctl submit -f "$work/release/quiet.yaml" --wait
check "both kinds of images were published" grep -q kubespray-images "$work/disturbed.digests"
check "both have the same digests" diff "$work/disturbed.digests" <(index_digests "$registry/quiet")
finish
