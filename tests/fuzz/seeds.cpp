// Makes the seed corpora: one valid input of each kind and the odd ones that found something.
#include <cstdio>

#include "bundle/base/file.h"
#include "bundle/base/text.h"
#include "bundle/header.h"
#include "bundle/index.h"
#include "bundle/trust.h"
#include "bundle/volume_layout.h"
#include "installer/plan/ticket.h"

namespace rootcellar {
namespace {

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

Header header() {
  Header header{.product = "lab", .variant = "cpu", .architecture = "amd64", .serial = 3, .created = 1795240980, .expires = 1826776980};
  header.installer_min = header.builder = "0.1.0";
  header.index_digest = digest_of("index");
  header.index_size = 100;
  header.index_raw = 200;
  header.frames = 2;
  header.payload = 1400;
  header.volumes = 2;
  header.zstd = "1.5.4";
  return header;
}

Bytes page() {
  VolumeHeader page{.volume = 1, .volumes = 2, .frame_count = 1, .index_offset = 4096 + 900, .index_size = 100, .payload = 900};
  page.header_text = encode_header(header());
  page.id = bundle_id(page.header_text);
  Signature signature;
  signature.trusted_comment = trusted_comment(header());
  page.signatures = {signature, signature};
  return encode_volume_header(page);
}

Index index() {
  Index index;
  index.frames = {{900, 1000, digest_of("f0"), Codec::zstd, 0, 1}, {500, 500, digest_of("f1"), Codec::stored, 0, 2}};
  index.chunks = {{400}, {600}, {500}};
  index.blobs = {{digest_of("layer"), 1400, BlobMode::file, {{0, 1}, {0, 2}}}, {digest_of("manifest"), 500, BlobMode::asis, {{2, 1}}}};
  index.images = {{"docker.io/library/nginx",
                   {"1.22", "latest"},
                   digest_of("manifest"),
                   {{digest_of("manifest"), "application/x", {digest_of("layer")}}}}};
  index.files = {{"files/a", digest_of("layer"), 1400}};
  index.appliance.title = "Lab";
  index.appliance.files = {{"a", "files/a", "/usr/local/bin/a", 0755, "root", "root"}};
  index.appliance.checks = {{"runs", "run", {"/bin/true"}, "", "", 60}};
  return index;
}

std::string trust() {
  return encode_trust({1,
                       {{"alice", PublicKey::parse("RWQ5M49kUjSUr+VM47aiqm7dC9sgjC4FKuaFr/exrIWHX2OE048qGZk0", "seed")},
                        {"bob", PublicKey::parse("RWSBZ4w8dD7OqVYUYMCwYoD3QaCbJ+S+KR1//c4VXndHRZZPPqhR0ea2", "seed")}}});
}

/// One header block; `size` in octal.
std::string tar_header(char type, std::string_view size) {
  std::string block(512, '\0');
  block.replace(0, 1, "a").replace(124, size.size(), size).replace(148, 8, "        ").replace(156, 1, 1, type).replace(257, 5, "ustar");
  unsigned sum = 0;
  for (char c : block) sum += static_cast<unsigned char>(c);
  for (std::size_t i = 6; i > 0; --i, sum /= 8) block[148 + i - 1] = static_cast<char>('0' + sum % 8);
  block[154] = '\0';
  return block;
}

std::string member_data() {
  std::string data;
  for (unsigned i = 0; i < 9216; ++i) data += static_cast<char>(i * i >> 5);
  return data;
}

/// A tar with one member of 9000 bytes, after a byte that asks for repetition.
std::string tar() { return cat('\x0f', tar_header('0', "00000021450"), member_data()); }

/// The same with the size in a pax header only.
std::string pax_tar() {
  std::string records = "19 path=size=12345\n13 size=9000\n";
  std::string size = "00000000040";
  records.resize(512);
  return cat('\x0f', tar_header('x', size), records, tar_header('0', "00000000000"), member_data());
}

JoinTicket ticket() {
  JoinTicket out;
  out.product = "lab";
  out.variant = "cpu";
  out.architecture = "amd64";
  out.serial = 3;
  out.bundle = std::string(32, 'a');
  out.made = 1795240980;
  out.expires = 1795244580;
  out.endpoint = "cluster.internal";
  out.address = "192.0.2.7";
  out.registry = "192.0.2.7:5000";
  out.ca_hash = cat("sha256:", std::string(64, 'c'));
  out.token = "abcdef.0123456789abcdef";
  out.certificate_key = std::string(64, 'b');
  out.pod_cidr = "10.244.0.0/16";
  out.service_cidr = "10.96.0.0/16";
  out.machines = {{"bench7", {"webServer"}}, {"bench8", {}}};
  out.signers = trust();
  return out;
}

void write(const std::string& folder, std::string_view name, std::string_view content, std::string_view seed = "valid") {
  make_directories(path_join(folder, name));
  write_file_atomically(path_join(path_join(folder, name), seed), content);
}

}  // namespace
}  // namespace rootcellar

int main(int argc, char** argv) {
  using namespace rootcellar;
  if (argc != 2) return 2;
  std::string folder = argv[1];
  write(folder, "header", encode_header(header()));
  write(folder, "volume_header", as_text(page()));
  write(folder, "index", encode_index(index()));
  write(folder, "trust", trust());
  write(folder, "chunker", tar());
  write(folder, "chunker", pax_tar(), "pax");
  write(folder, "ticket", encode_ticket(ticket()));
  write(folder, "ticket", seal_ticket(ticket(), SecretKey::generate()), "sealed");
  return 0;
}
