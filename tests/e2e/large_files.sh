#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files that are larger than the memory that kso may take: four of 160 MB at a
# time, from a real nginx, to a registry and home to an oci: directory. The worker
# and the coordinator stay under 128 MiB each.
. "$(dirname "$0")/lib.sh"

host=127.0.0.1:$(free_port)
registry=127.0.0.1:$(free_port)
size=$((160 << 20))

# Two that are as if compressed already, and two that shrink: all different.
make_files() {
  local name
  mkdir -p "$work/www"
  for name in one two; do
    { printf '\x1f\x8b\x08\x00%s' $name
      head -c $((size - 7)) /dev/zero |
        openssl enc -aes-128-ctr -pass pass:$name -nosalt -pbkdf2 -iter 1; } >"$work/www/$name.tgz"
  done
  for name in three four; do
    printf '\x7fELF%s' $name >"$work/www/$name"
    truncate -s $size "$work/www/$name"
  done
}
make_files
cat >"$work/nginx.conf" <<CONF
user root;
daemon off;
pid $work/nginx.run;
error_log stderr;
events {}
http {
  access_log off;
  server { listen $host; root $work/www; }
}
CONF
start nginx nginx -e stderr -c "$work/nginx.conf"
wait_until 20 curl -fsS -o /dev/null "http://$host/one.tgz" -r 0-0 || die "nginx did not start"

start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/large"
for name in one.tgz two.tgz three four; do
  echo "https://large.example.com/$name sha256:$(sha256sum <"$work/www/$name" | cut -d' ' -f1)"
done >"$work/release/large.list"
# Of the example's release, the base image and where that comes from.
{
  cat <<YAML
apiVersion: kso/v1
kind: Release
name: large
platforms: [linux/amd64]
files:
  base: docker.io/library/nginx:1.25.2-alpine
  lists: {amd64: large.list}
destination: docker://$registry/large
YAML
  sed -n '/^mirrors:/,$p' "$work/release/release.yaml"
  echo "  - {prefix: \"https://large.example.com/\", location: \"http://$host/\"}"
} >"$work/release/large.yaml"
sed "s|^destination:.*|destination: oci:$work/home|" "$work/release/large.yaml" >"$work/release/home.yaml"

# The most memory that a program has had so far, in MiB.
peak_mib() { awk '$1 == "VmHWM:" {print int($2 / 1024)}' "/proc/$(cat "$work/$1.pid")/status"; }
stays_small() {
  echo "$1 took $(peak_mib "$1") MiB at most"
  (($(peak_mib "$1") < 128))
}

start_coordinator coordinator
start_worker worker amd64 --slots 4
wait_until 30 worker_is_ready worker || die "the worker did not come up"

check "a build to a registry succeeds" ksoctl submit -f "$work/release/large.yaml" --wait
check "the worker stays under 128 MiB" stays_small worker
check "the coordinator stays under 128 MiB" stays_small coordinator
check "skopeo finds all of it right" skopeo copy -q --all --src-tls-verify=false \
  "docker://$registry/large/kubespray-files:large" "dir:$work/copy"
rm -rf "$work/copy"

# Through the coordinator this time: its bytes are no registry's.
check "a build to oci: succeeds" ksoctl submit -f "$work/release/home.yaml" --fresh --wait
check "the worker stays under 128 MiB, also then" stays_small worker
check "the coordinator stays under 128 MiB, also then" stays_small coordinator
check "both have the same digest" same \
  "$(skopeo inspect --raw "oci:$work/home:kubespray-files:large" | sha256sum || echo "no image at home")" \
  "$(raw "$registry/large/kubespray-files:large" | sha256sum || echo "no image in the registry")"
for name in worker coordinator; do stays_small $name || true; done
finish
