# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets, which every compiler can run over their corpora."""

def fuzz_target(name, deps, runs = 2000, size = "small"):
    """Makes NAME_test, a regression test, and NAME_fuzz, a fuzzer for clang.

    The source is NAME_fuzz.cc, which defines LLVMFuzzerTestOneInput, and the
    corpus is the folder corpus/NAME.

    Args:
      name: the target's name.
      deps: the libraries that the source uses.
      runs: the inputs made of the corpus that the test runs besides it.
      size: the size of the test.
    """
    native.cc_library(
        name = name,
        testonly = True,
        srcs = [name + "_fuzz.cc"],
        alwayslink = True,
        deps = deps,
    )
    native.cc_test(
        name = name + "_test",
        size = size,
        args = [
            "--runs=%d" % runs,
            "tests/fuzz/corpus/" + name,
        ],
        data = native.glob(["corpus/" + name + "/*"]),
        deps = [
            ":" + name,
            ":replay",
        ],
    )

    # Only --config=fuzz has what it links with.
    native.cc_binary(
        name = name + "_fuzz",
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":" + name],
    )
