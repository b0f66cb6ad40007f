// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_LIST_LINES_H_
#define KSO_COMMON_RELEASE_FILE_LIST_LINES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kso::release_file {

// The lines of the lists that a release.yaml names, without blanks and comments
// (text_file.h). A message of INVALID_ARGUMENT is "what; advice". What a line
// names is not checked here, but by the rules of common/release.

// A file to fetch, or the checksum of one.
struct FileLine {
  std::string url;
  // "sha256:HEX" or "sha512:HEX" in lowercase; empty where the line has none.
  // A text that is no digest stays as it is.
  std::string digest;
};

// "URL [sha256:HEX | sha512:HEX]".
absl::StatusOr<FileLine> ParseFileLine(absl::string_view line);

// A line of a checksum file, in which `url` is what it says: a URL, a path or a
// file's name. "HEX  NAME", as sha256sum or sha512sum write it, with "*" before
// names of files that they read as binary; or "SHA256 (NAME) = HEX", as they
// write it with --tag, and BSD and OpenSSL.
absl::StatusOr<FileLine> ParseChecksumLine(absl::string_view line);

// An image reference, normalized; a text that is none stays as it is.
absl::StatusOr<std::string> ParseImageLine(absl::string_view line);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_LIST_LINES_H_
