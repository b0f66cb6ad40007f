// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/doctor/check.h"
#include "cli/doctor/diagnosis.h"
#include "common/base/proto_time.h"
#include "common/pki/authority.h"
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
  absl::StatusOr<std::string> ReadFile(
      const std::filesystem::path& file) override {
    const auto found = files.find(file.string());
    if (found == files.end()) return absl::NotFoundError("no such file");
    return found->second;
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
  std::map<std::string, std::string> files;
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

  // The only file of the release is at a host that answers so.
  void FilesAnswer(kso::testing::FakeAnswer answer) {
    surroundings_.release->mutable_files(0)->set_url(
        "https://files.example.com/kubelet");
    machine_.hosts.On("HEAD", "https://files.example.com/kubelet",
                      std::move(answer));
  }
  // So does one more registry.
  void RegistryAnswers(kso::testing::FakeAnswer answer) {
    surroundings_.release->add_images()->set_reference("quay.io/a/b:1");
    machine_.hosts.On("GET", "https://quay.io/v2/", std::move(answer));
  }
  // The release goes to a place of that kind.
  void Destination(v1::Destination::Kind kind, const std::string& location) {
    surroundings_.release->mutable_destination()->set_kind(kind);
    surroundings_.release->mutable_destination()->set_location(location);
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

TEST_F(DoctorTest, ADiskThatIsSmallForAReleaseIsAWarning) {
  machine_.free["/home/me"] = int64_t{5} << 30;
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("warning disk of /home/me: 5.0 GiB free; a whole "
                              "release takes up to 10.0 GiB\n"
                              "        do: ksoctl farm up keeps"));
  EXPECT_THAT(text, HasSubstr("Nothing is broken; 1 warning."));
}

TEST_F(DoctorTest, ADestinationOnThisMachineNeedsRoomToo) {
  Destination(v1::Destination::OCI_ARCHIVE, "/srv/out/release.tar");
  machine_.free["/srv/out"] = 1 << 20;
  EXPECT_THAT(Text(), HasSubstr("BROKEN  disk of /srv/out: 1.0 MiB free\n"
                                "        do: the release's destination is "
                                "there: make room"));
  Destination(v1::Destination::OCI_LAYOUT, "/srv/layout");
  machine_.free["/srv/layout"] = 1 << 20;
  EXPECT_THAT(Text(), HasSubstr("BROKEN  disk of /srv/layout: 1.0 MiB free"));
}

TEST_F(DoctorTest, AClockThatIsAFewMinutesOffIsAWarning) {
  const absl::Time right = machine_.now;
  machine_.now = right + absl::Minutes(3);
  EXPECT_THAT(Text(),
              HasSubstr("warning clock: this machine's is 3m ahead of what "
                        "hosts say\n        do: set it, and keep it right: "
                        "timedatectl set-ntp true"));
  machine_.now = right - absl::Minutes(3);
  EXPECT_THAT(Text(), HasSubstr("3m behind what hosts say"));
  machine_.now = right + absl::Seconds(30);
  EXPECT_THAT(Text(), HasSubstr("ok      clock: as others have it"));
}

TEST_F(DoctorTest, WithoutAReleaseTheFarmTellsTheTime) {
  surroundings_.release.reset();
  const absl::Time right = machine_.now;
  *farm_.workers.mutable_workers(0)->mutable_last_seen() =
      ToProto(right - absl::Hours(9));
  *farm_.workers.mutable_workers(1)->mutable_last_seen() =
      ToProto(right - absl::Seconds(20));
  EXPECT_THAT(Text(), HasSubstr("ok      clock: as others have it"));
  machine_.now = right + absl::Hours(2);
  EXPECT_THAT(Text(), HasSubstr("BROKEN  clock: this machine's is 1h59m20s "
                                "ahead of the coordinator's\n"
                                "        do: set it"));
  machine_.now = right - absl::Hours(2);
  EXPECT_THAT(Text(), HasSubstr("1h59m40s behind the coordinator's"));
}

TEST_F(DoctorTest, AHostWhoseCertificateIsNotTrustedIsNotOneThatIsAway) {
  FilesAnswer({.ending = absl::FailedPreconditionError(
                   "https://files.example.com/kubelet: SSL certificate "
                   "problem: unable to get local issuer certificate")});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("BROKEN  files.example.com: "
                              "https://files.example.com/kubelet: SSL "
                              "certificate problem"));
  EXPECT_THAT(text, HasSubstr("do: the workers' machines need that authority"));
  // Certificates are not good yet, or not any more, by a clock that is wrong.
  EXPECT_THAT(text, HasSubstr("clock says 2024-05-01 10:00 UTC"));
}

