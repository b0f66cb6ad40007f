// SPDX-License-Identifier: Apache-2.0
#include "common/content/find_programs.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::content {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Elf(uint16_t machine, size_t size = 4096) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  std::string elf(reinterpret_cast<const char*>(&header), sizeof(header));
  elf.resize(size, 'x');
  return elf;
}

struct Entry {
  std::string path;
  std::string content;
  int mode = 0755;
};

using SetFormat = int (*)(struct archive*);
using AddFilter = int (*)(struct archive*);

la_ssize_t Append(struct archive*, void* text, const void* bytes, size_t size) {
  static_cast<std::string*>(text)->append(static_cast<const char*>(bytes),
                                          size);
  return static_cast<la_ssize_t>(size);
}

std::string Pack(const std::vector<Entry>& entries,
                 SetFormat format = archive_write_set_format_pax_restricted,
                 AddFilter filter = archive_write_add_filter_none) {
  std::string packed;
  struct archive* writer = archive_write_new();
  format(writer);
  filter(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  EXPECT_EQ(archive_write_open(writer, &packed, nullptr, Append, nullptr),
            ARCHIVE_OK);
  for (const Entry& entry : entries) {
    struct archive_entry* header = archive_entry_new();
    archive_entry_set_pathname(header, entry.path.c_str());
    archive_entry_set_filetype(header, AE_IFREG);
    archive_entry_set_perm(header, static_cast<mode_t>(entry.mode));
    archive_entry_set_size(header,
                           static_cast<la_int64_t>(entry.content.size()));
    EXPECT_EQ(archive_write_header(writer, header), ARCHIVE_OK);
    archive_write_data(writer, entry.content.data(), entry.content.size());
    archive_entry_free(header);
  }
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK);
  archive_write_free(writer);
  return packed;
}

std::string Gzip(const std::string& content) {
  return Pack({{"data", content}}, archive_write_set_format_raw,
              archive_write_add_filter_gzip);
}

v1::FileContent Find(const std::string& file, const SearchLimits& limits = {}) {
  const auto source = SourceOfString(file);
  const auto found = FindPrograms(*source, static_cast<int64_t>(file.size()),
                                  /*stop=*/{}, limits);
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? *found : v1::FileContent();
}

// "amd64 2/1 bin/ctr" for two programs, one of which may be executed.
std::vector<std::string> Words(const v1::FileContent& content) {
  std::vector<std::string> words;
  for (const v1::FoundPrograms& found : content.programs()) {
    words.push_back(found.architecture() + " " + std::to_string(found.count()) +
                    "/" + std::to_string(found.executables()) + " " +
                    found.example());
  }
  return words;
}

TEST(FindProgramsTest, KnowsAProgramByItsContent) {
  const v1::FileContent content = Find(Elf(EM_AARCH64, 3 << 20));
  EXPECT_THAT(Words(content), testing::ElementsAre("arm64 1/1 "));
  EXPECT_EQ(content.not_looked_at(), "");
}

TEST(FindProgramsTest, FindsNothingInTextAndInNothing) {
  for (const std::string file :
       {"", "a", "apiVersion: v1\nkind: ConfigMap\n", "#!/bin/sh\necho\n"}) {
    const v1::FileContent content = Find(file);
    EXPECT_THAT(content.programs(), IsEmpty());
    EXPECT_EQ(content.not_looked_at(), "");
  }
}

TEST(FindProgramsTest, LooksIntoEachKindOfArchive) {
  const std::vector<Entry> entries = {{"README.md", "read me"},
                                      {"bin/ctr", Elf(EM_X86_64)},
                                      {"bin/containerd", Elf(EM_X86_64)}};
  const std::vector<std::pair<SetFormat, AddFilter>> kinds = {
      {archive_write_set_format_pax_restricted, archive_write_add_filter_none},
      {archive_write_set_format_gnutar, archive_write_add_filter_gzip},
      {archive_write_set_format_ustar, archive_write_add_filter_xz},
      {archive_write_set_format_pax_restricted, archive_write_add_filter_zstd},
      {archive_write_set_format_pax_restricted, archive_write_add_filter_bzip2},
      {archive_write_set_format_zip, archive_write_add_filter_none},
      {archive_write_set_format_cpio_newc, archive_write_add_filter_gzip}};
  for (const auto& [format, filter] : kinds) {
    const v1::FileContent content = Find(Pack(entries, format, filter));
    EXPECT_THAT(Words(content), testing::ElementsAre("amd64 2/2 bin/ctr"));
    EXPECT_EQ(content.not_looked_at(), "");
  }
}

