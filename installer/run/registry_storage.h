// The CNCF distribution registry's filesystem layout, written directly and so that it never shows half an image.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "bundle/base/digest.h"
#include "bundle/bundle.h"
#include "installer/host/host_system.h"

namespace rootcellar {

/// Fills ROOT/docker/registry/v2 from the bundle in one pass: blobs while frames are verified, then repository links, tags last.
/// Repositories are named by upstream host ("docker.io/library/nginx"); docker.io's also at the root ("library/nginx"), because docker's
/// registry-mirrors asks there. Tags that point elsewhere are moved, but for `keep_tags` ("library/nginx:1.22"). Blobs that are there with
/// the right size are not written again. Returns the number of bytes written.
std::uint64_t fill_registry(Bundle& bundle, const std::vector<std::string>& images, const std::string& root, const Owner& owner,
                            HostSystem& host, unsigned jobs, Progress& progress, const std::vector<std::string>& keep_tags = {});
/// Bytes that filling needs, when nothing but `there` is there.
std::uint64_t registry_bytes(const Index& index, const std::unordered_set<Digest, DigestHash>& there = {});

}  // namespace rootcellar
