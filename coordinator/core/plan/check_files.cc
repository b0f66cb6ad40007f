// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/check_files.h"

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/digest.h"
#include "common/base/strings.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/plan/served_path.h"

namespace kso::coordinator {
namespace {

using Failures = std::vector<v1::Failure>;
// By the path that it is served at.
using Requests = std::map<std::string, const v1::FileRequest*>;

void CheckDigest(const v1::FileRequest& request, Failures& failures) {
  if (request.digest().empty() || Digest::Parse(request.digest()).ok()) return;
  failures.push_back(PermanentFailure(
      request.url(), Concat("\"", request.digest(), "\" is not a digest"),
      "write it as sha256:HEX or sha512:HEX with 64 or 128 lowercase digits",
      request.location()));
}

// What `request` says other than `earlier`, which has the same path.
void CheckAgainst(const v1::FileRequest& earlier,
                  const v1::FileRequest& request, Failures& failures) {
  if (earlier.url() != request.url()) {
    failures.push_back(
        PermanentFailure(request.url(),
                         Concat("is served at the same place as ",
                                earlier.url(), " (", earlier.location(), ")"),
                         "keep one of the two", request.location()));
  } else if (!earlier.digest().empty() && !request.digest().empty() &&
             earlier.digest() != request.digest()) {
    failures.push_back(PermanentFailure(
        request.url(),
        Concat("is asked for with two digests; the other one is at ",
               earlier.location()),
        "keep the one that is right", request.location()));
  }
}

// A file cannot be a directory of another one.
void CheckDirectories(const Requests& requests, Failures& failures) {
  for (const auto& [path, request] : requests) {
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      const auto parent = requests.find(path.substr(0, slash));
      if (parent == requests.end()) continue;
      failures.push_back(PermanentFailure(
          request->url(),
          Concat("would be below ", parent->second->url(), " (",
                 parent->second->location(), "), which is a file"),
          "only one of the two can be served: remove the other",
          request->location()));
    }
  }
}

}  // namespace

void CheckFiles(const v1::Release& release, Failures& failures) {
  Requests requests;
  for (const v1::FileRequest& request : release.files()) {
    CheckDigest(request, failures);
    const absl::StatusOr<std::string> path = ServedPath(request.url());
    if (!path.ok()) {
      failures.push_back(PermanentFailure(
          request.url(), ToStd(path.status().message()),
          "write the plain address of a file, as in "
          "https://dl.k8s.io/release/v1.29.10/bin/linux/amd64/kubelet",
          request.location()));
      continue;
    }
    const auto [earlier, is_new] = requests.emplace(*path, &request);
    if (!is_new) CheckAgainst(*earlier->second, request, failures);
  }
  CheckDirectories(requests, failures);
}

}  // namespace kso::coordinator
