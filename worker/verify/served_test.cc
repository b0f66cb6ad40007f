// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/http/transport.h"
#include "common/layer/content_time.h"
#include "common/oci/image_store.h"
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

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

  // Has a scripted image serve `content` as the only file that is expected of
  // it.
  void ServeOnly(testing::FakeTransport& image, const std::string& content) {
    v1::MadeMember& file = *expected_.mutable_files(0);
    file.set_digest(Sha256Of(content).ToString());
    file.set_size(static_cast<int64_t>(content.size()));
    image.On("GET", "http://image/health", {.body = "ok"});
    image.On("GET", "http://image/k8s/", {.body = listing_});
    image.On("GET", Concat("http://image/", kPath),
             [content, etag = EtagOf(file)](
                 const http::Request& request) -> testing::FakeAnswer {
               if (testing::HeaderOf(request, "If-Range") != etag) {
                 return {.headers = {{"ETag", etag}}, .body = content};
               }
               return {.status = 206,
                       .headers = {{"Content-Range", "bytes 1-9/?"}},
                       .body = content.substr(1, 1023)};
             });
  }
  absl::StatusOr<std::vector<std::string>> Check(
      testing::FakeTransport& image) {
    TaskControl control;
    return CheckServedFiles(expected_, "http://image",
                            ComparedContent(work_, /*native=*/false), image, 2,
                            control);
  }
  static std::vector<std::string> RangesOf(
      const testing::FakeTransport& image) {
    std::vector<std::string> ranges;
    for (const http::Request& request : image.requests()) {
      const std::string range = testing::HeaderOf(request, "Range");
      if (!range.empty()) ranges.push_back(range);
    }
    return ranges;
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
  EXPECT_THAT(*checks, ElementsAre("GET /health", "listing of 1 hosts",
                                   "1 files compared", "validators of content",
                                   "a byte range"));
}

// One file is enough to know the server by.
TEST_F(ServedFilesTest, AByteRangeIsAskedForOnceWhereThereIsOne) {
  const struct {
    std::string content;
    std::vector<std::string> ranges;
  } kCases[] = {{"", {}},
                {"1", {}},
                {"12", {"bytes=1-1", "bytes=1-"}},
                {std::string(1024, 'x'), {"bytes=1-1023", "bytes=1-"}},
                {std::string(5000, 'x'), {"bytes=1-1023", "bytes=1-"}}};
  for (const auto& [content, ranges] : kCases) {
    testing::FakeTransport image;
    ServeOnly(image, content);
    const auto checks = Check(image);
    ASSERT_TRUE(checks.ok()) << content.size() << checks.status();
    EXPECT_EQ(RangesOf(image), ranges) << content.size();
  }
  testing::FakeTransport image;
  ServeOnly(image, "12");
  *expected_.add_files() = expected_.files(0);
  ASSERT_TRUE(Check(image).ok());
  EXPECT_EQ(RangesOf(image).size(), 2u);
}

TEST_F(ServedFilesTest, OneByteTooManyIsSaidToBeSo) {
  testing::FakeTransport image;
  ServeOnly(image, "123456789");
  expected_.mutable_files(0)->set_size(8);
  const absl::Status status = Check(image).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("gives more than the 8 bytes"));
  // The bytes are right, and fewer than was made.
  testing::FakeTransport shorter;
  ServeOnly(shorter, "123456789");
  expected_.mutable_files(0)->set_size(10);
  EXPECT_TRUE(absl::IsDataLoss(Check(shorter).status()));
}

TEST_F(ServedFilesTest, AnErrorIsNoListingAndNoFile) {
  testing::FakeTransport no_listing;
  no_listing.On("GET", "http://image/k8s/", {.status = 403, .body = listing_});
  ServeOnly(no_listing, "kubelet");
  const absl::Status listing = Check(no_listing).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(listing)) << listing;
  EXPECT_THAT(std::string(listing.message()), HasSubstr("not a listing"));

  testing::FakeTransport no_file;
  no_file.On("GET", Concat("http://image/", kPath),
             {.status = 404, .body = "kubelet"});
  ServeOnly(no_file, "kubelet");
  const absl::Status file = Check(no_file).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(file)) << file;
  EXPECT_THAT(std::string(file.message()), HasSubstr("answers HTTP 404"));
}

