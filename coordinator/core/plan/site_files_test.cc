// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/site_files.h"

#include <stdlib.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(SiteFilesTest, NginxTakesTheConfiguration) {
  ASSERT_EQ(std::system("command -v nginx >/dev/null"), 0)
      << "nginx is not installed: run deploy/setup test";
  const std::string path = ::testing::TempDir() + "/nginx.conf";
  std::ofstream(path) << NginxConfig();
  const int status = std::system(("nginx -t -c '" + path + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace kso::coordinator
