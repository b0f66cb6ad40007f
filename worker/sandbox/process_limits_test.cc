// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/process_limits.h"

#include <string>

#include "common/run/subprocess.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

std::string InALimitedShell(const std::string& script) {
  const auto result = RunProgram(
      {"/bin/bash", "-c", script},
      {.keep_errors = true, .prepare = [] { return LimitProcess(); }});
  return result.ok() ? result->output : std::string(result.status().message());
}

TEST(ProcessLimitsTest, AProgramAndWhatItStartsAreLimited) {
  EXPECT_EQ(InALimitedShell("ulimit -c; ulimit -f; bash -c 'ulimit -d'"),
            // In blocks of 1 KiB.
            "0\n262144\n4194304\n");
  EXPECT_LE(std::stoi(InALimitedShell("ulimit -u")), 1024);
  EXPECT_LE(std::stoi(InALimitedShell("ulimit -n")), 4096);
}

TEST(ProcessLimitsTest, NoLimitCanBeRaisedByAUser) {
  const std::string said = InALimitedShell("ulimit -H -u; ulimit -S -u");
  EXPECT_EQ(said.substr(0, said.find('\n') + 1),
            said.substr(said.find('\n') + 1));
}

TEST(ProcessLimitsTest, LowerLimitsStay) {
  EXPECT_EQ(InALimitedShell("ulimit -n 100 -u 50; ulimit -n; ulimit -u"),
            "100\n50\n");
}

TEST(ProcessLimitsTest, AFileEndsAtItsLimit) {
  const std::string said =
      InALimitedShell("truncate -s 300M \"$TEST_TMPDIR\"/large 2>&1; echo $?");
  EXPECT_EQ(said.find("0\n"), std::string::npos) << said;
}

}  // namespace
}  // namespace kso::worker
