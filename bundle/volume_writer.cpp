#include "bundle/volume_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "bundle/base/error.h"
#include "bundle/base/text.h"
#include "bundle/limits.h"

namespace rootcellar {

VolumeWriter::VolumeWriter(std::string directory, const Header& facts) : directory_(std::move(directory)), facts_(facts) {
  make_directories(directory_);
  std::string path = path_join(directory_, cat(bundle_name(facts_), ".lock"));
  lock_ = std::make_unique<FileLock>(path);
  lock_path_ = path;
  begin_next();
}

VolumeWriter::~VolumeWriter() {
  for (std::size_t i = 0; i < volumes_.size() && !finished_; ++i)
    ::unlink((i < published_ ? volumes_[i].path : volumes_[i].temporary).c_str());
  if (!lock_path_.empty()) ::unlink(lock_path_.c_str());
}

void VolumeWriter::begin_next() {
  if (volumes_.size() == limits::k_volumes) {
    throw InputError(cat("cannot build '", bundle_name(facts_), "': it needs more than ", limits::k_volumes, " volumes"),
                     "use a larger --volume-size");
  }
  Volume next;
  next.path = path_join(directory_, volume_file_name(facts_, static_cast<std::uint32_t>(volumes_.size() + 1)));
  next.temporary = cat(next.path, ".partial");
  if (!volumes_.empty()) next.first_frame = volumes_.back().first_frame + volumes_.back().frames;
  volumes_.push_back(next);
  fd_ = open_file(next.temporary, O_RDWR | O_CREAT | O_TRUNC);
}

void VolumeWriter::append_frame(ByteView stored) {
  Volume& volume = volumes_.back();
  std::uint64_t offset = limits::k_header_size + volume.payload;
  pwrite_full(fd_.get(), stored, offset, volume.temporary);
  // Only advice: the disk works while the next frames are made, and the sync at the end has little left to do.
  ::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(stored.size()), SYNC_FILE_RANGE_WRITE);
  volume.payload += stored.size();
  ++volume.frames;
}

VolumeHeader VolumeWriter::page_of(std::size_t i, ByteView index, std::string_view header_text,
                                   const std::vector<Signature>& signatures) const {
  VolumeHeader page;
  page.id = bundle_id(header_text);
  page.volume = static_cast<std::uint32_t>(i + 1);
  page.volumes = volume();
  page.first_frame = volumes_[i].first_frame;
  page.frame_count = volumes_[i].frames;
  page.payload = volumes_[i].payload;
  page.index_offset = limits::k_header_size + page.payload;
  page.index_size = index.size();
  page.header_text = header_text;
  page.signatures = signatures;
  return page;
}

/// The first page goes last: a file that lost power in between has none and is no volume.
void VolumeWriter::complete(const Volume& volume, const VolumeHeader& page, ByteView index) {
  Fd fd = open_file(volume.temporary, O_RDWR);
  Bytes bytes = encode_volume_header(page);
  pwrite_full(fd.get(), index, page.index_offset, volume.temporary);
  pwrite_full(fd.get(), bytes, page.index_offset + index.size(), volume.temporary);
  pwrite_full(fd.get(), bytes, 0, volume.temporary);
  if (::fdatasync(fd.get()) != 0) throw SystemError("sync", volume.temporary, errno);
  fd.close(volume.temporary);
}

std::vector<std::string> VolumeWriter::publish(ByteView index, std::string_view header_text, const std::vector<Signature>& signatures) {
  fd_.close(volumes_.back().temporary);
  for (std::size_t i = 0; i < volumes_.size(); ++i) complete(volumes_[i], page_of(i, index, header_text, signatures), index);
  std::vector<std::string> paths;
  for (const Volume& volume : volumes_) {
    if (::rename(volume.temporary.c_str(), volume.path.c_str()) != 0) throw SystemError("rename", volume.temporary, errno);
    ++published_;
    paths.push_back(volume.path);
  }
  remove_older_volumes();
  sync_directory(directory_);
  finished_ = true;
  return paths;
}

/// A build of the same name that had more volumes was here before: what is left of it would be a second, incomplete bundle.
void VolumeWriter::remove_older_volumes() const {
  for (std::uint32_t number = volume() + 1; number <= limits::k_volumes; ++number) {
    std::string path = path_join(directory_, volume_file_name(facts_, number));
    if (!file_status(path)) return;
    remove_file(path);
  }
}

}  // namespace rootcellar
