// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "cli/render/text.h"
#include "common/oci/platform.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

const char* NativeWord(bool native) { return native ? "natively" : "emulated"; }

void AddLines(absl::string_view prefix, const std::vector<std::string>& lines,
              std::string& text) {
  for (const std::string& line : lines) {
    absl::StrAppend(&text, "  ", prefix, Printable(line), "\n");
  }
}

void AddRun(const PlatformReport& platform, std::string& text) {
  if (!platform.not_run.empty()) {
    absl::StrAppend(&text, "    not run: ", Printable(platform.not_run), "\n");
  }
  if (!platform.run.has_value()) return;
  absl::StrAppend(&text, "    ran ", NativeWord(platform.run->native), ": ",
                  Printable(absl::StrJoin(platform.run->checks, ", ")), "\n");
  for (const std::string& fence : platform.run->missing_fences) {
    absl::StrAppend(&text, "    without a ", Printable(fence), "\n");
  }
}

// The words of docs/json.md, and those for people.
const char* OutcomeWord(ProgramReport::Outcome outcome) {
  switch (outcome) {
    case ProgramReport::Outcome::kAnswered:
      return "answered";
    case ProgramReport::Outcome::kNoAnswer:
      return "no-answer";
    case ProgramReport::Outcome::kBroken:
      return "broken";
    case ProgramReport::Outcome::kNotRun:
      return "not-run";
  }
  return "";
}

void AddPrograms(const std::vector<ProgramReport>& programs,
                 std::string& text) {
  std::vector<std::vector<std::string>> rows;
  for (const ProgramReport& program : programs) {
    const bool ran = program.outcome != ProgramReport::Outcome::kNotRun;
    rows.push_back({OutcomeWord(program.outcome),
                    ran ? NativeWord(program.native) : "",
                    Printable(absl::StrCat(program.path,
                                           program.arguments.empty() ? "" : " ",
                                           program.arguments)),
                    Printable(program.last_line)});
  }
  absl::StrAppend(&text, FormatTable(rows, "  "));
}

nlohmann::ordered_json ProgramJson(const ProgramReport& program) {
  return {{"path", program.path},
          {"platform", program.platform},
          {"outcome", OutcomeWord(program.outcome)},
          {"native", program.native},
          {"arguments", program.arguments},
          {"lastLine", Printable(program.last_line)}};
}

}  // namespace

std::string ReportText(const std::string& reference, const ImageReport& report,
                       bool quick) {
  std::string text = absl::StrCat(reference, "\n");
  if (!report.top.digest().empty()) {
    absl::StrAppend(&text, "  digest  ", report.top.digest(), "\n");
  }
  for (const PlatformReport& platform : report.platforms) {
    absl::StrAppend(
        &text, "  ",
        Printable(oci::FormatPlatform(platform.manifest.platform())), "  ",
        platform.manifest.digest(), "  ", Count(platform.layers, "layer"), ", ",
        FormatBytes(platform.bytes),
        platform.problems.empty() ? ": ok" : ": NOT OK", "\n");
    for (const std::string& problem : platform.problems) {
      absl::StrAppend(&text, "    ", Printable(problem), "\n");
    }
    AddRun(platform, text);
  }
  AddLines("found: ", report.checks, text);
  AddPrograms(report.programs, text);
  AddLines("note: ", report.notes, text);
  for (const std::string& problem : report.problems) {
    absl::StrAppend(&text, "  ", Printable(problem), "\n");
  }
  if (report.is_signed) {
    absl::StrAppend(&text, "  signed by the key");
    for (const std::string& type : report.attested) {
      absl::StrAppend(&text,
                      &type == &report.attested[0] ? ", attested: " : ", ",
                      Printable(type));
    }
    absl::StrAppend(&text, "\n");
  }
  if (report.top.digest().empty()) {
    return absl::StrCat(text, "The image could not be checked.\n");
  }
  if (!report.ok()) {
    return absl::StrCat(text, "The image is not what it promises.\n");
  }
  absl::StrAppend(&text, quick ? "Everything is there.\n"
                               : "Everything is there, byte for byte.\n");
  return text;
}

nlohmann::ordered_json ReportJson(const std::string& reference,
                                  const ImageReport& report) {
  nlohmann::ordered_json json;
  json["reference"] = reference;
  json["digest"] = report.top.digest();
  json["ok"] = report.ok();
  json["problems"] = report.problems;
  json["checks"] = report.checks;
  json["notes"] = report.notes;
  if (report.is_signed) {
    json["signed"] = true;
    json["attested"] = report.attested;
  }
  json["platforms"] = nlohmann::ordered_json::array();
  for (const PlatformReport& platform : report.platforms) {
    nlohmann::ordered_json item;
    item["platform"] = oci::FormatPlatform(platform.manifest.platform());
    item["digest"] = platform.manifest.digest();
    item["layers"] = platform.layers;
    item["bytes"] = platform.bytes;
    item["problems"] = platform.problems;
    if (platform.run.has_value()) {
      item["native"] = platform.run->native;
      item["checks"] = platform.run->checks;
      item["missingFences"] = platform.run->missing_fences;
    }
    if (!platform.not_run.empty()) item["notRun"] = platform.not_run;
    json["platforms"].push_back(std::move(item));
  }
  if (report.programs.empty()) return json;
  json["programs"] = nlohmann::ordered_json::array();
  for (const ProgramReport& program : report.programs) {
    json["programs"].push_back(ProgramJson(program));
  }
  return json;
}

bool VerificationSummary::ok() const {
  return std::all_of(
      images.begin(), images.end(),
      [](const NamedReport& image) { return image.report->ok(); });
}

std::string VerificationText(const VerificationSummary& summary) {
  std::string text;
  for (const NamedReport& image : summary.images) {
    absl::StrAppend(&text, ReportText(image.reference, *image.report,
                                      summary.level == "quick"));
  }
  if (!summary.not_run.empty()) {
    absl::StrAppend(&text, "Nothing was run (level static): ",
                    Printable(summary.not_run), "\n");
  }
  return text;
}

nlohmann::ordered_json VerificationJson(const VerificationSummary& summary) {
  nlohmann::ordered_json json;
  nlohmann::ordered_json images = nlohmann::ordered_json::array();
  for (const NamedReport& image : summary.images) {
    images.push_back(ReportJson(image.reference, *image.report));
  }
  if (images.size() == 1) json = images[0];
  json["ok"] = summary.ok();
  json["level"] = summary.level;
  if (!summary.not_run.empty()) json["notRun"] = summary.not_run;
  json["images"] = std::move(images);
  return json;
}

}  // namespace kso::cli
