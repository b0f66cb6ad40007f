// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/http/transport.h"
#include "common/layer/content_time.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/http_server.h"
#include "worker/task/failure.h"
#include "worker/verify/compared_content.h"
#include "worker/verify/served_files.h"
#include "worker/verify/served_images.h"

namespace kso::worker {
namespace {

constexpr char kOther[] = "kubespray-images-all linux/amd64";

constexpr char kPath[] = "k8s/dl.k8s.io/v1.29.5/kubelet";

// The ETag that nginx gives a file with the time of its content.
std::string EtagOf(const v1::MadeMember& file) {
  const Digest digest = Digest::Parse(file.digest()).value();
  return Concat("\"", absl::Hex(ContentTime(digest)), "-",
                absl::Hex(file.size()), "\"");
}

// Serves whole content to those who resume with the ETag of another.
void Answer(const httplib::Request& request, httplib::Response& response,
            const std::string& content, const std::string& etag) {
  if (request.has_header("If-Range") &&
      request.get_header_value("If-Range") != etag) {
    const_cast<httplib::Request&>(request).ranges.clear();
  }
  if (!etag.empty()) response.set_header("ETag", etag);
  response.set_content(content, "application/octet-stream");
}

class ServedFilesTest : public ::testing::Test {
 protected:
  ServedFilesTest() {
    content_ = std::string(5000, 'e');
    auto& routes = server_.routes();
    routes.Get("/health", [](const httplib::Request&, httplib::Response& r) {
      r.set_content("ok", "text/plain");
    });
    routes.Get("/k8s/", [this](const httplib::Request&, httplib::Response& r) {
      r.set_content(listing_, "text/html");
    });
    routes.Get("/k8s/dl.k8s.io/v1.29.5/kubelet",
               [this](const httplib::Request& request, httplib::Response& r) {
                 if (!date_.empty()) r.set_header("Last-Modified", date_);
                 Answer(request, r, content_, etag_);
               });
    server_.Start();
    v1::MadeMember& file = *expected_.add_files();
    file.set_path(kPath);
    file.set_digest(Sha256Of(content_).ToString());
    file.set_size(5000);
    etag_ = EtagOf(file);
  }

  absl::StatusOr<std::vector<std::string>> Check() {
    TaskControl control;
    return CheckServedFiles(expected_, server_.Url(""),
                            ComparedContent(work_, /*native=*/false),
                            *transport_, 2, control);
  }
  // One whose bytes are not those that are expected.
  void AddLargeFile(int size, std::string etag = "") {
    v1::MadeMember& file = *expected_.add_files();
    file.set_path("k8s/dl.k8s.io/large");
    file.set_digest(Sha256Of("not asked for").ToString());
    file.set_size(6000);
    if (etag.empty()) etag = EtagOf(file);
    server_.routes().Get("/k8s/dl.k8s.io/large",
                         [this, size, etag](const httplib::Request& request,
                                            httplib::Response& r) {
                           if (request.method == "GET") ++large_gets_;
                           Answer(request, r, std::string(size, 'x'), etag);
                         });
  }

  testing::HttpServer server_;
  std::unique_ptr<http::Transport> transport_ =
      http::CreateCurlTransport().value();
  std::string content_;
  std::string etag_;
  std::string date_;
  std::string listing_ = R"(<a href="dl.k8s.io/">dl.k8s.io/</a>)";
  // Names the content that was compared elsewhere, by another task.
  v1::VerifyImage work_;
  std::atomic<int> large_gets_ = 0;
  v1::ExpectedFiles expected_;
};

TEST_F(ServedFilesTest, InBriefComparesTheSmallestAndSeesTheOthers) {
  work_.set_compared_in(kOther);
  AddLargeFile(6000);
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->at(2),
            Concat("1 files compared, 1 there as compared in ", kOther));
  EXPECT_EQ(large_gets_, 0);
  content_[17] = 'x';
  EXPECT_EQ(ToFailure(Check().status(), "").item(), kPath);
}

TEST_F(ServedFilesTest, InBriefNamesTheFileWithAnotherSize) {
  work_.set_compared_in(kOther);
  AddLargeFile(5999);
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/dl.k8s.io/large");
}

TEST_F(ServedFilesTest, InBriefNamesTheFileThatIsMissing) {
  work_.set_compared_in(kOther);
  v1::MadeMember& file = *expected_.add_files();
  file.set_path("k8s/dl.k8s.io/gone");
  file.set_size(6000);
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/dl.k8s.io/gone");
}

TEST_F(ServedFilesTest, WhatWasComparedBeforeIsOnlySeen) {
  AddLargeFile(6000);
  EXPECT_FALSE(Check().ok());
  v1::LayerContent& layer = *work_.add_layers();
  layer.add_served_digests(expected_.files(1).digest());
  EXPECT_FALSE(Check().ok());
  layer.set_compared(true);
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->at(2), "1 files compared, 1 there as compared before");
}

