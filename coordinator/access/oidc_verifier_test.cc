// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_verifier.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/files/small_file.h"
#include "common/text/json.h"
#include "coordinator/access/oidc_key_cache.h"
#include "coordinator/access/oidc_source.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kIssuer[] = "https://token.actions.example";
constexpr char kSubject[] = "repo:acme/farm:ref:refs/heads/main";

std::string Base64Url(absl::string_view bytes) {
  std::string text;
  absl::WebSafeBase64Escape(bytes, &text);
  return text;
}

// An issuer's key: what it publishes, and what it signs.
class SigningKey {
 public:
  enum class Kind { kRsa, kEc };

  SigningKey(Kind kind, std::string id)
      : kind_(kind),
        id_(std::move(id)),
        key_(kind == Kind::kRsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"),
             EVP_PKEY_free) {}

  Json Published() const {
    Json jwk = {{"kid", id_}, {"use", "sig"}};
    if (kind_ == Kind::kRsa) {
      jwk["kty"] = "RSA";
      jwk["alg"] = "RS256";
      jwk["n"] = Base64Url(Number(OSSL_PKEY_PARAM_RSA_N, 0));
      jwk["e"] = Base64Url(Number(OSSL_PKEY_PARAM_RSA_E, 0));
    } else {
      jwk["kty"] = "EC";
      jwk["crv"] = "P-256";
      jwk["x"] = Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_X, 32));
      jwk["y"] = Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    return jwk;
  }

  std::string Sign(const std::string& text) const {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                               EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                       key_.get());
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    EVP_DigestSign(context.get(), nullptr, &size, data, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context.get(),
                   reinterpret_cast<unsigned char*>(signature.data()), &size,
                   data, text.size());
    signature.resize(size);
    return kind_ == Kind::kRsa ? signature : RAndS(signature);
  }

  const std::string& id() const { return id_; }
  std::string algorithm() const {
    return kind_ == Kind::kRsa ? "RS256" : "ES256";
  }

 private:
  std::string Number(const char* name, int size) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    if (size == 0) size = BN_num_bytes(number);
    std::string bytes(static_cast<size_t>(size), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
    BN_free(number);
    return bytes;
  }

  static std::string RAndS(const std::string& der) {
    const auto* data = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature =
        d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size()));
    std::string bytes(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
    ECDSA_SIG_free(signature);
    return bytes;
  }

  const Kind kind_;
  const std::string id_;
  const std::shared_ptr<EVP_PKEY> key_;
};

// Keys are slow to make.
const SigningKey& RsaKey() {
  static const auto* const kKey =
      new SigningKey(SigningKey::Kind::kRsa, "rsa-1");
  return *kKey;
}
const SigningKey& EcKey() {
  static const auto* const kKey = new SigningKey(SigningKey::Kind::kEc, "ec-1");
  return *kKey;
}
// A key that the issuer does not publish.
const SigningKey& EvesKey() {
  static const auto* const kKey =
      new SigningKey(SigningKey::Kind::kRsa, "rsa-1");
  return *kKey;
}

std::string KeySetText(const std::vector<const SigningKey*>& keys) {
  Json set = {{"keys", Json::array()}};
  for (const SigningKey* key : keys) set["keys"].push_back(key->Published());
  return set.dump();
}

class FixedKeys : public OidcKeySource {
 public:
  explicit FixedKeys(OidcKeySet keys) : keys_(std::move(keys)) {}

  absl::StatusOr<pki::JwsKey> Find(std::string_view key_id) override {
    const auto found = keys_.find(key_id);
    if (found == keys_.end()) return absl::NotFoundError("no such key");
    return found->second;
  }

 private:
  const OidcKeySet keys_;
};

