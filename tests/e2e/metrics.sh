#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Prometheus scrapes a farm that builds: names and texts by promtool, the
# alerts, and the numbers that a build leaves.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v promtool >/dev/null || skip "promtool is missing: Debian's package prometheus has it"

check "the alerts are in order" promtool check rules deploy/prometheus/alerts.yml
check "the alerts tell what they should" promtool test rules deploy/prometheus/alerts_test.yml

registry=127.0.0.1:$(free_port)
start_registry registry "${registry##*:}" "$work/registry"
start_upstream "docker://$registry/team"
start_coordinator coordinator
worker_metrics=127.0.0.1:$(free_port)
start_worker worker-amd64 amd64 --metrics-listen "$worker_metrics" --platform linux/amd64 --platform linux/arm64
wait_until 20 worker_is_ready worker-amd64 || die "the worker did not come"

prometheus=127.0.0.1:$(free_port)
cat >"$work/prometheus.yml" <<YAML
global: {scrape_interval: 1s}
rule_files: [$PWD/deploy/prometheus/alerts.yml]
scrape_configs:
  - job_name: kso-coordinator
    static_configs: [{targets: ["$dashboard"]}]
  - job_name: kso-worker
    static_configs: [{targets: ["$worker_metrics"]}]
YAML
start prometheus prometheus --config.file "$work/prometheus.yml" --storage.tsdb.path "$work/tsdb" \
  --web.listen-address "$prometheus"
wait_until 30 curl -fsS "http://$prometheus/-/ready" || die "prometheus did not start"

# The value of an expression, asked of Prometheus; empty where there is none.
value() {
  curl -fsS -G "http://$prometheus/api/v1/query" --data-urlencode "query=$1" |
    jq -r '.data.result[0].value[1] // empty'
}
is_value() { [[ $(value "$1") == "$2" ]]; }
exceeds() { awk -v a="$(value "$1")" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 > b + 0) }'; }

ksoctl submit -f "$work/release/release.yaml" --wait --metrics-file "$work/build.prom" >"$work/submit.txt" 2>&1 ||
  { cat "$work/submit.txt"; die "the build failed"; }

check "the coordinator's metrics are in Prometheus's format" \
  bash -c "curl -fsS 'http://$dashboard/metrics' | promtool check metrics"
check "the worker's are" \
  bash -c "curl -fsS 'http://$worker_metrics/metrics' | promtool check metrics"
check "ksoctl's of the build are" bash -c "promtool check metrics <'$work/build.prom'"
check "and say that it succeeded" grep -q '^kso_last_build_succeeded{.*} 1$' "$work/build.prom"
# The reference is made of the sources; what the programs tell is in it. Those of
# prometheus-cpp about its own answers are not kso's.
documented() {
  local name
  curl -fsS "http://$dashboard/metrics" "http://$worker_metrics/metrics" | cat - "$work/build.prom" | awk '/^# TYPE/ && $3 !~ /^exposer_/ {print $3}' | sort -u |
    while read -r name; do
      grep -qF "| \`$name\` |" docs/reference/metrics.md || { echo "$name is not in it"; return 1; }
    done
}
check "the reference has every metric" documented
for expression in 'up{job="kso-coordinator"}' 'up{job="kso-worker"}' \
  'kso_builds_ended_total{state="succeeded"}' 'sum(kso_workers{state="ready"})'; do
  check "$expression is 1" wait_until 20 is_value "$expression" 1
done
check "no build runs" wait_until 20 is_value kso_builds_running 0
check "nothing waits" wait_until 20 is_value 'sum(kso_queue_tasks) or vector(0)' 0
for expression in 'sum(kso_task_duration_seconds_count{kind="layer"})' \
  'sum(kso_verification_duration_seconds_count)' \
  'sum(kso_worker_received_bytes_total)' 'sum(kso_worker_sent_bytes_total)' \
  'kso_journal_commit_duration_seconds_count' 'kso_worker_cache_miss_bytes_total' \
  'process_resident_memory_bytes{job="kso-worker"}' \
  'process_start_time_seconds{job="kso-coordinator"}'; do
  check "$expression has grown" wait_until 20 exceeds "$expression" 0
done
check "each expression of the dashboard is one that Prometheus reads" bash -c '
  jq -r ".panels[].targets[].expr" deploy/grafana/farm.json | while read -r expression; do
    curl -fsS -G "http://$1/api/v1/query" --data-urlencode "query=$expression" >/dev/null ||
      { echo "$expression"; exit 1; }
  done' panels "$prometheus"
# Succeeds when a panel of the dashboard has something to show.
shows() {
  local expression
  expression=$(jq -r --arg title "$1" '.panels[] | select(.title == $title).targets[0].expr' deploy/grafana/farm.json)
  [[ -n $expression && -n $(value "$expression") ]]
}
for panel in "Builds that ended" "Received by host" "Sent by host" "Cache hits" "Leases lost" \
  "Task duration, 95th percentile" "Verification, 95th percentile" "Journal commits, 99th percentile" Workers Memory; do
  check "the dashboard's panel '$panel' shows something" wait_until 30 shows "$panel"
done
stop coordinator
check "a coordinator that is gone is seen" wait_until 20 is_value 'up{job="kso-coordinator"}' 0
finish
