// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_FARM_JSON_H_
#define KSO_COORDINATOR_API_FARM_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "kso/v1/access.pb.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// The messages of proto/kso/v1/farm.proto as the JSON of openapi.json: schemas
// BuildPage, Build and so on. Members that a schema does not require are left
// out where there is nothing to say.

using OutJson = nlohmann::ordered_json;

// "2026-11-30T17:00:00.000Z".
std::string TimeInJson(absl::Time time);

OutJson ToJson(const v1::ListBuildSummariesResponse& page);
// `now` tells how long a running build has taken.
OutJson ToJson(const v1::BuildDetails& details, absl::Time now);
OutJson ToJson(const v1::ListTasksResponse& page);
OutJson ToJson(const v1::ListEventsResponse& page);
OutJson ToJson(const v1::WorkerDetails& worker);
OutJson ToJson(const v1::HostLimit& host, absl::Time now);
OutJson ToJson(const v1::ReleaseStatus& release);
OutJson ToJson(const v1::FarmTotals& totals);
OutJson ToJson(const v1::FarmStatus& farm, std::string_view version);
OutJson ToJson(const v1::WatchFarmResponse& change);
OutJson ToJson(const v1::AuditRecord& record);

// The words of the enums, and back. Nothing for other words.
std::optional<v1::Build::State> ParseBuildState(std::string_view word);
std::optional<v1::TaskStatus::State> ParseTaskState(std::string_view word);
std::optional<v1::Phase> ParsePhase(std::string_view word);
std::optional<v1::Event::Level> ParseLevel(std::string_view word);
std::string_view WorkerStateInJson(v1::WorkerStatus::State state);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_FARM_JSON_H_
