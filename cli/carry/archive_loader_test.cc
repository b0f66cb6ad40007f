// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/archive_loader.h"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

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

// Takes everything but what a test names, and remembers the tags. It does not
// look whether a manifest's children are there, as many registries do not.
class ChoosyRegistry : public MemoryRegistry {
 public:
  absl::StatusOr<int64_t> PutBlob(std::string_view repository,
                                  const v1::Descriptor& blob,
                                  const OpenSource& open) override {
    if (blob.digest() == refused) return absl::PermissionDeniedError("no blob");
    return MemoryRegistry::PutBlob(repository, blob, open);
  }
  absl::Status PutManifest(std::string_view, const v1::Document& manifest,
                           std::string_view tag) override {
    const v1::Descriptor& descriptor = manifest.content_descriptor();
    if (tag.empty() && (descriptor.digest() == refused ||
                        descriptor.media_type() == refused)) {
      return absl::PermissionDeniedError("no manifest");
    }
    if (!tag.empty() && tag == refused) {
      return absl::PermissionDeniedError("no tag");
    }
    if (!tag.empty()) tags.emplace_back(tag);
    return absl::OkStatus();
  }
  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    if (unreachable) return absl::UnavailableError("overloaded");
    return MemoryRegistry::HasBlob(repository, digest);
  }

  // A digest, a media type or a tag.
  std::string refused;
  bool unreachable = false;
  std::vector<std::string> tags;
};

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
  // The record of what is inside after the load, for the next export.
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

TEST_F(ArchiveLoaderTest, NothingIsTaggedWhenAManifestOrABlobIsRefused) {
  ASSERT_TRUE(Export(Release()).ok());
  const auto archive = ImageArchive::Open({file_});
  ASSERT_TRUE(archive.ok()) << archive.status();
  for (const std::string& refused :
       {std::string(oci::kOciManifest), std::string(oci::kOciIndex),
        Sha256Of(Bytes(70'001, 1)).ToString()}) {
    ChoosyRegistry registry;
    registry.refused = refused;
    const absl::Status status =
        LoadArchive(**archive, destination_, registry, nullptr).status();
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << refused << ": " << status;
    EXPECT_THAT(registry.tags, IsEmpty()) << refused;
  }
}

TEST_F(ArchiveLoaderTest, ATagThatIsRefusedIsAnError) {
  ASSERT_TRUE(Export(Release()).ok());
  const auto archive = ImageArchive::Open({file_});
  ASSERT_TRUE(archive.ok()) << archive.status();
  ChoosyRegistry registry;
  registry.refused = "v1";
  EXPECT_TRUE(absl::IsPermissionDenied(
      LoadArchive(**archive, destination_, registry, nullptr).status()));
}

// Its tags do not change once they are made, whatever they are put to.
class ImmutableRegistry : public MemoryRegistry {
 public:
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    if (!tag.empty() && MemoryRegistry::HeadManifest(repository, tag).ok()) {
      return absl::InvalidArgumentError("TAG_INVALID: immutable");
    }
    return MemoryRegistry::PutManifest(repository, manifest, tag);
  }
  absl::Status CheckPush(std::string_view repository) override {
    if (not_made.contains(std::string(repository))) {
      return absl::NotFoundError("NAME_UNKNOWN");
    }
    return absl::OkStatus();
  }

  std::set<std::string> not_made;
};

// A release that is loaded into a registry whose tags may not move.
class ImmutableTagsTest : public ArchiveLoaderTest {
 protected:
  void SetUp() override {
    const auto exported = Export(Release());
    ASSERT_TRUE(exported.ok()) << exported.status();
    auto archive = ImageArchive::Open(exported->files);
    ASSERT_TRUE(archive.ok()) << archive.status();
    archive_ = *std::move(archive);
  }

  std::unique_ptr<ImageArchive> archive_;
  ImmutableRegistry registry_;
};

TEST_F(ImmutableTagsTest, TagsThatMayNotChangeAreDoneWhenTheyAreRight) {
  for (int i = 0; i < 2; ++i) {
    const auto report =
        LoadArchive(*archive_, destination_, registry_, nullptr);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->images.size(), 3u);
    EXPECT_THAT(report->notes, IsEmpty());
  }
}

TEST_F(ImmutableTagsTest, ALatestThatMayNotMoveIsANoteAndCanBeLeftAlone) {
  ASSERT_TRUE(LoadArchive(*archive_, destination_, registry_, nullptr).ok());
  // "latest" names another image by now.
  const auto other = registry_.GetManifest("inside/kubespray-images", "v1");
  ASSERT_TRUE(other.ok());
  registry_.Retag("inside/kubespray-files", "latest", *other);
  auto report = LoadArchive(*archive_, destination_, registry_, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->notes, ElementsAre(HasSubstr("files:latest was not")));
  EXPECT_EQ(report->images.size(), 2u);
  report = LoadArchive(*archive_, destination_, registry_, nullptr,
                       {.latest = false});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->notes, IsEmpty());
}

TEST_F(ImmutableTagsTest, AllRepositoriesThatHaveToBeMadeAreNamed) {
  registry_.not_made = {"inside/kubespray-files", "inside/kubespray-images"};
  const absl::Status status =
      LoadArchive(*archive_, destination_, registry_, nullptr).status();
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("make inside/kubespray-files and inside/kubespray-images"));
  EXPECT_EQ(registry_.put(), 0);
}

TEST_F(ArchiveLoaderTest, ARegistryThatCannotBeAskedIsNotTakenToHaveTheBase) {
  const auto old = Export(Release(1));
  ASSERT_TRUE(old.ok());
  const auto base = ParseExportRecord(ReadFile(old->record));
  ASSERT_TRUE(base.ok()) << base.status();
  fs::rename(file_, directory_ / "old.tar");
  ASSERT_TRUE(Export(Release(2), 0, &*base).ok());
  const auto archive = ImageArchive::Open({file_});
  ASSERT_TRUE(archive.ok()) << archive.status();
  ChoosyRegistry registry;
  registry.unreachable = true;
  const absl::Status status =
      LoadArchive(**archive, destination_, registry, nullptr).status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(registry.put(), 0);
  EXPECT_THAT(registry.tags, IsEmpty());
}

TEST_F(ArchiveLoaderTest, ADamagedHeaderInsideTheArchiveIsNamed) {
  ASSERT_TRUE(Export(Release()).ok());
  const std::string whole = ReadFile(file_);
  // Each header says in octal how long its file is.
  std::vector<size_t> headers;
  for (size_t at = 0; at + 512 <= whole.size() && whole[at] != '\0';) {
    headers.push_back(at);
    const size_t size = std::stoul(whole.substr(at + 124, 11), nullptr, 8);
    at += 512 + (size + 511) / 512 * 512;
  }
  ASSERT_GT(headers.size(), 4u);
  for (const size_t header : {headers[2], headers.back()}) {
    // In its name, its size and its checksum.
    for (const size_t byte : {1, 130, 150}) {
      std::string damaged = whole;
      damaged[header + byte] ^= 1;
      WriteFile(file_, damaged);
      const absl::Status status = Load({file_}).status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << header << " " << status;
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr("is damaged; copy it again"));
    }
  }
  EXPECT_EQ(inside_.put(), 0);
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
