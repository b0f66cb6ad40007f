// SPDX-License-Identifier: Apache-2.0
#include "cli/render/build_text.h"

#include "cli/render/plan_text.h"
#include "cli/render/result_text.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Build BuildOf(const std::string& text) {
  v1::Build build;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &build));
  return build;
}

TEST(ResultText, SaysOfEachFailureWhatWhyAndWhatToDo) {
  const std::string text = ResultText(BuildOf(R"pb(
    build_id: "b1"
    name: "v1"
    state: FAILED
    created { seconds: 100 }
    ended { seconds: 184 }
    failures {
      item: "https://example.com/kubelet"
      reason: "404 Not Found"
      advice: "check the list"
      location: "files-amd64.list:3"
    }
  )pb"));
  EXPECT_EQ(text,
            "Build b1 of v1 failed after 1m 24s.\n"
            "No tag was pushed.\n"
            "- https://example.com/kubelet (files-amd64.list:3)\n"
            "    why:  404 Not Found\n"
            "    do:   check the list\n"
            "What happened: ksoctl logs b1\n"
            "Try what failed again: ksoctl retry b1\n");
}

TEST(ResultText, SaysHowLongEachPhaseTookWhatSetItAndWhatIsNext) {
  const std::string text = ResultText(BuildOf(R"pb(
    build_id: "b1"
    name: "v1"
    state: SUCCEEDED
    destination { kind: REGISTRY location: "r.example.com/team" }
    progress {
      phase: RESOLVE
      total: 3
      done: 3
      took { seconds: 12 }
    }
    progress {
      phase: LAYERS
      total: 2
      done: 2
      took { seconds: 100 }
      last_task: "layer kubespray-files: kubelet amd64"
      last_worker: "build-1"
      last_took { seconds: 58 }
    }
    progress { phase: VERIFY }
    images {
      name: "kubespray-files"
      repository: "r.example.com/team/kubespray-files"
      tags: "v1"
    }
  )pb"));
  EXPECT_THAT(
      text, HasSubstr("Phases:\n"
                      "  resolve  12s\n"
                      "  layers   1m 40s  last: layer kubespray-files: kubelet "
                      "amd64, 58s on build-1\n"
                      "Next:\n"
                      "  ksoctl verify r.example.com/team/kubespray-files:v1  "
                      "read it back, at any time\n"
                      "  ksoctl export b1 -o v1.tar"));
}

TEST(ResultText, NamesThePlatformToVerifyOfAReleaseThatHasOne) {
  const std::string text = ResultText(BuildOf(R"pb(
    build_id: "b1"
    name: "v1"
    state: SUCCEEDED
    destination { kind: REGISTRY location: "r.example.com/team" }
    images {
      name: "kubespray-files"
      repository: "r.example.com/team/kubespray-files"
      tags: "v1"
      manifests { platform { os: "linux" architecture: "arm64" } }
    }
  )pb"));
  EXPECT_THAT(text, HasSubstr("ksoctl verify "
                              "r.example.com/team/kubespray-files:v1 "
                              "--platform linux/arm64"));
}

TEST(ResultText, NamesReferencesDigestsAndWhoVerified) {
  const std::string text = ResultText(BuildOf(R"pb(
    build_id: "b1"
    name: "v1"
    state: SUCCEEDED
    destination { kind: REGISTRY location: "r.example.com/team" }
    images {
      name: "kubespray-files"
      repository: "r.example.com/team/kubespray-files"
      tags: "v1"
      tags: "latest"
      index { digest: "sha256:aa" }
      manifests {
        digest: "sha256:bb"
        platform { os: "linux" architecture: "arm64" }
      }
    }
    verifications {
      image: "kubespray-files"
      worker: "w"
      native: true
      platform { os: "linux" architecture: "arm64" }
      checks: "GET /health"
      missing_fences: "user namespace: Linux 5.19 is needed"
    }
    plan {
      missing_platforms: "docker.io/amazon/x:1 lacks linux/arm64"
      missing_platforms_meaning: "the play fails there"
      notes: "quay.io/a:1 (images.list:3) is left out"
    }
    verdicts { name: "https://a/b" verdict: MATCHED }
    verdicts {
      name: "https://a/c"
      verdict: WAIVED
      stated: "sha256:bb"
      digest: "sha256:cc"
    }
  )pb"));
  EXPECT_THAT(text, HasSubstr("Checked 2 items: 1 matched, 0 unstated, 1 "
                              "waived\n"
                              "Note: https://a/c: has a waiver: its list "
                              "states sha256:bb, and it is sha256:cc\n"));
  EXPECT_THAT(text, HasSubstr("the play fails there.\n"));
  EXPECT_THAT(text, HasSubstr("r.example.com/team/kubespray-files:v1\n"
                              "r.example.com/team/kubespray-files:latest\n"
                              "    digest       sha256:aa\n"
                              "    linux/arm64  sha256:bb\n"));
  EXPECT_THAT(text, HasSubstr("kubespray-files linux/arm64 ran on w (native): "
                              "GET /health\n    without a user namespace: "
                              "Linux 5.19 is needed\n"));
  EXPECT_THAT(text, HasSubstr("docker.io/amazon/x:1 lacks linux/arm64"));
  EXPECT_THAT(text, HasSubstr("Note: quay.io/a:1 (images.list:3) is left"));
}

TEST(StatusText, SaysWhatIsWaitedFor) {
  const std::string text = StatusText(
      BuildOf(R"pb(
        build_id: "b1"
        name: "v1"
        state: RUNNING
        phase: LAYERS
        created { seconds: 100 }
        progress { phase: RESOLVE total: 3 done: 3 }
        progress { phase: CHECK total: 1 done: 1 }
        progress { phase: LAYERS total: 9 done: 2 running: 1 failed: 1 }
        progress { phase: ASSEMBLE total: 1 }
        progress { phase: VERIFY }
        waiting: "verify linux/arm64: no arm64 worker"
      )pb"),
      absl::FromUnixSeconds(160));
  EXPECT_THAT(text, HasSubstr("b1 of v1 is running, started 1m 0s ago"));
  EXPECT_THAT(text, HasSubstr("resolve   3/3\n"));
  EXPECT_THAT(text, HasSubstr("check     1/1\n"));
  EXPECT_THAT(text, HasSubstr("layers    2/9, 1 running, 1 failed\n"));
  EXPECT_THAT(text, HasSubstr("assemble  0/1\n"));
  EXPECT_THAT(text, HasSubstr("verify    -\n"));
  EXPECT_THAT(text, HasSubstr("waiting: verify linux/arm64: no arm64 worker"));
}

TEST(StatusText, OfABuildThatAsksTheDestinationSaysSo) {
  const std::string text =
      StatusText(BuildOf(R"pb(
                   build_id: "b1"
                   name: "v1"
                   state: RUNNING
                   phase: CHECK
                   created { seconds: 100 }
                   progress { phase: RESOLVE total: 3 done: 3 }
                   progress { phase: CHECK total: 1 running: 1 }
                   progress { phase: LAYERS }
                 )pb"),
                 absl::FromUnixSeconds(160));
  EXPECT_THAT(text, HasSubstr("check     0/1, 1 running\n"));
  EXPECT_THAT(text, HasSubstr("layers    -\n"));
}

TEST(PlanText, PricesTheRelease) {
  const std::string text = PlanText(BuildOf(R"pb(
    destination { kind: OCI_LAYOUT location: "/out" }
    plan {
      file_count: 44
      image_count: 57
      layer_count: 1
      bytes_to_fetch: 1048576
      bytes_to_pack: 2097152
      missing_platforms: "docker.io/amazon/x:1 lacks linux/arm64"
      notes: "quay.io/a:1 (images.list:3) is left out"
      layers {
        name: "kubelet amd64"
        image: "kubespray-files"
        size: 1048576
        members: 1
      }
    }
  )pb"));
  EXPECT_THAT(text, HasSubstr("kubespray-files  kubelet amd64  1        1.0 "
                              "MiB  to make\n"));
  EXPECT_THAT(text,
              HasSubstr("44 files, 57 images, 1 layer to make, 0 reused\n"));
  EXPECT_THAT(text, ContainsRegex("to fetch: +1.0 MiB\n"));
  EXPECT_THAT(text, ContainsRegex("time: +unknown"));
  EXPECT_THAT(text, HasSubstr("oci:/out"));
  EXPECT_THAT(text, HasSubstr("lacks linux/arm64"));
  EXPECT_THAT(text, HasSubstr("Note: quay.io/a:1 (images.list:3) is left"));
}

TEST(PlanText, TellsWhatIsReusedAndWhatItCosts) {
  const std::string text = PlanText(BuildOf(R"pb(
    destination { kind: OCI_LAYOUT location: "/out" }
    plan {
      layer_count: 1
      layers_reused: 1
      bytes_reused: 3145728
      bytes_dead: 1048576
      previous_release: "v1"
      worker_disk_bytes: 2097152
      destination_problem: "no route to host"
      estimated_time { seconds: 90 }
      estimate_basis: "as fast as before"
      items { name: "https://host/new" size: 2048 bytes_to_fetch: 2048 }
      items { name: "https://host/old" size: 2048 }
      registries { registry: "docker.io" images: 3 manifest_gets: 2 }
      layers { name: "etcd" size: 4194304 reused: true dead_bytes: 1048576 }
    }
  )pb"));
  EXPECT_THAT(text, HasSubstr("reused, 1.0 MiB not wanted any more"));
  EXPECT_THAT(text, HasSubstr("0 layers to make, 1 reused\n"));
  EXPECT_THAT(text, HasSubstr("3.0 MiB, after v1"));
  EXPECT_THAT(text, HasSubstr("about 1m 30s, as fast as before"));
  EXPECT_THAT(text, HasSubstr("docker.io 2"));
  EXPECT_THAT(text, HasSubstr("https://host/new"));
  EXPECT_THAT(text, Not(HasSubstr("https://host/old")));
  EXPECT_THAT(text, HasSubstr("no route to host"));
}

TEST(PlanText, KnowsTheEventsThatItSaysAgain) {
  const v1::Build build = BuildOf(R"pb(
    plan {
      missing_platforms: "docker.io/amazon/x:1 lacks linux/arm64"
      missing_platforms_meaning: "the play fails there"
      notes: "quay.io/a:1 (images.list:3) is left out"
      destination_problem: "no route to host"
    }
  )pb");
  v1::Event event;
  for (const char* said :
       {"docker.io/amazon/x:1 lacks linux/arm64, as the release allows",
        "the play fails there", "quay.io/a:1 (images.list:3) is left out",
        "planned as if the destination were empty: no route to host"}) {
    event.set_text(said);
    EXPECT_TRUE(PlanTextHas(build, event)) << said;
  }
  event.set_text("worker build-1 is lost");
  EXPECT_FALSE(PlanTextHas(build, event));
  EXPECT_FALSE(PlanTextHas(v1::Build(), event));
}

TEST(EventLine, DoesNotLetOthersSpeakToTheTerminal) {
  v1::Event event;
  event.set_level(v1::Event::WARNING);
  event.set_worker("w");
  event.set_text("bad\x1b[31m");
  EXPECT_THAT(EventLine(event), HasSubstr("  warning: w: bad"));
  EXPECT_THAT(EventLine(event), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace kso::cli
