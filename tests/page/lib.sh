# SPDX-License-Identifier: Apache-2.0
# A farm for the page's tests and screenshots: sourced after tests/e2e/lib.sh.
# shellcheck shell=bash
# Those who source this use the names that are set here, and set others.
# shellcheck disable=SC2034,SC2154

# Installs what package-lock.json pins, when it is another than before. Sets
# $why_not where something is missing that only Debian's packages bring.
page_tools_are_there() {
  local program here=tests/page
  for program in "${CHROMIUM:-chromium}" node npm; do
    command -v "$program" >/dev/null || {
      why_not="$program is missing: deploy/setup test installs it"
      return 1
    }
  done
  if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed-lock"; then
    (cd "$here" && npm ci --no-audit --no-fund --ignore-scripts) >"$work/npm.log" 2>&1 ||
      die "npm ci failed in $here"
    cp "$here/package-lock.json" "$here/node_modules/.installed-lock"
  fi
  # A machine may have Chromium and no way to run it, such as no namespaces.
  node "$here/can_run.mjs" >"$work/chromium.log" 2>&1 || {
    why_not="Chromium does not run here: $(grep -v '^ *at ' "$work/chromium.log" | tail -n 1)"
    return 1
  }
}

# A registry, a coordinator without a worker, and an upstream of three releases:
# older, newer (another Kubernetes), and slow (a file that comes after a minute).
start_page_farm() {
  local lists=$work/lists name list
  registry=127.0.0.1:$(free_port)
  start_registry registry "${registry##*:}" "$work/registry"
  cp -r deploy/releases/kubespray-2.25.1 "$lists"
  for list in "$lists"/*.list; do
    sed -n 's/v1\.29\.10/v1.29.9/gp' "$list" >"$work/older.list"
    cat "$work/older.list" >>"$list"
  done
  echo "https://dl.k8s.io/slow-file" >>"$lists/files-amd64.list"
  start_upstream_of "$lists" "docker://$registry/team" --delay-url slow-file=60000 "$@"
  make_release older v0.1.0-2.25.1 'v1\.29\.10|slow-file'
  make_release newer v0.1.1-2.25.1 'v1\.29\.9|slow-file'
  make_release slow v0.2.0-2.25.1 'v1\.29\.9'
  make_release failing v0.3.0-2.25.1 'v1\.29\.9|slow-file'
  echo "https://dl.k8s.io/no-such-file" >>"$work/failing/files-amd64.list"
  start_coordinator coordinator
}

# A part of what upstream has.
#   make_release DIRECTORY NAME WITHOUT
make_release() {
  cp -r "$work/release" "$work/$1"
  sed -i "s/^name: .*/name: $2/" "$work/$1/release.yaml"
  sed -i -E "/$3/d" "$work/$1"/*.list
}

# Prints what the browser's tests ask for, in one line.
#   happen WHAT
happen() {
  case $1 in
    "start worker")
      start_worker box-1 amd64 --platform linux/amd64 --platform linux/arm64
      ;;
    "submit "*)
      ksoctl submit -f "$work/${1#submit }/release.yaml" --output json | jq -r .buildId
      return
      ;;
    "make token")
      ksoctl -q tokens create page --role admin
      return
      ;;
    "start workers")
      start_worker box-1 amd64
      start_worker box-2 arm64
      wait_until 60 worker_is_ready box-1 || die "box-1 did not come"
      wait_until 60 worker_is_ready box-2 || die "box-2 did not come"
      ;;
    "stop coordinator") stop coordinator ;;
    "start coordinator")
      start coordinator "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
        --state-dir "$work/coordinator-state" "${allow_loopback[@]}"
      ;;
    *) die "the browser's tests asked for '$1'" ;;
  esac
  echo "done"
}

# Runs a program of tests/page, and does what it asks for; its status is the
# program's.
#   beside_browser PROGRAM [ARG...]
beside_browser() {
  local browser from to line
  coproc BROWSER { exec node "$@" 2>&1; }
  browser=$BROWSER_PID
  exec {from}<&"${BROWSER[0]}" {to}>&"${BROWSER[1]}"
  while IFS= read -r -u "$from" line; do
    if [[ $line == "farm: "* ]]; then
      echo "      $line"
      happen "${line#farm: }" >&"$to"
    else
      echo "$line"
    fi
  done
  wait "$browser"
}
