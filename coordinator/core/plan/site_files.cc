// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/site_files.h"

namespace kso::coordinator {

const std::string_view kNginxConfig =
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

  server {
    listen 8080;
    root /opt/k8s;
    # Clients may come through another host name or port.
    absolute_redirect off;

    location = / {
      return 302 /k8s/;
    }
    location = /k8s {
      return 302 /k8s/;
    }
    location /k8s/ {
      autoindex on;
      autoindex_exact_size off;
    }
    location = /health {
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

const std::string_view kRegistryConfig =
    R"(# Serves the images of a Kubespray release.
version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: /var/lib/registry
  cache:
    blobdescriptor: inmemory
  delete:
    enabled: false
http:
  addr: :5000
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

}  // namespace kso::coordinator
