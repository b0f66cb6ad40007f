#include "worker/fetch/known_content.h"

#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace kso::worker {

KnownContent::KnownContent(std::filesystem::path directory)
    : directory_(std::move(directory)) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
}

std::optional<Digest> KnownContent::Find(std::string_view name) const {
  std::ifstream stream(PathOf(name));
  std::string text;
  if (!std::getline(stream, text)) return std::nullopt;
  auto digest = Digest::Parse(text);
  if (!digest.ok()) return std::nullopt;
  return *std::move(digest);
}

void KnownContent::Remember(std::string_view name, const Digest& digest) const {
  // A torn file does not parse, and is then as good as none.
  std::ofstream(PathOf(name)) << digest.ToString() << "\n";
}

std::filesystem::path KnownContent::PathOf(std::string_view name) const {
  return directory_ / Sha256Of(name).hex();
}

}  // namespace kso::worker
