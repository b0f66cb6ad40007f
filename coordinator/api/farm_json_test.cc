// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_json.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "kso/v1/access.pb.h"
#include "kso/v1/farm.pb.h"
#include "tests/fakes/farm_json_text.h"

namespace kso::coordinator {
namespace {

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
