#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deploy/compose and deploy/kubernetes: their containers are images that
# deploy/package makes, with options that the programs have, and files that are
# mounted. What the compose file runs is run, without containers, by the commands at
# its top. tests/peers/kubernetes judges the manifests by the published schemas.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=deploy/packaging/lib.sh
. deploy/packaging/lib.sh

python3 -c 'import yaml' 2>/dev/null || skip "Python has no yaml: Debian's package python3-yaml has it"
read_containers=tests/e2e/containers.py
compose=deploy/compose/compose.yaml
mapfile -t manifests < <(find deploy/kubernetes/base deploy/kubernetes/components -name '*.yaml' \
  ! -name kustomization.yaml | sort)
"$read_containers" list "$compose" "${manifests[@]}" >"$work/containers.json"
check "there are two containers of compose and three of Kubernetes" \
  same "$(wc -l <"$work/containers.json")" 5

program_of() {
  case $1 in
    kso-coordinator) echo "$coordinator_program" ;;
    kso-worker) echo bazel-bin/worker/kso-worker ;;
  esac
}
# Sets $name, $image and $program, and $args, $volumes and $ports.
#   take LINE
take() {
  name="$(jq -r '"\(.file | ltrimstr("deploy/")), \(.name)"' <<<"$1")"
  image=$(jq -r .image <<<"$1")
  program=${image##*/}
  program=${program%%:*}
  mapfile -t args < <(jq -r '.args[]' <<<"$1")
  mapfile -t volumes < <(jq -r '.volumes | keys[]' <<<"$1")
  ports=$(jq -r '.ports | sort | join(" ")' <<<"$1")
}
# Succeeds when each file and directory that the options name is in a volume.
files_are_mounted() {
  local argument path volume
  for argument in "${args[@]}"; do
    path=${argument#*=}
    [[ $path == /* ]] || continue
    for volume in "${volumes[@]}"; do [[ $path == "$volume" || $path == "$volume"/* ]] && continue 2; done
    echo "$argument is in no volume"
    return 1
  done
}
ports_of_options() {
  printf '%s\n' "${args[@]}" | sed -n 's/^--[a-z-]*listen=.*:\([0-9]*\)$/\1/p' | sort -n | xargs
}
has_logins() { printf '%s\n' "${volumes[@]}" | grep -q '^/var/lib/kso/\.docker\b'; }
user=$(sed -n 's/.*--user \([0-9]*\):.*/\1/p' deploy/packaging/image.sh)

while read -r container; do
  take "$container"
  check "$name: deploy/package makes its image" contains " ${programs[*]} " " $program "
  check "  which has its options" knows_options "$(program_of "$program")" "${args[@]}"
  check "  what they name is in a volume" files_are_mounted
  check "  its ports are those that it listens on" same "$ports" "$(ports_of_options)"
  check "  it has the logins of registries" has_logins
  check "  it runs as the image's user" same "$(jq -r .user <<<"$container")" "$user"
  check "  it is closed otherwise" jq -e .restricted <<<"$container"
done <"$work/containers.json"
for image in $(jq -r 'select(.file | test("compose")).image' "$work/containers.json"); do
  check "$image is of this version" same "${image##*:}" "$version"
done
check "kustomize puts this version in" same \
  "$(grep -o 'newTag: ".*"' deploy/kubernetes/base/kustomization.yaml | sort -u)" "newTag: \"$version\""
for image in $(jq -r 'select(.file | test("kubernetes")).image' "$work/containers.json" | sort -u); do
  check "kustomize names the registry of $image" grep -q "name: $image, newName: " deploy/kubernetes/base/kustomization.yaml
done
check "no manifest refers to what is not there" same "$("$read_containers" dangling "${manifests[@]}")" ""
for path in $(grep -ohE 'path: /[a-z]+' "${manifests[@]}" | sort -u | cut -d' ' -f2); do
  check "a probe's $path is a path of the coordinator" jq -e --arg path "$path" '.paths[$path].get' coordinator/api/openapi.json
done

# As the file says: certificates first, which belong to the containers' user.
as_user=()
chmod 711 "$work"
ksoctl_here=$(realpath "$ksoctl_program")
commands=0
while read -r command; do
  # Its words are options and names, without quotes.
  read -r -a words <<<"$command"
  (cd "$work" && "$ksoctl_here" "${words[@]:1}") >>"$work/certs.log" </dev/null || die "'$command' failed"
  commands=$((commands + 1))
done < <(sed -n 's/^#   \(ksoctl .*\)/\1/p' "$compose")
check "the file says how certificates are made" test "$commands" -ge 2
(cd "$work" && "$ksoctl_here" certs issue client me --role admin --dir certs) >>"$work/certs.log"
mkdir "$work/state" "$work/cache" "$work/bin"
install -m 755 "$coordinator_program" bazel-bin/worker/kso-worker "$work/bin"
if [[ $EUID == 0 ]]; then
  chown -R "$user:$user" "$work/certs" "$work/state" "$work/cache"
  as_user=(setpriv --reuid "$user" --regid "$user" --clear-groups)
fi

grpc=$(free_port) https=$(free_port)
# Starts a service's process, with its volumes in $work.
#   start_service SERVICE HOME PROGRAM
start_service() {
  mapfile -t args < <("$read_containers" command "$compose" "$1" "$work" |
    sed "s/=0\.0\.0\.0:7070$/=127.0.0.1:$grpc/; s/=0\.0\.0\.0:7071$/=127.0.0.1:$https/; s/=coordinator:7070$/=localhost:$grpc/")
  start "$1" "${as_user[@]}" env -i HOME="$work/$2" PATH="$PATH" "$work/bin/$3" "${args[@]}" \
    --log-format json
}
start_service coordinator state kso-coordinator
start_service worker cache kso-worker
of_farm() {
  ksoctl --coordinator "localhost:$grpc" --ca "$work/certs/ca.crt" --cert "$work/certs/me.crt" --key "$work/certs/me.key" "$@"
}
worker_is_there() { of_farm workers --output json | jq -e '.workers[] | select(.info.name == "worker-1" and .state == "READY")'; }
check "the worker of the compose file is ready at its coordinator" wait_until 30 worker_is_there
check "each line of the coordinator's log is JSON, if one wants" \
  jq -es 'length > 0 and all(has("time") and has("level") and has("program") and has("message"))' "$work/coordinator.log"
check "the page is healthy" curl -fsS --cacert "$work/certs/ca.crt" "https://localhost:$https/healthz"
check "who shows nothing sees no build" same \
  "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$work/certs/ca.crt" "https://localhost:$https/api/v1/builds")" 401
finish
