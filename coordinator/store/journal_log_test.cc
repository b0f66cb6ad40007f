// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/journal_log.h"

#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "absl/types/span.h"
#include "common/log/program_log.h"
#include "coordinator/store/memory_state_store.h"
#include "coordinator/store/state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class JournalLogTest : public ::testing::Test {
 protected:
  JournalLogTest() {
    UseSink(std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
  }

  static void UseSink(spdlog::sink_ptr sink) {
    auto logger = std::make_shared<spdlog::logger>("kso-test", std::move(sink));
    logger->set_formatter(CreateLogFormatter(LogFormat::kJson));
    spdlog::set_default_logger(std::move(logger));
  }

  std::string Logged(v1::JournalRecord record) {
    out_.str("");
    // The log writes all that is committed before it goes.
    EXPECT_TRUE(
        JournalLog(CreateMemoryStateStore()).Commit({std::move(record)}).ok());
    return out_.str();
  }

  std::ostringstream out_;
};

// Standard error that nobody reads, until the test lets it be read.
class BlockedSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void WaitForALine() { begun_.WaitForNotification(); }
  void Unblock() { blocked_.Notify(); }
  int lines() const { return lines_; }
  // Returns whether a line says that others were left out.
  bool tells_of_others() const { return tells_of_others_; }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!begun_.HasBeenNotified()) begun_.Notify();
    blocked_.WaitForNotification();
    ++lines_;
    tells_of_others_ |=
        std::string_view(message.payload.data(), message.payload.size())
            .find("lines of builds and tasks left out") !=
        std::string_view::npos;
  }
  void flush_() override {}

  absl::Notification begun_;
  absl::Notification blocked_;
  int lines_ = 0;
  bool tells_of_others_ = false;
};

TEST_F(JournalLogTest, BuildsAndTheirTasksAreToldWithTheirIds) {
  v1::JournalRecord record;
  record.mutable_build_submitted()->set_build_id("b1");
  record.mutable_build_submitted()->mutable_release()->set_name("v1");
  record.mutable_build_submitted()->set_submitted_by("alice");
  EXPECT_THAT(Logged(record),
              AllOf(HasSubstr("release v1 was submitted by alice"),
                    HasSubstr("\"build\":\"b1\"}")));
  record.mutable_lease_granted()->set_task_id("b1/layer/x");
  record.mutable_lease_granted()->set_worker("box-1");
  EXPECT_THAT(Logged(record),
              HasSubstr("\"build\":\"b1\",\"task\":\"b1/layer/x\","
                        "\"worker\":\"box-1\"}"));
  record.mutable_phase_entered()->set_build_id("b1");
  record.mutable_phase_entered()->set_phase(v1::LAYERS);
  EXPECT_THAT(Logged(record), HasSubstr("phase layers"));
}

TEST_F(JournalLogTest, FailuresAreErrorsAndTheirWordsAreMadePrintable) {
  v1::JournalRecord record;
  v1::Failure failure;
  failure.set_item("https://example.com/x");
  failure.set_reason("404\x1b[2J");
  record.mutable_task_failed()->set_task_id("b1/layer/x");
  *record.mutable_task_failed()->mutable_failure() = failure;
  EXPECT_THAT(Logged(record), AllOf(HasSubstr("\"level\":\"error\""),
                                    HasSubstr("https://example.com/x: 404"),
                                    HasSubstr("\"task\":\"b1/layer/x\""),
                                    Not(HasSubstr("\\u001b"))));
  *record.mutable_task_requeued()->mutable_failure() = failure;
  EXPECT_THAT(Logged(record), HasSubstr("\"level\":\"warning\""));
  record.mutable_build_ended()->set_build_id("b1");
  record.mutable_build_ended()->set_state(v1::Build::FAILED);
  *record.mutable_build_ended()->add_failures() = failure;
  EXPECT_THAT(Logged(record), AllOf(HasSubstr("the build has ended: failed"),
                                    HasSubstr("\"level\":\"error\"")));
}