TEST_F(ServedFilesTest, PassesWhatIsServedRight) {
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->at(2), "1 files compared");
}

TEST_F(ServedFilesTest, NamesTheFileWithOtherBytes) {
  content_[17] = 'x';
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  const v1::Failure failure = ToFailure(checks.status(), "");
  EXPECT_EQ(failure.item(), kPath);
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
}

TEST_F(ServedFilesTest, AStatedSha512IsComparedToo) {
  Hasher hasher(Digest::Algorithm::kSha512);
  hasher.Update(content_);
  expected_.mutable_files(0)->set_sha512(hasher.Finish().ToString());
  EXPECT_TRUE(Check().ok());
  expected_.mutable_files(0)->set_sha512("sha512:" + std::string(128, 'a'));
  EXPECT_TRUE(absl::IsDataLoss(Check().status()));
}

// A client that resumes a download would mix two contents.
TEST_F(ServedFilesTest, NamesTheFileWhoseValidatorIsNotOfItsContent) {
  const std::string right = etag_;
  for (const std::string wrong : {"\"0-1388\"", "W/\"1\"", ""}) {
    etag_ = wrong;
    const absl::Status status = Check().status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_EQ(ToFailure(status, "").item(), kPath);
  }
  etag_ = right;
  EXPECT_TRUE(Check().ok());
  date_ = "Thu, 01 Jan 1970 00:00:00 GMT";
  EXPECT_TRUE(absl::IsDataLoss(Check().status()));
}

TEST_F(ServedFilesTest, InBriefNamesTheFileWhoseValidatorIsNotOfItsContent) {
  work_.set_compared_in(kOther);
  AddLargeFile(6000, "\"0-1770\"");
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/dl.k8s.io/large");
}

class OfflineTest : public ServedFilesTest {
 protected:
  // Serves an offline.yml, and expects it.
  void Serve(const std::string& yaml) {
    v1::MadeMember& file = *expected_.add_files();
    file.set_path("k8s/offline.yml");
    file.set_digest(Sha256Of(yaml).ToString());
    file.set_size(static_cast<int64_t>(yaml.size()));
    server_.routes().Get(
        "/k8s/offline.yml",
        [yaml, etag = EtagOf(file)](const httplib::Request& request,
                                    httplib::Response& r) {
          Answer(request, r, yaml, etag);
        });
    v1::AskedFor& url = *expected_.add_urls();
    url.set_name("https://dl.k8s.io/v1.29.5/kubelet");
    url.set_served(kPath);
    v1::AskedFor& image = *expected_.add_images();
    image.set_name("registry.k8s.io/pause");
    image.set_served("k8s/pause");
    listing_ += R"(<a href="offline.yml">offline.yml</a>)";
  }

  static constexpr char kHead[] =
      "files_repo: \"http://SERVER:8080/k8s\"\n"
      "registry_server: \"SERVER:5000\"\n"
      "registry_host: \"{{ registry_server }}/k8s\"\n";
};

TEST_F(OfflineTest, LeadsToEverythingThatKubesprayAsksFor) {
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}\"\n"));
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_THAT(*checks,
              ::testing::Contains("offline.yml leads to 1 files and 1 images"));
  EXPECT_THAT(*checks, ::testing::Contains("1 files compared"));
}

