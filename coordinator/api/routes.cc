// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/routes.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

using access::Role;
using access::RoleSet;

constexpr RoleSet kView = {Role::kView};
constexpr RoleSet kSubmit = {Role::kSubmit};
constexpr RoleSet kAdmin = {Role::kAdmin};
constexpr RoleSet kEverybody = {};

// A release with 100,000 lines is about so large.
constexpr size_t kReleaseBytes = 16 << 20;
constexpr size_t kSmallBytes = 8 << 10;

constexpr Route kRoutes[] = {
    {Operation::kListBuilds, "GET", "/api/v1/builds", kView},
    {Operation::kSubmitBuild, "POST", "/api/v1/builds", kSubmit, false,
     kReleaseBytes, /*takes_form=*/true},
    {Operation::kGetBuild, "GET", "/api/v1/builds/{build}", kView},
    {Operation::kListTasks, "GET", "/api/v1/builds/{build}/tasks", kView},
    {Operation::kListLogs, "GET", "/api/v1/builds/{build}/logs", kView},
    {Operation::kCancelBuild, "POST", "/api/v1/builds/{build}/cancel", kSubmit,
     false, kSmallBytes},
    {Operation::kRetryBuild, "POST", "/api/v1/builds/{build}/retry", kSubmit,
     false, kSmallBytes},
    {Operation::kSetPriority, "POST", "/api/v1/builds/{build}/priority",
     kSubmit, false, kSmallBytes},
    {Operation::kListWorkers, "GET", "/api/v1/workers", kView},
    {Operation::kGetWorker, "GET", "/api/v1/workers/{worker}", kView},
    {Operation::kDrainWorker, "POST", "/api/v1/workers/{worker}/drain", kAdmin,
     false, kSmallBytes},
    {Operation::kUndrainWorker, "POST", "/api/v1/workers/{worker}/undrain",
     kAdmin, false, kSmallBytes},
    {Operation::kListHosts, "GET", "/api/v1/hosts", kView},
    {Operation::kListReleases, "GET", "/api/v1/releases", kView},
    {Operation::kGetFarm, "GET", "/api/v1/farm", kView},
    {Operation::kGetFarmHistory, "GET", "/api/v1/farm/history", kView},
    {Operation::kStreamEvents, "GET", "/api/v1/events", kView},
    {Operation::kListAudit, "GET", "/api/v1/audit", kAdmin},
    {Operation::kGetSession, "GET", "/api/v1/session", kEverybody, true},
    {Operation::kGetOpenApi, "GET", "/api/v1/openapi.json", kView},
    {Operation::kLoginPage, "GET", "/login", kEverybody, true},
    {Operation::kLogin, "POST", "/login", kEverybody, true, kSmallBytes},
    {Operation::kLogout, "POST", "/logout", kEverybody, true, kSmallBytes},
    {Operation::kHealth, "GET", "/healthz", kEverybody, true},
    {Operation::kReady, "GET", "/readyz", kEverybody, true},
    {Operation::kMetrics, "GET", "/metrics", kView},
};

static_assert(std::all_of(std::begin(kRoutes), std::end(kRoutes),
                          [](const Route& route) {
                            return route.roles.empty() ==
                                   route.open_to_everybody;
                          }),
              "a route asks for a role, or says that it asks for none");

bool IsParameter(std::string_view part) { return part.starts_with("{"); }

// Returns whether the path is of the route, and adds its parameters.
bool Matches(const Route& route, const std::vector<std::string>& segments,
             RouteMatch& match) {
  const std::vector<std::string> parts =
      absl::StrSplit(ToAbsl(route.path.substr(1)), '/');
  if (parts.size() != segments.size()) return false;
  std::map<std::string, std::string, std::less<>> parameters;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (IsParameter(parts[i])) {
      if (segments[i].empty()) return false;
      parameters[parts[i].substr(1, parts[i].size() - 2)] = segments[i];
    } else if (parts[i] != segments[i]) {
      return false;
    }
  }
  match.parameters = std::move(parameters);
  return true;
}

}  // namespace

absl::Span<const Route> AllRoutes() { return kRoutes; }

RouteMatch MatchRoute(std::string_view method,
                      const std::vector<std::string>& segments) {
  RouteMatch match;
  std::set<std::string> methods;
  for (const Route& route : kRoutes) {
    if (!Matches(route, segments, match)) continue;
    if (route.method == method) match.route = &route;
    methods.insert(std::string(route.method));
    if (route.method == "GET") methods.insert("HEAD");
  }
  match.allow = absl::StrJoin(methods, ", ");
  return match;
}

}  // namespace kso::coordinator
