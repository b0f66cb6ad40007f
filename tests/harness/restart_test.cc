#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "cli/coordinator_client.h"
#include "cli/follow.h"
#include "cli/release/release_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/farm.h"
#include "tests/upstream/faults.h"
#include "tests/upstream/make_catalog.h"
#include "tests/upstream/object_store.h"
#include "tests/upstream/release.h"
#include "tests/upstream/release_writer.h"
#include "tests/upstream/upstream_server.h"

// The coordinator is stopped and started while a client watches and workers
// work, all over real connections.

namespace kso::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

constexpr char kExample[] = "deploy/releases/kubespray-2.25.1";

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
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "restart";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory / "farm");
  const auto example = upstream::ReadRelease(kExample);
  ASSERT_TRUE(example.ok()) << example.status();
  const auto objects =
      upstream::ObjectStore::Open((directory / "objects").string());
  ASSERT_TRUE(objects.ok()) << objects.status();
  upstream::CatalogOptions catalog_options;
  catalog_options.size_factor = 0.0001;
  auto catalog = upstream::MakeCatalog(*objects, *example, catalog_options);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  auto upstream = upstream::UpstreamServer::Start(
      {}, *std::move(catalog), std::make_unique<upstream::Faults>());
  ASSERT_TRUE(upstream.ok()) << upstream.status();
  ASSERT_TRUE(upstream::WriteRelease(*example, (*upstream)->catalog(),
                                     (*upstream)->main_address(), "oci:result",
                                     (directory / "release").string())
                  .ok());
  const auto release = cli::ReadRelease(directory / "release" / "release.yaml");
  ASSERT_TRUE(release.ok()) << release.status();

  auto farm = Farm::Start(directory / "farm");
  ASSERT_TRUE(farm.ok()) << farm.status();
  ASSERT_TRUE((*farm)->AddWorker("a", "amd64").ok());
  ASSERT_TRUE((*farm)->AddWorker("b", "arm64").ok());
  ASSERT_TRUE((*farm)->Submit(*release, "build").ok());

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
