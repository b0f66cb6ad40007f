// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_BUILD_ACTIONS_H_
#define KSO_COORDINATOR_ENGINE_BUILD_ACTIONS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/state/pruning.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// The interface to what the coordinator does at a destination.

// The age below which a blob is not swept: a task takes less time from pushing
// a blob to reporting it.
inline constexpr absl::Duration kYoungBlob = absl::Hours(1);

struct RepositoriesRequest {
  std::string build_id;
  v1::Destination destination;
  // "kubespray-files", ...: the repositories under the destination.
  std::vector<std::string> images;
};

struct FindRequest {
  std::string build_id;
  v1::Destination destination;
  std::vector<BlobQuestion> questions;
  // Blobs that only other repositories of the destination have are mounted.
  // When false, it is enough that they are there.
  bool mount = false;
};

struct FindOutcome {
  // The blobs that the destination has, as BlobNames
  // (core/plan/plan_history.h).
  std::vector<std::string> present;
};

struct AssembleRequest {
  std::string build_id;
  v1::Release release;
  std::vector<v1::PlannedImage> images;
  Resolved resolved;
  // The layers by the ids of their MakeLayer tasks.
  absl::flat_hash_map<std::string, v1::MadeLayer> layers;
  // The workers that made them, likewise; none where that is not known.
  absl::flat_hash_map<std::string, std::string> makers = {};
  // The verdicts on all items, which evidence is made of.
  std::vector<v1::ItemVerdict> verdicts = {};
  // The release before, which evidence compares with; unnamed where there is
  // none.
  v1::ReleaseContents before = {};
};

struct AssembleOutcome {
  // The digests of blobs that the images need and that are gone from the
  // destination. When there are any, the rest of the outcome is empty.
  std::vector<std::string> missing;
  std::vector<v1::ImageResult> images;
  std::vector<v1::Task> verify_tasks;
};

struct TagRequest {
  std::string build_id;
  v1::Destination destination;
  std::vector<v1::ImageResult> images;
  // The request that the images were assembled by, to push again what has gone
  // of them.
  AssembleRequest assembly = {};
};

struct TagOutcome {
  // The digests of everything that the images refer to, from the index down,
  // and that is gone from the destination. When there are any, no tag was made.
  std::vector<std::string> missing;
  // The tags that could not be made although the images have others, and why.
  std::vector<std::string> notes = {};
};

// The side effects of the coordinator itself: it talks to the destination of a
// build. The engine asks for an action once the decision is durable, and asks
// again after a restart, so each action is idempotent. Calls return at once;
// the work is done on other threads, and `done` is called exactly once, from
// any thread.
class BuildActions {
 public:
  virtual ~BuildActions() = default;

  // Asks whether the images' repositories can be pushed to. NOT_FOUND names all
  // that have to be made first.
  virtual void CheckRepositories(
      RepositoriesRequest request,
      absl::AnyInvocable<void(absl::Status)> done) = 0;

  // Asks which blobs the destination has.
  virtual void Find(
      FindRequest request,
      absl::AnyInvocable<void(absl::StatusOr<FindOutcome>)> done) = 0;

  // Pushes configs, platform manifests and indexes by digest, children first.
  virtual void Assemble(
      AssembleRequest request,
      absl::AnyInvocable<void(absl::StatusOr<AssembleOutcome>)> done) = 0;

  // Pushes the tags, each of which names its index, if everything is there that
  // the indexes refer to. Manifests that are gone are pushed again first: some
  // registries soon collect those without a tag.
  virtual void Tag(
      TagRequest request,
      absl::AnyInvocable<void(absl::StatusOr<TagOutcome>)> done) = 0;

  // Cancels the action that is under way for the build. It ends within a
  // second, and its `done` is called all the same.
  virtual void Cancel(const std::string& build_id) = 0;

  // Garbage collection of the farm's own blob store: deletes the blobs that are
  // not `needed` and have been there for kYoungBlob.
  virtual void Sweep(BlobsInFarm needed) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_BUILD_ACTIONS_H_
