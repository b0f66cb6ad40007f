// SPDX-License-Identifier: Apache-2.0
#include "cli/help_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace kso::cli {
namespace {

constexpr size_t kWidth = 80;

// A term and what it means.
using Row = std::pair<std::string, std::string>;

// A long term leaves no room for its meaning beside it.
constexpr size_t kLongestTerm = 32;

// `text` in lines of at most `width`, those after the first indented.
std::string Wrap(absl::string_view text, size_t indent, size_t width) {
  std::string result;
  size_t column = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      absl::StrAppend(&result, "\n", std::string(indent, ' '));
      column = 0;
    } else if (column > 0) {
      result += " ";
      ++column;
    }
    absl::StrAppend(&result, word);
    column += word.size();
  }
  return result;
}

std::string Section(absl::string_view title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  size_t width = 0;
  for (const Row& row : rows) {
    if (row.first.size() <= kLongestTerm) {
      width = std::max(width, row.first.size());
    }
  }
  const size_t indent = 2 + width + 2;
  std::string text = absl::StrCat("\n", title, ":\n");
  for (const auto& [term, meaning] : rows) {
    const std::string gap = term.size() <= width
                                ? std::string(width - term.size() + 2, ' ')
                                : absl::StrCat("\n", std::string(indent, ' '));
    absl::StrAppend(&text, "  ", term, gap,
                    Wrap(meaning, indent, kWidth - indent), "\n");
  }
  return text;
}

std::vector<Row> OptionRows(const CommandShape& command) {
  std::vector<Row> rows;
  for (const OptionShape& option : command.options) {
    rows.emplace_back(TermOf(option), option.help);
  }
  return rows;
}

// One section for each heading, in the order in which they come first.
std::string CommandSections(const CommandShape& command) {
  std::vector<std::pair<std::string, std::vector<Row>>> groups;
  for (const CommandShape& child : command.commands) {
    if (child.hidden) continue;
    auto group = std::find_if(
        groups.begin(), groups.end(),
        [&child](const auto& known) { return known.first == child.group; });
    if (group == groups.end()) {
      group = groups.insert(groups.end(), {child.group, {}});
    }
    group->second.emplace_back(child.name, child.help);
  }
  std::string text;
  for (const auto& [heading, rows] : groups) text += Section(heading, rows);
  return text;
}

std::string ExampleSection(const CommandShape& command) {
  if (command.examples.empty()) return "";
  std::string text = "\nExamples:\n";
  for (const Example& example : command.examples) {
    absl::StrAppend(&text, "  # ", Wrap(example.meaning, 2, kWidth - 4), "\n",
                    "  ", example.command, "\n");
  }
  return text;
}

// Names the program's options, which the program's own help explains: all but
// those whose long names mean something else in `command`.
std::string ProgramOptions(const CommandShape& program,
                           const CommandShape& command) {
  const auto is_own = [&command](const std::string& name) {
    return std::any_of(
        command.options.begin(), command.options.end(),
        [&name](const OptionShape& own) { return own.names.back() == name; });
  };
  std::vector<std::string> names;
  for (const OptionShape& option : program.options) {
    if (!is_own(option.names.back())) names.push_back(option.names.back());
  }
  return absl::StrCat("\nFor every command (see `", program.name,
                      " --help`):\n  ",
                      Wrap(absl::StrJoin(names, ", "), 2, kWidth - 2), "\n");
}

}  // namespace

std::string TermOf(const OptionShape& option) {
  std::string term = absl::StrJoin(option.names, ", ");
  if (!option.meta.empty()) absl::StrAppend(&term, " ", option.meta);
  return term;
}

std::string UsageOf(const CommandPath& path) {
  const CommandShape& command = *path.back();
  std::string usage =
      absl::StrJoin(path, " ", [](std::string* out, const CommandShape* part) {
        out->append(part->name);
      });
  for (const OptionShape& option : command.options) {
    if (!option.required) continue;
    absl::StrAppend(&usage, " ", option.names.front(), " ", option.meta);
  }
  usage += " [OPTION...]";
  for (const PositionalShape& positional : command.positionals) {
    absl::StrAppend(&usage, " ",
                    positional.required
                        ? positional.meta
                        : absl::StrCat("[", positional.meta, "]"));
  }
  if (!command.commands.empty()) {
    // Where a command does something by itself, what is under it is optional.
    const bool required = path.size() == 1 || command.needs_command;
    usage += required ? " COMMAND" : " [COMMAND]";
  }
  return usage;
}

std::string HelpText(const CommandPath& path, absl::string_view footer) {
  const CommandShape& command = *path.back();
  std::vector<Row> positionals;
  for (const PositionalShape& positional : command.positionals) {
    positionals.emplace_back(positional.meta, positional.help);
  }
  std::vector<Row> options = OptionRows(command);
  options.emplace_back("-h, --help", "Say what this does and takes.");
  std::string text =
      absl::StrCat("Usage: ", UsageOf(path), "\n\n", command.help, "\n");
  if (!command.aliases.empty()) {
    absl::StrAppend(&text, "\nAlso: ", absl::StrJoin(command.aliases, ", "),
                    "\n");
  }
  absl::StrAppend(&text, Section("Arguments", positionals),
                  CommandSections(command), ExampleSection(command),
                  Section("Options", options));
  if (path.size() == 1) return absl::StrCat(text, footer);
  return absl::StrCat(text, ProgramOptions(*path.front(), command));
}

}  // namespace kso::cli
