// SPDX-License-Identifier: Apache-2.0
#include "worker/session.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "tests/fakes/session_fixture.h"
#include "worker/runner.h"

namespace kso::worker {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { StartServer(0); }

  ~SessionTest() override {
    if (thread_.joinable()) {
      session_->Stop();
      thread_.join();
    }
    runner_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  void StartServer(int port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                             grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&coordinator_);
    server_ = builder.BuildAndStart();
  }

  void StartSession() {
    stub_ = v1::WorkerService::NewStub(
        rpc::CreateChannel(absl::StrCat("127.0.0.1:", port_)));
    session_ = std::make_unique<Session>(
        stub_.get(), Clock::Real(),
        [this] {
          v1::WorkerInfo info;
          info.set_name("box");
          if (disk_full_) info.set_unhealthy_reason("disk full");
          return info;
        },
        [this](const std::string& change) {
          absl::MutexLock lock(&log_mutex_);
          log_.push_back(change);
        });
    runner_ =
        std::make_unique<Runner>(2, &executor_, [this] { session_->Wake(); });
    thread_ = std::thread([this] { end_ = session_->Run(*runner_); });
  }

  void AwaitLog(size_t lines) {
    absl::MutexLock lock(&log_mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(log_mutex_) {
      return log_.size() >= lines;
    };
    log_mutex_.Await(absl::Condition(&enough));
  }

  int port_ = 0;
  FakeCoordinator coordinator_;
  FakeExecutor executor_;
  std::atomic<bool> disk_full_ = false;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Runner> runner_;
  std::thread thread_;
  // Once the thread has ended.
  Session::End end_ = Session::End::kStopped;
  absl::Mutex log_mutex_;
  std::vector<std::string> log_ ABSL_GUARDED_BY(log_mutex_);
};

TEST_F(SessionTest, DoesALeaseAndReportsAtOnce) {
  StartSession();
  coordinator_.Want("lease-1");
  const v1::SyncRequest busy = coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  EXPECT_EQ(busy.free_slots(), 1);
  EXPECT_EQ(busy.worker().name(), "box");

  executor_.Finish();
  const v1::LeaseResult result = coordinator_.AwaitResult();
  EXPECT_EQ(result.lease_id(), "lease-1");
  EXPECT_EQ(result.task_id(), "task of lease-1");
  EXPECT_EQ(result.result().bytes_fetched(), 42);
  coordinator_.AwaitRequest([](const v1::SyncRequest& request) {
    return request.results_size() == 0 && request.free_slots() == 2;
  });
}

TEST_F(SessionTest, TakesNothingFromACoordinatorOfAnotherTime) {
  coordinator_.Speak(99);
  StartSession();
  coordinator_.Want("lease-1");
  AwaitLog(1);
  {
    absl::MutexLock lock(&log_mutex_);
    EXPECT_NE(log_[0].find("upgrade this worker"), std::string::npos)
        << log_[0];
  }
  const v1::SyncRequest later = coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.sequence() > 1; });
  EXPECT_EQ(later.held_size(), 0);
  EXPECT_GT(later.protocol(), 0);
}

TEST_F(SessionTest, TellsWhatItIsWokenForThoughItsCallIsParked) {
  StartSession();
  const v1::SyncRequest parked = coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.sequence() > 0; });
  EXPECT_EQ(parked.worker().unhealthy_reason(), "");
  disk_full_ = true;
  session_->Wake();
  const v1::SyncRequest next =
      coordinator_.AwaitRequest([&](const v1::SyncRequest& request) {
        return request.sequence() > parked.sequence();
      });
  EXPECT_EQ(next.worker().unhealthy_reason(), "disk full");
}

TEST_F(SessionTest, ALeaseInAnAnswerToACallThatWasCutIsNotLost) {
  StartSession();
  coordinator_.LoseLeases(true);
  coordinator_.Want("lease-1");
  coordinator_.AwaitLost();
  EXPECT_EQ(executor_.begun(), 0);
  coordinator_.LoseLeases(false);
  session_->Wake();
  executor_.Finish();
  EXPECT_EQ(coordinator_.AwaitResult().lease_id(), "lease-1");
  EXPECT_EQ(executor_.begun(), 1);
}