TEST_F(OfflineTest, NamesAUrlThatALineIsMissingFor) {
  Serve(Concat(kHead, "kube_image_repo: \"{{ registry_host }}\"\n"));
  const v1::Failure failure = ToFailure(Check().status(), "");
  EXPECT_EQ(failure.item(), "https://dl.k8s.io/v1.29.5/kubelet");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_THAT(failure.reason(), ::testing::HasSubstr("its upstream host"));
}

TEST_F(OfflineTest, NamesAnImageThatALineLeadsElsewhere) {
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}/registry.k8s.io\"\n"));
  const v1::Failure failure = ToFailure(Check().status(), "");
  EXPECT_EQ(failure.item(), "registry.k8s.io/pause");
  EXPECT_THAT(failure.reason(),
              ::testing::HasSubstr("at k8s/registry.k8s.io/pause"));
}

TEST_F(OfflineTest, NamesAUrlThatIsNotServed) {
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}\"\n"));
  v1::AskedFor& url = *expected_.add_urls();
  url.set_name("https://dl.k8s.io/v1.29.5/kubectl");
  url.set_served("k8s/dl.k8s.io/v1.29.5/kubectl");
  EXPECT_EQ(ToFailure(Check().status(), "").item(), url.name());
}

TEST_F(OfflineTest, NamesAStaleFile) {
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}\"\n"));
  expected_.mutable_files(1)->set_digest(Sha256Of("of another").ToString());
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/offline.yml");
}

TEST_F(ServedFilesTest, ABodyIsReadNoFurtherThanTheFileGoes) {
  std::atomic<int64_t> sent = 0;
  server_.routes().Get("/k8s/dl.k8s.io/endless",
                       [&sent](const httplib::Request&, httplib::Response& r) {
                         r.set_chunked_content_provider(
                             "application/octet-stream",
                             [&sent](size_t, httplib::DataSink& sink) {
                               static const std::string block(1 << 16, 'x');
                               sent += 1 << 16;
                               return sink.write(block.data(), block.size());
                             });
                       });
  v1::MadeMember& file = *expected_.add_files();
  file.set_path("k8s/dl.k8s.io/endless");
  file.set_digest(Sha256Of("some").ToString());
  file.set_size(4);
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  const v1::Failure failure = ToFailure(status, "");
  EXPECT_EQ(failure.item(), "k8s/dl.k8s.io/endless");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_LT(sent, 64 << 20);
}

TEST_F(ServedFilesTest, NamesTheHostThatIsNotListed) {
  listing_ = "<a href=\"github.com/\">github.com/</a>";
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  EXPECT_EQ(ToFailure(checks.status(), "").item(), "dl.k8s.io");
}

TEST_F(ServedFilesTest, NamesAServerThatDoesNotServeByteRangesRight) {
  expected_.mutable_files(0)->set_digest(Sha256Of("abcdefgh").ToString());
  expected_.mutable_files(0)->set_size(8);
  testing::FakeAnswer to_another_content = {.body = "abcdefgh"};
  const auto check = [&](const testing::FakeAnswer& to_a_range) {
    testing::FakeTransport transport;
    transport.On("GET", "http://image/health", {.body = "ok"});
    transport.On("GET", "http://image/k8s/", {.body = listing_});
    transport.On("GET", Concat("http://image/", kPath),
                 [&](const http::Request& request) -> testing::FakeAnswer {
                   const std::string etag = EtagOf(expected_.files(0));
                   if (testing::HeaderOf(request, "Range").empty()) {
                     return {.headers = {{"ETag", etag}}, .body = "abcdefgh"};
                   }
                   if (testing::HeaderOf(request, "If-Range") != etag) {
                     return to_another_content;
                   }
                   return to_a_range;
                 });
    TaskControl control;
    return CheckServedFiles(expected_, "http://image",
                            ComparedContent(work_, /*native=*/false), transport,
                            2, control)
        .status();
  };
  const http::Headers right = {{"Content-Range", "bytes 1-7/8"}};
  const testing::FakeAnswer right_answer = {
      .status = 206, .headers = right, .body = "bcdefgh"};
  EXPECT_TRUE(check(right_answer).ok());
  for (const int status : {206, 304, 412, 416}) {
    to_another_content.status = status;
    EXPECT_TRUE(absl::IsFailedPrecondition(check(right_answer))) << status;
  }
  to_another_content.status = 200;
  for (const testing::FakeAnswer& wrong : std::vector<testing::FakeAnswer>{
           {.body = "abcdefgh"},
           {.status = 206, .headers = right, .body = "abcdefg"},
           {.status = 206, .headers = right, .body = "bcdefg"},
           {.status = 206,
            .headers = {{"Content-Range", "bytes 0-6/8"}},
            .body = "bcdefgh"},
           {.headers = right, .body = "bcdefgh"},
           {.status = 416}}) {
    const absl::Status status = check(wrong);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_EQ(ToFailure(status, "").item(), kPath);
  }
}

