// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/twin_audit.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// The audit notices what it is there for.

namespace kso::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TwinAuditTest : public ::testing::Test {
 protected:
  // A build that resolves `files` files; those of equal numbers are the same.
  void Submit(const std::string& build, int first, int files) {
    v1::JournalRecord submitted;
    submitted.mutable_build_submitted()->set_build_id(build);
    audit_.OnDurable(submitted);
    v1::JournalRecord added;
    added.mutable_tasks_added()->set_build_id(build);
    added.mutable_tasks_added()->set_phase(v1::RESOLVE);
    for (int i = first; i < first + files; ++i) {
      v1::Task& task = *added.mutable_tasks_added()->add_tasks();
      task.set_task_id(absl::StrCat(build, "/", i));
      task.set_name(absl::StrCat("file ", i, " of ", build));
      task.mutable_resolve_file()->set_url(absl::StrCat("https://x/", i));
    }
    audit_.OnDurable(added);
  }
  void Grant(const std::string& task) {
    v1::JournalRecord record;
    record.mutable_lease_granted()->set_task_id(task);
    record.mutable_lease_granted()->set_worker("w");
    audit_.OnDurable(record);
  }
  void Finish(const std::string& task) {
    v1::JournalRecord record;
    record.mutable_task_finished()->set_task_id(task);
    audit_.OnDurable(record);
  }
  void Share(const std::string& task, const std::string& from) {
    v1::JournalRecord record;
    record.mutable_task_shared()->set_task_id(task);
    record.mutable_task_shared()->set_from_task_id(from);
    audit_.OnDurable(record);
  }

  EventLoop loop_;
  Findings findings_{&loop_, false};
  TwinAudit audit_{&findings_};
};

TEST_F(TwinAuditTest, WhatIsRightIsLeftAlone) {
  Submit("a", 0, 3);
  Submit("b", 2, 3);
  Grant("a/2");
  Grant("b/3");
  Finish("a/2");
  Share("b/2", "a/2");
  Grant("a/0");
  Grant("b/4");
  EXPECT_THAT(findings_.broken(), IsEmpty());
}

TEST_F(TwinAuditTest, NoticeIdenticalTasksThatRunTogether) {
  Submit("a", 0, 1);
  Submit("b", 0, 1);
  Grant("a/0");
  Grant("b/0");
  EXPECT_THAT(findings_.broken(), ElementsAre(HasSubstr("runs beside")));
}

TEST_F(TwinAuditTest, NoticeResultsThatAreNotGivenToAll) {
  Submit("a", 0, 1);
  Submit("b", 0, 1);
  Grant("a/0");
  Finish("a/0");
  Grant("b/0");
  EXPECT_THAT(findings_.broken(), ElementsAre(HasSubstr("not given the")));
}

TEST_F(TwinAuditTest, NoticeResultsOfOtherWork) {
  Submit("a", 0, 1);
  Submit("b", 1, 1);
  Grant("a/0");
  Finish("a/0");
  Share("b/1", "a/0");
  EXPECT_THAT(findings_.broken(), ElementsAre(HasSubstr("is not identical")));
}

}  // namespace
}  // namespace kso::testing
