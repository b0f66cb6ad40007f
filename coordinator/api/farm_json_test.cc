// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_json.h"

#include <google/protobuf/text_format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "kso/v1/access.pb.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {
namespace {

// "2023-11-14T22:15:00.000Z": 100 seconds after most times below.
constexpr absl::Time kNow = absl::FromUnixSeconds(1700000100);

template <typename Message>
Message Of(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

OutJson DetailsJson(const std::string& text) {
  return ToJson(Of<v1::BuildDetails>(text), kNow);
}

// A member a line, in the order of their names, so that a test that fails
// shows which of them are different.
std::string Lines(const OutJson& json) {
  return nlohmann::json::parse(json.dump()).dump(1);
}
std::string Expected(const char* json) {
  return nlohmann::json::parse(json).dump(1);
}

TEST(FarmJsonTest, ABuildInAListHasAllThatIsKnownOfIt) {
  const auto page = Of<v1::ListBuildSummariesResponse>(R"pb(
    builds {
      build_id: "b1"
      name: "v1"
      state: SUCCEEDED
      phase: TAG
      revision: 41
      plan_only: true
      fresh: true
      priority: -3
      created { seconds: 1700000000 }
      ended { seconds: 1700000090 nanos: 500000000 }
      destination { kind: REGISTRY location: "registry.example/team" }
      platforms { os: "linux" architecture: "amd64" }
      platforms { os: "linux" architecture: "arm" variant: "v7" }
      file_count: 2
      image_count: 3
      progress {
        total: 10
        done: 4
        running: 5
        failed: 6
        bytes_total: 900
        bytes_done: 800
      }
      bytes_fetched: 700
      bytes_pushed: 600
      waiting: "for a worker"
      waiting: "for a host"
      failure_count: 7
      last_sequence: 8
      submitted_by: "alice"
    }
    next_page_token: "more"
    total: 9
  )pb");
  EXPECT_EQ(Lines(ToJson(page)), Expected(R"json({
    "items": [{
      "id": "b1",
      "release": "v1",
      "state": "succeeded",
      "phase": "tag",
      "revision": 41,
      "planOnly": true,
      "fresh": true,
      "priority": -3,
      "created": "2023-11-14T22:13:20.000Z",
      "ended": "2023-11-14T22:14:50.500Z",
      "destination": "docker://registry.example/team",
      "platforms": ["linux/amd64", "linux/arm/v7"],
      "fileCount": 2,
      "imageCount": 3,
      "progress": {
        "tasksTotal": 10,
        "tasksDone": 4,
        "tasksRunning": 5,
        "tasksFailed": 6,
        "bytesTotal": 900,
        "bytesDone": 800
      },
      "bytesFetched": 700,
      "bytesPushed": 600,
      "waiting": ["for a worker", "for a host"],
      "failureCount": 7,
      "submittedBy": "alice"
    }],
    "total": 9,
    "nextPageToken": "more"
  })json"));
}

TEST(FarmJsonTest, APageWithoutBuildsHasNoItemsAndNoNextPage) {
  EXPECT_EQ(Lines(ToJson(v1::ListBuildSummariesResponse())),
            Expected(R"json({"items": [], "total": 0})json"));
}

TEST(FarmJsonTest, ABuildThatHasJustBegunSaysWhatASchemaRequires) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              summary {
                build_id: "b1"
                name: "v1"
                state: RUNNING
                created { seconds: 1700000000 }
              }
              build { created { seconds: 1700000000 } }
            )pb")),
            Expected(R"json({
    "id": "b1",
    "release": "v1",
    "state": "running",
    "phase": "none",
    "revision": 0,
    "planOnly": false,
    "fresh": false,
    "priority": 0,
    "created": "2023-11-14T22:13:20.000Z",
    "destination": "",
    "platforms": [],
    "fileCount": 0,
    "imageCount": 0,
    "progress": {
      "tasksTotal": 0,
      "tasksDone": 0,
      "tasksRunning": 0,
      "tasksFailed": 0,
      "bytesTotal": 0,
      "bytesDone": 0
    },
    "bytesFetched": 0,
    "bytesPushed": 0,
    "waiting": [],
    "failureCount": 0,
    "phases": [],
    "failures": [],
    "notes": [],
    "outcome": {
      "bytesFetched": 0,
      "bytesPushed": 0,
      "layersMade": 0,
      "layersReused": 0,
      "seconds": 100.0
    },
    "layers": [],
    "verdicts": [],
    "images": [],
    "hosts": [],
    "events": [],
    "lastSequence": 0
  })json"));
}

