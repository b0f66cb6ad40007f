// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/release_form.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/release_file/release_reader.h"
#include "common/release_file/sent_files.h"
#include "common/text/printable_text.h"
#include "coordinator/http/multipart_form.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kReleasePart = "release";
constexpr std::string_view kFilePart = "file";
constexpr std::string_view kUnnamedRelease = "release.yaml";
constexpr size_t kLongestField = 256;
constexpr size_t kLongestShown = 80;

absl::Status Refusal(const FormPart& part, std::string_view expected) {
  return absl::InvalidArgumentError(
      Concat("the field ", part.name, " is '",
             PrintableText(part.content, kLongestShown), "'; ", expected));
}

absl::StatusOr<bool> BoolOf(const FormPart& part) {
  if (part.content == "true") return true;
  if (part.content == "false") return false;
  return Refusal(part, "write true or false");
}

// Reads a field that is no file.
absl::Status ReadField(const FormPart& part, v1::SubmitBuildRequest& request) {
  if (part.content.size() > kLongestField || !IsUtf8(part.content)) {
    return Refusal(part, "it is too long, or not UTF-8");
  }
  if (part.name == "buildId") {
    request.set_build_id(std::string(part.content));
  } else if (part.name == "planOnly") {
    KSO_ASSIGN_OR_RETURN(const bool value, BoolOf(part));
    request.set_plan_only(value);
  } else if (part.name == "fresh") {
    KSO_ASSIGN_OR_RETURN(const bool value, BoolOf(part));
    request.set_fresh(value);
  } else if (part.name == "priority") {
    int32_t value = 0;
    if (!absl::SimpleAtoi(ToAbsl(part.content), &value)) {
      return Refusal(part, "write a number");
    }
    request.set_priority(value);
  } else {
    return absl::InvalidArgumentError(
        Concat("there is no field '", PrintableText(part.name, kLongestShown),
               "' here; /api/v1/openapi.json names those that there are"));
  }
  return absl::OkStatus();
}

// The name of a file that was sent.
std::string NameOf(const FormPart& part) {
  std::string name = part.filename.value_or("");
  if (name.empty() && part.name == kReleasePart) name = kUnnamedRelease;
  return name;
}

}  // namespace

absl::StatusOr<v1::SubmitBuildRequest> ReadReleaseForm(
    std::string_view content_type, std::string_view body) {
  KSO_ASSIGN_OR_RETURN(const std::vector<FormPart> parts,
                       ParseMultipartForm(content_type, body));
  v1::SubmitBuildRequest request;
  release_file::SentFiles files;
  std::string release;
  std::set<std::string_view> fields;
  for (const FormPart& part : parts) {
    if (part.name != kFilePart && !fields.insert(part.name).second) {
      return absl::InvalidArgumentError(
          Concat("the field ", PrintableText(part.name, kLongestShown),
                 " is there twice"));
    }
    if (part.name != kFilePart && part.name != kReleasePart) {
      KSO_RETURN_IF_ERROR(ReadField(part, request));
      continue;
    }
    if (part.name == kReleasePart) release = NameOf(part);
    KSO_RETURN_IF_ERROR(files.Add(NameOf(part), std::string(part.content)));
  }
  if (release.empty()) {
    return absl::InvalidArgumentError(
        "the form has no release.yaml; send it as the field 'release', and "
        "each file that it names as a field 'file'");
  }
  KSO_ASSIGN_OR_RETURN(*request.mutable_release(),
                       release_file::ReadRelease(release, files));
  return request;
}

}  // namespace kso::coordinator
