// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/fields.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/text/suggest.h"

namespace kso::release_file {
namespace {

absl::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "something else";
}

}  // namespace

Fields::Fields(const YamlNode& node, absl::string_view path,
               absl::string_view file, const std::vector<std::string>& known,
               Problems* problems)
    : node_(node), path_(path), file_(file), problems_(problems) {
  if (node.kind != YamlNode::Kind::kMap) {
    problems_->Add({file_, node.line},
                   absl::StrCat(path_.empty() ? "the file" : path_, " is ",
                                KindName(node.kind), ", and should be a map"),
                   absl::StrCat("its keys are ", absl::StrJoin(known, ", ")));
    return;
  }
  for (const auto& [key, value] : node.fields) {
    const Place place{file_, key.line};
    bool is_known = false;
    for (const std::string& name : known) is_known |= key.scalar == name;
    if (!is_known) {
      std::string advice = DidYouMean(key.scalar, known);
      if (advice.empty()) {
        advice = absl::StrCat("the keys here are ", absl::StrJoin(known, ", "));
      }
      problems_->Add(place,
                     absl::StrCat("there is no key '", PathOf(key.scalar), "'"),
                     advice);
      continue;
    }
    if (!values_.emplace(key.scalar, &value).second) {
      problems_->Add(place,
                     absl::StrCat("'", PathOf(key.scalar), "' is here twice"),
                     "keep one of them");
    }
  }
}

const YamlNode* Fields::Find(absl::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end() || found->second->kind == YamlNode::Kind::kNull) {
    return nullptr;
  }
  return found->second;
}

std::optional<PlacedText> Fields::TextOf(const YamlNode& node,
                                         const std::string& path) const {
  const Place place{file_, node.line};
  if (node.kind != YamlNode::Kind::kScalar) {
    problems_->Add(place, absl::StrCat("'", path, "' is ", KindName(node.kind),
                                       ", and should be a text"));
    return std::nullopt;
  }
  if (node.scalar.empty()) {
    problems_->Add(place, absl::StrCat("'", path, "' is empty"));
    return std::nullopt;
  }
  return PlacedText{node.scalar, place};
}

std::optional<PlacedText> Fields::String(absl::string_view key) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  return TextOf(*node, PathOf(key));
}

std::optional<PlacedText> Fields::RequiredString(
    absl::string_view key, absl::string_view advice) const {
  if (Find(key) == nullptr && node_.kind == YamlNode::Kind::kMap) {
    problems_->Add(PlaceOf(key), absl::StrCat("'", PathOf(key), "' is missing"),
                   advice);
  }
  return String(key);
}

std::vector<PlacedText> Fields::Strings(absl::string_view key) const {
  std::vector<PlacedText> texts;
  const YamlNode* node = Find(key);
  if (node == nullptr) return texts;
  if (node->kind != YamlNode::Kind::kSequence) {
    problems_->Add({file_, node->line},
                   absl::StrCat("'", PathOf(key), "' is ", KindName(node->kind),
                                ", and should be a list"),
                   absl::StrCat("write ", key, ": [ONE, ANOTHER]"));
    return texts;
  }
  for (const YamlNode& item : node->items) {
    if (auto text = TextOf(item, PathOf(key)); text.has_value()) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

bool Fields::Bool(absl::string_view key, bool otherwise) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return otherwise;
  if (node->scalar == "true") return true;
  if (node->scalar == "false") return false;
  problems_->Add({file_, node->line},
                 absl::StrCat("'", PathOf(key), "' is neither true nor false"));
  return otherwise;
}

bool Fields::Warns(absl::string_view key) const {
  const auto what = String(key);
  if (!what.has_value() || what->text == "fail") return false;
  if (what->text == "warn") return true;
  problems_->Add(what->place,
                 absl::StrCat("'", PathOf(key), "' is '", what->text, "'"),
                 "write fail or warn");
  return false;
}

Place Fields::PlaceOf(absl::string_view key) const {
  const auto found = values_.find(key);
  return {file_, found == values_.end() ? node_.line : found->second->line};
}

std::string Fields::PathOf(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

}  // namespace kso::release_file
