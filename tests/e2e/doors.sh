#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attackers at the farm's doors: rogue workers, men in the middle, stolen, revoked
# and expired tokens, identities without the role. The certificates are made by
# openssl, not by kso.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

pki=$work/pki
mkdir -p "$pki" "$work/home"
umask 077
# Contexts and logins of whoever runs this test are not part of it.
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config
unset KSO_TOKEN KSO_COORDINATOR KSO_CONTEXT

# An authority of its own.
#   authority NAME
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj "/CN=$1" -keyout "$pki/$1.key" -out "$pki/$1.crt" 2>/dev/null
}

# A certificate FILE.crt with FILE.key. One of no days has expired; newer versions of
# openssl refuse fewer.
#   issue AUTHORITY FILE SAN [DAYS]
issue() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" \
    -keyout "$pki/$2.key" -out "$pki/$2.csr" 2>/dev/null
  openssl x509 -req -in "$pki/$2.csr" -CA "$pki/$1.crt" -CAkey "$pki/$1.key" \
    -set_serial "0x$(openssl rand -hex 8)" -days "${4:-1}" \
    -extfile <(echo "subjectAltName=$3") -out "$pki/$2.crt" 2>/dev/null
}

authority ca
authority other
issue ca server "IP:127.0.0.1,DNS:localhost"
issue ca misnamed "DNS:farm.example"
issue ca outdated "IP:127.0.0.1" 0
issue other impostor "IP:127.0.0.1"
for role in admin submit view work; do issue ca "$role" "URI:spiffe://farm/kso/$role/$role"; done
issue ca box-1 "URI:spiffe://farm/kso/work/box-1"
issue ca box-old "URI:spiffe://farm/kso/work/box-old" 0
issue other box-rogue "URI:spiffe://farm/kso/work/box-1"
issue other mallory "URI:spiffe://farm/kso/admin/mallory"
issue ca stranger "URI:spiffe://elsewhere/kso/admin/stranger"
issue ca nameless "DNS:laptop.example"
issue ca lost "URI:spiffe://farm/kso/admin/lost"
issue ca box-stolen "URI:spiffe://farm/kso/work/box-stolen"
touch "$pki/revoked"

# A coordinator with TLS, certificates and tokens.
#   start_closed NAME CERTIFICATE [OPTION...]
start_closed() {
  local name=$1 certificate=$2
  shift 2
  start "$name" "$coordinator_program" --listen "$coordinator" --http-listen "$dashboard" \
    --state-dir "$work/state" --tls-cert "$pki/$certificate.crt" \
    --tls-key "$pki/$certificate.key" --client-ca "$pki/ca.crt" --revoked "$pki/revoked" \
    --admin-token-file "$work/admin.token" "$@"
}

# ksoctl with the farm's authority, and with a certificate besides.
trusting() { ksoctl --coordinator "$coordinator" --ca "$pki/ca.crt" "$@"; }
as() {
  local who=$1
  shift
  trusting --cert "$pki/$who.crt" --key "$pki/$who.key" "$@"
}
with_token() {
  local token=$1
  shift
  KSO_TOKEN=$token trusting "$@"
}

# Succeeds when a command ends with that status.
#   exits STATUS COMMAND [ARG...]
exits() {
  local expected=$1 status=0 output
  shift
  output=$("$@" 2>&1) || status=$?
  [[ $status == "$expected" ]] || {
    echo "status $status and not $expected: $*"
    echo "$output"
    return 1
  }
}

# The same for its words: on either stream.
#   says WORDS COMMAND [ARG...]
says() {
  local words=$1
  shift
  contains "$("$@" 2>&1 || true)" "$words"
}

coordinator=127.0.0.1:$(free_port)
dashboard=127.0.0.1:$(free_port)
start_closed coordinator server
wait_until 30 as admin builds || die "the coordinator did not start"

