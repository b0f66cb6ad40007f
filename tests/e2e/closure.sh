#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Closure with Ansible itself: lists are made of a small checkout in the shape of
# Kubespray's, a release is built of them, and what the checkout would download,
# with the offline.yml that the release brings, is asked of its two images, which
# run where there is nothing else. tests/peers/kubespray does it with Kubespray.
. "$(dirname "$0")/lib.sh"
command -v ansible-playbook >/dev/null || skip "there is no ansible-playbook: deploy/setup test installs it"

# The hosts that offline.yml knows, in the place of those that do not exist.
checkout=$work/kubespray
cp -r tests/kubespray "$checkout"
find "$checkout/roles" -type f -exec sed -i 's|//github\.invalid|//github.com|; s|//dl\.invalid|//dl.k8s.io|
  s|registry\.invalid|registry.k8s.io|; s|quay\.invalid|quay.io|
  s|//raw\.invalid/argo-cd|//raw.githubusercontent.com/argoproj/argo-cd|' {} +

mkdir -p "$work/inventory/group_vars/all"
cat >"$work/inventory/hosts.yml" <<'YAML'
all:
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}", argocd_enabled: true}
  hosts:
    node-amd64: {node_architecture: x86_64}
    node-arm64: {node_architecture: aarch64}
  children:
    kube_control_plane: {hosts: {node-amd64: {}}}
    etcd: {hosts: {node-amd64: {}}}
    kube_node: {hosts: {node-amd64: {}, node-arm64: {}}}
    k8s_cluster: {children: {kube_control_plane: {}, kube_node: {}}}
YAML
cat >"$work/render.yml" <<'YAML'
- name: Render what each node downloads
  hosts: k8s_cluster
  gather_facts: false
  roles:
    - role: kubespray_defaults
  tasks:
    - name: Give the fact that tells the architecture
      ansible.builtin.set_fact:
        ansible_architecture: "{{ node_architecture }}"
        cacheable: true
    - name: Write it
      ansible.builtin.copy:
        content: "{{ {'downloads': downloads} | to_nice_json }}"
        dest: "{{ inventory_dir }}/{{ inventory_hostname }}.json"
        mode: "0644"
YAML
# With the settings of a file.
#   render OFFLINE_YML
render() {
  rm -f "$work"/inventory/node-*.json
  : >"$work/ansible.cfg"
  sed 's|^kso_host:.*|kso_host: "127.0.0.1"|' "$1" >"$work/inventory/group_vars/all/offline.yml"
  ANSIBLE_CONFIG="$work/ansible.cfg" ANSIBLE_ROLES_PATH="$checkout/roles" ANSIBLE_LOCAL_TEMP="$work/ansible" ANSIBLE_NOCOLOR=1 \
    ansible-playbook -i "$work/inventory/hosts.yml" "$work/render.yml" >"$work/render.log" 2>&1 || tail -n 12 "$work/render.log"
}
# Asks for all that a node downloads, and prints it, or what leads elsewhere.
#   downloads NODE
downloads() {
  local kind where
  [[ -s $work/inventory/$1.json ]] || { echo "nothing was rendered for $1" && return 1; }
  while read -r kind where; do
    case "$kind $where" in
      "file http://127.0.0.1:8080/k8s/"*) inside curl -fsSI -o /dev/null "$where" ;;
      "image 127.0.0.1:5000/k8s/"*) inside skopeo inspect --raw --tls-verify=false "docker://$where" >/dev/null ;;
      *) echo "it would ask for $where" && return 1 ;;
    esac || { echo "there is no $where" && return 1; }
    echo "$kind $where"
  done < <(jq -r '.downloads[] | select((.enabled | tostring | ascii_downcase) == "true")
    | if .container then "image \(.repo):\(.tag)" else "file \(.url)" end' "$work/inventory/$1.json")
}

check "the lists are made" ksoctl lists generate --kubespray "$checkout" -i "$work/inventory/hosts.yml" "$work/lists"
registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream_of "$work/lists" "docker://$registry/team"
start_coordinator coordinator
start_worker worker amd64 --platform linux/amd64 --platform linux/arm64
wait_until 60 worker_is_ready worker || skip "arm64 images do not run here: no binfmt_misc with qemu"
check "the release is built" ksoctl submit -f "$work/release/release.yaml" --wait
name=$(sed -n 's/^name: *//p' "$work/release/release.yaml")
for image in "kubespray-files:$name" "kubespray-images:$name-all"; do
  skopeo copy -q --all --src-tls-verify=false "docker://$registry/team/$image" "oci:$work/oci:${image%%:*}"
done
for part in worker coordinator upstream destination; do stop "$part"; done

run_image "$work/oci:kubespray-files" amd64 files
run_image "$work/oci:kubespray-images" amd64 images "$namespace"
check "the files are served" wait_until 60 inside curl -fsS http://127.0.0.1:8080/health
check "the images are served" wait_until 60 inside curl -fsS http://127.0.0.1:5000/v2/
inside curl -fsS http://127.0.0.1:8080/k8s/offline.yml -o "$work/offline.yml"

render "$work/offline.yml"
for architecture in amd64 arm64; do
  check "all that a node of $architecture downloads is there" downloads "node-$architecture"
  check "kubelet, containerd and a manifest, and two images" same \
    "$(downloads "node-$architecture" | cut -d' ' -f1 | sort | uniq -c | xargs)" "3 file 2 image"
  check "what is of one architecture is of this one" contains "$(downloads "node-$architecture")" "/linux/$architecture/kubelet"
done
sed '/^dl_k8s_io_url:/d' "$work/offline.yml" >"$work/stale.yml"
render "$work/stale.yml"
check "without a line of it, a node would ask upstream" contains "$(downloads node-amd64 || true)" \
  "it would ask for https://dl.k8s.io/"
render /dev/null
check "and so it would without the file" contains "$(downloads node-arm64 || true)" "it would ask for "
stop_image images
stop_image files
finish
