#include "installer/host/neighbours.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <charconv>

#include "bundle/base/file.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

constexpr std::uint16_t k_discard = 9;         // RFC 863: nobody answers there, and nobody has to
constexpr int k_look_again = 100;              // milliseconds
constexpr std::uint64_t k_complete = 2;        // ATF_COM of <net/if_arp.h>
constexpr std::size_t k_table = std::size_t{1} << 20;

/// Failures say nothing: the kernel's table tells what came of it.
void knock(const Fd& socket, const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(k_discard);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return;
  [[maybe_unused]] const ssize_t sent =
      ::sendto(socket.get(), "", 0, MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

std::map<std::string, std::string> known_of(const std::vector<std::string>& addresses) {
  const std::map<std::string, std::string> table = parse_arp(read_file_if_exists("/proc/net/arp", k_table).value_or(""));
  std::map<std::string, std::string> found;
  for (const std::string& address : addresses) {
    if (const auto entry = table.find(address); entry != table.end()) found.insert(*entry);
  }
  return found;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields = split(line, ' ');
  std::erase_if(fields, [](std::string_view field) { return field.empty(); });
  return fields;
}

bool is_complete(std::string_view flags) {
  std::uint64_t value = 0;
  if (!flags.starts_with("0x")) return false;
  const auto [end, fault] = std::from_chars(flags.data() + 2, flags.data() + flags.size(), value, 16);
  return fault == std::errc() && end == flags.data() + flags.size() && (value & k_complete) != 0;
}

}  // namespace

std::map<std::string, std::string> parse_arp(std::string_view text) {
  std::map<std::string, std::string> found;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = fields_of(line);  // address, type, flags, hardware address, mask, device
    if (fields.size() == 6 && is_complete(fields[2])) found.emplace(fields[0], fields[3]);
  }
  return found;
}

std::map<std::string, std::string> ask_neighbours(const std::vector<std::string>& addresses, std::uint64_t milliseconds) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || addresses.empty()) return {};
  for (const std::string& address : addresses) knock(socket, address);
  std::map<std::string, std::string> found;
  for (std::uint64_t waited = 0; waited < milliseconds && found.size() < addresses.size(); waited += k_look_again) {
    ::poll(nullptr, 0, k_look_again);
    found = known_of(addresses);
  }
  return found;
}

}  // namespace rootcellar
