// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_SUMMARY_H_
#define KSO_COMMON_EVIDENCE_SUMMARY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/diff/contents.h"
#include "kso/v1/build.pb.h"

namespace kso::evidence {

// The media type of a release's summary for the person who approves its
// transfer.
inline constexpr std::string_view kSummaryType = "text/markdown";
// The file name by which a summary is known among an image's evidence.
inline constexpr std::string_view kSummaryTitle = "summary.md";

// The type of the statement that attests a summary; its predicate is
// {"mediaType": kSummaryType, "content": the summary}.
inline constexpr std::string_view kSummaryPredicate = "urn:kso:summary:v1";

// The facts that the summary of a release is made of.
struct ReleaseFacts {
  std::string release;
  std::vector<v1::Platform> platforms;
  std::vector<v1::ImageResult> images;
  // All items of the release, with their verdicts.
  std::vector<v1::ItemVerdict> items;
  // The release before; without a title where none is known, and without items
  // where they are not.
  diff::Contents before;
};

// The summary of a release for the person who approves its transfer, in
// Markdown that reads well as plain text: its images by digest, how its content
// was proven, each item that deserves a look, and the difference to the release
// before. It names no time, worker or machine: the same facts give the same
// bytes.
std::string MakeSummary(const ReleaseFacts& facts);

// The predicate of a statement with kSummaryPredicate, and the summary in one;
// INVALID_ARGUMENT when there is none.
std::string SummaryPredicate(std::string_view summary);
absl::StatusOr<std::string> SummaryInStatement(std::string_view statement);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_SUMMARY_H_
