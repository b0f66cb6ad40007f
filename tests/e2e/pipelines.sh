#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The jobs of .github/workflows/release.yml and of .gitlab-ci.yml, step by step as
# they stand there (pipeline_steps.py). In the place of what only a pipeline has:
# - GitHub and GitLab: answers to what curl asks of them, and a gh that writes down
#   its arguments;
# - a fresh container: apt-get, git and deploy/setup find everything there;
# - deploy/package, which tests/e2e/package.sh tries: archives of what is built here;
# - the release: a small one from the stand-in upstream.
# What GitHub's and GitLab's own programs make of those files is tried nowhere.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_arm64

# Names are sorted alike wherever this runs.
export LC_ALL=C
root=$PWD
as_admin=()
ksoctl() { "$ksoctl_program" "${as_admin[@]}" "$@"; }
registry=127.0.0.1:$(free_port)
start_registry registry "${registry##*:}" "$work/registry"
start_upstream "docker://$registry/team"
mkdir "$work/small"
head -n 3 "$work/release/files-amd64.list" >"$work/small/files.list"
{
  small_release pipeline "docker://$registry/team" files
  mirrors_to_upstream
} >"$work/small/release.yaml"

stand_in apt-get <<<'exit 0'
stand_in git <<<'exit 0'
stand_in gh <<TEXT
printf '%s\n' "\$*" >>$work/gh.txt
TEXT
stand_in dpkg <<'TEXT'
echo "${RUNNER_ARCHITECTURE:-amd64}"
TEXT
# The token of a job, the jobs of a run, and GitLab's packages and releases. What is
# given on stdin, such as a login, is kept too.
stand_in curl <<TEXT
for argument; do url=\$argument; done
case "\$*" in
  *oidc.example*)
    cat >>$work/oidc-asked.txt
    echo "\$url" >>$work/oidc-urls.txt
    printf '{"value": "%s"}' "\$(cat $work/pipeline.token)"
    ;;
  *api.github.example*) cat >>$work/jobs-asked.txt; cat $work/jobs.json ;;
  *gitlab.example*) { cat; printf '%s\n' "\$*"; } >>$work/gitlab.txt ;;
  *) exec $(command -v curl) "\$@" ;;
esac
TEXT

