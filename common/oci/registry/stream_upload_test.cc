// SPDX-License-Identifier: Apache-2.0
// Tests the push of blobs whose digest is known at their end only, against
// scripted registries.

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/bytes/hashing_sink.h"
#include "common/oci/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;

constexpr char kUploads[] = "https://quay.io/v2/a/blobs/uploads/";
constexpr char kUpload[] = "https://quay.io/u/1";

// Makes content that does not fit into the buffers between a writer and a
// request.
std::string LongContent() {
  std::string content;
  for (int i = 0; content.size() < (6 << 20); ++i) content += std::to_string(i);
  content.resize(6 << 20);
  return content;
}

std::string PutUrl(const std::string& upload, const std::string& content) {
  return upload + "?digest=sha256%3A" + Sha256Of(content).hex();
}

std::string BlobUrl(const std::string& content) {
  return "https://quay.io/v2/a/blobs/" + Sha256Of(content).ToString();
}

absl::Status PutX(ImageStore& client) {
  return client
      .PutStream("a",
                 [](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
                   KSO_RETURN_IF_ERROR(sink.Write("x"));
                   return WrittenBlob{Sha256Of("x"), 1};
                 })
      .status();
}

// A transport that ends the first PATCHes when it has read so many bytes of
// them.
class CuttingTransport : public testing::FakeTransport {
 public:
  void CutNextPatch(size_t after_bytes, absl::StatusOr<int> answer =
                                            absl::UnavailableError("cut")) {
    cuts_.emplace_back(after_bytes, std::move(answer));
  }

  absl::StatusOr<http::Response> Perform(const http::Request& request,
                                         size_t max_body) override {
    if (request.method != "PATCH" || cuts_.empty()) {
      return FakeTransport::Perform(request, max_body);
    }
    const auto [bytes, answer] = std::move(cuts_.front());
    cuts_.pop_front();
    const auto source = request.body_source(0);
    std::string buffer(bytes, '\0');
    for (size_t total = 0; total < bytes;) {
      KSO_ASSIGN_OR_RETURN(const size_t count,
                           (*source)->Read(buffer.data(), bytes - total));
      total += count;
    }
    if (!answer.ok()) return answer.status();
    http::Response response;
    response.status = *answer;
    response.effective_url = request.url;
    return response;
  }

 private:
  std::deque<std::pair<size_t, absl::StatusOr<int>>> cuts_;
};

class StreamUploadTest : public ::testing::Test {
 protected:
  StreamUploadTest() {
    clock_.AdvanceByItself();
    client_ = Make("quay.io");
    Opens("/u/1");
  }

  std::unique_ptr<ImageStore> Make(const std::string& host) {
    return *CreateRegistryClient(
        {.host = host, .shared = {.upload_traits = upload_traits_}},
        &transport_, &clock_, &credentials_);
  }

  // Answers the next POST for an upload, and those after it, with this place.
  void Opens(const std::string& location) {
    transport_.On(
        "POST", kUploads,
        FakeAnswer{.status = 202, .headers = {{"Location", location}}});
  }

  void Answers(const std::string& method, const std::string& url, int status,
               http::Headers headers = {}) {
    transport_.On(method, url,
                  FakeAnswer{.status = status, .headers = std::move(headers)});
  }

  void Breaks(const std::string& method, const std::string& url) {
    transport_.On(method, url,
                  FakeAnswer{.ending = absl::UnavailableError("cut")});
  }

  absl::StatusOr<int64_t> Push(const std::string& content,
                               const std::string& repository = "a") {
    return client_->PutStream(
        repository, [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          ++written_;
          HashingSink hashed(&sink);
          KSO_RETURN_IF_ERROR(hashed.Write(content));
          return hashed.Finish();
        });
  }

  std::vector<std::string> Story() const {
    std::vector<std::string> story;
    for (const http::Request& request : transport_.requests()) {
      story.push_back(request.method);
    }
    return story;
  }

  testing::FakeClock clock_;
  CuttingTransport transport_;
  Credentials credentials_;
  std::shared_ptr<UploadTraits> upload_traits_ =
      std::make_shared<UploadTraits>();
  std::unique_ptr<ImageStore> client_;
  int written_ = 0;
};

using Requests = std::vector<std::string>;

TEST_F(StreamUploadTest, IsOnePatchAndThenItsDigest) {
  Answers("PATCH", kUpload, 202,
          {{"Location", "/u/1?state=2"}, {"Range", "0-9"}});
  transport_.On("PUT",
                std::string(kUpload) + "?state=2&digest=sha256%3A" +
                    Sha256Of("0123456789").hex(),
                FakeAnswer{.status = 201});
  const auto pushed = Push("0123456789");
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, 10);
  EXPECT_EQ(written_, 1);
  EXPECT_EQ(Story(), (Requests{"POST", "PATCH", "PUT"}));
  const http::Request patch = transport_.requests()[1];
  EXPECT_EQ(patch.body, "0123456789");
  EXPECT_EQ(patch.body_size, http::Request::kUnknownSize);
  EXPECT_EQ(HeaderOf(patch, "Content-Range"), "");
}

