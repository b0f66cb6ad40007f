// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "common/base/strings.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

class FileLockTest : public ::testing::Test {
 protected:
  const testing::TempDirectory directory_;
  const fs::path path_ = directory_.path() / "lock";
};

TEST_F(FileLockTest, IsHeldByOneAtATime) {
  {
    const auto lock = FileLock::TryLock(path_, "stop it");
    ASSERT_TRUE(lock.ok()) << lock.status();
    const auto second = FileLock::TryLock(path_, "stop it");
    ASSERT_TRUE(absl::IsFailedPrecondition(second.status()));
    EXPECT_EQ(ToStd(second.status().message()),
              Concat(path_.string(), ": another process uses it; stop it"));
  }
  EXPECT_TRUE(FileLock::TryLock(path_, "stop it").ok());
}

TEST_F(FileLockTest, MovesWithItsOwner) {
  std::optional<FileLock> kept;
  {
    auto lock = FileLock::TryLock(path_, "wait");
    ASSERT_TRUE(lock.ok());
    kept.emplace(*std::move(lock));
  }
  EXPECT_FALSE(FileLock::TryLock(path_, "wait").ok());
  kept.reset();
  EXPECT_TRUE(FileLock::TryLock(path_, "wait").ok());
}

TEST_F(FileLockTest, EndsWithAProcessThatIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = FileLock::TryLock(path_, "wait");
    (void)!write(ready[1], "x", 1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(FileLock::TryLock(path_, "wait").ok());
  kill(holder, SIGKILL);
  ASSERT_EQ(waitpid(holder, nullptr, 0), holder);
  EXPECT_TRUE(FileLock::TryLock(path_, "wait").ok());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(FileLockTest, LocksADirectoryAlsoThroughALink) {
  const fs::path link = directory_.path() / "link";
  fs::create_directory_symlink(directory_.path(), link);
  const auto lock = FileLock::TryLockExisting(directory_.path(), "wait");
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      FileLock::TryLockExisting(link, "wait").status()));
}

TEST_F(FileLockTest, MakesNothingThatIsExpectedToBeThere) {
  EXPECT_TRUE(
      absl::IsNotFound(FileLock::TryLockExisting(path_, "wait").status()));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(FileLockTest, WhoWaitsGetsTheFileThatHasTheNameThen) {
  std::optional<FileLock> holder;
  {
    auto lock = FileLock::Lock(path_, 0644);
    ASSERT_TRUE(lock.ok()) << lock.status();
    holder.emplace(*std::move(lock));
  }
  absl::StatusOr<FileLock> next = absl::UnknownError("not yet");
  std::thread waiting([&] { next = FileLock::Lock(path_, 0644); });
  fs::remove(path_);
  holder.reset();
  waiting.join();
  ASSERT_TRUE(next.ok()) << next.status();
  ASSERT_TRUE(fs::exists(path_));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      FileLock::TryLockExisting(path_, "wait").status()));
}

}  // namespace
}  // namespace kso
