// SPDX-License-Identifier: Apache-2.0
#include "common/run/process_secrets.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace kso {
namespace {

// Runs `check` in a process of its own, which it may change.
template <typename Check>
bool HoldsInAChild(Check check) {
  const pid_t pid = fork();
  if (pid == 0) _exit(check() ? 0 : 1);
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST(ProcessSecretsTest, NoCoreIsDumped) {
  EXPECT_TRUE(HoldsInAChild([] {
    KeepMemoryPrivate();
    rlimit limit = {};
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 &&
           prctl(PR_GET_DUMPABLE) == 0;
  }));
}

TEST(ProcessSecretsTest, FilesAreForTheUserAlone) {
  EXPECT_TRUE(HoldsInAChild([] {
    KeepFilesPrivate();
    return umask(0) == 0077;
  }));
}

}  // namespace
}  // namespace kso
