// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_ROUTES_H_
#define KSO_COORDINATOR_API_ROUTES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "common/access/role.h"

namespace kso::coordinator {

// The questions that can be asked over HTTP. openapi.json says the same to
// clients, and a test compares the two.
enum class Operation : uint8_t {
  kListBuilds,
  kSubmitBuild,
  kGetBuild,
  kListTasks,
  kListLogs,
  kCancelBuild,
  kRetryBuild,
  kSetPriority,
  kListWorkers,
  kGetWorker,
  kDrainWorker,
  kUndrainWorker,
  kListHosts,
  kListReleases,
  kGetFarm,
  kGetFarmHistory,
  kStreamEvents,
  kListAudit,
  kGetSession,
  kGetOpenApi,
  kLoginPage,
  kLogin,
  kLogout,
  kHealth,
  kReady,
  kMetrics,
};

// One method of one path, and who may call it.
struct Route {
  Operation operation;
  // "GET", which is HEAD as well, or "POST".
  std::string_view method;
  // "/api/v1/builds/{build}": a part in braces is a parameter.
  std::string_view path;
  // One of them is enough. None where the route is open to everybody.
  access::RoleSet roles;
  bool open_to_everybody = false;
  // The bound of a request's body.
  size_t most_body_bytes = 0;
  // A body may be multipart/form-data, and not only JSON.
  bool takes_form = false;

  // It changes something, so that it needs a proof of the same origin, and its
  // outcome is a deed for the audit log.
  bool changes() const { return method == "POST"; }
};

// All routes. A path that is in none of them is not served, but for the page's
// own files.
absl::Span<const Route> AllRoutes();

struct RouteMatch {
  // Null when the path has no such method, or there is no such path.
  const Route* route = nullptr;
  // The values of the path's parameters.
  std::map<std::string, std::string, std::less<>> parameters;
  // The methods of the path: "GET, HEAD, POST". Empty when there is no such
  // path.
  std::string allow;
};

// Finds the route of a request. `segments` are the decoded parts of its path.
RouteMatch MatchRoute(std::string_view method,
                      const std::vector<std::string>& segments);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_ROUTES_H_
