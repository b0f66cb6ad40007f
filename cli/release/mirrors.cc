// SPDX-License-Identifier: Apache-2.0
#include "cli/release/mirrors.h"

#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/release/fields.h"
#include "cli/release/file_url.h"
#include "common/base/strings.h"
#include "common/oci/reference.h"

namespace kso::cli {
namespace {

// "docker.io/" or "mirror.example.com:5000/docker.io/library".
bool IsImagePrefix(absl::string_view text) {
  const size_t slash = text.find('/');
  if (!oci::IsValidHost(ToStd(text.substr(0, slash)))) return false;
  if (slash == absl::string_view::npos) return true;
  absl::string_view path = text.substr(slash + 1);
  if (absl::EndsWith(path, "/")) path.remove_suffix(1);
  return path.empty() || oci::IsValidRepositoryPath(ToStd(path));
}

void CheckPair(const PlacedText& prefix, const PlacedText& location,
               bool insecure, Problems* problems) {
  const bool for_files = absl::StrContains(prefix.text, "://");
  if (for_files ? !IsHttpUrl(prefix.text) : !IsImagePrefix(prefix.text)) {
    problems->Add(prefix.place,
                  absl::StrCat("'", prefix.text,
                               "' is no prefix of URLs or "
                               "image references"),
                  "write https://HOST/ for files, or HOST/ for images");
    return;
  }
  if (for_files ? !IsHttpUrl(location.text) : !IsImagePrefix(location.text)) {
    problems->Add(location.place,
                  absl::StrCat("'", location.text, "' cannot stand for '",
                               prefix.text, "'"),
                  for_files
                      ? "a mirror of files is a URL: http://HOST/PATH/"
                      : "a mirror of images has no scheme: HOST[:PORT]/PATH/");
    return;
  }
  if (absl::EndsWith(prefix.text, "/") != absl::EndsWith(location.text, "/")) {
    problems->Add(location.place,
                  "of prefix and location one ends with a slash and the other "
                  "does not",
                  "end both with a slash");
  }
  if (insecure && for_files) {
    problems->Add(prefix.place, "'insecure' is for mirrors of images",
                  "the location of a mirror of files says http:// or https://");
  }
}

}  // namespace

std::vector<v1::Mirror> ReadMirrors(const YamlNode& node,
                                    absl::string_view file,
                                    Problems* problems) {
  std::vector<v1::Mirror> mirrors;
  if (node.kind != YamlNode::Kind::kSequence) {
    problems->Add({std::string(file), node.line}, "'mirrors' should be a list",
                  "write - {prefix: \"docker.io/\", location: "
                  "\"HOST/docker.io/\"}, one a line");
    return mirrors;
  }
  std::map<std::string, Place> seen;
  for (const YamlNode& item : node.items) {
    const Fields fields(item, "mirrors", file,
                        {"prefix", "location", "insecure"}, problems);
    const auto prefix = fields.RequiredString("prefix", "say what to replace");
    const auto location =
        fields.RequiredString("location", "say what to replace it with");
    const bool insecure = fields.Bool("insecure", false);
    if (!prefix.has_value() || !location.has_value()) continue;
    CheckPair(*prefix, *location, insecure, problems);
    const auto [first, is_new] = seen.try_emplace(prefix->text, prefix->place);
    if (!is_new) {
      problems->Add(prefix->place,
                    absl::StrCat("'", prefix->text,
                                 "' is mirrored twice, "
                                 "first at ",
                                 first->second.ToString()),
                    "keep one of them");
    }
    v1::Mirror mirror;
    mirror.set_prefix(prefix->text);
    mirror.set_location(location->text);
    mirror.set_insecure(insecure);
    mirrors.push_back(std::move(mirror));
  }
  return mirrors;
}

}  // namespace kso::cli
