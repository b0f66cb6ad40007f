// SPDX-License-Identifier: Apache-2.0
#include "common/release/verdicts.h"

#include "common/base/strings.h"
#include "common/text/text.h"

namespace kso::release {
namespace {

std::string WaiverRemark(const v1::ItemVerdict& item) {
  if (item.verdict() != v1::ItemVerdict::WAIVED) return "";
  return Concat("has a waiver",
                item.waived_because().empty()
                    ? ""
                    : Concat(" (", item.waived_because(), ")"),
                ": ",
                item.stated().empty()
                    ? std::string("no checksum is stated, and it is ")
                    : Concat("its list states ", item.stated(), ", and it is "),
                item.digest());
}

}  // namespace

std::string_view VerdictWord(v1::ItemVerdict::Verdict verdict) {
  switch (verdict) {
    case v1::ItemVerdict::MATCHED:
      return "matched";
    case v1::ItemVerdict::UNSTATED:
      return "unstated";
    case v1::ItemVerdict::WAIVED:
      return "waived";
    default:
      return "unknown";
  }
}

std::string RemarkOn(const v1::ItemVerdict& item) {
  std::string remarks = WaiverRemark(item);
  for (const std::string& more :
       {item.architecture_problem(),
        item.not_looked_at().empty()
            ? std::string()
            : Concat("not all of it was looked at: ", item.not_looked_at())}) {
    if (more.empty()) continue;
    remarks += Concat(remarks.empty() ? "" : "; ", more);
  }
  return remarks.empty() ? "" : Concat(item.name(), ": ", remarks);
}

std::string CountVerdicts(
    const google::protobuf::RepeatedPtrField<v1::ItemVerdict>& verdicts) {
  int matched = 0;
  int unstated = 0;
  int waived = 0;
  for (const v1::ItemVerdict& item : verdicts) {
    matched += item.verdict() == v1::ItemVerdict::MATCHED;
    unstated += item.verdict() == v1::ItemVerdict::UNSTATED;
    waived += item.verdict() == v1::ItemVerdict::WAIVED;
  }
  std::string text = Concat(Count(verdicts.size(), "item"), ": ", matched,
                            " matched, ", unstated, " unstated");
  if (waived > 0) text += Concat(", ", waived, " waived");
  return text;
}

}  // namespace kso::release
