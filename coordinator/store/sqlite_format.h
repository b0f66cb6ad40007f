// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_SQLITE_FORMAT_H_
#define KSO_COORDINATOR_STORE_SQLITE_FORMAT_H_

#include "absl/status/status.h"
#include "coordinator/store/sqlite_database.h"

namespace kso::coordinator {

// The format that is written: a table meta(key, value), in which 'format' is
// this number, and the tables of SqliteJournal.
inline constexpr int kStateFormat = 2;

// Brings a database to kStateFormat: makes the tables of an empty one, and
// rewrites the journal of format 1, which had no checksums, after checking it.
// FAILED_PRECONDITION for a newer format; DATA_LOSS.
absl::Status PrepareFormat(SqliteDatabase& database);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_SQLITE_FORMAT_H_
