// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_ARGUMENTS_H_
#define KSO_CLI_ARGUMENTS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/command_shape.h"

namespace CLI {
class App;
}  // namespace CLI

namespace kso::cli {

// Declares what a command takes. A thin cover over CLI11, so that its
// exceptions stay behind it. Values are written when the command line is
// parsed, and must live until then. Names are as in "-f,--file"; `meta` is what
// stands for the value in the help, and says how shells complete it: FILE, DIR,
// BUILD, WORKER, RELEASE, CONTEXT and others (completion.cc).
class Arguments {
 public:
  enum class Need { kOptional, kRequired };

  explicit Arguments(CLI::App* app) : app_(app) {}

  Arguments Subcommand(const std::string& name, const std::string& help);
  // One of the subcommands has to be chosen.
  void RequireSubcommand();
  // The heading that the command stands under in its parent's help.
  void Group(const std::string& heading);
  // Another name that the command is understood by.
  void Alias(const std::string& name);
  // Leaves the command out of help, completion and man pages.
  void Hide();
  // A command line that shows how the command is used. A test runs the parser
  // over all of them.
  void Example(const std::string& command, const std::string& meaning);

  void Flag(const std::string& names, bool* value, const std::string& help);
  void Option(const std::string& names, std::string* value,
              const std::string& meta, const std::string& help,
              Need need = Need::kOptional);
  void Number(const std::string& names, int* value, const std::string& meta,
              const std::string& help);
  // From `least` to `most`.
  void Range(const std::string& names, int* value, int least, int most,
             const std::string& meta, const std::string& help);
  // The value is one of `allowed`.
  void Choice(const std::string& names, std::string* value,
              const std::vector<std::string>& allowed, const std::string& help);
  // May be given several times.
  void Repeated(const std::string& names, std::vector<std::string>* values,
                const std::string& meta, const std::string& help);
  // Takes its value from the environment when it is not given.
  void OptionOrVariable(const std::string& names, const std::string& variable,
                        std::string* value, const std::string& meta,
                        const std::string& help);
  void Positional(const std::string& meta, std::string* value,
                  const std::string& help, Need need = Need::kRequired);
  // One or more. Files are completed.
  void Positionals(const std::string& meta, std::vector<std::string>* values,
                   const std::string& help);
  // From `least` to `most`, which may be below 0.
  void PositionalRange(const std::string& meta, int* value, int least, int most,
                       const std::string& help);
  void PositionalChoice(const std::string& meta, std::string* value,
                        const std::vector<std::string>& allowed,
                        const std::string& help);

  // After parsing: whether the command line named this command.
  bool Chosen() const;
  CommandShape Shape() const;

 private:
  CLI::App* app_;
};

// A command line's grammar, and its parsing.
class ArgumentParser {
 public:
  ArgumentParser(const std::string& name, const std::string& description,
                 const std::string& footer);
  ~ArgumentParser();

  Arguments root();

  // Fills the declared values. Returns a text when that is all that was asked
  // for (--help). INVALID_ARGUMENT says what is wrong, and where help is.
  absl::StatusOr<std::string> Parse(std::vector<std::string> args);

  std::string Help() const;

 private:
  const std::unique_ptr<CLI::App> app_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_ARGUMENTS_H_
