// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/farm.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "cli/farm/process.h"
#include "common/run/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_coordinator_client.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

// Answers as a coordinator would whose programs run, by their pid files: every
// worker that runs is ready.
class FakeFarmClient : public FakeCoordinatorClient {
 public:
  explicit FakeFarmClient(std::filesystem::path state_dir)
      : state_dir_(std::move(state_dir)) {}

  absl::StatusOr<v1::GetVersionResponse> GetVersion() override {
    if (answers_anyway || Runs("coordinator")) {
      return v1::GetVersionResponse();
    }
    return absl::UnavailableError("connection refused");
  }

  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    v1::ListWorkersResponse response;
    if (no_worker_connects) return response;
    char host[256] = {};
    gethostname(host, sizeof(host) - 1);
    for (const std::string suffix : {"", "-linux-arm64"}) {
      if (!Runs("worker" + suffix)) continue;
      v1::WorkerStatus* worker = response.add_workers();
      worker->mutable_info()->set_name(host + suffix);
      worker->set_state(v1::WorkerStatus::READY);
    }
    return response;
  }

  bool Runs(const std::string& name) const {
    return ReadPidFile(state_dir_ / (name + ".pid")).has_value();
  }

  // Workers end before the coordinator hears of them.
  bool no_worker_connects = false;
  // Something else has the address.
  bool answers_anyway = false;

 private:
  const std::filesystem::path state_dir_;
};

class FarmTest : public ::testing::Test {
 protected:
  FarmTest() {
    options_.state_dir = directory_ / "state";
    options_.address = "127.0.0.1:7070";
    options_.http_address = "127.0.0.1:7071";
    options_.coordinator_program = Program("kso-coordinator", "exec sleep 600");
    options_.worker_program = Program("kso-worker", "exec sleep 600");
    client_.emplace(options_.state_dir);
  }
  ~FarmTest() override { (void)Down(); }

  std::filesystem::path Program(const std::string& name,
                                const std::string& script) {
    const std::filesystem::path path = directory_ / name;
    std::ofstream(path) << "#!/bin/sh\necho \"$@\"\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  absl::Status Up() { return MakeFarm().Up(); }
  absl::Status Down() { return MakeFarm().Down(); }
  Farm MakeFarm() {
    said_.clear();
    return Farm(options_, &*client_, Clock::Real(),
                [this](const std::string& line) { said_ += line + "\n"; });
  }

  FarmOptions options_;
  std::optional<FakeFarmClient> client_;
  std::string said_;
  const kso::testing::TempDirectory temp_;
  const std::filesystem::path directory_ = temp_.path();
};

TEST_F(FarmTest, ComesUpOnceAndGoesDown) {
  ASSERT_TRUE(Up().ok());
  EXPECT_THAT(said_, HasSubstr("dashboard at http://127.0.0.1:7071/"));
  EXPECT_TRUE(client_->Runs("coordinator"));
  EXPECT_TRUE(client_->Runs("worker"));
  const auto first = ReadPidFile(options_.state_dir / "coordinator.pid");

  options_.platforms = {"linux/arm64"};
  ASSERT_TRUE(Up().ok());
  EXPECT_THAT(said_, HasSubstr("The coordinator was up already"));
  EXPECT_EQ(ReadPidFile(options_.state_dir / "coordinator.pid")->pid,
            first->pid);
  EXPECT_TRUE(client_->Runs("worker-linux-arm64"));

  ASSERT_TRUE(Down().ok());
  EXPECT_FALSE(IsRunning(*first));
  EXPECT_FALSE(client_->Runs("worker"));
  EXPECT_FALSE(client_->Runs("worker-linux-arm64"));
  EXPECT_TRUE(Down().ok());
}

TEST_F(FarmTest, ShowsTheLogOfWhatDoesNotComeUp) {
  client_->no_worker_connects = true;
  options_.worker_program =
      Program("kso-worker", "echo cannot run linux/arm64 >&2; exit 1");
  const absl::Status status = Up();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              ::testing::AllOf(HasSubstr("worker.log"),
                               HasSubstr("cannot run linux/arm64")));
}

TEST_F(FarmTest, HandsOnWhatIsSaidOfRegistries) {
  options_.registry_flags = {"--token-realm", "a.example.com=b.example.com"};
  client_->no_worker_connects = true;
  // The log begins with the arguments.
  options_.worker_program = Program("kso-worker", "exit 1");
  EXPECT_THAT(std::string(Up().message()),
              HasSubstr("--token-realm a.example.com=b.example.com"));
}

TEST_F(FarmTest, LeavesAnotherCoordinatorAlone) {
  client_->answers_anyway = true;
  const absl::Status status = Up();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("another coordinator answers at 127.0.0.1:7070"));
  EXPECT_FALSE(client_->Runs("coordinator"));
}

TEST_F(FarmTest, SaysWhereItRunsWhenAskedForAnotherAddress) {
  ASSERT_TRUE(Up().ok());
  options_.address = "127.0.0.1:8080";
  EXPECT_THAT(std::string(Up().message()), HasSubstr("127.0.0.1:7070"));
}

}  // namespace
}  // namespace kso::cli
