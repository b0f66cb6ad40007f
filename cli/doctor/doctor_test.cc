// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/doctor/check.h"
#include "cli/doctor/diagnosis.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/fake_coordinator_client.h"
#include "tests/fakes/fake_transport.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FakeMachine : public Machine {
 public:
  absl::Time Now() override { return now; }
  std::string Variable(const std::string& name) override {
    return variables[name];
  }
  absl::StatusOr<int64_t> FreeBytes(
      const std::filesystem::path& directory) override {
    const auto found = free.find(directory.string());
    return found == free.end() ? int64_t{100} << 30 : found->second;
  }
  absl::Status Connect(const std::string& url) override {
    connected.push_back(url);
    return closed ? absl::UnavailableError("Couldn't connect to server")
                  : absl::OkStatus();
  }
  absl::Status Resolve(const std::string& host) override {
    return unknown_host == host || no_dns
               ? absl::NotFoundError("Name does not resolve")
               : absl::OkStatus();
  }
  absl::StatusOr<bool> HasLogin(const std::string&,
                                const std::string&) override {
    return has_login;
  }
  absl::Status CheckPush(const v1::Destination&) override { return push; }
  http::Transport& transport() override { return hosts; }

  // Wed, 01 May 2024 10:00:00 GMT.
  absl::Time now = absl::FromUnixSeconds(1714557600);
  std::map<std::string, std::string> variables = {{"HOME", "/home/me"}};
  std::map<std::string, int64_t> free;
  std::string unknown_host;
  bool no_dns = false;
  // Nothing accepts connections; and where it was tried.
  bool closed = false;
  std::vector<std::string> connected;
  bool has_login = true;
  absl::Status push;
  kso::testing::FakeTransport hosts;
};

class FakeFarm : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::GetVersionResponse> GetVersion() override {
    if (!reachable) return absl::UnavailableError("connection refused");
    if (!trouble.ok()) return trouble;
    v1::GetVersionResponse response;
    response.set_version(version);
    return response;
  }
  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    if (!reachable) return absl::UnavailableError("connection refused");
    return workers;
  }

  bool reachable = true;
  absl::Status trouble;
  std::string version = "0.1.0";
  v1::ListWorkersResponse workers;
};

class DoctorTest : public ::testing::Test {
 protected:
  DoctorTest() {
    AddWorker("build-1", "amd64");
    AddWorker("build-2", "arm64");
    v1::Release release;
    release.set_name("v1");
    for (const char* architecture : {"amd64", "arm64"}) {
      v1::Platform* platform = release.add_platforms();
      platform->set_os("linux");
      platform->set_architecture(architecture);
    }
    v1::FileRequest* file = release.add_files();
    file->set_url("https://dl.k8s.io/kubelet");
    file->set_digest(absl::StrCat("sha256:", std::string(64, 'a')));
    release.set_files_base("docker.io/library/nginx:1");
    release.add_images()->set_reference("registry.k8s.io/pause:3.9");
    release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
    release.mutable_destination()->set_location("r.example.com/team");
    surroundings_.release = release;
    const kso::testing::FakeAnswer fine{
        .headers = {{"Date", "Wed, 01 May 2024 10:00:00 GMT"}}};
    machine_.hosts.On("HEAD", "https://dl.k8s.io/kubelet", fine);
    machine_.hosts.On("GET", "https://registry-1.docker.io/v2/",
                      {.status = 401});
    machine_.hosts.On("GET", "https://registry.k8s.io/v2/", fine);
  }

  void AddWorker(const std::string& name, const std::string& architecture) {
    v1::WorkerStatus* worker = farm_.workers.add_workers();
    worker->set_state(v1::WorkerStatus::READY);
    worker->mutable_info()->set_name(name);
    worker->mutable_info()->set_version("0.1.0");
    worker->mutable_info()->set_can_execute(true);
    v1::PlatformSupport* support = worker->mutable_info()->add_platforms();
    support->mutable_platform()->set_os("linux");
    support->mutable_platform()->set_architecture(architecture);
    support->set_native(true);
  }

  Diagnosis Examine() { return cli::Examine(surroundings_, AllChecks()); }
  std::string Text() { return DiagnosisText(Examine()); }

