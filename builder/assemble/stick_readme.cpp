#include "builder/assemble/stage.h"

#include <algorithm>

#include "bundle/base/text.h"

namespace rootcellar {

namespace {

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

std::string day(std::int64_t time) { return format_time(time).substr(0, 10); }

std::string title(const Header& header, const std::vector<std::string>& key_ids) {
  const std::string name = bundle_name(header);
  return cat(name, "\n", std::string(name.size(), '='), "\n\n",                                                            //
             "volumes       ", header.volumes, "   ", volume_file_name(header, 1), " and on, on one or several sticks\n",  //
             "made          ", day(header.created), ", expires ", day(header.expires), "\n",                               //
             "for           ", header.architecture, " machines\n",                                                         //
             "signed by     ", join(key_ids, ", "), "\n",                                                                  //
             "fingerprint   the six words are on the paper that came another way\n");
}

constexpr std::size_t k_column = 64;  // of 78 behind the words at the front

std::string shown_name(const std::string& name) { return name.size() <= k_column ? name : cat(name.substr(0, k_column - 3), "..."); }

/// Behind the other lines of the title: for whom, how long, and how the answers name it.
std::string certificate_lines(const StagedCertificate& certificate) {
  constexpr std::size_t k_shown = 4;  // the page stays one page
  std::string lines;
  for (std::size_t i = 0; i < std::min(k_shown, certificate.names.size()); ++i)
    lines += cat(i == 0 ? "certificate   " : "              ", shown_name(printable(certificate.names[i])), "\n");
  if (certificate.names.size() > k_shown) lines += cat("              and ", certificate.names.size() - k_shown, " more\n");
  return cat(lines, "              good until ", day(certificate.until), "; the answers name it as lan.certificate:\n",
             "              {chain: STICK/certificate/chain.pem,\n",  //
             "               key: STICK/certificate/key.pem}\n", "              Whoever holds this stick holds its key.\n");
}

// The commands are indented by four spaces; a test runs exactly them, on genuine and on forged sticks.
constexpr const char* k_check = R"text(
1. Check the stick before the first sudo
----------------------------------------
Whoever forges a stick also forges this page and any key on it. Take the
signer's key (NAME.pub) from another way than this stick, as an ordinary user:

    KEY=/path/to/NAME.pub
    cd /path/to/stick

With minisign; both lines must say "Signature and comment signature verified":

    minisign -Vm rootcellar-install -p "$KEY"
    minisign -Vm START.sh -p "$KEY"

Or with OpenSSL 3; both must say "Signature Verified Successfully":

    T=$(mktemp -d)
    printf '\60\52\60\5\6\3\53\145\160\3\41\0' > $T/key
    sed -n 2p "$KEY" | base64 -d | tail -c 32 >> $T/key
    check() {
      sed -n 2p "$1.minisig" | base64 -d | tail -c 64 > $T/signature
      openssl dgst -blake2b512 -binary "$1" > $T/hash
      openssl pkeyutl -verify -pubin -keyform DER -inkey $T/key \
        -rawin -in $T/hash -sigfile $T/signature
    }
    check rootcellar-install
    check START.sh

Anything else: stop, and do not use this stick.

2. Install
----------
    sudo sh START.sh install --trust "$KEY"

Without --trust it asks for the six words. "sudo sh START.sh plan" first shows
every change it would make. Volumes on more sticks: add --from /path/to/other.

3. Afterwards
-------------
The stick is not needed any more:  sudo rootcellar-install status
Take everything back:              sudo rootcellar-install uninstall
If it stopped halfway:             sudo sh START.sh resume
)text";

}  // namespace

std::string stick_readme(const Header& header, const std::vector<std::string>& key_ids,
                         const std::optional<StagedCertificate>& certificate) {
  return with_crlf(cat(title(header, key_ids), certificate ? certificate_lines(*certificate) : "", k_check));
}

}  // namespace rootcellar
