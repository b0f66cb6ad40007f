// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/multipart_form.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kFormType = "multipart/form-data";
constexpr std::string_view kLineEnd = "\r\n";
// RFC 2046, section 5.1.1.
constexpr size_t kLongestBoundary = 70;
constexpr std::string_view kBoundarySigns = "'()+_,-./:=? ";
constexpr size_t kMostHeaderBytes = 4 << 10;
constexpr size_t kLongestName = 512;

using Parameters = std::map<std::string, std::string>;

absl::Status Malformed(std::string_view why) {
  return absl::InvalidArgumentError(
      Concat("the body is no form with parts: ", why));
}

void SkipSpace(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
}

// Takes a token, or a quoted string. Programs do not agree on what is escaped
// in one: a backslash stands for itself unless a quote or another one follows.
absl::StatusOr<std::string> TakeValue(std::string_view& text) {
  if (!text.starts_with('"')) {
    const std::string_view token = text.substr(0, text.find_first_of("; \t"));
    text.remove_prefix(token.size());
    return std::string(token);
  }
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escapes = text[i] == '\\' && i + 1 < text.size() &&
                         (text[i + 1] == '"' || text[i + 1] == '\\');
    value.push_back(text[escapes ? ++i : i]);
  }
  return Malformed("a quote is not closed");
}

// Reads "; name=value; name="value"" (RFC 9110, section 5.6.6). Names are in
// lowercase.
absl::StatusOr<Parameters> ReadParameters(std::string_view text) {
  Parameters parameters;
  for (SkipSpace(text); !text.empty(); SkipSpace(text)) {
    if (!text.starts_with(';')) return Malformed("a header has no such form");
    text.remove_prefix(1);
    SkipSpace(text);
    if (text.empty()) break;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
      return Malformed("a parameter of a header has no value");
    }
    const std::string name =
        absl::AsciiStrToLower(ToAbsl(text.substr(0, equals)));
    text.remove_prefix(equals + 1);
    KSO_ASSIGN_OR_RETURN(std::string value, TakeValue(text));
    if (!parameters.emplace(name, std::move(value)).second) {
      return Malformed("a parameter of a header is there twice");
    }
  }
  return parameters;
}

// Splits "type; parameters".
std::pair<std::string_view, std::string_view> SplitValue(
    std::string_view value) {
  const size_t end = std::min(value.find(';'), value.size());
  const absl::string_view type =
      absl::StripAsciiWhitespace(ToAbsl(value.substr(0, end)));
  return {ToStd(type), value.substr(end)};
}

absl::StatusOr<std::string> BoundaryOf(std::string_view content_type) {
  const auto [type, rest] = SplitValue(content_type);
  KSO_ASSIGN_OR_RETURN(const Parameters parameters, ReadParameters(rest));
  const auto found = parameters.find("boundary");
  if (found == parameters.end()) {
    return Malformed("the header Content-Type has no boundary");
  }
  const std::string& boundary = found->second;
  const bool has_form =
      std::all_of(boundary.begin(), boundary.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               kBoundarySigns.find(c) != std::string_view::npos;
      });
  if (boundary.empty() || boundary.size() > kLongestBoundary || !has_form ||
      boundary.back() == ' ') {
    return Malformed("its boundary is none (RFC 2046, section 5.1.1)");
  }
  return boundary;
}

absl::Status CheckName(std::string_view name) {
  const bool has_control =
      std::any_of(name.begin(), name.end(),
                  [](unsigned char c) { return absl::ascii_iscntrl(c); });
  if (name.size() > kLongestName || has_control || !IsUtf8(name)) {
    return Malformed(
        "a name in it is too long, not UTF-8, or has control characters");
  }
  return absl::OkStatus();
}

