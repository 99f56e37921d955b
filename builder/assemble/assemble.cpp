#include "builder/assemble/assemble.h"

#include <algorithm>
#include <set>

#include "bundle/base/error.h"
#include "bundle/base/file.h"
#include "bundle/base/parallel.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// Blobs being fetched or waiting for the writer: enough to keep the network busy while a large layer is compressed.
std::size_t window_of(unsigned jobs) { return std::size_t{2} * jobs + 2; }

std::uint64_t missing_bytes(const std::vector<PlannedBlob>& blobs, const Cache& cache) {
  std::uint64_t out = 0;
  std::set<Digest> archives;
  for (const PlannedBlob& blob : blobs) {
    const auto& archive = blob.blob.archive;
    if (cache.find(blob.blob.digest, blob.blob.size)) continue;
    if (!archive) out += blob.blob.size;
    if (archive && archives.insert(archive->digest).second && !cache.find(archive->digest, archive->size)) out += archive->size;
  }
  return out;
}

Header facts_of(const Lock& lock) {
  return {.product = lock.product,
          .variant = lock.variant,
          .architecture = lock.architecture,
          .serial = lock.serial,
          .created = lock.created,
          .expires = lock.expires,
          .installer_min = lock.installer_min,
          .builder = ROOTCELLAR_VERSION};
}

std::uint64_t index_bound(const std::vector<PlannedBlob>& blobs, const Index& tables) {
  IndexBoundInput input{.table_bytes = index_table_bytes(tables)};
  for (const PlannedBlob& blob : blobs) input.blobs.emplace_back(blob.blob.size, blob.mode);
  return bound_index_size(input);
}

/// An image made by a recipe is made once for all its blobs, before anything waits for one of them.
void make_missing_images(const std::vector<PlannedBlob>& blobs, const Lock& lock, SourceContext& context) {
  for (const PlannedBlob& blob : blobs) {
    if (blob.image != nullptr && blob.image->recipe) obtain_blob(blob, lock, context);
  }
}

/// What fetching tells while the writer has the bar: its lines, not its amounts.
class FetchLines final : public Progress {
 public:
  explicit FetchLines(Progress& inner) : inner_(inner) {}
  void begin(std::string_view, std::uint64_t, bool) noexcept override {}
  void advance(std::uint64_t) noexcept override {}
  void end() noexcept override {}
  void note(std::string_view line) noexcept override { inner_.note(line); }
  void warn(std::string_view line) noexcept override { inner_.warn(line); }
  void event(std::string_view kind, const JsonValue& fields) noexcept override { inner_.event(kind, fields); }

 private:
  Progress& inner_;
};

std::uint64_t total_bytes(const std::vector<PlannedBlob>& blobs) {
  std::uint64_t out = 0;
  for (const PlannedBlob& blob : blobs) out += blob.blob.size;
  return out;
}

/// Blobs in storage order, fetched by `jobs` threads ahead of the one writer.
void write_blobs(const std::vector<PlannedBlob>& blobs, const Lock& lock, BundleWriter& writer, SourceContext& outer) {
  const ProgressTask task(outer.progress, "writing the bundle", total_bytes(blobs));
  FetchLines lines(outer.progress);
  SourceContext context{outer.cache, outer.http, lines, outer.jobs, outer.folder, outer.architecture};
  const unsigned jobs = std::max(1u, outer.jobs);
  OrderedPipeline pipeline(jobs, window_of(jobs));
  for (const PlannedBlob& blob : blobs) {
    pipeline.submit([&blob, &lock, &writer, &context]() -> std::function<void()> {
      std::string path = obtain_blob(blob, lock, context);
      return [&blob, &writer, path = std::move(path)] {
        FileSource bytes(path);
        writer.add_blob(blob.blob.digest, blob.blob.size, blob.mode, bytes, blob.what);
      };
    });
  }
  pipeline.drain();
}

}  // namespace

AssembleResult assemble(const Lock& lock, const std::vector<const SecretKey*>& signers, const AssembleOptions& options,
                        SourceContext& context) {
  const std::vector<PlannedBlob> blobs = storage_order(lock);
  Index tables = index_tables(lock);
  const auto frames = context.cache.frame_cache();
  AssembleResult result{.fetched = missing_bytes(blobs, context.cache)};
  make_missing_images(blobs, lock, context);
  BundleWriter writer(facts_of(lock),
                      {.directory = options.directory,
                       .volume_size = options.volume_size,
                       .index_bound = index_bound(blobs, tables),
                       .level = options.level,
                       .jobs = options.jobs,
                       .cache = frames.get()},
                      context.progress);
  write_blobs(blobs, lock, writer, context);
  result.volumes = writer.finish(std::move(tables), signers);
  result.header = writer.header();
  return result;
}

}  // namespace rootcellar