TEST_F(StreamUploadTest, GoesOnWhereTheRegistryHasIt) {
  const std::string content = LongContent();
  transport_.CutNextPatch(3 << 20);
  Answers("GET", kUpload, 204,
          {{"Range", "0-2097151"}, {"Location", "/u/1?state=2"}});
  Answers("PATCH", std::string(kUpload) + "?state=2", 202);
  transport_.On("PUT",
                std::string(kUpload) + "?state=2&digest=sha256%3A" +
                    Sha256Of(content).hex(),
                FakeAnswer{.status = 201});
  const auto pushed = Push(content);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, static_cast<int64_t>(content.size()));
  EXPECT_EQ(written_, 2);
  EXPECT_EQ(Story(), (Requests{"POST", "GET", "PATCH", "PUT"}));
  EXPECT_EQ(transport_.requests()[2].body, content.substr(2 << 20));
}

TEST_F(StreamUploadTest, IsBegunAnewWhereTheRegistryForgotIt) {
  const std::string content = LongContent();
  Opens("/u/2");
  transport_.CutNextPatch(3 << 20);
  Answers("GET", kUpload, 404);
  Answers("PATCH", "https://quay.io/u/2", 202);
  Answers("PUT", PutUrl("https://quay.io/u/2", content), 201);
  const auto pushed = Push(content);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(Story(), (Requests{"POST", "GET", "POST", "PATCH", "PUT"}));
  EXPECT_EQ(transport_.requests()[3].body, content);
}

TEST_F(StreamUploadTest, IsBegunAnewWhereTheRegistrySaysWhatCannotBe) {
  const std::string content = LongContent();
  const http::Headers lie = {{"Range", "0-9223372036854775807"}};
  Opens("/u/2");
  transport_.CutNextPatch(3 << 20);
  Answers("GET", kUpload, 204, lie);
  Answers("PATCH", "https://quay.io/u/2", 202, lie);
  Answers("PUT", PutUrl("https://quay.io/u/2", content), 201);
  const auto pushed = Push(content);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(Story(), (Requests{"POST", "GET", "POST", "PATCH", "PUT"}));
}

TEST_F(StreamUploadTest, IsBegunAnewWhereTheRegistryDoesNotGoOn) {
  const std::string content = LongContent();
  Opens("/u/2");
  transport_.CutNextPatch(3 << 20);
  // Distribution 2.8 tells how much it has, and does not know the hash of it.
  Answers("GET", kUpload, 204, {{"Range", "0-2097151"}});
  transport_.CutNextPatch(0, 416);
  Answers("PATCH", "https://quay.io/u/2", 202);
  Answers("PUT", PutUrl("https://quay.io/u/2", content), 201);
  const auto pushed = Push(content);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(transport_.requests().back().url,
            PutUrl("https://quay.io/u/2", content));
}

TEST_F(StreamUploadTest, GoesWholeOnceItsDigestIsKnown) {
  Breaks("PATCH", kUpload);
  Answers("HEAD", BlobUrl("content"), 404);
  Answers("PUT", PutUrl(kUpload, "content"), 201);
  const auto pushed = Push("content");
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(Story(), (Requests{"POST", "PATCH", "HEAD", "POST", "PUT"}));
  EXPECT_EQ(transport_.requests().back().body, "content");
}

TEST_F(StreamUploadTest, IsFoundWhenOnlyTheAnswerGotLost) {
  Answers("PATCH", kUpload, 202);
  Breaks("PUT", PutUrl(kUpload, "content"));
  Answers("HEAD", BlobUrl("content"), 200);
  EXPECT_EQ(*Push("content"), 7);
  EXPECT_EQ(written_, 1);
  EXPECT_EQ(Story(), (Requests{"POST", "PATCH", "PUT", "HEAD"}));
}

TEST_F(StreamUploadTest, IsWrittenAgainWithANewToken) {
  const auto guard = [](const std::string& token, FakeAnswer answer) {
    return [=](const http::Request& request) {
      if (HeaderOf(request, "Authorization") == "Bearer " + token) {
        return answer;
      }
      return FakeAnswer{.status = 401,
                        .headers = {{"WWW-Authenticate",
                                     R"(Bearer realm="https://quay.io/auth",)"
                                     R"(service="quay.io")"}}};
    };
  };
  for (const char* token : {R"({"token":"t1"})", R"({"token":"t2"})"}) {
    transport_.On("GET",
                  "https://quay.io/auth?scope=repository%3Ab%3Apull%2Cpush&"
                  "service=quay.io",
                  FakeAnswer{.body = token});
  }
  transport_.On("POST", "https://quay.io/v2/b/blobs/uploads/",
                guard("t1", FakeAnswer{.status = 202,
                                       .headers = {{"Location", "/u/b"}}}));
  // The first token has expired by the time of the PATCH.
  const std::string upload = "https://quay.io/u/b";
  transport_.On("PATCH", upload, guard("t2", FakeAnswer{.status = 202}));
  transport_.On("PUT", PutUrl(upload, "content"),
                guard("t2", FakeAnswer{.status = 201}));
  const auto pushed = Push("content", "b");
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(written_, 2);
  EXPECT_EQ(transport_.CountOf("PATCH", upload), 2);
}

