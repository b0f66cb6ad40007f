// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/summary.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_join.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/diff/compare.h"
#include "common/diff/contents.h"
#include "common/oci/platform.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::evidence {
namespace {

// Text from a release, as Markdown shows it letter by letter: nothing in it is
// a link, a heading or HTML.
std::string Literal(std::string_view text) {
  std::string literal = PrintableText(text);
  std::replace(literal.begin(), literal.end(), '`', '\'');
  return Concat("`", literal, "`");
}

bool IsFile(const v1::ItemVerdict& item) {
  return item.name().find("://") != std::string::npos;
}

std::string PlatformsInWords(const std::vector<v1::Platform>& platforms) {
  std::vector<std::string> words;
  for (const v1::Platform& platform : platforms) {
    words.push_back(oci::FormatPlatform(platform));
  }
  return absl::StrJoin(words, ", ");
}

std::string ImagesText(const ReleaseFacts& facts) {
  std::string text =
      Concat("## Images\n\nFor ", PlatformsInWords(facts.platforms), ".\n\n");
  for (const v1::ImageResult& image : facts.images) {
    text += Concat("- ", Literal(image.name()), " ",
                   absl::StrJoin(image.tags(), ", "), "\n  ",
                   image.index().digest(), "\n");
  }
  return text;
}

// How many items of a kind there are, and how their content was proven.
struct Tally {
  int64_t items = 0;
  int64_t bytes = 0;
  int64_t matched = 0;
  int64_t unstated = 0;
  int64_t waived = 0;
  int64_t is_signed = 0;

