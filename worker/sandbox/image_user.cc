// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/image_user.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

constexpr char kUsers[] = "etc/passwd";
constexpr char kGroups[] = "etc/group";

std::optional<uint32_t> Number(absl::string_view text) {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  return number;
}

// The lines of such a file, split at the colons; none where there is no file.
absl::StatusOr<std::vector<std::vector<std::string>>> ReadLines(
    const ReadImageFile& read, const char* path, size_t fewest_fields) {
  std::vector<std::vector<std::string>> lines;
  const absl::StatusOr<std::string> content = read(path);
  if (absl::IsNotFound(content.status())) return lines;
  KSO_RETURN_IF_ERROR(content.status());
  for (const absl::string_view line : absl::StrSplit(*content, '\n')) {
    std::vector<std::string> fields = absl::StrSplit(line, ':');
    if (fields.size() >= fewest_fields) lines.push_back(std::move(fields));
  }
  return lines;
}

absl::Status Unknown(std::string_view kind, absl::string_view name,
                     const char* path) {
  return absl::FailedPreconditionError(
      Concat("the image runs as the ", kind, " \"", absl::CHexEscape(name),
             "\", which its ", path, " does not have"));
}

}  // namespace

absl::StatusOr<ImageUser> ResolveImageUser(std::string_view user,
                                           const ReadImageFile& read) {
  ImageUser result;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(ToAbsl(user), absl::MaxSplits(':', 1));
  const auto& [name, group] = parts;
  if (name.empty() && group.empty()) return result;

  // NAME:PASSWORD:UID:GID:...
  KSO_ASSIGN_OR_RETURN(const auto users, ReadLines(read, kUsers, 4));
  const std::optional<uint32_t> number = name.empty() ? 0 : Number(name);
  const auto found =
      std::find_if(users.begin(), users.end(), [&](const auto& fields) {
        return number.has_value() ? Number(fields[2]) == number
                                  : fields[0] == name;
      });
  if (found != users.end()) {
    result.uid = Number((*found)[2]).value_or(0);
    result.gid = Number((*found)[3]).value_or(0);
  } else if (number.has_value()) {
    result.uid = *number;
  } else {
    return Unknown("user", name, kUsers);
  }
  if (const auto given = Number(group); given.has_value()) {
    result.gid = *given;
    return result;
  }

  // NAME:PASSWORD:GID:MEMBER,MEMBER
  KSO_ASSIGN_OR_RETURN(const auto groups, ReadLines(read, kGroups, 4));
  if (!group.empty()) {
    for (const auto& fields : groups) {
      if (fields[0] != group) continue;
      result.gid = Number(fields[2]).value_or(0);
      return result;
    }
    return Unknown("group", group, kGroups);
  }
  if (found == users.end()) return result;
  for (const auto& fields : groups) {
    const std::vector<std::string> members = absl::StrSplit(fields[3], ',');
    const auto id = Number(fields[2]);
    if (id.has_value() && std::find(members.begin(), members.end(),
                                    (*found)[0]) != members.end()) {
      result.groups.push_back(*id);
    }
  }
  return result;
}

}  // namespace kso::worker