TEST_F(DoctorTest, KnowsWhenTheCertificatesOfTheFarmEnd) {
  const auto authority = pki::Authority::CreateRoot("farm", machine_.now);
  ASSERT_TRUE(authority.ok()) << authority.status();
  const auto pem = authority->certificate().ToPem();
  ASSERT_TRUE(pem.ok());
  machine_.files = {{"me.crt", *pem}, {"ca.crt", *pem}};
  surroundings_.tls = {.ca = "ca.crt", .cert = "me.crt", .key = "me.key"};
  // The hosts of a release would say that the clock is wrong.
  surroundings_.release.reset();
  const absl::Time made = machine_.now;
  EXPECT_THAT(Text(), HasSubstr("ok      your certificate (me.crt): good "
                                "until 2034-04-29\n"));
  EXPECT_THAT(Text(), HasSubstr("ok      the coordinator's authority (ca.crt): "
                                "good until 2034-04-29\n"));

  machine_.now = made + pki::kRootLife - absl::Hours(24 * 3);
  EXPECT_THAT(Text(), HasSubstr("warning your certificate (me.crt): expires in "
                                "3 days, on 2034-04-29\n"
                                "        do: ksoctl certs renew me.crt --dir"));

  machine_.now = made + pki::kRootLife;
  EXPECT_THAT(Text(), HasSubstr("BROKEN  your certificate (me.crt): has "
                                "expired on 2034-04-29\n"
                                "        do: ksoctl certs renew me.crt --dir"));
  EXPECT_THAT(Text(), HasSubstr("BROKEN  the coordinator's authority (ca.crt): "
                                "has expired on 2034-04-29\n"
                                "        do: get the farm's new ca.crt"));

  machine_.now = made - absl::Hours(24);
  EXPECT_THAT(Text(), HasSubstr("BROKEN  your certificate (me.crt): is good "
                                "from 2024-05-01 on, and this machine's clock "
                                "says 2024-04-30\n"
                                "        do: set the clock"));
}

TEST_F(DoctorTest, FilesThatAreNoCertificatesAreTheCoordinatorsCheck) {
  machine_.files = {{"me.crt", "nonsense"}};
  surroundings_.tls = {.ca = "ca.crt", .cert = "me.crt", .key = "me.key"};
  farm_.trouble = absl::NotFoundError("ca.crt: there is no such file");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("ca.crt: there is no such file"));
  EXPECT_THAT(text, HasSubstr("1 thing broken"));
}

TEST_F(DoctorTest, ALoginThatIsNotThereIsAWarning) {
  machine_.has_login = false;
  EXPECT_THAT(Text(), HasSubstr("warning login to r.example.com: there is none "
                                "on this machine\n"
                                "        do: skopeo login r.example.com as the "
                                "user of the workers"));
  // A registry on this machine rarely has any.
  Destination(v1::Destination::REGISTRY, "127.0.0.1:5000/team");
  EXPECT_THAT(Text(), Not(HasSubstr("login to")));
}

TEST_F(DoctorTest, SaysWhyNothingCanBePushed) {
  const std::pair<absl::Status, const char*> cases[] = {
      {absl::UnauthenticatedError("r.example.com answers 401"),
       "do: skopeo login r.example.com"},
      {absl::PermissionDeniedError("r.example.com answers 403"),
       "do: skopeo login r.example.com"},
      {absl::NotFoundError("r.example.com answers 404"),
       "do: make the repository or project in the registry first"},
      {absl::UnavailableError("r.example.com: connection refused"),
       "do: see whether the registry runs"},
  };
  for (const auto& [push, mend] : cases) {
    machine_.push = push;
    EXPECT_THAT(Text(), HasSubstr(absl::StrCat(
                            "BROKEN  docker://r.example.com/team: ",
                            std::string(push.message()), "\n        ", mend)));
  }
}

TEST_F(DoctorTest, SaysWhatRegistriesAllow) {
  RegistryAnswers({.headers = {{"RateLimit-Limit", "100;w=21600"},
                               {"RateLimit-Remaining", "3;w=21600"}}});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("warning quay.io: answers 200, and allows 3 of "
                              "100 requests\n"
                              "        do: log in there for a larger quota"));
  EXPECT_THAT(text, HasSubstr("ok      registry-1.docker.io: answers 401\n"));
}

