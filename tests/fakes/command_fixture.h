// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_COMMAND_FIXTURE_H_
#define KSO_TESTS_FAKES_COMMAND_FIXTURE_H_

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/commands/command.h"
#include "cli/context.h"
#include "cli/exit_status.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_coordinator_client.h"  // IWYU pragma: export

namespace kso::cli {

// Runs one command of ksoctl as people type it, in front of a coordinator that
// the test derives from FakeCoordinatorClient.
class CommandFixture : public ::testing::Test {
 protected:
  using CreateCommand = std::unique_ptr<Command> (*)(Arguments);

  // Parses `args`, which stand behind the command's name, runs the command and
  // returns ksoctl's exit status. A message that ksoctl would print is in
  // error().
  int Run(CreateCommand create, CoordinatorClient& coordinator,
          std::vector<std::string> args) {
    out_.str("");
    err_.str("");
    error_.clear();
    ArgumentParser parser("ksoctl", "", "");
    Arguments arguments = parser.root().Subcommand("it", "The command.");
    const std::unique_ptr<Command> command = create(arguments);
    args.insert(args.begin(), "it");
    const auto parsed = parser.Parse(std::move(args));
    if (!parsed.ok()) return Failed(parsed.status());
    Context context{.console = {.out = &out_,
                                .err = &err_,
                                .err_is_terminal = has_person_,
                                .in = &in_,
                                .in_is_terminal = has_person_},
                    .clock = &clock_,
                    .address = "farm.example:7070",
                    .json = json_ || json_lines_,
                    .json_lines = json_lines_,
                    .quiet = quiet_,
                    .coordinator = &coordinator};
    const absl::StatusOr<ExitStatus> exit = command->Run(context);
    return exit.ok() ? static_cast<int>(*exit) : Failed(exit.status());
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  const std::string& error() const { return error_; }

  kso::testing::FakeClock clock_;
  // As with --output and --quiet.
  bool json_ = false;
  bool json_lines_ = false;
  bool quiet_ = false;
  // Somebody sits at the terminal, and types `in_`.
  bool has_person_ = false;
  std::istringstream in_;

 private:
  int Failed(const absl::Status& status) {
    error_ = std::string(status.message());
    return static_cast<int>(ExitStatusOf(status));
  }

  std::ostringstream out_;
  std::ostringstream err_;
  std::string error_;
};

}  // namespace kso::cli

#endif  // KSO_TESTS_FAKES_COMMAND_FIXTURE_H_
