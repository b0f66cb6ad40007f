// SPDX-License-Identifier: Apache-2.0
// Lists and deletions over a registry's API.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"
#include "common/oci/documents.h"
#include "common/oci/login/credentials.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "common/oci/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

const std::string kV2 = "https://quay.io/v2/";
const std::string kFirstPage = kV2 + "a/tags/list?n=1000";

class RegistryCatalogTest : public ::testing::Test {
 protected:
  RegistryCatalogTest() {
    clock_.AdvanceByItself();
    client_ = *CreateRegistryClient({.host = "quay.io"}, &transport_, &clock_,
                                    &credentials_);
  }

  std::string Manifest(const std::string& reference) const {
    return kV2 + "a/manifests/" + reference;
  }

  std::string Referrers() const {
    return absl::StrCat(kV2, "a/referrers/", digest_.ToString());
  }
  // A page of referrers, each the manifest of a text, with its type.
  static std::string ReferrersPage(
      const std::vector<std::pair<std::string, std::string>>& referrers) {
    std::vector<oci::Referrer> page;
    for (const auto& [text, type] : referrers) {
      page.push_back(
          {MakeDocument(kOciManifest, text).content_descriptor(), type, {}});
    }
    return MakeReferrersIndex(page).content();
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Credentials credentials_;
  std::unique_ptr<ImageStore> client_;
  const Digest digest_ = Sha256Of("x");
};

TEST_F(RegistryCatalogTest, TagsOfAllPagesAreListed) {
  transport_.On("GET", kFirstPage,
                {.headers = {{"Link",
                              "</v2/a/tags/list?n=1000&next=opaque>; "
                              "rel=\"next\""}},
                 .body = R"({"name":"a","tags":["v2","v1"]})"});
  transport_.On("GET", kFirstPage + "&next=opaque",
                {.body = R"({"name":"a","tags":["v3"]})"});
  const auto tags = client_->ListTags("a");
  ASSERT_TRUE(tags.ok()) << tags.status();
  EXPECT_EQ(*tags, (std::vector<std::string>{"v1", "v2", "v3"}));
}

// A page that is not asked for would be taken for one that there is not.
TEST_F(RegistryCatalogTest, TheNextPageIsFoundAmongOtherLinks) {
  const std::string next = kFirstPage + "&next=a,b";
  const auto target = [](const std::string& relation) {
    return "</v2/a/tags/list?n=1000&next=a,b>;" + relation;
  };
  for (const http::Headers& links : {
           http::Headers{{"Link", target(" rel=next")}},
           http::Headers{{"link", target("REL = \"Next\"")}},
           http::Headers{{"Link", target(" title=\"a, b\"; rel=\"up next\"")}},
           http::Headers{{"Link", "</style.css>; rel=preload"},
                         {"Link", target(" rel=\"next\"")}},
           http::Headers{
               {"Link", "</x>; rel=\"prev\", " + target(" rel=\"next\"")}},
       }) {
    testing::FakeTransport transport;
    transport.On("GET", kFirstPage,
                 {.headers = links, .body = R"({"tags":["v1"]})"});
    transport.On("GET", next, {.body = R"({"tags":["v2"]})"});
    const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                              &clock_, &credentials_);
    const auto tags = client->ListTags("a");
    ASSERT_TRUE(tags.ok()) << tags.status();
    EXPECT_EQ(tags->size(), 2u) << links.back().second;
  }
}

TEST_F(RegistryCatalogTest, NoRepositoryHasNoTags) {
  transport_.On("GET", kFirstPage, {.status = 404});
  EXPECT_TRUE(client_->ListTags("a")->empty());
  transport_.On("GET", kV2 + "b/tags/list?n=1000",
                {.body = R"({"name":"b","tags":null})"});
  EXPECT_TRUE(client_->ListTags("b")->empty());
}

TEST_F(RegistryCatalogTest, AListThatGoesRoundEnds) {
  transport_.On(
      "GET", kFirstPage,
      {.headers = {{"Link", "</v2/a/tags/list?n=1000>; rel=\"next\""}},
       .body = R"({"tags":["v1"]})"});
  EXPECT_EQ(client_->ListTags("a")->size(), 1u);
}

