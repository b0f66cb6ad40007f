// SPDX-License-Identifier: Apache-2.0
#include "common/run/threads.h"

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <vector>

#include "common/base/status_notes.h"
#include "common/run/run_all.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

// No stack of a new thread fits into the address space; a limit on processes
// would not bind root.
void AllowNoMoreThreads() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size_t{1} << 47);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

TEST(ThreadsTest, AThreadRunsItsBody) {
  std::atomic<bool> ran = false;
  absl::StatusOr<std::thread> thread = StartThread([&] { ran = true; });
  ASSERT_TRUE(thread.ok());
  thread->join();
  EXPECT_TRUE(ran);
}

TEST(ThreadsTest, WhereNoThreadCanBeStartedThatIsAnError) {
  const auto without_threads = [] {
    AllowNoMoreThreads();
    const absl::Status status = StartThread([] {}).status();
    std::_Exit(ExhaustedResource(status) == Resource::kMemory ? 7 : 1);
  };
  EXPECT_EXIT(without_threads(), ::testing::ExitedWithCode(7), "");
}

TEST(ThreadsTest, AThreadThatIsNeededEndsTheProgramInWords) {
  const auto without_threads = [] {
    AllowNoMoreThreads();
    StartThreadOrExit("the engine", [] {}).join();
  };
  EXPECT_EXIT(without_threads(), ::testing::ExitedWithCode(EXIT_FAILURE),
              "cannot start the engine: this machine starts no more threads");
}

TEST(ThreadsTest, WhatRunsAtOnceRunsOneByOneWhereThereAreNoThreads) {
  const auto without_threads = [] {
    AllowNoMoreThreads();
    int ran = 0;
    const std::vector<std::function<absl::Status()>> jobs(3, [&ran] {
      ++ran;
      return absl::OkStatus();
    });
    const bool ok = RunAll(3, jobs).ok();
    std::_Exit(ok && ran == 3 ? 7 : 1);
  };
  EXPECT_EXIT(without_threads(), ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace kso
