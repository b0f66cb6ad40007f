#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `ksoctl lists` with Debian's Ansible and a small checkout in the shape of
# Kubespray's (tests/kubespray): what is listed, for whom, and that nothing of
# the checkout runs or changes.
. "$(dirname "$0")/lib.sh"
ksoctl() { "$ksoctl_program" "$@"; }
# The items of a list, without comments, in the order of their names.
items() { sed 's/[[:space:]]*#.*//' "$1" | grep . | LC_ALL=C sort; }
tree() { (cd "$1" && find . -printf '%p %y %m %s %T@\n' | LC_ALL=C sort && find . -type f -exec sha256sum {} +); }
command -v ansible-playbook >/dev/null || skip "there is no ansible-playbook: deploy/setup test installs it"

checkout=$work/kubespray
cp -r tests/kubespray "$checkout"
before=$(tree "$checkout")
generate() { ksoctl lists generate --kubespray "$checkout" "$@"; }

echo "# what Kubespray's own defaults enable"
said=$(cd "$work" && "$OLDPWD/$ksoctl_program" lists generate --kubespray kubespray)
release=$work/kubespray-9.9.1
check "it says where it wrote" contains "$said" "Wrote kubespray-9.9.1 for Kubespray 9.9.1"
check "files for amd64" same "$(items "$release/files-amd64.list")" "https://dl.invalid/release/v1.90.2/bin/linux/amd64/kubelet
https://github.invalid/containerd/containerd-9.0.0-linux-amd64.tar.gz
https://helm.cilium.io/cilium-9.1.0.tgz
https://helm.cilium.io/index.yaml"
check "files for arm64" same "$(items "$release/files-arm64.list")" "https://dl.invalid/release/v1.90.2/bin/linux/arm64/kubelet
https://github.invalid/containerd/containerd-9.0.0-linux-arm64.tar.gz
https://helm.cilium.io/cilium-9.1.0.tgz
https://helm.cilium.io/index.yaml"
check "images" same "$(items "$release/images.list")" "docker.io/library/busybox:latest
quay.invalid/cilium/cilium:v9.1.0
quay.invalid/cilium/operator-generic:v9.1.0
quay.invalid/cilium/operator:v9.1.0
quay.invalid/lamp/lamp:v1.2.3
registry.invalid/kube-apiserver:v1.90.2
registry.invalid/kube-controller-manager:v1.90.2
registry.invalid/kube-proxy:v1.90.2
registry.invalid/kube-scheduler:v1.90.2
registry.invalid/pause:9.9"
check "each line says why it is there" contains "$(grep kubelet "$release/files-amd64.list")" \
  "# kubelet, roles/kubespray_defaults, kubelet_download_url"
check "hashes by URL" contains "$(cat "$release/files.sums")" \
  "2222222222222222222222222222222222222222222222222222222222222222  https://dl.invalid/release/v1.90.2/bin/linux/arm64/kubelet"
check "what cannot be settled is said" contains "$said" "roles/kubernetes-apps/lamp, lamp_bulb_container"
check "and stands in the list" contains "$(cat "$release/images.list")" "lamp_bulb_container"
check "mutable names are said" contains "$said" "the tag 'latest' changes"

echo "# everything"
generate --everything "$work/all" >"$work/all.log"
check "static containerd" contains "$(items "$work/all/files-arm64.list")" containerd-static-9.0.0-linux-arm64
check "what is not enabled" contains "$(items "$work/all/files-arm64.list")" \
  https://github.invalid/sandbox/20900101/aarch64/sandbox
check "a manifest whose URL has no usual name" contains "$(items "$work/all/files-amd64.list")" argo-cd/v2.14.5
check "the images in that manifest" contains "$(items "$work/all/images.list")" quay.io/argoproj/argocd:v2.14.5
for image in quay.invalid/flannel/flannel:v9.2.0 quay.invalid/lamp/dimmer:v1.2.3 quay.invalid/lamp/shade:v1 \
  registry.invalid/cloud/manager:v7; do
  check "$image" contains "$(items "$work/all/images.list")" "$image"
done
check "sha512" contains "$(cat "$work/all/files.sums")" "$(printf '3%.0s' {1..128})  https://"
check "no hash where Kubespray has a 0" lacks "$(cat "$work/all/files.sums")" aarch64/sandbox

echo "# with an inventory that is offline already"
said=$(generate -i "$checkout/inventory/site/hosts.ini" "$work/site")
check "its versions count" contains "$(items "$work/site/files-amd64.list")" \
  https://dl.invalid/release/v1.90.1/bin/linux/amd64/kubelet
check "and its features" contains "$(items "$work/site/images.list")" registry.invalid/cloud/manager:v7
check "also those of one host" contains "$(items "$work/site/files-amd64.list")" /x86_64/sandbox
check "not what it does not use" lacks "$(cat "$work/site/images.list")" quay.invalid/cilium
check "upstream is named" lacks "$(cat "$work/site/"*)" mirror.invalid
check "and the overrides are said" contains "$said" "kubelet_download_url: {{ files_repo }}/kubelet"
generate -i "$checkout/inventory/site/hosts.ini" --keep 'kube_image_*' "$work/kept" >"$work/kept.log"
check "--keep takes one as it is" contains "$(items "$work/kept/images.list")" mirror.invalid:5000/pause:9.9
generate -i "$checkout/inventory/site/hosts.ini" -e kube_version=1.90.2 "$work/extra" >"$work/extra.log"
check "-e as for ansible-playbook" contains "$(items "$work/extra/images.list")" kube-proxy:v1.90.2

echo "# what it leaves behind"
check "nothing in the checkout" same "$(tree "$checkout")" "$before"
echo "name: mine" >"$release/release.yaml"
generate "$release" >"$work/again.log"
check "a release.yaml that is there stays" same "$(cat "$release/release.yaml")" "name: mine"

echo "# Ansible that is missing or too old"
status=0
said=$(generate --ansible /nonexistent/ansible-playbook "$work/none" 2>&1) || status=$?
check "missing: status 2" same "$status" 2
check "and how to get one" contains "$said" "-m venv"
sed -i 's/minimal_ansible_version: .*/minimal_ansible_version: 98.7.6/' "$checkout/playbooks/ansible_version.yml"
status=0
said=$(generate "$work/none" 2>&1) || status=$?
check "too old: status 2" same "$status" 2
check "it says what is needed" contains "$said" "needs ansible-core 98.7.6 or later"
check "and the commands" contains "$said" "pip install -r $checkout/requirements.txt"
check "nothing is written" fails test -e "$work/none"

echo "# check and diff"
check "diff" contains "$(ksoctl lists diff "$work/site" "$work/extra")" \
  "version  https://dl.invalid/release/*/bin/linux/amd64/kubelet  v1.90.1 -> v1.90.2"
check "diff of the same" same "$(ksoctl lists diff "$work/site" "$work/site")" "The lists say the same."
echo "https://dl.invalid/release/v1.90.1/bin/linux/amd64/kubelet" >"$work/files-arm64.list"
said=$(ksoctl lists check "$work/files-arm64.list" --kubespray "$checkout" --any-ansible)
check "check: architecture" contains "$said" "it says amd64, in the list of arm64"
check "check: hash" contains "$said" "no hash is stated"
check "check: version" contains "$said" "this Kubespray names v1.90.2, not v1.90.1"
check "check --strict" fails ksoctl lists check --strict "$work/files-arm64.list"
check "JSON" same "$(ksoctl --output json lists check "$work/files-arm64.list" | jq '.warnings | length')" 2
finish