TEST_F(RegistryCatalogTest, PagesElsewhereAreNotAsked) {
  transport_.On("GET", kFirstPage,
                {.headers = {{"Link",
                              "<https://evil.example.com/v2/a/tags/"
                              "list>; rel=\"next\""}},
                 .body = R"({"tags":["v1"]})"});
  EXPECT_TRUE(absl::IsPermissionDenied(client_->ListTags("a").status()));
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(RegistryCatalogTest, WhatIsNoTagIsRefused) {
  const std::vector<std::string> bodies = {
      R"({"tags":["../x"]})", R"({"tags":[1]})",
      R"({"tags":"v1"})",     "<html>",
      R"({"errors":[]})",     "[]",
      R"({"tags":["v1")"};
  for (const std::string& body : bodies) {
    transport_.On("GET", kFirstPage, {.body = body});
  }
  for (const std::string& body : bodies) {
    EXPECT_TRUE(absl::IsInvalidArgument(client_->ListTags("a").status()))
        << body;
  }
}

TEST_F(RegistryCatalogTest, ReferrersAreListedWhereTheyAreKnown) {
  transport_.On("GET", Referrers(), {.body = ReferrersPage({{"y", ""}})});
  const auto referrers = client_->ListReferrers("a", digest_, "");
  ASSERT_TRUE(referrers.ok()) << referrers.status();
  ASSERT_EQ(referrers->size(), 1u);
  EXPECT_EQ((*referrers)[0].manifest.digest(), Sha256Of("y").ToString());
}

TEST_F(RegistryCatalogTest, ReferrersOfAllPagesAreListed) {
  transport_.On("GET", Referrers(),
                {.headers = {{"Link", absl::StrCat("</v2/a/referrers/",
                                                   digest_.ToString(),
                                                   "?last=y>; rel=\"next\"")}},
                 .body = ReferrersPage({{"y", "text/plain"}})});
  // The page after says the first one again, as one that was pushed meanwhile
  // may make it.
  transport_.On(
      "GET", Referrers() + "?last=y",
      {.body = ReferrersPage({{"y", "text/plain"}, {"z", "text/plain"}})});
  const auto referrers = client_->ListReferrers("a", digest_, "");
  ASSERT_TRUE(referrers.ok()) << referrers.status();
  ASSERT_EQ(referrers->size(), 2u);
  EXPECT_EQ((*referrers)[1].manifest.digest(), Sha256Of("z").ToString());
}

TEST_F(RegistryCatalogTest, ReferrersOfATypeAreListedWhoeverFilters) {
  const std::string url =
      Referrers() + "?artifactType=application%2Fspdx%2Bjson";
  const std::string all =
      ReferrersPage({{"y", "text/plain"}, {"z", "application/spdx+json"}});
  const std::string filtered = ReferrersPage({{"z", "application/spdx+json"}});
  transport_.On("GET", url, {.body = all});
  transport_.On(
      "GET", url,
      {.headers = {{"OCI-Filters-Applied", "artifactType"}}, .body = filtered});
  for (int i = 0; i < 2; ++i) {
    const auto referrers =
        client_->ListReferrers("a", digest_, "application/spdx+json");
    ASSERT_TRUE(referrers.ok()) << referrers.status();
    ASSERT_EQ(referrers->size(), 1u);
    EXPECT_EQ((*referrers)[0].manifest.digest(), Sha256Of("z").ToString());
    EXPECT_EQ((*referrers)[0].artifact_type, "application/spdx+json");
  }
}

TEST_F(RegistryCatalogTest, AListOfReferrersThatGoesRoundEnds) {
  transport_.On("GET", Referrers(),
                {.headers = {{"Link", "<?n=1>; rel=\"next\""}},
                 .body = ReferrersPage({{"y", ""}})});
  transport_.On("GET", Referrers() + "?n=1",
                {.headers = {{"Link", "<?n=1>; rel=\"next\""}},
                 .body = ReferrersPage({{"y", ""}})});
  EXPECT_EQ(client_->ListReferrers("a", digest_, "")->size(), 1u);
}

TEST_F(RegistryCatalogTest, PagesOfReferrersElsewhereAreNotAsked) {
  transport_.On(
      "GET", Referrers(),
      {.headers = {{"Link", "<https://evil.example.com/v2/a>; rel=\"next\""}},
       .body = ReferrersPage({{"y", ""}})});
  EXPECT_TRUE(absl::IsPermissionDenied(
      client_->ListReferrers("a", digest_, "").status()));
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(RegistryCatalogTest, RegistriesThatKnowNoReferrersHaveNone) {
  for (const int status : {400, 403, 404, 405, 501}) {
    transport_.On("GET", Referrers(), {.status = status});
  }
  transport_.On("GET", Referrers(),
                {.headers = {{"Content-Type", "text/html; charset=utf-8"}},
                 .body = "<html>welcome</html>"});
  for (int i = 0; i < 6; ++i) {
    const auto referrers = client_->ListReferrers("a", digest_, "");
    ASSERT_TRUE(referrers.ok()) << i << referrers.status();
    EXPECT_TRUE(referrers->empty()) << i;
  }
}

// Signatures may be in what cannot be read.
TEST_F(RegistryCatalogTest, AListOfReferrersThatCannotBeReadIsAnError) {
  const std::string whole = ReferrersPage({{"y", ""}});
  for (const std::string& body :
       {std::string(), whole.substr(0, whole.size() - 3), whole + "}",
        std::string("<html>"), std::string("{}"), std::string("null")}) {
    for (const char* type :
         {"application/vnd.oci.image.index.v1+json",
          "Application/VND.OCI.Image.Index.v1+JSON; charset=utf-8",
          "application/json", ""}) {
      testing::FakeTransport transport;
      http::Headers headers;
      if (*type != '\0') headers = {{"Content-Type", type}};
      transport.On("GET", Referrers(), {.headers = headers, .body = body});
      const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                                &clock_, &credentials_);
      const absl::Status status =
          client->ListReferrers("a", digest_, "").status();
      EXPECT_TRUE(absl::IsDataLoss(status)) << type << body << status;
    }
  }
}

TEST_F(RegistryCatalogTest, ARegistryInTroubleIsNotTakenForOneWithoutAList) {
  for (const int status : {202, 204, 407, 408, 421, 425, 429, 500, 503}) {
    testing::FakeTransport transport;
    transport.On("GET", Referrers(), {.status = status});
    const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                              &clock_, &credentials_);
    EXPECT_FALSE(client->ListReferrers("a", digest_, "").ok()) << status;
  }
}

