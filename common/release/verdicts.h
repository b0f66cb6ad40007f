// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_VERDICTS_H_
#define KSO_COMMON_RELEASE_VERDICTS_H_

#include <string>
#include <string_view>

#include "google/protobuf/repeated_field.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// The words for what became of a release's items, which the log, ksoctl and the
// finished images have in common.

// "matched", "unstated" or "waived"; "unknown" for a verdict of a later
// version.
std::string_view VerdictWord(v1::ItemVerdict::Verdict verdict);

// A sentence for people about an item that is not simply in order: a waiver
// lets it through, its programs are for another architecture, or it could not
// be looked at. Empty for one that is in order.
std::string RemarkOn(const v1::ItemVerdict& item);

// "101 items: 99 matched, 1 unstated, 1 waived".
std::string CountVerdicts(
    const google::protobuf::RepeatedPtrField<v1::ItemVerdict>& verdicts);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_VERDICTS_H_
