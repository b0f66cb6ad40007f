#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The commands of the documents, as a reader pastes them: every block of README.md and
# docs/ that docs_blocks.py beside this prints, page by page, in an empty directory.
#
# These stand in for what a reader has and a test has not:
# - the internet: a release that `ksoctl init` makes, or that somebody edits, becomes
#   the same release of the stand-in upstream, with its mirrors and checksums;
# - registry.example.com and farm.example.com: a registry and ports of loopback;
# - /etc/kso, /var/lib/kso, /var/cache/kso, /srv/backup: directories of this test;
# - deploy/setup and bazel: everything is installed and built;
# - a second terminal: coordinator and worker run in the background;
# - another machine: certificates lie in the reader's directory, too.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need_arm64

root=$PWD
registry=127.0.0.1:$(free_port)
start_registry registry "${registry##*:}" "$work/registry"
start_upstream "docker://$registry/team"
DOCS_REGISTRY=$registry
DOCS_ROOT=$work/machine
mkdir -p "$work/home" "$DOCS_ROOT/etc" "$DOCS_ROOT/var/lib" "$DOCS_ROOT/var/cache" "$DOCS_ROOT/srv/backup"
export DOCS_REGISTRY DOCS_ROOT
unset KSO_COORDINATOR KSO_TOKEN KSO_CONTEXT XDG_CONFIG_HOME

stand_in editor <<TEXT
cp $work/release/* "\$(dirname "\$1")/"
TEXT
stand_in ksoctl <<TEXT
if [[ \${1:-} == init ]]; then
  $root/bazel-bin/cli/ksoctl "\$@"
  exec $work/bin/editor "\$2/release.yaml"
fi
exec $root/bazel-bin/cli/ksoctl "\$@"
TEXT
for name in coordinator worker; do
  stand_in "kso-$name" <<TEXT
[[ $name == worker || " \$* " == *" --http-listen "* ]] || set -- "\$@" --http-listen "\$DOCS_HTTP"
setsid $root/bazel-bin/$name/kso-$name "\$@" >>$work/kso-$name.log 2>&1 </dev/null &
echo \$! >$work/kso-$name.pid
for try in {1..100}; do
  sleep 0.1
  if [[ $name == worker ]] || (exec 3<>/dev/tcp/127.0.0.1/\${DOCS_COORDINATOR##*:}) 2>/dev/null; then exit 0; fi
done
exit 1
TEXT
done
stand_in bazel <<<'exit 0'
# The registry speaks plain HTTP on loopback.
stand_in skopeo <<TEXT
[[ \$1 != inspect ]] || set -- inspect --tls-verify=false "\${@:2}"
exec $(command -v skopeo) "\$@"
TEXT
# An answer that is an error fails, and a stream is read for a moment.
stand_in curl <<TEXT
case " \$* " in
  *" -sN "*) timeout 2 $(command -v curl) -f "\$@" || [[ \$? == 124 ]] ;;
  *) exec $(command -v curl) -f "\$@" ;;
esac
TEXT

# Runs a page's commands in a checkout of its own, for what they see of it.
#   run_page PAGE
run_page() {
  local page=$1 directory name log
  name=$(basename "$page" .md)
  directory=$work/pages/$name log=$work/page-$name.log
  mkdir -p "$directory/deploy" "$directory/bazel-bin/cli"
  ln -s "$root"/deploy/* "$directory/deploy/"
  ln -sf "$work/bin/bazel" "$directory/deploy/setup"
  ln -s "$work/bin/ksoctl" "$directory/bazel-bin/cli/ksoctl"
  ln -s "$root"/{tests,docs} "$directory/"
  ln -s "$DOCS_ROOT"/etc/kso/{ca.crt,alice.crt,alice.key} "$directory/"
  python3 tests/e2e/docs_blocks.py "$page" >"$work/page-$name.sh"
  (cd "$directory" && HOME=$work/home PATH=$work/bin:$PATH EDITOR=$work/bin/editor \
    bash "$work/page-$name.sh") >"$log" 2>&1 </dev/null ||
    { grep "^$page:" "$log" | tail -n 1; tail -n 12 "$log"; return 1; }
}

# The port after the coordinator's is that of the page.
fresh_ports() {
  DOCS_COORDINATOR=127.0.0.1:$(free_port)
  DOCS_HTTP=127.0.0.1:$((${DOCS_COORDINATOR##*:} + 1))
  export DOCS_COORDINATOR DOCS_HTTP
}

# Pages of one farm, which the first one starts and the last one stops. Those that build
# one image without the other come late: it takes the place of one that names both.
farm_pages=(README carry evidence api ksoctl operating building migrating getting-started)
page_of() { if [[ $1 == README ]]; then echo README.md; else echo "docs/$1.md"; fi; }
fresh_ports
export KSO_COORDINATOR=$DOCS_COORDINATOR
stop_farm() { HOME=$work/home "$ksoctl_program" farm down >/dev/null 2>&1 || true; clean_up; }
trap stop_farm EXIT
for name in "${farm_pages[@]}"; do
  check "the commands of $(page_of "$name")" run_page "$(page_of "$name")"
done

# Pages that start a farm of their own.
for page in docs/*.md; do
  name=$(basename "$page" .md)
  [[ " ${farm_pages[*]} " != *" $name "* && $name != README ]] || continue
  python3 tests/e2e/docs_blocks.py "$page" | grep -q "^echo '$page:" || continue
  unset KSO_COORDINATOR
  fresh_ports
  check "the commands of $page" run_page "$page"
  stop kso-worker
  stop kso-coordinator
done
finish
