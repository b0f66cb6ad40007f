// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "common/files/text_file.h"
#include "common/oci/reference.h"
#include "common/release_file/sections.h"
#include "common/text/printable_text.h"

namespace kso::release_file {
namespace {

constexpr size_t kMostListBytes = 4 << 20;

}  // namespace

std::filesystem::path ReleaseInput::Resolve(absl::string_view name) const {
  return std::filesystem::path(file).parent_path() / std::string(name);
}

void ReadList(
    const ReleaseInput& input, const PlacedText& name,
    const std::function<void(absl::string_view line, const Place& place,
                             absl::string_view location)>& on_line) {
  const std::filesystem::path path = input.Resolve(name.text);
  const auto content = input.files->Read(path, kMostListBytes);
  if (!content.ok()) {
    input.problems->Add(
        name.place,
        absl::StrCat("'", path.string(), "': ", content.status().message()),
        "paths are relative to the release file");
    return;
  }
  const std::vector<TextLine> lines = LinesOf(*content);
  if (lines.empty()) {
    input.problems->Add({path.string(), 0}, "the list has no entries",
                        "drop it from the release, or fill it");
  }
  for (const TextLine& line : lines) {
    on_line(line.text, {path.string(), line.number},
            absl::StrCat(name.text, ":", line.number));
  }
}

void AddNotes(const std::vector<std::string>& lines, absl::string_view more,
              v1::Release* release) {
  constexpr size_t kMostNotes = 5;
  const size_t count =
      lines.size() <= kMostNotes + 1 ? lines.size() : kMostNotes;
  for (size_t i = 0; i < count; ++i) {
    // Names of files may be any bytes.
    release->add_notes(PrintableText(lines[i]));
  }
  if (count < lines.size()) {
    release->add_notes(
        PrintableText(absl::StrCat(lines.size() - count, " more ", more)));
  }
}

std::string ReadBase(const ReleaseInput& input, const Fields& fields,
                     release::Field field, absl::string_view example) {
  const auto base = fields.RequiredString(
      "base", absl::StrCat("name the image to build on, such as ", example));
  if (!base.has_value()) return "";
  input.places->Set(field, base->place);
  const auto reference = oci::Reference::Parse(base->text);
  return reference.ok() ? reference->ToString() : base->text;
}

}  // namespace kso::release_file