  FakeMachine machine_;
  FakeFarm farm_;
  Surroundings surroundings_{.machine = &machine_,
                             .coordinator = &farm_,
                             .address = "farm.example.com:7070"};
};

TEST_F(DoctorTest, FindsNothingWhereNothingIsWrong) {
  const Diagnosis diagnosis = Examine();
  EXPECT_TRUE(diagnosis.ok()) << DiagnosisText(diagnosis);
  EXPECT_THAT(Text(), HasSubstr("Nothing is broken; 0 warnings."));
  EXPECT_THAT(Text(), HasSubstr("ok      dl.k8s.io: answers 200\n"));
  EXPECT_THAT(Text(), HasSubstr("running linux/arm64: natively on build-2"));
  EXPECT_TRUE(DiagnosisJson(diagnosis)["ok"].get<bool>());
}

TEST_F(DoctorTest, NamesFiveThingsThatAreBrokenAndHowToMendEach) {
  machine_.free["/home/me"] = 5 << 20;
  machine_.unknown_host = "dl.k8s.io";
  machine_.push = absl::PermissionDeniedError("r.example.com answers 403");
  machine_.now += absl::Hours(3);
  farm_.workers.mutable_workers()->DeleteSubrange(1, 1);
  const Diagnosis diagnosis = Examine();
  EXPECT_FALSE(diagnosis.ok());
  const std::string text = DiagnosisText(diagnosis);
  EXPECT_THAT(text, HasSubstr("BROKEN  disk of /home/me: 5.0 MiB free\n"
                              "        do: ksoctl farm up keeps"));
  EXPECT_THAT(text, HasSubstr("BROKEN  dl.k8s.io: DNS: Name does not resolve\n"
                              "        do: check the name"));
  EXPECT_THAT(text, HasSubstr("BROKEN  docker://r.example.com/team: "
                              "r.example.com answers 403\n"
                              "        do: skopeo login r.example.com"));
  EXPECT_THAT(text, HasSubstr("BROKEN  clock: this machine's is 3h ahead"));
  EXPECT_THAT(text, HasSubstr("timedatectl"));
  EXPECT_THAT(text, HasSubstr("BROKEN  running linux/arm64: no worker can\n"));
  EXPECT_THAT(text, HasSubstr("--platform linux/arm64"));
  EXPECT_THAT(text, HasSubstr("5 things broken"));
}

TEST_F(DoctorTest, SaysWhyTheCoordinatorDoesNotAnswer) {
  farm_.reachable = false;
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("BROKEN  coordinator at farm.example.com:7070: "
                              "not reachable: connection refused"));
  EXPECT_THAT(text, HasSubstr("ksoctl farm up"));
  // A fact that cannot be known is not mentioned twice.
  EXPECT_THAT(text, HasSubstr("1 thing broken"));
}

TEST_F(DoctorTest, KnowsWorkersThatAreIll) {
  farm_.workers.mutable_workers(0)->set_state(v1::WorkerStatus::UNHEALTHY);
  farm_.workers.mutable_workers(0)->mutable_info()->set_unhealthy_reason(
      "disk full");
  farm_.workers.mutable_workers(1)->set_state(v1::WorkerStatus::DRAINING);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("worker build-1: takes no work: disk full"));
  EXPECT_THAT(text, HasSubstr("do: ksoctl workers undrain build-2"));
  EXPECT_THAT(text, HasSubstr("BROKEN  workers: none is ready"));
}

TEST_F(DoctorTest, WarnsOfEmulationVersionsAndQuotas) {
  farm_.version = "0.0.9";
  farm_.workers.mutable_workers(1)
      ->mutable_info()
      ->mutable_platforms(0)
      ->set_native(false);
  machine_.hosts.On("GET", "https://registry.k8s.io/v2/",
                    {.headers = {{"RateLimit-Limit", "100;w=21600"},
                                 {"RateLimit-Remaining", "3;w=21600"}}});
  surroundings_.release->mutable_files(0)->clear_digest();
  const Diagnosis diagnosis = Examine();
  EXPECT_TRUE(diagnosis.ok());
  const std::string text = DiagnosisText(diagnosis);
  EXPECT_THAT(text, HasSubstr("version 0.0.9, and ksoctl is 0.1.0"));
  EXPECT_THAT(text, HasSubstr("under emulation only, on build-2"));
  EXPECT_THAT(text, HasSubstr("checksums: not stated for 1 file"));
}

