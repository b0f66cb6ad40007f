// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/find_blobs.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/bytes/digest.h"
#include "common/oci/destination.h"
#include "common/oci/login/access.h"
#include "common/run/run_all.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {
namespace {

// Returns whether the image's repository has the blob, or may take it over from
// another of the same store.
absl::StatusOr<bool> IsThere(oci::ImageStore& store, const FindRequest& request,
                             const BlobQuestion& question) {
  const absl::StatusOr<Digest> digest = Digest::Parse(question.blob.digest());
  if (!digest.ok()) return false;
  const std::string repository =
      oci::DestinationRepository(request.destination, question.image);
  const absl::StatusOr<bool> there = store.HasBlob(repository, *digest);
  if (!there.ok() && !(request.mount && oci::IsDenial(there.status()))) {
    return there;
  }
  if (there.ok() && *there) return true;
  for (const std::string& other : question.elsewhere) {
    if (other == repository) continue;
    // An error does not count, since this build may not be allowed to read the
    // other repository.
    const absl::StatusOr<bool> had = store.HasBlob(other, *digest);
    if (!had.ok() || !*had) continue;
    if (!request.mount) return true;
    const absl::StatusOr<bool> mounted =
        store.MountBlob(repository, *digest, other);
    if (mounted.ok() && *mounted) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<FindOutcome> FindBlobs(oci::ImageStore& store,
                                      const FindRequest& request, int at_once) {
  std::map<std::string, const BlobQuestion*> questions;
  for (const BlobQuestion& question : request.questions) {
    questions.emplace(BlobName(question.image, question.blob.digest()),
                      &question);
  }
  absl::Mutex mutex;
  FindOutcome outcome;
  // The repositories that lack something.
  std::set<std::string> to_push_to;
  std::vector<std::function<absl::Status()>> jobs;
  for (const auto& [name, question] : questions) {
    jobs.push_back([&, &name = name, question = question]() -> absl::Status {
      KSO_ASSIGN_OR_RETURN(const bool there,
                           IsThere(store, request, *question));
      absl::MutexLock lock(&mutex);
      if (there) {
        outcome.present.push_back(name);
      } else {
        to_push_to.insert(
            oci::DestinationRepository(request.destination, question->image));
      }
      return absl::OkStatus();
    });
  }
  KSO_RETURN_IF_ERROR(RunAll(at_once, jobs));
  if (request.mount)
    KSO_RETURN_IF_ERROR(oci::CheckPushToAll(store, to_push_to));
  return outcome;
}

}  // namespace kso::coordinator
