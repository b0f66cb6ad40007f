// SPDX-License-Identifier: Apache-2.0
#include "cli/connection.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "cli/contexts/context_store.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

class ConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("KSO_TOKEN");
    setenv("XDG_CONFIG_HOME", home_.string().c_str(), 1);
  }
  void TearDown() override {
    unsetenv("KSO_TOKEN");
    unsetenv("XDG_CONFIG_HOME");
  }
  std::string File(const std::string& name, const std::string& content) {
    const std::string path = home_.string() + "/" + name;
    std::ofstream(path) << content;
    chmod(path.c_str(), 0600);
    return path;
  }
  void AddContext(const NamedContext& context) {
    const auto file = ContextStore::DefaultFile();
    ASSERT_TRUE(file.ok());
    const absl::Status added = ContextStore(*file).Add(context);
    ASSERT_TRUE(added.ok()) << added;
  }
  static Connection Resolve(const ConnectionOptions& options) {
    const auto connection = ResolveConnection(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *connection : Connection();
  }

  testing::TempDirectory home_;
};

TEST_F(ConnectionTest, WithoutAWordItIsThisMachine) {
  const Connection connection = Resolve({});
  EXPECT_EQ(connection.address, kDefaultAddress);
  EXPECT_TRUE(connection.trouble.ok());
  EXPECT_TRUE(connection.security.tls.ca.empty());
  EXPECT_TRUE(connection.security.token.empty());
}

TEST_F(ConnectionTest, TheContextInUseSaysWhereAndAsWhom) {
  AddContext({.name = "lab",
              .coordinator = "lab.example:7070",
              .ca = "/ca.crt",
              .token_file = File("token", "kso_lab\n")});
  const Connection connection = Resolve({});
  EXPECT_EQ(connection.address, "lab.example:7070");
  EXPECT_EQ(connection.security.tls.ca, "/ca.crt");
  EXPECT_EQ(connection.security.token, "kso_lab");
}

TEST_F(ConnectionTest, TheIdentityForOneFarmIsNotShownToAnother) {
  AddContext({.name = "lab",
              .coordinator = "lab.example:7070",
              .token_file = File("token", "kso_lab\n")});
  ConnectionOptions options;
  options.flags.coordinator = "other.example:7070";
  const Connection connection = Resolve(options);
  EXPECT_EQ(connection.address, "other.example:7070");
  EXPECT_TRUE(connection.security.token.empty());
}

TEST_F(ConnectionTest, ACertificateOnTheCommandLineGoesBeforeTheVariable) {
  setenv("KSO_TOKEN", "kso_variable", 1);
  EXPECT_EQ(Resolve({}).security.token, "kso_variable");
  ConnectionOptions options;
  options.flags.cert = "/me.crt";
  options.flags.key = "/me.key";
  EXPECT_TRUE(Resolve(options).security.token.empty());
}

TEST_F(ConnectionTest, ABadTokenFileHindersOnlyWhatAsksTheCoordinator) {
  ConnectionOptions options;
  options.flags.token_file = home_.string() + "/absent";
  EXPECT_TRUE(absl::IsNotFound(Resolve(options).trouble));
  options.flags.token_file.clear();
  options.flags.context = "absent";
  EXPECT_TRUE(absl::IsNotFound(Resolve(options).trouble));
}

TEST_F(ConnectionTest, AddressesThatCannotBeAreRefused) {
  for (const char* address : {"host", "host:", "host:0", "host:65536",
                              "http://host:1", "host:1/x", ":1", "unix:x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckAddress(address))) << address;
  }
  for (const char* address :
       {"host:1", "127.0.0.1:7070", "[::1]:7070", "unix:/run/kso.socket"}) {
    EXPECT_TRUE(CheckAddress(address).ok()) << address;
  }
}

}  // namespace
}  // namespace kso::cli
