#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Submits a release to a farm of kso, where ksoctl is not: with curl, awk and a
# POSIX shell alone, on Linux and macOS, by the coordinator's HTTP API.
#
#   submit.sh -f release.yaml [OPTION...]
#
#   -f, --file FILE          the release.yaml; the lists that it names are sent too
#   --coordinator URL        the coordinator's HTTP address, such as
#                            https://farm.example.com:7071 (default: KSO_API, or
#                            http://127.0.0.1:7071)
#   --ca FILE                the authorities that its certificate must come from
#   --cert FILE, --key FILE  your certificate, to prove who you are
#   --token-file FILE        a file with your token (default: the token in KSO_TOKEN)
#   --wait                   follow the build to its end
#   --plan                   only say what would be fetched and pushed; waits
#   --id ID                  the build's id, of a-z, 0-9 and -; submitting the same
#                            id again starts nothing new
#   --priority N             from -100 to 100; 10 more is twice the share
#   --fresh                  take nothing over from earlier builds
#   --output text|json       json: the build as /api/v1/builds/ID has it
#   -q, --quiet              print results and errors only
#   --insecure-plaintext     speak to another machine without TLS: whoever is on the
#                            network reads and changes everything, your token too
#   -h, --help
#
# Exit status, as that of ksoctl: 0 done, 1 the build failed, 2 usage or bad input,
# 3 the coordinator is not reachable, 4 not allowed.
#
# Images for a destination on this machine (oci:, oci-archive:) stay at the
# coordinator until `ksoctl export` fetches them.
set -u

usage() { sed -n '3,/^set /{/^set /!s/^# \{0,1\}//p;}' "$0"; }
say() { [ -n "$quiet" ] || printf '%s\n' "$*" >&2; }
# fail STATUS WHAT: ends the script.
fail() {
  code=$1
  shift
  printf 'submit.sh: %s\n' "$*" >&2
  exit "$code"
}

file='' api=${KSO_API:-http://127.0.0.1:7071} ca='' cert='' key='' token_file=''
wait='' plan='' id='' priority='' fresh='' output=text quiet='' insecure=''
while [ $# -gt 0 ]; do
  case $1 in
    -f | --file | --coordinator | --ca | --cert | --key | --token-file | --id | \
      --priority | --output | -o)
      [ $# -ge 2 ] || fail 2 "$1 needs a value"
      case $1 in
        -f | --file) file=$2 ;;
        --coordinator) api=$2 ;;
        --ca) ca=$2 ;;
        --cert) cert=$2 ;;
        --key) key=$2 ;;
        --token-file) token_file=$2 ;;
        --id) id=$2 ;;
        --priority) priority=$2 ;;
        --output | -o) output=$2 ;;
      esac
      shift 2
      ;;
    --wait) wait=yes; shift ;;
    --plan) plan=yes wait=yes; shift ;;
    --fresh) fresh=yes; shift ;;
    -q | --quiet) quiet=yes; shift ;;
    --insecure-plaintext) insecure=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail 2 "there is no option '$1'; --help names those that there are" ;;
  esac
done

[ -n "$file" ] || fail 2 "name the release.yaml: -f FILE"
[ -f "$file" ] || fail 2 "there is no file $file"
case $output in text | json) ;; *) fail 2 "--output is text or json" ;; esac
command -v curl >/dev/null 2>&1 || fail 2 "curl is missing; install it"
api=${api%/}
case $api in
  https://*) ;;
  http://localhost | http://localhost:* | http://127.* | 'http://[::1]'*) ;;
  http://*)
    [ -n "$insecure" ] ||
      fail 2 "$api is not encrypted, and whoever is on the network reads what is sent; use https://, or say --insecure-plaintext"
    ;;
  *) fail 2 "the coordinator's address is http://HOST:PORT or https://HOST:PORT, not '$api'" ;;
esac

token=${KSO_TOKEN:-}
[ -z "$cert" ] || token=''
if [ -n "$token_file" ]; then
  [ -r "$token_file" ] || fail 2 "the token's file $token_file cannot be read"
  [ -z "$(find -L "$token_file" -prune \( -perm -040 -o -perm -020 -o -perm -004 -o -perm -002 \))" ] ||
    fail 4 "others can read or write the token's file $token_file; chmod 600 it"
  token=$(tr -d '\r\n' <"$token_file")
fi
case $token in *[!A-Za-z0-9._~+/=-]*) fail 2 "this is no token: it has other signs than letters, digits and ._~+/=-" ;; esac

work=$(mktemp -d "${TMPDIR:-/tmp}/kso-submit.XXXXXX") || fail 2 "no temporary directory can be made"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Quotes a text for curl's configuration and its --form.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"; }