echo "--- who shows nothing, or something of no use"
check "who shows nothing is asked who it is" exits 4 trusting builds
check "and is told how to say it" says '$KSO_TOKEN' trusting builds
check "plain text gets no answer" exits 3 ksoctl --coordinator "$coordinator" builds
check "a certificate of another authority gets no answer" exits 3 as mallory builds
check "one of another trust domain is nobody's" exits 4 as stranger builds
check "one without an identity is nobody's" exits 4 as nameless builds
check "an invented token is nobody's" exits 4 with_token "kso_$(printf '0%.0s' {1..16})_$(printf '0%.0s' {1..64})" builds
speaks() { openssl s_client -connect "$coordinator" -alpn h2 "$1" -CAfile "$pki/ca.crt" </dev/null >/dev/null 2>&1; }
check "TLS 1.2 is not spoken" fails speaks -tls1_2
check "TLS 1.3 is" speaks -tls1_3

echo "--- a man in the middle"
middle=127.0.0.1:$(free_port)
for certificate in impostor misnamed outdated; do
  start "middle-$certificate" "$coordinator_program" --listen "$middle" --http-listen '' \
    --state-dir "$work/middle-$certificate" --tls-cert "$pki/$certificate.crt" \
    --tls-key "$pki/$certificate.key" --client-ca "$pki/other.crt"
  wait_until 30 grep -q 'listening on' "$work/middle-$certificate.log" || die "no man in the middle"
  check "a server that is $certificate is not spoken to" \
    exits 3 ksoctl --coordinator "$middle" --ca "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" builds
  stop "middle-$certificate"
done
check "an authority that did not sign it is no reason to speak to a server" \
  exits 3 ksoctl --coordinator "$coordinator" --ca "$pki/other.crt" builds

echo "--- roles"
cp -r deploy/releases/kubespray-2.25.1 "$work/release"
sed -i "s|^destination:.*|destination: oci:$work/images|" "$work/release/release.yaml"
submit() { "$@" submit -f "$work/release/release.yaml"; }
build_id() { as admin builds --output json | jq -r '.builds[0].buildId // .builds[0].build_id'; }
check "who may view may not submit" exits 4 submit as view
check "who works may not submit" exits 4 submit as work
check "who works may not look at builds" exits 4 as work builds
check "who may submit does" submit as submit
build=$(build_id)
by_curl() { deploy/scripts/submit.sh --coordinator "https://$dashboard" -f "$work/release/release.yaml" "$@"; }
by_curl_as() { by_curl --ca "$pki/ca.crt" --cert "$pki/$1.crt" --key "$pki/$1.key"; }
check "who may view may not submit by curl either" exits 4 by_curl_as view
check "who may submit does" by_curl_as submit
check "who shows nothing does not" exits 4 by_curl --ca "$pki/ca.crt"
check "a server of another authority is not spoken to" exits 3 by_curl --ca "$pki/other.crt"
check "nor is another machine without TLS" exits 2 by_curl --coordinator http://192.0.2.1:7071
check "who may view looks" as view status "$build"
check "who may view may not cancel" exits 4 as view cancel "$build"
check "nor change a priority" exits 4 as view priority "$build" 5
check "and is told which role it needs" says 'role submit' as view cancel "$build"
check "who may submit may not make tokens" exits 4 as submit tokens create me --role admin
check "who may submit may not read the audit log" exits 4 as submit audit

echo "--- tokens"
admin_token=$(cat "$work/admin.token")
check "the token of the first start is an admin's" with_token "$admin_token" tokens ls
check "it is its owner's alone" same "$(stat -c %a "$work/admin.token")" 600
view_token=$(with_token "$admin_token" -q tokens create looker --role view)
check "a token for views looks" with_token "$view_token" builds
check "a token for views may not cancel" exits 4 with_token "$view_token" cancel "$build"
stolen=$(with_token "$admin_token" -q tokens create stolen --role admin)
check "a stolen token acts until it is revoked" with_token "$stolen" builds
stolen_id=$(with_token "$admin_token" tokens ls --output json | jq -r '.tokens[] | select(.name == "stolen").id')
check "it is revoked" with_token "$admin_token" tokens revoke "$stolen_id"
check "a revoked token is of no use" exits 4 with_token "$stolen" builds
check "and that is said" says revoked with_token "$stolen" builds
short=$(with_token "$admin_token" -q tokens create short --role view --expires 1s)
expired() { says expired with_token "$short" builds; }
check "a token expires" wait_until 20 expired
check "an expired token is of no use" exits 4 with_token "$short" builds
echo "$view_token" >"$work/view.token"
chmod 644 "$work/view.token"
check "a token file that others can read is refused" \
  exits 4 trusting --token-file "$work/view.token" builds