TEST(FarmJsonTest, ABuildHasItsFailuresNotesHostsAndNewestEvents) {
  const OutJson json = DetailsJson(R"pb(
    summary { last_sequence: 12 }
    build {
      failures {
        kind: PERMANENT
        item: "kubelet"
        reason: "it is gone"
        advice: "try another"
        location: "images.list:3"
      }
      failures { item: "etcd" reason: "it broke" }
      failures { kind: INFRASTRUCTURE }
      failures { kind: TRANSIENT }
      notes: "a note"
      hosts {
        host: "quay.io"
        paused_for { seconds: 20 }
      }
    }
    events {
      sequence: 11
      time { seconds: 1700000000 nanos: 1000000 }
      level: WARNING
      task_id: "b1/t1"
      worker: "box-1"
      text: "it waits"
    }
    events {
      sequence: 12
      time { seconds: 1700000001 }
      level: ERROR
      text: "it broke"
    }
    events {
      sequence: 13
      time { seconds: 1700000002 }
      level: INFO
    }
  )pb");
  EXPECT_EQ(Lines(json["failures"]), Expected(R"json([
    {
      "kind": "permanent",
      "item": "kubelet",
      "reason": "it is gone",
      "advice": "try another",
      "location": "images.list:3"
    },
    {"kind": "unknown", "item": "etcd", "reason": "it broke"},
    {"kind": "infrastructure", "item": "", "reason": ""},
    {"kind": "transient", "item": "", "reason": ""}
  ])json"));
  EXPECT_EQ(Lines(json["notes"]), Expected(R"json(["a note"])json"));
  EXPECT_EQ(json["hosts"].size(), 1);
  EXPECT_EQ(json["hosts"][0]["pausedUntil"], "2023-11-14T22:15:20.000Z");
  EXPECT_EQ(Lines(json["events"]), Expected(R"json([
    {
      "sequence": 11,
      "time": "2023-11-14T22:13:20.001Z",
      "level": "warning",
      "text": "it waits",
      "taskId": "b1/t1",
      "worker": "box-1"
    },
    {
      "sequence": 12,
      "time": "2023-11-14T22:13:21.000Z",
      "level": "error",
      "text": "it broke"
    },
    {
      "sequence": 13,
      "time": "2023-11-14T22:13:22.000Z",
      "level": "info",
      "text": ""
    }
  ])json"));
  EXPECT_EQ(json["lastSequence"], 12);
}

// The state of each phase of a build in this state and phase.
std::vector<std::string> PhaseStates(v1::Build::State state, v1::Phase phase) {
  v1::BuildDetails details;
  v1::Build& build = *details.mutable_build();
  build.set_state(state);
  build.set_phase(phase);
  for (const v1::Phase each : {v1::RESOLVE, v1::CHECK, v1::LAYERS, v1::ASSEMBLE,
                               v1::VERIFY, v1::TAG}) {
    build.add_progress()->set_phase(each);
  }
  std::vector<std::string> states;
  const OutJson json = ToJson(details, kNow);
  for (const OutJson& each : json["phases"]) {
    states.push_back(each["state"].get<std::string>());
  }
  return states;
}

TEST(FarmJsonTest, APhaseIsDoneRunningFailedOrPending) {
  using States = std::vector<std::string>;
  EXPECT_EQ(PhaseStates(v1::Build::RUNNING, v1::PHASE_UNSPECIFIED),
            States(6, "pending"));
  EXPECT_EQ(PhaseStates(v1::Build::RUNNING, v1::RESOLVE),
            (States{"running", "pending", "pending", "pending", "pending",
                    "pending"}));
  EXPECT_EQ(
      PhaseStates(v1::Build::RUNNING, v1::LAYERS),
      (States{"done", "done", "running", "pending", "pending", "pending"}));
  EXPECT_EQ(
      PhaseStates(v1::Build::FAILED, v1::LAYERS),
      (States{"done", "done", "failed", "pending", "pending", "pending"}));
  EXPECT_EQ(PhaseStates(v1::Build::CANCELLED, v1::VERIFY),
            (States{"done", "done", "done", "done", "failed", "pending"}));
  EXPECT_EQ(PhaseStates(v1::Build::SUCCEEDED, v1::TAG), States(6, "done"));
}

