// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;

constexpr char kUrl[] = "https://dl.example.com/kubelet";

class ResolveFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::ResolvedFile> Resolve(http::Headers headers) {
    kso::testing::FakeTransport transport;
    transport.On("HEAD", kUrl, {.headers = std::move(headers)});
    v1::ResolveFile work;
    work.set_url(kUrl);
    work.set_location("files.list:3");
    return ResolveFile(work, {}, transport, clock_, control_);
  }

  kso::testing::FakeClock clock_;
  TaskControl control_;
};

TEST_F(ResolveFileTest, TellsSizeAndValidators) {
  const absl::StatusOr<v1::ResolvedFile> file =
      Resolve({{"Content-Length", "12"},
               {"ETag", "\"v1\""},
               {"Last-Modified", "Mon, 30 Nov 2026 09:00:00 GMT"}});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 12);
  EXPECT_EQ(file->etag(), "\"v1\"");
  EXPECT_EQ(file->last_modified(), "Mon, 30 Nov 2026 09:00:00 GMT");
}

TEST_F(ResolveFileTest, AValidatorThatIsNoPlainTextIsNone) {
  const absl::StatusOr<v1::ResolvedFile> file =
      Resolve({{"Content-Length", "12"},
               {"ETag", "\"caf\xe9\""},
               {"Last-Modified", "\x01"}});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->etag(), "");
  EXPECT_EQ(file->last_modified(), "");
  v1::ResolvedFile read;
  EXPECT_TRUE(read.ParseFromString(file->SerializeAsString()));
}

TEST_F(ResolveFileTest, AFileThatIsSaidToBeImpossiblyLargeIsNamed) {
  EXPECT_TRUE(Resolve({{"Content-Length", "1099511627776"}}).ok());
  for (const char* length : {"1099511627777", "9223372036854775807"}) {
    const absl::Status status = Resolve({{"Content-Length", length}}).status();
    const v1::Failure failure = ToFailure(status, "");
    EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
    EXPECT_EQ(failure.item(), kUrl);
    EXPECT_EQ(failure.location(), "files.list:3");
    EXPECT_THAT(failure.reason(), HasSubstr("over the limit of 1 TiB"));
  }
}

TEST_F(ResolveFileTest, ALengthThatIsNoNumberIsNotKnown) {
  for (const char* length : {"-5", "ten", "9223372036854775808", ""}) {
    EXPECT_EQ(Resolve({{"Content-Length", length}})->size(), -1) << length;
  }
}

}  // namespace
}  // namespace kso::worker
