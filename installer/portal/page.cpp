#include "installer/portal/page.h"

#include "bundle/base/text.h"
#include "installer/portal/page_parts.h"

namespace rootcellar {
namespace {

/// As text and as an attribute's value in double quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string day(std::int64_t time) { return format_time(time).substr(0, 10); }

std::string head(const PortalPage& page) {
  return cat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      escaped(page.title), "</title>\n<link rel=\"stylesheet\" href=\"page.css\">\n<link rel=\"icon\" href=\"data:,\">\n</head>\n<body>\n",
      "<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n<h1>", escaped(page.title),
      "</h1>\n<p class=\"soft\">On this network at <b>", escaped(page.domain), "</b> (", escaped(page.address),
      "). It needs no internet.</p>\n",
      page.admin.empty() ? "" : cat("<p class=\"soft\">Whom to ask: <b>", escaped(page.admin), "</b></p>\n"), "</header>\n<main id=\"main\">\n");
}

std::string links(const PortalPage& page) {
  if (page.links.empty()) return {};
  std::string out = "<h2>Open</h2>\n<ul class=\"links\">\n";
  for (const PortalLink& link : page.links) {
    out += cat("<li><a class=\"open\" href=\"", escaped(link.url), "\">", escaped(link.title), "</a>",
               link.text.empty() ? "" : cat("<br><span class=\"soft\">", escaped(link.text), "</span>"), "</li>\n");
  }
  return out + "</ul>\n";
}

std::string trust(const PortalPage& page) {
  if (page.trust == PortalTrust::known_authority) {
    return "<h2>Trust</h2>\n<p>Its certificate is signed by an authority that browsers know: there is nothing to install.</p>\n";
  }
  const std::string_view signer = page.trust == PortalTrust::own_authority
                                      ? "an authority that was made here, for the names and addresses of this site only"
                                      : "an authority that this site has";
  return cat(
      "<h2>Trust it once</h2>\n"
      "<p>Its certificates are signed by ", signer, ". "
      "Until a device knows it, browsers warn.</p>\n"
      "<p><a class=\"open\" href=\"ca.crt\" download>Save the certificate: ca.crt</a></p>\n"
      "<div class=\"card\"><div class=\"print\">\n<img src=\"fingerprint.svg\" alt=\"QR code of the fingerprint below\">\n"
      "<div><h3>Fingerprint to compare</h3>\n<p class=\"words\">",
      escaped(page.fingerprint_words), "</p>\n<p><code class=\"fingerprint\">", escaped(page.fingerprint),
      "</code><br><span class=\"soft\">SHA-256. The person who set the appliance up saw the same words.</span></p></div>\n</div></div>\n",
      k_trust_html);
}

std::string names(const PortalPage& page) {
  if (page.nameserver.empty() && page.hosts_lines.empty() && !page.zone) return {};
  std::string out = "<h2>When the name is not found</h2>\n";
  if (!page.nameserver.empty()) {
    out += cat("<p>Enter <code>", escaped(page.nameserver), "</code> as nameserver (DNS) of this device's network. It knows the names of ",
               escaped(page.domain), " and no others.</p>\n");
  }
  if (!page.hosts_lines.empty()) {
    out += cat("<p>", page.nameserver.empty() ? "Add" : "Or add",
               " these lines to the file <code>/etc/hosts</code> (Windows: <code>C:\\Windows\\System32\\drivers\\etc\\hosts</code>).</p>\n<pre>",
               escaped(page.hosts_lines), "</pre>\n<p><a href=\"hosts.txt\" download>Save them: hosts.txt</a></p>\n");
  }
  if (page.zone) {
    out += cat("<p>Whoever runs this network's nameserver makes the name known to all: <a href=\"zone.txt\" download>zone.txt</a> has the records of ",
               escaped(page.domain), ".</p>\n");
  }
  return out;
}

std::string health() {
  return "<h2>How it is</h2>\n"
         "<p id=\"health-summary\" role=\"status\">The state of its parts is in <a href=\"health.json\">health.json</a>.</p>\n"
         "<table id=\"health-table\" hidden>\n<thead><tr><th scope=\"col\">part</th><th scope=\"col\">state</th><th scope=\"col\">what is "
         "seen</th></tr></thead>\n<tbody id=\"health-rows\"></tbody>\n</table>\n";
}

std::string dates(const PortalPage& page) {
  if (page.dates.empty()) return {};
  std::string out = "<h2>Good until</h2>\n<table>\n<thead><tr><th scope=\"col\">what</th><th scope=\"col\">until</th></tr></thead>\n<tbody id=\"dates-rows\">\n";
  for (const PortalDate& date : page.dates) {
    out += cat("<tr><td>", escaped(date.what), "</td><td><time>", escaped(date.day), "</time></td></tr>\n");
  }
  return out + "</tbody>\n</table>\n";
}

std::string crossed(const PortalPage& page) {
  return cat("<h2>What crossed</h2>\n<p>", escaped(page.bundle), ", made on <time datetime=\"", format_time(page.created), "\">",
             day(page.created), "</time>, signed by ", page.signers.empty() ? "nobody known" : escaped(join(page.signers, ", ")), ".</p>\n");
}

}  // namespace

std::string certificate_date_name(std::string_view domain) { return cat("the certificate of ", domain); }

std::string portal_html(const PortalPage& page) {
  return cat(head(page), links(page), trust(page), names(page), health(), dates(page), crossed(page),
             "</main>\n<script src=\"health.js\"></script>\n</body>\n</html>\n");
}

std::string_view portal_css() { return k_page_css; }
std::string_view portal_script() { return k_health_js; }

}  // namespace rootcellar
