// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/status_json.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "google/protobuf/util/json_util.h"

namespace kso::coordinator {
namespace {

template <typename Request, typename Response>
absl::StatusOr<Response> Ask(Engine& engine,
                             void (Engine::*method)(Request,
                                                    Engine::Done<Response>),
                             const Request& request = Request()) {
  absl::Notification come;
  absl::StatusOr<Response> response;
  (engine.*method)(request, [&](absl::StatusOr<Response> answer) {
    response = std::move(answer);
    come.Notify();
  });
  come.WaitForNotification();
  return response;
}

absl::StatusOr<std::vector<v1::Build>> AllBuilds(Engine& engine) {
  std::vector<v1::Build> builds;
  v1::ListBuildsRequest request;
  do {
    KSO_ASSIGN_OR_RETURN(v1::ListBuildsResponse page,
                         Ask(engine, &Engine::ListBuilds, request));
    for (v1::Build& build : *page.mutable_builds()) {
      builds.push_back(std::move(build));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return builds;
}

template <typename Messages>
absl::StatusOr<std::string> ArrayOf(const Messages& messages) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::vector<std::string> items;
  for (const auto& message : messages) {
    const auto status = google::protobuf::util::MessageToJsonString(
        message, &items.emplace_back(), options);
    if (!status.ok()) return absl::InternalError(status.ToString());
  }
  return "[" + absl::StrJoin(items, ",") + "]";
}

}  // namespace

absl::StatusOr<std::string> StatusJson(Engine& engine) {
  KSO_ASSIGN_OR_RETURN(const std::vector<v1::Build> builds, AllBuilds(engine));
  KSO_ASSIGN_OR_RETURN(const v1::ListWorkersResponse workers,
                       Ask(engine, &Engine::ListWorkers));
  KSO_ASSIGN_OR_RETURN(const std::string build_array, ArrayOf(builds));
  KSO_ASSIGN_OR_RETURN(const std::string worker_array,
                       ArrayOf(workers.workers()));
  KSO_ASSIGN_OR_RETURN(const std::string host_array, ArrayOf(workers.hosts()));
  return Concat("{\"version\":\"", kVersion, "\",\"builds\":", build_array,
                ",\"workers\":", worker_array, ",\"hosts\":", host_array,
                "}\n");
}

}  // namespace kso::coordinator
