// SPDX-License-Identifier: Apache-2.0
// `ksoctl certs`, `context` and `workers invite`, as people type them.

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/ksoctl.h"
#include "common/text/json.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "kso/v1/enrollment.grpc.pb.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

// A coordinator that invites whoever is asked for.
class FakeEnrollment : public v1::EnrollmentService::Service {
 public:
  grpc::Status InviteWorker(grpc::ServerContext*,
                            const v1::InviteWorkerRequest* request,
                            v1::InviteWorkerResponse* response) override {
    seconds_ = request->expires_in().seconds();
    response->set_token("kso_join_1");
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  int64_t seconds() const { return seconds_; }

 private:
  int64_t seconds_ = 0;
};

class CertsTest : public ::testing::Test {
 protected:
  CertsTest() {
    setenv("XDG_CONFIG_HOME", (directory_ + "/config").c_str(), 1);
    for (const char* name : {"KSO_COORDINATOR", "KSO_CONTEXT", "KSO_TOKEN"}) {
      unsetenv(name);
    }
  }

  int Run(const std::vector<std::string>& args) {
    out_.str("");
    err_.str("");
    return static_cast<int>(
        RunKsoctl(args, {.out = &out_, .err = &err_}, &clock_));
  }
  std::string Path(const std::string& name) const {
    return directory_ + "/" + name;
  }
  void Init() {
    ASSERT_EQ(Run({"certs", "init", Path("pki"), "--host", "farm.example"}), 0)
        << err_.str();
  }

  kso::testing::FakeClock clock_;
  const kso::testing::TempDirectory temp_;
  const std::string directory_ = temp_.string();
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CertsTest, RevokeSaysWhereItHoldsAndWhatIsNotRevocable) {
  Init();
  ASSERT_EQ(Run({"certs", "issue", "client", "ann", "--dir", Path("pki")}), 0);
  EXPECT_EQ(Run({"certs", "revoke", Path("pki/ann.crt"), "--dir", Path("pki"),
                 "--reason", "laptop lost"}),
            0)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("serial:"));
  EXPECT_THAT(out_.str(), HasSubstr("laptop lost"));
  EXPECT_THAT(err_.str(), HasSubstr("--revoked"));
  EXPECT_EQ(Run({"certs", "revoke", "ann", "--dir", Path("pki")}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("serial:HEX"));
  EXPECT_EQ(Run({"--output", "json", "certs", "revoke",
                 "spiffe://farm/kso/work/box-1", "--dir", Path("pki")}),
            0);
  EXPECT_EQ(ParseJson(out_.str()).value()["file"], Path("pki/revoked"));
}

TEST_F(CertsTest, InitSaysWhatWasMadeAndWhatToDoNext) {
  Init();
  EXPECT_THAT(out_.str(), HasSubstr("server at localhost, farm.example"));
  EXPECT_THAT(err_.str(), HasSubstr("--issuer-key"));
  EXPECT_EQ(Run({"certs", "init", Path("pki")}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("not overwritten"));
  EXPECT_EQ(Run({"certs", "init", Path("other"), "--host", "farm:7070"}), 2);
  EXPECT_FALSE(std::filesystem::exists(Path("other")));
}

TEST_F(CertsTest, IssuesAndShowsAndRenews) {
  Init();
  ASSERT_EQ(Run({"-q", "certs", "issue", "client", "ann", "--role", "admin",
                 "--dir", Path("pki"), "-o", "json"}),
            0)
      << err_.str();
  EXPECT_EQ(err_.str(), "");
  const auto json = ParseJson(out_.str());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ((*json)["certificates"][0]["uris"][0],
            "spiffe://farm/kso/admin/ann");
  EXPECT_EQ(Run({"certs", "show", Path("pki/ann.crt")}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("90 days left"));
  clock_.Advance(absl::Hours(24 * 60));
  EXPECT_EQ(Run({"certs", "renew", Path("pki/ann.crt"), "--dir", Path("pki")}),
            0);
  EXPECT_THAT(out_.str(), HasSubstr("90 days left"));
}

TEST_F(CertsTest, WorkersHaveOneRoleAndClientsAnother) {
  Init();
  EXPECT_EQ(Run({"certs", "issue", "worker", "box-1", "--dir", Path("pki")}),
            0);
  EXPECT_THAT(out_.str(), HasSubstr("spiffe://farm/kso/work/box-1"));
  EXPECT_EQ(Run({"certs", "issue", "worker", "box-2", "--role", "admin",
                 "--dir", Path("pki")}),
            2);
  EXPECT_EQ(Run({"certs", "issue", "client", "eve", "--role", "work", "--dir",
                 Path("pki")}),
            2);
  EXPECT_EQ(Run({"certs", "issue", "client", "../eve", "--dir", Path("pki")}),
            2);
}

TEST_F(CertsTest, ContextsAreKeptListedAndForgotten) {
  Init();
  ASSERT_EQ(Run({"context", "add", "lab", "--coordinator", "lab.example:7070",
                 "--ca", Path("pki/ca.crt")}),
            0)
      << err_.str();
  EXPECT_EQ(Run({"context", "ls", "-o", "json"}), 0);
  const auto json = ParseJson(out_.str());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ((*json)["current"], "lab");
  EXPECT_EQ((*json)["contexts"][0]["ca"], Path("pki/ca.crt"));
  EXPECT_EQ(Run({"context", "add", "bad", "--coordinator", "lab.example:7070",
                 "--ca", Path("missing.crt")}),
            2);
  EXPECT_EQ(Run({"--context", "nowhere", "builds"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("those that there are: lab"));
  EXPECT_EQ(Run({"context", "rm", "lab"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("There are no contexts"));
}

TEST_F(CertsTest, AnInvitationIsATokenAloneOnStdout) {
  FakeEnrollment enrollment;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&enrollment);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const std::string address = absl::StrCat("127.0.0.1:", port);
  EXPECT_EQ(Run({"--coordinator", address, "workers", "invite", "box-1",
                 "--expires", "2h"}),
            0)
      << err_.str();
  EXPECT_EQ(out_.str(), "kso_join_1\n");
  EXPECT_THAT(err_.str(), HasSubstr("--name box-1"));
  EXPECT_EQ(enrollment.seconds(), 7200);
  EXPECT_EQ(Run({"--coordinator", address, "workers", "invite", "box-1",
                 "--expires", "soon"}),
            2);
  server->Shutdown();
}

}  // namespace
}  // namespace kso::cli
