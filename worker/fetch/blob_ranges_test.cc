// SPDX-License-Identifier: Apache-2.0
// Large blobs from hosts that serve ranges, and from those that do not do it
// well.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/ranges_fixture.h"
#include "worker/fetch/partial_file.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

using ::kso::testing::FakeAnswer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BlobRangesTest : public RangesTest {
 protected:
  // `more` is by how much the manifest's size of it is wrong.
  absl::StatusOr<CachedContent> FetchBlob(const std::string& content,
                                          int64_t more = 0) {
    v1::BlobSource source;
    source.set_repository("quay.io/a");
    source.mutable_blob()->set_digest(Sha256Of(content).ToString());
    source.mutable_blob()->set_size(static_cast<int64_t>(content.size()) +
                                    more);
    TaskControl control;
    return blobs_->Fetch(source, {}, control);
  }

  static std::string UrlOf(const std::string& content) {
    return "https://quay.io/v2/a/blobs/" + Sha256Of(content).ToString();
  }

  void ExpectBlob(const std::string& content) {
    const auto fetched = FetchBlob(content);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(Cached(fetched->digest) == content);
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
  }
};

// Container runtimes refuse an image that says another size of its blob, and
// the coordinator would blame the worker.
TEST_F(BlobRangesTest, ABlobOfAnotherSizeThanItsManifestSaysIsRefused) {
  Host host;
  host.content = Bytes(99'999, "small");
  Serve(UrlOf(host.content), host);
  for (const int64_t more : {-1, 1}) {
    EXPECT_FALSE(FetchBlob(host.content, more).ok()) << more;
  }
  ExpectBlob(host.content);
  for (const int64_t more : {-1, 1, -99'999}) {
    const auto fetched = FetchBlob(host.content, more);
    EXPECT_TRUE(absl::IsDataLoss(fetched.status())) << more;
  }
}

TEST_F(BlobRangesTest, ALargeBlobComesInPieces) {
  const Host host;
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
  EXPECT_EQ(sent(), kSize);
}

TEST_F(BlobRangesTest, ALargeBlobIsOneOfTheLeastSizeOrMore) {
  Host host;
  host.content = Bytes(100'000, "large");
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), SizeIs(2));
}

// A worker was killed before it could move the blob into its cache.
TEST_F(BlobRangesTest, AWholeBlobThatIsThereIsNotFetchedAgain) {
  // One that comes in pieces, and one that does not.
  for (const size_t size : {kSize, size_t{90'000}}) {
    const std::string content = Bytes(size, "layer");
    const Digest digest = Sha256Of(content);
    {
      const auto partial =
          PartialFile::Open(directory_ / "partial" / digest.hex(), cache_.get(),
                            /*want_sha512=*/false)
              .value();
      ASSERT_TRUE(partial->Restart(digest.ToString()).ok());
      ASSERT_TRUE(partial->Write(content).ok());
    }
    ExpectBlob(content);
  }
  EXPECT_THAT(transport_.requests(), IsEmpty());
}

TEST_F(BlobRangesTest, TheTaskSaysWhichBlobComesFromWhere) {
  const Host host;
  Serve(UrlOf(host.content), host);
  v1::BlobSource source;
  source.set_repository("quay.io/a");
  source.mutable_blob()->set_digest(Sha256Of(host.content).ToString());
  source.mutable_blob()->set_size(static_cast<int64_t>(host.content.size()));
  TaskControl control;
  ASSERT_TRUE(blobs_->Fetch(source, {}, control).ok());
  EXPECT_EQ(control.activity(),
            "fetching quay.io/a@" + Sha256Of(host.content).ToString());
  EXPECT_EQ(control.host(), "quay.io");
  EXPECT_EQ(control.bytes_fetched(), int64_t{kSize});
}

TEST_F(BlobRangesTest, AMissingBlobIsNamed) {
  Host host;
  host.spoil = [](int, FakeAnswer& answer) { answer = {.status = 404}; };
  Serve(UrlOf(host.content), host);
  const v1::Failure failure = ToFailure(FetchBlob(host.content).status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), "quay.io/a@" + Sha256Of(host.content).ToString());
}

TEST_F(BlobRangesTest, ABlobLargerThanTheDiskIsNotAskedFor) {
  v1::BlobSource source;
  source.set_repository("quay.io/a");
  source.mutable_blob()->set_digest(Sha256Of("layer").ToString());
  source.mutable_blob()->set_size(int64_t{1} << 60);
  TaskControl control;
  const absl::Status status = blobs_->Fetch(source, {}, control).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("the whole disk"));
  EXPECT_THAT(transport_.requests(), IsEmpty());
}

TEST_F(BlobRangesTest, ASmallBlobComesInOne) {
  Host host;
  host.content = Bytes(99'999, "small");
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), IsEmpty());
}

TEST_F(BlobRangesTest, ARegistryWithoutRangesSendsAllOfIt) {
  Host host;
  host.knows_ranges = false;
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
}

TEST_F(BlobRangesTest, ACutStreamOfARegistryWithoutRangesComesAgain) {
  Host host;
  host.content = Bytes(99'999, "small");
  host.knows_ranges = false;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number > 2) return;
    answer.body.resize(40'000);
    answer.ending = absl::UnavailableError("cut");
  };
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
}

TEST_F(BlobRangesTest, WrongBytesAreFetchedInOrderTheSecondTime) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number == 4) answer.body[0] ^= 1;
  };
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
}

TEST_F(BlobRangesTest, WrongBytesThatComeTwiceAreRefused) {
  Host host;
  const std::string wanted = host.content;
  host.content[7] ^= 1;
  Serve(UrlOf(wanted), host);
  const auto fetched = FetchBlob(wanted);
  EXPECT_TRUE(absl::IsDataLoss(fetched.status())) << fetched.status();
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
}

TEST_F(BlobRangesTest, GoesOnWithThePiecesAfterARestart) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number > 3) answer = {.status = 404};
  };
  Serve(UrlOf(host.content), host);
  EXPECT_FALSE(FetchBlob(host.content).ok());
  EXPECT_GE(sent(), 64'000);
  StartWorker();
  {
    absl::MutexLock lock(&mutex_);
    host_.spoil = {};
  }
  ExpectBlob(host.content);
  EXPECT_EQ(sent(), kSize);
}

}  // namespace
}  // namespace kso::worker