TEST(FindProgramsTest, TellsProgramsFromDataByTheirMode) {
  const v1::FileContent content =
      Find(Pack({{"share/firmware.img", Elf(EM_S390, 64), 0644},
                 {"lib/a.so", Elf(EM_AARCH64), 0644},
                 {"bin/qemu", Elf(EM_AARCH64), 0755}}));
  EXPECT_THAT(Words(content), testing::ElementsAre("arm64 2/1 bin/qemu"));
}

TEST(FindProgramsTest, NamesAProgramOfAnotherArchitectureAmongOthers) {
  const v1::FileContent content = Find(Pack(
      {{"bin/bridge", Elf(EM_AARCH64)},
       {"bin/dhcp", Elf(EM_X86_64)},
       {"bin/host-local", Elf(EM_AARCH64)}},
      archive_write_set_format_pax_restricted, archive_write_add_filter_gzip));
  EXPECT_THAT(Words(content), testing::ElementsAre("amd64 1/1 bin/dhcp",
                                                   "arm64 2/2 bin/bridge"));
}

TEST(FindProgramsTest, LooksIntoArchivesInArchives) {
  const std::string deb =
      Pack({{"debian-binary", "2.0\n"},
            {"data.tar.xz", Pack({{"usr/bin/runc", Elf(EM_AARCH64)}},
                                 archive_write_set_format_ustar,
                                 archive_write_add_filter_xz)}},
           archive_write_set_format_ar_svr4);
  EXPECT_THAT(Words(Find(deb)),
              testing::ElementsAre("arm64 1/1 data.tar.xz/usr/bin/runc"));

  const std::string file = Pack(
      {{"a.zip", Pack({{"x", Elf(EM_X86_64)}}, archive_write_set_format_zip)},
       {"kubectl.gz", Gzip(Elf(EM_AARCH64))},
       {"notes.gz", Gzip("notes")},
       {"after", Elf(EM_AARCH64)}});
  EXPECT_THAT(Words(Find(file)), testing::ElementsAre("amd64 1/1 a.zip/x",
                                                      "arm64 2/2 kubectl.gz"));
}

TEST(FindProgramsTest, KnowsACompressedProgram) {
  EXPECT_THAT(Words(Find(Gzip(Elf(EM_X86_64)))),
              testing::ElementsAre("amd64 1/1 "));
}

TEST(FindProgramsTest, GoesNoDeeperThanAllowedAndSaysSo) {
  std::string file = Elf(EM_X86_64);
  for (int i = 0; i < 6; ++i) file = Pack({{"in", file}});
  const v1::FileContent content = Find(file);
  EXPECT_THAT(content.programs(), IsEmpty());
  EXPECT_THAT(content.not_looked_at(),
              HasSubstr("in/in/in/in/in: it is in more than 4 archives"));
  EXPECT_THAT(Find(file, {.most_depth = 5}).programs(), SizeIs(1));
}

TEST(FindProgramsTest, EndsWhereAnArchiveGrowsBeyondReason) {
  const std::string bomb = Pack({{"bin/ctr", Elf(EM_X86_64)},
                                 {"zeros", std::string(64 << 20, '\0')},
                                 {"bin/late", Elf(EM_AARCH64)}},
                                archive_write_set_format_pax_restricted,
                                archive_write_add_filter_gzip);
  const v1::FileContent content =
      Find(bomb, {.bytes = 1 << 20, .expansion = 10});
  EXPECT_THAT(Words(content), testing::ElementsAre("amd64 1/1 bin/ctr"));
  EXPECT_THAT(content.not_looked_at(), HasSubstr("more in it than a sensible"));
  // The same in an archive, where each level counts.
  const v1::FileContent outer =
      Find(Pack({{"in.tgz", bomb}}), {.bytes = 1 << 20, .expansion = 10});
  EXPECT_THAT(outer.not_looked_at(), HasSubstr("in.tgz: it has more"));
  EXPECT_THAT(
      Find(Pack({{"a", "a"}, {"b", "b"}}), {.most_files = 1}).not_looked_at(),
      HasSubstr("more in it"));
}