TEST(FarmJsonTest, APhaseHasItsProgressAndTheTimesThatAreKnown) {
  // No times are known of the last phase that runs, and those of a phase to
  // come, which a retry leaves behind, are of no use.
  const OutJson json = DetailsJson(R"pb(
    build {
      state: RUNNING
      phase: CHECK
      progress { phase: RESOLVE total: 5 done: 5 }
      progress {
        phase: CHECK
        total: 4
        done: 3
        running: 2
        failed: 1
        bytes_total: 60
        bytes_done: 50
      }
      progress { phase: LAYERS }
      progress { phase: ASSEMBLE }
      progress { phase: VERIFY }
      progress { phase: TAG }
    }
    phases {
      phase: RESOLVE
      started { seconds: 1700000000 }
      ended { seconds: 1700000010 }
    }
    phases {
      phase: CHECK
      started { seconds: 1700000010 }
    }
    phases {
      phase: LAYERS
      started { seconds: 1700000020 }
      ended { seconds: 1700000030 }
    }
  )pb");
  ASSERT_EQ(json["phases"].size(), 6);
  EXPECT_EQ(Lines(json["phases"][0]), Expected(R"json({
    "phase": "resolve",
    "state": "done",
    "byWorkers": true,
    "progress": {
      "tasksTotal": 5,
      "tasksDone": 5,
      "tasksRunning": 0,
      "tasksFailed": 0,
      "bytesTotal": 0,
      "bytesDone": 0
    },
    "started": "2023-11-14T22:13:20.000Z",
    "ended": "2023-11-14T22:13:30.000Z"
  })json"));
  EXPECT_EQ(Lines(json["phases"][1]), Expected(R"json({
    "phase": "check",
    "state": "running",
    "byWorkers": false,
    "progress": {
      "tasksTotal": 4,
      "tasksDone": 3,
      "tasksRunning": 2,
      "tasksFailed": 1,
      "bytesTotal": 60,
      "bytesDone": 50
    },
    "started": "2023-11-14T22:13:30.000Z"
  })json"));
  EXPECT_EQ(Lines(json["phases"][2]), Expected(R"json({
    "phase": "layers",
    "state": "pending",
    "byWorkers": true,
    "progress": {
      "tasksTotal": 0,
      "tasksDone": 0,
      "tasksRunning": 0,
      "tasksFailed": 0,
      "bytesTotal": 0,
      "bytesDone": 0
    }
  })json"));
  EXPECT_EQ(json["phases"][3]["phase"], "assemble");
  EXPECT_EQ(json["phases"][3]["byWorkers"], false);
  EXPECT_EQ(json["phases"][4]["phase"], "verify");
  EXPECT_EQ(json["phases"][4]["byWorkers"], true);
  EXPECT_EQ(json["phases"][5]["phase"], "tag");
  EXPECT_EQ(json["phases"][5]["byWorkers"], false);
}

TEST(FarmJsonTest, APhaseOfWhichNoTimesAreKnownHasNone) {
  const OutJson json = DetailsJson(R"pb(
    build {
      state: RUNNING
      phase: CHECK
      progress { phase: RESOLVE }
      progress { phase: CHECK }
    }
    phases {
      phase: RESOLVE
      started { seconds: 1 }
      ended { nanos: 500000000 }
    }
  )pb");
  EXPECT_EQ(json["phases"][0]["started"], "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(json["phases"][0]["ended"], "1970-01-01T00:00:00.500Z");
  EXPECT_FALSE(json["phases"][1].contains("started"));
  EXPECT_FALSE(json["phases"][1].contains("ended"));
}

TEST(FarmJsonTest, APlanHasAllThatIsKnownOfIt) {
  EXPECT_EQ(
      Lines(DetailsJson(R"pb(
        build {
          plan {
            file_count: 1
            image_count: 2
            layer_count: 3
            bytes_to_fetch: 0
            bytes_to_pack: 4
            bytes_to_push: 5
            missing_platforms: "linux/s390x"
            bytes_reused: 6
            layers_reused: 7
            bytes_dead: 8
            previous_release: "v0"
            worker_disk_bytes: 9
            destination_problem: "it asks for a login"
            registries { registry: "quay.io" images: 10 manifest_gets: 11 }
            items {
              name: "etcd"
              size: 12
              bytes_to_fetch: 0
              rests_on_validator: true
            }
            items { name: "runc" size: -1 bytes_to_fetch: -1 }
            estimated_time { seconds: 1 }
            estimate_basis: "as v0 took"
            notes: "a note"
            missing_platforms_meaning: "there is no worker"
          }
        }
        previous_build_id: "b0"
      )pb")["plan"]),
      Expected(R"json({
    "fileCount": 1,
    "imageCount": 2,
    "layerCount": 3,
    "bytesToFetch": 0,
    "bytesToPack": 4,
    "bytesToPush": 5,
    "missingPlatforms": ["linux/s390x"],
    "bytesReused": 6,
    "layersReused": 7,
    "bytesDead": 8,
    "previousRelease": "v0",
    "previousBuild": "b0",
    "workerDiskBytes": 9,
    "destinationProblem": "it asks for a login",
    "registries": [
      {"registry": "quay.io", "images": 10, "manifestGets": 11}
    ],
    "items": [
      {
        "name": "etcd",
        "bytes": 12,
        "bytesToFetch": 0,
        "restsOnValidator": true
      },
      {"name": "runc", "restsOnValidator": false}
    ],
    "estimatedSeconds": 1.0,
    "estimateBasis": "as v0 took",
    "notes": ["a note"],
    "missingPlatformsMeaning": "there is no worker"
  })json"));
}

TEST(FarmJsonTest, APlanLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                plan { bytes_to_fetch: -1 bytes_to_pack: -1 bytes_to_push: -1 }
              }
            )pb")["plan"]),
            Expected(R"json({
    "fileCount": 0,
    "imageCount": 0,
    "layerCount": 0,
    "missingPlatforms": [],
    "bytesReused": 0,
    "layersReused": 0,
    "bytesDead": 0,
    "workerDiskBytes": 0,
    "registries": [],
    "items": [],
    "notes": []
  })json"));
}

