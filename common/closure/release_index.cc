// SPDX-License-Identifier: Apache-2.0
#include "common/closure/release_index.h"

#include <string_view>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/closure/variables.h"
#include "common/release/verdicts.h"
#include "common/text/json.h"
#include "common/text/percent_coding.h"
#include "common/text/text.h"
#include "google/protobuf/repeated_field.h"

namespace kso::closure {
namespace {

constexpr int kIndent = 1;

std::string AskedBy(const Variable* variable) {
  return variable == nullptr ? "" : std::string(variable->name);
}

// Adds a field that has something to say.
void AddText(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

Json VerdictJson(const v1::ItemVerdict& item) {
  Json json = {{"digest", item.digest()},
               {"size", item.size()},
               {"verdict", release::VerdictWord(item.verdict())}};
  AddText(json, "stated", item.stated());
  AddText(json, "waivedBecause", item.waived_because());
  AddText(json, "architectureProblem", item.architecture_problem());
  AddText(json, "notLookedAt", item.not_looked_at());
  if (item.only_beginning()) json["onlyBeginningLookedAt"] = true;
  if (item.other_architecture()) json["otherArchitecture"] = true;
  return json;
}

Json FileJson(const IndexedFile& file) {
  Json json = VerdictJson(file.verdict);
  json["url"] = file.verdict.name();
  json["path"] = file.path;
  json["lists"] = file.verdict.listed_architectures();
  json["architectures"] = file.verdict.architectures();
  AddText(json, "sha512", file.sha512);
  AddText(json, "variable",
          AskedBy(FindVariable(FileVariables(), file.verdict.name())));
  return json;
}

// An image's reference without tag and digest.
std::string_view NameOf(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  const size_t colon = reference.rfind(':');
  if (colon == std::string_view::npos ||
      reference.find('/', colon) != std::string_view::npos) {
    return reference;
  }
  return reference.substr(0, colon);
}

Json ImageJson(const IndexedImage& image) {
  Json json = VerdictJson(image.verdict);
  json["reference"] = image.verdict.name();
  json["repository"] = image.repository;
  json["platforms"] = image.platforms;
  AddText(json, "tag", image.tag);
  AddText(
      json, "variable",
      AskedBy(FindVariable(ImageVariables(), NameOf(image.verdict.name()))));
  return json;
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(ToAbsl(text), {{"&", "&amp;"},
                                            {"<", "&lt;"},
                                            {">", "&gt;"},
                                            {"\"", "&quot;"},
                                            {"'", "&#39;"}});
}

// In both texts @WORD@ is replaced.
constexpr char kPage[] = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Files and images for Kubespray</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 80em; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .3em .6em; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; }
td.number { text-align: right; white-space: nowrap; }
code { font-size: 90%; }
.note { color: #a40; }
</style>
</head>
<body>
<h1>Files and images for Kubespray</h1>
<p>@COUNTS@</p>
<ul>
<li><a href="offline.yml">offline.yml</a>: Kubespray's settings for this release. Put the address of this machine into
it, and copy it to <code>inventory/.../group_vars/all/</code>.</li>
<li><a href="SHA256SUMS">SHA256SUMS</a>: for <code>sha256sum -c</code> in a copy of these directories.</li>
<li><a href="index.json">index.json</a>: what is on this page, for programs.</li>
<li><a href="./">All directories</a></li>
</ul>
@MISSING@<h2>Files</h2>
<table>
<tr><th>file</th><th>bytes</th><th>programs for</th><th>verdict</th></tr>
@FILES@</table>
<h2>Images</h2>
<p>They are in the registry of kubespray-images.</p>
<table>
<tr><th>image</th><th>in the registry</th><th>bytes</th><th>platforms</th><th>verdict</th></tr>
@IMAGES@</table>
</body>
</html>
)";

std::string NoteHtml(const v1::ItemVerdict& item) {
  const std::string remark = release::RemarkOn(item);
  if (remark.empty()) return "";
  const absl::string_view text =
      absl::StripPrefix(remark, absl::string_view(item.name()));
  return Concat(" <span class=\"note\">",
                Escaped(ToStd(absl::StripPrefix(text, ": "))), "</span>");
}

std::string VerdictCell(const v1::ItemVerdict& item) {
  return Concat("<td>", release::VerdictWord(item.verdict()), NoteHtml(item),
                "<br><code>", Escaped(item.digest()), "</code></td></tr>\n");
}

std::string FileRow(const IndexedFile& file) {
  const std::string url = Escaped(file.verdict.name());
  return Concat("<tr><td><a href=\"", Escaped(PercentEncodePath(file.path)),
                "\">", url, "</a></td><td class=\"number\">",
                file.verdict.size(), "</td><td>",
                Escaped(absl::StrJoin(file.verdict.architectures(), ", ")),
                "</td>", VerdictCell(file.verdict));
}

std::string ImageRow(const IndexedImage& image) {
  return Concat("<tr><td>", Escaped(image.verdict.name()), "</td><td>",
                Escaped(image.repository), image.tag.empty() ? "" : ":",
                Escaped(image.tag), "</td><td class=\"number\">",
                image.verdict.size(), "</td><td>",
                Escaped(absl::StrJoin(image.platforms, ", ")), "</td>",
                VerdictCell(image.verdict));
}

std::string MissingHtml(const ReleaseIndex& index) {
  if (index.missing_platforms.empty()) return "";
  std::string html = "<h2>Missing platforms</h2>\n<ul>\n";
  for (const std::string& line : index.missing_platforms) {
    html += Concat("<li>", Escaped(line), "</li>\n");
  }
  return Concat(html, "</ul>\n<p>", Escaped(index.missing_platforms_meaning),
                ".</p>\n");
}

}  // namespace

std::string IndexJson(const ReleaseIndex& index) {
  Json json = {{"apiVersion", "kso/v1"},
               {"kind", "ReleaseIndex"},
               {"files", Json::array()},
               {"images", Json::array()},
               {"missingPlatforms", index.missing_platforms}};
  AddText(json, "missingPlatformsMeaning", index.missing_platforms_meaning);
  for (const IndexedFile& file : index.files) {
    json["files"].push_back(FileJson(file));
  }
  for (const IndexedImage& image : index.images) {
    json["images"].push_back(ImageJson(image));
  }
  return json.dump(kIndent, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

std::string IndexHtml(const ReleaseIndex& index) {
  std::string files;
  google::protobuf::RepeatedPtrField<v1::ItemVerdict> verdicts;
  for (const IndexedFile& file : index.files) {
    files += FileRow(file);
    *verdicts.Add() = file.verdict;
  }
  std::string images;
  for (const IndexedImage& image : index.images) {
    images += ImageRow(image);
    *verdicts.Add() = image.verdict;
  }
  return absl::StrReplaceAll(
      kPage,
      {{"@COUNTS@",
        Concat(Count(static_cast<int64_t>(index.files.size()), "file"), ", ",
               Count(static_cast<int64_t>(index.images.size()), "image"), "; ",
               release::CountVerdicts(verdicts), ".")},
       {"@MISSING@", MissingHtml(index)},
       {"@FILES@", files},
       {"@IMAGES@", images}});
}

std::string Sha256Sums(const std::map<std::string, std::string>& digests) {
  std::string sums;
  for (const auto& [path, digest] : digests) {
    absl::string_view hex = digest;
    absl::ConsumePrefix(&hex, "sha256:");
    sums += Concat(ToStd(hex), "  ", path, "\n");
  }
  return sums;
}

}  // namespace kso::closure
