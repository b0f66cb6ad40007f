# SPDX-License-Identifier: Apache-2.0
# Releases that follow the example's, for tests and benchmarks: sourced, not run.
# shellcheck shell=bash

# Makes DIRECTORY/lists-first (the example's lists), lists-file (one file changed),
# lists-patch (a patch release: Kubernetes, Calico, etcd, containerd and runc) and
# lists-large (after that one, one large file changed), and DIRECTORY/all: a release
# with the lines of them all, for an upstream that answers for each.
#   make_next_releases DIRECTORY
make_next_releases() {
  local list example=deploy/releases/kubespray-2.25.1
  local file_edit='s|runc/releases/download/v1\.1\.14/runc\.amd64|runc/releases/download/v1.1.15/runc.amd64|'
  local patch_edit='s/v1\.29\.10/v1.29.11/; s/v3\.27\.4/v3.27.5/; s/1\.7\.22/1.7.23/g; s/v1\.1\.14/v1.1.15/'
  patch_edit+='; s/etcd\(.*\)3\.5\.16\(.*\)3\.5\.16/etcd\13.5.17\23.5.17/; s/etcd:v3\.5\.16/etcd:v3.5.17/'
  local large_edit='s|v1\.29\.11/bin/linux/amd64/kubelet|v1.29.12/bin/linux/amd64/kubelet|'
  rm -rf "$1/all" "$1"/lists-{first,file,patch,large}
  mkdir -p "$1/all" "$1"/lists-{first,file,patch,large}
  cp $example/release.yaml $example/*.sha256 "$1/all"
  for list in files-amd64.list files-arm64.list images.list; do
    cp "$example/$list" "$1/lists-first/$list"
    sed "$file_edit" "$example/$list" >"$1/lists-file/$list"
    sed "$patch_edit" "$example/$list" >"$1/lists-patch/$list"
    sed "$large_edit" "$1/lists-patch/$list" >"$1/lists-large/$list"
    cat "$1"/lists-{first,file,patch,large}/"$list" | awk '!seen[$0]++' >"$1/all/$list"
  done
}
