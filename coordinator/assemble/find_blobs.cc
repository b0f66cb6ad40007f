#include "coordinator/assemble/find_blobs.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "common/base/digest.h"
#include "common/base/executor.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "coordinator/core/plan_history.h"

namespace kso::coordinator {
namespace {

// Whether the image's repository has the blob, or may take it over from
// another of the same store.
absl::StatusOr<bool> IsThere(oci::ImageStore& store, const FindRequest& request,
                             const BlobQuestion& question) {
  const absl::StatusOr<Digest> digest = Digest::Parse(question.blob.digest());
  if (!digest.ok()) return false;
  const std::string repository =
      oci::DestinationRepository(request.destination, question.image);
  KSO_ASSIGN_OR_RETURN(const bool there, store.HasBlob(repository, *digest));
  if (there) return true;
  for (const std::string& other : question.elsewhere) {
    if (other == repository) continue;
    // Another repository may be one that this build must not read.
    const absl::StatusOr<bool> had = store.HasBlob(other, *digest);
    if (!had.ok() || !*had) continue;
    if (!request.mount) return true;
    const absl::StatusOr<bool> mounted =
        store.MountBlob(repository, *digest, other);
    if (mounted.ok() && *mounted) return true;
  }
  return false;
}

class Answers {
 public:
  bool failed() const {
    absl::MutexLock lock(&mutex_);
    return !status_.ok();
  }
  void Add(const BlobQuestion& question, const absl::StatusOr<bool>& there) {
    absl::MutexLock lock(&mutex_);
    status_.Update(there.status());
    if (there.ok() && *there) {
      outcome_.present.push_back(
          BlobName(question.image, question.blob.digest()));
    }
  }
  absl::StatusOr<FindOutcome> Take() {
    absl::MutexLock lock(&mutex_);
    KSO_RETURN_IF_ERROR(status_);
    return std::move(outcome_);
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  FindOutcome outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<FindOutcome> FindBlobs(oci::ImageStore& store,
                                      const FindRequest& request, int at_once) {
  std::set<std::string> asked;
  std::vector<absl::AnyInvocable<void()>> calls;
  Answers answers;
  for (const BlobQuestion& question : request.questions) {
    if (!asked.insert(BlobName(question.image, question.blob.digest()))
             .second) {
      continue;
    }
    calls.push_back([&store, &request, &question, &answers] {
      if (answers.failed()) return;
      answers.Add(question, IsThere(store, request, question));
    });
  }
  if (at_once <= 1) {
    for (absl::AnyInvocable<void()>& call : calls) call();
    return answers.Take();
  }
  {
    // Its destructor waits for all answers.
    Executor executor(at_once);
    for (absl::AnyInvocable<void()>& call : calls) {
      executor.Schedule(std::move(call));
    }
  }
  return answers.Take();
}

}  // namespace kso::coordinator