TEST_F(ServedFilesTest, NamesAFileThatIsNotUnderTheServedPath) {
  expected_.mutable_files(0)->set_path("etc/passwd");
  EXPECT_TRUE(absl::IsInvalidArgument(Check().status()));
}

TEST_F(ServedFilesTest, AnImageThatSaysItIsNotHealthyDoesNotPass) {
  testing::FakeTransport transport;
  transport.On("GET", "http://image/health", {.status = 500});
  TaskControl control;
  EXPECT_TRUE(absl::IsFailedPrecondition(
      CheckServedFiles(expected_, "http://image",
                       ComparedContent(work_, /*native=*/false), transport, 2,
                       control)
          .status()));
  EXPECT_EQ(transport.requests().size(), 1u);
}

class ServedImagesTest : public ::testing::Test {
 protected:
  static constexpr char kRepository[] = "127.0.0.1:5000/k8s/pause";

  ServedImagesTest() {
    server_.routes().Get("/v2/_catalog",
                         [this](const httplib::Request&, httplib::Response& r) {
                           r.set_content(catalog_, "application/json");
                         });
    server_.routes().Put("/v2/k8s/pause/manifests/.*",
                         [this](const httplib::Request&, httplib::Response& r) {
                           r.status = answer_to_a_push_;
                         });
    server_.Start();
    AddImage("3.9", "{}");
  }

  // One whose only blob is its config, which `repository` has.
  void AddImage(const std::string& tag, const std::string& content,
                std::string_view repository = kRepository) {
    const v1::Descriptor config =
        registry_.AddBlob(repository, content, oci::kOciConfig);
    const std::string manifest = Concat(
        R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
        R"(","config":{"mediaType":")", oci::kOciConfig, R"(","digest":")",
        config.digest(), R"(","size":)", content.size(), R"(},"layers":[]})");
    v1::ExpectedImage& image = *expected_.add_images();
    image.set_repository("k8s/pause");
    image.set_tag(tag);
    *image.mutable_top() =
        registry_.AddManifest(kRepository, manifest, oci::kOciManifest, tag);
    *image.add_manifests() = image.top();
  }

  absl::StatusOr<std::vector<std::string>> Check() {
    TaskControl control;
    const auto registry =
        registry_.OpenRegistry("127.0.0.1:5000", true, control);
    return CheckServedImages(expected_, server_.Url(""),
                             ComparedContent(work_, native_), *transport_,
                             **registry, 2, control);
  }

  testing::HttpServer server_;
  std::unique_ptr<http::Transport> transport_ =
      http::CreateCurlTransport().value();
  // The status of the answer to a PUT.
  int answer_to_a_push_ = 405;
  std::string catalog_ = R"({"repositories":["k8s/pause"]})";
  testing::FakeImageStores registry_;
  // Names the content that was compared elsewhere, by another task.
  v1::VerifyImage work_;
  bool native_ = false;
  v1::ExpectedImages expected_;
};

