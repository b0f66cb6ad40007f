// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/export_record.h"

#include <string>

#include "common/base/strings.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

TEST(ExportRecordTest, RefusesWhatIsNoRecord) {
  for (const char* text :
       {"", "0123  release.tar\n", "# kso export 1\n# blob sha256:../.. 5\n",
        "# kso export 1\n# what is this\n", "# kso export 1\nnonsense\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseExportRecord(text).status()))
        << text;
  }
  const std::string out =
      Concat("# kso export 1\n", Sha256Of("").hex(), "  ../../etc/passwd\n");
  EXPECT_FALSE(ParseExportRecord(out).ok());
  const std::string huge = Concat("# kso export 1\n# blob ",
                                  Sha256Of("").ToString(), " ", INT64_MAX);
  EXPECT_FALSE(ParseExportRecord(huge).ok());
}

}  // namespace
}  // namespace kso::cli