class OidcVerifierTest : public ::testing::Test {
 protected:
  static OidcIssuer Config() {
    return {.issuer = kIssuer,
            .audience = "kso",
            .jwks_url = "https://token.actions.example/jwks",
            .jwks_file = "",
            .rules = {{.role = access::Role::kSubmit,
                       .claims = {{"repository", {"acme/farm"}},
                                  {"ref", {"refs/heads/main"}}}}}};
  }

  Json Claims() const {
    const int64_t now = absl::ToUnixSeconds(clock_.Now());
    return {{"iss", kIssuer},
            {"aud", "kso"},
            {"sub", kSubject},
            {"iat", now},
            {"nbf", now},
            {"exp", now + 300},
            {"repository", "acme/farm"},
            {"ref", "refs/heads/main"}};
  }

  static std::string TokenOf(const std::string& header,
                             const std::string& claims, const SigningKey& key) {
    const std::string text =
        absl::StrCat(Base64Url(header), ".", Base64Url(claims));
    return absl::StrCat(text, ".", Base64Url(key.Sign(text)));
  }

  static std::string Token(const Json& claims,
                           const SigningKey& key = RsaKey()) {
    const Json header = {
        {"alg", key.algorithm()}, {"typ", "JWT"}, {"kid", key.id()}};
    return TokenOf(header.dump(), claims.dump(), key);
  }

  // Why a token is refused; empty when it is accepted.
  std::string Refusal(const std::string& token) const {
    const auto principal = verifier_.Identify(token);
    if (principal.ok()) return "";
    EXPECT_TRUE(absl::IsUnauthenticated(principal.status()))
        << principal.status();
    // A message goes to logs, and a token is a secret.
    EXPECT_THAT(std::string(principal.status().message()),
                Not(HasSubstr(token.substr(0, 20))));
    return std::string(principal.status().message());
  }

  // Why a token is refused whose claims are good but for one.
  std::string RefusalWith(const std::string& claim, const Json& value) const {
    Json claims = Claims();
    claims[claim] = value;
    return Refusal(Token(claims));
  }
  std::string RefusalWithout(const std::string& claim) const {
    Json claims = Claims();
    claims.erase(claim);
    return Refusal(Token(claims));
  }

  kso::testing::FakeClock clock_;
  FixedKeys keys_{ParseKeySet(KeySetText({&RsaKey(), &EcKey()})).value()};
  const OidcVerifier verifier_{{{Config(), &keys_}}, &clock_};
};

TEST_F(OidcVerifierTest, APipelineSubmitsUnderItsSubject) {
  for (const SigningKey* key : {&RsaKey(), &EcKey()}) {
    const std::string token = Token(Claims(), *key);
    EXPECT_TRUE(verifier_.Recognizes(token));
    const auto principal = verifier_.Identify(token);
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->name, kSubject);
    EXPECT_EQ(principal->how, IdentifiedBy::kOidc);
    EXPECT_EQ(principal->roles, access::RoleSet{access::Role::kSubmit});
    EXPECT_THAT(principal->id, HasSubstr(kIssuer));
  }
}

TEST_F(OidcVerifierTest, TokensWithoutASignatureAreRefused) {
  for (const char* algorithm : {"none", "None", "NONE", "", "nOnE"}) {
    const Json header = {{"alg", algorithm}, {"kid", "rsa-1"}};
    const std::string text = absl::StrCat(Base64Url(header.dump()), ".",
                                          Base64Url(Claims().dump()), ".");
    EXPECT_THAT(Refusal(text), HasSubstr("algorithm")) << algorithm;
  }
  const std::string signed_token = Token(Claims());
  EXPECT_THAT(Refusal(signed_token.substr(0, signed_token.rfind('.') + 1)),
              HasSubstr("signature"));
}

TEST_F(OidcVerifierTest, ThePublicKeyIsNoSecretToSignWith) {
  const Json header = {{"alg", "HS256"}, {"kid", "rsa-1"}};
  const std::string text =
      absl::StrCat(Base64Url(header.dump()), ".", Base64Url(Claims().dump()));
  const std::string secret = RsaKey().Published().dump();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac,
       &size);
  EXPECT_THAT(
      Refusal(absl::StrCat(text, ".",
                           Base64Url(absl::string_view(
                               reinterpret_cast<const char*>(mac), size)))),
      HasSubstr("algorithm"));
}

