// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_TWIN_AUDIT_H_
#define KSO_TESTS_FAULT_TWIN_AUDIT_H_

#include <map>
#include <set>
#include <string>

#include "kso/v1/journal.pb.h"
#include "tests/fault/findings.h"

namespace kso::testing {

// Reads the records that become durable, independently of the coordinator's
// State, and checks the deduplication of tasks: of identical tasks of running
// builds one at a time runs, and all of them are given its result.
class TwinAudit {
 public:
  explicit TwinAudit(Findings* findings) : findings_(*findings) {}

  void OnDurable(const v1::JournalRecord& record);

 private:
  struct Entry {
    std::string build_id;
    v1::Phase phase = v1::PHASE_UNSPECIFIED;
    // The task's work, which is equal for identical tasks.
    std::string work;
    bool leased = false;
    bool finished = false;
    // The identical task whose result it should have been given.
    std::string owed_by;
  };

  void Add(const v1::TasksAdded& change);
  void Granted(const std::string& task_id);
  void Finished(const std::string& task_id);
  void Shared(const v1::TaskShared& change);
  void Reopened(const v1::TasksReopened& change);
  void ForgetBuild(const std::string& build_id);
  // Calls `what` with each entry of a build.
  template <typename What>
  void ForEachOf(const std::string& build_id, What what);

  Findings& findings_;
  std::set<std::string> running_;
  // The entries by task id.
  std::map<std::string, Entry> tasks_;
  // The ids of tasks by Entry::work.
  std::map<std::string, std::set<std::string>> twins_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_TWIN_AUDIT_H_
