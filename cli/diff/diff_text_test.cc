// SPDX-License-Identifier: Apache-2.0
#include "cli/diff/diff_text.h"

#include "common/diff/compare.h"
#include "common/diff/contents.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

diff::Contents Old() {
  return {"v1",
          {{"https://dl.k8s.io/v1.29.5/kubelet", "sha256:aa", 100 << 20},
           {"https://x.io/same", "sha256:bb", 5},
           {"https://x.io/moved", "sha256:cc", 5},
           {"https://x.io/gone", "", 1 << 20}},
          {{"registry.k8s.io/pause:3.9", "", 700},
           {"quay.io/a:1.0.0", "", -1},
           {"quay.io/a:2.0.0", "", -1}},
          {{"platforms", "linux/amd64"}, {"files.base", "nginx:1"}}};
}

diff::Contents New() {
  return {"v2",
          {{"https://dl.k8s.io/v1.29.6/kubelet", "sha256:ab", 102 << 20},
           {"https://x.io/same", "sha256:bb", 5},
           {"https://x.io/moved", "sha256:cd", 5},
           {"https://x.io/fresh", "", -1}},
          {{"registry.k8s.io/pause:3.9", "", 700},
           {"quay.io/a:2.0.0", "", -1},
           {"quay.io/a:3.0.0", "", -1}},
          {{"platforms", "linux/amd64, linux/arm64"}}};
}

TEST(DiffText, IsForWhoApprovesATransfer) {
  const std::string text = DiffText(diff::Compare(Old(), New()));
  EXPECT_THAT(text, HasSubstr("v1 -> v2\n"));
  EXPECT_THAT(text,
              HasSubstr("Files: 1 added, 1 dropped, 2 changed, 1 as before\n"));
  EXPECT_THAT(text, ContainsRegex("\\+  https://x.io/fresh\n"));
  EXPECT_THAT(text, ContainsRegex("-  https://x.io/gone +1.0 MiB\n"));
  EXPECT_THAT(text,
              ContainsRegex("~  https://dl.k8s.io/v1.29.6/kubelet  "
                            "v1.29.5 -> v1.29.6  100.0 MiB -> 102.0 MiB"));
  EXPECT_THAT(text, ContainsRegex("~  https://x.io/moved +other content"));
  EXPECT_THAT(text, HasSubstr("~ platforms: linux/amd64 -> "));
  EXPECT_THAT(text, HasSubstr("Comes in: 102.0 MiB and 2 items of unknown "
                              "size; goes out of use: 101.0 MiB and"));
}

TEST(DiffJson, HasTheSame) {
  const nlohmann::ordered_json json = DiffJson(diff::Compare(Old(), New()));
  EXPECT_EQ(json["files"]["added"][0]["name"], "https://x.io/fresh");
  EXPECT_FALSE(json["files"]["added"][0].contains("size"));
  EXPECT_EQ(json["files"]["changed"][0]["to"]["size"], 102 << 20);
  EXPECT_EQ(json["images"]["changed"][0]["versionTo"], "3.0.0");
  EXPECT_EQ(json["unknownSizes"], 2);
}

}  // namespace
}  // namespace kso::cli
