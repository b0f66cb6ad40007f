#include "cli/carry/archive_loader.h"

#include <filesystem>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "tests/fakes/archive_fixture.h"
#include "tests/fakes/shell.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

using ::kso::testing::MemoryRegistry;
using ::kso::testing::Shell;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ArchiveLoaderTest = ArchiveTest;

TEST_F(ArchiveLoaderTest, LoadsFromPartsWithoutJoiningThem) {
  auto exported = Export(Release(), kPart);
  ASSERT_TRUE(exported.ok());
  // A shell may give them in any order.
  std::swap(exported->files.front(), exported->files.back());
  auto report = Load(exported->files);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(inside_.Tags(), ElementsAre("inside/kubespray-files:latest",
                                          "inside/kubespray-files:v1",
                                          "inside/kubespray-images:v1"));
  EXPECT_EQ(report->images.size(), 3u);
  // The configs of both are the same.
  EXPECT_EQ(report->mounted, 1);
  const int pushed = inside_.put();
  report = Load(exported->files);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(inside_.put(), pushed);
  EXPECT_EQ(report->bytes_pushed, 0);
}

TEST_F(ArchiveLoaderTest, ADamagedPartIsNamedAndNothingIsTagged) {
  const auto exported = Export(Release(), kPart);
  ASSERT_TRUE(exported.ok());
  std::string part = ReadFile(exported->files[2]);
  part[1000] ^= 1;
  WriteFile(exported->files[2], part);
  const absl::Status status = Load(exported->files).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("release.tar.002"));
  EXPECT_THAT(inside_.Tags(), IsEmpty());
}

TEST_F(ArchiveLoaderTest, MissingPartsAreNamed) {
  const auto exported = Export(Release(), kPart);
  ASSERT_TRUE(exported.ok());
  auto files = exported->files;
  files.erase(files.begin() + 1);
  EXPECT_THAT(std::string(Load(files).status().message()),
              HasSubstr("release.tar.001"));
  files = exported->files;
  files.pop_back();
  EXPECT_THAT(std::string(Load(files).status().message()),
              HasSubstr("a later part is missing"));
  EXPECT_THAT(std::string(Load({exported->record}).status().message()),
              HasSubstr("not the beginning of a tar archive"));
  EXPECT_THAT(inside_.Tags(), IsEmpty());
}

TEST_F(ArchiveLoaderTest, SinceLeavesOutWhatIsInsideAndRefusesWithoutIt) {
  const auto old_images = Release(1);
  const auto old_archive = Export(old_images);
  ASSERT_TRUE(old_archive.ok());
  const fs::path old_file = directory_ / "old.tar";
  fs::rename(file_, old_file);
  const auto base = ParseExportRecord(ReadFile(old_archive->record));
  ASSERT_TRUE(base.ok()) << base.status();
  const auto described = DescribeImages(farm_, old_images);
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described->blobs, base->blobs);
  EXPECT_EQ(described->images, base->images);

  const auto exported = Export(Release(2), 0, &*base);
  ASSERT_TRUE(exported.ok()) << exported.status();
  // One layer, its manifest and its index.
  EXPECT_EQ(exported->blobs, 3);
  EXPECT_LT(exported->size, 80'000);
  const auto record = ParseExportRecord(ReadFile(exported->record));
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->since, base->images);
  // What is inside afterwards, for the next one.
  EXPECT_GT(record->blobs.size(), 3u);

  const absl::Status refused = Load({file_}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("since kubespray-files:latest@sha256:"));
  EXPECT_EQ(inside_.put(), 0);

  ASSERT_TRUE(Load({old_file}).ok());
  const auto report = Load({file_});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_pushed, 70'001);

  inside_.RemoveBlob(Sha256Of(Bytes(150'000, 7)));
  const absl::Status lost = Load({file_}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(lost)) << lost;
  EXPECT_THAT(std::string(lost.message()), HasSubstr("1 of "));
}

TEST_F(ArchiveLoaderTest, LoadsWhatOtherToolsPack) {
  ASSERT_TRUE(Export(Release()).ok());
  for (const char* format : {"gnu", "pax", "ustar"}) {
    MemoryRegistry registry;
    const fs::path other = directory_ / Concat(format, ".tar");
    Shell(Concat("cd ", directory_.string(), " && rm -rf x && mkdir x && ",
                 "tar -xf release.tar -C x && tar --format=", format,
                 " -C x -cf ", other.string(), " ."));
    const auto archive = ImageArchive::Open({other});
    ASSERT_TRUE(archive.ok()) << archive.status();
    EXPECT_TRUE(LoadArchive(**archive, destination_, registry, nullptr).ok());
    EXPECT_EQ(registry.Tags().size(), 3u);
  }
}

}  // namespace
}  // namespace kso::cli
