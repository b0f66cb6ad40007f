// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_limits.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "common/oci/platform.h"
#include "coordinator/core/plan/planner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

Plan PlanOf(const kso::testing::ResolvedRelease& release) {
  return MakePlan("b1", release.release, release.resolved, PlanHistory());
}

// Replaces the image's index by one of `bytes` bytes.
void Pad(v1::ResolvedImage& image, size_t bytes) {
  image.mutable_top()->mutable_content()->append(bytes, ' ');
}

TEST(PlanLimitsTest, SizesThatComeToMoreThanANumberHoldsFailTheBuildByName) {
  kso::testing::ResolvedRelease release;
  release.AddFile("https://dl.example.com/a", {"amd64"}, kMost);
  release.AddFile("https://dl.example.com/b", {"amd64"}, kMost);
  release.AddFile("https://dl.example.com/unknown", {"amd64"}, -1);
  const Plan plan = PlanOf(release);
  ASSERT_THAT(plan.failures, SizeIs(1));
  EXPECT_THAT(plan.failures[0].item(), HasSubstr("v0.1.0-2.25.1"));
  EXPECT_THAT(plan.failures[0].reason(),
              AllOf(HasSubstr("over the limit of 64.0 TiB"),
                    HasSubstr("https://dl.example.com/a (")));
}

TEST(PlanLimitsTest, ASizeThatIsNotKnownIsNotZero) {
  kso::testing::ResolvedRelease release;
  release.AddFile("https://dl.example.com/empty", {"amd64"}, 0);
  const Plan known = PlanOf(release);
  EXPECT_THAT(known.failures, IsEmpty());
  EXPECT_GE(known.summary.bytes_to_fetch(), 0);
  EXPECT_GE(known.summary.bytes_to_pack(), 0);
  EXPECT_GE(known.summary.bytes_to_push(), 0);
  release.AddFile("https://dl.example.com/unknown", {"amd64"}, -1);
  const Plan plan = PlanOf(release);
  EXPECT_EQ(plan.summary.bytes_to_fetch(), -1);
  EXPECT_EQ(plan.summary.bytes_to_pack(), -1);
  EXPECT_EQ(plan.summary.bytes_to_push(), -1);
}

TEST(PlanLimitsTest, DocumentsThatAreTooManyBytesTogetherAreNamed) {
  kso::testing::ResolvedRelease release;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    const std::string reference =
        std::string("registry.example.com/") + name + ":1";
    release.AddImage(reference);
    Pad(release.resolved.images[reference], 4 << 20);
  }
  Pad(release.resolved.images["registry.example.com/h:1"], 1 << 20);
  const Plan plan = PlanOf(release);
  ASSERT_THAT(plan.failures, SizeIs(1));
  EXPECT_THAT(plan.failures[0].reason(),
              AllOf(HasSubstr("over the limit of 32.0 MiB"),
                    HasSubstr("the largest: registry.example.com/h:1 (5.0 MiB)"
                              ", registry.example.com/a:1 (4.0 MiB)"
                              ", registry.example.com/b:1 (4.0 MiB)"
                              ", registry.example.com/c:1 (4.0 MiB)"
                              ", registry.example.com/d:1 (4.0 MiB)"),
                    Not(HasSubstr("registry.example.com/e:1"))));
  EXPECT_THAT(plan.tasks, IsEmpty());
}

TEST(PlanLimitsTest, DocumentsOfEachKindCountAndFitUpToTheLimit) {
  const std::vector<std::function<v1::Document*(v1::ResolvedImage&)>> kinds = {
      [](v1::ResolvedImage& image) { return image.mutable_top(); },
      [](v1::ResolvedImage& image) { return image.add_indexes(); },
      [](v1::ResolvedImage& image) { return image.add_manifests(); },
      [](v1::ResolvedImage& image) { return image.add_configs(); }};
  for (const auto& kind : kinds) {
    Resolved resolved;
    std::string& content =
        *kind(resolved.images["registry.example.com/a:1"])->mutable_content();
    content.resize(kMostDocuments, ' ');
    Plan plan;
    EXPECT_TRUE(DocumentsFit({}, resolved, plan));
    EXPECT_THAT(plan.failures, IsEmpty());
    content.push_back(' ');
    EXPECT_FALSE(DocumentsFit({}, resolved, plan));
    EXPECT_THAT(plan.failures, SizeIs(1));
  }
  Resolved resolved;
  resolved.images["registry.example.com/a:1"]
      .add_signatures()
      ->mutable_manifest()
      ->mutable_content()
      ->resize(kMostDocuments, ' ');
  Plan plan;
  EXPECT_FALSE(DocumentsFit({}, resolved, plan));
}

