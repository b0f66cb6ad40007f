# SPDX-License-Identifier: Apache-2.0
"""C++ from the project's .proto files, by Debian's protoc and gRPC plugin."""

def kso_proto_library(name, src, services = False, deps = [], visibility = None):
    """Makes cc_library NAME (messages) and, with services, NAME_grpc.

    Include as "proto/kso/v1/....pb.h" is not possible, since protoc writes its
    imports relative to //proto: include "kso/v1/....pb.h".

    Args:
      name: the library's name.
      src: the .proto file.
      services: whether it defines gRPC services.
      deps: the libraries of the .proto files that it imports.
      visibility: as in every rule.
    """
    base = src[:-len(".proto")]
    outs = [base + ".pb.h", base + ".pb.cc"]
    plugin = ""
    if services:
        outs += [base + ".grpc.pb.h", base + ".grpc.pb.cc"]
        plugin = "--plugin=protoc-gen-grpc=$$(command -v grpc_cpp_plugin) --grpc_out=$(RULEDIR)"
    native.genrule(
        name = name + "_generated",
        srcs = [":protos"],
        outs = outs,
        cmd = "protoc -Iproto --cpp_out=$(RULEDIR) " + plugin + " proto/" + src,
        message = "Generating C++ from",
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name,
        srcs = [base + ".pb.cc"],
        hdrs = [base + ".pb.h"],
        # Generated code is not held to the project's warnings.
        copts = ["-w"],
        includes = ["."],
        deps = deps + ["@debian//:protobuf"],
        visibility = visibility,
    )
    if services:
        native.cc_library(
            name = name + "_grpc",
            srcs = [base + ".grpc.pb.cc"],
            hdrs = [base + ".grpc.pb.h"],
            copts = ["-w"],
            includes = ["."],
            deps = deps + [":" + name, "@debian//:grpc"],
            visibility = visibility,
        )
