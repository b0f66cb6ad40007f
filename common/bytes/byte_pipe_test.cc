// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/byte_pipe.h"

#include <string>
#include <thread>

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

TEST(BytePipeTest, BytesArriveInOrderWhateverThePieces) {
  const std::string text = Text(100'000);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{5000}, text.size()}) {
    BytePipe pipe(1024);
    std::thread writer([&] {
      for (size_t at = 0; at < text.size(); at += piece) {
        EXPECT_TRUE(pipe.Write(std::string_view(text).substr(at, piece)).ok());
        EXPECT_TRUE(pipe.Write("").ok());
      }
      pipe.EndWriting(absl::OkStatus());
    });
    const auto read = ReadAll(pipe, 1 << 20);
    writer.join();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, text) << piece;
    // The end stays.
    char more;
    EXPECT_EQ(*pipe.Read(&more, 1), 0u);
  }
}

TEST(BytePipeTest, ASmallBufferGetsAllBytes) {
  BytePipe pipe(100);
  EXPECT_TRUE(pipe.Write("some bytes").ok());
  EXPECT_TRUE(pipe.Write(" and more").ok());
  pipe.EndWriting(absl::OkStatus());
  std::string got;
  char buffer[3];
  while (const size_t count = *pipe.Read(buffer, sizeof(buffer))) {
    got.append(buffer, count);
  }
  EXPECT_EQ(got, "some bytes and more");
}

TEST(BytePipeTest, NothingWrittenIsTheEnd) {
  BytePipe pipe(10);
  pipe.EndWriting(absl::OkStatus());
  EXPECT_EQ(*ReadAll(pipe, 10), "");
}

TEST(BytePipeTest, AWriterThatFailsIsReadUpToThere) {
  BytePipe pipe(10);
  EXPECT_TRUE(pipe.Write("half").ok());
  pipe.EndWriting(absl::UnavailableError("cut"));
  char buffer[3];
  size_t total = 0;
  absl::StatusOr<size_t> count;
  while ((count = pipe.Read(buffer, sizeof(buffer))).ok()) total += *count;
  EXPECT_EQ(total, 4u);
  EXPECT_EQ(count.status(), absl::UnavailableError("cut"));
}

TEST(BytePipeTest, TheWriterDoesNotWaitForAReaderThatStopped) {
  BytePipe pipe(4);
  absl::Status status;
  std::thread writer([&] { status = pipe.Write("nobody wants this"); });
  char byte;
  EXPECT_EQ(*pipe.Read(&byte, 1), 1u);
  pipe.EndReading(absl::DataLossError("damaged"));
  writer.join();
  EXPECT_EQ(status, absl::DataLossError("damaged"));
  EXPECT_EQ(pipe.Write("nor this"), absl::DataLossError("damaged"));
}

TEST(BytePipeTest, BytesThatDoNotMatterGoNowhere) {
  BytePipe pipe(4);
  EXPECT_TRUE(pipe.Write("full").ok());
  pipe.EndReading(absl::OkStatus());
  EXPECT_TRUE(pipe.Write("longer than the pipe").ok());
}

TEST(BytePipeTest, AWriterIsNotFarAhead) {
  BytePipe pipe(8);
  EXPECT_TRUE(pipe.Write(std::string(8, 'x')).ok());
  absl::Notification ahead;
  std::thread writer([&] {
    EXPECT_TRUE(pipe.Write("y").ok());
    ahead.Notify();
  });
  char buffer[8];
  EXPECT_FALSE(ahead.HasBeenNotified());
  EXPECT_GT(*pipe.Read(buffer, sizeof(buffer)), 0u);
  ahead.WaitForNotification();
  writer.join();
}

}  // namespace
}  // namespace kso
