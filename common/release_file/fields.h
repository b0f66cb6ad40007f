// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_FIELDS_H_
#define KSO_COMMON_RELEASE_FILE_FIELDS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/release_file/problems.h"
#include "common/text/yaml_tree.h"

namespace kso::release_file {

// A text of the input, and where it stands.
struct PlacedText {
  std::string text;
  Place place;
};

// The fields of a YAML map, read by name. Whatever is not as asked for is
// reported to `problems` and read as absent. `node` and `problems` must outlive
// it.
class Fields {
 public:
  // `path` is the map's own key for messages ("images.missingPlatform"), empty
  // at the top. Reports what is no map, keys that are not `known`, and keys
  // that are there twice.
  Fields(const YamlNode& node, absl::string_view path, absl::string_view file,
         const std::vector<std::string>& known, Problems* problems);

  // Null when the key is absent or has no value.
  const YamlNode* Find(absl::string_view key) const;
  std::optional<PlacedText> String(absl::string_view key) const;
  // Reports when it is absent.
  std::optional<PlacedText> RequiredString(absl::string_view key,
                                           absl::string_view advice) const;
  std::vector<PlacedText> Strings(absl::string_view key) const;
  bool Bool(absl::string_view key, bool otherwise) const;
  // Returns whether it is "warn". Reports what is neither that nor "fail".
  bool Warns(absl::string_view key) const;

  // The place of a value, or of the map where the key is absent.
  Place PlaceOf(absl::string_view key) const;
  // "images.list".
  std::string PathOf(absl::string_view key) const;

 private:
  std::optional<PlacedText> TextOf(const YamlNode& node,
                                   const std::string& path) const;

  const YamlNode& node_;
  const std::string path_;
  const std::string file_;
  Problems* const problems_;
  std::map<std::string, const YamlNode*, std::less<>> values_;
};

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_FIELDS_H_