TEST_F(OidcVerifierTest, TheKeySaysTheAlgorithmNotTheToken) {
  Json header = {{"alg", "ES256"}, {"kid", "rsa-1"}};
  EXPECT_THAT(Refusal(TokenOf(header.dump(), Claims().dump(), RsaKey())),
              HasSubstr("signature is wrong"));
  header = {{"alg", "RS256"}, {"kid", "ec-1"}};
  EXPECT_THAT(Refusal(TokenOf(header.dump(), Claims().dump(), EcKey())),
              HasSubstr("signature is wrong"));
}

TEST_F(OidcVerifierTest, OtherKeysSignNothing) {
  EXPECT_THAT(Refusal(Token(Claims(), EvesKey())),
              HasSubstr("signature is wrong"));
  const Json header = {{"alg", "RS256"}, {"kid", "rsa-2"}};
  EXPECT_THAT(Refusal(TokenOf(header.dump(), Claims().dump(), RsaKey())),
              HasSubstr("no such key"));
  // A key that the token brings along is not looked at.
  const Json embedded = {{"alg", "RS256"},
                         {"kid", "rsa-1"},
                         {"jwk", EvesKey().Published()},
                         {"jku", "https://eve.example/jwks"}};
  EXPECT_THAT(Refusal(TokenOf(embedded.dump(), Claims().dump(), EvesKey())),
              HasSubstr("signature is wrong"));
}

TEST_F(OidcVerifierTest, ChangedClaimsAreRefused) {
  const std::string token = Token(Claims());
  Json changed = Claims();
  changed["repository"] = "eve/farm";
  const std::string other = Token(changed);
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  EXPECT_THAT(Refusal(absl::StrCat(other.substr(0, other.rfind('.')),
                                   token.substr(last))),
              HasSubstr("signature is wrong"));
  EXPECT_THAT(
      Refusal(absl::StrCat(token.substr(0, first), ".e30", token.substr(last))),
      Not(HasSubstr("no rule")));
}

