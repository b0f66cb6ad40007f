// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_summary.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/proto_time.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;

// A digest that is told from others by one hex digit.
std::string DigestOf(char digit) { return "sha256:" + std::string(64, digit); }

class PlanSummaryTest : public ::testing::Test {
 protected:
  PlanSummaryTest() {
    destination_.set_kind(v1::Destination::REGISTRY);
    destination_.set_location("registry.example.com/team");
  }

  // Adds a file to the release, and what it resolves to.
  v1::ResolvedFile& AddFile(const std::string& url, int64_t size) {
    release_.add_files()->set_url(url);
    v1::ResolvedFile& file = resolved_.files[url];
    file.set_url(url);
    file.set_size(size);
    return file;
  }
  v1::Task& AddTask(const std::string& id) {
    v1::Task& task = plan_.tasks.emplace_back();
    task.set_task_id(id);
    return task;
  }
  static void AddFileTo(v1::Task& task, const std::string& url, int64_t size) {
    v1::FileSource& file =
        *task.mutable_make_layer()->add_members()->mutable_file();
    file.set_url(url);
    file.set_size(size);
  }
  static void AddBlobTo(v1::Task& task, char digit, int64_t size) {
    v1::Descriptor& blob = *task.mutable_make_layer()
                                ->add_members()
                                ->mutable_blob()
                                ->mutable_blob();
    blob.set_digest(DigestOf(digit));
    blob.set_size(size);
  }
  static void AddCopyTo(v1::Task& task, const std::string& image, char digit,
                        int64_t size) {
    task.mutable_copy_blobs()->set_image(image);
    v1::Descriptor& blob =
        *task.mutable_copy_blobs()->add_blobs()->mutable_blob();
    blob.set_digest(DigestOf(digit));
    blob.set_size(size);
  }
  v1::PlannedLayer& AddLine(const std::string& image, int64_t size,
                            bool reused = false) {
    v1::PlannedLayer& layer = *plan_.summary.add_layers();
    layer.set_name(absl::StrCat("layer ", plan_.summary.layers_size()));
    layer.set_image(image);
    layer.set_size(size);
    layer.set_reused(reused);
    return layer;
  }
  void Remember(absl::Duration took, int64_t bytes_moved) {
    v1::JournalRecord record;
    v1::ReleaseRemembered& before = *record.mutable_release_remembered();
    before.set_destination("docker://registry.example.com/team");
    before.set_space(BlobSpaceOf(destination_));
    before.set_name("before");
    before.set_bytes_moved(bytes_moved);
    *before.mutable_took() = ToProto(took);
    memo_.Apply(record);
  }
  const v1::PlanSummary& Run() {
    Summarize(release_, resolved_, PlanHistory(&memo_, destination_, present_),
              plan_);
    return plan_.summary;
  }

  v1::Release release_;
  Resolved resolved_;
  Plan plan_;
  Memo memo_;
  v1::Destination destination_;
  std::set<std::string> present_;
};

TEST_F(PlanSummaryTest, ADownloadIsCountedOnceForAllThatNeedIt) {
  v1::Task& base = AddTask("base");
  AddCopyTo(base, "files", 'a', 10);
  AddCopyTo(base, "files", 'b', 20);
  present_.insert(BlobName("files", DigestOf('b')));
  v1::Task& layer = AddTask("layer");
  AddFileTo(layer, "https://host/1", 100);
  AddBlobTo(layer, 'a', 10);
  AddBlobTo(layer, 'c', 5);
  layer.mutable_make_layer()->add_members()->set_content("the farm's own");
  AddFileTo(AddTask("another"), "https://host/1", 100);
  AddFileTo(AddTask("empty"), "https://host/empty", 0);
  AddFileTo(AddTask("done"), "https://host/2", 1000);
  plan_.reused["done"];
  EXPECT_EQ(Run().bytes_to_fetch(), 115);
  EXPECT_EQ(plan_.known_bytes_to_fetch, 115);
  EXPECT_EQ(plan_.summary.worker_disk_bytes(), 115);
}

TEST_F(PlanSummaryTest, WhatIsNotKnownOfOneFileIsNotKnownOfAll) {
  AddFileTo(AddTask("1"), "https://host/1", 100);
  AddFileTo(AddTask("2"), "https://host/2", -1);
  AddFileTo(AddTask("3"), "https://host/3", 10);
  EXPECT_EQ(Run().bytes_to_fetch(), -1);
  EXPECT_EQ(plan_.known_bytes_to_fetch, 110);
}

TEST_F(PlanSummaryTest, LayersThatAreToBeMadeComeFirst) {
  AddLine("files", 7, /*reused=*/true).set_dead_bytes(3);
  AddLine("files", 40);
  AddLine("files", 8, /*reused=*/true).set_dead_bytes(4);
  AddLine("files", 50);
  const v1::PlanSummary& summary = Run();
  std::vector<std::string> names;
  for (const v1::PlannedLayer& layer : summary.layers()) {
    names.push_back(layer.name());
  }
  EXPECT_THAT(names, ElementsAre("layer 2", "layer 4", "layer 1", "layer 3"));
  EXPECT_EQ(summary.layer_count(), 4);
  EXPECT_EQ(summary.layers_reused(), 2);
  EXPECT_EQ(summary.bytes_dead(), 7);
  EXPECT_EQ(summary.bytes_to_pack(), 90);
  EXPECT_EQ(summary.bytes_to_push(), 90);
}

