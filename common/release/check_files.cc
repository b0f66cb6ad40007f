// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_files.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/http/url.h"
#include "common/release/served_path.h"
#include "common/site.h"

namespace kso::release {
namespace {

// The digest that bare hex digits can only be, by their number; empty if none.
std::string DigestOfHex(std::string_view hex) {
  const char* algorithm = hex.size() == 64    ? "sha256:"
                          : hex.size() == 128 ? "sha512:"
                                              : "";
  const std::string digest =
      Concat(algorithm, absl::AsciiStrToLower(ToAbsl(hex)));
  return Digest::Parse(digest).ok() ? digest : "";
}

// Returns whether a host has the name of a file that is beside the directories
// of hosts.
bool IsReserved(std::string_view host) {
  return host == site::kOfflineFile || host == site::kSumsFile ||
         host == site::kIndexFile || host == site::kPageFile;
}

class FilesCheck {
 public:
  FilesCheck(const v1::Release& release, std::vector<Problem>& problems)
      : release_(release), problems_(problems) {}

  void Run() {
    for (int i = 0; i < release_.files_size(); ++i) {
      CheckPath(i);
      CheckDigest(i);
    }
    CheckDirectories();
  }

 private:
  void Add(Field field, int index, Violation violation, int other = -1) {
    // A user name or a query may hold a secret, which a message must not.
    problems_.push_back({field, index, http::DisplayUrl(Url(index)),
                         std::move(violation), other});
  }

  const std::string& Url(int index) const {
    return release_.files(index).url();
  }

  void CheckPath(int index) {
    if (std::optional<Violation> bad = CheckUrl(Url(index))) {
      Add(Field::kFiles, index, *std::move(bad));
      return;
    }
    const std::string path = *ServedPath(Url(index));
    if (IsReserved(path.substr(0, path.find('/')))) {
      Add(Field::kFiles, index,
          {"has a host of the name of a file that every release has",
           "find a URL of another host"});
      return;
    }
    const auto [first, is_new] = by_path_.try_emplace(path, index);
    if (is_new || Url(first->second) == Url(index)) return;
    Add(Field::kFiles, index,
        {Concat("would be served at the same path as '",
                http::DisplayUrl(Url(first->second)), "'"),
         "keep one of the two"},
        first->second);
  }

  // Digests of different kinds may both be right.
  void CheckDigest(int index) {
    const std::string& text = release_.files(index).digest();
    if (text.empty()) return;
    const auto digest = Digest::Parse(text);
    if (!digest.ok()) {
      const std::string meant = DigestOfHex(text);
      Add(Field::kFileDigest, index,
          {Concat("is listed with '", http::DisplayUrl(text),
                  "', which is not a digest"),
           meant.empty() ? "write sha256: and 64 lowercase hex digits, or "
                           "sha512: and 128"
                         : Concat("write it as ", meant)});
      return;
    }
    const auto [first, is_new] = by_digest_kind_.try_emplace(
        {Url(index), std::string(digest->algorithm_name())}, index);
    if (is_new || release_.files(first->second).digest() == text) return;
    Add(Field::kFileDigest, index,
        {Concat("is ", text, " here, and elsewhere ",
                release_.files(first->second).digest()),
         "find out which is right, and drop the other"},
        first->second);
  }

  void CheckDirectories() {
    for (const auto& [path, index] : by_path_) {
      for (size_t slash = path.find('/'); slash != std::string::npos;
           slash = path.find('/', slash + 1)) {
        const auto parent = by_path_.find(path.substr(0, slash));
        if (parent == by_path_.end()) continue;
        Add(Field::kFiles, index,
            {Concat("would be below '", Url(parent->second),
                    "', which is a file"),
             "only one of the two can be served: drop the other"},
            parent->second);
      }
    }
  }

  const v1::Release& release_;
  std::vector<Problem>& problems_;
  // The first file of a path.
  std::map<std::string, int> by_path_;
  // The first file with a digest, by URL and algorithm.
  std::map<std::pair<std::string, std::string>, int> by_digest_kind_;
};

}  // namespace

void CheckFiles(const v1::Release& release, std::vector<Problem>& problems) {
  FilesCheck(release, problems).Run();
}

}  // namespace kso::release