TEST_F(DoctorTest, ARegistryWithQuotaLeftIsInOrder) {
  RegistryAnswers({.headers = {{"RateLimit-Limit", "100;w=21600"},
                               {"RateLimit-Remaining", "90;w=21600"}}});
  EXPECT_THAT(Text(), HasSubstr("ok      quay.io: answers 200, and allows 90 "
                                "of 100 requests\n"));
}

TEST_F(DoctorTest, ARegistryThatWantsNoMoreRequestsIsAWarning) {
  RegistryAnswers({.status = 429});
  EXPECT_THAT(Text(), HasSubstr("warning quay.io: answers 429\n        do: log "
                                "in there for a larger quota"));
}

TEST_F(DoctorTest, AHostWithTroubleOfItsOwnIsAWarning) {
  FilesAnswer({.status = 503});
  EXPECT_THAT(Text(), HasSubstr("warning files.example.com: answers 503\n"
                                "        do: it has trouble of its own"));
}

TEST_F(DoctorTest, AHostThatCannotBeReachedIsBroken) {
  FilesAnswer({.ending = absl::UnavailableError(
                   "https://files.example.com/kubelet: Timeout was reached")});
  EXPECT_THAT(Text(), HasSubstr("Timeout was reached\n        do: the workers "
                                "must reach it: open the way, set a proxy"));
}

TEST_F(DoctorTest, WarnsOfEmulation) {
  farm_.workers.mutable_workers(1)
      ->mutable_info()
      ->mutable_platforms(0)
      ->set_native(false);
  EXPECT_THAT(Text(), HasSubstr("warning running linux/arm64: under emulation "
                                "only, on build-2\n"
                                "        do: it works, and takes longer"));
  EXPECT_TRUE(Examine().ok());
}

TEST_F(DoctorTest, SaysWhyAWorkerCannotRunWhatItIsFor) {
  v1::WorkerInfo* info = farm_.workers.mutable_workers(1)->mutable_info();
  info->set_can_execute(false);
  info->set_cannot_execute_reason("runc is not installed");
  EXPECT_THAT(Text(), HasSubstr("BROKEN  running linux/arm64: no worker can; "
                                "build-2 could, but runc is not installed\n"
                                "        do: start a worker"));
}

TEST_F(DoctorTest, WarnsOfOtherVersions) {
  farm_.version = "0.0.9";
  farm_.workers.mutable_workers(0)->mutable_info()->set_version("0.0.8");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("version 0.0.9, and ksoctl is "));
  EXPECT_THAT(text, HasSubstr("do: one version apart they work together"));
  EXPECT_THAT(text, HasSubstr("warning worker build-1: is of version 0.0.8, "
                              "and ksoctl of "));
  EXPECT_THAT(text, HasSubstr("do: bring it to the same version"));
}

TEST_F(DoctorTest, WarnsOfFilesThatNobodyVouchesFor) {
  surroundings_.release->mutable_files(0)->clear_digest();
  EXPECT_THAT(Text(), HasSubstr("checksums: not stated for 1 file"));
  EXPECT_TRUE(Examine().ok());
}

TEST_F(DoctorTest, ACoordinatorThatDoesNotKnowWhoAsksIsThere) {
  farm_.trouble = absl::UnauthenticatedError("show a certificate or a token");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("show a certificate or a token\n        do: name "
                              "your certificate (--cert, --key) or token"));
  EXPECT_THAT(text, Not(HasSubstr("farm up`")));
}

TEST_F(DoctorTest, WhateverIsNotRightSaysHowToMendIt) {
  machine_.free["/home/me"] = 0;
  machine_.variables["https_proxy"] = "not a url";
  machine_.has_login = false;
  machine_.push = absl::NotFoundError("no such project");
  machine_.now += absl::Hours(1);
  farm_.version = "0.0.9";
  farm_.workers.mutable_workers(0)->set_state(v1::WorkerStatus::LOST);
  farm_.workers.mutable_workers(1)->set_state(v1::WorkerStatus::DRAINING);
  surroundings_.release->mutable_files(0)->clear_digest();
  RegistryAnswers({.status = 404});
  int wrong = 0;
  for (const Diagnosis::Entry& entry : Examine().entries) {
    if (entry.finding.level == Finding::Level::kGood) {
      EXPECT_EQ(entry.finding.mend, "") << entry.finding.subject;
      continue;
    }
    ++wrong;
    EXPECT_NE(entry.finding.mend, "") << entry.finding.subject;
  }
  EXPECT_GE(wrong, 9);
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