check "by submit.sh, too" says "others can read" by_curl --token-file "$work/view.token"
chmod 600 "$work/view.token"
check "it may not submit by submit.sh either" says "role submit" by_curl --ca "$pki/ca.crt" --token-file "$work/view.token"
check "one that is its owner's is taken" trusting --token-file "$work/view.token" builds
check "a token is not sent in plain text to another machine" \
  exits 2 env KSO_TOKEN="$admin_token" "$ksoctl_program" --coordinator 192.0.2.1:7070 builds

echo "--- rogue workers"
# A worker that may or may not be let in.
#   rogue NAME [OPTION...]
rogue() {
  local name=$1
  shift
  start "$name" bazel-bin/worker/kso-worker --coordinator "$coordinator" \
    --cache-dir "$work/$name-cache" --ca "$pki/ca.crt" "$@"
}
refused() { grep -q "refuses this worker" "$work/$1.log"; }
kept_out() { grep -Eq "no secure connection|does not answer" "$work/$1.log"; }
rogue rogue-anonymous --name box-1
rogue rogue-name --name box-2 --cert "$pki/box-1.crt" --key "$pki/box-1.key"
rogue rogue-viewer --name view --cert "$pki/view.crt" --key "$pki/view.key"
rogue rogue-ca --name box-1 --cert "$pki/box-rogue.crt" --key "$pki/box-rogue.key"
rogue rogue-old --name box-old --cert "$pki/box-old.crt" --key "$pki/box-old.key"
check "a worker without a certificate is refused" wait_until 30 refused rogue-anonymous
check "a worker by another's name is refused" wait_until 30 refused rogue-name
check "a viewer is no worker" wait_until 30 refused rogue-viewer
check "a worker of another authority is kept out" wait_until 30 kept_out rogue-ca
check "a worker whose certificate has expired is kept out" wait_until 30 kept_out rogue-old
workers() { as admin workers --output json | jq -r '[.workers[]?.info.name] | sort | join(" ")'; }
check "none of them is a worker of the farm" same "$(workers)" ""
rogue box-1 --name box-1 --cert "$pki/box-1.crt" --key "$pki/box-1.key"
joined() { [[ " $(workers) " == *" box-1 "* ]]; }
check "a worker with its own certificate joins" wait_until 30 joined
check "who may submit may not drain workers" exits 4 as submit workers drain box-1
for name in rogue-anonymous rogue-name rogue-viewer rogue-ca rogue-old; do stop "$name" KILL; done

echo "--- revoked certificates"
revoke() { ksoctl certs revoke "$@" --dir "$pki"; }
rogue box-stolen --name box-stolen --cert "$pki/box-stolen.crt" --key "$pki/box-stolen.key"
stolen_joined() { [[ " $(workers) " == *" box-stolen "* ]]; }
check "a stolen worker's certificate is good" wait_until 30 stolen_joined
check "and so is a lost laptop's" as lost builds
check "one certificate is revoked" revoke "$pki/lost.crt" --reason "laptop lost"
check "and an identity" revoke spiffe://farm/kso/work/box-stolen
is_refused() { exits 4 as lost builds; }
check "the laptop is of no use without a restart" wait_until 20 is_refused
check "and its thief is told" says "laptop lost" as lost builds
check "the worker is refused on its open connection" wait_until 60 refused box-stolen
check "others go on" as admin builds
stop box-stolen KILL
rogue box-again --name box-stolen --cert "$pki/box-stolen.crt" --key "$pki/box-stolen.key"
check "it does not come back" wait_until 30 refused box-again
stop box-again KILL
echo "serial:what?" >>"$pki/revoked"
noticed() { grep -q "those that were revoked before stay so" "$work/coordinator.log"; }
check "a slip in the list is noticed" wait_until 20 noticed
check "and lets nobody in" exits 4 as lost builds
sed -i '$d' "$pki/revoked"
check "a coordinator without its list does not start" exits 1 timeout 20 "$coordinator_program" \
  --listen 127.0.0.1:0 --http-listen '' --state-dir "$work/state-4" --tls-cert "$pki/server.crt" \
  --tls-key "$pki/server.key" --client-ca "$pki/ca.crt" --revoked "$work/nowhere"

