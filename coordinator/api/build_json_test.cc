// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "coordinator/api/farm_json.h"
#include "gtest/gtest.h"
#include "kso/v1/farm.pb.h"
#include "tests/fakes/farm_json_text.h"

namespace kso::coordinator {
namespace {

TEST(BuildJsonTest, ABuildInAListHasAllThatIsKnownOfIt) {
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

TEST(BuildJsonTest, APageWithoutBuildsHasNoItemsAndNoNextPage) {
  EXPECT_EQ(Lines(ToJson(v1::ListBuildSummariesResponse())),
            Expected(R"json({"items": [], "total": 0})json"));
}

TEST(BuildJsonTest, ABuildThatHasJustBegunSaysWhatASchemaRequires) {
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

TEST(BuildJsonTest, ABuildHasItsFailuresNotesHostsAndNewestEvents) {
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

TEST(BuildJsonTest, APhaseIsDoneRunningFailedOrPending) {
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

TEST(BuildJsonTest, APhaseHasItsProgressAndTheTimesThatAreKnown) {
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

TEST(BuildJsonTest, APhaseOfWhichNoTimesAreKnownHasNone) {
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

}  // namespace
}  // namespace kso::coordinator
