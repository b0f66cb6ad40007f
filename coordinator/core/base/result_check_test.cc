// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/result_check.h"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "common/base/sizes.h"
#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::string Said(const absl::Status& status) {
  return std::string(status.message());
}

v1::Task LayerTask() {
  v1::Task task;
  v1::MakeLayer& layer = *task.mutable_make_layer();
  layer.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  v1::LayerMember& file = *layer.add_members();
  file.set_path("opt/file");
  file.mutable_file()->set_url("https://dl.example.com/a");
  file.mutable_file()->set_digest(Sha256Of("a").ToString());
  v1::LayerMember& other = *layer.add_members();
  other.set_path("opt/other");
  other.mutable_file()->set_url("https://dl.example.com/b");
  v1::LayerMember& blob = *layer.add_members();
  blob.set_path("opt/blob");
  blob.mutable_blob()->mutable_blob()->set_digest(Sha256Of("blob").ToString());
  blob.mutable_blob()->mutable_blob()->set_size(4);
  v1::LayerMember& content = *layer.add_members();
  content.set_path("opt/content");
  content.set_content("made by the farm");
  v1::LayerMember& other_kind = *layer.add_members();
  other_kind.set_path("opt/sha512");
  other_kind.mutable_file()->set_url("https://dl.example.com/c");
  other_kind.mutable_file()->set_digest("sha512:" + std::string(128, 'a'));
  return task;
}

TEST(ResultCheckTest, ALayerIsComparedWithWhatWasAskedFor) {
  const v1::Task task = LayerTask();
  v1::TaskResult good;
  *good.mutable_made_layer() = kso::testing::MadeOf(task);
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::MadeLayer&)>;
  const std::vector<Change> changes = {
      [](auto& made) { made.mutable_members()->RemoveLast(); },
      [](auto& made) { made.add_members(); },
      [](auto& made) { made.mutable_members(0)->set_path("../etc/passwd"); },
      [](auto& made) { made.mutable_members()->SwapElements(0, 1); },
      [](auto& made) {
        made.mutable_members(0)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) {
        made.mutable_members(2)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) { made.mutable_members(1)->set_digest("sha256:../.."); },
      [](auto& made) { made.mutable_members(1)->clear_digest(); },
      [](auto& made) { made.mutable_members(2)->set_size(5); },
      [](auto& made) {
        made.mutable_members(3)->set_digest(Sha256Of("x").ToString());
      },
      [](auto& made) { made.mutable_members(3)->set_size(1); },
      [](auto& made) {
        made.mutable_members(4)->set_sha512("sha512:" + std::string(128, 'b'));
      },
      [](auto& made) { made.mutable_members(1)->set_size(-1); },
      [](auto& made) { made.mutable_members(1)->set_size(kMost); },
      [](auto& made) { made.set_diff_id("md5:0"); },
      [](auto& made) { made.mutable_layer()->set_digest("latest"); },
      [](auto& made) { made.mutable_layer()->set_size(kLargestContent + 1); },
      [](auto& made) { made.mutable_layer()->set_media_type("text/html"); },
      [](auto& made) { made.Clear(); }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](*bad.mutable_made_layer());
    EXPECT_THAT(Said(CheckResult(task, bad)),
                HasSubstr("does not fit its task"))
        << i;
  }
}

TEST(ResultCheckTest, ASha512IsComparedToo) {
  const std::string stated = "sha512:" + std::string(128, 'a');
  for (const bool waived : {false, true}) {
    v1::Task task = LayerTask();
    v1::FileSource& file =
        *task.mutable_make_layer()->mutable_members(0)->mutable_file();
    file.clear_digest();
    (waived ? *file.mutable_waived_digest() : *file.mutable_digest()) = stated;
    v1::TaskResult result;
    *result.mutable_made_layer() = kso::testing::MadeOf(task);
    v1::MadeMember& made = *result.mutable_made_layer()->mutable_members(0);
    made.set_sha512(stated);
    EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);
    // A waived file may be another one, which has to be named.
    made.set_sha512("sha512:" + std::string(128, 'b'));
    EXPECT_EQ(CheckResult(task, result).ok(), waived);
    for (const std::string bad : {"sha512:b", "b"}) {
      made.set_sha512(bad);
      EXPECT_FALSE(CheckResult(task, result).ok()) << bad;
    }
  }
}