TEST_F(PlanSummaryTest, ABlobIsPushedOnceToEachImageThatLacksIt) {
  AddLine("files", 50);
  v1::Task& files = AddTask("files");
  AddCopyTo(files, "files", 'a', 10);
  AddCopyTo(files, "files", 'a', 10);
  AddCopyTo(files, "files", 'b', 20);
  present_.insert(BlobName("files", DigestOf('b')));
  AddCopyTo(AddTask("images"), "images", 'a', 10);
  v1::Descriptor& layer = *plan_.reused["layer"]
                               .mutable_result()
                               ->mutable_made_layer()
                               ->mutable_layer();
  layer.set_digest(DigestOf('c'));
  layer.set_size(70);
  plan_.reused["copy"].mutable_result()->mutable_copied_blobs();
  EXPECT_EQ(Run().bytes_to_push(), 70);
  EXPECT_EQ(plan_.known_bytes_to_push, 70);
  EXPECT_EQ(plan_.summary.bytes_reused(), 90);
}

TEST_F(PlanSummaryTest, OfALayerOfUnknownSizeNobodyKnowsWhatItMoves) {
  AddLine("files", 50);
  AddLine("files", -1);
  AddCopyTo(AddTask("images"), "images", 'a', 10);
  EXPECT_EQ(Run().bytes_to_pack(), -1);
  EXPECT_EQ(plan_.summary.bytes_to_push(), -1);
  EXPECT_EQ(plan_.known_bytes_to_push, 60);
}

TEST_F(PlanSummaryTest, AnImageOfWhichSomethingChangesIsUnpackedWhole) {
  AddLine("files", 40);
  AddLine("files", 30, /*reused=*/true);
  AddLine("images", 500, /*reused=*/true);
  AddFileTo(AddTask("1"), "https://host/1", 8);
  EXPECT_EQ(Run().worker_disk_bytes(), 78);
}

TEST_F(PlanSummaryTest, FilesRestOnValidatorsThatTellTheirContents) {
  AddFile("https://host/etag", 1).set_etag("\"v1\"");
  AddFile("https://host/modified", 2).set_last_modified("Tue, 14 Nov 2023");
  AddFile("https://host/nothing", 3);
  AddFile("https://host/unknown-size", -1).set_etag("\"v1\"");
  AddFile("https://host/stated", 5).set_etag("\"v1\"");
  // One line of a list is enough to state it.
  v1::FileRequest& stated = *release_.add_files();
  stated.set_url("https://host/stated");
  stated.set_digest(DigestOf('0'));
  release_.add_files()->set_url("https://host/unresolved");
  v1::Task& layer = AddTask("layer");
  AddFileTo(layer, "https://host/modified", 2);
  AddFileTo(layer, "https://host/unknown-size", -1);
  const v1::PlanSummary& summary = Run();
  EXPECT_THAT(
      summary.notes(),
      ElementsAre("2 files without a checksum rest on a validator of the host "
                  "(ETag or Last-Modified) alone: https://host/etag, "
                  "https://host/modified; state checksums in the lists, or "
                  "build with --fresh to read again"));
  std::vector<std::string> items;
  for (const v1::PlannedItem& item : summary.items()) {
    items.push_back(absl::StrCat(item.name(), " ", item.size(), " ",
                                 item.bytes_to_fetch(), " ",
                                 item.rests_on_validator()));
  }
  EXPECT_THAT(items, ElementsAre("https://host/etag 1 0 1",
                                 "https://host/modified 2 2 1",
                                 "https://host/nothing 3 0 0",
                                 "https://host/unknown-size -1 -1 0",
                                 "https://host/stated 5 0 0",
                                 "https://host/unresolved -1 0 0"));
}

TEST_F(PlanSummaryTest, FewFilesThatRestOnValidatorsAreAllNamed) {
  AddFile("https://host/1", 1).set_etag("\"v1\"");
  EXPECT_THAT(
      Run().notes(),
      ElementsAre("1 file without a checksum rests on a validator of the host "
                  "(ETag or Last-Modified) alone: https://host/1; state "
                  "checksums in the lists, or build with --fresh to read "
                  "again"));
  plan_ = Plan();
  AddFile("https://host/2", 1).set_etag("\"v1\"");
  AddFile("https://host/3", 1).set_etag("\"v1\"");
  EXPECT_THAT(
      Run().notes(),
      ElementsAre("3 files without a checksum rest on a validator of the host "
                  "(ETag or Last-Modified) alone: https://host/1, "
                  "https://host/2, https://host/3; state checksums in the "
                  "lists, or build with --fresh to read again"));
}