TEST_F(ServedImagesTest, InBriefComparesOneAndSeesTheOthers) {
  v1::ExpectedImage& other = *expected_.add_images();
  other = expected_.images(0);
  other.set_tag("3.10");
  v1::Descriptor gone;
  gone.set_digest(Sha256Of("not asked for").ToString());
  *other.mutable_manifests(0) = gone;
  *other.mutable_top() = registry_.AddManifest(
      kRepository, R"({"schemaVersion":2})", oci::kOciManifest, "3.10");
  EXPECT_FALSE(Check().ok());
  work_.set_compared_in(kOther);
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->back(),
            Concat("2 images: 2 manifests and 1 blobs compared, the rest is "
                   "compared in ",
                   kOther));

  other.set_tag("3.11");
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/pause:3.11");
}

TEST_F(ServedImagesTest, WhatAnotherImageComparesIsSeenInEachAndReadInOne) {
  native_ = true;
  work_.set_compared_on_platform_in(kOther);
  AddImage("3.10", "{} ");
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->back(),
            Concat("2 images: 2 manifests and 1 blobs compared, 1 there as "
                   "compared in ",
                   kOther));
  EXPECT_EQ(registry_.blob_gets(), 1);

  AddImage("3.11", "{}  ", "127.0.0.1:5000/k8s/elsewhere");
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/pause:3.11");
}

TEST_F(ServedImagesTest, BlobsThatWereComparedBeforeAreOnlySeen) {
  v1::LayerContent& layer = *work_.add_layers();
  layer.add_served_digests(Sha256Of("{}").ToString());
  layer.set_compared(true);
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->back(),
            "1 images: 1 manifests and 0 blobs compared, 1 there as compared "
            "before");
  EXPECT_EQ(registry_.manifest_gets(), 1);
  EXPECT_EQ(registry_.blob_gets(), 0);
}

TEST_F(ServedImagesTest, PassesWhatIsServedRight) {
  const auto checks = Check();
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->back(), "1 images: 1 manifests and 1 blobs compared");
  // An emulated registry takes its time for each.
  EXPECT_EQ(registry_.manifest_gets(), 1);
  EXPECT_EQ(registry_.blob_gets(), 1);
}

TEST_F(ServedImagesTest, ARegistryThatTakesPushesDoesNotPass) {
  for (const int status : {201, 400}) {
    answer_to_a_push_ = status;
    EXPECT_TRUE(absl::IsFailedPrecondition(Check().status())) << status;
  }
}

TEST_F(ServedImagesTest, NamesTheImageThatTheCatalogLacks) {
  catalog_ = R"({"repositories":[]})";
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  EXPECT_EQ(ToFailure(checks.status(), "").item(), "k8s/pause:3.9");
}

TEST_F(ServedImagesTest, NoticesATagThatPointsElsewhere) {
  registry_.AddManifest(kRepository, R"({"schemaVersion":2})",
                        oci::kOciManifest, "3.9");
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  EXPECT_EQ(ToFailure(checks.status(), "").item(), "k8s/pause:3.9");
  EXPECT_EQ(checks.status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ServedImagesTest, NoticesAnIndexOnTheWayThatIsNotThere) {
  v1::Descriptor& inner = *expected_.mutable_images(0)->add_indexes();
  inner = registry_.AddManifest(kRepository, R"({"schemaVersion":2})",
                                oci::kOciIndex, "");
  EXPECT_EQ(Check().value_or(std::vector<std::string>{"nothing"}).back(),
            "1 images: 2 manifests and 1 blobs compared");
  inner.set_digest(Sha256Of("gone").ToString());
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  EXPECT_NE(ToStd(checks.status().message()).find(inner.digest()),
            std::string_view::npos);
}

TEST_F(ServedImagesTest, NoticesAManifestWhoseBlobIsNotThere) {
  v1::Descriptor gone;
  gone.set_digest(Sha256Of("gone").ToString());
  const std::string manifest =
      Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
             R"(","config":{"mediaType":")", oci::kOciConfig, R"(","digest":")",
             gone.digest(), R"(","size":4},"layers":[]})");
  *expected_.mutable_images(0)->add_manifests() =
      registry_.AddManifest(kRepository, manifest, oci::kOciManifest, "");
  const auto checks = Check();
  ASSERT_FALSE(checks.ok());
  EXPECT_NE(ToStd(checks.status().message()).find(gone.digest()),
            std::string_view::npos);
}

}  // namespace
}  // namespace kso::worker