// Each page alone is small enough.
TEST_F(RegistryCatalogTest, AListOfReferrersIsBoundedAsAWhole) {
  int pages = 0;
  const auto next_page = [&](const http::Request&) {
    const Referrer large = {
        MakeDocument(kOciManifest, absl::StrCat(++pages)).content_descriptor(),
        "",
        {{"note", std::string(3 << 20, 'x')}}};
    return testing::FakeAnswer{.headers = {{"Link", "<?n=1>; rel=\"next\""}},
                               .body = MakeReferrersIndex({large}).content()};
  };
  transport_.On("GET", Referrers(), next_page);
  transport_.On("GET", Referrers() + "?n=1", next_page);
  EXPECT_TRUE(absl::IsInvalidArgument(
      client_->ListReferrers("a", digest_, "").status()));
  EXPECT_LT(pages, 20);
}

// Half of a list is none.
TEST_F(RegistryCatalogTest, APageOfReferrersThatIsNoneIsAnError) {
  transport_.On("GET", Referrers(),
                {.headers = {{"Link", "<?n=1>; rel=\"next\""}},
                 .body = ReferrersPage({{"y", ""}})});
  transport_.On("GET", Referrers() + "?n=1",
                {.headers = {{"Content-Type", "text/html"}},
                 .body = "<html>welcome</html>"});
  EXPECT_FALSE(client_->ListReferrers("a", digest_, "").ok());
}

TEST_F(RegistryCatalogTest, APageOfReferrersThatIsRefusedIsAnError) {
  transport_.On("GET", Referrers(),
                {.headers = {{"Link", "<?n=1>; rel=\"next\""}},
                 .body = ReferrersPage({{"y", ""}})});
  transport_.On("GET", Referrers() + "?n=1", {.status = 403});
  EXPECT_TRUE(absl::IsPermissionDenied(
      client_->ListReferrers("a", digest_, "").status()));
}

TEST_F(RegistryCatalogTest, AManifestIsDeletedOrGoneAlready) {
  const std::string url = Manifest(digest_.ToString());
  for (const int status : {200, 202, 204, 404}) {
    transport_.On("DELETE", url, {.status = status});
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(client_->DeleteManifest("a", digest_.ToString()).ok()) << i;
  }
}

TEST_F(RegistryCatalogTest, ARegistryThatDeletesNothingIsTold) {
  transport_.On("DELETE", Manifest("v1"), {.status = 405});
  EXPECT_TRUE(absl::IsUnimplemented(client_->DeleteManifest("a", "v1")));
  transport_.On(
      "DELETE", Manifest("v2"),
      {.status = 400, .body = R"({"errors":[{"code":"UNSUPPORTED"}]})"});
  EXPECT_TRUE(absl::IsUnimplemented(client_->DeleteManifest("a", "v2")));
  transport_.On("DELETE", Manifest("v3"), {.status = 403});
  EXPECT_TRUE(absl::IsPermissionDenied(client_->DeleteManifest("a", "v3")));
}

TEST_F(RegistryCatalogTest, ATokenIsAskedForThatMayDelete) {
  transport_.On(
      "DELETE", Manifest("v1"),
      {.status = 401,
       .headers = {{"WWW-Authenticate",
                    "Bearer realm=\"https://quay.io/token\",service=\"q\""}}});
  const std::string token =
      "https://quay.io/token?scope=repository%3Aa%3Apull%2Cpush%2C"
      "delete&service=q";
  transport_.On("GET", token, {.body = R"({"token":"t"})"});
  (void)client_->DeleteManifest("a", "v1");
  EXPECT_EQ(transport_.CountOf("GET", token), 1)
      << transport_.requests().back().url;
}

TEST_F(RegistryCatalogTest, WhatIsNotGrammaticalIsNotAsked) {
  EXPECT_FALSE(client_->ListTags("../a").ok());
  EXPECT_FALSE(client_->ListReferrers("../a", digest_, "").ok());
  EXPECT_FALSE(client_->DeleteManifest("a", "v1/../v2").ok());
  EXPECT_TRUE(transport_.requests().empty());
}

}  // namespace
}  // namespace kso::oci
