// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_SHELL_H_
#define KSO_TESTS_FAKES_SHELL_H_

#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace kso::testing {

// Runs a shell command and returns its output, for tests in which the word of
// another program counts. The test fails when the command does.
inline std::string Shell(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, count);
  }
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << command << ": " << output;
  return output;
}

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_SHELL_H_
