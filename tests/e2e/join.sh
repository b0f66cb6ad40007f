#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A farm whose certificates kso makes itself: `ksoctl certs`, a worker that joins
# by an invitation and renews its certificate, contexts, and a pipeline's token.
# openssl judges the certificates.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

umask 077
pki=$work/pki
# Contexts and logins of whoever runs this test are not part of it.
export HOME=$work/home XDG_CONFIG_HOME=$work/home/.config
mkdir -p "$HOME"
unset KSO_TOKEN KSO_COORDINATOR KSO_CONTEXT

# Succeeds when a command ends with that status, and says WORDS on either stream.
#   refused STATUS WORDS COMMAND [ARG...]
refused() {
  local expected=$1 words=$2 status=0 output
  shift 2
  output=$("$@" 2>&1) || status=$?
  same "$status" "$expected" && contains "$output" "$words"
}

echo "# Certificates"
check "certs init makes an authority" ksoctl certs init "$pki" --host 127.0.0.1
for key in ca issuer coordinator; do
  check "$key.key is its owner's alone" same "$(stat -c %a "$pki/$key.key")" 600
done
check "openssl trusts the coordinator's certificate for its address" \
  openssl verify -x509_strict -CAfile "$pki/ca.crt" -purpose sslserver -verify_ip 127.0.0.1 "$pki/coordinator.crt"
check "and not for another" \
  fails openssl verify -CAfile "$pki/ca.crt" -verify_ip 192.0.2.1 "$pki/coordinator.crt"
check "nothing is overwritten" refused 2 "is there already" ksoctl certs init "$pki"
check "certs issue makes a client's" ksoctl certs issue client ann --role submit --dir "$pki"
check "and an admin's" ksoctl certs issue client root --role admin --dir "$pki"
check "openssl trusts it as a client's" openssl verify -x509_strict -CAfile "$pki/ca.crt" \
  -untrusted "$pki/ann.crt" -purpose sslclient "$pki/ann.crt"
check "and not as a server's" fails openssl verify -CAfile "$pki/ca.crt" \
  -untrusted "$pki/ann.crt" -purpose sslserver "$pki/ann.crt"
check "certs show reads them all" contains "$(ksoctl certs show "$pki")" "spiffe://farm/kso/submit/ann"
mv "$pki/ca.key" "$work/offline.key"
before=$(openssl x509 -noout -serial -in "$pki/ann.crt")
check "certs renew needs no root for a client" ksoctl certs renew "$pki/ann.crt" --dir "$pki"
check "and makes another certificate" fails same "$(openssl x509 -noout -serial -in "$pki/ann.crt")" "$before"
check "the coordinator's needs the root, and says so" \
  refused 2 "ca.key" ksoctl certs renew "$pki/coordinator.crt" --dir "$pki"

make_pipeline_issuer

echo "# A farm"
registry=127.0.0.1:$(free_port)
start_registry destination "${registry#*:}" "$work/destination"
start_upstream "docker://$registry/team"
coordinator=127.0.0.1:$(free_port)
# Certificates that live for a minute are renewed after 40 seconds.
start coordinator "$coordinator_program" --listen "$coordinator" --http-listen '' \
  --state-dir "$work/state" --tls-cert "$pki/coordinator.crt" --tls-key "$pki/coordinator.key" \
  --client-ca "$pki/ca.crt" --issuer-cert "$pki/issuer.crt" --issuer-key "$pki/issuer.key" \
  --worker-cert-minutes 1 --oidc-config "$work/oidc.json" "${allow_loopback[@]}" \
  --revoked "$pki/revoked" --logins-for "$registry/team=ann,role:admin"
check "context add remembers the farm" ksoctl context add lab --coordinator "$coordinator" \
  --ca "$pki/ca.crt" --cert "$pki/ann.crt" --key "$pki/ann.key"
check "and an admin's way to it" ksoctl context add lab-admin --coordinator "$coordinator" \
  --ca "$pki/ca.crt" --cert "$pki/root.crt" --key "$pki/root.key"
wait_until 30 ksoctl builds || die "the coordinator did not start"
check "the first context is in use" same "$(ksoctl context ls --output json | jq -r .current)" lab
check "the file of contexts is its owner's alone" \
  same "$(stat -c %a "$XDG_CONFIG_HOME/kso/contexts.json")" 600
check "a context that is not there is named" refused 2 "lab-admin" ksoctl --context nowhere builds
check "a flag goes before the context" refused 3 "not reachable" ksoctl --context lab --coordinator 127.0.0.1:1 builds

