// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_YAML_TREE_H_
#define KSO_COMMON_TEXT_YAML_TREE_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kso {

// A YAML document as plain values, each with the line where it stands.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  // Defined where the type of `fields` is complete.
  YamlNode();
  YamlNode(const YamlNode& other);
  YamlNode(YamlNode&& other) noexcept;
  YamlNode& operator=(const YamlNode& other);
  YamlNode& operator=(YamlNode&& other) noexcept;
  ~YamlNode();

  Kind kind = Kind::kNull;
  // Counts from 1.
  int line = 0;
  // The text of a scalar, whatever type it looks like.
  std::string scalar;
  std::vector<YamlNode> items;
  // In the order of the file; keys may be there twice.
  std::vector<std::pair<YamlNode, YamlNode>> fields;
};

struct YamlError {
  int line = 0;
  std::string what;
};

// The treatment of anchors, aliases and merge keys.
enum class YamlAliases {
  kRefused,
  // Anchors are passed over, an alias is nothing (kNull), and a merge key is a
  // key as others are. For documents of which only parts are read.
  kNothing,
};

// Parses one document. A document is refused that is nested too deeply or has
// too many values; aliases are never followed, since a few hundred KB of them
// stand for gigabytes. The caller bounds the size of `content`.
std::variant<YamlNode, YamlError> ParseYaml(
    const std::string& content, YamlAliases aliases = YamlAliases::kRefused);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_YAML_TREE_H_
