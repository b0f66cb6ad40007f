// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_writer.h"

#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "cli/lists/feature_rules.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"
#include "common/oci/reference.h"
#include "common/release/image_patterns.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

constexpr const char* kArchitectures[] = {"amd64", "arm64"};

std::string Head(const Generated& generated, std::string_view what) {
  return Concat("# ", what, " of Kubespray ", generated.version,
                ", by `ksoctl lists generate` with ansible-core ",
                generated.ansible_version,
                ".\n# Behind each line: what asks for it, the role that says "
                "so, its variables.\n");
}

std::string FilesName(std::string_view architecture) {
  return Concat("files-", architecture, ".list");
}

std::string FilesList(const Generated& generated,
                      const std::string& architecture) {
  std::string text =
      Head(generated, Concat("Files for ", architecture, " nodes"));
  for (const ListedFile& file : generated.listing.files()) {
    if (!file.architectures.contains(architecture)) continue;
    absl::StrAppend(&text, file.url, "  # ",
                    PrintableText(file.reason.ToString()),
                    file.digest.empty() ? "; no hash is stated" : "", "\n");
  }
  return text;
}

std::string ImagesList(const Generated& generated) {
  std::string text = Head(generated, "Images");
  for (const ListedImage& image : generated.listing.images()) {
    absl::StrAppend(&text, image.reference, "  # ",
                    PrintableText(image.reason.ToString()), "\n");
  }
  if (generated.listing.unsettled().empty()) return text;
  absl::StrAppend(&text,
                  "\n# What could not be settled. Add here what your cluster "
                  "needs of it.\n");
  for (const Unsettled& unsettled : generated.listing.unsettled()) {
    absl::StrAppend(&text, "#   ",
                    PrintableText(absl::StrCat(
                        unsettled.role.empty()
                            ? ""
                            : absl::StrCat("roles/", unsettled.role, ", "),
                        unsettled.variable,
                        unsettled.variable.empty() ? "" : ": ", unsettled.why)),
                    "\n");
  }
  return text;
}

std::string Checksums(const Generated& generated) {
  std::string text = Concat(
      "# The hashes that Kubespray ", generated.version,
      " states, in the format of sha256sum and sha512sum with the URL in place "
      "of\n# the name.\n");
  for (const ListedFile& file : generated.listing.files()) {
    if (file.digest.empty()) continue;
    absl::StrAppend(&text, file.digest.substr(file.digest.find(':') + 1), "  ",
                    file.url, "\n");
  }
  return text;
}

// The patterns over images of one architecture that match one of the list.
std::string AllowedPlatforms(const Listing& listing) {
  std::string text;
  for (const OneArchitecture& entry : ImagesOfOneArchitecture()) {
    bool matches = false;
    for (const ListedImage& image : listing.images()) {
      const auto reference = oci::Reference::Parse(image.reference);
      matches |=
          reference.ok() && release::MatchesImage(entry.pattern, *reference);
    }
    if (!matches) continue;
    absl::StrAppend(&text, "      # ", entry.why, "\n      - \"", entry.pattern,
                    "\"\n");
  }
  if (text.empty()) return "";
  return absl::StrCat(
      "    # Known to be amd64 only: optional add-ons. A cluster that enables "
      "one has\n    # to keep it on amd64 nodes.\n    allow:\n",
      text);
}

std::string ReleaseYaml(const Generated& generated,
                        const std::string& destination) {
  const std::string version =
      generated.version.empty() ? "unknown" : generated.version;
  return absl::StrCat(
      "# The release that Kubespray ", version,
      " needs, by `ksoctl lists generate`, which does not\n"
      "# replace this file when it is run again. Check and price it before "
      "building it:\n"
      "#\n"
      "#   ksoctl plan   -f release.yaml\n"
      "#   ksoctl submit -f release.yaml --wait\n"
      "#\n"
      "# Paths are relative to this file.\n"
      "apiVersion: kso/v1\n"
      "kind: Release\n\n"
      "# The tag of both images. The number after the hyphen is Kubespray's "
      "version;\n"
      "# raise the first one when a list or this file changes.\n"
      "name: v0.1.0-",
      version,
      "\n"
      "platforms: [linux/amd64, linux/arm64]\n\n"
      "files:\n"
      "  base: docker.io/library/nginx:1.25.2-alpine\n"
      "  lists:\n"
      "    amd64: files-amd64.list\n"
      "    arm64: files-arm64.list\n"
      "  # A URL without a line here is taken as the upstream serves it.\n"
      "  checksums: [",
      kChecksumsFile,
      "]\n\n"
      "images:\n"
      "  base: docker.io/library/registry:3\n"
      "  list: ",
      kImagesList,
      "\n"
      "  # What to do about an image that does not exist for one of the "
      "platforms.\n"
      "  missingPlatform:\n"
      "    default: fail\n",
      AllowedPlatforms(generated.listing),
      "\n"
      "# Where the two images go, as <destination>/kubespray-files and\n"
      "# <destination>/kubespray-images. oci:DIRECTORY or oci-archive:FILE "
      "brings the\n"
      "# result to this machine.\n",
      destination.empty()
          ? "# EDIT THIS.\ndestination: docker://registry.example.com/team\n"
          : absl::StrCat("destination: \"", destination, "\"\n"));
}

}  // namespace

std::map<std::string, std::string> ReleaseFiles(
    const Generated& generated, const std::string& destination) {
  std::map<std::string, std::string> files;
  for (const char* architecture : kArchitectures) {
    files[FilesName(architecture)] = FilesList(generated, architecture);
  }
  files[kImagesList] = ImagesList(generated);
  files[kChecksumsFile] = Checksums(generated);
  files[kReleaseFile] = ReleaseYaml(generated, destination);
  return files;
}

absl::StatusOr<bool> WriteRelease(const Generated& generated,
                                  const std::string& destination,
                                  const std::filesystem::path& directory) {
  KSO_RETURN_IF_ERROR(MakeDirectories(directory));
  bool kept = false;
  for (const auto& [name, content] : ReleaseFiles(generated, destination)) {
    std::error_code error;
    const std::filesystem::path file = directory / name;
    if (name == kReleaseFile && std::filesystem::exists(file, error)) {
      kept = true;
      continue;
    }
    KSO_RETURN_IF_ERROR(
        ReplaceFile(file, [&](ByteSink& sink) { return sink.Write(content); }));
  }
  return kept;
}

}  // namespace kso::cli
