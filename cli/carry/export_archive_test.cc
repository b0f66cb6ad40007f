// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/export_archive.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/carry/part_writer.h"
#include "gmock/gmock.h"
#include "tests/fakes/archive_fixture.h"
#include "tests/fakes/shell.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

using ::kso::testing::Shell;
using ::testing::ElementsAre;

using ExportArchiveTest = ArchiveTest;

TEST_F(ExportArchiveTest, SkopeoReadsItAndItIsAlwaysTheSame) {
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
  // An index of one manifest without a platform, as the fixture makes them.
  const std::string docker = Shell(Concat(
      "tar -xOf ", file_.string(), " manifest.json | jq -r '.[].RepoTags[]'"));
  EXPECT_THAT(docker, ::testing::HasSubstr("kubespray-images:v1"));
  for (const char* path : {".Config", ".Layers[]"}) {
    Shell(Concat("tar -xf ", file_.string(), " -C ", directory_.string(),
                 " && cd ", directory_.string(), " && jq -r '.[]|", path,
                 "' manifest.json | xargs ls"));
  }
  for (const char* left :
       {"blobs", "manifest.json", "index.json", "oci-layout"}) {
    fs::remove_all(directory_ / left);
  }
  const std::string record = ReadFile(exported->record);
  fs::remove_all(directory_);
  ASSERT_TRUE(Export(images).ok());
  EXPECT_EQ(ReadFile(file_), first);
  EXPECT_EQ(ReadFile(exported->record), record);
}

TEST_F(ExportArchiveTest, PartsJoinToTheWholeAndTheirSumsAreRight) {
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

TEST_F(ExportArchiveTest, GoesOnWhereverItWasCut) {
  const auto images = Release();
  const auto whole = Export(images, kPart);
  ASSERT_TRUE(whole.ok());
  const std::string expected = Joined(whole->files);
  const std::string record = ReadFile(whole->record);
  const auto count = static_cast<int64_t>(whole->files.size());
  for (int64_t cut = 0; cut < whole->size; cut += 9'973) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    // The files that a process leaves which is killed there.
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

TEST_F(ExportArchiveTest, WhatIsThereIsVerifiedNotTrusted) {
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

TEST_F(ExportArchiveTest, ReplacesAnOlderReleaseAndItsPartsAtTheEnd) {
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

TEST_F(ExportArchiveTest, AFileOfTheUserThatLooksLikeAPartStays) {
  ASSERT_TRUE(Export(Release(1), kPart).ok());
  const auto smaller = std::vector<oci::LayoutImage>{
      Image({"kubespray-files:v2"}, {Bytes(70'000, 3)})};
  // Behind a gap, which no export leaves, and in place of a surplus part.
  for (const char* name : {"release.tar.700", "release.tar.002"}) {
    const fs::path notes = directory_ / name;
    if (fs::exists(notes)) {
      // The record is that of another export, which had no such part.
      fs::remove(directory_ / "release.tar.sha256");
    }
    WriteFile(notes, "notes");
    const auto refused = Export(smaller, kPart);
    EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()))
        << refused.status();
    EXPECT_THAT(std::string(refused.status().message()),
                ::testing::HasSubstr(name));
    EXPECT_EQ(ReadFile(notes), "notes");
    fs::remove(notes);
  }
  // An archive that is not split has no parts to be mistaken.
  WriteFile(directory_ / "release.tar.700", "notes");
  ASSERT_TRUE(Export(smaller).ok());
  EXPECT_EQ(ReadFile(directory_ / "release.tar.700"), "notes");
}

TEST_F(ExportArchiveTest, ADamagedSourceIsNotExported) {
  const auto images = Release();
  farm_.DamageBlob(kRepository, Sha256Of(Bytes(150'000, 7)), Bytes(150'000, 9));
  EXPECT_TRUE(absl::IsDataLoss(Export(images).status()));
  EXPECT_THAT(Names(), ElementsAre("release.tar.partial"));
  farm_.DamageBlob(kRepository, Sha256Of(Bytes(150'000, 7)), Bytes(150'000, 7));
  ASSERT_TRUE(Export(images).ok());
  EXPECT_TRUE(Load({file_}).ok());
}

TEST_F(ExportArchiveTest, AFileOfTheUserInPlaceOfTheLockStays) {
  fs::create_directories(directory_);
  const fs::path lock = file_.string() + ".lock";
  WriteFile(lock, "notes");
  const auto refused = Export(Release());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              ::testing::HasSubstr(lock.string()));
  EXPECT_EQ(ReadFile(lock), "notes");
}

TEST_F(ExportArchiveTest, OnlyOneProcessWritesAtATime) {
  PartWriter::Options options;
  options.file = file_;
  options.total_size = 10;
  const auto writer = PartWriter::Open(options);
  ASSERT_TRUE(writer.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Export(Release()).status()));
}

}  // namespace
}  // namespace kso::cli