TEST_F(StreamUploadTest, ARegistryThatWantsTheSizeIsAskedOnce) {
  for (const int status : {400, 405, 411, 413, 415, 501}) {
    testing::FakeTransport transport;
    transport.On("POST", kUploads,
                 FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
    transport.On("PATCH", kUpload, FakeAnswer{.status = status});
    transport.On("DELETE", kUpload, FakeAnswer{.status = 204});
    const auto refusals = std::make_shared<UploadTraits>();
    for (int task = 0; task < 2; ++task) {
      const auto client = *CreateRegistryClient(
          {.host = "quay.io", .shared = {.upload_traits = refusals}},
          &transport, &clock_, &credentials_);
      const absl::Status refused = PutX(*client);
      EXPECT_TRUE(absl::IsUnimplemented(refused)) << refused;
    }
    EXPECT_EQ(transport.CountOf("PATCH", kUpload), 1) << status;
    EXPECT_EQ(transport.CountOf("DELETE", kUpload), 1) << status;
  }
}

TEST_F(StreamUploadTest, AReplicaThatDoesNotKnowTheUploadIsNoRefusalOfStreams) {
  Opens("/u/2");
  transport_.On("PATCH", kUpload,
                FakeAnswer{.status = 400,
                           .body = R"({"errors":[{"code":)"
                                   R"("BLOB_UPLOAD_INVALID"}]})"});
  // The digest is known by then, and the blob goes whole.
  Answers("HEAD", BlobUrl("content"), 404);
  Answers("PUT", PutUrl("https://quay.io/u/2", "content"), 201);
  const auto pushed = Push("content");
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_FALSE(upload_traits_->RefusesStreams("quay.io"));
}

TEST_F(StreamUploadTest, AStreamThatIsTooShortForAChunkGoesWhole) {
  Answers("DELETE", kUpload, 204);
  transport_.On("PATCH", kUpload,
                FakeAnswer{.status = 416,
                           .body = R"({"errors":[{"code":"SIZE_INVALID"}]})"});
  EXPECT_TRUE(absl::IsUnimplemented(Push("content").status()));
}

TEST_F(StreamUploadTest, OtherRefusalsAreErrors) {
  for (const auto& [status, code] :
       {std::pair(403, absl::StatusCode::kPermissionDenied),
        std::pair(429, absl::StatusCode::kResourceExhausted)}) {
    testing::FakeTransport transport;
    transport.On("POST", kUploads,
                 FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
    transport.On(
        "PATCH", kUpload,
        FakeAnswer{.status = status, .headers = {{"Retry-After", "3600"}}});
    const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                              &clock_, &credentials_);
    EXPECT_EQ(PutX(*client).code(), code);
  }
}

TEST_F(StreamUploadTest, AWriterThatFailsLeavesNothingBehind) {
  Answers("PATCH", kUpload, 202);
  Answers("DELETE", kUpload, 204);
  const auto pushed = client_->PutStream(
      "a", [](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        KSO_RETURN_IF_ERROR(sink.Write(std::string(100, 'x')));
        return RetryNotBefore(absl::DataLossError("kubelet: rotten"),
                              absl::Seconds(7));
      });
  EXPECT_TRUE(absl::IsDataLoss(pushed.status())) << pushed.status();
  EXPECT_TRUE(absl::StrContains(pushed.status().message(), "kubelet: rotten"));
  // The notes of an error arrive with it.
  EXPECT_EQ(RetryDelay(pushed.status()), absl::Seconds(7));
  EXPECT_EQ(Story(), (Requests{"POST", "DELETE"}));
}

TEST_F(StreamUploadTest, AnAnswerThatComesTooEarlyIsNotTakenForAll) {
  for (int i = 0; i < 5; ++i) transport_.CutNextPatch(1, 202);
  const absl::Status status = Push(LongContent()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Story(), Requests(5, "POST"));
}

TEST_F(StreamUploadTest, WhatTheRegistryGotWrongIsSentAgain) {
  // The registry says that it has less than was sent, and refuses the digest.
  Opens("/u/2");
  Answers("PATCH", kUpload, 202, {{"Range", "0-3"}});
  Answers("PUT", PutUrl(kUpload, "content"), 400);
  Answers("HEAD", BlobUrl("content"), 404);
  Answers("PUT", PutUrl("https://quay.io/u/2", "content"), 201);
  const auto pushed = Push("content");
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(transport_.requests().back().body, "content");
}

TEST_F(StreamUploadTest, ADigestThatIsRefusedIsAnError) {
  Answers("PATCH", kUpload, 202, {{"Range", "0-6"}});
  Answers("PUT", PutUrl(kUpload, "content"), 400);
  EXPECT_TRUE(absl::IsInvalidArgument(Push("content").status()));
}

}  // namespace
}  // namespace kso::oci
