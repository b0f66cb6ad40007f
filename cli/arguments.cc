// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/help_text.h"
#include "cli/suggest.h"

namespace kso::cli {
namespace {

// The command that was on the way when the parser gave up.
const CLI::App* Innermost(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = Innermost(&app);
  std::string what = error.what();
  std::string advice;
  const std::vector<std::string> remaining = app.remaining(true);
  const std::vector<std::string> names = CommandNames(*command);
  if (!remaining.empty() && remaining[0][0] != '-' && !names.empty()) {
    what = absl::StrCat("there is no command '", remaining[0], "'");
    advice = DidYouMean(remaining[0], names);
  } else if (!remaining.empty() && remaining[0][0] == '-') {
    const CommandShape shape =
        Arguments(const_cast<CLI::App*>(command)).Shape();
    const CommandShape root = Arguments(const_cast<CLI::App*>(&app)).Shape();
    std::vector<std::string> flags = shape.flags;
    flags.insert(flags.end(), root.flags.begin(), root.flags.end());
    what = absl::StrCat("there is no option '", remaining[0], "' here");
    advice = DidYouMean(remaining[0], flags);
  } else if (!remaining.empty()) {
    what = absl::StrCat("unexpected '", remaining[0], "'");
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
             !names.empty()) {
    what = absl::StrCat("say which: ", absl::StrJoin(names, ", "));
  }
  if (!advice.empty()) absl::StrAppend(&what, "; ", advice);
  return absl::StrCat(what, "\nSee `", CommandPath(*command), " --help`.");
}

}  // namespace

Arguments Arguments::Subcommand(const std::string& name,
                                const std::string& help) {
  CLI::App* command = app_->add_subcommand(name, help);
  // CLI11 would show the parent's footer.
  command->footer("");
  return Arguments(command);
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
      ->check(CLI::PositiveNumber);
}

void Arguments::Range(const std::string& names, int* value, int least, int most,
                      const std::string& meta, const std::string& help) {
  app_->add_option(names, *value, help)
      ->type_name(meta)
      ->check(CLI::Range(least, most).description(""));
}

void Arguments::Choice(const std::string& names, std::string* value,
                       const std::vector<std::string>& allowed,
                       const std::string& help) {
  app_->add_option(names, *value, help)
      ->type_name(absl::StrJoin(allowed, "|"))
      ->check(CLI::IsMember(allowed).description(""));
}

void Arguments::Repeated(const std::string& names,
                         std::vector<std::string>* values,
                         const std::string& meta, const std::string& help) {
  app_->add_option(names, *values, help)
      ->type_name(meta)
      ->expected(1)
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

void Arguments::PositionalChoice(const std::string& meta, std::string* value,
                                 const std::vector<std::string>& allowed,
                                 const std::string& help) {
  app_->add_option(meta, *value, help)
      ->type_name(absl::StrJoin(allowed, "|"))
      ->required()
      ->check(CLI::IsMember(allowed).description(""));
}

bool Arguments::Chosen() const { return app_->parsed(); }

CommandShape Arguments::Shape() const {
  CommandShape shape;
  shape.name = app_->get_name();
  shape.help = app_->get_description();
  for (const CLI::Option* option : app_->get_options()) {
    if (option == app_->get_help_ptr()) continue;
    if (option->get_positional() && option->get_expected_max() > 1) {
      shape.takes_files = true;
    }
    const bool is_file = option->get_type_name() == "FILE";
    for (const std::string& name : option->get_snames()) {
      shape.flags.push_back(absl::StrCat("-", name));
      if (is_file) shape.file_flags.push_back(shape.flags.back());
    }
    for (const std::string& name : option->get_lnames()) {
      shape.flags.push_back(absl::StrCat("--", name));
      if (is_file) shape.file_flags.push_back(shape.flags.back());
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
    : app_(std::make_unique<CLI::App>(description, name)) {
  app_->footer(footer);
  // Options of the program are understood after a command too.
  app_->fallthrough();
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
    return HelpText(*Innermost(app_.get()));
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(Explain(*app_, error));
  }
  return std::string();
}

std::string ArgumentParser::Help() const { return HelpText(*app_); }

}  // namespace kso::cli
