// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/record_subject.h"

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {
namespace {

// Without a subject, a record stays in the journal for ever.
TEST(RecordSubjectTest, EveryRecordHasOneAndSomeAreItsEnd) {
  const std::set<std::string> ends = {"build_pruned", "worker_undrained",
                                      "worker_trusted", "memory_forgotten"};
  const google::protobuf::OneofDescriptor* change =
      v1::JournalRecord::descriptor()->FindOneofByName("change");
  for (int i = 0; i < change->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = change->field(i);
    v1::JournalRecord record;
    record.GetReflection()->MutableMessage(&record, field);
    if (record.has_memory_forgotten()) {
      record.mutable_memory_forgotten()->set_subject("image 1");
    }
    EXPECT_NE(SubjectOf(record).name, "") << field->name();
    EXPECT_EQ(SubjectOf(record).over, ends.contains(field->name()))
        << field->name();
  }
  EXPECT_EQ(SubjectOf({}).name, "");
  EXPECT_FALSE(SubjectOf({}).over);
}

TEST(RecordSubjectTest, AnEndIsOfTheSubjectThatBegan) {
  v1::JournalRecord drained;
  drained.mutable_worker_drained()->set_worker("w1");
  v1::JournalRecord undrained;
  undrained.mutable_worker_undrained()->set_worker("w1");
  EXPECT_EQ(SubjectOf(drained).name, SubjectOf(undrained).name);
  v1::JournalRecord distrusted;
  distrusted.mutable_worker_distrusted()->set_worker("w1");
  v1::JournalRecord trusted;
  trusted.mutable_worker_trusted()->set_worker("w1");
  EXPECT_EQ(SubjectOf(distrusted).name, SubjectOf(trusted).name);
  // An order to drain ends without the distrust.
  EXPECT_NE(SubjectOf(undrained).name, SubjectOf(trusted).name);
  v1::JournalRecord submitted;
  submitted.mutable_build_submitted()->set_build_id("b1");
  v1::JournalRecord granted;
  granted.mutable_lease_granted()->set_task_id("b1/layer/files-001");
  v1::JournalRecord pruned;
  pruned.mutable_build_pruned()->set_build_id("b1");
  EXPECT_EQ(SubjectOf(granted).name, SubjectOf(submitted).name);
  EXPECT_EQ(SubjectOf(pruned).name, SubjectOf(submitted).name);
}

}  // namespace
}  // namespace kso::coordinator
