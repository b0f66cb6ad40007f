// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/sqlite_database.h"

#include <string>

#include "common/base/status_notes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

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