TEST_F(SessionTest, ReportsAFailureWithItsKind) {
  StartSession();
  executor_.Finish(absl::NotFoundError("HTTP 404"));
  coordinator_.Want("lease-1");
  const v1::LeaseResult result = coordinator_.AwaitResult();
  EXPECT_EQ(result.failure().kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(result.failure().reason(), "HTTP 404");
}

TEST_F(SessionTest, StopsALeaseThatIsNoLongerWanted) {
  StartSession();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  executor_.AwaitBegun(1);
  coordinator_.Unwant("lease-1");
  executor_.AwaitCancelled(1);
  const v1::SyncRequest after =
      coordinator_.AwaitRequest([](const v1::SyncRequest& request) {
        return request.held_size() == 0 && request.free_slots() == 2;
      });
  EXPECT_EQ(after.results_size(), 0);
}

TEST_F(SessionTest, RepeatsAResultUntilItIsAcknowledged) {
  StartSession();
  coordinator_.Acknowledge(false);
  executor_.Finish();
  coordinator_.Want("lease-1");
  const v1::SyncRequest first =
      coordinator_.AwaitRequest([](const v1::SyncRequest& request) {
        return request.results_size() == 1;
      });
  coordinator_.Acknowledge(true);
  const v1::LeaseResult result = coordinator_.AwaitResult();
  EXPECT_EQ(result.lease_id(), "lease-1");
  EXPECT_EQ(executor_.begun(), 1);
  EXPECT_EQ(first.session(),
            coordinator_
                .AwaitRequest([&](const v1::SyncRequest& request) {
                  return request.sequence() > first.sequence();
                })
                .session());
}

// Its answer comes as soon as the results are durable, and to cut it short
// would only make the coordinator hear of them twice.
TEST_F(SessionTest, ACallThatBringsResultsIsNotCutShort) {
  StartSession();
  coordinator_.Acknowledge(false);
  executor_.Finish();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest([](const v1::SyncRequest& request) {
    return request.results_size() == 1;
  });
  session_->Wake();
  coordinator_.Acknowledge(true);
  // The fake has answered the first call without taking the result.
  EXPECT_EQ(coordinator_.AwaitResult().lease_id(), "lease-1");
  EXPECT_EQ(coordinator_.told(), 2);
}

TEST_F(SessionTest, DrainingFinishesWhatIsHeldAndEnds) {
  StartSession();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  session_->Drain();
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.draining(); });
  // A lease that comes now goes back undone.
  coordinator_.Want("lease-2");
  EXPECT_TRUE(coordinator_.AwaitResult().returned());
  executor_.Finish();
  EXPECT_EQ(coordinator_.AwaitResult().lease_id(), "lease-1");
  thread_.join();
  EXPECT_EQ(end_, Session::End::kDrained);
  EXPECT_EQ(executor_.begun(), 1);
}

TEST_F(SessionTest, DrainingHandsBackWhatTakesTooLong) {
  StartSession();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  executor_.AwaitBegun(1);
  // The call that is parked at the coordinator must not outlast it.
  session_->Drain(absl::Milliseconds(50));
  const v1::LeaseResult result = coordinator_.AwaitResult();
  EXPECT_EQ(result.lease_id(), "lease-1");
  EXPECT_TRUE(result.returned());
  thread_.join();
  EXPECT_EQ(end_, Session::End::kDrained);
  executor_.AwaitCancelled(1);
}

TEST_F(SessionTest, StoppingDoesNotWaitForTheTask) {
  StartSession();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  // A task that has not begun is dropped, and there is nothing to cancel.
  executor_.AwaitBegun(1);
  session_->Drain();
  session_->Stop();
  thread_.join();
  EXPECT_EQ(end_, Session::End::kStopped);
  runner_.reset();
  executor_.AwaitCancelled(1);
}

TEST_F(SessionTest, DrainsWithEmptyHandsWithoutTheCoordinator) {
  server_->Shutdown(std::chrono::system_clock::now());
  StartSession();
  AwaitLog(1);
  session_->Drain();
  thread_.join();
  EXPECT_EQ(end_, Session::End::kDrained);
}

TEST_F(SessionTest, KeepsWorkingWithoutTheCoordinator) {
  StartSession();
  coordinator_.Want("lease-1");
  coordinator_.AwaitRequest(
      [](const v1::SyncRequest& request) { return request.held_size() == 1; });
  server_->Shutdown(std::chrono::system_clock::now());
  AwaitLog(2);  // Connected, gone.
  executor_.Finish();
  StartServer(port_);
  EXPECT_EQ(coordinator_.AwaitResult().lease_id(), "lease-1");
}

}  // namespace
}  // namespace kso::worker