TEST_F(OidcVerifierTest, TimesAreHeldWithASkew) {
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  EXPECT_EQ(RefusalWith("exp", now - 59), "");
  EXPECT_THAT(RefusalWith("exp", now - 61), HasSubstr("expired"));
  EXPECT_EQ(RefusalWith("nbf", now + 59), "");
  EXPECT_THAT(RefusalWith("nbf", now + 61), HasSubstr("future"));
  EXPECT_THAT(RefusalWith("iat", now + 61), HasSubstr("future"));
  EXPECT_EQ(RefusalWithout("nbf"), "");
  EXPECT_THAT(RefusalWithout("exp"), HasSubstr("expires"));
  EXPECT_THAT(RefusalWithout("iat"), HasSubstr("issued"));
  EXPECT_THAT(RefusalWith("exp", now + 100'000), HasSubstr("a day"));
}

TEST_F(OidcVerifierTest, OddTimesAreRefused) {
  for (const Json& odd :
       {Json("1"), Json(-1), Json(1e300), Json(1.5), Json(nullptr), Json(true),
        Json(18446744073709551615U), Json(9223372036854775807), Json("")}) {
    EXPECT_THAT(RefusalWith("exp", odd), HasSubstr("exp")) << odd;
    EXPECT_NE(RefusalWith("nbf", odd), "") << odd;
  }
}

TEST_F(OidcVerifierTest, TokensForOthersAreRefused) {
  EXPECT_EQ(RefusalWith("aud", Json::array({"other", "kso"})), "");
  for (const Json& audience :
       {Json("other"), Json("ks"), Json("kso2"), Json("KSO"), Json(""),
        Json::array(), Json::array({"other"}), Json(nullptr), Json(1),
        Json::object({{"kso", true}}), Json("kso,other")}) {
    EXPECT_THAT(RefusalWith("aud", audience), HasSubstr("audience"))
        << audience;
  }
  EXPECT_THAT(RefusalWithout("aud"), HasSubstr("audience"));
}

TEST_F(OidcVerifierTest, OtherIssuersAreRefused) {
  for (const Json& issuer :
       {Json("https://token.actions.example/"), Json("https://token.actions"),
        Json("https://token.actions.example.eve.example"), Json(""),
        Json("HTTPS://token.actions.example"), Json(nullptr), Json(1),
        Json::array({kIssuer})}) {
    EXPECT_THAT(RefusalWith("iss", issuer), HasSubstr("issuer")) << issuer;
  }
  EXPECT_THAT(RefusalWithout("iss"), HasSubstr("issuer"));
}

TEST_F(OidcVerifierTest, ClaimsAreComparedWhole) {
  for (const Json& repository :
       {Json("acme/farm2"), Json("acme/far"), Json("eve/acme/farm"),
        Json("acme/farm/"), Json("Acme/farm"), Json("acme/farm\n"), Json(""),
        Json(nullptr), Json::array({"acme/farm"}),
        Json::object({{"acme/farm", 1}})}) {
    EXPECT_THAT(RefusalWith("repository", repository), HasSubstr("no rule"))
        << repository;
  }
  EXPECT_THAT(RefusalWithout("repository"), HasSubstr("no rule"));
  EXPECT_THAT(RefusalWith("ref", "refs/heads/main-2"), HasSubstr("no rule"));
  EXPECT_THAT(RefusalWithout("ref"), HasSubstr("no rule"));
}

TEST_F(OidcVerifierTest, AClaimThatComesTwiceIsRefused) {
  std::string claims = Claims().dump();
  claims.insert(1, "\"repository\":\"acme/farm\",");
  const Json header = {{"alg", "RS256"}, {"kid", "rsa-1"}};
  EXPECT_THAT(Refusal(TokenOf(header.dump(), claims, RsaKey())),
              HasSubstr("payload"));
  const std::string twice =
      "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"rsa-1\"}";
  EXPECT_THAT(Refusal(TokenOf(twice, Claims().dump(), RsaKey())),
              HasSubstr("header"));
}

TEST_F(OidcVerifierTest, OddFormsAreRefused) {
  const std::string token = Token(Claims());
  const size_t last = token.rfind('.');
  const std::vector<std::string> odd = {
      "",
      "..",
      "a.b.c",
      token + ".more",
      token + "=",
      token + "\n",
      " " + token,
      token.substr(0, last) + "." + token.substr(last + 1) + "!",
      std::string(kLargestKeySet, 'e'),
      "eyJ." + std::string(20'000, 'a') + ".a",
      "eyJ+Lw." + token.substr(token.find('.') + 1),
      token.substr(0, 10),
      token.substr(0, last),
  };
  for (const std::string& text : odd) {
    const auto principal = verifier_.Identify(text);
    EXPECT_TRUE(absl::IsUnauthenticated(principal.status()))
        << text.substr(0, 80);
  }
  for (const std::string& header :
       {std::string("[]"), std::string("{}"), std::string("null"),
        std::string("{\"alg\":\"RS256\"}"),
        std::string("{\"alg\":[\"RS256\"],\"kid\":\"rsa-1\"}"),
        std::string("{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"crit\":[\"b64\"],"
                    "\"b64\":false}"),
        std::string("{\"alg\":\"RS256\",\"kid\":\"rsa-1\",\"typ\":\"at\"}"),
        "{\"alg\":\"RS256\",\"kid\":\"" + std::string(300, 'k') + "\"}"}) {
    EXPECT_NE(Refusal(TokenOf(header, Claims().dump(), RsaKey())), "")
        << header;
  }
}

TEST_F(OidcVerifierTest, ASubjectIsNoTokensName) {
  Json claims = Claims();
  const auto name_of = [&](const std::string& subject) {
    claims["sub"] = subject;
    const auto principal = verifier_.Identify(Token(claims));
    return principal.ok() ? principal->name : principal.status().ToString();
  };
  EXPECT_EQ(name_of("alice"), "oidc:alice");
  EXPECT_EQ(name_of("local"), "oidc:local");
  // Nor that of another subject.
  EXPECT_EQ(name_of("oidc:alice"), "oidc:oidc:alice");
  EXPECT_EQ(name_of("repo:acme/farm:ref:refs/heads/main"),
            "repo:acme/farm:ref:refs/heads/main");
}

TEST_F(OidcVerifierTest,
       BranchesOfARepositoryAreOneIdentityWhereAClaimNamesIt) {
  OidcIssuer config = Config();
  config.name_claim = "repository";
  config.rules.front().claims.erase("ref");
  const OidcVerifier verifier({{config, &keys_}}, &clock_);
  const auto of_branch = [&](const std::string& branch) {
    Json claims = Claims();
    claims["ref"] = "refs/heads/" + branch;
    claims["sub"] = "repo:acme/farm:ref:refs/heads/" + branch;
    return verifier.Identify(Token(claims));
  };
  const auto main = of_branch("main");
  const auto other = of_branch("other");
  ASSERT_TRUE(main.ok()) << main.status();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(main->name, "repository:acme/farm");
  EXPECT_EQ(other->name, main->name);
  // The audit log tells them apart.
  EXPECT_THAT(other->id, HasSubstr("refs/heads/other"));
}

TEST_F(OidcVerifierTest, ATokenWithoutTheClaimThatNamesItIsRefused) {
  OidcIssuer config = Config();
  config.name_claim = "project";
  const OidcVerifier verifier({{config, &keys_}}, &clock_);
  const auto with = [&](const Json& value) {
    Json claims = Claims();
    claims["project"] = value;
    return verifier.Identify(Token(claims)).status();
  };
  EXPECT_TRUE(with("farm").ok());
  for (const Json& value :
       {Json(nullptr), Json(""), Json(7), Json(std::string(300, 'p'))}) {
    EXPECT_THAT(std::string(with(value).message()),
                HasSubstr("no claim project"))
        << value;
  }
}

TEST_F(OidcVerifierTest, SubjectsAreMadePrintable) {
  Json claims = Claims();
  claims["sub"] = "repo:a\x1b[2J\n";
  const auto principal = verifier_.Identify(Token(claims));
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->name.find('\x1b'), std::string::npos);
  EXPECT_EQ(principal->name.find('\n'), std::string::npos);
  EXPECT_THAT(RefusalWith("sub", ""), HasSubstr("subject"));
  EXPECT_THAT(RefusalWith("sub", std::string(300, 's')), HasSubstr("subject"));
}

TEST(OidcKeysTest, KeysThatAreOfNoUseArePassedOver) {
  const Json good = EcKey().Published();
  Json set = {{"keys", Json::array()}};
  const auto add = [&](const char* id, const char* field, const Json& value) {
    Json key = good;
    key["kid"] = id;
    key[field] = value;
    set["keys"].push_back(key);
  };
  add("encryption", "use", "enc");
  add("other-algorithm", "alg", "RS256");
  add("other-curve", "crv", "P-384");
  add("off-the-curve", "y", Base64Url(std::string(32, '\1')));
  add("short", "x", Base64Url("short"));
  add("not-base64", "x", "****");
  add("symmetric", "kty", "oct");
  add("good", "use", "sig");
  const auto keys = ParseKeySet(set.dump());
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->size(), 1u);
  EXPECT_TRUE(keys->contains("good"));
}

TEST(OidcKeysTest, WeakRsaKeysArePassedOver) {
  Json key = RsaKey().Published();
  key["n"] = Base64Url(std::string(128, '\xff'));
  EXPECT_TRUE(ParseKeySet(Json{{"keys", {key}}}.dump())->empty());
  key = RsaKey().Published();
  key["e"] = Base64Url("\x01");
  EXPECT_TRUE(ParseKeySet(Json{{"keys", {key}}}.dump())->empty());
}

TEST(OidcKeysTest, RefusesWhatIsNoKeySet) {
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"),
        std::string("{\"keys\":{}}"), std::string("<html>"),
        KeySetText({&EcKey(), &EcKey()}), std::string(300'000, ' ')}) {
    EXPECT_FALSE(ParseKeySet(bad).ok()) << bad.substr(0, 80);
  }
}

TEST(OidcKeysTest, Base64UrlHasOneWayToWriteBytes) {
  EXPECT_EQ(DecodeBase64Url("YQ").value(), "a");
  for (const char* bad : {"YR", "YQ==", "Y", "Y Q", "YQ\n", "+/+/", "YWI="}) {
    EXPECT_FALSE(DecodeBase64Url(bad).ok()) << bad;
  }
}

class OidcKeyCacheTest : public ::testing::Test {
 protected:
  OidcKeyCacheTest() { EXPECT_TRUE(cache_.Refresh().ok()); }

  bool Knows(const std::string& id) { return cache_.Find(id).ok(); }

  kso::testing::FakeClock clock_;
  int fetches_ = 0;
  absl::StatusOr<std::string> published_ = KeySetText({&RsaKey()});
  OidcKeyCache cache_{"https://issuer.example/jwks",
                      [this] {
                        ++fetches_;
                        return published_;
                      },
                      [](absl::AnyInvocable<void()> function) { function(); },
                      &clock_};
};

TEST_F(OidcKeyCacheTest, FetchesAgainWhenAnUnknownKeyComes) {
  published_ = KeySetText({&RsaKey(), &EcKey()});
  clock_.Advance(OidcKeyCache::kShortestInterval);
  EXPECT_FALSE(Knows("ec-1"));
  EXPECT_TRUE(Knows("ec-1"));
  EXPECT_EQ(fetches_, 2);
}

TEST_F(OidcKeyCacheTest, AFloodOfInventedKeysCostsOneFetchIn30Seconds) {
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(Knows(absl::StrCat("no-", i)));
  EXPECT_EQ(fetches_, 1);
  clock_.Advance(OidcKeyCache::kShortestInterval);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(Knows(absl::StrCat("no-", i)));
  EXPECT_EQ(fetches_, 2);
}

TEST_F(OidcKeyCacheTest, AKeyThatWasWithdrawnIsOfNoUseSoon) {
  published_ = KeySetText({&EcKey()});
  EXPECT_TRUE(Knows("rsa-1"));
  clock_.Advance(OidcKeyCache::kRefreshAfter);
  Knows("rsa-1");
  EXPECT_FALSE(Knows("rsa-1"));
}

TEST_F(OidcKeyCacheTest, AnIssuerThatIsAwayIsBornForADay) {
  published_ = absl::UnavailableError("away");
  clock_.Advance(absl::Hours(23));
  EXPECT_TRUE(Knows("rsa-1"));
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(Knows("rsa-1"));
  published_ = KeySetText({&RsaKey()});
  clock_.Advance(OidcKeyCache::kShortestInterval);
  Knows("rsa-1");
  EXPECT_TRUE(Knows("rsa-1"));
}

constexpr char kConfig[] = R"({"issuers": [{
  "issuer": "https://token.actions.example",
  "audience": "kso",
  "jwksUrl": "https://token.actions.example/jwks",
  "allow": [{"claims": {"repository": "acme/farm",
                        "ref": ["refs/heads/main", "refs/tags/v1"]}}]}]})";