TEST(FarmJsonTest, TheOutcomeCountsTheLayersThatWereMade) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                created { seconds: 1700000000 }
                ended { seconds: 1700000090 nanos: 500000000 }
                bytes_fetched: 20
                bytes_pushed: 30
                plan { layers_reused: 1 }
                progress {
                  phase: LAYERS
                  took { seconds: 1 nanos: 500000000 }
                }
                progress {
                  phase: VERIFY
                  took { seconds: 9 }
                }
              }
              layers { state: DONE }
              layers { state: DONE }
              layers { state: DONE }
              layers { state: FAILED }
              layers { state: RUNNING }
            )pb")["outcome"]),
            Expected(R"json({
    "bytesFetched": 20,
    "bytesPushed": 30,
    "layersMade": 2,
    "layersReused": 1,
    "seconds": 90.5,
    "layersSeconds": 1.5
  })json"));
}

TEST(FarmJsonTest, AnOutcomeIsNeverNegative) {
  // The build is younger than the clock says, and layers that are reused are
  // not looked at yet.
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                created { seconds: 1700000200 }
                plan { layers_reused: 2 }
                progress { phase: LAYERS }
              }
              layers { state: DONE }
            )pb")["outcome"]),
            Expected(R"json({
    "bytesFetched": 0,
    "bytesPushed": 0,
    "layersMade": 0,
    "layersReused": 2,
    "seconds": 0.0
  })json"));
}

TEST(FarmJsonTest, ALayerIsPlannedRunningMadeFailedOrReused) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                plan {
                  layers {
                    name: "files 1"
                    image: "kubespray-files"
                    size: 10
                    members: 2
                    dead_bytes: 3
                    bytes_to_fetch: 0
                    reused: true
                  }
                  layers { name: "2" size: -1 bytes_to_fetch: -1 }
                  layers { name: "3" }
                  layers { name: "4" }
                  layers { name: "5" }
                  layers { name: "6" }
                }
              }
              layers {
                task_id: "b1/t1"
                state: DONE
                worker: "box-1"
                layer { digest: "sha256:aa" size: 9 }
              }
              layers { state: RUNNING task_id: "b1/t2" worker: "box-2" }
              layers { state: DONE }
              layers { state: FAILED }
              layers { state: READY }
            )pb")["layers"]),
            Expected(R"json([
    {
      "name": "files 1",
      "image": "kubespray-files",
      "members": 2,
      "state": "reused",
      "bytes": 10,
      "deadBytes": 3,
      "bytesToFetch": 0,
      "digest": "sha256:aa",
      "encodedBytes": 9,
      "taskId": "b1/t1",
      "worker": "box-1"
    },
    {
      "name": "2",
      "image": "",
      "members": 0,
      "state": "running",
      "deadBytes": 0,
      "taskId": "b1/t2",
      "worker": "box-2"
    },
    {
      "name": "3",
      "image": "",
      "members": 0,
      "state": "made",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "4",
      "image": "",
      "members": 0,
      "state": "failed",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "5",
      "image": "",
      "members": 0,
      "state": "planned",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "6",
      "image": "",
      "members": 0,
      "state": "planned",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    }
  ])json"));
}

TEST(FarmJsonTest, AnItemHasItsVerdict) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                verdicts {
                  name: "kubelet"
                  verdict: MATCHED
                  digest: "sha256:aa"
                  size: 5
                  stated: "sha256:aa"
                  architectures: "amd64"
                  architecture_problem: "it is for arm64"
                }
                verdicts { name: "etcd" verdict: UNSTATED }
              }
            )pb")["verdicts"]),
            Expected(R"json([
    {
      "name": "kubelet",
      "verdict": "matched",
      "digest": "sha256:aa",
      "bytes": 5,
      "architectures": ["amd64"],
      "stated": "sha256:aa",
      "remark": "kubelet: it is for arm64"
    },
    {
      "name": "etcd",
      "verdict": "unstated",
      "digest": "",
      "bytes": 0,
      "architectures": []
    }
  ])json"));
}

