// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/rate_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/base/host_demand.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr char kHost[] = "registry-1.docker.io";

class RateBudgetTest : public ::testing::Test {
 protected:
  void Refused(int64_t refusals, int running, absl::Duration retry_after = {},
               const std::string& session = "s") {
    v1::HostReport report;
    report.set_host(kHost);
    report.set_refusals(refusals);
    *report.mutable_retry_after() = ToProto(retry_after);
    budget_.Observe("w", session, report, [&] { return running; }, now_);
  }

  void QuotaSaid(int64_t remaining, absl::Duration age = {}) {
    v1::HostReport report;
    report.set_host(kHost);
    report.mutable_quota()->set_limit(100);
    report.mutable_quota()->set_remaining(remaining);
    *report.mutable_quota()->mutable_window() = ToProto(absl::Hours(6));
    *report.mutable_quota_age() = ToProto(age);
    budget_.Observe("w", "s", report, [] { return 0; }, now_);
  }

  // Why one more may not start; empty when it may.
  std::string WhyNot(int tasks = 0, int manifests = 0) {
    return budget_
        .WhyNot({.host = kHost, .manifests = true},
                {.tasks = tasks, .manifests = manifests}, now_)
        .value_or("");
  }
  // The same for one that only fetches blobs.
  std::string WhyNotBlobs(int tasks = 0) {
    return budget_
        .WhyNot({.host = kHost, .manifests = false},
                {.tasks = tasks, .manifests = 0}, now_)
        .value_or("");
  }

  absl::Time now_ = absl::FromUnixSeconds(1700000000);
  RateBudget budget_;
};

TEST_F(RateBudgetTest,
       APauseBeyondWhatIsBelievedDoesNotBeginAnewWithEachReport) {
  const absl::Time end = now_ + absl::Hours(24 * 365 * 50);
  // The worker tells of what is left of it, hour by hour.
  Refused(1, 4, end - now_);
  EXPECT_THAT(WhyNot(), HasSubstr("wants no request for"));
  for (int hours = 0; hours < 24 && !WhyNot().empty(); ++hours) {
    now_ += absl::Hours(1);
    Refused(1, 4, end - now_);
  }
  EXPECT_EQ(WhyNot(), "");
  // It asks for another pause when it refuses again.
  Refused(2, 4, end - now_ + absl::Hours(1));
  EXPECT_THAT(WhyNot(), HasSubstr("wants no request for"));
}

TEST_F(RateBudgetTest, APauseThatEndsALittleLaterIsTheSame) {
  int64_t refusals = 0;
  const auto ends_after = [&](absl::Duration later) {
    // Nothing is left of the former pause by then.
    now_ += absl::Hours(1000);
    const absl::Time begin = now_;
    ++refusals;
    Refused(refusals, 4, absl::Hours(10));
    now_ = begin + absl::Hours(5);
    Refused(refusals, 4, absl::Hours(5) + later);
    now_ = begin + absl::Hours(6);
    return WhyNot().empty();
  };
  // The first is cut to six hours, and a report of the same does not prolong
  // it.
  EXPECT_TRUE(ends_after(absl::ZeroDuration()));
  EXPECT_TRUE(ends_after(absl::Seconds(5)));
  EXPECT_FALSE(ends_after(absl::Seconds(6)));
}

// A worker may report any names, and each turn of the engine looks at all that
// are known.
TEST_F(RateBudgetTest, TheHostsThatAreKnownAreBounded) {
  Refused(1, 4, absl::Hours(5));
  const auto report_many = [this](const std::string& prefix) {
    for (int i = 0; i < 5000; ++i) {
      v1::HostReport report;
      report.set_host(absl::StrCat(prefix, i));
      report.set_refusals(1);
      budget_.Observe("rogue", "s", report, [] { return 0; }, now_);
    }
  };
  const auto count = [this] {
    size_t hosts = 0;
    budget_.ForEachHost([&hosts](const std::string&) { ++hosts; });
    return hosts;
  };
  report_many("a");
  EXPECT_EQ(count(), RateBudgetOptions().most_hosts);
  EXPECT_TRUE(budget_.Knows(kHost));
  now_ += absl::Minutes(5);
  report_many("b");
  EXPECT_FALSE(budget_.Knows("b0"));
  // Hosts that have been quiet make room, but for those that want a pause.
  now_ += absl::Minutes(10);
  report_many("c");
  EXPECT_EQ(count(), RateBudgetOptions().most_hosts);
  EXPECT_TRUE(budget_.Knows("c0"));
  EXPECT_FALSE(budget_.Knows("a0"));
  EXPECT_THAT(WhyNot(), HasSubstr("wants no request for"));
}

