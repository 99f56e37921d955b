#include "installer/plan/lan_web.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Only what the page uses may be loaded, from here only.
constexpr std::string_view k_headers =
    "    add_header Content-Security-Policy \"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\" always;\n"
    "    add_header X-Content-Type-Options nosniff always;\n    add_header Referrer-Policy no-referrer always;\n";

std::string listening(const PortalServer& server) {
  std::string text;
  for (const std::string& address : server.addresses) {
    text += cat("    listen ", address, ':', server.http_port, " default_server;\n    listen ", address, ':', server.https_port,
                " ssl default_server;\n");
  }
  return text;
}

}  // namespace

std::string portal_server_configuration(const PortalServer& server) {
  return cat(
      "user www-data;\nworker_processes 1;\npid /run/rootcellar-portal/nginx.pid;\nerror_log stderr warn;\nevents { worker_connections 256; }\nhttp {\n"
      "  access_log off;\n  server_tokens off;\n  default_type application/octet-stream;\n"
      "  types {\n    text/html html;\n    text/css css;\n    text/javascript js;\n    text/plain txt;\n    application/json json;\n"
      "    image/svg+xml svg;\n    application/x-x509-ca-cert crt;\n  }\n"
      "  charset utf-8;\n  charset_types text/html text/css text/javascript text/plain application/json;\n"
      "  client_body_temp_path /run/rootcellar-portal/body;\n  proxy_temp_path /run/rootcellar-portal/proxy;\n"
      "  fastcgi_temp_path /run/rootcellar-portal/fastcgi;\n  uwsgi_temp_path /run/rootcellar-portal/uwsgi;\n"
      "  scgi_temp_path /run/rootcellar-portal/scgi;\n  server {\n",
      listening(server), "    ssl_certificate ", server.certificate, ";\n    ssl_certificate_key ", server.key,
      ";\n    ssl_protocols TLSv1.2 TLSv1.3;\n    root ", server.folder, ";\n    index index.html;\n", k_headers,
      "    location = /health.json { root ", server.health_folder, "; }\n  }\n}\n");
}

}  // namespace rootcellar