TEST(FarmJsonTest, AnImageHasTheVerdictOfEachPlatform) {
  // Each status and verification is of one image and platform: those of other
  // variants and platforms say nothing of it.
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                name: "v1"
                images {
                  name: "images"
                  repository: "team/images"
                  tags: "v1-all"
                  tags: "latest"
                  index { digest: "sha256:ii" }
                  manifests {
                    digest: "sha256:aa"
                    platform { os: "linux" architecture: "amd64" }
                  }
                  manifests { platform { os: "linux" architecture: "arm64" } }
                  manifests { platform { os: "linux" architecture: "s390x" } }
                  manifests { platform { os: "linux" architecture: "ppc64le" } }
                }
                verifications {
                  image: "images-all"
                  platform { os: "linux" architecture: "amd64" }
                  worker: "box-1"
                  native: true
                  checks: "it starts"
                  verified_in_build: "b0"
                  missing_fences: "seccomp filter"
                }
                verifications {
                  image: "images"
                  platform { os: "linux" architecture: "arm64" }
                }
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "arm64" }
                state: FAILED
                worker: "box-2"
                failure { reason: "it does not start" }
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "s390x" }
                state: RUNNING
                worker: "box-3"
              }
              platform_images {
                variant: "images"
                platform { os: "linux" architecture: "ppc64le" }
                state: RUNNING
                worker: "box-4"
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "riscv64" }
                state: FAILED
                worker: "box-5"
              }
            )pb")["images"]),
            Expected(R"json([{
    "name": "images",
    "repository": "team/images",
    "tags": ["v1-all", "latest"],
    "digest": "sha256:ii",
    "platforms": [
      {
        "platform": "linux/amd64",
        "variant": "images-all",
        "verdict": "verified",
        "checks": ["it starts"],
        "digest": "sha256:aa",
        "native": true,
        "worker": "box-1",
        "verifiedInBuild": "b0",
        "missingFences": ["seccomp filter"]
      },
      {
        "platform": "linux/arm64",
        "variant": "images-all",
        "verdict": "failed",
        "checks": [],
        "reason": "it does not start",
        "worker": "box-2"
      },
      {
        "platform": "linux/s390x",
        "variant": "images-all",
        "verdict": "running",
        "checks": [],
        "worker": "box-3"
      },
      {
        "platform": "linux/ppc64le",
        "variant": "images-all",
        "verdict": "pending",
        "checks": []
      }
    ]
  }])json"));
}

TEST(FarmJsonTest, AVerifiedImageHasNoMoreThanItsVerificationSays) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                images {
                  name: "images"
                  manifests { platform { os: "linux" architecture: "arm64" } }
                }
                verifications {
                  image: "images"
                  platform { os: "linux" architecture: "arm64" }
                }
              }
              platform_images {
                variant: "images"
                platform { os: "linux" architecture: "arm64" }
                state: DONE
                worker: "box-1"
              }
            )pb")["images"][0]["platforms"]),
            Expected(R"json([{
    "platform": "linux/arm64",
    "variant": "images",
    "verdict": "verified",
    "checks": [],
    "native": false,
    "worker": "box-1"
  }])json"));
}

TEST(FarmJsonTest, AVariantIsNamedByWhatItsFirstTagHasBesidesTheRelease) {
  const OutJson images = DetailsJson(R"pb(
    build {
      name: "v1"
      images {
        name: "files"
        tags: "v1"
        manifests {}
      }
      images {
        name: "images"
        tags: "v1-cni"
        tags: "other"
        manifests {}
      }
      images {
        name: "images"
        tags: "other"
        tags: "v1-all"
        manifests {}
      }
      images {
        name: "bare"
        manifests {}
      }
    }
  )pb")["images"];
  ASSERT_EQ(images.size(), 4);
  EXPECT_EQ(images[0]["platforms"][0]["variant"], "files");
  EXPECT_EQ(images[1]["platforms"][0]["variant"], "images-cni");
  EXPECT_EQ(images[2]["platforms"][0]["variant"], "images");
  EXPECT_EQ(images[3]["platforms"][0]["variant"], "bare");
}

TEST(FarmJsonTest, ATaskSaysWhatItsStateHasToSay) {
  const auto page = Of<v1::ListTasksResponse>(R"pb(
    tasks {
      task_id: "b1/t1"
      name: "kubelet"
      phase: RESOLVE
      kind: RESOLVE_FILE
      state: RUNNING
      platform { os: "linux" architecture: "amd64" }
      worker: "box-1"
      started { seconds: 1700000000 }
      ended { seconds: 1700000001 }
      attempts: 2
      bytes_expected: 30
      bytes_done: 20
      bytes_fetched: 10
      bytes_pushed: 9
      activity: "fetching kubelet"
      host: "dl.k8s.io"
      waits_for: "a host"
      retry_at { seconds: 1700000002 }
      reused: true
      failure { kind: TRANSIENT item: "kubelet" reason: "it broke" }
    }
    tasks {
      task_id: "b1/t2"
      phase: VERIFY
      kind: VERIFY_IMAGE
      state: DONE
      bytes_expected: -1
      bytes_done: 20
      bytes_fetched: 10
      bytes_pushed: 9
      activity: "none"
      host: "none"
    }
    tasks { task_id: "b1/t3" kind: RESOLVE_IMAGE state: DELAYED }
    tasks { task_id: "b1/t4" kind: MAKE_LAYER state: SHARED }
    tasks { task_id: "b1/t5" kind: COPY_BLOBS state: FAILED }
    tasks { task_id: "b1/t6" state: STOPPED }
    next_page_token: "more"
    total: 7
  )pb");
  EXPECT_EQ(Lines(ToJson(page)), Expected(R"json({
    "items": [
      {
        "id": "b1/t1",
        "name": "kubelet",
        "phase": "resolve",
        "kind": "resolveFile",
        "state": "running",
        "platform": "linux/amd64",
        "worker": "box-1",
        "started": "2023-11-14T22:13:20.000Z",
        "ended": "2023-11-14T22:13:21.000Z",
        "attempts": 2,
        "bytesExpected": 30,
        "bytesDone": 20,
        "activity": "fetching kubelet",
        "host": "dl.k8s.io",
        "waitsFor": "a host",
        "retryAt": "2023-11-14T22:13:22.000Z",
        "reused": true,
        "failure": {
          "kind": "transient",
          "item": "kubelet",
          "reason": "it broke"
        }
      },
      {
        "id": "b1/t2",
        "name": "",
        "phase": "verify",
        "kind": "verifyImage",
        "state": "done",
        "attempts": 0,
        "bytesExpected": 0,
        "bytesFetched": 10,
        "bytesPushed": 9
      },
      {
        "id": "b1/t3",
        "name": "",
        "phase": "none",
        "kind": "resolveImage",
        "state": "delayed",
        "attempts": 0,
        "bytesExpected": 0
      },
      {
        "id": "b1/t4",
        "name": "",
        "phase": "none",
        "kind": "makeLayer",
        "state": "shared",
        "attempts": 0,
        "bytesExpected": 0
      },
      {
        "id": "b1/t5",
        "name": "",
        "phase": "none",
        "kind": "copyBlobs",
        "state": "failed",
        "attempts": 0,
        "bytesExpected": 0
      },
      {
        "id": "b1/t6",
        "name": "",
        "phase": "none",
        "kind": "unknown",
        "state": "stopped",
        "attempts": 0,
        "bytesExpected": 0
      }
    ],
    "total": 7,
    "nextPageToken": "more"
  })json"));
}

