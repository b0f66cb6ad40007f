// SPDX-License-Identifier: Apache-2.0
#include "worker/task/task_log.h"

#include <memory>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "common/log/program_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"
#include "tests/fakes/fake_clock.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Takes 1.5 s, and ends as it is told to.
class FakeExecutor final : public TaskExecutor {
 public:
  FakeExecutor(testing::FakeClock* clock, absl::Status status)
      : clock_(*clock), status_(std::move(status)) {}
  absl::StatusOr<v1::TaskResult> Execute(const v1::Task&,
                                         TaskControl&) override {
    clock_.Advance(absl::Milliseconds(1500));
    if (!status_.ok()) return status_;
    return v1::TaskResult();
  }

 private:
  testing::FakeClock& clock_;
  const absl::Status status_;
};

class TaskLogTest : public ::testing::Test {
 protected:
  TaskLogTest() {
    auto logger = std::make_shared<spdlog::logger>(
        "kso-test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
    logger->set_formatter(CreateLogFormatter(LogFormat::kText));
    spdlog::set_default_logger(std::move(logger));
  }

  absl::Status Run(absl::Status status) {
    TaskLog log(std::make_unique<FakeExecutor>(&clock_, std::move(status)),
                &clock_);
    v1::Task task;
    task.set_task_id("b1/layer/x");
    task.set_name("layer x");
    TaskControl control;
    return log.Execute(task, control).status();
  }

  testing::FakeClock clock_;
  std::ostringstream out_;
};

TEST_F(TaskLogTest, ATaskIsToldWhenItBeginsAndEnds) {
  EXPECT_TRUE(Run(absl::OkStatus()).ok());
  EXPECT_THAT(out_.str(),
              HasSubstr("[info] begun: layer x build=b1 task=b1/layer/x\n"));
  EXPECT_THAT(out_.str(), HasSubstr("[info] done in 1.5s: layer x build=b1"));
}

TEST_F(TaskLogTest, AFailureIsAWarningInPrintableWords) {
  EXPECT_TRUE(absl::IsNotFound(Run(absl::NotFoundError("HTTP 404\x1b[2J"))));
  EXPECT_THAT(out_.str(),
              HasSubstr("[warning] failed after 1.5s: layer x: HTTP 404"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kso::worker
