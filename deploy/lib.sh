# SPDX-License-Identifier: Apache-2.0
# Shell functions that the project's commands share: sourced, not run.
# shellcheck shell=bash
# Those who source this say where programs work: $work.
# shellcheck disable=SC2154

# Where logs, downloads and state of the commands go.
KSO_HOME=${KSO_HOME:-${XDG_DATA_HOME:-${HOME:-/root}/.local/share}/kso}
started_at=$(date +%s)

# A line about what is going on, with the time since the start.
say() { printf '[%3d s] %s\n' "$(($(date +%s) - started_at))" "$*"; }

die() {
  printf 'kso: %s\n' "$*" >&2
  exit 1
}

# Runs a command quietly, its output in a log. Says every 20 seconds that it is
# still at it, and shows the end of the log when it fails.
#   quietly LOGNAME COMMAND [ARG...]
quietly() {
  local log=$KSO_HOME/logs/$1.log
  shift
  mkdir -p "$(dirname "$log")"
  # Not an if: set -e would be off inside.
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$! waited=0 status=0
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if ((waited % 100 == 0)); then
      say "  ... $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  wait "$pid" || status=$?
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    die "failed: $* (exit $status; the whole log is in $log)"
  fi
}

# For coordinators and workers whose upstreams and registries are on this
# machine: they refuse private addresses that they were not told of.
# shellcheck disable=SC2034
allow_loopback=(--allow-private 127.0.0.0/8 --allow-private ::1)

# A TCP port of loopback that nobody listens on.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Waits until a command succeeds, at most SECONDS.
#   wait_until SECONDS COMMAND [ARG...]
wait_until() {
  local end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    (($(date +%s) < end)) || return 1
    sleep 0.1
  done
}

# Starts a program in the background, in a session of its own, its output in
# $work/NAME.log and its process id in $work/NAME.pid.
#   start NAME COMMAND [ARG...]
start() {
  local name=$1
  shift
  (
    # A lock that the caller holds must end with the caller.
    for descriptor in /proc/$BASHPID/fd/*; do
      descriptor=${descriptor##*/}
      ((descriptor <= 2)) || eval "exec $descriptor>&-"
    done
    exec setsid "$@" >>"$work/$name.log" 2>&1 </dev/null
  ) &
  echo $! >"$work/$name.pid"
  # So that the shell does not report how it ended.
  disown $!
}

# Ends what start began, and waits for it.
#   stop NAME [SIGNAL]
stop() {
  local pid
  pid=$(cat "$work/$1.pid" 2>/dev/null) || return 0
  kill -"${2:-TERM}" "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  rm -f "$work/$1.pid"
}

# A plain registry for tests and the quickstart: Debian's docker-registry.
#   start_registry NAME PORT DATADIR
start_registry() {
  mkdir -p "$3"
  cat >"$work/$1.yml" <<YAML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $3}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$2}
YAML
  start "$1" docker-registry serve "$work/$1.yml"
  wait_until 20 curl -fsS "http://127.0.0.1:$2/v2/" ||
    die "docker-registry did not start; see $work/$1.log"
}

# This machine's release of Debian, such as bookworm.
debian_suite() (
  # shellcheck source=/dev/null
  . /etc/os-release
  echo "$VERSION_CODENAME"
)

# The file of this machine's package sources, so that its mirror is used. Nothing
# without such a file: mmdebstrap takes Debian's then.
debian_sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [[ -s $file ]]; then
      echo "$file"
      return
    fi
  done
}

# In a root that mmdebstrap only extracted: the links from /lib and the like to
# /usr. Debian 13's packages rely on them, and Debian 12's bring directories.
#   link_merged_usr ROOT
link_merged_usr() {
  local name
  for name in bin sbin lib lib64; do
    [[ -e $1/$name || ! -e $1/usr/$name ]] || ln -s "usr/$name" "$1/$name"
  done
}
