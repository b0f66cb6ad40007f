// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/release_writer.h"

#include <yaml-cpp/yaml.h>

#include <exception>
#include <filesystem>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/upstream/write_file.h"

namespace kso::upstream {
namespace {

namespace fs = std::filesystem;

constexpr char kChecksums[] = "files.sha256";

// Every fifteenth of the 44: three, of different hosts.
bool LeavesChecksumOut(size_t index) { return index % 15 == 9; }

std::string Checksums(const Release& release, const Catalog& catalog) {
  std::string text;
  for (size_t i = 0; i < release.files.size(); ++i) {
    if (LeavesChecksumOut(i)) continue;
    const std::string& url = release.files[i];
    absl::StrAppend(&text, catalog.files.at(url).sha256, "  ", url, "\n");
  }
  return text;
}

std::string ExpectedFiles(const Release& release, const Catalog& catalog) {
  std::string text;
  for (const std::string& url : release.files) {
    const Object& file = catalog.files.at(url);
    absl::StrAppend(&text, file.sha256, "  ", file.size, "  ", url, "\n");
  }
  return text;
}

std::string ExpectedImages(const Release& release, const Catalog& catalog) {
  std::string text;
  for (const std::string& reference : release.images) {
    for (const ExpectedImage& image : catalog.expected_images) {
      if (image.reference != reference) continue;
      absl::StrAppend(&text, image.digest, "  ", reference, "  ",
                      absl::StrJoin(image.platforms, ","), "\n");
    }
  }
  return text;
}

YAML::Node Mirrors(const Release& release, const std::string& main_address) {
  std::set<std::string> file_hosts;
  for (const std::string& url : release.files) file_hosts.insert(HostOf(url));
  std::set<std::string> registries = {HostOf(release.files_base),
                                      HostOf(release.images_base)};
  for (const std::string& image : release.images) {
    registries.insert(HostOf(image));
  }
  YAML::Node mirrors;
  for (const std::string& host : file_hosts) {
    YAML::Node mirror;
    mirror["prefix"] = absl::StrCat("https://", host, "/");
    mirror["location"] = absl::StrCat("http://", main_address, "/", host, "/");
    mirrors.push_back(mirror);
  }
  for (const std::string& host : registries) {
    YAML::Node mirror;
    mirror["prefix"] = absl::StrCat(host, "/");
    mirror["location"] = absl::StrCat(main_address, "/", host, "/");
    mirror["insecure"] = true;
    mirrors.push_back(mirror);
  }
  return mirrors;
}

// yaml-cpp reports by exceptions; the caller turns them into a status.
std::string Yaml(const Release& release, const std::string& main_address,
                 const std::string& destination) {
  YAML::Node yaml = YAML::LoadFile(release.directory + "/release.yaml");
  YAML::Node checksums;
  checksums.push_back(std::string(kChecksums));
  yaml["files"]["checksums"] = checksums;
  yaml["destination"] = destination;
  yaml["mirrors"] = Mirrors(release, main_address);
  YAML::Emitter emitter;
  emitter << yaml;
  return absl::StrCat(emitter.c_str(), "\n");
}

absl::Status CopyLists(const Release& release, const std::string& directory) {
  std::vector<std::string> lists = {release.image_list};
  for (const auto& [architecture, list] : release.file_lists) {
    lists.push_back(list);
  }
  for (const std::string& list : lists) {
    std::error_code error;
    fs::copy_file(absl::StrCat(release.directory, "/", list),
                  absl::StrCat(directory, "/", list),
                  fs::copy_options::overwrite_existing, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat(directory, "/", list, ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteRelease(const Release& release, const Catalog& catalog,
                          const std::string& main_address,
                          const std::string& destination,
                          const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(directory, ": ", error.message()));
  }
  std::string yaml;
  try {
    yaml = Yaml(release, main_address, destination);
  } catch (const std::exception& failure) {
    return absl::InvalidArgumentError(
        absl::StrCat(release.directory, "/release.yaml: ", failure.what()));
  }
  absl::Status status = CopyLists(release, directory);
  status.Update(WriteFileAtomically(absl::StrCat(directory, "/", kChecksums),
                                    Checksums(release, catalog)));
  status.Update(WriteFileAtomically(directory + "/expected-files.txt",
                                    ExpectedFiles(release, catalog)));
  status.Update(WriteFileAtomically(directory + "/expected-images.txt",
                                    ExpectedImages(release, catalog)));
  // Last: who finds it finds the rest.
  status.Update(WriteFileAtomically(directory + "/release.yaml", yaml));
  return status;
}

}  // namespace kso::upstream
