// SPDX-License-Identifier: Apache-2.0
#include "cli/release/yaml_tree.h"

#include <exception>
#include <optional>

#include "absl/strings/str_cat.h"
#include "yaml-cpp/yaml.h"

namespace kso::cli {
namespace {

// Aliases can make a small file into a huge tree.
constexpr int kMostNodes = 100000;
constexpr int kDeepest = 32;

class Converter {
 public:
  // Empty when a bound is passed; `error` says which.
  std::optional<YamlNode> Convert(const YAML::Node& node, int depth) {
    const int line = node.Mark().line + 1;
    if (++nodes_ > kMostNodes || depth > kDeepest) {
      error = {line, "the document is nested too deeply or too large"};
      return std::nullopt;
    }
    YamlNode result;
    result.line = line;
    if (node.IsScalar()) {
      result.kind = YamlNode::Kind::kScalar;
      result.scalar = node.Scalar();
    } else if (node.IsSequence()) {
      result.kind = YamlNode::Kind::kSequence;
      for (const auto& item : node) {
        auto converted = Convert(item, depth + 1);
        if (!converted.has_value()) return std::nullopt;
        result.items.push_back(*std::move(converted));
      }
    } else if (node.IsMap()) {
      result.kind = YamlNode::Kind::kMap;
      for (const auto& field : node) {
        auto key = Convert(field.first, depth + 1);
        if (!key.has_value()) return std::nullopt;
        auto value = Convert(field.second, depth + 1);
        if (!value.has_value()) return std::nullopt;
        // A missing value has no place of its own.
        if (value->line <= 0) value->line = key->line;
        result.fields.emplace_back(*std::move(key), *std::move(value));
      }
    }
    return result;
  }

  YamlError error;

 private:
  int nodes_ = 0;
};

}  // namespace

YamlNode::YamlNode() = default;
YamlNode::YamlNode(const YamlNode& other) = default;
YamlNode::YamlNode(YamlNode&& other) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode& other) = default;
YamlNode& YamlNode::operator=(YamlNode&& other) noexcept = default;
YamlNode::~YamlNode() = default;

std::variant<YamlNode, YamlError> ParseYaml(const std::string& content) {
  // yaml-cpp runs nowhere else, so nothing else can throw.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(content);
    if (documents.empty()) {
      YamlNode nothing;
      nothing.line = 1;
      return nothing;
    }
    if (documents.size() > 1) {
      return YamlError{documents[1].Mark().line + 1,
                       "a second YAML document begins here; one file describes "
                       "one release"};
    }
    Converter converter;
    auto converted = converter.Convert(documents[0], 0);
    if (!converted.has_value()) return converter.error;
    return *std::move(converted);
  } catch (const YAML::Exception& exception) {
    return YamlError{exception.mark.line + 1,
                     absl::StrCat("this is not YAML: ", exception.msg)};
  } catch (const std::exception& exception) {
    return YamlError{0, absl::StrCat("this is not YAML: ", exception.what())};
  }
}

}  // namespace kso::cli