TEST(OidcConfigTest, ReadsIssuersAndRules) {
  const auto config = ParseOidcConfig(kConfig);
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->issuers.size(), 1u);
  ASSERT_EQ(config->issuers[0].rules.size(), 1u);
  EXPECT_EQ(config->issuers[0].rules[0].claims.at("ref").size(), 2u);
  EXPECT_EQ(config->issuers[0].rules[0].role, access::Role::kSubmit);
}

TEST(OidcConfigTest, SlipsAreRefused) {
  const auto with = [](const char* path, const Json& value) {
    Json json = Json::parse(kConfig);
    json[Json::json_pointer(path)] = value;
    return ParseOidcConfig(json.dump()).status();
  };
  EXPECT_FALSE(with("/issuers/0/issuer", "http://insecure.example").ok());
  EXPECT_FALSE(with("/issuers/0/audience", "").ok());
  EXPECT_FALSE(with("/issuers/0/jwksUrl", "http://insecure.example/").ok());
  EXPECT_FALSE(with("/issuers/0/jwksFile", "both.json").ok());
  EXPECT_FALSE(with("/issuers/0/allow", Json::array()).ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/claims", Json::object()).ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/claims/ref", Json::array()).ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/claims/ref", "").ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/claims/ref", true).ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/claim", "slip").ok());
  EXPECT_FALSE(with("/issuers/0/nameClaim", "").ok());
  EXPECT_FALSE(with("/issuers/0/nameClaim", 1).ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/role", "admin").ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/role", "work").ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/role", "everything").ok());
  EXPECT_FALSE(with("/issuers/0/allow/0/role", 1).ok());
  EXPECT_FALSE(with("/issuers/0/audiences", "slip").ok());
  EXPECT_FALSE(with("/issuers/1", Json::parse(kConfig)["issuers"][0]).ok());
  EXPECT_TRUE(with("/issuers/0/allow/0/role", "view").ok());
  EXPECT_TRUE(with("/issuers/0/nameClaim", "repository").ok());
}