TEST(PlanLimitsTest, ABuildMayBeAsLargeAsTheLimit) {
  Plan plan;
  plan.summary.add_items()->set_size(kLargestBuild);
  plan.summary.add_items()->set_size(-1);
  CheckTotals({}, plan);
  EXPECT_THAT(plan.failures, IsEmpty());
  plan.summary.add_items()->set_size(1);
  CheckTotals({}, plan);
  EXPECT_THAT(plan.failures, SizeIs(1));
}

// A task that takes that many bytes in a message.
v1::Task TaskOfSize(size_t bytes) {
  v1::Task task;
  task.set_name("layer of much");
  std::string& content =
      *task.mutable_make_layer()->add_members()->mutable_content();
  content.resize(bytes, ' ');
  content.resize(bytes - (task.ByteSizeLong() - bytes), ' ');
  EXPECT_EQ(task.ByteSizeLong(), bytes);
  return task;
}

TEST(PlanLimitsTest, ATaskThatIsMoreThanAMessageTakesIsNamed) {
  Plan plan;
  plan.tasks.push_back(TaskOfSize(kLargestTask));
  CheckTotals({}, plan);
  EXPECT_THAT(plan.failures, IsEmpty());
  plan.tasks.push_back(TaskOfSize(kLargestTask + 1));
  CheckTotals({}, plan);
  ASSERT_THAT(plan.failures, SizeIs(1));
  EXPECT_EQ(plan.failures[0].item(), "layer of much");
  EXPECT_THAT(plan.failures[0].reason(),
              HasSubstr("over the limit of 48.0 MiB"));
}

TEST(PlanLimitsTest, TasksMayBeTogetherWhatARecordHolds) {
  Plan plan;
  plan.tasks.push_back(TaskOfSize(kLargestTask));
  plan.tasks.push_back(TaskOfSize(kLargestTask));
  plan.tasks.push_back(TaskOfSize(kLargestTasks - 2 * kLargestTask));
  CheckTotals({}, plan);
  EXPECT_THAT(plan.failures, IsEmpty());
  plan.tasks.push_back(TaskOfSize(100));
  CheckTotals({}, plan);
  ASSERT_THAT(plan.failures, SizeIs(1));
  EXPECT_THAT(plan.failures[0].reason(),
              HasSubstr("over the limit of 128.0 MiB"));
}

// Each platform's task has the documents of all its images, and one record
// holds all tasks.
TEST(PlanLimitsTest, TasksThatAreMoreTogetherThanARecordHoldsAreNamed) {
  const std::vector<std::string> platforms = {"linux/amd64", "linux/arm64",
                                              "linux/ppc64le", "linux/s390x",
                                              "linux/riscv64"};
  kso::testing::ResolvedRelease release;
  release.release.clear_platforms();
  for (const std::string& platform : platforms) {
    *release.release.add_platforms() = *oci::ParsePlatform(platform);
  }
  release.SetImage(release.release.images_base(), {.platforms = platforms});
  release.SetImage(release.release.files_base(), {.platforms = platforms});
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) {
    const std::string reference =
        std::string("registry.example.com/") + name + ":1";
    release.AddImage(reference, {.platforms = platforms});
    v1::Document& index = *release.resolved.images[reference].mutable_top();
    // As large as an index may be.
    index.mutable_content()->resize(4 << 20, ' ');
    v1::Descriptor& descriptor = *index.mutable_content_descriptor();
    descriptor.set_digest(Sha256Of(index.content()).ToString());
    descriptor.set_size(static_cast<int64_t>(index.content().size()));
  }
  const Plan plan = PlanOf(release);
  ASSERT_THAT(plan.failures, SizeIs(1));
  EXPECT_THAT(plan.failures[0].item(), HasSubstr("v0.1.0-2.25.1"));
  EXPECT_THAT(plan.failures[0].reason(),
              AllOf(HasSubstr("over the limit of 128.0 MiB"),
                    HasSubstr("manifests and tags (linux/")));
  EXPECT_THAT(plan.failures[0].advice(), HasSubstr("several releases"));
}

}  // namespace
}  // namespace kso::coordinator
