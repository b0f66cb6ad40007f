// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/output_tail.h"

#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

void Write(int file, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(file, text.data() + done, text.size() - done);
    ASSERT_GT(count, 0);
    done += static_cast<size_t>(count);
  }
}

TEST(OutputTailTest, KeepsTheEndOfWhatIsWritten) {
  const auto tail = OutputTail::Create().value();
  // The pipe has room for less than that.
  Write(tail->write_end(), std::string(1 << 20, 'x') + "the end");
  tail->CloseWriteEnd();
  tail->AwaitEnd(absl::InfiniteDuration());
  EXPECT_EQ(tail->Last(9), "xxthe end");
  EXPECT_EQ(tail->Last(1 << 30).size(), OutputTail::kMostBytes);
}

TEST(OutputTailTest, EndsWhileSomebodyCanStillWrite) {
  auto tail = OutputTail::Create().value();
  const int writer = dup(tail->write_end());
  Write(writer, "before");
  tail->AwaitEnd(absl::Milliseconds(1));
  tail = nullptr;
  close(writer);
}

}  // namespace
}  // namespace kso::worker
