// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/completion_script.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace kso::cli {
namespace {

// Calls `visit` for each command with its path: "", "/workers",
// "/workers/drain".
void Visit(
    const CommandShape& command, const std::string& path,
    const std::function<void(const CommandShape&, const std::string&)>& visit) {
  visit(command, path);
  for (const CommandShape& child : command.commands) {
    Visit(child, absl::StrCat(path, "/", child.name), visit);
  }
}

// Shell cases that find the command among the words before the cursor.
std::string FindCommandCases(const CommandShape& program) {
  std::string cases;
  Visit(program, "", [&](const CommandShape&, const std::string& path) {
    if (!path.empty()) {
      absl::StrAppend(&cases, "      ", path, ") command=", path, " ;;\n");
    }
  });
  return cases;
}

// The words that may follow a command: its commands and flags, and the
// program's flags.
std::string Words(const CommandShape& command, const CommandShape& program) {
  std::vector<std::string> words;
  for (const CommandShape& child : command.commands) {
    words.push_back(child.name);
  }
  words.insert(words.end(), command.flags.begin(), command.flags.end());
  if (&command != &program) {
    words.insert(words.end(), program.flags.begin(), program.flags.end());
  }
  words.push_back("--help");
  return absl::StrJoin(words, " ");
}

// Shell cases of commands that take files: each runs `statement`.
std::string FileCases(const CommandShape& program,
                      const std::string& statement) {
  std::string cases;
  Visit(program, "", [&](const CommandShape& command, const std::string& path) {
    if (command.takes_files) {
      absl::StrAppend(&cases, "    ", path, ") ", statement, " ;;\n");
    }
  });
  return cases;
}

// In single quotes, for fish.
std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

std::string FishFlags(const CommandShape& command,
                      const std::string& condition) {
  std::string script;
  for (const std::string& flag : command.flags) {
    absl::string_view name = flag;
    const bool is_long = absl::ConsumePrefix(&name, "--");
    if (!is_long) absl::ConsumePrefix(&name, "-");
    bool is_file = false;
    for (const std::string& file_flag : command.file_flags) {
      is_file |= file_flag == flag;
    }
    absl::StrAppend(&script, "complete -c ksoctl", condition,
                    is_long ? " -l " : " -s ", name, is_file ? " -r -F" : "",
                    "\n");
  }
  return script;
}

}  // namespace

std::string BashCompletion(const CommandShape& program) {
  std::string script = absl::StrCat(
      "# Completion of ksoctl for bash: source <(ksoctl completion bash)\n"
      "_ksoctl() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command= word\n"
      "  local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $command/$word in\n",
      FindCommandCases(program),
      "    esac\n"
      "  done\n"
      "  case $command:$previous in\n");
  Visit(program, "", [&](const CommandShape& command, const std::string& path) {
    for (const std::string& flag : command.file_flags) {
      absl::StrAppend(&script, "    ", path, ":", flag,
                      ") COMPREPLY=($(compgen -f -- \"$current\")); return "
                      ";;\n");
    }
  });
  absl::StrAppend(&script, "  esac\n  local words=\n  case $command in\n");
  Visit(program, "", [&](const CommandShape& command, const std::string& path) {
    absl::StrAppend(&script, "    ", path.empty() ? "''" : path, ") words='",
                    Words(command, program), "' ;;\n");
  });
  absl::StrAppend(
      &script,
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  case $command in\n",
      FileCases(program, "COMPREPLY+=($(compgen -f -- \"$current\"))"),
      "  esac\n"
      "}\n"
      "complete -F _ksoctl ksoctl\n");
  return script;
}

std::string ZshCompletion(const CommandShape& program) {
  std::string script = absl::StrCat(
      "#compdef ksoctl\n"
      "# Completion of ksoctl for zsh: source <(ksoctl completion zsh)\n"
      "_ksoctl() {\n"
      "  local command= word previous=${words[CURRENT-1]}\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
      "    case $command/$word in\n",
      FindCommandCases(program),
      "    esac\n"
      "  done\n"
      "  case $command:$previous in\n");
  Visit(program, "", [&](const CommandShape& command, const std::string& path) {
    for (const std::string& flag : command.file_flags) {
      absl::StrAppend(&script, "    ", path, ":", flag,
                      ") _files; return ;;\n");
    }
  });
  absl::StrAppend(&script, "  esac\n  case $command in\n");
  Visit(program, "", [&](const CommandShape& command, const std::string& path) {
    absl::StrAppend(&script, "    ", path.empty() ? "''" : path,
                    ") compadd -- ", Words(command, program), " ;;\n");
  });
  absl::StrAppend(&script, "  esac\n  case $command in\n",
                  FileCases(program, "_files"),
                  "  esac\n}\ncompdef _ksoctl ksoctl\n");
  return script;
}

std::string FishCompletion(const CommandShape& program) {
  std::string script =
      "# Completion of ksoctl for fish: ksoctl completion fish | source\n"
      "complete -c ksoctl -f\n";
  absl::StrAppend(&script, FishFlags(program, ""));
  for (const CommandShape& command : program.commands) {
    absl::StrAppend(&script, "complete -c ksoctl -n __fish_use_subcommand -a ",
                    command.name, " -d ", Quoted(command.help), "\n");
    const std::string chosen =
        absl::StrCat(" -n '__fish_seen_subcommand_from ", command.name, "'");
    absl::StrAppend(&script, FishFlags(command, chosen));
    if (command.takes_files) {
      absl::StrAppend(&script, "complete -c ksoctl", chosen, " -F\n");
    }
    for (const CommandShape& child : command.commands) {
      absl::StrAppend(&script, "complete -c ksoctl", chosen, " -a ", child.name,
                      " -d ", Quoted(child.help), "\n");
      absl::StrAppend(&script, FishFlags(child, chosen));
    }
  }
  return script;
}

}  // namespace kso::cli
