// SPDX-License-Identifier: Apache-2.0
#include "worker/conversation.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/lease_book.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The leases of a book, as a session sees them.
class BookLeases : public Leases {
 public:
  void Start(const v1::Lease& lease) override { book_.Start(lease); }
  void Return(const v1::Lease& lease) override { book_.Return(lease); }
  void ReturnAll() override { book_.ReturnAll(); }
  void KeepOnly(const std::vector<std::string>& wanted) override {
    book_.KeepOnly(wanted);
  }
  void Forget(const std::string& lease_id) override { book_.Forget(lease_id); }
  Snapshot Look() const override { return book_.Look(); }

  // A lease that has ended with this result.
  void AddEnded(const std::string& id, const v1::TaskResult& result) {
    v1::Lease lease;
    lease.set_lease_id(id);
    lease.mutable_task()->set_task_id("task of " + id);
    lease.mutable_task()->mutable_make_layer();
    book_.Start(lease);
    const auto entry = book_.Take();
    ASSERT_NE(entry, nullptr);
    book_.Finish(*entry, result);
  }

 private:
  LeaseBook book_{100};
};

v1::TaskResult ResultOfBytes(size_t bytes) {
  v1::TaskResult result;
  result.mutable_made_layer()->set_diff_id(std::string(bytes, 'x'));
  return result;
}

class ConversationTest : public ::testing::Test {
 protected:
  // A coordinator that wants the leases that have not been acknowledged, and
  // refuses requests that have what `refuses` says. Returns whether it answers.
  bool Talk(const std::function<bool(const v1::LeaseResult&)>& refuses) {
    const v1::SyncRequest request =
        conversation_.MakeRequest({}, /*draining=*/false, leases_);
    largest_ = std::max(largest_, request.ByteSizeLong());
    for (const v1::LeaseResult& result : request.results()) {
      if (!refuses(result)) continue;
      const std::string news =
          conversation_.Refused(request, "cannot parse\nit");
      if (!news.empty()) news_.push_back(news);
      return false;
    }
    v1::SyncResponse response;
    std::set<std::string> settled;
    for (const v1::LeaseResult& result : request.results()) {
      response.add_acknowledged_lease_ids(result.lease_id());
      settled.insert(result.lease_id());
      heard_.push_back(result);
    }
    for (const v1::LeaseResult& left : leases_.Look().results) {
      if (settled.contains(left.lease_id())) continue;
      response.add_leases()->set_lease_id(left.lease_id());
    }
    conversation_.Apply(request, response, leases_);
    return true;
  }
  void TalkUntilAllIsHeard(
      const std::function<bool(const v1::LeaseResult&)>& refuses) {
    for (int i = 0; i < 100 && !leases_.Look().results.empty(); ++i) {
      Talk(refuses);
    }
    EXPECT_THAT(leases_.Look().results, IsEmpty());
  }

  BookLeases leases_;
  Conversation conversation_{"session"};
  std::vector<v1::LeaseResult> heard_;
  std::vector<std::string> news_;
  size_t largest_ = 0;
};

TEST_F(ConversationTest, AResultThatIsRefusedAgainAndAgainBecomesAFailure) {
  for (const char* id : {"a", "bad", "c"}) {
    leases_.AddEnded(id, ResultOfBytes(10));
  }
  TalkUntilAllIsHeard([](const v1::LeaseResult& result) {
    return result.lease_id() == "bad" && result.has_result();
  });
  ASSERT_THAT(heard_, SizeIs(3));
  for (const v1::LeaseResult& result : heard_) {
    EXPECT_EQ(result.has_failure(), result.lease_id() == "bad");
    if (!result.has_failure()) continue;
    EXPECT_EQ(result.task_id(), "task of bad");
    EXPECT_EQ(result.failure().kind(), v1::Failure::PERMANENT);
    EXPECT_THAT(result.failure().reason(), HasSubstr(": cannot parse it"));
  }
  ASSERT_THAT(news_, SizeIs(1));
  EXPECT_THAT(news_[0], HasSubstr("task of bad"));
  // Whatever ends after that is told as ever.
  leases_.AddEnded("d", ResultOfBytes(10));
  EXPECT_TRUE(Talk([](const v1::LeaseResult&) { return false; }));
  ASSERT_THAT(heard_, SizeIs(4));
  EXPECT_EQ(heard_.back().lease_id(), "d");
  EXPECT_TRUE(heard_.back().has_result());
}

TEST_F(ConversationTest, NoResultIsBlamedForRefusalsThatHaveAnotherCause) {
  leases_.AddEnded("a", ResultOfBytes(10));
  for (int i = 0; i < 50; ++i) {
    const v1::SyncRequest request =
        conversation_.MakeRequest({}, /*draining=*/false, leases_);
    EXPECT_EQ(conversation_.Refused(request, "no"), "");
  }
  TalkUntilAllIsHeard([](const v1::LeaseResult&) { return false; });
  ASSERT_THAT(heard_, SizeIs(1));
  EXPECT_TRUE(heard_[0].has_result());
}

TEST_F(ConversationTest, ResultsAreToldInPortionsThatGrpcTakes) {
  for (int i = 0; i < 30; ++i) {
    leases_.AddEnded(Concat("lease-", i), ResultOfBytes(4 << 20));
  }
  TalkUntilAllIsHeard([](const v1::LeaseResult&) { return false; });
  EXPECT_THAT(heard_, SizeIs(30));
  for (const v1::LeaseResult& result : heard_) EXPECT_TRUE(result.has_result());
  EXPECT_LE(largest_, size_t{16} << 20);
}

TEST_F(ConversationTest, AResultThatNoMessageHoldsIsAFailureAtOnce) {
  leases_.AddEnded("a", ResultOfBytes(70 << 20));
  EXPECT_TRUE(Talk([](const v1::LeaseResult&) { return false; }));
  ASSERT_THAT(heard_, SizeIs(1));
  EXPECT_THAT(heard_[0].failure().reason(),
              HasSubstr("over the limit of 32.0 MiB"));
  EXPECT_LE(largest_, size_t{1} << 20);
}

}  // namespace
}  // namespace kso::worker
