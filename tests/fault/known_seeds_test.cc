// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/fault/history.h"

namespace kso::testing {
namespace {

// tests/fault/seeds: a seed a line, and what it found.
TEST(KnownSeedsTest, WhatWasFoundStaysMended) {
  std::ifstream seeds("tests/fault/seeds");
  ASSERT_TRUE(seeds.is_open());
  int count = 0;
  for (std::string line; std::getline(seeds, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    uint64_t seed = 0;
    std::string story;
    ASSERT_TRUE(words >> seed && std::getline(words, story)) << line;
    SCOPED_TRACE(line);
    const HistoryReport report = RunHistory({.seed = seed});
    EXPECT_TRUE(report.broken.empty()) << absl::StrJoin(report.broken, "\n");
    ++count;
  }
  EXPECT_GT(count, 0);
}

TEST(KnownSeedsTest, ASeedReplaysExactly) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const HistoryReport first = RunHistory({.seed = seed});
    const HistoryReport second = RunHistory({.seed = seed});
    EXPECT_EQ(first.fingerprint, second.fingerprint) << "seed " << seed;
  }
}

// The invariants find what is wrong, in most histories where it can show.
TEST(MutationTest, TheyNoticeAJournalThatForgets) {
  int noticed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const HistoryReport report =
        RunHistory({.seed = seed, .mutation = Mutation::kForgetfulStore});
    noticed += !report.broken.empty();
  }
  EXPECT_GE(noticed, 9);
}

TEST(MutationTest, TheyNoticeATagWithoutItsClosure) {
  int noticed = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const HistoryReport report =
        RunHistory({.seed = seed, .mutation = Mutation::kLyingWorkers});
    noticed += !report.broken.empty() &&
               report.broken[0].find("lacks") != std::string::npos;
  }
  EXPECT_GE(noticed, 5);
}

}  // namespace
}  // namespace kso::testing