TEST(ResultCheckTest, WhatWasFoundInAFileIsBounded) {
  const v1::Task task = LayerTask();
  v1::TaskResult good;
  *good.mutable_made_layer() = kso::testing::MadeOf(task);
  v1::FileContent& content =
      *good.mutable_made_layer()->mutable_members(0)->mutable_content();
  for (const char* architecture : {"amd64", "arm64"}) {
    v1::FoundPrograms& found = *content.add_programs();
    found.set_architecture(architecture);
    found.set_count(2);
    found.set_executables(1);
    found.set_example("bin/ctr");
  }
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::FileContent&)>;
  const std::vector<Change> changes = {
      [](auto& bad) { bad.mutable_programs()->SwapElements(0, 1); },
      [](auto& bad) { bad.mutable_programs(1)->set_architecture("amd64"); },
      [](auto& bad) { bad.mutable_programs(0)->set_architecture("a\nb"); },
      [](auto& bad) { bad.mutable_programs(0)->clear_architecture(); },
      [](auto& bad) { bad.mutable_programs(0)->set_count(0); },
      [](auto& bad) { bad.mutable_programs(0)->set_executables(3); },
      [](auto& bad) { bad.mutable_programs(0)->set_executables(-1); },
      [](auto& bad) {
        bad.mutable_programs(0)->set_example(std::string(1 << 20, 'x'));
      },
      [](auto& bad) { bad.set_not_looked_at(std::string(1 << 20, 'x')); },
      [](auto& bad) {
        for (int i = 100; i < 200; ++i) {
          v1::FoundPrograms& found = *bad.add_programs();
          found.set_architecture("b" + std::to_string(i));
          found.set_count(1);
        }
      }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](
        *bad.mutable_made_layer()->mutable_members(0)->mutable_content());
    EXPECT_FALSE(CheckResult(task, bad).ok()) << i;
  }
  v1::TaskResult blob = good;
  blob.mutable_made_layer()->mutable_members(2)->mutable_content();
  EXPECT_FALSE(CheckResult(task, blob).ok());
}

TEST(ResultCheckTest, AResultIsOfItsTasksKind) {
  v1::TaskResult result;
  result.mutable_resolved_file();
  EXPECT_EQ(CheckResult(LayerTask(), result).code(),
            absl::StatusCode::kInternal);
  EXPECT_FALSE(CheckResult(LayerTask(), v1::TaskResult()).ok());
  v1::Task copy;
  copy.mutable_copy_blobs();
  result.mutable_copied_blobs();
  EXPECT_TRUE(CheckResult(copy, result).ok());
  result.set_bytes_pushed(-1);
  EXPECT_FALSE(CheckResult(copy, result).ok());
}

TEST(ResultCheckTest, AFileIsTheOneThatWasAskedForAndOfAPossibleSize) {
  v1::Task task;
  task.mutable_resolve_file()->set_url("https://dl.example.com/a");
  v1::TaskResult result;
  v1::ResolvedFile& file = *result.mutable_resolved_file();
  file.set_url("https://dl.example.com/a");
  for (const int64_t size : {int64_t{-1}, int64_t{0}, kLargestContent}) {
    file.set_size(size);
    EXPECT_TRUE(CheckResult(task, result).ok()) << size;
  }
  for (const int64_t size : {int64_t{-2}, kLargestContent + 1, kMost}) {
    file.set_size(size);
    EXPECT_FALSE(CheckResult(task, result).ok()) << size;
  }
  file.set_size(1);
  file.set_etag(std::string(1 << 20, 'x'));
  EXPECT_FALSE(CheckResult(task, result).ok());
  file.clear_etag();
  file.set_url("https://dl.example.com/b");
  EXPECT_FALSE(CheckResult(task, result).ok());
}