TEST_F(ServedFilesTest, WhatBreaksIsAPassingTrouble) {
  for (const std::string& path :
       {std::string("health"), std::string("k8s/"), std::string(kPath)}) {
    testing::FakeTransport image;
    image.On("GET", Concat("http://image/", path),
             {.ending = absl::UnavailableError("cut")});
    ServeOnly(image, "kubelet");
    EXPECT_TRUE(absl::IsUnavailable(Check(image).status())) << path;
  }
}

TEST_F(ServedFilesTest, TheTaskSaysWhatItComparesAndEndsItsRequests) {
  testing::FakeTransport image;
  ServeOnly(image, "kubelet");
  TaskControl control;
  bool ended = false;
  testing::FakeTransport cancelling;
  cancelling.On(
      "GET", "http://image/health", [&](const http::Request& request) {
        control.Cancel();
        ended = request.transfer.stop.stop_requested();
        return testing::FakeAnswer{.ending = absl::CancelledError("stopped")};
      });
  ASSERT_TRUE(CheckServedFiles(expected_, "http://image",
                               ComparedContent(work_, /*native=*/false), image,
                               2, control)
                  .ok());
  EXPECT_EQ(control.activity(), Concat("comparing ", kPath));
  EXPECT_TRUE(absl::IsCancelled(
      CheckServedFiles(expected_, "http://image",
                       ComparedContent(work_, /*native=*/false), cancelling, 2,
                       control)
          .status()));
  EXPECT_TRUE(ended);
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
  EXPECT_THAT(*checks, ::testing::Contains("listing of 1 hosts"));
}

TEST_F(OfflineTest, NamesAFileThatCannotBeRead) {
  Serve("");
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(ToFailure(status, "").item(), "k8s/offline.yml");
}

TEST_F(OfflineTest, NamesAFileThatIsNotThere) {
  v1::AskedFor& url = *expected_.add_urls();
  url.set_name("https://dl.k8s.io/v1.29.5/kubelet");
  url.set_served(kPath);
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_EQ(ToFailure(status, "").item(), "k8s/offline.yml");
}

// They are small, and the image's own.
TEST_F(OfflineTest, InBriefWhatTellsOfTheReleaseIsComparedAllTheSame) {
  work_.set_compared_in(kOther);
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}\"\n"));
  EXPECT_TRUE(Check().ok());
  const std::string stale = Sha256Of("of another").ToString();
  expected_.mutable_files(1)->set_digest(stale);
  const absl::Status status = Check().status();
  EXPECT_EQ(ToFailure(status, "").item(), "k8s/offline.yml");
  EXPECT_THAT(std::string(status.message()), HasSubstr(stale));
}

TEST_F(OfflineTest, NamesAUrlThatALineIsMissingFor) {
  Serve(Concat(kHead, "kube_image_repo: \"{{ registry_host }}\"\n"));
  const v1::Failure failure = ToFailure(Check().status(), "");
  EXPECT_EQ(failure.item(), "https://dl.k8s.io/v1.29.5/kubelet");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_THAT(failure.reason(), HasSubstr("its upstream host"));
}

