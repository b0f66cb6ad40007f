// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_database.h"

#include <memory>
#include <string>
#include <utility>

#include "common/base/status_notes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

// A database of its own, in memory.
std::unique_ptr<SqliteDatabase> InMemory() {
  auto database = SqliteDatabase::Open(":memory:");
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

TEST(SqliteDatabaseTest, AFileThatCannotBeOpenedIsNamed) {
  const auto database = SqliteDatabase::Open("/nowhere/state.sqlite");
  EXPECT_EQ(database.status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(database.status().message()),
              HasSubstr("cannot open /nowhere/state.sqlite"));
}

TEST(SqliteDatabaseTest, AFullDiskIsSaidWithWhatToDo) {
  const auto database = InMemory();
  ASSERT_TRUE(database->Execute("CREATE TABLE t(x)").ok());
  ASSERT_TRUE(database->Execute("PRAGMA max_page_count = 2").ok());
  const absl::Status full =
      database->Execute("INSERT INTO t VALUES(zeroblob(100000))");
  EXPECT_EQ(ExhaustedResource(full), Resource::kDisk);
  EXPECT_THAT(std::string(full.message()), HasSubstr("free some disk space"));
}

TEST(SqliteDatabaseTest, WhatMayNotBeWrittenIsNoDamage) {
  const auto database = InMemory();
  ASSERT_TRUE(database->Execute("PRAGMA query_only = 1").ok());
  EXPECT_EQ(database->Execute("CREATE TABLE t(x)").code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(SqliteDatabaseTest, ATableThatIsGoneIsDamage) {
  EXPECT_EQ(InMemory()->Execute("SELECT x FROM t").code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(InMemory()->Compile("SELECT x FROM t").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(SqliteDatabaseTest, WhatAnotherUsesMayBeTriedAgain) {
  const std::string path = ::testing::TempDir() + "used-by-another.sqlite";
  const auto one = SqliteDatabase::Open(path);
  const auto other = SqliteDatabase::Open(path);
  const auto copy = InMemory();
  ASSERT_TRUE(one.ok() && other.ok());
  ASSERT_TRUE((*one)->Execute("CREATE TABLE IF NOT EXISTS t(x)").ok());
  ASSERT_TRUE((*one)->Execute("BEGIN EXCLUSIVE").ok());
  EXPECT_EQ((*other)->Execute("BEGIN IMMEDIATE").code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ((*other)->CopyTo(*copy).code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE((*one)->Execute("COMMIT").ok());
  EXPECT_TRUE((*other)->CopyTo(*copy).ok());
}

TEST(SqliteDatabaseTest, ADatabaseIsNoCopyOfItself) {
  const auto database = InMemory();
  EXPECT_FALSE(database->CopyTo(*database).ok());
}

TEST(SqliteDatabaseTest, WhatThereIsNotIsSaidSo) {
  EXPECT_TRUE(absl::IsNotFound(
      InMemory()->ReadNumber("SELECT 1 WHERE 1 = 2").status()));
}

TEST(SqliteDatabaseTest, AValueThatIsTooLargeIsAnErrorAndNotNothing) {
  const auto database = SqliteDatabase::Open(":memory:");
  ASSERT_TRUE(database.ok()) << database.status();
  const auto statement = (*database)->Compile("SELECT ?1");
  ASSERT_TRUE(statement.ok()) << statement.status();
  sqlite3_limit(sqlite3_db_handle(statement->get()), SQLITE_LIMIT_LENGTH, 1000);
  EXPECT_TRUE(BindBytes(*statement, 1, std::string(1000, 'x')).ok());
  const std::string large(1001, 'x');
  for (const absl::Status& status :
       {BindBytes(*statement, 1, large), BindText(*statement, 1, large)}) {
    EXPECT_EQ(ExhaustedResource(status), Resource::kSizeBound);
    EXPECT_THAT(std::string(status.message()), HasSubstr("1001 bytes"));
  }
}

}  // namespace
}  // namespace kso::coordinator
