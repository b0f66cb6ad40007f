// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/command_app.h"
#include "cli/help_text.h"
#include "cli/usage_error.h"
#include "common/text/suggest.h"

namespace kso::cli {
namespace {

OptionShape OptionOf(const CLI::Option& option) {
  OptionShape shape;
  for (const std::string& name : option.get_snames()) {
    shape.names.push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    shape.names.push_back(absl::StrCat("--", name));
  }
  if (option.get_items_expected_max() > 0) shape.meta = option.get_type_name();
  shape.help = option.get_description();
  shape.required = option.get_required();
  return shape;
}

PositionalShape PositionalOf(const CLI::Option& option) {
  PositionalShape shape;
  // Those that are one of several words have them for a type.
  shape.meta = !option.get_option_text().empty() ? option.get_option_text()
               : !option.get_type_name().empty()
                   ? option.get_type_name()
                   : option.get_name(/*positional=*/true);
  shape.help = option.get_description();
  shape.required = option.get_required();
  shape.repeated = option.get_expected_max() > 1;
  return shape;
}

std::string HelpOf(const CLI::App& app) {
  std::vector<std::string> names;
  const CLI::App* root = &app;
  for (; root->get_parent() != nullptr; root = root->get_parent()) {
    names.push_back(root->get_name());
  }
  const CommandShape program = ShapeOf(*root);
  CommandPath path = {&program};
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    for (const CommandShape& command : path.back()->commands) {
      if (command.name != *name) continue;
      path.push_back(&command);
      break;
    }
  }
  return HelpText(path, root->get_footer());
}

CommandApp& Known(CLI::App* app) { return *static_cast<CommandApp*>(app); }

// Checks of values, in our own words: CLI11's speak of sets and ranges.
using ValueCheck = std::function<std::string(const std::string&)>;

ValueCheck OneOf(const std::vector<std::string>& allowed) {
  return [allowed](const std::string& value) -> std::string {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
      return "";
    }
    const std::string advice = DidYouMean(value, allowed);
    return absl::StrCat("'", value, "' is none of ",
                        absl::StrJoin(allowed, ", "),
                        advice.empty() ? "" : "; ", advice);
  };
}

ValueCheck NumberFrom(int least, int most) {
  return [least, most](const std::string& value) -> std::string {
    int number = 0;
    if (absl::SimpleAtoi(value, &number) && number >= least && number <= most) {
      return "";
    }
    return most == std::numeric_limits<int>::max()
               ? absl::StrCat("'", value, "' is no whole number from ", least,
                              " on")
               : absl::StrCat("'", value, "' is no whole number from ", least,
                              " to ", most);
  };
}

}  // namespace

Arguments Arguments::Subcommand(const std::string& name,
                                const std::string& help) {
  auto command = std::make_shared<CommandApp>(help, name, app_);
  // CLI11 would show the parent's footer.
  command->footer("");
  command->group("Commands");
  app_->add_subcommand(command);
  return Arguments(command.get());
}

void Arguments::Group(const std::string& heading) { app_->group(heading); }

void Arguments::Alias(const std::string& name) { app_->alias(name); }

void Arguments::Hide() { Known(app_).hidden = true; }

void Arguments::Example(const std::string& command,
                        const std::string& meaning) {
  Known(app_).examples.push_back({command, meaning});
}

void Arguments::RequireSubcommand() { app_->require_subcommand(1); }

void Arguments::Flag(const std::string& names, bool* value,
                     const std::string& help) {
  app_->add_flag(names, *value, help);
}

void Arguments::Option(const std::string& names, std::string* value,
                       const std::string& meta, const std::string& help,
                       Need need) {
  app_->add_option(names, *value, help)
      ->type_name(meta)
      ->required(need == Need::kRequired);
}

void Arguments::Number(const std::string& names, int* value,
                       const std::string& meta, const std::string& help) {
  app_->add_option(names, *value, help)
      ->type_name(meta)
      ->check(NumberFrom(1, std::numeric_limits<int>::max()));
}

void Arguments::Range(const std::string& names, int* value, int least, int most,
                      const std::string& meta, const std::string& help) {
  app_->add_option(names, *value, help)
      ->type_name(meta)
      ->check(NumberFrom(least, most));
}