  void Add(const v1::ItemVerdict& item) {
    ++items;
    if (!item.signed_by().empty()) ++is_signed;
    bytes = SaturatingAdd(bytes, std::max<int64_t>(item.size(), 0));
    switch (item.verdict()) {
      case v1::ItemVerdict::MATCHED:
        ++matched;
        break;
      case v1::ItemVerdict::WAIVED:
        ++waived;
        break;
      default:
        ++unstated;
    }
  }
};

std::string CountText(std::string_view noun, const Tally& count) {
  const std::string is_signed =
      count.is_signed == 0
          ? ""
          : Concat("; ", count.is_signed, " signed by who is trusted for it");
  return Concat("- ", Count(count.items, noun), ", ", FormatBytes(count.bytes),
                ": ", count.matched, " with the digest that the list states, ",
                count.unstated, " of which it states none, ", count.waived,
                " waived", is_signed, "\n");
}

std::string ContentText(const ReleaseFacts& facts) {
  Tally files;
  Tally images;
  for (const v1::ItemVerdict& item : facts.items) {
    (IsFile(item) ? files : images).Add(item);
  }
  return Concat("\n## Content\n\n", CountText("file", files),
                CountText("image", images));
}

// The reasons to look at an item, each once.
std::vector<std::string> RemarksOn(const v1::ItemVerdict& item,
                                   const ReleaseFacts& facts) {
  std::vector<std::string> remarks;
  if (item.verdict() == v1::ItemVerdict::WAIVED) {
    remarks.push_back(Concat(
        "let through by a waiver: ",
        item.waived_because().empty() ? "which gives no reason"
                                      : Literal(item.waived_because()),
        item.stated().empty()
            ? Concat("; no digest is stated, it is ", item.digest())
            : Concat("; stated ", item.stated(), ", it is ", item.digest())));
  } else if (IsFile(item) && item.verdict() != v1::ItemVerdict::MATCHED) {
    remarks.push_back(Concat("no digest is stated: it is what its host sent, ",
                             item.digest()));
  }
  if (!item.architecture_problem().empty()) {
    remarks.push_back(Literal(item.architecture_problem()));
  }
  if (!item.not_looked_at().empty()) {
    remarks.push_back(
        Concat("not all of it was looked at: ", Literal(item.not_looked_at())));
  }
  if (IsFile(item)) return remarks;
  for (const v1::Platform& platform : facts.platforms) {
    const auto& has = item.architectures();
    if (std::find(has.begin(), has.end(), platform.architecture()) ==
        has.end()) {
      remarks.push_back(
          Concat("does not exist for ", oci::FormatPlatform(platform)));
    }
  }
  return remarks;
}

std::string RemarksText(const ReleaseFacts& facts) {
  std::string text;
  for (const v1::ItemVerdict& item : facts.items) {
    for (const std::string& remark : RemarksOn(item, facts)) {
      text += Concat("- ", Literal(item.name()), "\n  ", remark, "\n");
    }
  }
  return Concat("\n## To look at\n\n", text.empty() ? "Nothing.\n" : text);
}

std::string SumText(const diff::Sum& sum) {
  const std::string bytes = FormatBytes(sum.bytes);
  if (sum.unknown == 0) return bytes;
  return Concat(bytes, " and ", Count(sum.unknown, "item"), " of unknown size");
}

std::string SizeText(const diff::Item& item) {
  return item.size < 0 ? "" : Concat(", ", FormatBytes(item.size));
}

std::string ChangeText(const diff::ChangedItem& item) {
  const std::string what = item.version_from == item.version_to
                               ? "other content"
                               : Concat(Literal(item.version_from), " to ",
                                        Literal(item.version_to));
  return Concat("- changed: ", Literal(item.to.name), "\n  ", what,
                SizeText(item.to), "\n  ", item.from.digest, " before\n  ",
                item.to.digest, " now\n");
}

std::string ItemsText(std::string_view title, const diff::ItemsDiff& items) {
  std::string text =
      Concat("\n### ", title, "\n\n", items.added.size(), " added, ",
             items.dropped.size(), " dropped, ", items.changed.size(),
             " changed, ", items.same, " as before.\n");
  if (items.added.size() + items.dropped.size() + items.changed.size() > 0) {
    text += "\n";
  }
  for (const diff::Item& item : items.added) {
    text += Concat("- added: ", Literal(item.name), SizeText(item), "\n  ",
                   item.digest, "\n");
  }
  for (const diff::Item& item : items.dropped) {
    text += Concat("- dropped: ", Literal(item.name), SizeText(item), "\n");
  }
  for (const diff::ChangedItem& item : items.changed) text += ChangeText(item);
  return text;
}

std::string DifferenceText(const ReleaseFacts& facts) {
  const diff::Contents& before = facts.before;
  if (before.title.empty()) {
    return "\n## Since the release before\n\n"
           "No release before this one was compared: the farm knows of none at "
           "this destination, or was told to take nothing over (`--fresh`).\n";
  }
  const std::string title =
      Concat("\n## Since ", Literal(before.title), "\n\n");
  if (before.files.empty() && before.images.empty()) {
    return Concat(title, "What it brought inside is not remembered.\n");
  }
  const diff::ContentsDiff changes = diff::Compare(
      before, diff::ContentsOf(facts.release,
                               {facts.items.begin(), facts.items.end()}));
  return Concat(title, "Comes in: ", SumText(diff::Incoming(changes)),
                "; goes out of use: ", SumText(diff::Outgoing(changes)), ".\n",
                ItemsText("Files", changes.files),
                ItemsText("Images", changes.images));
}

}  // namespace

std::string MakeSummary(const ReleaseFacts& facts) {
  return Concat("# Release ", Literal(facts.release), "\n\n",
                "For the person who approves its transfer: what it brings "
                "inside, and what that changes.\n\n",
                ImagesText(facts), ContentText(facts), RemarksText(facts),
                DifferenceText(facts));
}

std::string SummaryPredicate(std::string_view summary) {
  return nlohmann::ordered_json(
             {{"mediaType", kSummaryType}, {"content", summary}})
      .dump();
}

absl::StatusOr<std::string> SummaryInStatement(std::string_view statement) {
  constexpr JsonBounds kOwn = {.bytes = size_t{64} << 20};
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(statement, kOwn));
  KSO_ASSIGN_OR_RETURN(const Json* predicate, FieldOf(json, "predicate"));
  if (predicate == nullptr ||
      StringOf(json, "predicateType") != kSummaryPredicate ||
      StringOf(*predicate, "mediaType") != kSummaryType) {
    return absl::InvalidArgumentError("the statement is no summary");
  }
  return StringOf(*predicate, "content");
}

}  // namespace kso::evidence