# curl's settings. They go to its stdin: a token on a command line would be seen
# in the list of processes.
settings() {
  printf 'silent\nshow-error\nconnect-timeout = 10\nmax-time = 300\nproto = "=http,https"\n'
  printf 'header = "X-Kso-Action: 1"\n'
  [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$token"
  [ -z "$ca" ] || printf 'cacert = %s\n' "$(quoted "$ca")"
  [ -z "$cert" ] || printf 'cert = %s\n' "$(quoted "$cert")"
  [ -z "$key" ] || printf 'key = %s\n' "$(quoted "$key")"
  case $api in http://*) [ -n "$insecure" ] || printf 'noproxy = "*"\n' ;; esac
}

# call PATH [CURL_OPTION...]: the answer's status is in $status, its headers and
# body are files in $work. Fails when there is no answer.
call() {
  path=$1
  shift
  status=$(settings | curl --config - --dump-header "$work/head" --output "$work/body" \
    --write-out '%{http_code}' "$@" "$api$path" 2>"$work/error")
  curl_status=$?
  [ "$curl_status" -eq 0 ]
}

# Prints each value of the JSON in $work/body as "PATH<TAB>VALUE", such as
# "images.0.tags.1<TAB>latest". Characters that act on a terminal become blanks.
values() {
  LC_ALL=C awk '
    function path(   i, text) {
      for (i = 1; i <= depth; i++) text = text (i > 1 ? "." : "") name[i]
      return text
    }
    function emit(value) {
      # Control characters (C0, DEL, C1), separators of lines, byte order marks
      # and marks that turn the direction of writing.
      gsub(/[\001-\037\177]|\302[\200-\237]|\342\200[\216\217\250-\256]|\342\201[\246-\251]|\330\234|\357\273\277/, " ", value)
      print path() "\t" value
    }
    function flush() { if (literal != "") emit(literal); literal = "" }
    function text(raw) {
      if (kind[depth] == "o" && wants_key) { name[depth] = raw; return }
      gsub(/\\\\/, "\001", raw)
      gsub(/\\[nrtbf]/, " ", raw)
      gsub(/\\u00[01][0-9a-f]/, " ", raw)
      gsub(/\\/, "", raw)
      gsub(/\001/, "\\", raw)
      emit(raw)
    }
    function signs(part,   i, c) {
      for (i = 1; i <= length(part); i++) {
        c = substr(part, i, 1)
        if (c == "{") { kind[++depth] = "o"; wants_key = 1 }
        else if (c == "[") { kind[++depth] = "a"; name[depth] = 0; wants_key = 0 }
        else if (c == "}" || c == "]") { flush(); depth--; wants_key = 0 }
        else if (c == ":") wants_key = 0
        else if (c == ",") {
          flush()
          if (kind[depth] == "a") name[depth]++
          else wants_key = 1
        } else if (c !~ /[ \t\r\n]/) literal = literal c
      }
    }
    # A record is what is between two quotes.
    BEGIN { RS = "\"" }
    !in_text { signs($0); in_text = 1; next }
    {
      raw = kept $0
      escapes = 0
      while (escapes < length(raw) && substr(raw, length(raw) - escapes, 1) == "\\") escapes++
      if (escapes % 2) { kept = raw "\""; next }
      kept = ""
      text(raw)
      in_text = 0
    }' "$work/body"
}
# value PATH: one of them, from $work/values; empty where there is none.
value() { awk -F '\t' -v path="$1" '$1 == path { sub(/^[^\t]*\t/, ""); print; exit }' "$work/values"; }
known() { known=$(value "$1"); printf '%s' "${known:-unknown}"; }
# list PREFIX SUFFIX: all whose path is PREFIX, a number and SUFFIX.
list() {
  awk -F '\t' -v prefix="$1" -v suffix="$2" '
    index($1, prefix) == 1 {
      rest = substr($1, length(prefix) + 1)
      end = length(rest) - length(suffix)
      if (end < 1 || substr(rest, end + 1) != suffix || substr(rest, 1, end) !~ /^[0-9]+$/) next
      sub(/^[^\t]*\t/, "")
      print
    }' "$work/values"
}

# Ends the script by an answer that is no success.
refused() {
  values >"$work/values" 2>/dev/null
  reason=$(list problems. '')
  [ -n "$reason" ] || reason=$(value detail)
  [ -n "$reason" ] || reason="the coordinator at $api answers $status, and says no reason"
  case $status in
    401 | 403) fail 4 "$reason" ;;
    408 | 502 | 503 | 504) fail 3 "$reason" ;;
    4?? | 3??) [ "$status" = 429 ] || fail 2 "$reason" ;;
  esac
  fail 1 "$reason"
}

# Says why there was no answer, and ends the script.
unreachable() {
  # Files of ours that curl could not use: --form, --cert, --cacert.
  case $curl_status in 26 | 58 | 77) fail 2 "$(sed 's/^curl: //' "$work/error")" ;; esac
  fail 3 "the coordinator at $api is not reachable: $(sed 's/^curl: //' "$work/error")"
}

