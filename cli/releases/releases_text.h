// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_RELEASES_TEXT_H_
#define KSO_CLI_RELEASES_RELEASES_TEXT_H_

#include <map>
#include <set>
#include <string>

#include "cli/releases/inventory.h"
#include "cli/releases/release_place.h"
#include "cli/releases/removal_plan.h"
#include "nlohmann/json.hpp"

namespace kso::cli {

// The releases at `destination`, for people and for programs.
std::string ReleasesText(const std::string& destination,
                         const std::map<std::string, PlacedRelease>& releases);
nlohmann::ordered_json ReleasesJson(
    const std::string& destination,
    const std::map<std::string, PlacedRelease>& releases);

// A plan: what it would delete, and what stays. `missing` are the parts of what
// stays that are not there, before anything is deleted.
std::string PlanText(const std::string& destination, const RemovalPlan& plan,
                     const std::set<PartKey>& missing);
nlohmann::ordered_json PlanJson(const std::string& destination,
                                const RemovalPlan& plan,
                                const std::set<PartKey>& missing, bool done);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_RELEASES_TEXT_H_
