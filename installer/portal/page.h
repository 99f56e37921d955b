// The page that a person of the lab opens first: what this appliance is, where it leads, and the authority to trust.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rootcellar {

struct PortalLink {
  std::string title;
  std::string url;
  std::string text;  ///< one line of what is there
};

/// A date that somebody has to know of.
struct PortalDate {
  std::string what;
  std::string day;  ///< "2027-12-28"
};

/// How the site's https is trusted: by the authority made here, by one that devices know, or by one that the site has elsewhere.
enum class PortalTrust { own_authority, known_authority, site_authority };

struct PortalPage {
  std::string title;
  std::string domain;   ///< "lab.example"
  std::string address;  ///< numeric, of the first node
  std::vector<PortalLink> links;
  PortalTrust trust = PortalTrust::own_authority;
  std::string fingerprint;        ///< of an authority that devices are told of: SHA-256 as systems show it, "AB:CD:..."
  std::string fingerprint_words;  ///< the same in six words
  std::string hosts_lines;        ///< for machines that cannot ask the appliance's nameserver; empty: none are needed
  std::string nameserver;         ///< numeric; empty: the appliance has none
  bool zone = false;              ///< zone.txt lies beside it: another's nameserver may take it in
  std::string admin;              ///< whom to ask; empty: nobody said
  std::vector<PortalDate> dates;  ///< health.json has the same as they are today
  std::string bundle;             ///< "lab (cpu), serial 7"
  std::int64_t created = 0;
  std::vector<std::string> signers;  ///< "site (six words)"
};

/// As the page and health.json name the same date.
std::string certificate_date_name(std::string_view domain);

/// HTML with nothing of it from elsewhere: style, script and the drawing of the fingerprint lie beside it as page.css, health.js and
/// fingerprint.svg.
std::string portal_html(const PortalPage& page);
std::string_view portal_css();
std::string_view portal_script();

}  // namespace rootcellar
