// SPDX-License-Identifier: Apache-2.0
// `ksoctl cache`, as people type it.
#include <map>
#include <string>
#include <vector>

#include "cli/commands/farm/farm_commands.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kGiB = int64_t{1} << 30;

v1::PruneReport Done(int64_t freed, int64_t left) {
  v1::PruneReport report;
  report.set_done(true);
  report.set_freed_bytes(freed);
  report.set_left_bytes(left);
  return report;
}

// A coordinator of workers with caches. Each question takes its clock 20 s.
class RecordingCoordinator : public FakeCoordinatorClient {
 public:
  explicit RecordingCoordinator(kso::testing::FakeClock* clock)
      : clock_(clock) {}

  void Add(const std::string& name, int64_t cache, int64_t free,
           v1::WorkerStatus::State state = v1::WorkerStatus::READY) {
    v1::WorkerStatus* worker = workers_.add_workers();
    worker->mutable_info()->set_name(name);
    worker->mutable_info()->set_cache_bytes(cache);
    worker->mutable_info()->set_disk_free_bytes(free);
    worker->set_state(state);
  }

  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    return workers_;
  }
  absl::StatusOr<v1::PruneCacheResponse> PruneCache(
      const v1::PruneCacheRequest& request) override {
    if (!request.has_wait()) {
      orders.push_back(request);
      const auto refused = refusals.find(request.worker());
      if (refused != refusals.end()) return refused->second;
      return v1::PruneCacheResponse();
    }
    waits.push_back(request);
    clock_->Advance(FromProto(request.wait()));
    v1::PruneCacheResponse response;
    if (--unfinished[request.worker()] < 0) {
      *response.mutable_report() = reports[request.worker()];
    }
    return response;
  }

  std::map<std::string, absl::Status> refusals;
  std::map<std::string, v1::PruneReport> reports;
  // The number of times that a worker is asked in vain for its report.
  std::map<std::string, int> unfinished;
  std::vector<v1::PruneCacheRequest> orders;
  std::vector<v1::PruneCacheRequest> waits;

 private:
  kso::testing::FakeClock* const clock_;
  v1::ListWorkersResponse workers_;
};

class CacheTest : public CommandFixture {
 protected:
  CacheTest() : coordinator_(&clock_) {
    coordinator_.Add("arm-1", 3 * kGiB, 50 * kGiB);
    coordinator_.Add("build-2", 2 * kGiB, 7 * kGiB);
    coordinator_.reports["arm-1"] = Done(2 * kGiB, kGiB);
    coordinator_.reports["build-2"] = Done(kGiB, 0);
  }

  int Cache(const std::vector<std::string>& args) {
    return Run(CreateCache, coordinator_, args);
  }

  RecordingCoordinator coordinator_;
};

TEST_F(CacheTest, DuAddsUpTheCaches) {
  ASSERT_EQ(Cache({"du"}), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("arm-1    3.0 GiB  50.0 GiB"),
                           HasSubstr("build-2  2.0 GiB  7.0 GiB"),
                           HasSubstr("all      5.0 GiB")));
  EXPECT_THAT(coordinator_.orders, IsEmpty());
  json_lines_ = true;
  ASSERT_EQ(Cache({"du", "--worker", "arm-*"}), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("\"cacheBytes\":3221225472,\"workers\""),
                           HasSubstr("\"name\":\"arm-1\""),
                           HasSubstr("\"diskFreeBytes\":53687091200"),
                           Not(HasSubstr("build-2"))));
  EXPECT_EQ(Cache({"du", "--worker", "nobody"}), 2);
}

TEST_F(CacheTest, PruneGivesOneOrderToAllAndAddsUpWhatTheyFreed) {
  ASSERT_EQ(Cache({"prune", "--older-than", "72h", "--max", "20GiB",
                   "--keep-free", "50GiB"}),
            0)
      << error();
  ASSERT_EQ(coordinator_.orders.size(), 2u);
  const v1::PruneCacheRequest& order = coordinator_.orders[0];
  EXPECT_EQ(order.worker(), "arm-1");
  EXPECT_EQ(coordinator_.orders[1].worker(), "build-2");
  EXPECT_EQ(FromProto(order.pruning().older_than()), absl::Hours(72));
  EXPECT_EQ(order.pruning().keep_bytes(), 20 * kGiB);
  EXPECT_EQ(order.pruning().free_bytes(), 50 * kGiB);
  EXPECT_EQ(order.order_id().size(), 32u);
  // A worker is asked for what it did about this order, and no other.
  ASSERT_EQ(coordinator_.waits.size(), 2u);
  EXPECT_EQ(coordinator_.waits[0].order_id(), order.order_id());
  EXPECT_EQ(coordinator_.waits[1].worker(), "build-2");
  EXPECT_THAT(out(), AllOf(HasSubstr("arm-1    2.0 GiB  1.0 GiB"),
                           HasSubstr("all      3.0 GiB")));
}

