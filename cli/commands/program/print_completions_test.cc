// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/program/print_completions.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/fake_coordinator_client.h"

namespace kso::cli {
namespace {

// Has builds and workers of these names.
class NamingCoordinator : public FakeCoordinatorClient {
 public:
  explicit NamingCoordinator(std::vector<std::string> names)
      : names_(std::move(names)) {}

  absl::StatusOr<v1::ListBuildsResponse> ListBuilds() override {
    v1::ListBuildsResponse response;
    for (const std::string& name : names_) {
      v1::Build& build = *response.add_builds();
      build.set_build_id(name);
      build.set_name(name);
    }
    return response;
  }
  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    v1::ListWorkersResponse response;
    for (const std::string& name : names_) {
      response.add_workers()->mutable_info()->set_name(name);
    }
    return response;
  }

 private:
  const std::vector<std::string> names_;
};

// The text that is printed for the option or argument of a command that takes
// `meta`.
std::string Completed(const std::string& meta,
                      const std::vector<std::string>& names) {
  CommandShape program;
  CommandShape command;
  command.name = "do";
  PositionalShape positional;
  positional.meta = meta;
  command.positionals.push_back(positional);
  program.commands.push_back(command);
  NamingCoordinator coordinator(names);
  ContextList contexts;
  for (const std::string& name : names) {
    contexts.contexts.push_back(
        {.name = name, .coordinator = "lab.example:7070"});
  }
  std::stringstream out;
  std::stringstream err;
  PrintCompletions(program, {"do", ""}, coordinator, contexts, {&out, &err});
  return out.str();
}

TEST(PrintCompletionsTest, NamesThatAShellWouldRunAreNotOffered) {
  for (const char* meta : {"BUILD", "WORKER", "RELEASE", "CONTEXT"}) {
    EXPECT_NE(Completed(meta, {"v0.1.0-2.25.1"}).find("v0.1.0-2.25.1"),
              std::string::npos)
        << meta;
    for (const char* name :
         {"$(reboot)", "`reboot`", "a;reboot", "a|reboot",    "a reboot",
          "a&b",       "a>b",      "a<b",      "a'b",         "a\"b",
          "a\\b",      "a*",       "a?",       "a[b]",        "a{b,c}",
          "!!",        "#a",       "~root",    "a\nreboot",   "a\treboot",
          "-rf",       ":files",   "",         "caf\xc3\xa9", "a=b",
          "a%b",       "a^b"}) {
      EXPECT_EQ(Completed(meta, {name}), "") << meta << " " << name;
    }
  }
}

TEST(PrintCompletionsTest, ContextsAreOfferedWithWhereTheyLead) {
  EXPECT_EQ(Completed("CONTEXT", {"lab", "cloud"}),
            "lab\tlab.example:7070\ncloud\tlab.example:7070\n");
}

TEST(PrintCompletionsTest, OtherBuildsMayBeFilesToo) {
  EXPECT_EQ(Completed("OTHER", {"v1"}),
            ":files\nv1\tv1, unknown\nv1\tnewest: v1\n");
}

}  // namespace
}  // namespace kso::cli
