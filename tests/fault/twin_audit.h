// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_TWIN_AUDIT_H_
#define KSO_TESTS_FAULT_TWIN_AUDIT_H_

#include <map>
#include <set>
#include <string>

#include "kso/v1/journal.pb.h"
#include "tests/fault/findings.h"

namespace kso::testing {

// Reads what becomes durable, and sees that of identical tasks of running
// builds one at a time runs, and that what it brings is everybody's. Knows
// nothing of the coordinator's state.
class TwinAudit {
 public:
  explicit TwinAudit(Findings* findings) : findings_(*findings) {}

  void OnDurable(const v1::JournalRecord& record);

 private:
  struct Entry {
    std::string build_id;
    v1::Phase phase = v1::PHASE_UNSPECIFIED;
    // Equal for identical tasks.
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
  // Does `what` to the entries of a build.
  template <typename What>
  void ForEachOf(const std::string& build_id, What what);

  Findings& findings_;
  std::set<std::string> running_;
  // By task id.
  std::map<std::string, Entry> tasks_;
  // Task ids by Entry::work.
  std::map<std::string, std::set<std::string>> twins_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_TWIN_AUDIT_H_