TEST_F(OfflineTest, NamesAnImageThatALineLeadsElsewhere) {
  Serve(Concat(kHead,
               "dl_k8s_io_url: \"{{ files_repo }}/dl.k8s.io\"\n"
               "kube_image_repo: \"{{ registry_host }}/registry.k8s.io\"\n"));
  const v1::Failure failure = ToFailure(Check().status(), "");
  EXPECT_EQ(failure.item(), "registry.k8s.io/pause");
  EXPECT_THAT(failure.reason(), HasSubstr("at k8s/registry.k8s.io/pause"));
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
    const absl::Status answer = check(right_answer);
    EXPECT_TRUE(absl::IsFailedPrecondition(answer)) << status;
    EXPECT_THAT(std::string(answer.message()),
                HasSubstr(Concat("answers HTTP ", status, ", not 200")));
  }
  to_another_content.ending = absl::UnavailableError("cut");
  EXPECT_TRUE(absl::IsUnavailable(check(right_answer)));
  to_another_content = {.body = "abcdefgh"};
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

  // Scripts a registry whose catalog has these pages, as the specification of
  // the registry's API has them: each but the last says that there is more.
  static void ServeCatalog(testing::FakeTransport& image,
                           const std::vector<std::string>& pages) {
    std::string url = "http://image/v2/_catalog?n=500";
    for (size_t i = 0; i < pages.size(); ++i) {
      testing::FakeAnswer answer = {
          .body = Concat(R"({"repositories":[)", pages[i], "]}")};
      if (i + 1 < pages.size()) answer.headers = {{"Link", "<next>"}};
      image.On("GET", url, answer);
      url = Concat("http://image/v2/_catalog?n=500&last=page-", i);
    }
    image.On("PUT",
             "http://image/v2/k8s/pause/manifests/pushed-by-a-verification",
             {.status = 405});
  }
  absl::StatusOr<std::vector<std::string>> Check(
      http::Transport& image, oci::ImageStore* store = nullptr) {
    TaskControl control;
    const auto registry =
        registry_.OpenRegistry("127.0.0.1:5000", true, control);
    return CheckServedImages(
        expected_, "http://image", ComparedContent(work_, native_), image,
        store == nullptr ? **registry : *store, 2, control);
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

TEST_F(ServedImagesTest, ReadsAllPagesOfTheCatalog) {
  testing::FakeTransport image;
  ServeCatalog(image, {R"("a","page-0")", R"(7,"page-1")", R"("k8s/pause")"});
  const auto checks = Check(image);
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_THAT(*checks, ElementsAre("GET /v2/", "catalog of 4 repositories",
                                   "pushes are refused",
                                   "1 images: 1 manifests and 1 blobs "
                                   "compared"));
  EXPECT_EQ(image.requests().size(), 4u);
}

TEST_F(ServedImagesTest, ACatalogEndsWithAPageThatLeadsNowhere) {
  testing::FakeTransport image;
  ServeCatalog(image, {R"("k8s/pause","page-0")", "", R"("never")"});
  const auto checks = Check(image);
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->at(1), "catalog of 2 repositories");
}

TEST_F(ServedImagesTest, ACatalogWithoutAnEndIsReadForAHundredPages) {
  std::vector<std::string> pages = {R"("k8s/pause","page-0")"};
  for (int i = 1; i < 102; ++i) pages.push_back(Concat("\"page-", i, "\""));
  testing::FakeTransport image;
  ServeCatalog(image, pages);
  const auto checks = Check(image);
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->at(1), "catalog of 101 repositories");
}

TEST_F(ServedImagesTest, WhatIsNoCatalogIsSaidToBeNone) {
  for (const testing::FakeAnswer& wrong : std::vector<testing::FakeAnswer>{
           {.status = 500, .body = catalog_},
           {.status = 201, .body = catalog_},
           {.body = "<html>"},
           {.body = "{}"},
           {.body = R"({"repositories":"k8s/pause"})"}}) {
    testing::FakeTransport image;
    image.On("GET", "http://image/v2/_catalog?n=500", wrong);
    const absl::Status status = Check(image).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << wrong.body << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(Concat("answers HTTP ", wrong.status)));
  }
}

TEST_F(ServedImagesTest, ARegistryOfNoImagesHasNothingToBeWrong) {
  expected_.clear_images();
  testing::FakeTransport image;
  ServeCatalog(image, {""});
  const auto checks = Check(image);
  ASSERT_TRUE(checks.ok()) << checks.status();
  EXPECT_EQ(checks->back(), "0 images: 0 manifests and 0 blobs compared");
}

TEST_F(ServedImagesTest, AnImageWithoutATagIsAskedForByItsDigest) {
  v1::ExpectedImage& image = *expected_.mutable_images(0);
  image.clear_tag();
  EXPECT_TRUE(Check().ok());
  EXPECT_EQ(registry_.manifest_gets(), 1);
  const std::string gone = Sha256Of("gone").ToString();
  image.mutable_top()->set_digest(gone);
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/pause@" + gone);
}

// A registry that lost what its tags name.
class OnlyTags : public oci::ImageStore {
 public:
  explicit OnlyTags(oci::ImageStore* registry) : registry_(*registry) {}
  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    return registry_.HasBlob(repository, digest);
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view, const v1::Descriptor&,
                                  const OpenSource&) override {
    return absl::UnimplementedError("");
  }
  absl::Status PutManifest(std::string_view, const v1::Document&,
                           std::string_view) override {
    return absl::UnimplementedError("");
  }
  absl::Status GetBlob(std::string_view repository, const v1::Descriptor& blob,
                       ByteSink& sink, int64_t offset) override {
    return registry_.GetBlob(repository, blob, sink, offset);
  }
  absl::StatusOr<v1::Document> GetManifest(std::string_view repository,
                                           std::string_view name) override {
    return registry_.GetManifest(repository, name);
  }
  absl::StatusOr<v1::Descriptor> HeadManifest(std::string_view,
                                              std::string_view) override {
    return by_digest;
  }

  // The answer for every digest.
  absl::StatusOr<v1::Descriptor> by_digest = absl::NotFoundError("404");

 private:
  oci::ImageStore& registry_;
};