TEST(OidcSourceTest, TakesItsKeysFromTheIssuer) {
  kso::testing::FakeClock clock;
  kso::testing::FakeTransport transport;
  transport.On("GET", "https://token.actions.example/jwks",
               {.body = KeySetText({&RsaKey()})});
  const kso::testing::TempDirectory directory;
  const auto file = directory.path() / "oidc.json";
  ASSERT_TRUE(WriteNewFile(file, kConfig, kSecretFileMode).ok());
  const auto source = OidcSource::Open(file, &transport, &clock);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_TRUE((*source)->configured());
  const int64_t now = absl::ToUnixSeconds(clock.Now());
  const Json header = {{"alg", "RS256"}, {"kid", "rsa-1"}};
  const Json claims = {{"iss", kIssuer},       {"aud", "kso"},
                       {"sub", kSubject},      {"iat", now},
                       {"exp", now + 300},     {"repository", "acme/farm"},
                       {"ref", "refs/tags/v1"}};
  const std::string text =
      absl::StrCat(Base64Url(header.dump()), ".", Base64Url(claims.dump()));
  EXPECT_TRUE(
      (*source)
          ->Identify(absl::StrCat(text, ".", Base64Url(RsaKey().Sign(text))))
          .ok());
  EXPECT_EQ(transport.requests().size(), 1u);
}

TEST(OidcSourceTest, AnIssuerThatIsAwayAtTheStartIsNoError) {
  kso::testing::FakeClock clock;
  kso::testing::FakeTransport transport;
  transport.On("GET", "https://token.actions.example/jwks", {.status = 302});
  const kso::testing::TempDirectory directory;
  const auto file = directory.path() / "oidc.json";
  ASSERT_TRUE(WriteNewFile(file, kConfig, kSecretFileMode).ok());
  EXPECT_TRUE(OidcSource::Open(file, &transport, &clock).ok());
}

}  // namespace
}  // namespace kso::coordinator