echo "--- the page and its API"
web() { curl -sS --max-time 20 --cacert "$pki/ca.crt" "$@"; }
code() { web -o "$work/answer" -w '%{http_code}' "$@"; }
bearer() { echo "Authorization: Bearer $1"; }
check "who shows nothing gets no builds" same "$(code "https://$dashboard/api/v1/builds")" 401
check "  and no metrics" same "$(code "https://$dashboard/metrics")" 401
check "  but hears that it is alive" same "$(code "https://$dashboard/healthz")" 200
check "a browser is shown where to log in" same "$(code "https://$dashboard/")" 303
check "a certificate is an identity there, too" \
  same "$(code --cert "$pki/view.crt" --key "$pki/view.key" "https://$dashboard/api/v1/builds")" 200
check "a revoked one is not" \
  same "$(code --cert "$pki/lost.crt" --key "$pki/lost.key" "https://$dashboard/api/v1/builds")" 401
check "  and that is said" grep -q "laptop lost" "$work/answer"
check "a revoked token is of no use there" same "$(code -H "$(bearer "$stolen")" "https://$dashboard/api/v1/builds")" 401
check "a token for views looks there" same "$(code -H "$(bearer "$view_token")" "https://$dashboard/api/v1/builds")" 200
check "and may not cancel" \
  same "$(code -X POST -H "$(bearer "$view_token")" "https://$dashboard/api/v1/builds/$build/cancel")" 403
