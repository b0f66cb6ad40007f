// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_TAR_LAYERS_H_
#define KSO_TESTS_FAKES_TAR_LAYERS_H_

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace kso::testing {

// An entry of a layer's tar, which need not be a sane one.
struct TarEntry {
  std::string path;
  std::string content = "";
  int mode = 0644;
  // As in libarchive: AE_IFREG, AE_IFDIR, ...
  unsigned type = AE_IFREG;
  // Of a symbolic link.
  std::string target = "";
  std::string hard_link = "";
  std::pair<std::string, std::string> xattr = {};
  int uid = 0;
};

inline TarEntry Directory(std::string path, int mode = 0755) {
  return {.path = std::move(path), .mode = mode, .type = AE_IFDIR};
}
inline TarEntry File(std::string path, std::string content) {
  return {.path = std::move(path), .content = std::move(content)};
}
inline TarEntry Link(std::string path, std::string target) {
  return {.path = std::move(path),
          .mode = 0777,
          .type = AE_IFLNK,
          .target = std::move(target)};
}
inline TarEntry HardLink(std::string path, std::string to) {
  return {.path = std::move(path), .hard_link = std::move(to)};
}

// Writes layers with whatever paths a test likes. `filter` is one of
// libarchive's, such as archive_write_add_filter_gzip.
class LayerBytes {
 public:
  explicit LayerBytes(std::initializer_list<TarEntry> entries,
                      int (*filter)(struct archive*) = nullptr)
      : LayerBytes(std::vector<TarEntry>(entries), filter) {}
  explicit LayerBytes(const std::vector<TarEntry>& entries,
                      int (*filter)(struct archive*) = nullptr) {
    Write(archive_write_set_format_pax, filter, entries);
  }

  // `content` itself, compressed, whatever it is.
  LayerBytes(std::string content, int (*filter)(struct archive*)) {
    Write(archive_write_set_format_raw, filter,
          {{.path = "content", .content = std::move(content)}});
  }

  const std::string& bytes() const { return bytes_; }

 private:
  static la_ssize_t OnWrite(struct archive*, void* self, const void* data,
                            size_t size) {
    static_cast<LayerBytes*>(self)->bytes_.append(
        static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }

  void Write(int (*format)(struct archive*), int (*filter)(struct archive*),
             const std::vector<TarEntry>& entries) {
    struct archive* writer = archive_write_new();
    format(writer);
    if (filter != nullptr) filter(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open(writer, this, nullptr, &LayerBytes::OnWrite, nullptr);
    for (const TarEntry& entry : entries) Add(writer, entry);
    archive_write_close(writer);
    archive_write_free(writer);
  }

  static void Add(struct archive* writer, const TarEntry& wanted) {
    struct archive_entry* entry = archive_entry_new();
    // As UTF-8, whatever the locale of the test.
    archive_entry_set_pathname_utf8(entry, wanted.path.c_str());
    archive_entry_copy_pathname(entry, wanted.path.c_str());
    archive_entry_set_filetype(entry, wanted.type);
    archive_entry_set_perm(entry, static_cast<mode_t>(wanted.mode));
    archive_entry_set_uid(entry, wanted.uid);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, 1700000000, 0);
    archive_entry_set_size(entry, static_cast<int64_t>(wanted.content.size()));
    if (!wanted.target.empty()) {
      archive_entry_copy_symlink(entry, wanted.target.c_str());
    }
    if (!wanted.hard_link.empty()) {
      archive_entry_copy_hardlink(entry, wanted.hard_link.c_str());
    }
    if (!wanted.xattr.first.empty()) {
      archive_entry_xattr_add_entry(entry, wanted.xattr.first.c_str(),
                                    wanted.xattr.second.data(),
                                    wanted.xattr.second.size());
    }
    EXPECT_GE(archive_write_header(writer, entry), ARCHIVE_WARN)
        << archive_error_string(writer);
    archive_write_data(writer, wanted.content.data(), wanted.content.size());
    archive_entry_free(entry);
  }

  std::string bytes_;
};

inline std::string ContentOf(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

// The regular files of a layer, compressed or not, by their paths.
inline std::map<std::string, std::string> FilesOfTar(const std::string& layer) {
  std::map<std::string, std::string> files;
  struct archive* reader = archive_read_new();
  archive_read_support_filter_all(reader);
  archive_read_support_format_tar(reader);
  EXPECT_EQ(archive_read_open_memory(reader, layer.data(), layer.size()),
            ARCHIVE_OK);
  struct archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    std::string content(static_cast<size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(reader, content.data(), content.size()),
              static_cast<la_ssize_t>(content.size()));
    files[archive_entry_pathname(entry)] = std::move(content);
  }
  archive_read_free(reader);
  return files;
}

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_TAR_LAYERS_H_
