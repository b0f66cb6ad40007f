// SPDX-License-Identifier: Apache-2.0
#include "cli/usage_error.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "cli/arguments.h"
#include "common/text/suggest.h"

namespace kso::cli {
namespace {

// The commands that are shown.
std::vector<std::string> CommandNames(const CommandShape& shape) {
  std::vector<std::string> names;
  for (const CommandShape& command : shape.commands) {
    if (!command.hidden) names.push_back(command.name);
  }
  return names;
}

std::vector<std::string> Flags(const CommandShape& shape) {
  std::vector<std::string> flags;
  for (const OptionShape& option : shape.options) {
    flags.insert(flags.end(), option.names.begin(), option.names.end());
  }
  return flags;
}

// "ksoctl workers drain".
std::string PathOf(const CLI::App& app) {
  if (app.get_parent() == nullptr) return app.get_name();
  return absl::StrCat(PathOf(*app.get_parent()), " ", app.get_name());
}

std::string WithAWayOut(std::string what, const std::string& advice,
                        const CLI::App& command) {
  if (!advice.empty()) absl::StrAppend(&what, "; ", advice);
  return absl::StrCat(what, "\nSee `", PathOf(command), " --help`.");
}

// The option of `command`, or of the program, whose name CLI11 begins its
// message with; null where it begins otherwise.
const CLI::Option* OptionIn(const CLI::App& app, const CLI::App& command,
                            absl::string_view message) {
  const CLI::Option* found = nullptr;
  for (const CLI::App* where : {&app, &command}) {
    for (const CLI::Option* option : where->get_options()) {
      // A longer name may begin with a shorter one.
      const std::string name = option->get_name();
      if (absl::StartsWith(message, name) &&
          (found == nullptr || name.size() >= found->get_name().size())) {
        found = option;
      }
    }
  }
  return found;
}

// CLI11's message about a value, in the words of the help.
std::string AboutAValue(const CLI::ParseError& error,
                        const CLI::Option& option) {
  const bool positional = option.get_positional();
  absl::string_view message = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    // One of several words, which are its type.
    if (positional && !option.get_type_name().empty()) {
      return absl::StrCat(
          "say which: ",
          absl::StrReplaceAll(option.get_type_name(), {{"|", ", "}}));
    }
    return std::string(message);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    if (absl::EndsWith(message, " missing")) {
      return absl::StrCat(option.get_name(),
                          " wants a value: ", option.get_type_name());
    }
    if (absl::StrContains(message, "At Most 1 ") ||
        absl::StrContains(message, "exactly 1 ")) {
      return absl::StrCat(option.get_name(), " is there more than once");
    }
    return std::string(message);
  }
  if (positional &&
      dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) {
    message.remove_prefix(option.get_name().size());
    absl::ConsumePrefix(&message, ": ");
  }
  return std::string(message);
}

}  // namespace

const CLI::App* InnermostOf(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

// CLI11 hands out apps that may be changed, and a shape only reads.
CommandShape ShapeOf(const CLI::App& app) {
  return Arguments(const_cast<CLI::App*>(&app)).Shape();
}

std::string UnknownCommand(const CLI::App& app) {
  const CommandShape shape = ShapeOf(*InnermostOf(&app));
  if (shape.commands.empty() || !shape.positionals.empty()) return "";
  for (const std::string& word : app.remaining(true)) {
    if (!word.empty() && word[0] != '-') return word;
  }
  return "";
}

std::string NoSuchCommand(const CLI::App& app, const std::string& word) {
  const CLI::App* command = InnermostOf(&app);
  return WithAWayOut(absl::StrCat("there is no command '", word, "'"),
                     DidYouMean(word, CommandNames(ShapeOf(*command))),
                     *command);
}

std::string UsageErrorInWords(const CLI::App& app,
                              const CLI::ParseError& error) {
  const CLI::App* command = InnermostOf(&app);
  if (const std::string word = UnknownCommand(app); !word.empty()) {
    return NoSuchCommand(app, word);
  }
  const CommandShape shape = ShapeOf(*command);
  const std::vector<std::string> remaining = app.remaining(true);
  const std::vector<std::string> names = CommandNames(shape);
  const CLI::Option* option = OptionIn(app, *command, error.what());
  std::string what = error.what();
  std::string advice;
  if (!remaining.empty() && remaining[0][0] == '-') {
    std::vector<std::string> flags = Flags(shape);
    for (const std::string& flag : Flags(ShapeOf(app))) flags.push_back(flag);
    what = absl::StrCat("there is no option '", remaining[0], "' here");
    advice = DidYouMean(remaining[0], flags);
  } else if (!remaining.empty()) {
    what = absl::StrCat("unexpected '", remaining[0], "'");
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
             !names.empty()) {
    what = absl::StrCat("say which: ", absl::StrJoin(names, ", "));
  } else if (option != nullptr) {
    what = AboutAValue(error, *option);
  }
  return WithAWayOut(std::move(what), advice, *command);
}

}  // namespace kso::cli
