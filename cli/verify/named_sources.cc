// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/named_sources.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

// Parts are named FILE.000, FILE.001 and so on (part_writer.h).
constexpr size_t kPartDigits = 3;

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool IsPart(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension.size() == kPartDigits + 1 &&
         std::all_of(extension.begin() + 1, extension.end(),
                     absl::ascii_isdigit);
}

// The parts of FILE that are there, in order.
std::vector<fs::path> PartsOf(const std::string& file) {
  std::vector<fs::path> parts;
  for (int number = 0; number < 1000; ++number) {
    std::string digits = absl::StrCat(number);
    digits.insert(0, kPartDigits - digits.size(), '0');
    const fs::path part = absl::StrCat(file, ".", digits);
    if (!Exists(part)) break;
    parts.push_back(part);
  }
  return parts;
}

// Returns whether a word is meant for a path, though nothing is there: no
// reference looks so, or none that anybody means, of a host's library without a
// tag. One with a colon has a tag, which may end as a part does:
// "kubespray-files:v1.28.100".
bool LooksLikePath(absl::string_view word) {
  return absl::StartsWith(word, "/") || absl::StartsWith(word, "./") ||
         absl::StartsWith(word, "../") || absl::EndsWith(word, ".tar") ||
         absl::EndsWith(word, "/") ||
         (IsPart(std::string(word)) && !absl::StrContains(word, ':')) ||
         word.find_first_of("/:@") == absl::string_view::npos;
}

class Sorter {
 public:
  absl::Status Add(const std::string& word) {
    absl::string_view rest = word;
    if (absl::ConsumePrefix(&rest, "docker://")) return AddReference(rest);
    if (absl::ConsumePrefix(&rest, "oci-archive:")) return AddPath(rest);
    if (absl::ConsumePrefix(&rest, "oci:")) return AddPath(rest);
    if (Exists(word) || !PartsOf(word).empty() || LooksLikePath(word)) {
      return AddPath(word);
    }
    return AddReference(word);
  }

  NamedSources Take() {
    for (auto& [stem, parts] : parts_) {
      sources_.archives.push_back(std::move(parts));
    }
    return std::move(sources_);
  }

 private:
  absl::Status AddReference(absl::string_view word) {
    KSO_ASSIGN_OR_RETURN(sources_.references.emplace_back(),
                         oci::Reference::Parse(ToStd(word)));
    return absl::OkStatus();
  }

  absl::Status AddPath(absl::string_view word) {
    const fs::path path = std::string(word);
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      sources_.directories.push_back(path);
    } else if (!Exists(path) && !PartsOf(path.string()).empty()) {
      sources_.archives.push_back(PartsOf(path.string()));
    } else if (!Exists(path)) {
      return absl::InvalidArgumentError(
          Concat("there is no file or directory ", path.string()));
    } else if (IsPart(path)) {
      parts_[fs::path(path).replace_extension().string()].push_back(path);
    } else {
      sources_.archives.push_back({path});
    }
    return absl::OkStatus();
  }

  NamedSources sources_;
  // By the name that they have in common.
  std::map<std::string, std::vector<fs::path>> parts_;
};

}  // namespace

absl::StatusOr<NamedSources> SortSources(
    const std::vector<std::string>& words) {
  Sorter sorter;
  for (const std::string& word : words) KSO_RETURN_IF_ERROR(sorter.Add(word));
  return sorter.Take();
}

}  // namespace kso::cli