TEST(FarmJsonTest, APageOfEventsSaysWhereTheNextOneBegins) {
  EXPECT_EQ(Lines(ToJson(Of<v1::ListEventsResponse>(R"pb(
              events {
                sequence: 1
                time { seconds: 1700000000 }
                level: INFO
                text: "it begins"
              }
              last_sequence: 5
              next_after: 1
            )pb"))),
            Expected(R"json({
    "items": [{
      "sequence": 1,
      "time": "2023-11-14T22:13:20.000Z",
      "level": "info",
      "text": "it begins"
    }],
    "lastSequence": 5,
    "nextAfter": 1
  })json"));
  EXPECT_EQ(Lines(ToJson(v1::ListEventsResponse())),
            Expected(R"json({"items": [], "lastSequence": 0})json"));
}

TEST(FarmJsonTest, AWorkerHasAllThatIsKnownOfIt) {
  EXPECT_EQ(Lines(ToJson(Of<v1::WorkerDetails>(R"pb(
              status {
                info {
                  name: "box-1"
                  platforms {
                    platform { os: "linux" architecture: "amd64" }
                    native: true
                  }
                  platforms { platform { os: "linux" architecture: "arm64" } }
                  slots: 4
                  version: "0.1.0"
                  can_execute: true
                  cannot_execute_reason: "no user namespaces"
                  disk_free_bytes: 70
                  unhealthy_reason: "its disk is full"
                }
                state: DRAINING
                last_seen { seconds: 1700000000 }
                tasks_done: 6
              }
              drain_ordered: true
              tasks {
                task_id: "b1/t1"
                name: "kubelet"
                started { seconds: 1700000001 }
                activity: "fetching kubelet"
                host: "dl.k8s.io"
                bytes_done: 2
                bytes_expected: 1
              }
              tasks { task_id: "b1/t2" }
            )pb"))),
            Expected(R"json({
    "name": "box-1",
    "state": "draining",
    "platforms": [
      {"platform": "linux/amd64", "native": true},
      {"platform": "linux/arm64", "native": false}
    ],
    "slots": 4,
    "version": "0.1.0",
    "canExecute": true,
    "cannotExecuteReason": "no user namespaces",
    "diskFreeBytes": 70,
    "lastSeen": "2023-11-14T22:13:20.000Z",
    "tasksDone": 6,
    "drainOrdered": true,
    "unhealthyReason": "its disk is full",
    "leases": [
      {
        "taskId": "b1/t1",
        "buildId": "b1",
        "taskName": "kubelet",
        "started": "2023-11-14T22:13:21.000Z",
        "activity": "fetching kubelet",
        "host": "dl.k8s.io",
        "bytesDone": 2,
        "bytesExpected": 1
      },
      {"taskId": "b1/t2", "buildId": "b1", "bytesDone": 0}
    ]
  })json"));
}

TEST(FarmJsonTest, AWorkerThatClaimsNegativeNumbersHasNone) {
  EXPECT_EQ(Lines(ToJson(Of<v1::WorkerDetails>(R"pb(
              status {
                info { slots: -1 disk_free_bytes: -2 }
                last_seen { seconds: 1700000000 }
              }
            )pb"))),
            Expected(R"json({
    "name": "",
    "state": "ready",
    "platforms": [],
    "slots": 0,
    "version": "",
    "canExecute": false,
    "diskFreeBytes": 0,
    "lastSeen": "2023-11-14T22:13:20.000Z",
    "tasksDone": 0,
    "drainOrdered": false,
    "leases": []
  })json"));
}

TEST(FarmJsonTest, AHostHasItsLimitsAndItsPause) {
  EXPECT_EQ(Lines(ToJson(Of<v1::HostLimit>(R"pb(
                           host: "quay.io"
                           quota {
                             limit: 100
                             remaining: 40
                             window { seconds: 21600 }
                           }
                           task_limit: 1
                           tasks_running: 2
                           tasks_waiting: 3
                           paused_for { seconds: 60 }
                           words: "too many requests"
                           bytes_received: 4
                           bytes_sent: 5
                         )pb"),
                         kNow)),
            Expected(R"json({
    "host": "quay.io",
    "quota": {"limit": 100, "remaining": 40, "windowSeconds": 21600.0},
    "taskLimit": 1,
    "tasksRunning": 2,
    "tasksWaiting": 3,
    "pausedUntil": "2023-11-14T22:16:00.000Z",
    "words": "too many requests",
    "bytesReceived": 4,
    "bytesSent": 5
  })json"));
}

TEST(FarmJsonTest, AHostThatSaysNothingOfItsLimitsHasNone) {
  EXPECT_EQ(Lines(ToJson(Of<v1::HostLimit>(R"pb(host: "quay.io")pb"), kNow)),
            Expected(R"json({
    "host": "quay.io",
    "tasksRunning": 0,
    "tasksWaiting": 0,
    "bytesReceived": 0,
    "bytesSent": 0
  })json"));
  EXPECT_EQ(Lines(ToJson(Of<v1::HostLimit>(R"pb(
                           quota { limit: -2 remaining: -1 }
                         )pb"),
                         kNow)["quota"]),
            Expected(R"json({"limit": 0, "remaining": 0})json"));
}

TEST(FarmJsonTest, AReleaseHasItsLayersAndWhatItTook) {
  EXPECT_EQ(Lines(ToJson(Of<v1::ReleaseStatus>(R"pb(
              name: "v1"
              destination: "docker://registry.example/team"
              build_id: "b1"
              layers: 2
              bytes: 3
              bytes_moved: 4
              took { seconds: 5 nanos: 500000000 }
              build_kept: true
            )pb"))),
            Expected(R"json({
    "name": "v1",
    "destination": "docker://registry.example/team",
    "buildId": "b1",
    "layers": 2,
    "bytes": 3,
    "bytesMoved": 4,
    "seconds": 5.5,
    "buildKept": true
  })json"));
  EXPECT_EQ(ToJson(Of<v1::ReleaseStatus>("bytes_moved: -1"))["bytesMoved"], 0);
}

TEST(FarmJsonTest, TheFarmHasItsWorkersQueuesAndTotals) {
  EXPECT_EQ(Lines(ToJson(Of<v1::FarmStatus>(R"pb(
                           started { seconds: 1700000000 }
                           now { seconds: 1700000100 }
                           builds_running: 1
                           builds_total: 2
                           tasks_running: 3
                           tasks_waiting: 4
                           workers_ready: 5
                           platforms {
                             platform: "linux/amd64"
                             workers_ready: 6
                             workers_native: 7
                             slots: 8
                             slots_used: 9
                           }
                           queues {
                             platform: "linux/arm64"
                             must_execute: true
                             ready: 10
                             delayed: 11
                             oldest { seconds: 12 nanos: 500000000 }
                             reasons: "no worker offers it"
                           }
                           totals {
                             tasks_done: 13
                             tasks_failed: 14
                             tasks_reused: 15
                             layers_made: 16
                             layers_reused: 17
                             bytes_fetched: 18
                             bytes_pushed: 19
                             bytes_reused: 20
                           }
                         )pb"),
                         "0.1.0")),
            Expected(R"json({
    "version": "0.1.0",
    "started": "2023-11-14T22:13:20.000Z",
    "now": "2023-11-14T22:15:00.000Z",
    "buildsRunning": 1,
    "buildsTotal": 2,
    "tasksRunning": 3,
    "tasksWaiting": 4,
    "platforms": [{
      "platform": "linux/amd64",
      "workersReady": 6,
      "workersNative": 7,
      "slots": 8,
      "slotsUsed": 9
    }],
    "queues": [{
      "platform": "linux/arm64",
      "mustExecute": true,
      "ready": 10,
      "delayed": 11,
      "reasons": ["no worker offers it"],
      "oldestSeconds": 12.5
    }],
    "totals": {
      "tasksDone": 13,
      "tasksFailed": 14,
      "tasksReused": 15,
      "layersMade": 16,
      "layersReused": 17,
      "bytesFetched": 18,
      "bytesPushed": 19,
      "bytesReused": 20
    }
  })json"));
}

TEST(FarmJsonTest, AChangeSaysWhatIsDifferent) {
  EXPECT_EQ(Lines(ToJson(Of<v1::WatchFarmResponse>(R"pb(
              revision: 1
              builds {
                build_id: "b1"
                revision: 2
                state: FAILED
                phase: ASSEMBLE
                last_sequence: 3
              }
              removed_builds: "b0"
              workers: "box-1"
              hosts: true
            )pb"))),
            Expected(R"json({
    "revision": 1,
    "builds": [{
      "id": "b1",
      "revision": 2,
      "state": "failed",
      "phase": "assemble",
      "lastSequence": 3
    }],
    "removedBuilds": ["b0"],
    "workers": ["box-1"],
    "hosts": true
  })json"));
}

TEST(FarmJsonTest, ADeedSaysWhoDidWhatAndHowItEnded) {
  EXPECT_EQ(Lines(ToJson(Of<v1::AuditRecord>(R"pb(
              time { seconds: 1700000000 }
              who: "alice"
              by: "token"
              id: "t1"
              from: "192.0.2.1"
              what: "CancelBuild"
              on: "build b1"
              allowed: true
              outcome: "OK"
              left_out: 1
            )pb"))),
            Expected(R"json({
    "time": "2023-11-14T22:13:20.000Z",
    "who": "alice",
    "by": "token",
    "id": "t1",
    "from": "192.0.2.1",
    "what": "CancelBuild",
    "on": "build b1",
    "allowed": true,
    "outcome": "OK",
    "leftOut": 1
  })json"));
  EXPECT_EQ(Lines(ToJson(Of<v1::AuditRecord>(R"pb(
              time { seconds: 1700000000 }
              who: "nobody"
              by: "nobody"
              what: "CancelBuild"
              outcome: "UNAUTHENTICATED: a login is needed"
            )pb"))),
            Expected(R"json({
    "time": "2023-11-14T22:13:20.000Z",
    "who": "nobody",
    "by": "nobody",
    "what": "CancelBuild",
    "allowed": false,
    "outcome": "UNAUTHENTICATED: a login is needed"
  })json"));
}

TEST(FarmJsonTest, WordsOfFiltersAreThoseOfTheAnswers) {
  for (const auto& [word, state] :
       std::vector<std::pair<std::string_view, v1::Build::State>>{
           {"running", v1::Build::RUNNING},
           {"succeeded", v1::Build::SUCCEEDED},
           {"failed", v1::Build::FAILED},
           {"cancelled", v1::Build::CANCELLED}}) {
    EXPECT_EQ(ParseBuildState(word), state) << word;
  }
  for (const auto& [word, state] :
       std::vector<std::pair<std::string_view, v1::TaskStatus::State>>{
           {"ready", v1::TaskStatus::READY},
           {"delayed", v1::TaskStatus::DELAYED},
           {"shared", v1::TaskStatus::SHARED},
           {"running", v1::TaskStatus::RUNNING},
           {"done", v1::TaskStatus::DONE},
           {"failed", v1::TaskStatus::FAILED},
           {"stopped", v1::TaskStatus::STOPPED}}) {
    EXPECT_EQ(ParseTaskState(word), state) << word;
  }
  for (const auto& [word, phase] :
       std::vector<std::pair<std::string_view, v1::Phase>>{
           {"none", v1::PHASE_UNSPECIFIED},
           {"resolve", v1::RESOLVE},
           {"check", v1::CHECK},
           {"layers", v1::LAYERS},
           {"assemble", v1::ASSEMBLE},
           {"verify", v1::VERIFY},
           {"tag", v1::TAG}}) {
    EXPECT_EQ(ParsePhase(word), phase) << word;
  }
  for (const auto& [word, level] :
       std::vector<std::pair<std::string_view, v1::Event::Level>>{
           {"info", v1::Event::INFO},
           {"warning", v1::Event::WARNING},
           {"error", v1::Event::ERROR}}) {
    EXPECT_EQ(ParseLevel(word), level) << word;
  }
}

TEST(FarmJsonTest, OtherWordsMeanNothing) {
  for (const std::string_view word : {"", "RUNNING", "runnin", "running "}) {
    EXPECT_EQ(ParseBuildState(word), std::nullopt) << word;
    EXPECT_EQ(ParseTaskState(word), std::nullopt) << word;
    EXPECT_EQ(ParsePhase(word), std::nullopt) << word;
    EXPECT_EQ(ParseLevel(word), std::nullopt) << word;
  }
}

TEST(FarmJsonTest, TheStateOfAWorkerHasAWord) {
  EXPECT_EQ(WorkerStateInJson(v1::WorkerStatus::READY), "ready");
  EXPECT_EQ(WorkerStateInJson(v1::WorkerStatus::DRAINING), "draining");
  EXPECT_EQ(WorkerStateInJson(v1::WorkerStatus::LOST), "lost");
  EXPECT_EQ(WorkerStateInJson(v1::WorkerStatus::UNHEALTHY), "unhealthy");
  // A state of a later version.
  EXPECT_EQ(WorkerStateInJson(static_cast<v1::WorkerStatus::State>(99)),
            "ready");
}

}  // namespace
}  // namespace kso::coordinator
