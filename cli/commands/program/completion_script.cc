// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/program/completion_script.h"

namespace kso::cli {
namespace {

constexpr char kBash[] =
    R"(# Completion of ksoctl for bash: source <(ksoctl completion bash)
_ksoctl() {
  local current=${COMP_WORDS[COMP_CWORD]} line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done \
          < <(compgen -f -- "$current") ;;
      :directories)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done \
          < <(compgen -d -- "$current") ;;
      ?*) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" \
    2>/dev/null)
}
# Files where nothing else is known: ksoctl diff takes directories, too.
complete -o default -F _ksoctl ksoctl
)";

constexpr char kZsh[] = R"(#compdef ksoctl
# Completion of ksoctl for zsh: source <(ksoctl completion zsh)
_ksoctl() {
  local line word
  local -a described
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" \
      2>/dev/null)}"; do
    case $line in
      :files) _files ;;
      :directories) _files -/ ;;
      ?*)
        word=${line%%$'\t'*}
        described+=("${word//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#described )) && _describe ksoctl described
}
compdef _ksoctl ksoctl
)";

constexpr char kFish[] =
    R"(# Completion of ksoctl for fish: ksoctl completion fish | source
function __ksoctl_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  for line in ($before[1] __complete $before[2..-1] "$current" 2>/dev/null)
    switch $line
      case ':files'
        __fish_complete_path "$current"
      case ':directories'
        __fish_complete_directories "$current"
      case '*'
        echo $line
    end
  end
end
complete -c ksoctl -f -a '(__ksoctl_complete)'
)";

}  // namespace

std::string CompletionScript(absl::string_view shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
}

}  // namespace kso::cli
