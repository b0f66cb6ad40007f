// SPDX-License-Identifier: Apache-2.0
// Orders to prune the caches of workers, as the engine gives them.
#include <string>

#include "absl/time/time.h"
#include "common/base/proto_time.h"
#include "gtest/gtest.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"
#include "tests/fakes/engine_fixture.h"

namespace kso::coordinator {
namespace {

class PruneDeskTest : public EngineTest {
 protected:
  PruneDeskTest() {
    one_.request.mutable_worker()->set_prunes(true);
    Sync(one_);
  }

  Answer<v1::PruneCacheResponse> Ask(const v1::PruneCacheRequest& request) {
    Answer<v1::PruneCacheResponse> answer;
    engine_->PruneCache(request, answer.Done());
    Settle();
    return answer;
  }
  Answer<v1::PruneCacheResponse> Order(const std::string& id,
                                       const std::string& worker = "one") {
    v1::PruneCacheRequest request;
    request.set_worker(worker);
    request.set_order_id(id);
    request.mutable_pruning()->set_keep_bytes(5);
    return Ask(request);
  }
  Answer<v1::PruneCacheResponse> Wait(const std::string& id) {
    v1::PruneCacheRequest request;
    request.set_worker("one");
    request.set_order_id(id);
    *request.mutable_wait() = ToProto(absl::Seconds(30));
    return Ask(request);
  }
  v1::PruneReport& Report(const std::string& id) {
    one_.request.mutable_worker()->clear_prune_reports();
    v1::PruneReport& report =
        *one_.request.mutable_worker()->add_prune_reports();
    report.set_order_id(id);
    return report;
  }

  ScriptedWorker one_{"one", "amd64", "s1"};
};

TEST_F(PruneDeskTest, AnOrderGoesToTheWorkerAndItsReportComesBack) {
  Answer<v1::SyncResponse> parked = one_.Begin(*engine_);
  Settle();
  EXPECT_FALSE(parked.HasCome());
  EXPECT_FALSE(Order("o1").Get()->report().done());
  // A worker that waits hears of it at once.
  ASSERT_TRUE(parked.HasCome());
  const v1::SyncResponse told = one_.End(parked);
  EXPECT_EQ(told.prune().order_id(), "o1");
  EXPECT_EQ(told.prune().pruning().keep_bytes(), 5);

  Answer<v1::PruneCacheResponse> end = Wait("o1");
  EXPECT_FALSE(end.HasCome());
  Report("o1");
  // While it works on it, its calls are parked as ever.
  EXPECT_FALSE(Sync(one_).has_prune());
  EXPECT_FALSE(end.HasCome());
  Report("o1").set_done(true);
  one_.request.mutable_worker()->mutable_prune_reports(0)->set_freed_bytes(7);
  Sync(one_);
  ASSERT_TRUE(end.HasCome());
  EXPECT_EQ(end.Get()->report().freed_bytes(), 7);
}

TEST_F(PruneDeskTest, AnOrderIsRepeatedUntilItIsDone) {
  Order("o1");
  EXPECT_EQ(Sync(one_).prune().order_id(), "o1");
  // The answer was lost, or the worker started again.
  EXPECT_EQ(Sync(one_).prune().order_id(), "o1");
  Report("o1").set_done(true);
  EXPECT_FALSE(Sync(one_).has_prune());
}

TEST_F(PruneDeskTest, TheSameOrderIsNotGivenTwice) {
  Order("o1");
  Sync(one_);
  Report("o1").set_done(true);
  Sync(one_);
  EXPECT_TRUE(Order("o1").Get()->report().done());
  one_.request.mutable_worker()->clear_prune_reports();
  EXPECT_FALSE(Sync(one_).has_prune());
}

TEST_F(PruneDeskTest, WhoWaitsIsAnsweredInTime) {
  Order("o1");
  Answer<v1::PruneCacheResponse> end = Wait("o1");
  Advance(absl::Seconds(29));
  EXPECT_FALSE(end.HasCome());
  Advance(absl::Seconds(2));
  ASSERT_TRUE(end.HasCome());
  EXPECT_FALSE(end.Get()->report().done());
}

TEST_F(PruneDeskTest, ANewOrderTakesThePlaceOfTheOld) {
  Order("o1");
  Answer<v1::PruneCacheResponse> end = Wait("o1");
  Order("o2");
  ASSERT_TRUE(end.HasCome());
  EXPECT_TRUE(absl::IsAborted(end.Get().status()));
  EXPECT_EQ(Sync(one_).prune().order_id(), "o2");
}

TEST_F(PruneDeskTest, TheOrderOfAWorkerThatIsGoneForGoodGoesWithIt) {
  Order("o1");
  Advance(absl::Minutes(1));
  EXPECT_FALSE(Order("o1").Get()->report().done());
  Advance(absl::Hours(1));
  EXPECT_TRUE(absl::IsNotFound(Order("o1").Get().status()));
  EXPECT_TRUE(absl::IsNotFound(Wait("o1").Get().status()));
  // One that comes under the name later is another machine, maybe.
  EXPECT_FALSE(Sync(one_).has_prune());
}

TEST_F(PruneDeskTest, AnOlderWorkerIsNotOrdered) {
  ScriptedWorker old("old", "amd64", "s2");
  old.request.mutable_worker()->set_version("0.0.9");
  Sync(old);
  const absl::Status status = Order("o1", "old").Get().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_NE(std::string(status.message()).find("0.0.9"), std::string::npos);
  EXPECT_TRUE(absl::IsNotFound(Order("o1", "nobody").Get().status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Order("o 1").Get().status()));
  EXPECT_TRUE(absl::IsNotFound(Wait("o7").Get().status()));
}

}  // namespace
}  // namespace kso::coordinator