// Reads the header Content-Disposition of a part.
absl::Status ReadDisposition(std::string_view value, FormPart& part) {
  const auto [type, rest] = SplitValue(value);
  if (!absl::EqualsIgnoreCase(ToAbsl(type), "form-data")) {
    return Malformed("the Content-Disposition of a part is not form-data");
  }
  KSO_ASSIGN_OR_RETURN(const Parameters parameters, ReadParameters(rest));
  const auto name = parameters.find("name");
  if (name == parameters.end() || name->second.empty()) {
    return Malformed("a part has no name");
  }
  part.name = name->second;
  KSO_RETURN_IF_ERROR(CheckName(part.name));
  // "filename*" is not for forms (RFC 7578, section 4.2): programs send it
  // beside this one.
  if (const auto file = parameters.find("filename"); file != parameters.end()) {
    KSO_RETURN_IF_ERROR(CheckName(file->second));
    part.filename = file->second;
  }
  return absl::OkStatus();
}

absl::Status ReadHeaders(std::string_view headers, FormPart& part) {
  bool has_disposition = false;
  for (const absl::string_view line :
       absl::StrSplit(ToAbsl(headers), ToAbsl(kLineEnd))) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const std::string_view value =
        ToStd(absl::StripAsciiWhitespace(field.second));
    if (absl::EqualsIgnoreCase(field.first, "Content-Disposition")) {
      if (std::exchange(has_disposition, true)) {
        return Malformed("a part has two headers Content-Disposition");
      }
      KSO_RETURN_IF_ERROR(ReadDisposition(value, part));
    }
    // RFC 7578, section 4.7, deprecates it, and bytes are taken as they are.
    if (absl::EqualsIgnoreCase(field.first, "Content-Transfer-Encoding") &&
        !absl::EqualsIgnoreCase(ToAbsl(value), "binary") &&
        !absl::EqualsIgnoreCase(ToAbsl(value), "8bit") &&
        !absl::EqualsIgnoreCase(ToAbsl(value), "7bit")) {
      return Malformed("a part is encoded; send its bytes as they are");
    }
  }
  return has_disposition
             ? absl::OkStatus()
             : Malformed("a part has no header Content-Disposition");
}

}  // namespace

bool IsMultipartForm(std::string_view content_type) {
  return absl::EqualsIgnoreCase(ToAbsl(SplitValue(content_type).first),
                                ToAbsl(kFormType));
}

absl::StatusOr<std::vector<FormPart>> ParseMultipartForm(
    std::string_view content_type, std::string_view body) {
  KSO_ASSIGN_OR_RETURN(const std::string boundary, BoundaryOf(content_type));
  const std::string delimiter = Concat(kLineEnd, "--", boundary);
  std::vector<FormPart> parts;
  // The first delimiter may be at the very beginning, without its line end.
  const std::string_view first = std::string_view(delimiter).substr(2);
  size_t at = body.starts_with(first) ? 0 : body.find(delimiter);
  if (at == std::string_view::npos)
    return Malformed("its boundary is not there");
  std::string_view rest = body.substr(at + (at == 0 ? 0 : 2) + first.size());
  while (!rest.starts_with("--")) {
    SkipSpace(rest);
    if (!rest.starts_with(kLineEnd)) {
      return Malformed("a boundary is not alone on its line");
    }
    rest.remove_prefix(kLineEnd.size());
    if (parts.size() == kMostFormParts) {
      return Malformed(Concat("it has more than ", kMostFormParts, " parts"));
    }
    const size_t head = rest.substr(0, kMostHeaderBytes).find("\r\n\r\n");
    if (head == std::string_view::npos) {
      return Malformed("the headers of a part do not end");
    }
    FormPart part;
    KSO_RETURN_IF_ERROR(ReadHeaders(rest.substr(0, head), part));
    rest.remove_prefix(head + kLineEnd.size());
    // An empty part's delimiter begins with the line end of its headers.
    const size_t end = rest.find(delimiter);
    if (end == std::string_view::npos) {
      return Malformed("its last boundary is not there");
    }
    part.content = end == 0 ? "" : rest.substr(2, end - 2);
    parts.push_back(std::move(part));
    rest.remove_prefix(end + delimiter.size());
  }
  return parts;
}

}  // namespace kso::coordinator
