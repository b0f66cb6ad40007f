// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/processor.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"
#include "worker/sandbox/platform_probe.h"

namespace kso::worker {
namespace {

class ProcessorTest : public ::testing::Test {
 protected:
  std::string File(const std::string& content) {
    const std::string path = (directory_.path() / "exe").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  testing::TempDirectory directory_;
};

TEST_F(ProcessorTest, IsThatOfTheProgramWhichTheKernelRuns) {
  EXPECT_EQ(ProcessorArchitectureFrom(File(ProbeProgram("amd64"))), "amd64");
  EXPECT_EQ(ProcessorArchitectureFrom(File(ProbeProgram("arm64"))), "arm64");
}

TEST_F(ProcessorTest, IsThatOfThisProgramWhereNothingIsKnown) {
  const std::string own(CompiledArchitecture());
  EXPECT_EQ(ProcessorArchitectureFrom("/nothing/is/here"), own);
  EXPECT_EQ(ProcessorArchitectureFrom(File("")), own);
  EXPECT_EQ(ProcessorArchitectureFrom(File("#!/bin/sh\n")), own);
}

}  // namespace
}  // namespace kso::worker
