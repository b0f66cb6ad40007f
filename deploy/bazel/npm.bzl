# SPDX-License-Identifier: Apache-2.0
"""Packages of npm as Bazel targets, as a package-lock.json pins them."""

def _npm_packages_impl(repository_ctx):
    # The lock names no registry, so npm asks the one that its user has set.
    for label in [repository_ctx.attr.package, repository_ctx.attr.lock]:
        repository_ctx.file(label.name, repository_ctx.read(label), executable = False)
    npm = repository_ctx.which("npm")
    if not npm:
        fail("npm is missing; run `deploy/setup build` as root")
    result = repository_ctx.execute([
        npm,
        "ci",
        "--ignore-scripts",
        "--include=dev",
        "--include=optional",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ])
    if result.return_code != 0:
        fail(("npm cannot install what %s pins; it needs a registry once, see " +
              "`npm config get registry`: %s%s") % (
            repository_ctx.attr.lock,
            result.stdout,
            result.stderr,
        ))
    repository_ctx.file("BUILD.bazel", repository_ctx.attr.build, executable = False)

npm_packages = repository_rule(
    implementation = _npm_packages_impl,
    attrs = {
        "build": attr.string(
            doc = "The repository's BUILD.bazel; packages are in node_modules.",
            mandatory = True,
        ),
        "lock": attr.label(allow_single_file = True, mandatory = True),
        "package": attr.label(allow_single_file = True, mandatory = True),
    },
)
