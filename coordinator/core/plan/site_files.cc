// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/site_files.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/site.h"

namespace kso::coordinator {
namespace {

// In both texts @WORD@ stands for one of the constants of common/site.h.
constexpr char kNginxConfig[] =
    R"(# Serves the files of a Kubespray release.
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;

events {
  worker_connections 1024;
}

http {
  types {
    text/html html;
    text/plain txt list sha256 yml yaml;
    application/json json;
  }
  default_type application/octet-stream;

  access_log /dev/stdout;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65;

  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  # A file's ETag is made of its time and size, and its time follows from its
  # content. That time is no date, so it is not told as Last-Modified, and only
  # the ETag is a validator.
  etag on;
  add_header Last-Modified "";
  if_modified_since off;

  server {
    listen @FILES_PORT@;
    # Where the kernel has no IPv6, this directory is not there, the pattern
    # matches nothing, and nginx starts all the same.
    include /proc/sys/net/ipv6/conf/../../../../../@IPV6_PATTERN@;
    root @FILES_ROOT@;
    # Clients may come through another host name or port.
    absolute_redirect off;

    location = / {
      return 302 /@PREFIX@;
    }
    location = /@PREFIX_NAME@ {
      return 302 /@PREFIX@;
    }
    location /@PREFIX@ {
      # A directory is a listing, also where it has a file of a page's name.
      index .none;
      autoindex on;
      autoindex_exact_size off;
    }
    location = /@PREFIX@@SUMS@ {
      default_type text/plain;
    }
    location = @HEALTH@ {
      access_log off;
      default_type text/plain;
      return 200 "ok\n";
    }
    location / {
      return 404;
    }
  }
}
)";

constexpr char kNginxIpv6Config[] =
    R"(# Read by nginx.conf where the kernel has IPv6.
listen [::]:@FILES_PORT@;
)";

constexpr char kRegistryConfig[] =
    R"(# Serves the images of a Kubespray release.
version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: @IMAGES_ROOT@
  cache:
    blobdescriptor: inmemory
  delete:
    enabled: false
  # What is pushed here would be lost with the container, so nothing is taken.
  maintenance:
    readonly:
      enabled: true
http:
  addr: :@IMAGES_PORT@
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
# Indexes are kept as upstream published them, and name platforms that are not
# here.
validation:
  manifests:
    indexes:
      platforms: none
)";

std::string WithSite(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"@FILES_PORT@", absl::StrCat(site::kFilesPort)},
             {"@FILES_ROOT@", ToAbsl(site::kFilesRoot)},
             {"@HEALTH@", ToAbsl(site::kHealthPath)},
             // nginx takes a name with a star for a pattern, which need not
             // match.
             {"@IPV6_PATTERN@", Concat(kNginxIpv6ConfigPath, "*")},
             {"@IMAGES_PORT@", absl::StrCat(site::kImagesPort)},
             {"@IMAGES_ROOT@", ToAbsl(site::kImagesRoot)},
             {"@PREFIX@", ToAbsl(site::kPrefix)},
             {"@SUMS@", ToAbsl(site::kSumsFile)},
             {"@PREFIX_NAME@",
              ToAbsl(site::kPrefix.substr(0, site::kPrefix.size() - 1))}});
}

}  // namespace

std::string NginxConfig() { return WithSite(kNginxConfig); }

std::string NginxIpv6Config() { return WithSite(kNginxIpv6Config); }

std::string RegistryConfig() { return WithSite(kRegistryConfig); }

}  // namespace kso::coordinator