TEST(FindProgramsTest, WhatIsJustWithinReasonIsRead) {
  const std::string two = Pack({{"a", "a"}, {"b", "b"}});
  EXPECT_EQ(Find(two, {.most_files = 2}).not_looked_at(), "");
  EXPECT_EQ(Find(two, {.bytes = 2, .expansion = 0}).not_looked_at(), "");
  EXPECT_THAT(Find(two, {.bytes = 1, .expansion = 0}).not_looked_at(),
              HasSubstr("more in it"));
}

TEST(FindProgramsTest, LeavesTheRestOfASlowArchiveAloneOnceThereArePrograms) {
  const std::vector<Entry> entries = {{"bin/qemu", Elf(EM_AARCH64)},
                                      {"data", std::string(1 << 20, 'x')},
                                      {"bin/late", Elf(EM_X86_64)}};
  const SearchLimits limits = {.slow_bytes = 64 << 10};
  const auto with = [&](AddFilter filter) {
    return Find(Pack(entries, archive_write_set_format_pax_restricted, filter),
                limits);
  };
  const v1::FileContent slow = with(archive_write_add_filter_xz);
  EXPECT_THAT(Words(slow), testing::ElementsAre("arm64 1/1 bin/qemu"));
  EXPECT_TRUE(slow.only_beginning());
  EXPECT_EQ(slow.not_looked_at(), "");
  EXPECT_THAT(with(archive_write_add_filter_gzip).programs(), SizeIs(2));
  EXPECT_FALSE(with(archive_write_add_filter_gzip).only_beginning());
  // One without programs at its beginning is searched on.
  const v1::FileContent late =
      Find(Pack({entries[1], entries[2], entries[0]},
                archive_write_set_format_pax_restricted,
                archive_write_add_filter_xz),
           limits);
  EXPECT_THAT(Words(late), testing::ElementsAre("amd64 1/1 bin/late"));
}

TEST(FindProgramsTest, TellsOfWhatIsDamagedAndReadsTheRest) {
  std::string damaged = Pack({{"x", Elf(EM_X86_64, 1 << 20)}},
                             archive_write_set_format_pax_restricted,
                             archive_write_add_filter_gzip);
  damaged.resize(damaged.size() / 2);
  const v1::FileContent content =
      Find(Pack({{"broken.tgz", damaged}, {"bin/ctr", Elf(EM_AARCH64)}}));
  EXPECT_THAT(content.not_looked_at(), HasSubstr("broken.tgz: "));
  EXPECT_THAT(Words(content), testing::Contains("arm64 1/1 bin/ctr"));
  EXPECT_NE(Find(damaged).not_looked_at(), "");
}

TEST(FindProgramsTest, ShowsNamesAsText) {
  const v1::FileContent content =
      Find(Pack({{std::string("bin/\x1b[2J\xff") + std::string(4000, 'a'),
                  Elf(EM_X86_64)}},
                archive_write_set_format_gnutar));
  ASSERT_THAT(content.programs(), SizeIs(1));
  EXPECT_LT(content.programs(0).example().size(), 300u);
  EXPECT_EQ(content.programs(0).example().find('\x1b'), std::string::npos);
  v1::FileContent read;
  EXPECT_TRUE(read.ParseFromString(content.SerializeAsString()));
}

TEST(FindProgramsTest, ReadsOfAFileThatIsNoArchiveOnlyTheBeginning) {
  class Counting : public ByteSource {
   public:
    absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
      ++reads;
      if (reads > 1) std::memset(buffer, 'x', size);
      if (reads == 1) std::memcpy(buffer, Elf(EM_X86_64, size).data(), size);
      return size;
    }
    int reads = 0;
  };
  Counting endless;
  const auto found = FindPrograms(endless, 1 << 20);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->programs(), SizeIs(1));
  EXPECT_LT(endless.reads, 4);
}

TEST(FindProgramsTest, ReturnsWhatTheFileItselfFailsWith) {
  class Rotten : public ByteSource {
   public:
    absl::StatusOr<size_t> Read(char*, size_t) override {
      return absl::DataLossError("the blob has rotted");
    }
  };
  Rotten rotten;
  EXPECT_TRUE(absl::IsDataLoss(FindPrograms(rotten, 10).status()));
}

TEST(FindProgramsTest, StopsWhenNobodyWaits) {
  std::stop_source stop;
  stop.request_stop();
  const std::string file = Elf(EM_X86_64);
  const auto source = SourceOfString(file);
  EXPECT_TRUE(
      absl::IsCancelled(FindPrograms(*source, 10, stop.get_token()).status()));
}

}  // namespace
}  // namespace kso::content