# A checkout, as a job has one.
#   checkout NAME
checkout() {
  mkdir -p "$work/$1/deploy"
  ln -s "$root"/deploy/* "$work/$1/deploy/"
  rm "$work/$1/deploy/setup" "$work/$1/deploy/package"
  cp "$work/stand-in-setup" "$work/$1/deploy/setup"
  cp "$work/stand-in-package" "$work/$1/deploy/package"
}
printf '#!/bin/sh\n' >"$work/stand-in-setup"
cat >"$work/stand-in-package" <<TEXT
#!/usr/bin/env bash
set -euo pipefail
[[ \$* == archive ]]
mkdir -p dist
for architecture in amd64 arm64; do
  prefix=$root/bazel-bin
  [[ \$architecture == amd64 ]] || prefix=$root/bazel-arm64-bin
  made=\$(mktemp -d)
  mkdir -p "\$made/kso-1/bin"
  ln -s "\$prefix/coordinator/kso-coordinator" "\$prefix/worker/kso-worker" "\$prefix/cli/ksoctl" "\$made/kso-1/bin/"
  tar -C "\$made" -czf "dist/kso-1-linux-\$architecture.tar.gz" kso-1
  rm -rf "\$made"
done
(cd dist && sha256sum -- *.tar.gz >SHA256SUMS)
TEXT
chmod +x "$work"/stand-in-*

# The script of a job in a checkout of that name, with what a runner has in its
# environment, in CHECKOUT.sh; NAME=VALUE as pipeline_steps.py has them.
#   job_script CHECKOUT FILE JOB [NAME=VALUE...]
job_script() {
  local directory=$work/$1
  shift
  mkdir -p "$directory/home"
  {
    printf 'cd %q\n' "$directory"
    echo "unset KSO_COORDINATOR KSO_TOKEN KSO_CONTEXT XDG_DATA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME REGISTRY_AUTH_FILE"
    printf 'export HOME=%q PATH=%q\n' "$directory/home" "$work/bin:$PATH"
    [[ -z ${JOB_COORDINATOR:-} ]] || printf 'export KSO_COORDINATOR=%q\n' "$JOB_COORDINATOR"
    [[ -z ${JOB_TOKEN:-} ]] || printf 'export KSO_TOKEN=%q\n' "$JOB_TOKEN"
    tests/e2e/pipeline_steps.py "$@"
  } >"$directory.sh"
}
job() { job_script "$@" && bash "$work/$1.sh"; }
# A job that runs while others do; its log and exit status are CHECKOUT.log and .status.
job_in_background() {
  checkout "$1"
  job_script "$@"
  # shellcheck disable=SC2016
  start "$1" bash -c 'bash "$1.sh"; echo $? >"$1.status"' job "$work/$1"
}
has_ended() { [[ -s $work/$1.status ]]; }
ended_well() { same "$(cat "$work/$1.status" 2>/dev/null)" 0; }
github() { job "$1" .github/workflows/release.yml "${@:2}"; }
github_in_background() { job_in_background "$1" .github/workflows/release.yml "${@:2}"; }
gitlab() { job "$1" .gitlab-ci.yml "${@:2}"; }
export ARTIFACTS=$work/artifacts GITHUB_WORKSPACE=$work GITHUB_REPOSITORY=acme/farm GITHUB_RUN_ID=7 \
  GITHUB_API_URL=https://api.github.example GITHUB_STEP_SUMMARY=$work/github-summary.md \
  KSO_PAUSE=1 RUNNER_TEMP=$work
has_tag() { tags_of "$registry/$1" kubespray-files | grep -qx pipeline; }

echo "# GitHub, on a runner that is the farm"
KSO_OWN_ADDRESS=127.0.0.1:$(free_port)
export KSO_OWN_ADDRESS
alone=(vars.KSO_RELEASE="$work/small" vars.KSO_DESTINATION="docker://$registry/alone"
  vars.KSO_REGISTRY_USER=me secrets.KSO_REGISTRY_PASSWORD=let-me-in)
checkout programs
check "the programs are packed" github programs programs matrix.debian=bookworm
check "for both architectures, with their sums" test -s "$ARTIFACTS/programs/kso-1-linux-arm64.tar.gz" -a \
  -s "$ARTIFACTS/programs/SHA256SUMS"
checkout worker
check "no worker is started for a farm that is not there" same "$(github worker worker)" skipped
checkout alone
check "the release is built" github alone build "${alone[@]}"
check "the run's summary says so" grep -q "^## pipeline: succeeded" "$GITHUB_STEP_SUMMARY"
check "and what is where" grep -q "$registry/alone/kubespray-files:pipeline" "$GITHUB_STEP_SUMMARY"
check "it is where the variable says" has_tag alone
check "the login is one that kso reads" same \
  "$(jq -r --arg host "$registry" '.auths[$host].auth | @base64d' "$work/alone/home/.docker/config.json")" me:let-me-in
check "and nobody else" same "$(stat -c %a "$work/alone/home/.docker/config.json")" 600
check "the farm is stopped in the end" fails bash -c "exec 3<>/dev/tcp/${KSO_OWN_ADDRESS%:*}/${KSO_OWN_ADDRESS#*:}"
# Of the next run, the cache brings the coordinator's directory alone.
find "$work/alone/home/.local/share/kso" -mindepth 1 -maxdepth 1 ! -name coordinator -exec rm -rf {} +
chmod -R go+rX "$work/alone/home/.local/share/kso"
github alone build "${alone[@]}" >"$work/again.log" 2>&1 || tail -n 5 "$work/again.log"
check "the next run takes over what is at the destination" grep -q "succeeded.*, reused .* layer" "$work/again.log"
sed -i 's/^https.*/https:\/\/dl.k8s.io\/nothing-there/' "$work/small/files.list"
rm "$GITHUB_STEP_SUMMARY"
check "a build that fails fails the job" fails github alone build "${alone[@]}"
check "and the summary names the item" grep -q "nothing-there" "$GITHUB_STEP_SUMMARY"
head -n 3 "$work/release/files-amd64.list" >"$work/small/files.list"

echo "# GitHub, with a farm of native workers"
make_pipeline_issuer
pki=$work/pki
ksoctl certs init "$pki" --host 127.0.0.1 >/dev/null
for architecture in amd64 arm64; do
  ksoctl certs issue worker "ci-$architecture" --dir "$pki" >/dev/null
done
ksoctl certs issue client root --role admin --dir "$pki" >/dev/null
coordinator=127.0.0.1:$(free_port)
start coordinator "$coordinator_program" --listen "$coordinator" --http-listen '' --state-dir "$work/state" \
  --tls-cert "$pki/coordinator.crt" --tls-key "$pki/coordinator.key" --client-ca "$pki/ca.crt" \
  --oidc-config "$work/oidc.json" "${allow_loopback[@]}"
as_admin=(--coordinator "$coordinator" --ca "$pki/ca.crt" --cert "$pki/root.crt" --key "$pki/root.key")
wait_until 30 ksoctl builds || die "the coordinator did not start"
JOB_COORDINATOR=$coordinator
farm=(vars.KSO_COORDINATOR="$coordinator" vars.KSO_CA_PEM="$(cat "$pki/ca.crt")" vars.KSO_RELEASE="$work/small"
  vars.KSO_WORKER_OPTIONS="${allow_loopback[*]}")
pem() { cat "$pki/$1.crt" "$pki/$1.key"; }
# The first token of the job expires while the build waits for a worker: tokens are
# good for a minute longer than they say.
pipeline_token acme/farm -40 >"$work/pipeline.token"
export ACTIONS_ID_TOKEN_REQUEST_URL='https://oidc.example/?v=1' ACTIONS_ID_TOKEN_REQUEST_TOKEN=runner-secret
github_in_background farm build "${farm[@]}" vars.KSO_DESTINATION="docker://$registry/farm"
is_submitted() { [[ $(ksoctl builds --output json | jq '.builds | length') == 1 ]]; }
check "the job's own token is enough to submit" wait_until 60 is_submitted
pipeline_token acme/farm >"$work/pipeline.token"
asked_again() { (($(wc -l <"$work/oidc-urls.txt") >= 2)); }
check "another token is asked for when it has expired" wait_until 60 asked_again
check "for the farm's audience" same "$(sort -u "$work/oidc-urls.txt")" 'https://oidc.example/?v=1&audience=kso'
echo '{"jobs": [{"name": "build", "status": "in_progress"}, {"name": "programs", "status": "completed"}]}' \
  >"$work/jobs.json"
github_in_background worker-amd64 worker "${farm[@]}" matrix.architecture=amd64 matrix.secret=AMD64 \
  secrets.AMD64="$(pem ci-amd64)" github.token=job-token
RUNNER_ARCHITECTURE=arm64 github_in_background worker-arm64 worker "${farm[@]}" matrix.architecture=arm64 \
  matrix.secret=ARM64 secrets.ARM64="$(pem ci-arm64)" github.token=job-token
check "an amd64 runner is a worker" wait_until 60 worker_is_ready ci-amd64
check "so is an arm64 runner" wait_until 60 worker_is_ready ci-arm64
check "of its architecture" same "$(ksoctl workers --output json |
  jq -r '.workers[] | select(.info.name == "ci-arm64").info.platforms[0].platform.architecture')" arm64