# The words of the release.yaml that are files beside it: its lists. Names with
# blanks or commas are not found; ksoctl sends those.
directory=$(dirname "$file")
sed 's/^#.*//; s/[[:space:]]#.*//' "$file" |
  awk '{ gsub(/[][{},"\047 \t\r]+/, "\n"); print }' | sort -u |
  grep -vxF "$(basename "$file")" >"$work/words"
if [ -z "$id" ]; then
  id=$(date -u +%Y%m%d-%H%M%S)-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
fi
set -- --form-string "buildId=$id" \
  --form "release=@$(quoted "$file");filename=$(quoted "$(basename "$file")")"
while IFS= read -r name; do
  case $name in
    /*) path=$name ;;
    *) path=$directory/$name ;;
  esac
  if [ -z "$name" ] || [ ! -f "$path" ]; then continue; fi
  set -- "$@" --form "file=@$(quoted "$path");filename=$(quoted "$name")"
done <"$work/words"
[ -z "$plan" ] || set -- "$@" --form-string planOnly=true
[ -z "$fresh" ] || set -- "$@" --form-string fresh=true
[ -z "$priority" ] || set -- "$@" --form-string "priority=$priority"

# The same id makes one build, however often it is sent.
tries=4
until call /api/v1/builds "$@"; do
  tries=$((tries - 1))
  case $curl_status in 26 | 58 | 60 | 77) tries=0 ;; esac
  [ "$tries" -gt 0 ] || unreachable
  sleep 1
done
[ "$status" = 201 ] || refused

# An equal build that runs already is the answer, under its own id.
build=$(awk 'tolower($1) == "location:" { sub(/\r$/, "", $2); sub(/.*\//, "", $2); print $2 }' "$work/head")
case $build in '' | *[!a-z0-9-]*) fail 1 "the coordinator at $api does not say which build it made" ;; esac
[ "$build" = "$id" ] || say "Joined build $build: the same request was submitted before, and still runs."
if [ -z "$wait" ]; then
  if [ "$output" = json ]; then
    cat "$work/body"
    echo
  elif [ -n "$quiet" ]; then
    printf '%s\n' "$build"
  else
    printf 'Submitted build %s.\nFollow it at %s/#/builds/%s, or with: ksoctl watch %s\n' \
      "$build" "$api" "$build" "$build"
  fi
  exit 0
fi

say "Build $build. Interrupting this leaves it running."
seen=0
# Shows the lines of the log that are new. Whoever cannot read it now will soon.
show_log() {
  while [ -z "$quiet" ] && call "/api/v1/builds/$build/logs?limit=1000&after=$seen" && [ "$status" = 200 ]; do
    values >"$work/values"
    list items. .text >&2
    next=$(value nextAfter)
    last=$(value lastSequence)
    seen=${next:-${last:-$seen}}
    [ -n "$next" ] || break
  done
}

# A coordinator that starts again is there in a while.
lost=0
while :; do
  show_log
  if call "/api/v1/builds/$build" && [ "$status" -lt 500 ]; then
    [ "$status" = 200 ] || refused
    lost=0
    values >"$work/values"
    state=$(value state)
    [ "$state" = running ] || break
  else
    lost=$((lost + 1))
    if [ "$lost" -ge 30 ]; then
      [ "$curl_status" -ne 0 ] || refused
      unreachable
    fi
  fi
  sleep 2
done
cp "$work/body" "$work/build"
cp "$work/values" "$work/build-values"
show_log
mv "$work/build" "$work/body"
mv "$work/build-values" "$work/values"

if [ "$output" = json ]; then
  cat "$work/body"
  echo
elif [ "$state" = succeeded ] && [ -n "$plan" ]; then
  printf '%s files, %s images, %s layers, of which %s are there\nto fetch: %s bytes\nto push: %s bytes at most\n' \
    "$(value plan.fileCount)" "$(value plan.imageCount)" "$(value plan.layerCount)" \
    "$(value plan.layersReused)" "$(known plan.bytesToFetch)" "$(known plan.bytesToPush)"
elif [ "$state" = succeeded ]; then
  printf 'Build %s succeeded.\n' "$build"
  number=0
  while repository=$(value "images.$number.repository") && [ -n "$repository" ]; do
    list "images.$number.tags." '' | while IFS= read -r tag; do
      printf '%s:%s\n' "$repository" "$tag"
    done
    printf '    digest  %s\n' "$(value "images.$number.digest")"
    number=$((number + 1))
  done
  case $(value destination) in
    oci:* | oci-archive:*) printf 'Bring the images here: ksoctl export %s\n' "$build" ;;
  esac
else
  printf 'Build %s: %s\n' "$build" "$state"
  number=0
  while item=$(value "failures.$number.item") && [ -n "$item" ]; do
    location=$(value "failures.$number.location")
    printf -- '- %s%s\n    why:  %s\n' "$item" "${location:+ ($location)}" "$(value "failures.$number.reason")"
    advice=$(value "failures.$number.advice")
    [ -z "$advice" ] || printf '    do:   %s\n' "$advice"
    number=$((number + 1))
  done
fi
[ "$state" = succeeded ]
