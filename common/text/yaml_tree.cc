// SPDX-License-Identifier: Apache-2.0
#include "common/text/yaml_tree.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/yaml.h"

namespace kso {
namespace {

constexpr int kMostNodes = 100000;
constexpr size_t kDeepest = 32;

// Ends the parsing of a document; it does not leave ParseYaml.
struct Refused {
  YamlError error;
};

// Builds the tree while the document is parsed, and refuses what could make a
// small file into a large tree, or one reader's tree another than the next
// reader's. yaml-cpp's own tree follows aliases, and copies their scalars.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(YamlAliases aliases)
      : refuses_aliases_(aliases == YamlAliases::kRefused) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      Refuse(mark,
             "a second YAML document begins here; one file describes one "
             "release");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(NewNode(mark, anchor, YamlNode::Kind::kNull));
  }
  // Where aliases are refused, the anchor before it has been.
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Add(NewNode(mark, YAML::NullAnchor, YamlNode::Kind::kNull));
  }
  void OnScalar(const YAML::Mark& mark, const std::string&,
                YAML::anchor_t anchor, const std::string& value) override {
    YamlNode node = NewNode(mark, anchor, YamlNode::Kind::kScalar);
    node.scalar = value;
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(NewNode(mark, anchor, YamlNode::Kind::kSequence), mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(NewNode(mark, anchor, YamlNode::Kind::kMap), mark);
  }
  void OnMapEnd() override { Close(); }

  // The document; nothing at line 1 where the file has none.
  YamlNode Take() { return std::move(root_); }

 private:
  // A collection that is not closed yet.
  struct Opened {
    YamlNode node;
    // Of a map: the key whose value comes next.
    std::optional<YamlNode> key;
  };

  [[noreturn]] static void Refuse(const YAML::Mark& mark, const char* what) {
    throw Refused{{mark.line + 1, what}};
  }

  YamlNode NewNode(const YAML::Mark& mark, YAML::anchor_t anchor,
                   YamlNode::Kind kind) {
    if (anchor != YAML::NullAnchor && refuses_aliases_) {
      Refuse(mark, "an anchor (&NAME) stands here; write the value alone");
    }
    if (++nodes_ > kMostNodes) Refuse(mark, "the document has too many values");
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    return node;
  }

  void Open(YamlNode node, const YAML::Mark& mark) {
    if (opened_.size() >= kDeepest) {
      Refuse(mark, "the document is nested too deeply");
    }
    opened_.push_back({std::move(node), std::nullopt});
  }

  void Close() {
    YamlNode node = std::move(opened_.back().node);
    opened_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (opened_.empty()) {
      root_ = std::move(node);
      return;
    }
    Opened& parent = opened_.back();
    if (parent.node.kind == YamlNode::Kind::kSequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key.has_value()) {
      if (refuses_aliases_ && node.kind == YamlNode::Kind::kScalar &&
          node.scalar == "<<") {
        throw Refused{
            {node.line, "a merge key (<<) stands here; write the fields out"}};
      }
      parent.key = std::move(node);
    } else {
      // A missing value has no place of its own; others stand behind their key.
      node.line = std::max(node.line, parent.key->line);
      parent.node.fields.emplace_back(*std::move(parent.key), std::move(node));
      parent.key.reset();
    }
  }

  const bool refuses_aliases_;
  YamlNode root_ = [] {
    YamlNode nothing;
    nothing.line = 1;
    return nothing;
  }();
  std::vector<Opened> opened_;
  int nodes_ = 0;
  int documents_ = 0;
};

}  // namespace

YamlNode::YamlNode() = default;
YamlNode::YamlNode(const YamlNode& other) = default;
YamlNode::YamlNode(YamlNode&& other) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode& other) = default;
YamlNode& YamlNode::operator=(YamlNode&& other) noexcept = default;
YamlNode::~YamlNode() = default;

std::variant<YamlNode, YamlError> ParseYaml(const std::string& content,
                                            YamlAliases aliases) {
  // The values travel as text, which is UTF-8.
  int line = 0;
  for (absl::string_view text : absl::StrSplit(content, '\n')) {
    ++line;
    if (!IsUtf8(ToStd(text))) {
      return YamlError{line, "this line is not UTF-8, as YAML has to be"};
    }
  }
  // yaml-cpp runs nowhere else, so nothing else can throw.
  try {
    std::istringstream stream(content);
    YAML::Parser parser(stream);
    TreeBuilder builder(aliases);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.Take();
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& exception) {
    return YamlError{exception.mark.line + 1,
                     absl::StrCat("this is not YAML: ", exception.msg)};
  } catch (const std::exception& exception) {
    return YamlError{0, absl::StrCat("this is not YAML: ", exception.what())};
  }
}

}  // namespace kso