// A manifest with a config and layers of these digests and sizes.
v1::Document ManifestOf(
    const std::vector<std::pair<char, int64_t>>& descriptors) {
  std::vector<std::string> entries;
  for (const auto& [digit, size] : descriptors) {
    entries.push_back(absl::StrCat(
        R"({"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",)",
        R"("digest":")", DigestOf(digit), R"(","size":)", size, "}"));
  }
  const std::string config = entries.front();
  entries.erase(entries.begin());
  return oci::MakeDocument(
      oci::kOciManifest,
      absl::StrCat(R"({"schemaVersion":2,"config":)", config, R"(,"layers":[)",
                   absl::StrJoin(entries, ","), "]}"));
}

TEST_F(PlanSummaryTest, AnImageIsItsConfigsAndLayersEachOnce) {
  for (const std::string reference :
       {"quay.io/a:1", "quay.io/a:1", "quay.io/unresolved:1", "quay.io/b:1"}) {
    release_.add_images()->set_reference(reference);
  }
  v1::ResolvedImage& image = resolved_.images["quay.io/a:1"];
  *image.add_manifests() = ManifestOf({{'1', 1}, {'2', 10}, {'3', 100}});
  *image.add_manifests() = oci::MakeDocument(oci::kOciManifest, "{}");
  *image.add_manifests() = ManifestOf({{'4', 1000}, {'3', 100}, {'5', 10'000}});
  resolved_.images["quay.io/b:1"];
  v1::Task& layer = AddTask("layer");
  AddBlobTo(layer, '3', 100);
  AddBlobTo(layer, '4', 1000);
  const v1::PlanSummary& summary = Run();
  ASSERT_EQ(summary.items_size(), 2);
  EXPECT_EQ(summary.items(0).name(), "quay.io/a:1");
  EXPECT_EQ(summary.items(0).size(), 11'111);
  EXPECT_EQ(summary.items(0).bytes_to_fetch(), 1100);
  EXPECT_FALSE(summary.items(0).rests_on_validator());
  EXPECT_EQ(summary.items(1).name(), "quay.io/b:1");
  EXPECT_EQ(summary.items(1).size(), 0);
}

TEST_F(PlanSummaryTest, RegistriesAreCountedWithTheirManifests) {
  resolved_.images["quay.io/a:1"].set_manifest_gets(3);
  resolved_.images["quay.io/b:1"].set_manifest_gets(4);
  resolved_.images["docker.io/library/c:1"].set_manifest_gets(5);
  resolved_.images["no reference"].set_manifest_gets(6);
  std::vector<std::string> registries;
  for (const v1::RegistryUse& use : Run().registries()) {
    registries.push_back(absl::StrCat(use.registry(), " ", use.images(), " ",
                                      use.manifest_gets()));
  }
  EXPECT_THAT(registries, ElementsAre("docker.io 1 5", "quay.io 2 7"));
}

TEST_F(PlanSummaryTest, WithoutABuildBeforeNothingIsEstimated) {
  AddFileTo(AddTask("1"), "https://host/1", 500);
  EXPECT_FALSE(Run().has_estimated_time());
  EXPECT_EQ(plan_.summary.estimate_basis(),
            "no earlier build at this destination shows how fast the farm is");
  EXPECT_EQ(plan_.summary.previous_release(), "");
  // Nor with one that moved nothing, or took no time.
  for (const auto& [took, moved] :
       std::vector<std::pair<absl::Duration, int64_t>>{
           {absl::ZeroDuration(), 1000}, {absl::Seconds(10), 0}}) {
    Remember(took, moved);
    plan_ = Plan();
    EXPECT_FALSE(Run().has_estimated_time());
    EXPECT_EQ(
        plan_.summary.estimate_basis(),
        "no earlier build at this destination shows how fast the farm is");
    EXPECT_EQ(plan_.summary.previous_release(), "before");
  }
}

TEST_F(PlanSummaryTest, ABuildIsEstimatedToBeAsFastAsTheOneBefore) {
  Remember(absl::Seconds(10), 1000);
  const auto estimate = [this](int64_t fetch, int64_t push) {
    plan_ = Plan();
    AddFileTo(AddTask("1"), "https://host/1", fetch);
    AddLine("files", push);
    return FromProto(Run().estimated_time());
  };
  EXPECT_EQ(estimate(500, 300), absl::Seconds(8));
  EXPECT_EQ(plan_.summary.estimate_basis(),
            "as fast as the last large build there was: 100 B fetched and "
            "pushed a second");
  // A size that is not known counts as nothing.
  EXPECT_EQ(estimate(-1, 300), absl::Seconds(3));
  EXPECT_EQ(estimate(500, -1), absl::Seconds(5));
  EXPECT_EQ(estimate(-1, -1), absl::ZeroDuration());
  Remember(absl::Seconds(1), 1);
  EXPECT_EQ(estimate(2, 3), absl::Seconds(5));
  // No estimate is longer than a year.
  EXPECT_EQ(estimate(int64_t{1} << 40, 0), absl::Hours(24 * 365));
}

}  // namespace
}  // namespace kso::coordinator