TEST_F(CacheTest, WithoutLimitsEverythingGoes) {
  ASSERT_EQ(Cache({"prune", "--worker", "build-2"}), 0) << error();
  ASSERT_EQ(coordinator_.orders.size(), 1u);
  EXPECT_TRUE(coordinator_.orders[0].has_pruning());
  EXPECT_FALSE(coordinator_.orders[0].pruning().has_older_than());
  EXPECT_FALSE(coordinator_.orders[0].pruning().has_keep_bytes());
  EXPECT_FALSE(coordinator_.orders[0].pruning().has_free_bytes());
  json_lines_ = true;
  ASSERT_EQ(Cache({"prune", "--worker", "build-2"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("\"freedBytes\":1073741824,\"workers\""),
                           HasSubstr("\"name\":\"build-2\",\"done\":true"),
                           HasSubstr("\"error\":\"\"")));
}

TEST_F(CacheTest, LimitsThatMeanNothingAreNotSent) {
  for (const char* bad : {"--older-than=soon", "--older-than=-1h", "--max=much",
                          "--keep-free=much"}) {
    EXPECT_EQ(Cache({"prune", bad}), 2) << bad;
    EXPECT_THAT(error(), HasSubstr("--")) << bad;
  }
  EXPECT_THAT(coordinator_.orders, IsEmpty());
  EXPECT_EQ(Cache({"prune", "--older-than=0s"}), 0) << error();
}

TEST_F(CacheTest, OneThatCannotDoItDoesNotSpareTheOthers) {
  coordinator_.refusals["arm-1"] =
      absl::FailedPreconditionError("it is too old to prune");
  EXPECT_EQ(Cache({"prune"}), 1);
  EXPECT_THAT(out(), AllOf(HasSubstr("it is too old to prune"),
                           HasSubstr("build-2  1.0 GiB"),
                           HasSubstr("all      1.0 GiB")));
  ASSERT_EQ(coordinator_.waits.size(), 1u);
  coordinator_.refusals["arm-1"] = absl::PermissionDeniedError("not you");
  EXPECT_EQ(Cache({"prune"}), 4);
}

TEST_F(CacheTest, OneThatIsAwayIsNotWaitedFor) {
  coordinator_.Add("gone", kGiB, kGiB, v1::WorkerStatus::LOST);
  EXPECT_EQ(Cache({"prune"}), 1);
  EXPECT_THAT(out(), HasSubstr("prunes when it comes back"));
  EXPECT_EQ(coordinator_.orders.size(), 3u);
  EXPECT_EQ(coordinator_.waits.size(), 2u);
}

TEST_F(CacheTest, AReportWithAnErrorIsAFailure) {
  coordinator_.reports["arm-1"].set_error("the disk answers no more");
  EXPECT_EQ(Cache({"prune"}), 1);
  EXPECT_THAT(out(), HasSubstr("the disk answers no more"));
}

TEST_F(CacheTest, ASlowWorkerIsAskedAgainAndLeftAfterTenMinutes) {
  coordinator_.unfinished["arm-1"] = 3;
  EXPECT_EQ(Cache({"prune", "--worker", "arm-1"}), 0) << error();
  EXPECT_EQ(coordinator_.waits.size(), 4u);
  coordinator_.waits.clear();
  coordinator_.unfinished["arm-1"] = 1000;
  EXPECT_EQ(Cache({"prune", "--worker", "arm-1"}), 1);
  EXPECT_THAT(out(), HasSubstr("it has not reported an end"));
  EXPECT_EQ(coordinator_.waits.size(), 30u);
}

}  // namespace
}  // namespace kso::cli
