// SPDX-License-Identifier: Apache-2.0
#include "common/text/json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/text/printable_text.h"

namespace kso {
namespace {

constexpr size_t kLongestKeyShown = 80;

std::string Quoted(std::string_view key) {
  return absl::StrCat("\"", PrintableText(key, kLongestKeyShown), "\"");
}

absl::string_view AbslView(std::string_view text) {
  return {text.data(), text.size()};
}

// A key as Go's readers compare it with the name of a field: by Unicode's
// simple case folding, by which two letters outside of ASCII are ones within,
// the long s and the sign of the kelvin (unicode.org, CaseFolding.txt).
std::string Folded(absl::string_view key) {
  std::string folded = absl::AsciiStrToLower(key);
  const bool is_ascii = std::all_of(folded.begin(), folded.end(), [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c));
  });
  if (is_ascii) return folded;
  return absl::StrReplaceAll(folded,
                             {{"\xC5\xBF", "s"}, {"\xE2\x84\xAA", "k"}});
}

// Objects whose keys people choose, by the names of the fields that hold them:
// the OCI image specification's annotations and config, and containers'
// auth.json.
bool IsMapOfPeoplesKeys(std::string_view field) {
  return field == "Labels" || field == "annotations" || field == "Volumes" ||
         field == "ExposedPorts" || field == "auths" ||
         field == "credHelpers" || field == "HttpHeaders";
}

// Builds the document from the parser's events, and ends it at the first thing
// that ParseJson refuses.
template <typename Document>
class BoundedBuilder final : public nlohmann::json_sax<Document> {
  using Base = nlohmann::json_sax<Document>;

 public:
  explicit BoundedBuilder(int depth) : most_depth_(depth) {}

  Document TakeDocument() { return std::move(document_); }
  const std::string& problem() const { return problem_; }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(typename Base::number_integer_t value) override {
    return Add(value);
  }
  bool number_unsigned(typename Base::number_unsigned_t value) override {
    return Add(value);
  }
  bool number_float(typename Base::number_float_t value,
                    const typename Base::string_t&) override {
    return Add(value);
  }
  bool string(typename Base::string_t& value) override {
    return Add(std::move(value));
  }
  bool binary(typename Base::binary_t& value) override {
    return Add(std::move(value));
  }

  bool start_object(std::size_t) override { return Open(Document::object()); }
  bool start_array(std::size_t) override { return Open(Document::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(typename Base::string_t& key) override {
    Level& level = levels_.back();
    if (!level.keys.insert(key).second) {
      return Refuse(absl::StrCat("the key ", Quoted(key), " is there twice"));
    }
    if (!level.peoples_keys && !level.folded_keys.insert(Folded(key)).second) {
      return Refuse(absl::StrCat("the key ", Quoted(key),
                                 " is there twice, in other letters"));
    }
    key_ = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Refuse(absl::StrCat("it is not JSON at byte ", position));
  }

 private:
  struct Level {
    Document* value;
    bool peoples_keys = false;
    absl::flat_hash_set<std::string> keys;
    absl::flat_hash_set<std::string> folded_keys;
  };

  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  // Stores the next value in its parent, and returns its place there.
  Document* Put(Document value) {
    if (levels_.empty()) {
      document_ = std::move(value);
      return &document_;
    }
    Document& parent = *levels_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Document& place = parent[key_];
    place = std::move(value);
    return &place;
  }

  bool Add(Document value) {
    Put(std::move(value));
    return true;
  }

  bool Open(Document value) {
    if (levels_.size() == static_cast<size_t>(most_depth_)) {
      return Refuse(absl::StrCat("it is nested over ", most_depth_, " deep"));
    }
    const bool in_object =
        !levels_.empty() && levels_.back().value->is_object();
    const bool peoples_keys = in_object && IsMapOfPeoplesKeys(key_);
    Document* const place = Put(std::move(value));
    levels_.push_back({place, peoples_keys, {}, {}});
    return true;
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  const int most_depth_;
  Document document_;
  // The arrays and objects that are open, from the outermost on. An element of
  // an array moves when the array grows, but only the last one is ever open.
  std::vector<Level> levels_;
  std::string key_;
  std::string problem_;
};

template <typename Document>
absl::StatusOr<Document> Parse(std::string_view content,
                               const JsonBounds& bounds) {
  if (content.size() > bounds.bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "it has ", content.size(), " bytes, over the limit of ", bounds.bytes));
  }
  // The parser would skip the first, and end at the second. Readers in Go, as
  // container runtimes and registries are, refuse both.
  if (content.starts_with("\xEF\xBB\xBF")) {
    return absl::InvalidArgumentError("it begins with a byte order mark");
  }
  if (const size_t nul = content.find('\0'); nul != content.npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has a NUL at byte ", nul + 1));
  }
  BoundedBuilder<Document> builder(bounds.depth);
  if (!Document::sax_parse(content, &builder)) {
    return absl::InvalidArgumentError(builder.problem());
  }
  return builder.TakeDocument();
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view content,
                               const JsonBounds& bounds) {
  return Parse<Json>(content, bounds);
}

absl::StatusOr<nlohmann::ordered_json> ParseOrderedJson(
    std::string_view content, const JsonBounds& bounds) {
  return Parse<nlohmann::ordered_json>(content, bounds);
}

absl::StatusOr<const Json*> FieldOf(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const Json* found = nullptr;
  const std::string folded = Folded(AbslView(key));
  for (const auto& [name, value] : object.items()) {
    if (name == key) {
      found = &value;
    } else if (Folded(name) == folded) {
      return absl::InvalidArgumentError(
          absl::StrCat("its key ", Quoted(name), " should be ", Quoted(key)));
    }
  }
  if (found != nullptr && found->is_null()) return nullptr;
  return found;
}

std::string StringOf(const Json& object, std::string_view key) {
  const absl::StatusOr<const Json*> field = FieldOf(object, key);
  if (!field.ok() || *field == nullptr || !(*field)->is_string()) return "";
  return (*field)->get<std::string>();
}

}  // namespace kso
