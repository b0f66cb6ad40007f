// SPDX-License-Identifier: Apache-2.0
#include "common/base/pipe_source.h"

#include <string>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

std::string Text(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

// Writes `text` in pieces of `piece` bytes.
PipeSource::Writer WriterOf(const std::string& text, size_t piece) {
  return [&text, piece](ByteSink& sink) {
    for (size_t at = 0; at < text.size(); at += piece) {
      const absl::Status status =
          sink.Write(std::string_view(text).substr(at, piece));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  };
}

TEST(PipeSourceTest, GivesWhatIsWrittenInOrder) {
  const std::string text = Text(100'000);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{5000}, text.size()}) {
    PipeSource pipe(WriterOf(text, piece), 1024);
    const auto read = ReadAll(pipe, 1 << 20);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, text) << piece;
    // The end stays.
    char more;
    EXPECT_EQ(*pipe.Read(&more, 1), 0u);
  }
}

TEST(PipeSourceTest, NothingWrittenIsTheEnd) {
  PipeSource pipe([](ByteSink&) { return absl::OkStatus(); });
  EXPECT_EQ(*ReadAll(pipe, 10), "");
}

TEST(PipeSourceTest, AWriterThatFailsIsReadUpToThere) {
  PipeSource pipe([](ByteSink& sink) {
    EXPECT_TRUE(sink.Write("half").ok());
    return absl::DataLossError("rotten");
  });
  char buffer[10];
  size_t total = 0;
  absl::StatusOr<size_t> count;
  while ((count = pipe.Read(buffer, sizeof(buffer))).ok()) total += *count;
  EXPECT_EQ(total, 4u);
  EXPECT_TRUE(absl::IsDataLoss(count.status())) << count.status();
}

TEST(PipeSourceTest, AReaderThatGoesEndsTheWriter) {
  const std::string text = Text(1000);
  absl::Status ending;
  {
    PipeSource pipe(
        [&](ByteSink& sink) {
          while (true) {
            ending = sink.Write(text);
            if (!ending.ok()) return ending;
          }
        },
        1500);
    char byte;
    EXPECT_EQ(*pipe.Read(&byte, 1), 1u);
  }
  EXPECT_TRUE(absl::IsCancelled(ending)) << ending;
}

TEST(PipeSourceTest, AWriterIsNotFarAhead) {
  absl::Notification ahead;
  PipeSource pipe(
      [&](ByteSink& sink) {
        EXPECT_TRUE(sink.Write(std::string(8, 'x')).ok());
        const absl::Status status = sink.Write("y");
        ahead.Notify();
        return status;
      },
      8);
  char buffer[8];
  EXPECT_FALSE(ahead.HasBeenNotified());
  EXPECT_GT(*pipe.Read(buffer, sizeof(buffer)), 0u);
  ahead.WaitForNotification();
}

}  // namespace
}  // namespace kso
