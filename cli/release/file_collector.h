// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASE_FILE_COLLECTOR_H_
#define KSO_CLI_RELEASE_FILE_COLLECTOR_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/release/problems.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Makes one FileRequest of all the lines that name the same URL. Not thread
// safe.
class FileCollector {
 public:
  // `problems` must outlive it.
  explicit FileCollector(Problems* problems) : problems_(problems) {}

  // A line of the list of `architecture`: "URL [sha256:HEX | sha512:HEX]".
  // `location` is how the coordinator may call the line.
  void AddListLine(absl::string_view line, const Place& place,
                   absl::string_view location, absl::string_view architecture);

  // A line as sha256sum or sha512sum write them: "HEX  URL". Call after all
  // lists: a URL that none of them has is ignored.
  void AddChecksumLine(absl::string_view line, const Place& place);

  // Reports files that would have to be directories of others as well. Call
  // once, after all lists.
  void CheckDirectories() const;

  // In the order in which the URLs came up.
  std::vector<v1::FileRequest> Finish() const;

 private:
  struct Entry {
    v1::FileRequest file;
    Place place;
    // Where the digest was stated.
    Place digest_place;
    std::map<std::string, bool> architectures;
  };

  void SetDigest(Entry& entry, const std::string& digest, const Place& place);

  Problems* const problems_;
  std::vector<Entry> entries_;
  // By URL and by the path that it is served under: indexes in `entries_`.
  std::map<std::string, size_t, std::less<>> by_url_;
  std::map<std::string, size_t, std::less<>> by_path_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASE_FILE_COLLECTOR_H_