TEST_F(RateBudgetTest, HostsAreLookedAtForRoomOnceASecond) {
  const size_t most = RateBudgetOptions().most_hosts;
  const auto hear_of = [this](const std::string& name) {
    v1::HostReport report;
    report.set_host(name);
    budget_.Observe("w", "s", report, [] { return 0; }, now_);
    return budget_.Knows(name);
  };
  const absl::Time full = now_ + absl::Minutes(10);
  now_ = full - absl::Milliseconds(599'600);
  hear_of("first");
  now_ = full - absl::Seconds(599);
  for (size_t i = 1; i < most; ++i) hear_of(absl::StrCat("other", i));
  now_ = full;
  EXPECT_FALSE(hear_of("new"));
  EXPECT_TRUE(budget_.Knows("first"));
  // One has been quiet for long enough, and nobody looks yet.
  now_ = full + absl::Milliseconds(500);
  EXPECT_FALSE(hear_of("new"));
  now_ = full + absl::Seconds(1);
  EXPECT_TRUE(hear_of("new"));
  EXPECT_FALSE(budget_.Knows("first"));
  EXPECT_FALSE(budget_.Knows("other1"));
}

TEST_F(RateBudgetTest, AHostThatIsQuietStaysKnownWhileThereIsRoom) {
  QuotaSaid(0);
  now_ += absl::Hours(1);
  v1::HostReport report;
  report.set_host("ghcr.io");
  budget_.Observe("w", "s", report, [] { return 0; }, now_);
  EXPECT_TRUE(budget_.Knows(kHost));
}

TEST_F(RateBudgetTest, AWorkerThatIsGoneForGoodIsHeardAnew) {
  Refused(1, 4);
  now_ += absl::Hours(1);
  EXPECT_EQ(WhyNot(), "");
  Refused(1, 4);
  EXPECT_EQ(WhyNot(), "");
  budget_.Forget("w");
  Refused(1, 4);
  EXPECT_NE(WhyNot(), "");
}

TEST_F(RateBudgetTest, ARetryAfterHoldsTheWholeFarm) {
  EXPECT_EQ(WhyNot(), "");
  Refused(1, 4, absl::Minutes(2));
  EXPECT_THAT(WhyNot(), HasSubstr("wants no request for 2 min 0 s"));
  EXPECT_EQ(budget_.NextChange(now_), now_ + absl::Minutes(2));
  EXPECT_FALSE(budget_.WhyNot({.host = "ghcr.io"}, {}, now_).has_value());
  now_ += absl::Minutes(2);
  EXPECT_EQ(WhyNot(), "");
  // Next, its limit of tasks is lifted, and then nothing changes.
  const absl::Time lifted = now_ + absl::Minutes(8);
  EXPECT_EQ(budget_.NextChange(now_), lifted);
  EXPECT_EQ(budget_.NextChange(lifted), absl::InfiniteFuture());
}

TEST_F(RateBudgetTest, RefusalsThatComeTogetherAreOne) {
  Refused(1, 8);
  Refused(2, 8);
  now_ += absl::Milliseconds(999);
  Refused(3, 8);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(WhyNot(3), "");
  EXPECT_NE(WhyNot(4), "");
  // A second later, it is another one.
  Refused(4, 8);
  now_ += absl::Seconds(2);
  EXPECT_EQ(WhyNot(1), "");
  EXPECT_NE(WhyNot(2), "");
}

TEST_F(RateBudgetTest, TasksThatStillRunDoNotRaiseTheLimit) {
  Refused(1, 2);
  now_ += absl::Seconds(2);
  EXPECT_NE(WhyNot(1), "");
  Refused(2, 8);
  now_ += absl::Seconds(4);
  EXPECT_NE(WhyNot(1), "");
  EXPECT_EQ(WhyNot(0), "");
}

TEST_F(RateBudgetTest, OneSuccessAddsAPartOfATask) {
  Refused(1, 2);
  now_ += absl::Seconds(1);
  budget_.Succeeded(kHost);
  EXPECT_EQ(WhyNot(1), "");
  EXPECT_NE(WhyNot(2), "");
  budget_.Succeeded(kHost);
  EXPECT_NE(WhyNot(2), "");
}

TEST_F(RateBudgetTest, SoManyTasksAreNoLimit) {
  Refused(1, 512);
  now_ += absl::Seconds(1);
  EXPECT_EQ(WhyNot(255), "");
  EXPECT_NE(WhyNot(256), "");
  budget_.Succeeded(kHost);
  EXPECT_EQ(WhyNot(10'000), "");
}

TEST_F(RateBudgetTest, ASuccessMakesNoHostKnown) {
  budget_.Succeeded("ghcr.io");
  EXPECT_TRUE(budget_.empty());
  EXPECT_EQ(budget_.NextChange(now_), absl::InfiniteFuture());
}

TEST_F(RateBudgetTest, AWorkerThatWasStartedAgainCountsItsRefusalsAnew) {
  Refused(3, 8, {}, "s1");
  now_ += absl::Seconds(2);
  EXPECT_THAT(WhyNot(4), HasSubstr("serves 4 tasks at a time"));
  // The new process has been refused nothing yet.
  Refused(0, 4, {}, "s2");
  EXPECT_EQ(WhyNot(3), "");
  // Fewer than the former one counted, and a refusal all the same.
  Refused(1, 4, {}, "s2");
  now_ += absl::Seconds(2);
  EXPECT_THAT(WhyNot(2), HasSubstr("serves 2 tasks at a time"));
  // One that is refused before it reports for the first time.
  Refused(1, 2, {}, "s3");
  now_ += absl::Seconds(4);
  EXPECT_THAT(WhyNot(1), HasSubstr("serves one task at a time"));
}

TEST_F(RateBudgetTest, RefusalsHalveTheTasksAtAHostAndSuccessesBringThemBack) {
  Refused(3, 8);
  EXPECT_THAT(WhyNot(), HasSubstr("wants no request for 1.0 s"));
  now_ += absl::Seconds(1);
  EXPECT_EQ(WhyNot(3), "");
  EXPECT_THAT(WhyNot(4), HasSubstr("serves 4 tasks at a time"));
  // The same report again is no new refusal.
  Refused(3, 4);
  EXPECT_EQ(WhyNot(3), "");
  for (int i = 0; i < 5; ++i) budget_.Succeeded(kHost);
  EXPECT_EQ(WhyNot(4), "");
  EXPECT_NE(WhyNot(5), "");
}

TEST_F(RateBudgetTest, PausesGrowWhileNothingSucceeds) {
  int64_t refusals = 0;
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    Refused(++refusals, 1);
    EXPECT_EQ(budget_.NextChange(now_), now_ + absl::Seconds(seconds));
    now_ += absl::Seconds(seconds);
    EXPECT_EQ(WhyNot(), "");
    EXPECT_THAT(WhyNot(1), HasSubstr("one task at a time"));
  }
  budget_.Succeeded(kHost);
  for (const int seconds : {1, 2}) {
    Refused(++refusals, 1);
    EXPECT_EQ(budget_.NextChange(now_), now_ + absl::Seconds(seconds));
    now_ += absl::Seconds(seconds);
  }
}

TEST_F(RateBudgetTest, TheLimitIsLiftedWhenAllIsQuiet) {
  Refused(1, 2);
  now_ += absl::Minutes(9);
  EXPECT_NE(WhyNot(1), "");
  now_ += absl::Minutes(1);
  EXPECT_EQ(WhyNot(100), "");
}

TEST_F(RateBudgetTest, AQuotaIsNotOverspent) {
  QuotaSaid(9);
  EXPECT_EQ(WhyNot(2, 2), "");
  // Three running tasks may need nine requests.
  EXPECT_EQ(WhyNot(3, 3),
            "registry-1.docker.io has 9 of 100 requests left in each 6 h 0 "
            "min, which running tasks may need");
  // Blobs do not count.
  EXPECT_EQ(WhyNotBlobs(3), "");
}

TEST_F(RateBudgetTest, AUsedUpQuotaIsTriedByOneAtATime) {
  QuotaSaid(0);
  EXPECT_THAT(WhyNot(), HasSubstr("0 of 100 requests left in each 6 h 0 min; "
                                  "the next try is in 3 min 36 s"));
  EXPECT_EQ(WhyNotBlobs(), "");
  EXPECT_EQ(budget_.NextChange(now_), now_ + absl::Seconds(216));
  now_ += absl::Seconds(216);
  EXPECT_EQ(WhyNot(), "");
  EXPECT_THAT(WhyNot(1, 1), HasSubstr("which running tasks may need"));
  QuotaSaid(50);
  EXPECT_EQ(WhyNot(1, 1), "");
}

TEST_F(RateBudgetTest, ATaskNeedsThreeRequestsOfAQuota) {
  QuotaSaid(3);
  EXPECT_EQ(WhyNot(), "");
  EXPECT_EQ(budget_.NextChange(now_), absl::InfiniteFuture());
  QuotaSaid(2);
  EXPECT_NE(WhyNot(), "");
  EXPECT_EQ(budget_.NextChange(now_), now_ + absl::Seconds(216));
}

TEST_F(RateBudgetTest, TheTimeBetweenProbesIsBounded) {
  struct Case {
    absl::Duration window;
    int64_t limit;
    absl::Duration between;
  };
  for (const Case& one : {Case{absl::Hours(6), 100, absl::Seconds(216)},
                          Case{absl::Hours(6), 10, absl::Minutes(5)},
                          Case{absl::Minutes(1), 100, absl::Seconds(5)},
                          Case{absl::Minutes(1), 1, absl::Minutes(1)},
                          Case{absl::Minutes(1), 0, absl::Minutes(5)},
                          Case{absl::ZeroDuration(), 100, absl::Minutes(5)}}) {
    v1::HostReport report;
    report.set_host(kHost);
    report.mutable_quota()->set_limit(one.limit);
    *report.mutable_quota()->mutable_window() = ToProto(one.window);
    budget_.Observe("w", "s", report, [] { return 0; }, now_);
    EXPECT_EQ(budget_.NextChange(now_), now_ + one.between) << one.between;
  }
}

TEST_F(RateBudgetTest, TheNewestWordCounts) {
  QuotaSaid(50);
  QuotaSaid(0, absl::Minutes(1));
  EXPECT_EQ(WhyNot(), "");
  // Of two that are as old, the one that comes later.
  QuotaSaid(0);
  EXPECT_NE(WhyNot(), "");
}

TEST_F(RateBudgetTest, IsDescribedInWords) {
  QuotaSaid(76);
  Refused(1, 2, absl::Seconds(30));
  const auto limit =
      budget_.Describe(kHost, {.tasks = 1, .manifests = 1}, 3, now_);
  ASSERT_TRUE(limit.has_value());
  EXPECT_EQ(limit->words(),
            "registry-1.docker.io: 76 of 100 requests left in each 6 h 0 min "
            "0.0 s ago, wants no request for 30 s, at most 1 task at a time "
            "since it refused requests, 1 task running, 3 tasks waiting for "
            "it");
  EXPECT_EQ(limit->quota().remaining(), 76);
  EXPECT_EQ(limit->tasks_waiting(), 3);
  EXPECT_EQ(limit->task_limit(), 1);
  EXPECT_EQ(limit->tasks_running(), 1);
  EXPECT_EQ(FromProto(limit->paused_for()), absl::Seconds(30));
  EXPECT_FALSE(budget_.Describe("ghcr.io", {}, 0, now_).has_value());
}

TEST_F(RateBudgetTest, WhatIsNotSoIsNotSaid) {
  Refused(1, 8);
  now_ += absl::Seconds(1);
  EXPECT_EQ(budget_.Describe(kHost, {}, 0, now_)->words(),
            "registry-1.docker.io: at most 4 tasks at a time since it refused "
            "requests");
  EXPECT_FALSE(budget_.Describe(kHost, {}, 0, now_)->has_quota());
  now_ += absl::Minutes(10);
  v1::HostReport report;
  report.set_host(kHost);
  report.set_refusals(1);
  report.mutable_quota()->set_limit(100);
  report.mutable_quota()->set_remaining(76);
  *report.mutable_quota_age() = ToProto(absl::Minutes(1));
  budget_.Observe("w", "s", report, [] { return 0; }, now_);
  const auto limit = budget_.Describe(kHost, {}, 1, now_);
  EXPECT_EQ(limit->words(),
            "registry-1.docker.io: 76 of 100 requests left 1 min 0 s ago, 1 "
            "task waiting for it");
  EXPECT_EQ(limit->task_limit(), 0);
  EXPECT_FALSE(limit->has_paused_for());
}

TEST(HostDemandTest, TasksNameTheirHostsOnceMirrorsFollowed) {
  v1::Task task;
  v1::Mirror* mirror = task.add_mirrors();
  mirror->set_prefix("https://dl.k8s.io/");
  mirror->set_location("http://mirror:8080/dl.k8s.io/");
  task.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  task.mutable_destination()->set_location("r.example.com:5000/team");
  v1::MakeLayer* layer = task.mutable_make_layer();
  layer->add_members()->mutable_file()->set_url("https://dl.k8s.io/kubelet");
  layer->add_members()->mutable_file()->set_url("https://dl.k8s.io/kubectl");
  layer->add_members()->mutable_blob()->set_repository(
      "docker.io/library/nginx");
  std::string hosts;
  for (const HostDemand& use : HostsOf(task)) hosts += use.host + " ";
  EXPECT_EQ(hosts, "mirror:8080 r.example.com:5000 registry-1.docker.io ");

  v1::Task resolve;
  resolve.mutable_resolve_image()->set_reference("docker.io/library/nginx:1");
  ASSERT_EQ(HostsOf(resolve).size(), 1u);
  EXPECT_EQ(HostsOf(resolve)[0].host, kHost);
  EXPECT_TRUE(HostsOf(resolve)[0].manifests);
}

}  // namespace
}  // namespace kso::coordinator