check "the build ends" wait_until 120 has_ended farm
check "well" ended_well farm
check "and its images are there" has_tag farm
check "the log of the job has the build's" grep -q "phase verify" "$work/farm.log"
check "and hides the tokens" grep -q '^::add-mask::' "$work/farm.log"
check "until then the workers go on" fails has_ended worker-amd64
echo '{"jobs": [{"name": "build", "status": "completed"}]}' >"$work/jobs.json"
for name in worker-amd64 worker-arm64; do
  check "then $name ends" wait_until 60 has_ended "$name"
  check "as it should" ended_well "$name"
done

echo "# A release of GitHub's"
export GITHUB_REF_NAME=v9
checkout publish
check "a branch publishes nothing" same "$(github publish publish github.ref=refs/heads/main)" skipped
check "a tag does" github publish publish github.ref=refs/tags/v9
check "all that was packed" same "$(cat "$work/gh.txt")" "release create v9 --repo acme/farm --verify-tag \
--generate-notes dist/SHA256SUMS dist/kso-1-linux-amd64.tar.gz dist/kso-1-linux-arm64.tar.gz"
checkout damaged
echo damage >>"$ARTIFACTS/programs/kso-1-linux-arm64.tar.gz"
check "what is damaged on its way is not published" fails github damaged publish github.ref=refs/tags/v9

