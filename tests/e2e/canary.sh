#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A secret in each place where one may be, hosts that repeat in every way what
# they are sent, and builds that fail of it: no secret is found in the journal,
# caches, logs, what ksoctl prints, the page, process lists, images or exports.
. "$(dirname "$0")/lib.sh"

secrets=$work/secrets
seen=$work/seen
mkdir -p "$work/host" "$work/bin" "$work/home" "$seen"

# A secret of that name, with characters that each way of writing changes.
secret() { awk -v name="$1" '$1 == name { print $2 }' "$secrets"; }
for name in auth identity helper broken netrc proxy destination mirror query list environment; do
  echo "$name C4nary/$name+$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')=9"
done >"$secrets"
quoted() { secret "$1" | python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.stdin.read().strip(), safe=""))'; }

start host python3 tests/e2e/canary_host.py "$work/host"
wait_until 30 test -s "$work/host/ports" || die "the host that repeats logins did not start"
port() { awk -v name="$1" '$1 == name { print $2 }' "$work/host/ports"; }
found_nothing() { python3 tests/e2e/canary_search.py "$secrets" "$@"; }

# The test finds what it looks for.
secret auth | base64 >"$seen/planted"
check "a secret that is planted is found" fails found_nothing "$seen"
rm "$seen/planted"

# Logins where users keep them. What is written here is not searched.
basic() { printf '%s:%s' "$1" "$(secret "$2")" | base64 -w0; }
cat >"$work/home/auth.json" <<JSON
{"auths": {"127.0.0.1:$(port auth)": {"auth": "$(basic alice auth)"},
           "127.0.0.1:$(port identity)": {"auth": "$(printf '<token>:' | base64)",
                                          "identitytoken": "$(secret identity)"},
           "127.0.0.1:$(port destination)": {"auth": "$(basic dora destination)"}},
 "credHelpers": {"127.0.0.1:$(port helper)": "canary", "127.0.0.1:$(port broken)": "canary-broken"}}
JSON
printf 'machine 127.0.0.1 login carol password %s\n' "$(secret netrc)" >"$work/home/.netrc"
cat >"$work/bin/docker-credential-canary" <<SH
#!/bin/sh
echo '{"ServerURL": "", "Username": "bob", "Secret": "$(secret helper)"}'
SH
cat >"$work/bin/docker-credential-canary-broken" <<SH
#!/bin/sh
echo '$(secret broken)'
echo 'no such login: $(secret broken)' >&2
exit 1
SH
chmod 700 "$work"/bin/*
chmod 600 "$work"/home/* "$work/home/.netrc"

lists=$work/lists
mkdir -p "$lists"
echo "https://dl.example.com/good/tool.tar.gz" >"$lists/files.list"
echo "registry.example.com/good:1" >"$lists/images.list"
small_release canary docker://127.0.0.1:1/none >"$lists/release.yaml"
start_upstream_of "$lists" docker://127.0.0.1:1/none

# A release with the lists that are on standard input: files, then images.
#   make_case NAME DESTINATION
make_case() {
  local directory=$work/cases/$1
  mkdir -p "$directory"
  cat >"$directory/lines"
  grep '://' "$directory/lines" >"$directory/files.list" || true
  grep -v '://' "$directory/lines" >"$directory/images.list" || true
  {
    small_release canary "$2"
    mirrors_to_upstream
    for door in auth identity helper broken; do
      echo "  - {prefix: \"$door.canary.example/\", location: \"127.0.0.1:$(port $door)/\", insecure: true}"
    done
  } >"$directory/release.yaml"
}
# The exit status of a command, whose words are kept.
#   exit_status WORDS COMMAND [ARG...]
exit_status() {
  local words=$seen/$1 status=0
  shift
  "$@" >"$words" 2>&1 || status=$?
  echo "$status"
}

# The programs and ksoctl have all of the logins.
export HOME=$work/home REGISTRY_AUTH_FILE=$work/home/auth.json PATH=$work/bin:$PATH
export no_proxy=127.0.0.1,localhost KSO_CANARY_ENVIRONMENT
KSO_CANARY_ENVIRONMENT=$(secret environment)
http_proxy=http://dave:$(quoted proxy)@127.0.0.1:$(port proxy)
https_proxy=$http_proxy
export http_proxy https_proxy

# Ends with this script, however that ends.
while [[ ! -e $work/watched ]] && kill -0 $$ 2>/dev/null; do
  cat /proc/[0-9]*/cmdline 2>/dev/null || true
  sleep 0.3
done | sort -zu >"$seen/command-lines" &
watcher=$!

start_coordinator coordinator
start_worker worker amd64 --slots 8
wait_until 30 worker_is_ready worker || die "the worker did not come up"
for program in coordinator worker; do
  check "the $program leaves no core dump" \
    grep -qE 'Max core file size +0 +0 ' "/proc/$(cat "$work/$program.pid")/limits"
  check "the $program makes files for itself alone" \
    grep -qE '^Umask:\s+0077' "/proc/$(cat "$work/$program.pid")/status"
done
check "the journal is for its user alone" same "$(stat -c %a "$work/coordinator-state/state.sqlite")" 600
check "the state is for its user alone" same "$(stat -c %a "$work/coordinator-state")" 700
check "the cache is for its user alone" same "$(stat -c %a "$work/worker-cache")" 700

