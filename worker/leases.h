// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LEASES_H_
#define KSO_WORKER_LEASES_H_

#include <string>
#include <vector>

#include "kso/v1/worker.pb.h"

namespace kso::worker {

// The leases of a worker: those at work or waiting for a slot, and the outcomes
// of those that have ended.
class Leases {
 public:
  struct Snapshot {
    std::vector<v1::HeldLease> held;
    std::vector<v1::LeaseResult> results;
    int free_slots = 0;
  };

  virtual ~Leases() = default;

  // Starts a lease, or queues it where all slots are taken. Does nothing when
  // the lease is known already.
  virtual void Start(const v1::Lease& lease) = 0;

  // Refuses a lease that was not started: its outcome is `returned`.
  virtual void Return(const v1::Lease& lease) = 0;

  // Stops all leases that have not ended: their outcome is `returned`.
  virtual void ReturnAll() = 0;

  // Stops what runs and drops what ended of all leases but `wanted`. A lease
  // that is stopped has no outcome: nobody asks for it any more.
  virtual void KeepOnly(const std::vector<std::string>& wanted) = 0;

  // Drops an outcome that has become durable.
  virtual void Forget(const std::string& lease_id) = 0;

  virtual Snapshot Look() const = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LEASES_H_