TEST_F(ServedImagesTest, WhatATagNamesIsThereByItsDigestToo) {
  testing::FakeTransport image;
  ServeCatalog(image, {R"("k8s/pause")"});
  TaskControl control;
  const auto registry = registry_.OpenRegistry("127.0.0.1:5000", true, control);
  OnlyTags only_tags(registry->get());
  const absl::Status missing = Check(image, &only_tags).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()),
              HasSubstr(expected_.images(0).top().digest()));
  only_tags.by_digest = v1::Descriptor();
  EXPECT_TRUE(absl::IsDataLoss(Check(image, &only_tags).status()));
  only_tags.by_digest = expected_.images(0).top();
  EXPECT_TRUE(Check(image, &only_tags).ok());
}

TEST_F(ServedImagesTest, NamesTheBlobThatIsNotThere) {
  AddImage("3.10", "{} ", "127.0.0.1:5000/k8s/elsewhere");
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_EQ(ToFailure(status, "").item(), "k8s/pause:3.10");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("k8s/pause blob " + Sha256Of("{} ").ToString()));
}

TEST_F(ServedImagesTest, NamesTheLayerThatIsNotThere) {
  const std::string layer = Sha256Of("layer").ToString();
  const std::string manifest = Concat(
      R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
      R"(","config":{"mediaType":")", oci::kOciConfig, R"(","digest":")",
      Sha256Of("{}").ToString(), R"(","size":2},"layers":[{"mediaType":")",
      oci::kOciLayerTar, R"(","digest":")", layer, R"(","size":5}]})");
  v1::ExpectedImage& image = *expected_.mutable_images(0);
  *image.mutable_top() =
      registry_.AddManifest(kRepository, manifest, oci::kOciManifest, "3.9");
  *image.mutable_manifests(0) = image.top();
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(layer));
  registry_.AddBlob(kRepository, "layer", oci::kOciLayerTar);
  EXPECT_TRUE(Check().ok());
}

TEST_F(ServedImagesTest, ABlobOfTwoImagesIsReadOnceAndIsInBoth) {
  AddImage("3.10", "{}");
  ASSERT_TRUE(Check().ok());
  EXPECT_EQ(registry_.blob_gets(), 1);
  catalog_ = R"({"repositories":["k8s/pause","k8s/other"]})";
  v1::ExpectedImage& other = *expected_.mutable_images(1);
  other.set_repository("k8s/other");
  registry_.AddManifest(
      "127.0.0.1:5000/k8s/other",
      registry_.OpenRegistry("127.0.0.1:5000", true, TaskControl())
          .value()
          ->GetManifest("k8s/pause", "3.10")
          ->content(),
      oci::kOciManifest, "3.10");
  EXPECT_EQ(ToFailure(Check().status(), "").item(), "k8s/other:3.10");
}

TEST_F(ServedImagesTest, TheTaskSaysWhatItComparesAndEndsItsRequests) {
  testing::FakeTransport image;
  ServeCatalog(image, {R"("k8s/pause")"});
  TaskControl control;
  const auto registry = registry_.OpenRegistry("127.0.0.1:5000", true, control);
  const auto check = [&](http::Transport& transport) {
    return CheckServedImages(expected_, "http://image",
                             ComparedContent(work_, native_), transport,
                             **registry, 2, control)
        .status();
  };
  EXPECT_TRUE(check(image).ok());
  EXPECT_EQ(control.activity(), "comparing k8s/pause");

  int ended = 0;
  testing::FakeTransport cancelling;
  cancelling.On(
      "PUT", "http://image/v2/k8s/pause/manifests/pushed-by-a-verification",
      [&](const http::Request& request) {
        ended += request.transfer.stop.stop_requested() ? 1 : 0;
        return testing::FakeAnswer{.ending = absl::CancelledError("stopped")};
      });
  cancelling.On("GET", "http://image/v2/_catalog?n=500",
                [&](const http::Request& request) {
                  control.Cancel();
                  ended += request.transfer.stop.stop_requested() ? 1 : 0;
                  return testing::FakeAnswer{.body = catalog_};
                });
  EXPECT_TRUE(absl::IsCancelled(check(cancelling)));
  EXPECT_EQ(ended, 2);
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
