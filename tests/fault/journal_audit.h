// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_JOURNAL_AUDIT_H_
#define KSO_TESTS_FAULT_JOURNAL_AUDIT_H_

#include <map>
#include <set>
#include <string>

#include "kso/v1/journal.pb.h"
#include "tests/fault/findings.h"

namespace kso::testing {

// Reads the records that become durable, independently of the coordinator's
// State, and compares them with what workers and the destination see.
class JournalAudit {
 public:
  explicit JournalAudit(Findings* findings) : findings_(*findings) {}

  void OnDurable(const v1::JournalRecord& record);

  // A session of a worker begins to work on a lease.
  void OnStarted(const v1::Lease& lease, const std::string& worker,
                 const std::string& session);
  // A worker was told that the outcome of its lease is durable.
  void OnAcknowledged(const std::string& lease_id);
  // The destination took a tag.
  void OnTag(const std::string& tag);

  // The builds that the journal has, and whether each runs.
  const std::map<std::string, bool>& builds() const { return running_; }
  // Returns whether a build of that id was there once and was pruned. It may
  // have been submitted again since, with a log of its own.
  bool WasForgotten(const std::string& build_id) const {
    return forgotten_.contains(build_id);
  }
  // Returns whether no other build of its release's name ended later; clocks,
  // which may go back, do not matter. The build must have ended.
  bool EndedLastOfItsName(const std::string& build_id) const;
  int tasks_finished() const { return static_cast<int>(finished_.size()); }

 private:
  struct Lease {
    std::string task_id;
    std::string build_id;
    std::string worker;
    std::string session;
  };

  bool Runs(const std::string& build) const;
  void Forget(const std::string& build);
  void Granted(const v1::LeaseGranted& change);
  void Ended(const std::string& lease_id, const std::string& task_id);

  Findings& findings_;
  // These are kept by build.
  std::map<std::string, bool> running_;
  std::map<std::string, v1::Phase> phase_;
  std::map<std::string, std::string> tag_of_;
  // Counts the ends of builds, also of those that were forgotten.
  std::map<std::string, int> end_of_;
  int ends_ = 0;
  std::set<std::string> forgotten_;
  // These are kept by task.
  std::map<std::string, std::string> build_of_;
  std::map<std::string, v1::Phase> phase_of_;
  std::map<std::string, std::string> lease_of_;
  std::set<std::string> finished_;
  // The sessions that were ordered to drain, by worker.
  std::map<std::string, std::string> drains_;
  // All leases that there ever were, and the ids of the live ones.
  std::map<std::string, Lease> leases_;
  std::set<std::string> live_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_JOURNAL_AUDIT_H_