TEST_F(JournalLogTest, ABuildThatSucceededIsNoWarningAndOthersAre) {
  v1::JournalRecord record;
  record.mutable_build_ended()->set_build_id("b1");
  record.mutable_build_ended()->set_state(v1::Build::SUCCEEDED);
  EXPECT_THAT(Logged(record), AllOf(HasSubstr("\"level\":\"info\""),
                                    HasSubstr("has ended: succeeded")));
  record.mutable_build_ended()->set_state(v1::Build::CANCELLED);
  EXPECT_THAT(Logged(record), AllOf(HasSubstr("\"level\":\"warning\""),
                                    HasSubstr("has ended: cancelled")));
}

TEST_F(JournalLogTest, ATaskThatIsGivenBackHasNotFailed) {
  v1::JournalRecord record;
  record.mutable_task_requeued()->set_task_id("b1/layer/x");
  EXPECT_THAT(Logged(record), AllOf(HasSubstr("\"level\":\"info\""),
                                    HasSubstr("gave the task back"),
                                    HasSubstr("\"task\":\"b1/layer/x\"")));
}

TEST_F(JournalLogTest, WhatIsOrderedOfWorkersIsToldWithTheirNames) {
  v1::JournalRecord drained;
  drained.mutable_worker_drained()->set_worker("box-1");
  v1::JournalRecord undrained;
  undrained.mutable_worker_undrained()->set_worker("box-1");
  v1::JournalRecord distrusted;
  distrusted.mutable_worker_distrusted()->set_worker("box-1");
  v1::JournalRecord trusted;
  trusted.mutable_worker_trusted()->set_worker("box-1");
  for (const v1::JournalRecord& record :
       {drained, undrained, distrusted, trusted}) {
    EXPECT_THAT(Logged(record), HasSubstr("\"worker\":\"box-1\"}"));
  }
}

// A store whose disk is full.
class FullStore final : public StateStore {
 public:
  absl::Status Commit(absl::Span<const v1::JournalRecord>) override {
    return absl::ResourceExhaustedError("the disk is full");
  }
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>&) override {
    return absl::OkStatus();
  }
};

TEST_F(JournalLogTest, WhatDidNotBecomeDurableIsNotTold) {
  v1::JournalRecord record;
  record.mutable_build_retried()->set_build_id("b1");
  EXPECT_TRUE(absl::IsResourceExhausted(
      JournalLog(std::make_unique<FullStore>()).Commit({record})));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(JournalLogTest, WhatIsOnlyKeptAccountOfIsNotTold) {
  v1::JournalRecord record;
  record.mutable_tasks_added()->set_build_id("b1");
  EXPECT_EQ(Logged(record), "");
  JournalLog log(CreateMemoryStateStore());
  EXPECT_TRUE(log.Commit({std::move(record)}).ok());
  int replayed = 0;
  EXPECT_TRUE(log.Replay([&replayed](const v1::JournalRecord&) {
                   ++replayed;
                   return absl::OkStatus();
                 })
                  .ok());
  EXPECT_EQ(replayed, 1);
  // A record that cannot be replayed is not passed over.
  EXPECT_TRUE(absl::IsDataLoss(log.Replay([](const v1::JournalRecord&) {
    return absl::DataLossError("no such build");
  })));
  EXPECT_EQ(out_.str(), "");
}

// The engine's only thread commits: a farm must not stand still since nobody
// reads the log.
TEST_F(JournalLogTest, ALogThatNobodyReadsHoldsNoCommitUp) {
  constexpr int kCommits = 30'000;
  const auto sink = std::make_shared<BlockedSink>();
  UseSink(sink);
  {
    JournalLog log(CreateMemoryStateStore());
    v1::JournalRecord record;
    record.mutable_build_retried()->set_build_id("b1");
    ASSERT_TRUE(log.Commit({record}).ok());
    sink->WaitForALine();
    for (int i = 0; i < kCommits; ++i) {
      ASSERT_TRUE(log.Commit({record}).ok());
    }
    sink->Unblock();
  }
  // The first, those that wait, and how many others there were.
  EXPECT_EQ(sink->lines(), 1 + 10'000 + 1);
  EXPECT_TRUE(sink->tells_of_others());
}

}  // namespace
}  // namespace kso::coordinator
