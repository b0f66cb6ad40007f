// SPDX-License-Identifier: Apache-2.0
// kso-upstream: a stand-in for the internet. Serves every file and image of a
// release's lists over real HTTP, with the habits of the real hosts.

#include <CLI/CLI.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/upstream/make_catalog.h"
#include "tests/upstream/odd_image.h"
#include "tests/upstream/program.h"
#include "tests/upstream/release_writer.h"
#include "tests/upstream/upstream_server.h"

namespace kso::upstream {
namespace {

constexpr char kProgram[] = "kso-upstream";

struct Flags {
  std::string release;
  std::string data_dir;
  CatalogOptions catalog;
  UpstreamServer::Options server;
  int64_t token_seconds = 300;
  std::string ready_file;
  std::string write_release;
  std::string destination = "docker://registry.example.com/team";
  int64_t pull_window_seconds = 21600;
  std::map<FaultKind, std::vector<std::string>> faults;
  std::vector<std::string> odd_images;
};

// Each is for URLs, images and digests that have the substring, the first
// TIMES times where that is given.
void DescribeFaults(CLI::App& app, Flags& flags) {
  const auto add = [&](const char* name, FaultKind kind, const char* help) {
    app.add_option(name, flags.faults[kind], help);
  };
  add("--fail-url", FaultKind::kFail,
      "SUBSTRING=STATUS[/RETRY][*TIMES]: answer with that status when the URL, "
      "image or digest has the substring; RETRY is the Retry-After: seconds, "
      "dSECONDS for a date, - for none; repeatable, as all that follow");
  add("--cut-url", FaultKind::kCut,
      "SUBSTRING=BYTES[*TIMES]: close the connection after that many bytes of "
      "a body");
  add("--drip-url", FaultKind::kDrip,
      "SUBSTRING=RATE[*TIMES]: send that many bytes a second");
  add("--shorten-url", FaultKind::kShorten,
      "SUBSTRING=BYTES[*TIMES]: send only so many bytes, as if that were all");
  add("--lengthen-url", FaultKind::kLengthen,
      "SUBSTRING=BYTES[*TIMES]: announce so many bytes more than come");
  add("--corrupt-url", FaultKind::kCorrupt,
      "SUBSTRING=PLACE[*TIMES]: change the byte at that place");
  add("--redirect-url", FaultKind::kRedirect,
      "SUBSTRING=PORT[/HOST][*TIMES]: redirect to that port of HOST, or of "
      "this "
      "host; 0 redirects to the same place for ever");
  add("--header-url", FaultKind::kHeader,
      "SUBSTRING=1/NAME:VALUE[*TIMES]: set that header, of which %XX is the "
      "byte XX: bytes that are no text, numbers at the edges, other types");
  add("--body-url", FaultKind::kBody,
      "SUBSTRING=STATUS/html|nested|bytes[*TIMES]: answer with that status and "
      "a page, 200000 brackets, or bytes that are no text");
  add("--delay-url", FaultKind::kDelay,
      "SUBSTRING=MILLISECONDS[*TIMES]: be silent before the first byte");
  add("--size-url", FaultKind::kSize,
      "SUBSTRING=BYTES[*TIMES]: say that it has that many bytes");
  add("--endless-url", FaultKind::kEndless,
      "SUBSTRING=1[*TIMES]: send the body again and again, without end");
  add("--head-missing", FaultKind::kHeadMissing,
      "SUBSTRING=1: answer HEAD of a manifest with 404 until somebody has "
      "asked GET");
  add("--realm-elsewhere", FaultKind::kRealmElsewhere,
      "SUBSTRING=1: name a token service on another port of this host");
}

void Describe(CLI::App& app, Flags& flags) {
  app.add_option("--release", flags.release,
                 "release directory whose lists to answer for")
      ->required();
  app.add_option("--data-dir", flags.data_dir,
                 "where content is made and kept for the next start")
      ->required();
  app.add_option("--bases", flags.catalog.bases,
                 "where make-bases wrote; without it the bases do not run");
  app.add_option("--size-factor", flags.catalog.size_factor,
                 "0.002 is some 20 MB in all, 1 the real sizes, some 10 GB")
      ->capture_default_str();
  app.add_option("--listen", flags.server.host, "address to listen on")
      ->capture_default_str();
  app.add_option("--port", flags.server.port, "main port; 0 takes any")
      ->capture_default_str();
  app.add_option("--ready-file", flags.ready_file,
                 "written once everything answers: JSON with the addresses");
  app.add_option("--write-release", flags.write_release,
                 "write a release directory for this upstream there");
  app.add_option("--destination", flags.destination,
                 "the destination in that release")
      ->capture_default_str();
  app.add_option("--token-seconds", flags.token_seconds,
                 "how long a registry token lasts")
      ->capture_default_str();
  app.add_option("--bandwidth", flags.server.bytes_per_second,
                 "bytes a second of each response; 0 is unlimited")
      ->capture_default_str();
  app.add_option("--pull-limit", flags.server.pull_limit,
                 "GETs of manifests in each window before 429, told in "
                 "ratelimit-* headers; 0 is unlimited")
      ->capture_default_str();
  app.add_option("--pull-window", flags.pull_window_seconds,
                 "seconds of that window")
      ->capture_default_str();
  DescribeFaults(app, flags);
  app.add_option("--odd-image", flags.odd_images,
                 "REFERENCE=KIND: that image of the list is odd: schema1, "
                 "no-platform, v2-first, child-size, child-type, huge-layer, "
                 "nested-config, twice, big, swapped, byte-mark, nul-end, "
                 "odd-note, inner-index or deep-index; repeatable");
  app.add_option("--drop-platform", flags.catalog.dropped_platforms,
                 "REFERENCE=OS/ARCHITECTURE: that image lacks it; repeatable");
}

absl::Status Run(Flags& flags) {
  auto faults = std::make_unique<Faults>();
  for (const auto& [kind, texts] : flags.faults) {
    for (const std::string& text : texts) {
      if (absl::Status added = faults->Add(kind, text); !added.ok()) {
        return added;
      }
    }
  }
  const auto release = ReadRelease(flags.release);
  if (!release.ok()) return release.status();
  const auto store = ObjectStore::Open(flags.data_dir);
  if (!store.ok()) return store.status();
  flags.catalog.verbose = true;
  auto catalog = MakeCatalog(*store, *release, flags.catalog);
  if (!catalog.ok()) return catalog.status();
  for (const std::string& odd : flags.odd_images) {
    const absl::Status made = MakeOdd(*store, odd, *catalog);
    if (!made.ok()) return made;
  }

  // Making content may take minutes and must stay interruptible until here.
  BlockStopSignals();
  flags.server.pull_window = absl::Seconds(flags.pull_window_seconds);
  flags.server.token_lifetime = absl::Seconds(flags.token_seconds);
  const auto server = UpstreamServer::Start(flags.server, *std::move(catalog),
                                            std::move(faults));
  if (!server.ok()) return server.status();
  if (!flags.write_release.empty()) {
    const absl::Status written =
        WriteRelease(*release, (*server)->catalog(), (*server)->main_address(),
                     flags.destination, flags.write_release);
    if (!written.ok()) return written;
  }
  const nlohmann::json ready = {{"main", (*server)->main_address()},
                                {"cdn", (*server)->cdn_address()},
                                {"blobs", (*server)->blob_address()}};
  return ServeUntilStopped(kProgram, flags.ready_file, ready.dump());
}

}  // namespace
}  // namespace kso::upstream

int main(int argc, char** argv) {
  CLI::App app("A stand-in for the internet: serves a release's lists.");
  kso::upstream::Flags flags;
  kso::upstream::Describe(app, flags);
  return kso::upstream::RunProgram(kso::upstream::kProgram, app, argc, argv,
                                   [&] { return kso::upstream::Run(flags); });
}
