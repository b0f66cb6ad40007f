// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/doctor/surroundings.h"
#include "common/files/file_io.h"
#include "common/run/clock.h"
#include "gtest/gtest.h"
#include "tests/fakes/server_process.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

class RealMachineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto machine = CreateRealMachine(Clock::Real());
    ASSERT_TRUE(machine.ok()) << machine.status();
    machine_ = *std::move(machine);
  }

  static std::string UrlOf(int port) {
    return absl::StrCat("http://127.0.0.1:", port, "/");
  }

  std::unique_ptr<Machine> machine_;
};

TEST_F(RealMachineTest, APortIsReachedWhereSomethingListens) {
  const int port = testing::FreePort();
  EXPECT_TRUE(absl::IsUnavailable(machine_->Connect(UrlOf(port))));

  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                   sizeof(address)),
            0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  EXPECT_TRUE(machine_->Connect(UrlOf(port)).ok());
}

TEST_F(RealMachineTest, ADirectoryThatIsNotThereYetHasItsParentsRoom) {
  const testing::TempDirectory temp;
  EXPECT_GT(machine_->FreeBytes(temp.path() / "not" / "yet").value_or(0), 0);
}

}  // namespace
}  // namespace kso::cli
