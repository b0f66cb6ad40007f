// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "cli/commands/outcome/follow.h"
#include "cli/coordinator_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/example_upstream.h"
#include "tests/harness/farm.h"

// The coordinator is stopped and started while a client watches and workers
// work, all over real connections.

namespace kso::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

// Remembers all events, and lets others wait for a number of them.
class RecordingView : public cli::ProgressView {
 public:
  void Update(const v1::WatchBuildResponse& response) override {
    absl::MutexLock lock(&mutex_);
    events_.insert(events_.end(), response.events().begin(),
                   response.events().end());
  }
  void Notice(const std::string&) override {}

  void AwaitEvents(size_t count) {
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return events_.size() >= count;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&enough));
  }
  std::vector<v1::Event> events() {
    absl::MutexLock lock(&mutex_);
    return events_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
};

TEST(RestartTest, AClientThatWatchesMissesNothingAndNoTaskRunsTwice) {
  const std::filesystem::path directory = DirectoryOfTest();
  std::filesystem::create_directories(directory / "farm");
  const auto example = StartExampleUpstream(directory);
  ASSERT_TRUE(example.ok()) << example.status();

  auto farm = Farm::Start(directory / "farm");
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_TRUE((*farm)->AddWorker("a", "amd64").ok());
  ASSERT_TRUE((*farm)->AddWorker("b", "arm64").ok());
  ASSERT_TRUE((*farm)->Submit(example->release, "build").ok());

  RecordingView view;
  absl::StatusOr<v1::Build> ended;
  std::thread client([&] {
    const auto coordinator = cli::CreateCoordinatorClient((*farm)->address());
    cli::FollowOptions options;
    options.reached = true;
    ended =
        cli::FollowBuild(*coordinator, "build", Clock::Real(), view, options);
  });
  for (const size_t count : {3, 20, 60, 100}) {
    view.AwaitEvents(count);
    EXPECT_TRUE((*farm)->RestartCoordinator().ok());
  }
  client.join();
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->state(), v1::Build::SUCCEEDED) << ended->DebugString();

  const std::vector<v1::Event> events = view.events();
  std::map<std::string, int> done;
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].sequence(), static_cast<int64_t>(i) + 1);
    if (events[i].text().find(": done (") != std::string::npos) {
      ++done[events[i].task_id()];
    }
  }
  EXPECT_EQ(ended->last_sequence(), static_cast<int64_t>(events.size()));
  EXPECT_THAT(done, Not(IsEmpty()));
  EXPECT_THAT(done, Each(Pair(::testing::_, 1)));
}

}  // namespace
}  // namespace kso::testing
