// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/export_record.h"

#include <string>

#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
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

TEST(ExportRecordTest, ReadsAllThatItWrites) {
  ExportRecord record;
  record.images.emplace("v1", Sha256Of("image"));
  record.since.emplace("v0", Sha256Of("before"));
  record.blobs.emplace(Sha256Of("empty"), 0);
  record.blobs.emplace(Sha256Of("blob"), 5);
  record.files.emplace_back("release.tar", Sha256Of("file"));
  record.files.emplace_back("release  2.tar", Sha256Of("other"));
  const auto read = ParseExportRecord(FormatExportRecord(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->images, record.images);
  EXPECT_EQ(read->since, record.since);
  EXPECT_EQ(read->blobs, record.blobs);
  EXPECT_EQ(read->files, record.files);
}

TEST(ExportRecordTest, RefusesSizesAndNamesThatNoExportHas) {
  const std::string title = "# kso export 1\n";
  const std::string digest = Sha256Of("blob").ToString();
  const std::string blob = Concat(title, "# blob ", digest, " ");
  EXPECT_TRUE(ParseExportRecord(Concat(blob, kLargestContent, "\n")).ok());
  EXPECT_FALSE(ParseExportRecord(Concat(blob, kLargestContent + 1, "\n")).ok());
  EXPECT_FALSE(ParseExportRecord(Concat(blob, "-1\n")).ok());
  EXPECT_FALSE(ParseExportRecord(Concat(blob, "five\n")).ok());
  EXPECT_FALSE(ParseExportRecord(Concat(blob, "5 6\n")).ok());
  EXPECT_FALSE(
      ParseExportRecord(Concat(title, "# other v1 ", digest, "\n")).ok());
  for (const char* name : {"", ".", "..", "a/b"}) {
    EXPECT_FALSE(
        ParseExportRecord(Concat(title, Sha256Of("").hex(), "  ", name, "\n"))
            .ok())
        << name;
  }
}

TEST(ExportRecordTest, NamesOfImagesStandBetweenCommas) {
  EXPECT_EQ(ImageNames({}), "");
  EXPECT_EQ(ImageNames({{"v1", Sha256Of("1")}, {"v2", Sha256Of("2")}}),
            "v1, v2");
}

}  // namespace
}  // namespace kso::cli
