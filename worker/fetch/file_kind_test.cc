// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/file_kind.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

using std::string_literals::operator""s;

TEST(FileKindTest, APageIsNoFile) {
  for (const std::string page :
       {"<!DOCTYPE html>", "<!doctype HTML PUBLIC", "\n\n <html lang=en>",
        "\xEF\xBB\xBF<HTML>", "<!-- login -->\n<html>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC>"}) {
    EXPECT_EQ(KindDisagreement("https://h/a.tar.gz", page),
              "an HTML page, not a gzip archive");
    EXPECT_EQ(KindDisagreement("https://h/kubelet", page),
              "an HTML page, not a file of that name");
    EXPECT_EQ(KindDisagreement("https://h/a.yml", page),
              "an HTML page, not a file of that name");
    EXPECT_EQ(KindDisagreement("https://h/a.html", page), "");
    EXPECT_EQ(KindDisagreement("https://h/A.HTM", page), "");
  }
  EXPECT_EQ(KindDisagreement("https://h/kubelet",
                             "<?xml version=\"1.0\"?>\n<Error><Code>x"),
            "an XML error, not a file of that name");
}

TEST(FileKindTest, AnArchiveBeginsAsItsNameSays) {
  // A header of the oldest dialect: a name, a checksum, and nothing else.
  std::string tar(512, '\0');
  tar.replace(0, 4, "name");
  tar.replace(148, 8,
              absl::StrFormat("%06o", 'n' + 'a' + 'm' + 'e' + 8 * ' ') +
                  std::string("\0 ", 2));
  for (const auto& [name, beginning] :
       std::vector<std::pair<std::string, std::string>>{
           {"a.tar.gz", "\x1f\x8b\x08"},
           {"a.TGZ", "\x1f\x8b\x08"},
           {"a.tar.xz",
            "\xfd"
            "7zXZ\0\0"s},
           {"a.zst", "\x28\xb5\x2f\xfd"},
           {"a.tar.bz2", "BZh9"},
           {"a.zip", "PK\x03\x04"},
           {"a.tar", tar},
           {"a.deb", "!<arch>\ndebian"},
           {"a.rpm", "\xed\xab\xee\xdb"}}) {
    EXPECT_EQ(KindDisagreement("https://h/" + name, beginning), "") << name;
    EXPECT_NE(KindDisagreement("https://h/" + name, ""), "") << name;
    EXPECT_NE(KindDisagreement("https://h/" + name,
                               "\x7f"
                               "ELF"),
              "")
        << name;
    EXPECT_NE(KindDisagreement("https://h/" + name, "{\"error\":1}"), "")
        << name;
  }
  EXPECT_EQ(KindDisagreement("https://h/a.gz", ""),
            "nothing, not a gzip archive");
}

TEST(FileKindTest, AnArchiveOfTarHasARightChecksumOrNoMembers) {
  const auto is_tar = [](const std::string& beginning) {
    return KindDisagreement("https://h/a.tar", beginning).empty();
  };
  // A name whose checksum has the digits at both ends of the octal ones.
  std::string tar(512, '\0');
  tar.replace(0, 3, "hhh");
  tar.replace(148, 8, "001070\0 "s);
  EXPECT_TRUE(is_tar(tar));
  EXPECT_TRUE(is_tar(tar + "its content"));
  EXPECT_FALSE(is_tar(tar.substr(0, 511)));
  tar.replace(148, 8, "001071\0 "s);
  EXPECT_FALSE(is_tar(tar));
  EXPECT_TRUE(is_tar(std::string(512, '\0')));
  EXPECT_TRUE(is_tar(std::string(1024, '\0')));
  EXPECT_FALSE(is_tar(std::string(511, '\0')));
}

TEST(FileKindTest, AQueryIsNotOfTheName) {
  for (const char* url :
       {"https://h/a.tgz?raw=true", "https://h/a.tgz#top",
        "https://h/a.tgz?file=b.html", "https://h/a.tgz?x=1#y.zip"}) {
    EXPECT_EQ(KindDisagreement(url, "\x1f\x8b\x08"), "") << url;
    EXPECT_EQ(KindDisagreement(url, "<html>"),
              "an HTML page, not a gzip archive")
        << url;
  }
  EXPECT_EQ(KindDisagreement("https://h/kubelet?format=a.tgz", "\177ELF"), "");
}

TEST(FileKindTest, NothingIsNoFile) {
  EXPECT_EQ(KindDisagreement("https://h/kubelet", ""), "nothing, not a file");
  EXPECT_EQ(KindDisagreement("https://h/a.html", ""), "nothing, not a file");
}

TEST(FileKindTest, NamesOfCompressedFilesAreKnown) {
  for (const char* name : {"a.tgz", "a.tar.gz", "A.GZ", "a.xz", "a.txz",
                           "a.zst", "a.tzst?x", "a.bz2", "a.tbz2", "a.tbz"}) {
    EXPECT_TRUE(IsCompressedName(name)) << name;
  }
  for (const char* name :
       {"a", "a.zip", "a.tar", "a.deb", "a.rpm", "a.gz.sig"}) {
    EXPECT_FALSE(IsCompressedName(name)) << name;
  }
}

TEST(FileKindTest, OtherNamesSayNothing) {
  for (const char* beginning :
       {"\177ELF", "#!/bin/sh", "{}", "<svg>", "htmlx", "<",
        "<!-- a comment without an end <html>", "<?xml <html>"}) {
    EXPECT_EQ(KindDisagreement("https://h/kubelet", beginning), "");
    EXPECT_EQ(KindDisagreement("https://h/a.yml", beginning), "");
  }
}

}  // namespace
}  // namespace kso::worker