TEST(ResultCheckTest, DocumentsAreBounded) {
  kso::testing::ResolvedRelease release;
  constexpr char kImage[] = "registry.example.com/pause:3.9";
  release.AddImage(kImage);
  v1::Task task;
  task.mutable_resolve_image()->set_reference(kImage);
  v1::TaskResult result;
  v1::ResolvedImage& image = *result.mutable_resolved_image();
  image = release.resolved.images.at(kImage);
  EXPECT_TRUE(CheckResult(task, result).ok()) << CheckResult(task, result);

  v1::TaskResult absurd = result;
  absurd.mutable_resolved_image()
      ->mutable_top()
      ->mutable_content_descriptor()
      ->set_size(kMost);
  EXPECT_FALSE(CheckResult(task, absurd).ok());

  v1::TaskResult large = result;
  for (v1::Document* document :
       {large.mutable_resolved_image()->mutable_top(),
        large.mutable_resolved_image()->mutable_manifests(0)}) {
    document->mutable_content()->append(5 << 20, ' ');
    document->mutable_content_descriptor()->set_size(
        static_cast<int64_t>(document->content().size()));
  }
  const absl::Status status = CheckResult(task, large);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Said(status), HasSubstr("over the limit of 8.0 MiB"));

  v1::TaskResult unchanged;
  unchanged.mutable_resolved_image()->set_reference(kImage);
  unchanged.mutable_resolved_image()->set_unchanged(true);
  EXPECT_FALSE(CheckResult(task, unchanged).ok());
  task.mutable_resolve_image()->set_known_digest(Sha256Of("top").ToString());
  EXPECT_TRUE(CheckResult(task, unchanged).ok());
}

TEST(ResultCheckTest, SignaturesAreBounded) {
  kso::testing::ResolvedRelease release;
  constexpr char kImage[] = "registry.example.com/pause:3.9";
  release.AddImage(kImage);
  v1::Task task;
  task.mutable_resolve_image()->set_reference(kImage);
  task.mutable_resolve_image()->set_want_signatures(true);
  v1::TaskResult good;
  v1::ResolvedImage& image = *good.mutable_resolved_image();
  image = release.resolved.images.at(kImage);
  v1::UpstreamArtifact& signature = *image.add_signatures();
  signature.set_tag("sha256-1.sig");
  *signature.mutable_manifest() = image.top();
  *signature.add_contents() = image.top();
  v1::UpstreamArtifact& left_out = *image.add_signatures();
  left_out.set_left_out("it is too large");
  left_out.mutable_manifest()->mutable_content_descriptor()->set_digest(
      Sha256Of("a").ToString());
  EXPECT_TRUE(CheckResult(task, good).ok()) << CheckResult(task, good);

  using Change = std::function<void(v1::ResolvedImage&)>;
  const std::vector<Change> changes = {
      // More than a document may have, under cover of one that is not there.
      [](auto& bad) {
        bad.mutable_signatures(1)->mutable_manifest()->set_content(
            std::string(64 << 20, 'x'));
      },
      [](auto& bad) {
        bad.mutable_signatures(1)->add_contents()->set_content("x");
      },
      [](auto& bad) {
        bad.mutable_signatures(1)
            ->mutable_manifest()
            ->mutable_content_descriptor()
            ->set_digest(std::string(1 << 20, 'x'));
      },
      [](auto& bad) {
        for (int i = 0; i < 300; ++i) {
          *bad.mutable_signatures(0)->add_contents() =
              bad.signatures(0).contents(0);
        }
      },
      [](auto& bad) {
        for (int i = 0; i < 300; ++i) {
          *bad.add_signatures() = bad.signatures(1);
        }
      }};
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TaskResult bad = good;
    changes[i](*bad.mutable_resolved_image());
    EXPECT_THAT(Said(CheckResult(task, bad)),
                HasSubstr("does not fit its task"))
        << i;
  }

  task.mutable_resolve_image()->set_want_signatures(false);
  task.mutable_resolve_image()->set_known_digest(Sha256Of("top").ToString());
  v1::TaskResult unchanged;
  unchanged.mutable_resolved_image()->set_reference(kImage);
  unchanged.mutable_resolved_image()->set_unchanged(true);
  EXPECT_TRUE(CheckResult(task, unchanged).ok());
  *unchanged.mutable_resolved_image()->mutable_signatures() =
      image.signatures();
  EXPECT_FALSE(CheckResult(task, unchanged).ok());
}

