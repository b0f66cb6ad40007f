// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_API_FIXTURE_H_
#define KSO_TESTS_FAKES_API_FIXTURE_H_

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/base/strings.h"
#include "coordinator/api/api_server.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {

// Knows the tokens that a test gives it; with none, the farm is open.
class FakeDoors final : public Authenticator, public AuditLog {
 public:
  absl::StatusOr<Principal> Identify(const Evidence& evidence) const override {
    absl::MutexLock lock(&mutex_);
    evidence_ = absl::StrCat(
        Concat(evidence.bearer, " ", evidence.certificate, " "),
        evidence.has_certificate, " ", absl::StrJoin(evidence.uris, ","));
    Principal who;
    if (tokens.empty()) {
      who.name = "local";
      who.how = IdentifiedBy::kOpenFarm;
      who.roles = {access::Role::kAdmin};
    } else if (!evidence.bearer.empty()) {
      const auto found = tokens.find(evidence.bearer);
      if (found == tokens.end()) {
        return absl::UnauthenticatedError("this token is not known");
      }
      who.name = found->first;
      who.how = IdentifiedBy::kToken;
      who.roles = {found->second};
    }
    who.remote = std::string(evidence.remote);
    return who;
  }
  bool open() const override {
    absl::MutexLock lock(&mutex_);
    return tokens.empty();
  }
  void Note(const Deed& deed) override {
    absl::MutexLock lock(&mutex_);
    deeds.push_back(absl::StrCat(deed.who.name, ": ", deed.what, " ", deed.on,
                                 deed.outcome.ok() ? "" : " refused"));
    remotes_.push_back(deed.who.remote);
  }
  absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time,
                                                    size_t) override {
    absl::MutexLock lock(&mutex_);
    if (!disk_.ok()) return disk_;
    v1::AuditRecord old;
    old.mutable_time()->set_seconds(1'700'000'000);
    old.set_who("alice");
    old.set_by("token");
    old.set_what("CancelBuild");
    old.set_on("build b1");
    old.set_allowed(true);
    old.set_outcome("OK");
    v1::AuditRecord young = old;
    young.set_who("bob");
    young.set_what("RetryBuild");
    young.set_on("build b2");
    young.set_outcome("NOT_FOUND: there is no build b2");
    return std::vector<v1::AuditRecord>{old, young};
  }
  // From now on the log on disk cannot be read.
  void BreakDisk(const absl::Status& error) {
    absl::MutexLock lock(&mutex_);
    disk_ = error;
  }

  void Grant(const std::string& token, access::Role role) {
    absl::MutexLock lock(&mutex_);
    tokens[token] = role;
  }
  void Revoke(const std::string& token) {
    absl::MutexLock lock(&mutex_);
    tokens.erase(token);
  }
  // The addresses from which the deeds came, in their order.
  std::vector<std::string> Remotes() const {
    absl::MutexLock lock(&mutex_);
    return remotes_;
  }
  // The newest evidence: "TOKEN CERTIFICATE 1 URI,...".
  std::string LastEvidence() const {
    absl::MutexLock lock(&mutex_);
    return evidence_;
  }
  std::vector<std::string> Deeds() const {
    absl::MutexLock lock(&mutex_);
    return deeds;
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, access::Role, std::less<>> tokens;
  std::vector<std::string> deeds;

 private:
  std::vector<std::string> remotes_;
  mutable std::string evidence_;
  absl::Status disk_;
};

// An engine that is served over HTTP to whoever the doors let in.
class ApiServerTest : public EngineTest {
 protected:
  ~ApiServerTest() override {
    // As in the program: the engine stops first.
    engine_->Stop();
    server_.reset();
  }

  void SetUp() override {
    options_of_api_.metrics = [](const v1::FarmStatus&) {
      return std::string("kso_up 1\n");
    };
    Serve();
  }

  void Serve() {
    auto server =
        StartApiServer(options_of_api_, engine_.get(),
                       {.authenticator = &doors_, .audit = &doors_}, &clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // Begins again, with the options of now.
  void StartAnew() {
    engine_->Stop();
    server_.reset();
    Restart();
    Serve();
  }

  kso::testing::RawHttpAnswer Fetch(const std::string& method,
                                    const std::string& target,
                                    const std::string& headers = "",
                                    const std::string& body = "") {
    return kso::testing::FetchRaw(
        server_->address(),
        absl::StrCat(method, " ", target, " HTTP/1.1\r\n",
                     absl::StrContains(headers, "Host:")
                         ? ""
                         : absl::StrCat("Host: ", server_->address(), "\r\n"),
                     headers, "Content-Length: ", body.size(), "\r\n\r\n",
                     body));
  }
  kso::testing::RawHttpAnswer Get(const std::string& target,
                                  const std::string& headers = "") {
    return Fetch("GET", target, headers);
  }
  nlohmann::json GetJson(const std::string& target) {
    const kso::testing::RawHttpAnswer answer = Get(target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return nlohmann::json::parse(answer.body, nullptr,
                                 /*allow_exceptions=*/false);
  }
  // A member of each item of a list.
  std::vector<std::string> Each(const std::string& target,
                                const std::string& member) {
    std::vector<std::string> found;
    const nlohmann::json answer = GetJson(target);
    for (const nlohmann::json& item : answer["items"]) {
      found.push_back(item[member].get<std::string>());
    }
    return found;
  }
  kso::testing::RawHttpAnswer Post(const std::string& target,
                                   const std::string& body = "",
                                   const std::string& headers = "") {
    return Fetch("POST", target,
                 absl::StrCat("X-Kso-Action: 1\r\n",
                              "Content-Type: application/json\r\n", headers),
                 body);
  }
  static std::string Bearer(const std::string& token) {
    return absl::StrCat("Authorization: Bearer ", token, "\r\n");
  }

  ApiServerOptions options_of_api_;
  FakeDoors doors_;
  std::unique_ptr<ApiServer> server_;
  ScriptedWorker one_{"one", "amd64", "s1"};
  ScriptedWorker two_{"two", "arm64", "s2"};
};

}  // namespace kso::coordinator

#endif  // KSO_TESTS_FAKES_API_FIXTURE_H_