echo "# Registries and hosts that repeat logins"
{
  for door in auth helper identity; do
    for name in deny-401 deny-403 deny-text deny-page deny-redirect deny-type token-401 token-403 token-refuses; do
      # An identity token is for token services.
      [[ $door == identity && $name == deny-* ]] || echo "$door.canary.example/$name:1"
    done
  done
  # Its login cannot be looked up.
  echo "broken.canary.example/deny-401:1"
  for way in 400 401 403 404 redirect; do echo "http://127.0.0.1:$(port netrc)/files/$way/tool.tar.gz"; done
} | make_case repeats docker://127.0.0.1:1/none
status=$(exit_status "repeats" ksoctl plan -f "$work/cases/repeats/release.yaml")
check "the build fails" same "$status" 1
{
  echo "http://files.canary.example/files/403/tool.tar.gz"
  echo "https://files.canary.example/files/403/other.tar.gz"
  echo "https://127.0.0.1:$(port tls)/files/good/tool.tar.gz"
  echo "registry.example.com/good:1"
} | make_case proxied docker://127.0.0.1:1/none
ksoctl plan -f "$work/cases/proxied/release.yaml" >"$seen/proxied" 2>&1 &
proxied=$!

echo "# What fails when it is fetched"
{
  for way in marked range late; do echo "http://127.0.0.1:$(port netrc)/files/$way/tool.tar.gz"; done
  echo "registry.example.com/good:1"
} | make_case late "docker://127.0.0.1:$(port destination)/deny-403"
status=$(exit_status "late" ksoctl submit -f "$work/cases/late/release.yaml" --wait)
check "the build fails" same "$status" 1

echo "# Destinations that repeat logins"
for way in deny-401 deny-403 deny-page token-403; do
  { echo "https://dl.example.com/good/tool.tar.gz"; echo "registry.example.com/good:1"; } |
    make_case "to-$way" "docker://127.0.0.1:$(port destination)/$way"
  status=$(exit_status "to-$way" ksoctl submit -f "$work/cases/to-$way/release.yaml" --wait)
  check "a build to $way fails" same "$status" 1
  ksoctl verify --level static "127.0.0.1:$(port destination)/$way/kubespray-files:canary" >"$seen/verify-$way" 2>&1 || true
done

echo "# Releases that hold a secret"
refused() {
  local status
  status=$(exit_status "$1" ksoctl plan -f "$work/cases/$1/release.yaml")
  same "$status" 2
}
for way in mirror query list slash image destination; do
  { echo "https://dl.example.com/good/tool.tar.gz"; echo "registry.example.com/good:1"; } |
    make_case "$way" docker://127.0.0.1:1/none
done
echo "  - {prefix: \"https://a.example/\", location: \"http://erin:$(quoted mirror)@127.0.0.1/\"}" >>"$work/cases/mirror/release.yaml"
echo "  - {prefix: \"https://a.example/\", location: \"http://127.0.0.1/?token=$(quoted query)&p=/\"}" >>"$work/cases/query/release.yaml"
echo "https://frank:$(quoted list)@dl.example.com/other.tar.gz" >>"$work/cases/list/files.list"
# As people write it, with what would have to be percent-coded.
echo "https://frank:$(secret list)@dl.example.com/other.tar.gz" >>"$work/cases/slash/files.list"
echo "grace:$(secret list)@registry.example.com/other:1" >>"$work/cases/image/images.list"
sed -i "s|^destination:.*|destination: docker://heidi:$(secret destination)@registry.example.com/team|" "$work/cases/destination/release.yaml"
check "a mirror with a password is refused" refused mirror
check "with where its login goes" grep -qE 'netrc' "$seen/mirror"
check "a mirror with a query is refused" refused query
check "a URL with a password is refused" refused list
check "one whose password has a slash, too" refused slash
check "an image with a password is refused" refused image
check "with where its login goes" grep -q "docker login" "$seen/image"
check "a destination with a password is refused" refused destination

echo "# A build that needs a login, and succeeds"
{
  echo "http://127.0.0.1:$(port netrc)/files/good/tool.tar.gz"
  echo "registry.example.com/good:1"
} | make_case good "oci:$work/exported"
check "it succeeds" same "$(exit_status good ksoctl submit -f "$work/cases/good/release.yaml" --wait)" 0
# The worker may try again what the proxy refuses for longer than this test waits.
check "the proxy was asked" wait_until 60 grep -q '^proxy ' "$work/host/sent"
kill "$proxied" 2>/dev/null || true
for build in $(ksoctl builds --output json | jq -r '.builds[] | select(.state == "RUNNING").buildId'); do
  ksoctl cancel "$build" >>"$seen/cancelled" 2>&1 || true
done

echo "# Nothing is shown"
touch "$work/watched"
wait "$watcher"
for name in auth helper identity netrc proxy destination; do
  check "the login '$name' was sent" grep -qF "$(secret $name)" "$work/host/sent"
done
ksoctl workers --output json >"$seen/workers.json"
ksoctl builds --output json >"$seen/builds.json"
for build in $(jq -r '.builds[].buildId' "$seen/builds.json"); do
  for command in logs status; do
    ksoctl "$command" "$build" >>"$seen/$command" 2>&1 || true
    ksoctl "$command" "$build" --output json >>"$seen/$command.json" 2>&1 || true
  done
done
for path in / /api/v1/builds /api/v1/workers /api/v1/hosts /metrics /healthz; do
  curl -sS "http://$dashboard$path" >>"$seen/page" || true
done
check "what ksoctl, page and metrics show holds no secret" found_nothing "$seen"
stop worker
stop coordinator
check "the journal holds none" found_nothing "$work/coordinator-state"
check "the cache holds none" found_nothing "$work/worker-cache"
check "the logs hold none" found_nothing "$work/coordinator.log" "$work/worker.log"
check "the images hold none" found_nothing "$work/exported"
finish
