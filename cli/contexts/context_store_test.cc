// SPDX-License-Identifier: Apache-2.0
#include "cli/contexts/context_store.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "cli/contexts/context_choice.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

class ContextStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store_
                    .Add({.name = "lab",
                          .coordinator = "lab.example:7070",
                          .ca = "/pki/ca.crt",
                          .cert = "/pki/ann.crt",
                          .key = "/pki/ann.key"})
                    .ok());
    ASSERT_TRUE(store_
                    .Add({.name = "cloud",
                          .coordinator = "cloud.example:7070",
                          .token_file = "/pki/token"})
                    .ok());
  }

  ConnectionFlags Fill(ConnectionFlags flags) const {
    const absl::Status status = FillFromContext(store_, flags);
    EXPECT_TRUE(status.ok()) << status;
    return flags;
  }

  const kso::testing::TempDirectory temp_;
  const std::filesystem::path file_ = temp_.path() / "kso/contexts.json";
  const ContextStore store_{file_};
};

TEST_F(ContextStoreTest, TheFirstIsInUseUntilAnotherIsChosen) {
  EXPECT_EQ(store_.Read()->current, "lab");
  EXPECT_EQ(Fill({}).coordinator, "lab.example:7070");
  ASSERT_TRUE(store_.Use("cloud").ok());
  EXPECT_EQ(Fill({}).coordinator, "cloud.example:7070");
  EXPECT_EQ(Fill({}).token_file, "/pki/token");
  EXPECT_EQ(Fill({}).cert, "");
}

TEST_F(ContextStoreTest, ACommandMayNameAnother) {
  EXPECT_EQ(Fill({.context = "cloud"}).coordinator, "cloud.example:7070");
  ConnectionFlags flags = {.context = "clowd"};
  const absl::Status status = FillFromContext(store_, flags);
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("cloud, lab"));
}

TEST_F(ContextStoreTest, FlagsGoBeforeTheContext) {
  const ConnectionFlags flags =
      Fill({.context = "lab", .coordinator = "10.0.0.9:7070", .ca = "/my.crt"});
  EXPECT_EQ(flags.coordinator, "10.0.0.9:7070");
  EXPECT_EQ(flags.ca, "/my.crt");
  EXPECT_EQ(flags.cert, "/pki/ann.crt");
}

TEST_F(ContextStoreTest, AnIdentityIsTakenWhole) {
  EXPECT_EQ(Fill({.token_file = "/my/token"}).cert, "");
  EXPECT_EQ(Fill({.token_in_environment = true}).cert, "");
  const ConnectionFlags own = Fill({.cert = "/my.crt", .key = "/my.key"});
  EXPECT_EQ(own.key, "/my.key");
  ASSERT_TRUE(store_.Use("cloud").ok());
  EXPECT_EQ(Fill({.cert = "/my.crt", .key = "/my.key"}).token_file, "");
}

TEST_F(ContextStoreTest, AnotherCoordinatorIsNotShownTheIdentity) {
  const ConnectionFlags flags = Fill({.coordinator = "elsewhere:7070"});
  EXPECT_EQ(flags.cert, "");
  EXPECT_EQ(flags.ca, "");
}

TEST_F(ContextStoreTest, WhatWasRemovedIsInUseNoMore) {
  ASSERT_TRUE(store_.Remove("lab").ok());
  EXPECT_EQ(store_.Read()->current, "");
  EXPECT_EQ(Fill({}).coordinator, "");
  EXPECT_TRUE(absl::IsNotFound(store_.Remove("lab")));
  EXPECT_TRUE(absl::IsNotFound(store_.Use("lab")));
}

TEST_F(ContextStoreTest, TheFileIsForItsOwnerOnly) {
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ContextStoreTest, RefusesWhatIsNoContext) {
  EXPECT_FALSE(store_.Add({.name = "a b"}).ok());
  EXPECT_FALSE(store_.Add({.name = ""}).ok());
  EXPECT_FALSE(store_.Add({.name = "a", .cert = "/a.crt"}).ok());
  EXPECT_FALSE(store_.Add({.name = "a", .key = "/a.key"}).ok());
  EXPECT_FALSE(store_
                   .Add({.name = "a",
                         .cert = "/a.crt",
                         .key = "/a.key",
                         .token_file = "/t"})
                   .ok());
}

TEST_F(ContextStoreTest, ADamagedFileIsNotTakenForAnEmptyOne) {
  for (const char* content :
       {"", "[", "{\"contexts\": 1}", "{\"contexts\": [{}]}",
        "{\"contexts\": [], \"contexts\": []}"}) {
    std::ofstream(file_, std::ios::trunc) << content;
    const absl::Status status = store_.Read().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << content;
    EXPECT_FALSE(store_.Add({.name = "new"}).ok()) << content;
  }
}

}  // namespace
}  // namespace kso::cli
