// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/make_catalog.h"
#include "tests/upstream/pull_quota.h"
#include "tests/upstream/test_release.h"
#include "tests/upstream/upstream_server.h"

namespace kso::upstream {
namespace {

std::string PathOf(const std::string& url) { return url.substr(7); }

// The part of an absolute URL after its host, which httplib's client wants.
std::string Target(const std::string& location) {
  return location.substr(location.find('/', 7));
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto release = ReadRelease(WriteTestRelease("server_release"));
    ASSERT_TRUE(release.ok()) << release.status();
    const auto store = ObjectStore::Open(testing::TempDir() + "/server_data");
    auto catalog = MakeCatalog(*store, *release, {});
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    auto faults = std::make_unique<Faults>();
    faults_ = faults.get();
    auto server =
        UpstreamServer::Start({}, *std::move(catalog), std::move(faults));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  static httplib::Result Get(const std::string& address,
                             const std::string& path,
                             const httplib::Headers& headers = {}) {
    httplib::Client client("http://" + address);
    return client.Get(path, headers);
  }

  httplib::Result GetMain(const std::string& path,
                          const httplib::Headers& headers = {}) {
    return Get(server_->main_address(), path, headers);
  }

  httplib::Headers Bearer(const std::string& repository) {
    const auto answer = GetMain(
        "/token?service=kso-upstream&scope=repository:" + repository + ":pull");
    return {
        {"Authorization",
         "Bearer " +
             nlohmann::json::parse(answer->body)["token"].get<std::string>()}};
  }

  std::unique_ptr<UpstreamServer> server_;
  Faults* faults_ = nullptr;
};

TEST_F(ServerTest, FileIsWhatTheCatalogSays) {
  const auto answer = GetMain(PathOf(kDirectUrl));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(Sha256Hex(answer->body),
            server_->catalog().files.at(kDirectUrl).sha256);
}

TEST_F(ServerTest, HeadSaysTheLength) {
  httplib::Client client("http://" + server_->main_address());
  const auto answer = client.Head(PathOf(kDirectUrl));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->get_header_value("Content-Length"),
            absl::StrCat(server_->catalog().files.at(kDirectUrl).size));
  EXPECT_FALSE(answer->get_header_value("ETag").empty());
}

TEST_F(ServerTest, RangesFollowTheRules) {
  const std::string path = PathOf(kDirectUrl);
  const auto whole = GetMain(path);
  const std::string& body = whole->body;
  const std::string etag = whole->get_header_value("ETag");

  const auto middle = GetMain(path, {{"Range", "bytes=10-19"}});
  EXPECT_EQ(middle->status, 206);
  EXPECT_EQ(middle->body, body.substr(10, 10));
  EXPECT_EQ(middle->get_header_value("Content-Range"),
            absl::StrCat("bytes 10-19/", body.size()));

  const auto rest =
      GetMain(path, {{"Range", "bytes=100-"}, {"If-Range", etag}});
  EXPECT_EQ(rest->status, 206);
  EXPECT_EQ(rest->body, body.substr(100));

  const auto suffix = GetMain(path, {{"Range", "bytes=-5"}});
  EXPECT_EQ(suffix->body, body.substr(body.size() - 5));

  const auto beyond = GetMain(path, {{"Range", "bytes=5-99999999"}});
  EXPECT_EQ(beyond->body, body.substr(5));

  const auto changed =
      GetMain(path, {{"Range", "bytes=100-"}, {"If-Range", "\"other\""}});
  EXPECT_EQ(changed->status, 200);
  EXPECT_EQ(changed->body, body);

  const auto outside = GetMain(path, {{"Range", "bytes=99999999-"}});
  EXPECT_EQ(outside->status, 416);
  EXPECT_EQ(outside->get_header_value("Content-Range"),
            absl::StrCat("bytes */", body.size()));

  EXPECT_EQ(GetMain(path, {{"If-None-Match", etag}})->status, 304);
}

TEST_F(ServerTest, ReleaseHostRedirectsToASignedUrlElsewhere) {
  const auto redirect = GetMain(PathOf(kRedirectedUrl));
  ASSERT_EQ(redirect->status, 302);
  const std::string location = redirect->get_header_value("Location");
  EXPECT_EQ(location.find("http://" + server_->cdn_address() + "/"), 0u);

  const auto file = Get(server_->cdn_address(), Target(location));
  EXPECT_EQ(file->status, 200);
  EXPECT_EQ(Sha256Hex(file->body),
            server_->catalog().files.at(kRedirectedUrl).sha256);
  EXPECT_EQ(Get(server_->cdn_address(), PathOf(kRedirectedUrl))->status, 403);
}

TEST_F(ServerTest, ManifestNeedsATokenForItsRepository) {
  const std::string path = "/v2/quay.io/calico/node/manifests/v3.27.4";
  const auto refused = GetMain(path);
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->get_header_value("WWW-Authenticate"),
            "Bearer realm=\"http://" + server_->main_address() +
                "/token\",service=\"kso-upstream\",scope=\"repository:quay.io/"
                "calico/node:pull\"");
  EXPECT_EQ(nlohmann::json::parse(refused->body)["errors"][0]["code"],
            "UNAUTHORIZED");
  EXPECT_EQ(GetMain(path, Bearer("quay.io/calico/cni"))->status, 401);

  const auto granted = GetMain(path, Bearer("quay.io/calico/node"));
  ASSERT_EQ(granted->status, 200);
  EXPECT_EQ(granted->get_header_value("Docker-Content-Digest"),
            Sha256Digest(granted->body));
}