void Arguments::Choice(const std::string& names, std::string* value,
                       const std::vector<std::string>& allowed,
                       const std::string& help) {
  app_->add_option(names, *value, help)
      ->type_name(absl::StrJoin(allowed, "|"))
      ->check(OneOf(allowed));
}

void Arguments::Repeated(const std::string& names,
                         std::vector<std::string>* values,
                         const std::string& meta, const std::string& help) {
  app_->add_option(names, *values, help)
      ->type_name(meta)
      ->expected(1)
      // An argument behind its value is one of its own.
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void Arguments::OptionOrVariable(const std::string& names,
                                 const std::string& variable,
                                 std::string* value, const std::string& meta,
                                 const std::string& help) {
  app_->add_option(names, *value, help)->type_name(meta);
  // The variable is read here, since CLI11 would repeat its name in messages of
  // its own.
  if (const char* text = std::getenv(variable.c_str());
      text != nullptr && *text != '\0') {
    *value = text;
  }
}

void Arguments::Positional(const std::string& meta, std::string* value,
                           const std::string& help, Need need) {
  app_->add_option(meta, *value, help)
      ->type_name("")
      ->required(need == Need::kRequired);
}

void Arguments::Positionals(const std::string& meta,
                            std::vector<std::string>* values,
                            const std::string& help) {
  // CLI11 takes a plain word for a name only; the help shows all of `meta`.
  app_->add_option(meta.substr(0, meta.find_first_of(". ")), *values, help)
      ->type_name("")
      ->option_text(meta)
      ->required();
}

void Arguments::PositionalRange(const std::string& meta, int* value, int least,
                                int most, const std::string& help) {
  app_->add_option(meta, *value, help)
      ->type_name("")
      ->required()
      ->check(NumberFrom(least, most));
}

void Arguments::PositionalChoice(const std::string& meta, std::string* value,
                                 const std::vector<std::string>& allowed,
                                 const std::string& help) {
  app_->add_option(meta, *value, help)
      ->type_name(absl::StrJoin(allowed, "|"))
      ->required()
      ->check(OneOf(allowed));
}

bool Arguments::Chosen() const { return app_->parsed(); }

CommandShape Arguments::Shape() const {
  const CommandApp& app = Known(app_);
  CommandShape shape;
  shape.name = app.get_name();
  shape.help = app.get_description();
  shape.group = app.get_group();
  shape.aliases = app.get_aliases();
  shape.hidden = app.hidden;
  shape.needs_command = app.get_require_subcommand_min() > 0;
  shape.examples = app.examples;
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr()) continue;
    if (option->get_positional()) {
      shape.positionals.push_back(PositionalOf(*option));
    } else {
      shape.options.push_back(OptionOf(*option));
    }
  }
  for (CLI::App* command : app_->get_subcommands({})) {
    shape.commands.push_back(Arguments(command).Shape());
  }
  return shape;
}

ArgumentParser::ArgumentParser(const std::string& name,
                               const std::string& description,
                               const std::string& footer)
    : app_(std::make_unique<CommandApp>(description, name)) {
  app_->footer(footer);
  // Options of the program are understood after a command too.
  app_->fallthrough();
  // A word after a command may be a directory or a build that is called like
  // another command.
  app_->require_subcommand(0, 1);
  app_->set_help_flag("-h,--help", "Say what this does and takes.");
}

ArgumentParser::~ArgumentParser() = default;

Arguments ArgumentParser::root() { return Arguments(app_.get()); }

absl::StatusOr<std::string> ArgumentParser::Parse(
    std::vector<std::string> args) {
  // CLI11 takes them from the back.
  std::reverse(args.begin(), args.end());
  try {
    app_->parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    if (const std::string word = UnknownCommand(*app_); !word.empty()) {
      return absl::InvalidArgumentError(NoSuchCommand(*app_, word));
    }
    return HelpOf(*InnermostOf(app_.get()));
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(UsageErrorInWords(*app_, error));
  }
  return std::string();
}

std::string ArgumentParser::Help() const { return HelpOf(*app_); }

}  // namespace kso::cli
