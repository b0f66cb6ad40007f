// Archives from end to end: exported, cut, damaged, taken up again, loaded.

#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/carry/archive_loader.h"
#include "cli/carry/export_archive.h"
#include "cli/carry/image_archive.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_registry.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

using ::kso::testing::MemoryRegistry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kPart = 64 << 10;

// Bytes that differ from each other and for each seed.
std::string Bytes(size_t size, uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

void WriteFile(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string Shell(const std::string& command) {
  std::string output;
  FILE* pipe = popen(Concat(command, " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t count = fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, count);
  }
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << command << ": " << output;
  return output;
}

class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest()
      : directory_(fs::path(::testing::TempDir()) /
                   Concat("archive-", ::testing::UnitTest::GetInstance()
                                          ->current_test_info()
                                          ->name())),
        file_(directory_ / "release.tar") {
    fs::remove_all(directory_);
    destination_ = *oci::ParseDestination("docker://127.0.0.1:5000/inside");
  }
  ~ArchiveTest() override { fs::remove_all(directory_); }

  static v1::Descriptor Describe(std::string_view type,
                                 const std::string& content) {
    v1::Descriptor descriptor;
    descriptor.set_media_type(std::string(type));
    descriptor.set_digest(Sha256Of(content).ToString());
    descriptor.set_size(static_cast<int64_t>(content.size()));
    return descriptor;
  }

  static std::string Json(const v1::Descriptor& descriptor) {
    return Concat("{\"mediaType\":\"", descriptor.media_type(),
                  "\",\"digest\":\"", descriptor.digest(),
                  "\",\"size\":", descriptor.size(), "}");
  }

  v1::Descriptor PutBlob(std::string_view type, const std::string& content) {
    const v1::Descriptor blob = Describe(type, content);
    EXPECT_TRUE(farm_
                    .PutBlob(kRepository, blob,
                             [&content](int64_t offset) {
                               return SourceOfString(content, offset);
                             })
                    .ok());
    return blob;
  }

  v1::Descriptor PutManifest(std::string_view type,
                             const std::string& content) {
    v1::Document document;
    document.set_content(content);
    *document.mutable_content_descriptor() = Describe(type, content);
    EXPECT_TRUE(farm_.PutManifest(kRepository, document, "").ok());
    return document.content_descriptor();
  }

  // An image of these layers, for one platform, in the farm's registry.
  oci::LayoutImage Image(const std::vector<std::string>& names,
                         const std::vector<std::string>& layers) {
    std::string list;
    for (const std::string& layer : layers) {
      list += Concat(list.empty() ? "" : ",",
                     Json(PutBlob(oci::kOciLayerTar, layer)));
    }
    const v1::Descriptor config = PutBlob(
        oci::kOciConfig, "{\"architecture\":\"amd64\",\"os\":\"linux\"}");
    const v1::Descriptor manifest = PutManifest(
        oci::kOciManifest,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
               "\",\"config\":", Json(config), ",\"layers\":[", list, "]}"));
    oci::LayoutImage image;
    image.index = PutManifest(
        oci::kOciIndex,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
               "\",\"manifests\":[", Json(manifest), "]}"));
    image.ref_names = names;
    image.repository = kRepository;
    return image;
  }

  std::vector<oci::LayoutImage> Release(uint32_t seed = 1) {
    return {Image({"kubespray-files:v1", "kubespray-files:latest"},
                  {Bytes(150'000, 7), Bytes(70'001, seed)}),
            Image({"kubespray-images:v1"}, {Bytes(512, 8), Bytes(0, 0)})};
  }

  absl::StatusOr<ExportedArchive> Export(
      const std::vector<oci::LayoutImage>& images, int64_t part_size = 0,
      const ExportRecord* since = nullptr) {
    ExportOptions options;
    options.file = file_;
    options.part_size = part_size;
    options.since = since;
    return ExportArchive(farm_, images, options);
  }

  absl::StatusOr<LoadReport> Load(const std::vector<fs::path>& files) {
    KSO_ASSIGN_OR_RETURN(const auto archive, ImageArchive::Open(files));
    return LoadArchive(*archive, destination_, inside_, nullptr);
  }

  std::string Joined(const std::vector<fs::path>& files) {
    std::string all;
    for (const fs::path& file : files) all += ReadFile(file);
    return all;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static constexpr char kRepository[] = "team/release";
  const fs::path directory_;
  const fs::path file_;
  v1::Destination destination_;
  MemoryRegistry farm_;
  MemoryRegistry inside_;
};

TEST_F(ArchiveTest, SkopeoReadsItAndItIsAlwaysTheSame) {
  const std::vector<oci::LayoutImage> images = Release();
  const auto exported = Export(images);
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_THAT(Names(), ElementsAre("release.tar", "release.tar.sha256"));
  const std::string first = ReadFile(file_);
  EXPECT_EQ(exported->size, static_cast<int64_t>(first.size()));
  for (const char* name : {"kubespray-files:v1", "kubespray-files:latest",
                           "kubespray-images:v1"}) {
    Shell(Concat(
        "skopeo copy -q --insecure-policy --all oci-archive:", file_.string(),
        ":", name, " dir:", directory_.string(), "/copy"));
  }
  const std::string record = ReadFile(exported->record);
  fs::remove_all(directory_);
  ASSERT_TRUE(Export(images).ok());
  EXPECT_EQ(ReadFile(file_), first);
  EXPECT_EQ(ReadFile(exported->record), record);
}

TEST_F(ArchiveTest, PartsJoinToTheWholeAndTheirSumsAreRight) {
  const auto images = Release();
  ASSERT_TRUE(Export(images).ok());
  const std::string whole = ReadFile(file_);
  const auto parts = Export(images, kPart);
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->files.size(), (whole.size() + kPart - 1) / kPart);
  EXPECT_EQ(parts->files[1].filename(), "release.tar.001");
  EXPECT_EQ(Joined(parts->files), whole);
  EXPECT_EQ(fs::file_size(parts->files[0]), static_cast<uintmax_t>(kPart));
  Shell(Concat("cd ", directory_.string(),
               " && sha256sum --strict -c release.tar.sha256"));
  Shell(Concat("cd ", directory_.string(),
               " && cat release.tar.[0-9]* | cmp - release.tar"));
}

