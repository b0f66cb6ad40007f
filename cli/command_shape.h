// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMAND_SHAPE_H_
#define KSO_CLI_COMMAND_SHAPE_H_

#include <string>
#include <vector>

namespace kso::cli {

// A command line that shows how a command is used, and what it does:
// {"ksoctl logs v1 -f", "Follow the newest build of v1."}.
struct Example {
  std::string command;
  std::string meaning;
};

// An option or a flag.
struct OptionShape {
  // "-f", "--file".
  std::vector<std::string> names;
  // The word that stands for its value: "FILE", or "text|json" for one of
  // those. Empty for a flag, which has none.
  std::string meta;
  std::string help;
  bool required = false;
};

struct PositionalShape {
  // "BUILD", "FILE...", or "bash|zsh|fish" for one of those.
  std::string meta;
  std::string help;
  bool required = false;
  bool repeated = false;
};

// A command, or the program, as its declaration says. Help, completion and man
// pages are made of it.
struct CommandShape {
  std::string name;
  std::string help;
  // The heading that it stands under in the help of its parent.
  std::string group;
  // Other names that it is understood by.
  std::vector<std::string> aliases;
  // It is understood and not shown.
  bool hidden = false;
  // Some command of `commands` has to be named.
  bool needs_command = false;
  // Without --help, which every command has.
  std::vector<OptionShape> options;
  std::vector<PositionalShape> positionals;
  std::vector<Example> examples;
  std::vector<CommandShape> commands;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMAND_SHAPE_H_