echo "# A worker joins"
check "who may submit may not invite" refused 4 "role admin" ksoctl workers invite box-1
# An invitation, in NAME.token.
#   invite NAME
invite() { ksoctl --context lab-admin -q workers invite "$1" >"$work/$1.token"; }
check "an admin does" invite box-1
#   join NAME WORKER TOKEN_FILE
join() {
  start "$1" bazel-bin/worker/kso-worker --coordinator "$coordinator" --cache-dir "$work/$1-cache" \
    --name "$2" --ca "$pki/ca.crt" --join-token-file "$3" "${allow_loopback[@]}"
}
join box-1 box-1 "$work/box-1.token"
wait_until 60 worker_is_ready box-1 || die "the invited worker did not join"
certificate=$work/box-1-cache/identity/worker.crt
check "its key is its owner's alone" same "$(stat -c %a "$work/box-1-cache/identity/worker.key")" 600
check "openssl trusts its certificate" openssl verify -x509_strict -CAfile "$pki/ca.crt" \
  -untrusted "$certificate" -purpose sslclient "$certificate"
check "which says who it is" contains "$(openssl x509 -noout -ext subjectAltName -in "$certificate")" \
  "spiffe://farm/kso/work/box-1"
first=$(openssl x509 -noout -serial -in "$certificate")
echo "kso_join_$(printf '0%.0s' {1..64})" >"$work/invented.token"
join thief box-1 "$work/box-1.token"
join guesser box-1 "$work/invented.token"
for name in thief guesser; do
  check "the $name is refused" wait_until 30 grep -q "unknown, expired or used up" "$work/$name.log"
done
invite box-2
join misnamed box-3 "$work/box-2.token"
check "an invitation is for its name" wait_until 30 grep -q -- "--name box-2" "$work/misnamed.log"
check "the audit log has who invited and who joined" contains \
  "$(ksoctl --context lab-admin audit --output json | jq -r '[.records[]? | .what + " " + .on] | join("\n")')" \
  "Enroll worker box-1"
check "no token is in a log or in the state" fails grep -rqF -f "$work/box-1.token" \
  "$work/state" "$work/coordinator.log" "$work/box-1.log" "$work/box-1-cache"

echo "# A build, with a client's certificate from the context"
small=$work/small
mkdir "$small"
head -n 3 "$work/release/files-amd64.list" >"$small/files.list"
{
  printf 'apiVersion: kso/v1\nkind: Release\nname: %s\nplatforms: [linux/amd64]\n' "$release"
  printf 'files:\n  base: docker.io/library/nginx:1.25.2-alpine\n  lists: {amd64: files.list}\n'
  printf 'destination: docker://%s/team\n' "$registry"
  sed -n '/^mirrors:/,$p' "$work/release/release.yaml"
} >"$small/release.yaml"
check "a small release is built" ksoctl submit -f "$small/release.yaml" --wait
check "and is at its destination" contains "$(tags_of "$registry/team" kubespray-files | xargs)" "$release"
check "the audit log has who submitted it" contains \
  "$(ksoctl --context lab-admin audit --output json | jq -r '[.records[]? | .who + " " + .what] | join("\n")')" \
  "ann SubmitBuild"

echo "# A pipeline"
pipeline() { env KSO_TOKEN="$1" "$ksoctl_program" --coordinator "$coordinator" --ca "$pki/ca.crt" "${@:2}"; }
check "its token looks and submits" pipeline "$(pipeline_token acme/farm)" builds
check "it may not push where the farm's login is for others" refused 4 "$registry/team" \
  pipeline "$(pipeline_token acme/farm)" submit -f "$small/release.yaml"
sed -i "s|^destination:.*|destination: docker://$registry/pipeline|" "$small/release.yaml"
check "it submits without --wait" pipeline "$(pipeline_token acme/farm)" submit -f "$small/release.yaml"
check "it may not drain workers" refused 4 "role" pipeline "$(pipeline_token acme/farm)" workers drain box-1
check "another repository's is refused" refused 4 "no rule" pipeline "$(pipeline_token acme/farm2)" builds
check "one that has expired is refused" refused 4 "expired" pipeline "$(pipeline_token acme/farm -100)" builds
token=$(pipeline_token acme/farm)
check "one without its signature is refused" refused 4 "" pipeline "${token%.*}." builds

echo "# Renewal"
renewed() { [[ $(openssl x509 -noout -serial -in "$certificate") != "$first" ]]; }
check "the worker renews its certificate by itself" wait_until 90 renewed
still_there() { worker_is_ready box-1 && openssl verify -CAfile "$pki/ca.crt" -untrusted "$certificate" "$certificate"; }
check "and works on without a restart" wait_until 30 still_there
check "under the same key" same "$(openssl x509 -noout -pubkey -in "$certificate")" \
  "$(openssl pkey -pubout -in "$work/box-1-cache/identity/worker.key")"
stop box-1
join box-1 box-1 "$work/missing.token"
restarted() { [[ $(grep -c "worker box-1 with" "$work/box-1.log") -ge 2 ]] && worker_is_ready box-1; }
check "a restart needs no invitation" wait_until 60 restarted
check "and no second certificate" same "$(grep -c "joined the farm" "$work/box-1.log")" 1
finish
