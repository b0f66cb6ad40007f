// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_FILE_SECTIONS_H_
#define KSO_COMMON_RELEASE_FILE_SECTIONS_H_

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/release_file/fields.h"
#include "common/release_file/places.h"
#include "common/release_file/problems.h"
#include "common/release_file/release_files.h"
#include "common/text/yaml_tree.h"
#include "kso/v1/build.pb.h"

namespace kso::release_file {

// The input and output that the readers of a release.yaml's sections share.
// They report what cannot be read. What it says is judged by the rules of
// common/release, which run when all is read, and report at `places`.
struct ReleaseInput {
  // The release.yaml, as the user named it.
  std::string file;
  // The source of the files that it names.
  const ReleaseFiles* files;
  Problems* problems;
  Places* places;

  // The path of a file that the release.yaml names.
  std::filesystem::path Resolve(absl::string_view name) const;
};

// Reads one of the files that a release.yaml names, and hands on each line that
// says something, with its place and its location for the coordinator
// ("files-amd64.list:3"). Reports a file that cannot be read, or is empty.
void ReadList(
    const ReleaseInput& input, const PlacedText& name,
    const std::function<void(absl::string_view line, const Place& place,
                             absl::string_view location)>& on_line);

// Adds lines to the notes of a release: all of them, or the first few and how
// many `more` there are ("lines of sums are in no list").
void AddNotes(const std::vector<std::string>& lines, absl::string_view more,
              v1::Release* release);

// Reads the section `files` into `release`, whose platforms must be there. A
// URL of several lists, or of a checksum file too, is there several times.
void ReadFilesSection(const ReleaseInput& input, const YamlNode& node,
                      v1::Release* release);

// Reads the section `images` into `release`.
void ReadImagesSection(const ReleaseInput& input, const YamlNode& node,
                       v1::Release* release);

// Reads `images.signatures` into `release`.
void ReadSignaturesSection(const ReleaseInput& input, const YamlNode& node,
                           v1::Release* release);

// Reads the list `mirrors` into `release`.
void ReadMirrors(const ReleaseInput& input, const YamlNode& node,
                 v1::Release* release);

// The base image of a section, `field` of the release: normalized, or as it is
// when it is no reference; empty after a report.
std::string ReadBase(const ReleaseInput& input, const Fields& fields,
                     release::Field field, absl::string_view example);

}  // namespace kso::release_file

#endif  // KSO_COMMON_RELEASE_FILE_SECTIONS_H_
