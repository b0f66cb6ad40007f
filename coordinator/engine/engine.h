// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ENGINE_H_
#define KSO_COORDINATOR_ENGINE_ENGINE_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "coordinator/engine/farm_queries.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The only writer of the state. A thread of its own takes requests, decides,
// commits its decisions to the journal in one group, and only then answers and
// acts: nothing is acknowledged before it is durable. When a commit fails the
// process ends (EngineOptions::fatal), since the state in memory is ahead of
// the disk then.
//
// The methods are those of the services in proto/kso/v1, with their errors.
// They may be called from any thread, and return at once. `done` is called
// exactly once, on the engine's thread, so it must not block; with UNAVAILABLE
// when the engine stops before (on the caller's thread when it has stopped
// already).
class Engine : public FarmQueries {
 public:
  template <typename Response>
  using Done = EngineDone<Response>;

  // The caller of a Sync, who waits for the answer.
  struct Caller {
    // The time for which the caller waits.
    absl::Duration patience = absl::InfiniteDuration();
    // Returns whether the caller has gone, so that it must not be given
    // anything. It is called on the engine's thread before `done`, and must
    // return at once. May be empty.
    std::function<bool()> gone;
  };

  virtual void Sync(v1::SyncRequest request, Caller caller,
                    Done<v1::SyncResponse> done) = 0;

  virtual void SubmitBuild(v1::SubmitBuildRequest request,
                           Done<v1::Build> done) = 0;
  virtual void GetBuild(v1::GetBuildRequest request, Done<v1::Build> done) = 0;
  virtual void ListBuilds(v1::ListBuildsRequest request,
                          Done<v1::ListBuildsResponse> done) = 0;
  virtual void WatchBuild(v1::WatchBuildRequest request,
                          Done<v1::WatchBuildResponse> done) = 0;
  virtual void CancelBuild(v1::CancelBuildRequest request,
                           Done<v1::Build> done) = 0;
  virtual void RetryBuild(v1::RetryBuildRequest request,
                          Done<v1::Build> done) = 0;
  virtual void ForgetBuild(v1::ForgetBuildRequest request,
                           Done<v1::ForgetBuildResponse> done) = 0;

  // Tells whether the worker of that name holds a lease of a build whose images
  // are in the farm's own blob store.
  virtual void WorksOnBlobs(std::string worker, Done<bool> done) = 0;

  virtual void ListWorkers(v1::ListWorkersRequest request,
                           Done<v1::ListWorkersResponse> done) = 0;
  virtual void DrainWorker(v1::DrainWorkerRequest request,
                           Done<v1::DrainWorkerResponse> done) = 0;
  virtual void DistrustWorker(v1::DistrustWorkerRequest request,
                              Done<v1::DistrustWorkerResponse> done) = 0;
  virtual void TrustWorker(v1::TrustWorkerRequest request,
                           Done<v1::TrustWorkerResponse> done) = 0;
  virtual void PruneCache(v1::PruneCacheRequest request,
                          Done<v1::PruneCacheResponse> done) = 0;

  // Answers all parked calls, ends the thread and commits nothing more. Calls
  // after it get UNAVAILABLE. The destructor does it too.
  virtual void Stop() = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ENGINE_H_