TEST_F(ArchiveTest, GoesOnWhereverItWasCut) {
  const auto images = Release();
  const auto whole = Export(images, kPart);
  ASSERT_TRUE(whole.ok());
  const std::string expected = Joined(whole->files);
  const std::string record = ReadFile(whole->record);
  const auto count = static_cast<int64_t>(whole->files.size());
  for (int64_t cut = 0; cut < whole->size; cut += 9'973) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    // What a process leaves that is killed there.
    for (int64_t part = 0; part < count && part * kPart <= cut; ++part) {
      WriteFile(
          whole->files[part].string() + ".partial",
          expected.substr(part * kPart, std::min(kPart, cut - part * kPart)));
    }
    const int64_t before = farm_.bytes_read();
    const auto exported = Export(images, kPart);
    ASSERT_TRUE(exported.ok()) << exported.status();
    EXPECT_EQ(Joined(exported->files), expected) << "cut at " << cut;
    EXPECT_EQ(ReadFile(exported->record), record);
    EXPECT_EQ(Names().size(), static_cast<size_t>(count) + 1);
    // Nothing that was there is fetched again.
    EXPECT_LE(farm_.bytes_read() - before, whole->size - cut);
  }
}

TEST_F(ArchiveTest, WhatIsThereIsVerifiedNotTrusted) {
  const auto images = Release();
  const auto whole = Export(images, kPart);
  ASSERT_TRUE(whole.ok());
  const std::string expected = Joined(whole->files);
  for (size_t place = 100; place < expected.size(); place += 30'011) {
    std::string part = ReadFile(whole->files[place / kPart]);
    part[place % kPart] ^= 1;
    WriteFile(whole->files[place / kPart], part);
    const auto exported = Export(images, kPart);
    ASSERT_TRUE(exported.ok()) << exported.status();
    EXPECT_FALSE(exported->unchanged);
    EXPECT_EQ(Joined(exported->files), expected) << "damaged at " << place;
  }
  const int64_t before = farm_.bytes_read();
  const auto again = Export(images, kPart);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->unchanged);
  EXPECT_EQ(farm_.bytes_read(), before);
}

TEST_F(ArchiveTest, ReplacesAnOlderReleaseAndItsPartsAtTheEnd) {
  ASSERT_TRUE(Export(Release(1), kPart).ok());
  const auto smaller = std::vector<oci::LayoutImage>{
      Image({"kubespray-files:v2"}, {Bytes(70'000, 3)})};
  farm_.RemoveBlob(Sha256Of(Bytes(70'000, 3)));
  EXPECT_TRUE(absl::IsNotFound(Export(smaller, kPart).status()));
  // The old one stays until the new one is whole.
  Shell(Concat("cd ", directory_.string(),
               " && sha256sum --strict -c release.tar.sha256"));
  PutBlob(oci::kOciLayerTar, Bytes(70'000, 3));
  const auto exported = Export(smaller, kPart);
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_THAT(Names(), ElementsAre("release.tar.000", "release.tar.001",
                                   "release.tar.sha256"));
}

TEST_F(ArchiveTest, ADamagedSourceIsNotExported) {
  const auto images = Release();
  farm_.DamageBlob(kRepository, Sha256Of(Bytes(150'000, 7)), Bytes(150'000, 9));
  EXPECT_TRUE(absl::IsDataLoss(Export(images).status()));
  EXPECT_THAT(Names(), ElementsAre("release.tar.partial"));
  farm_.DamageBlob(kRepository, Sha256Of(Bytes(150'000, 7)), Bytes(150'000, 7));
  ASSERT_TRUE(Export(images).ok());
  EXPECT_TRUE(Load({file_}).ok());
}

TEST_F(ArchiveTest, LoadsFromPartsWithoutJoiningThem) {
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

TEST_F(ArchiveTest, ADamagedPartIsNamedAndNothingIsTagged) {
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

TEST_F(ArchiveTest, MissingPartsAreNamed) {
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

TEST_F(ArchiveTest, SinceLeavesOutWhatIsInsideAndRefusesWithoutIt) {
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

TEST_F(ArchiveTest, LoadsWhatOtherToolsPack) {
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

TEST_F(ArchiveTest, OnlyOneProcessWritesAtATime) {
  PartWriter::Options options{file_, 10, 0};
  const auto writer = PartWriter::Open(options);
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Export(Release()).status()));
}

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
}

}  // namespace
}  // namespace kso::cli
