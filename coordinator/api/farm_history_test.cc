// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_history.h"

#include <nlohmann/json.hpp>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {
namespace {

constexpr int64_t kStart = 1700000000;

v1::FarmStatus FarmAt(int64_t seconds) {
  v1::FarmStatus farm;
  farm.mutable_now()->set_seconds(seconds);
  return farm;
}

TEST(FarmHistoryTest, ASampleIsDueEachTenSeconds) {
  FarmHistory history;
  const absl::Time start = absl::FromUnixSeconds(kStart);
  EXPECT_TRUE(history.WantsSample(start));
  history.Add(FarmAt(kStart));
  EXPECT_FALSE(history.WantsSample(start));
  EXPECT_FALSE(history.WantsSample(start + absl::Milliseconds(9999)));
  EXPECT_TRUE(history.WantsSample(start + absl::Seconds(10)));
  EXPECT_TRUE(history.WantsSample(start + absl::Hours(1)));
  // The clock was set back.
  EXPECT_TRUE(history.WantsSample(start - absl::Milliseconds(1)));
}

TEST(FarmHistoryTest, ASampleHasWhatPlotsShow) {
  v1::FarmStatus farm = FarmAt(kStart);
  farm.set_tasks_running(1);
  farm.set_tasks_waiting(2);
  farm.set_workers_ready(3);
  farm.mutable_totals()->set_tasks_done(4);
  // A host that says nothing of its limits has no plot.
  farm.add_hosts()->set_host("quiet.example.com");
  v1::HostLimit& host = *farm.add_hosts();
  host.set_host("quay.io");
  host.mutable_quota()->set_limit(100);
  host.mutable_quota()->set_remaining(40);
  FarmHistory history;
  history.Add(farm);
  EXPECT_EQ(nlohmann::json::parse(history.InJson().dump()),
            nlohmann::json::parse(R"json({
    "intervalSeconds": 10,
    "samples": [{
      "time": "2023-11-14T22:13:20.000Z",
      "tasksRunning": 1,
      "tasksWaiting": 2,
      "workersReady": 3,
      "totals": {
        "tasksDone": 4,
        "tasksFailed": 0,
        "tasksReused": 0,
        "layersMade": 0,
        "layersReused": 0,
        "bytesFetched": 0,
        "bytesPushed": 0,
        "bytesReused": 0
      },
      "quotas": [{"host": "quay.io", "limit": 100, "remaining": 40}]
    }]
  })json"));
}

TEST(FarmHistoryTest, TwoHoursAreKept) {
  FarmHistory history;
  for (int i = 0; i < 720; ++i) history.Add(FarmAt(kStart + 10 * i));
  EXPECT_EQ(history.InJson()["samples"].size(), 720u);
  EXPECT_EQ(history.InJson()["samples"][0]["time"], "2023-11-14T22:13:20.000Z");
  history.Add(FarmAt(kStart + 7200));
  EXPECT_EQ(history.InJson()["samples"].size(), 720u);
  EXPECT_EQ(history.InJson()["samples"][0]["time"], "2023-11-14T22:13:30.000Z");
  EXPECT_EQ(history.InJson()["samples"][719]["time"],
            "2023-11-15T00:13:20.000Z");
}

}  // namespace
}  // namespace kso::coordinator
