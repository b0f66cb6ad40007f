// SPDX-License-Identifier: Apache-2.0
#include "cli/help_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace kso::cli {
namespace {

constexpr size_t kWidth = 80;

// A term and what it means.
using Row = std::pair<std::string, std::string>;

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
  for (const Row& row : rows) width = std::max(width, row.first.size());
  const size_t indent = 2 + width + 2;
  std::string text = absl::StrCat("\n", title, ":\n");
  for (const auto& [term, meaning] : rows) {
    absl::StrAppend(&text, "  ", term,
                    std::string(width - term.size() + 2, ' '),
                    Wrap(meaning, indent, kWidth - indent), "\n");
  }
  return text;
}

std::string Term(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) {
    names.push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    names.push_back(absl::StrCat("--", name));
  }
  std::string term = absl::StrJoin(names, ", ");
  if (option.get_items_expected_max() > 0) {
    absl::StrAppend(&term, " ", option.get_type_name());
  }
  return term;
}

std::vector<Row> OptionRows(const CLI::App& command, bool with_help) {
  std::vector<Row> rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) continue;
    if (option == command.get_help_ptr() && !with_help) continue;
    rows.emplace_back(Term(*option), option->get_description());
  }
  return rows;
}

std::string NameOfPositional(const CLI::Option& option) {
  const std::string& text = option.get_option_text();
  return text.empty() ? option.get_name(/*positional=*/true) : text;
}

std::string Usage(const CLI::App& command) {
  std::string usage = absl::StrCat("Usage: ", CommandPath(command));
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || !option->get_required()) continue;
    const std::string term = Term(*option);
    // "-f FILE" of "-f, --file FILE".
    absl::StrAppend(&usage, " ", term.substr(0, term.find(',')), " ",
                    option->get_type_name());
  }
  usage += " [OPTION...]";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = NameOfPositional(*option);
    absl::StrAppend(&usage, " ",
                    option->get_required() ? name : "[" + name + "]");
  }
  if (!command.get_subcommands({}).empty()) {
    // Where a command does something by itself, what is under it is optional.
    const bool required = command.get_parent() == nullptr ||
                          command.get_require_subcommand_min() > 0;
    usage += required ? " COMMAND" : " [COMMAND]";
  }
  return usage;
}

}  // namespace

std::string CommandPath(const CLI::App& command) {
  if (command.get_parent() == nullptr) return command.get_name();
  return absl::StrCat(CommandPath(*command.get_parent()), " ",
                      command.get_name());
}

std::string HelpText(const CLI::App& command) {
  std::vector<Row> positionals;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    positionals.emplace_back(NameOfPositional(*option),
                             option->get_description());
  }
  std::vector<Row> commands;
  for (const CLI::App* child : command.get_subcommands({})) {
    commands.emplace_back(child->get_name(), child->get_description());
  }
  const CLI::App* root = &command;
  while (root->get_parent() != nullptr) root = root->get_parent();
  std::string text = absl::StrCat(
      Usage(command), "\n\n", command.get_description(), "\n",
      Section("Arguments", positionals), Section("Commands", commands),
      Section("Options", OptionRows(command, true)));
  if (root != &command) {
    absl::StrAppend(&text,
                    Section("For every command", OptionRows(*root, false)));
  }
  return absl::StrCat(text, command.get_footer());
}

}  // namespace kso::cli
