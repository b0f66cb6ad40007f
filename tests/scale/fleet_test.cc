// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/fleet.h"

#include "common/rpc/server.h"
#include "coordinator/engine/threaded_engine.h"
#include "coordinator/service/services.h"
#include "coordinator/store/sqlite_state_store.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

// A small farm with everything that the large one has: gRPC, the engine, and
// its journal on disk.

namespace kso::scale {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

TEST(FleetTest, ManyWorkersAndBuildsEndWithEachTaskDoneOnce) {
  auto store = coordinator::OpenSqliteStateStore(::testing::TempDir());
  ASSERT_TRUE(store.ok()) << store.status();
  coordinator::FakeActions actions;
  coordinator::EngineOptions options;
  // Workers that wait learn soon that they may end the last tasks.
  options.long_poll = absl::Milliseconds(50);
  auto engine = coordinator::CreateThreadedEngine(options, Clock::Real(),
                                                  store->get(), &actions);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto services = coordinator::CreateServices(engine->get());
  std::vector<grpc::Service*> served;
  for (const auto& service : services) served.push_back(service.get());
  auto server = rpc::StartServer("127.0.0.1:0", served);
  ASSERT_TRUE(server.ok()) << server.status();
  const std::string address = (*server)->address();

  constexpr int kBuilds = 4;
  constexpr int kFiles = 25;
  {
    // Before there are workers: all builds share one base image, unless it is
    // resolved before the next build is there.
    ASSERT_TRUE(SubmitBuilds(address, kBuilds, kFiles).ok());
    Fleet fleet(
        {.coordinator = address, .workers = 20, .slots = 2, .connections = 3});
    const absl::Status most =
        fleet.tally().AwaitFinished(kBuilds * (kFiles - 1) + 1, kPatience);
    ASSERT_TRUE(most.ok()) << most;
    auto builds = ListBuilds(address);
    ASSERT_TRUE(builds.ok()) << builds.status();
    for (const v1::Build& build : builds->builds()) {
      EXPECT_EQ(build.state(), v1::Build::RUNNING);
      EXPECT_EQ(build.progress(0).done(), kFiles);
    }
    fleet.FinishLast();
    const absl::Status rest =
        fleet.tally().AwaitFinished(kBuilds * kFiles + 1, kPatience);
    ASSERT_TRUE(rest.ok()) << rest;
  }
  const auto builds = ListBuilds(address);
  ASSERT_TRUE(builds.ok()) << builds.status();
  EXPECT_EQ(builds->builds_size(), kBuilds);
  for (const v1::Build& build : builds->builds()) {
    EXPECT_EQ(build.state(), v1::Build::SUCCEEDED);
    EXPECT_EQ(build.progress(0).done(), kFiles + 1);
  }
  (*engine)->Stop();
  (*server)->Shutdown(absl::Seconds(5));
}

}  // namespace
}  // namespace kso::scale