echo "# GitLab"
unset GITHUB_REPOSITORY GITHUB_STEP_SUMMARY ACTIONS_ID_TOKEN_REQUEST_URL
export CI_API_V4_URL=https://gitlab.example/api/v4 CI_PROJECT_ID=3 CI_JOB_TOKEN=lab-secret CI_COMMIT_TAG=v9 \
  CI_REGISTRY=gitlab.example:5050 KSO_RELEASE=$work/small KSO_DESTINATION=docker://$registry/gitlab \
  CI_PROJECT_DIR=$work/lab
checkout lab
check "the programs are packed" gitlab lab programs
check "bazel keeps what it compiles where that is cached" \
  grep -qx "build --disk_cache=$work/lab/.cache/bazel" "$work/lab/home/.bazelrc"
rm "$work/lab/home/.bazelrc"
KSO_CA_PEM=$(cat "$pki/ca.crt") KSO_WORKER_PEM_AMD64=$(pem ci-amd64) KSO_WORKER_OPTIONS=${allow_loopback[*]}
export KSO_CA_PEM KSO_WORKER_PEM_AMD64 KSO_WORKER_OPTIONS
mkdir "$work/lab-worker"
cp -r "$work/lab/dist" "$work/lab-worker/"
export KSO_UNTIL="test -e $work/lab-is-over"
job_in_background lab-worker .gitlab-ci.yml worker ARCHITECTURE=amd64 RUNNER=privileged
check "a runner is a worker" wait_until 60 worker_is_ready ci-amd64
JOB_TOKEN=$(pipeline_token acme/farm)
check "the release is built by the job's own token" gitlab lab build
check "with a summary" grep -q "^## pipeline: succeeded" "$work/lab/summary.md"
check "and it is where the variable says" has_tag gitlab
check "a tag publishes" gitlab lab publish
check "each file is a package" same \
  "$(grep -o 'packages/generic/kso/v9/[^ "]*$' "$work/gitlab.txt" | sort | tr '\n' ' ')" \
  "packages/generic/kso/v9/SHA256SUMS packages/generic/kso/v9/kso-1-linux-amd64.tar.gz packages/generic/kso/v9/kso-1-linux-arm64.tar.gz "
check "the release links them" contains "$(cat "$work/gitlab.txt")" '"tag_name":"v9"'
check "with the job's token, which is in no argument" same \
  "$(grep -c '^header = "JOB-TOKEN: lab-secret"$' "$work/gitlab.txt") $(grep -c 'lab-secret' "$work/gitlab.txt")" "4 4"
touch "$work/lab-is-over"
check "the worker ends when it is not needed" wait_until 60 has_ended lab-worker
check "as it should" ended_well lab-worker
unset KSO_UNTIL
check "and when its time is over" env KSO_SECONDS=3 bash "$work/lab-worker.sh"

echo "# Logins"
login() { env -u REGISTRY_AUTH_FILE HOME="$work/other" CI_REGISTRY=gitlab.example:5050 "$@" deploy/ci/login; }
check "a job's own token is for GitHub's registry" login \
  GITHUB_TOKEN=job-token GITHUB_ACTOR=me DESTINATION=docker://ghcr.io/acme
check "and for no other" login GITHUB_TOKEN=job-token GITHUB_ACTOR=me DESTINATION=docker://registry.example.com/acme
check "GitLab's is for its own" login CI_REGISTRY_USER=lab CI_REGISTRY_PASSWORD=pw DESTINATION=docker://gitlab.example:5050/acme
check "a destination that is no registry needs none" login DESTINATION=oci:out
check "so there are two" same "$(jq -r '.auths | keys | join(" ")' "$work/other/.docker/config.json")" \
  "ghcr.io gitlab.example:5050"
finish
