// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_FILE_KIND_H_
#define KSO_WORKER_FETCH_FILE_KIND_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace kso::worker {

// How many bytes of a file's beginning tell its kind.
inline constexpr size_t kFileKindBytes = 1024;

// Compares the beginning of a file with what its URL says that it is. Empty
// when they agree, or the name says nothing; else what it is, for people: "an
// HTML page, not a gzip archive".
//
// Hosts answer with a page and 200 where they want a login or an agreement, or
// have moved; so a page is no file whose name does not end as a page's does.
// The names of archives and packages are compared with their magic bytes.
//
// A file without a byte is none.
std::string KindDisagreement(std::string_view url, std::string_view beginning);

// Returns whether the name in a URL is that of a compressed file, such as
// ".tar.gz".
bool IsCompressedName(std::string_view url);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_FILE_KIND_H_