TEST_F(ServerTest, ManifestTypeMustBeAccepted) {
  httplib::Headers headers = Bearer("quay.io/calico/node");
  headers.emplace("Accept", "application/json");
  const auto answer =
      GetMain("/v2/quay.io/calico/node/manifests/v3.27.4", headers);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(nlohmann::json::parse(answer->body)["errors"][0]["code"],
            "MANIFEST_UNKNOWN");
}

TEST_F(ServerTest, BlobIsElsewhereAndTakesNoToken) {
  const auto& [digest, blob] =
      *server_->catalog().repositories.at("quay.io/calico/node").blobs.begin();
  const httplib::Headers bearer = Bearer("quay.io/calico/node");
  const auto redirect =
      GetMain("/v2/quay.io/calico/node/blobs/" + digest, bearer);
  ASSERT_EQ(redirect->status, 307);
  const std::string target = Target(redirect->get_header_value("Location"));
  EXPECT_EQ(Get(server_->blob_address(), target, bearer)->status, 400);
  const auto answer = Get(server_->blob_address(), target);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(Sha256Digest(answer->body), digest);
}

TEST_F(ServerTest, FaultsHappenAndGoAway) {
  ASSERT_TRUE(faults_->Add(FaultKind::kFail, "get.helm.sh=503*1").ok());
  ASSERT_TRUE(faults_->Add(FaultKind::kCut, "get.helm.sh=100*1").ok());
  EXPECT_FALSE(faults_->Add(FaultKind::kFail, "nonsense").ok());
  EXPECT_EQ(GetMain(PathOf(kDirectUrl))->status, 503);
  EXPECT_FALSE(GetMain(PathOf(kDirectUrl))) << "a body cut short is an error";
  EXPECT_EQ(GetMain(PathOf(kDirectUrl))->status, 200);
}

TEST_F(ServerTest, FailuresSayWhenToComeBack) {
  ASSERT_TRUE(faults_->Add(FaultKind::kFail, "get.helm.sh=429/7*1").ok());
  ASSERT_TRUE(faults_->Add(FaultKind::kFail, "get.helm.sh=429/d7*1").ok());
  ASSERT_TRUE(faults_->Add(FaultKind::kFail, "get.helm.sh=429/-*1").ok());
  EXPECT_EQ(GetMain(PathOf(kDirectUrl))->get_header_value("Retry-After"), "7");
  EXPECT_NE(
      GetMain(PathOf(kDirectUrl))->get_header_value("Retry-After").find("GMT"),
      std::string::npos);
  EXPECT_FALSE(GetMain(PathOf(kDirectUrl))->has_header("Retry-After"));
}

TEST_F(ServerTest, BodiesCanBeWrong) {
  const auto& file = server_->catalog().files.at(kDirectUrl);
  ASSERT_TRUE(faults_->Add(FaultKind::kLengthen, "get.helm.sh=1*1").ok());
  EXPECT_FALSE(GetMain(PathOf(kDirectUrl))) << "less than was announced";
  ASSERT_TRUE(faults_->Add(FaultKind::kCorrupt, "get.helm.sh=20*1").ok());
  const auto corrupt = GetMain(PathOf(kDirectUrl));
  EXPECT_EQ(corrupt->body.size(), file.size);
  EXPECT_NE(Sha256Hex(corrupt->body), file.sha256);
  ASSERT_TRUE(faults_->Add(FaultKind::kShorten, "get.helm.sh=10*1").ok());
  EXPECT_EQ(GetMain(PathOf(kDirectUrl))->body.size(), 10u);
}

TEST(PullQuotaTest, CountsPullsInASlidingWindow) {
  PullQuota quota(2, absl::Hours(6));
  const absl::Time start = absl::FromUnixSeconds(1000);
  EXPECT_TRUE(quota.Take(start, false));
  EXPECT_EQ(quota.Remaining(start), "2;w=21600");
  EXPECT_TRUE(quota.Take(start, true));
  EXPECT_TRUE(quota.Take(start + absl::Hours(1), true));
  EXPECT_FALSE(quota.Take(start + absl::Hours(2), true));
  EXPECT_EQ(quota.Remaining(start + absl::Hours(2)), "0;w=21600");
  EXPECT_TRUE(quota.Take(start + absl::Hours(6), true));
  EXPECT_EQ(quota.Limit(), "2;w=21600");
}

TEST_F(ServerTest, CountsWhatMoved) {
  GetMain(PathOf(kDirectUrl));
  const auto stats = nlohmann::json::parse(GetMain("/-/stats")->body);
  EXPECT_EQ(stats["requests"]["file GET 200"], 1);
  EXPECT_EQ(stats["bytes"]["file"],
            server_->catalog().files.at(kDirectUrl).size);
}

TEST(TokenTest, ExpiresAndCannotBeForged) {
  absl::Time now = absl::FromUnixSeconds(1000);
  const TokenAuthority authority("key", absl::Seconds(300),
                                 [&now] { return now; });
  using Verdict = TokenAuthority::Verdict;
  const std::string token = authority.Issue({"repository:a/b:pull,push"});
  EXPECT_EQ(authority.Check(token, "a/b"), Verdict::kGranted);
  EXPECT_EQ(authority.Check(token, "a/c"), Verdict::kInsufficientScope);
  EXPECT_EQ(authority.Check("x" + token, "a/b"), Verdict::kInvalid);
  now += absl::Seconds(300);
  EXPECT_EQ(authority.Check(token, "a/b"), Verdict::kExpired);
}

}  // namespace
}  // namespace kso::upstream
