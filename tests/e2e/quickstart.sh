#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The quickstart leaves a farm, its page and the result, and what it says last
# can be pasted: each command line of it is run here, as far as its program is
# installed.
. "$(dirname "$0")/lib.sh"
need_arm64

# A quickstart that runs on this machine for its user is left alone.
bases=$KSO_HOME/bases upstream_data=$KSO_HOME/upstream
mkdir -p "$work/home" "$bases" "$upstream_data"
export KSO_HOME=$work/home
ln -s "$bases" "$KSO_HOME/bases"
ln -s "$upstream_data" "$KSO_HOME/upstream"

status=0
deploy/quickstart >"$work/quickstart.log" 2>&1 || status=$?
stop_quickstart() { deploy/quickstart stop >/dev/null 2>&1 || true; clean_up; }
trap stop_quickstart EXIT
check "the quickstart succeeds" same "$status" 0
((status == 0)) || { tail -n 30 "$work/quickstart.log"; finish; }
last=$(sed -n '/^The farm and its page stay up:/,$p' "$work/quickstart.log")

page=$(grep -o 'http://127[^ ]*/$' <<<"$last" | head -n 1)
check "it names the farm's page, which is up" curl -fsS -o /dev/null "$page"
builds=$(sed -n 's/^  \(export KSO_COORDINATOR=.*\)$/\1/p' <<<"$last")
check "the line for ksoctl shows the build" contains "$(bash -c "$builds")" succeeded

# Nobody listens on the ports that it tells people to serve the images on.
mapfile -t ports < <(grep -o -- '-p [0-9]*:' <<<"$last" | tr -dc '0-9\n')
check "it tells of two ports" same "${#ports[@]}" 2
for port in "${ports[@]}"; do
  check "port $port is free" fails bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
done
check "Kubespray's settings come from the files image" \
  contains "$last" "curl -fo offline.yml http://127.0.0.1:${ports[0]}/k8s/offline.yml"
printf 'kso_host: "ADDRESS"\nfiles_repo: "http://{{ kso_host }}:8080/k8s"\nregistry_server: "{{ kso_host }}:5000"\n' \
  >"$work/offline.yml"
line=$(grep -o '^  sed -i .*' <<<"$last")
check "the line for their address and ports runs" bash -c "cd '$work' && $line"
check "and points Kubespray at the same ports" same "$(cat "$work/offline.yml")" \
  'kso_host: "SERVER"
files_repo: "http://{{ kso_host }}:'"${ports[0]}"'/k8s"
registry_server: "{{ kso_host }}:'"${ports[1]}"'"'
while read -r line; do
  check "$line" bash -c "cd '$work' && $line"
done < <(grep -o '^  skopeo copy .*' <<<"$last")
check "no line has a variable that was not filled in" lacks "$last" '$'

stop=$(grep -o '/.*/deploy/quickstart stop' <<<"$last" | tail -n 1)
check "the last line stops it" bash -c "$stop"
check "the page is gone" fails curl -fsS -o /dev/null "$page"
finish
