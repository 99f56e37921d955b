// Helm charts: from a folder, an archive, a chart repository or an OCI registry, each pinned as one archive with its dependencies inside.
#pragma once

#include <string>

#include "builder/source/sources.h"

namespace rootcellar {

/// Looked up, fetched, and seen to hold every dependency it declares. `what` begins the sentence of an error: "chart of deployment 'web'".
Resolved<LockedBlob> resolve_chart(const ProfileChart& chart, const std::string& what, SourceContext& context);

/// chart_folder.cpp: the folder as helm packs it (a tar whose one folder is the chart's name, in gzip), the same bytes for the same files:
/// sorted, no times, no owners, not compressed. Left out: what version control and editors leave lying about. Links and anything over 64
/// MiB are refused.
std::string pack_chart_folder(const std::string& folder);

/// oci_chart.cpp: a chart whose blob has an oci:// address, into the cache.
Resolved<LockedBlob> resolve_oci_chart(const ProfileChart& chart, const std::string& what, SourceContext& context);
void fetch_oci_chart(const LockedBlob& blob, SourceContext& context);

/// Every dependency that the chart in `archive` declares lies in its folder charts/, as helm demands even for those that are switched off.
/// The ones that are missing are named.
void require_vendored(const std::string& archive, const std::string& what);

}  // namespace rootcellar
