// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_RECORD_SUBJECT_H_
#define KSO_COORDINATOR_CORE_BASE_RECORD_SUBJECT_H_

#include <string>

#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// The subject of a journal record. Once a subject is over, none of its records
// is needed to replay the journal.
struct RecordSubject {
  // "build b1", "worker w"; empty for what is kept for ever.
  std::string name;
  // The subject is over with this record, and the record is not kept either.
  bool over = false;
};

RecordSubject SubjectOf(const v1::JournalRecord& record);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_RECORD_SUBJECT_H_