TEST_F(DoctorTest, KnowsAProxyThatIsNone) {
  machine_.variables["https_proxy"] = "not a url";
  EXPECT_THAT(Text(), HasSubstr("BROKEN  $https_proxy: it is no proxy's URL"));
  machine_.variables["https_proxy"] = "http://me:secret@proxy.example.com:3128";
  EXPECT_THAT(Text(), Not(HasSubstr("secret")));
  EXPECT_THAT(Text(), HasSubstr("ok      $https_proxy: "
                                "http://proxy.example.com:3128"));
  // Calls to the coordinator go through no proxy.
  EXPECT_THAT(Text(), Not(HasSubstr("no_proxy")));
  // Names are the proxy's to resolve.
  machine_.unknown_host = "dl.k8s.io";
  EXPECT_THAT(Text(), Not(HasSubstr("DNS")));
}

TEST_F(DoctorTest, AProxyThatDoesNotAnswerIsTheOneThingThatIsBroken) {
  machine_.closed = true;
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy"}) {
    machine_.variables = {{"HOME", "/home/me"},
                          {name, "me:secret@proxy.example.com:3128"}};
    machine_.no_dns = true;
    machine_.connected.clear();
    const std::string text = Text();
    EXPECT_THAT(text, HasSubstr("http://proxy.example.com:3128 does not "
                                "answer: Couldn't connect to server"))
        << name;
    EXPECT_THAT(text, Not(HasSubstr("secret")));
    EXPECT_THAT(text, HasSubstr("1 thing broken")) << name;
    EXPECT_THAT(machine_.connected,
                ::testing::Each(HasSubstr("me:secret@proxy.example.com:3128")));
  }
}

TEST_F(DoctorTest, HostsThatNoProxyNamesAreAskedWithoutIt) {
  machine_.closed = true;
  machine_.variables["https_proxy"] = "http://proxy.example.com:3128";
  machine_.variables["no_proxy"] = "registry.k8s.io";
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("ok      registry.k8s.io: answers 200"));
  EXPECT_THAT(text, Not(HasSubstr("dl.k8s.io")));
}

TEST_F(DoctorTest, AMachineWithoutDnsIsMentionedOnce) {
  machine_.no_dns = true;
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("BROKEN  dl.k8s.io, registry-1.docker.io, "
                              "registry.k8s.io: DNS: Name does not resolve\n"
                              "        do: check this machine's "
                              "/etc/resolv.conf"));
  EXPECT_THAT(text, HasSubstr("1 thing broken"));
}

TEST_F(DoctorTest, AFileThatIsNotThereIsNoCoordinatorThatIsAway) {
  farm_.trouble = absl::NotFoundError("ca.crt: there is no such file");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("BROKEN  coordinator at farm.example.com:7070: "
                              "ca.crt: there is no such file\n"));
  EXPECT_THAT(text, Not(HasSubstr("ksoctl farm up`, or say where")));
}

TEST_F(DoctorTest, KnowsWhatIsNoRegistryAndWhatIsNotThere) {
  machine_.hosts.On("GET", "https://quay.io/v2/", {.status = 404});
  surroundings_.release->add_images()->set_reference("quay.io/a/b:1");
  EXPECT_THAT(Text(), HasSubstr("BROKEN  quay.io: answers 404 to /v2/: it is "
                                "no registry"));
  machine_.hosts.On("HEAD", "https://x.example.com/gone", {.status = 404});
  surroundings_.release->add_files()->set_url("https://x.example.com/gone");
  EXPECT_THAT(Text(), HasSubstr("BROKEN  x.example.com: "
                                "https://x.example.com/gone is not there"));
}

TEST_F(DoctorTest, AReleaseThatCannotBeReadIsShownLineByLine) {
  surroundings_.release.reset();
  surroundings_.release_trouble = absl::InvalidArgumentError(
      "release.yaml:3: unknown key\nimages.list:1: bad\x1b[31m reference");
  const std::string text = Text();
  EXPECT_THAT(text,
              HasSubstr("BROKEN  release: release.yaml:3: unknown key\n"));
  EXPECT_THAT(text, HasSubstr("            images.list:1: bad"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kso::cli
