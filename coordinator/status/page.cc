// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/page.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <string>

#include "coordinator/status/page_files.h"

namespace kso::coordinator {
namespace {

using Files = std::map<std::string, PageFile, std::less<>>;

std::string_view ContentTypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".txt")) return "text/plain; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

std::string PathOf(std::string_view name) {
  if (name == "page.html") return "/";
  if (name == "login.html") return "/login";
  return "/" + std::string(name);
}

// The login page, and what it needs.
constexpr std::string_view kLoginFiles[] = {"login.html", "login.js",
                                            "page.css"};

bool IsOfTheLogin(std::string_view name) {
  return std::find(std::begin(kLoginFiles), std::end(kLoginFiles), name) !=
         std::end(kLoginFiles);
}

Files AllFiles() {
  Files files;
  for (size_t i = 0; i < kEmbeddedFileCount; ++i) {
    const EmbeddedFile& file = kEmbeddedFiles[i];
    const auto [entry, added] = files.try_emplace(PathOf(file.name));
    entry->second = {entry->first, ContentTypeOf(file.name), file.content,
                     IsOfTheLogin(file.name)};
  }
  return files;
}

}  // namespace

const std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PageFile* FindPageFile(std::string_view path) {
  static const auto* const kFiles = new Files(AllFiles());
  const auto found = kFiles->find(path);
  return found == kFiles->end() ? nullptr : &found->second;
}

}  // namespace kso::coordinator