rebound=(--cert "$pki/admin.crt" --key "$pki/admin.key" -H "Host: evil.example")
check "a page that rebinds its name gets nothing" same "$(code "${rebound[@]}" "https://$dashboard/api/v1/builds")" 421
check "  not even with the port" \
  same "$(code "${rebound[@]/evil.example/evil.example:${dashboard##*:}}" "https://$dashboard/api/v1/builds")" 421
login=$(web -D - -o /dev/null -H 'X-Kso-Action: 1' -H 'Content-Type: application/json' \
  -d "{\"token\": \"$admin_token\"}" "https://$dashboard/login" | tr -d '\r' | grep -i '^set-cookie:' || true)
check "a login is a cookie for this host alone" contains "$login" "__Host-kso-session="
for attribute in Secure HttpOnly SameSite=Strict Path=/; do
  check "  with $attribute" contains "$login" "$attribute"
done
check "the cookie is not the token" lacks "$login" "$admin_token"
cookie=${login#*: }
cookie=${cookie%%;*}
check "it looks" same "$(code -b "$cookie" "https://$dashboard/api/v1/builds")" 200
cancel=(-b "$cookie" -X POST "https://$dashboard/api/v1/builds/$build/cancel")
check "a form of another page cannot act with it" same "$(code "${cancel[@]}")" 403
check "  nor a script of another origin" \
  same "$(code -H 'X-Kso-Action: 1' -H 'Origin: https://evil.example' "${cancel[@]}")" 403
check "  nor one that the browser says is of another site" \
  same "$(code -H 'X-Kso-Action: 1' -H 'Sec-Fetch-Site: cross-site' "${cancel[@]}")" 403
check "plain text gets no answer there" fails curl -fsS --max-time 10 "http://$dashboard/healthz"

echo "--- plain text, and farms without identities"
coordinator_on() {
  timeout 20 "$coordinator_program" --state-dir "$work/state-2" --http-listen '' "$@"
}
check "plain text is not served to other machines" exits 2 coordinator_on --listen 0.0.0.0:0
check "a farm without identities is not served to other machines with TLS either" \
  exits 2 coordinator_on --listen 0.0.0.0:0 --tls-cert "$pki/server.crt" --tls-key "$pki/server.key"
check "nor in plain text, whatever is said" \
  exits 2 coordinator_on --listen 0.0.0.0:0 --insecure-plaintext
check "a worker speaks no plain text to another machine" \
  exits 2 timeout 20 bazel-bin/worker/kso-worker --coordinator 192.0.2.1:7070 --cache-dir "$work/no-cache"
check "nor does it serve its metrics to one" \
  exits 2 timeout 20 bazel-bin/worker/kso-worker --coordinator 127.0.0.1:1 --cache-dir "$work/no-cache" \
  --metrics-listen 0.0.0.0:0
check "  nor does the operator's word let those read them who show nothing" \
  exits 2 timeout 20 bazel-bin/worker/kso-worker --coordinator 127.0.0.1:1 --cache-dir "$work/no-cache" \
  --metrics-listen 0.0.0.0:0 --insecure-plaintext
chmod 644 "$pki/misnamed.key"
check "a key that others can read is refused" \
  says 'chmod 600' coordinator_on --listen 127.0.0.1:0 --tls-cert "$pki/misnamed.crt" --tls-key "$pki/misnamed.key"
open_port=127.0.0.1:$(free_port)
start plain "$coordinator_program" --listen "0.0.0.0:${open_port##*:}" --http-listen '' \
  --state-dir "$work/state-3" --insecure-plaintext --admin-token-file "$work/plain.token"
wait_until 30 test -s "$work/plain.token" || true
check "plain text to others is served only when the operator says so, and each start says it" \
  wait_until 30 grep -q 'insecure-plaintext: whoever' "$work/plain.log"
check "a token is asked for there, on loopback too" exits 4 ksoctl --coordinator "$open_port" builds
stop plain

echo "--- certificates and keys reload"
served_serial() {
  openssl s_client -connect "$coordinator" -alpn h2 -CAfile "$pki/ca.crt" </dev/null 2>/dev/null |
    openssl x509 -noout -serial
}
pid_before=$(cat "$work/coordinator.pid")
before=$(served_serial)
issue ca renewed "IP:127.0.0.1,DNS:localhost"
mv "$pki/renewed.key" "$pki/server.key"
mv "$pki/renewed.crt" "$pki/server.crt"
new_serial=$(openssl x509 -noout -serial -in "$pki/server.crt")
renewed() { [[ $(served_serial) == "$new_serial" ]]; }
check "a replaced certificate is served without a restart" wait_until 30 renewed
check "it is another one" fails same "$before" "$new_serial"
check "the process is the same" kill -0 "$pid_before"
check "clients go on" as admin builds
check "the worker goes on" joined

echo "--- after a restart"
stop coordinator
start_closed coordinator server
wait_until 30 as admin builds || die "the coordinator did not start again"
check "a revoked token stays revoked" exits 4 with_token "$stolen" builds
check "and a revoked certificate" exits 4 as lost builds
check "a token stays good" with_token "$view_token" builds

echo "--- the audit log"
audit=$work/state/audit.jsonl
check "each line is JSON" jq -e . "$audit"
check "it is its owner's alone" same "$(stat -c %a "$audit")" 600
deed() { jq -se --arg what "$1" --arg who "$2" --argjson allowed "$3" \
  'any(.[]; .what == $what and .who == $who and .allowed == $allowed)' "$audit"; }
check "it has who submitted" deed SubmitBuild submit true
check "it has who was refused" deed CancelBuild view false
check "it has who showed nothing" deed ListBuilds nobody false
check "it has who made tokens" deed CreateToken admin true
check "it has who came by another's name" deed Sync box-1 false
check "it says from where" jq -se 'any(.[]; .what == "SubmitBuild" and (.from | startswith("127.0.0.1:")))' "$audit"
check "admins read it" says CancelBuild with_token "$admin_token" audit --since 1h
secrets=$(cut -d_ -f3 <<<"$admin_token"$'\n'"$view_token"$'\n'"$stolen")
no_secret() { ! grep -rFq -f <(echo "$secrets") "$work"/state "$work"/*.log; }
check "no token is in the state or a log" no_secret

finish