TEST(ResultCheckTest, FailuresAreBounded) {
  v1::Failure failure;
  failure.set_kind(static_cast<v1::Failure::Kind>(77));
  failure.set_reason(std::string(1 << 20, 'x') + "\n\x1b");
  failure.mutable_retry_after()->set_seconds(kMost);
  failure.mutable_retry_after()->set_nanos(-5);
  BoundFailure(failure);
  EXPECT_EQ(failure.kind(), v1::Failure::INFRASTRUCTURE);
  EXPECT_LE(failure.reason().size(), 4096u);
  EXPECT_EQ(failure.retry_after().seconds(), 24 * 3600);
  EXPECT_EQ(failure.retry_after().nanos(), 0);
}

TEST(ResultCheckTest, AFailureHasAReason) {
  for (const char* reason : {"", "kubelet", " "}) {
    v1::Failure failure;
    failure.set_item("kubelet");
    failure.set_reason(reason);
    BoundFailure(failure);
    EXPECT_NE(failure.reason(), "") << reason;
  }
}

TEST(ResultCheckTest, WhatAWorkerSaysOfItselfIsBounded) {
  v1::WorkerInfo info;
  info.set_slots(1'000'000'000);
  info.set_unhealthy_reason("a\nb");
  for (int i = 0; i < 5000; ++i) {
    v1::HostReport& host = *info.add_hosts();
    host.set_host("h");
    host.set_refusals(-1);
    host.mutable_quota()->set_remaining(kMost);
    host.mutable_quota()->mutable_window()->set_seconds(kMost);
    host.mutable_retry_after()->set_seconds(-kMost);
    v1::HostTraffic& traffic = *info.add_traffic();
    traffic.set_host("h\n");
    traffic.set_bytes_received(-1);
    traffic.set_bytes_sent(7);
  }
  for (int i = 0; i < 100; ++i) {
    info.add_missing_fences(std::string(1 << 20, 'x'));
    info.add_remarks("a\x1b");
  }
  BoundWorkerInfo(info);
  EXPECT_EQ(info.slots(), kMostSlots);
  EXPECT_LE(info.missing_fences_size(), 16);
  EXPECT_LE(info.missing_fences(0).size(), 4096u);
  EXPECT_LE(info.remarks_size(), 16);
  EXPECT_EQ(info.remarks(0).find('\x1b'), std::string::npos);
  EXPECT_EQ(info.unhealthy_reason(), "a b");
  EXPECT_THAT(info.hosts(), SizeIs(1000));
  EXPECT_EQ(info.hosts(0).refusals(), 0);
  EXPECT_EQ(info.hosts(0).retry_after().seconds(), 0);
  EXPECT_EQ(info.hosts(0).quota().window().seconds(), 24 * 3600);
  EXPECT_LT(info.hosts(0).quota().remaining(), kMost);
  EXPECT_THAT(info.traffic(), SizeIs(1000));
  EXPECT_EQ(info.traffic(0).host().find('\n'), std::string::npos);
  EXPECT_EQ(info.traffic(0).bytes_received(), 0);
  EXPECT_EQ(info.traffic(0).bytes_sent(), 7);

  EXPECT_EQ(BoundFreeSlots(info, 1'000'000), kMostSlots);
  info.set_slots(4);
  EXPECT_EQ(BoundFreeSlots(info, 100), 4);
  EXPECT_EQ(BoundFreeSlots(info, -100), 0);
  EXPECT_EQ(BoundFreeSlots(info, 3), 3);
}

}  // namespace
}  // namespace kso::coordinator
