// SPDX-License-Identifier: Apache-2.0
// kso-history [SEED [independent]]: what thirty releases cost, one after the
// other, as docs/benchmarks.md explains. Run it in a checkout of kso.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/history/simulate.h"

int main(int argc, char** argv) {
  const uint32_t seed = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1;
  const bool together = argc < 3 || std::string_view(argv[2]) != "independent";
  constexpr double kMebibyte = 1 << 20;
  std::printf(
      "release       files images  changed   pushed  ratio   dead  layers: "
      "files images\n");
  std::printf("                               MiB      MiB              %%\n");
  double pushed = 0;
  double changed = 0;
  int number = 0;
  for (const auto& release :
       kso::testing::SimulateHistory(30, seed, together)) {
    pushed += release.pushed;
    changed += release.changed;
    const char* kind = number == 0     ? "first"
                       : release.minor ? "minor"
                                       : "patch";
    std::printf("%2d %-10s %5d %6d %8.0f %8.0f %6.3f %6.1f %14d %6d\n",
                number++, kind, release.files_changed, release.images_changed,
                release.changed / kMebibyte, release.pushed / kMebibyte,
                release.changed == 0
                    ? 0
                    : static_cast<double>(release.pushed) / release.changed,
                100.0 * release.dead / (release.wanted + release.dead),
                release.file_layers, release.image_layers);
  }
  if (changed == 0) {
    std::fprintf(stderr, "kso-history: run it in a checkout of kso\n");
    return EXIT_FAILURE;
  }
  std::printf("all                        %8.0f %8.0f %6.3f\n",
              changed / kMebibyte, pushed / kMebibyte, pushed / changed);
}
