// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/byte_pipe.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

TEST(BytePipeTest, BytesArriveInOrderWhateverThePieces) {
  BytePipe pipe;
  std::thread writer([&pipe] {
    EXPECT_TRUE(pipe.Write("some bytes").ok());
    EXPECT_TRUE(pipe.Write("").ok());
    EXPECT_TRUE(pipe.Write(" and more").ok());
    pipe.EndWriting(absl::OkStatus());
  });
  std::string got;
  char buffer[3];
  while (true) {
    const auto count = pipe.Read(buffer, sizeof(buffer));
    ASSERT_TRUE(count.ok());
    if (*count == 0) break;
    got.append(buffer, *count);
  }
  writer.join();
  EXPECT_EQ(got, "some bytes and more");
}

TEST(BytePipeTest, TheReaderLearnsWhyTheWriterStopped) {
  BytePipe pipe;
  pipe.EndWriting(absl::UnavailableError("cut"));
  char buffer[3];
  EXPECT_EQ(pipe.Read(buffer, sizeof(buffer)).status(),
            absl::UnavailableError("cut"));
}

TEST(BytePipeTest, TheWriterDoesNotWaitForAReaderThatStopped) {
  BytePipe pipe;
  absl::Status status;
  std::thread writer([&] { status = pipe.Write("nobody wants this"); });
  pipe.EndReading(absl::DataLossError("damaged"));
  writer.join();
  EXPECT_EQ(status, absl::DataLossError("damaged"));
  EXPECT_EQ(pipe.Write("nor this"), absl::DataLossError("damaged"));
}

}  // namespace
}  // namespace kso::worker
