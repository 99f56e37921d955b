#include "installer/run/registry_removal.h"

#include "bundle/base/error.h"
#include "bundle/base/text.h"

namespace rootcellar {
namespace {

JsonValue encode_digests(const std::vector<Digest>& digests) {
  JsonValue list = JsonValue::array();
  for (const Digest& digest : digests) list.push(JsonValue::string(digest.hex()));
  return list;
}

std::vector<Digest> decode_digests(const JsonValue& object, std::string_view name) {
  std::vector<Digest> digests;
  const JsonValue* list = object.find(name);
  if (list == nullptr) return digests;
  for (const JsonValue& item : list->items()) {
    const auto digest = item.is_string() ? Digest::from_hex(item.as_string()) : std::nullopt;
    if (!digest) throw InputError(cat("journal: expected digests in '", name, "'"));
    digests.push_back(*digest);
  }
  return digests;
}

std::vector<std::string> decode_texts(const JsonValue& object, std::string_view name) {
  std::vector<std::string> texts;
  if (const JsonValue* list = object.find(name)) {
    for (const JsonValue& item : list->items()) texts.push_back(item.as_string());
  }
  return texts;
}

JsonValue encode_image(const RegistryImage& image) {
  JsonValue json = JsonValue::object();
  json.set("repository", JsonValue::string(image.repository));
  json.set("tags", JsonValue::string_array(image.tags));
  json.set("digest", JsonValue::string(image.digest.hex()));
  json.set("manifests", encode_digests(image.manifests));
  json.set("layers", encode_digests(image.layers));
  return json;
}

RegistryImage decode_image(const JsonValue& json) {
  const auto digest = Digest::from_hex(json.text("digest").value_or(""));
  const auto repository = json.text("repository");
  if (!digest || !repository) throw InputError("journal: expected the members 'repository' and 'digest' of an image");
  return {.repository = *repository,
          .tags = decode_texts(json, "tags"),
          .digest = *digest,
          .manifests = decode_digests(json, "manifests"),
          .layers = decode_digests(json, "layers")};
}

// All files an image consists of in the storage, tags' current links apart.
std::vector<std::string> files_of(const RegistryImage& image, const RegistryPaths& paths) {
  std::vector<std::string> files;
  for (const auto* digests : {&image.manifests, &image.layers}) {
    for (const Digest& digest : *digests) files.push_back(paths.blob(digest));
  }
  for (const Digest& layer : image.layers) files.push_back(paths.layer_link(image.repository, layer));
  for (const Digest& manifest : image.manifests) files.push_back(paths.revision_link(image.repository, manifest));
  for (const std::string& tag : image.tags) files.push_back(paths.tag_history_link(image.repository, tag, image.digest));
  return files;
}

class Remover {
 public:
  /// `staying`: images that are served on; everything they need stays.
  Remover(const JsonValue& undo, const std::vector<RegistryImage>& staying, const std::string& root, HostSystem& host)
      : paths_(root), host_(host) {
    for (const RegistryImage& image : staying) {
      staying_manifests_[image.repository].insert(image.manifests.begin(), image.manifests.end());
      for (const std::string& tag : image.tags) {
        staying_files_.insert(paths_.tag_link(image.repository, tag));
        staying_files_.insert(paths_.tag_history_link(image.repository, tag, image.digest));
      }
    }
    for (std::string& path : decode_texts(undo, "there-before")) there_before_.insert(std::move(path));
    if (const JsonValue* tags = undo.find("tags-before")) tags_before_ = *tags;
    if (const JsonValue* images = undo.find("images")) {
      for (const JsonValue& image : images->items()) images_.push_back(decode_image(image));
    }
  }

  void run(const std::string& root) {
    for (const RegistryImage& image : images_) remove_tags(image);
    for (const StoredRepository& repository : read_repositories(root, host_)) note_use(repository);
    for (const RegistryImage& image : images_) remove_links(image);
    note_linked_blobs(root);
    for (const RegistryImage& image : images_) remove_blobs(image);
    prune(paths_.repositories());
  }

 private:
  void remove(const std::string& path) {
    if (there_before_.contains(path) || staying_files_.contains(path)) return;
    host_.remove(path);
    remove_empty_from(path_parent(path));
  }

  void remove_empty_from(std::string directory) {
    while (directory.size() > paths_.root.size() && host_.exists(directory) && host_.list(directory).empty()) {
      host_.remove(directory);
      directory = path_parent(directory);
    }
  }

  // A tag that people have pushed over is theirs.
  void remove_tags(const RegistryImage& image) {
    for (const std::string& tag : image.tags) {
      const std::string link = paths_.tag_link(image.repository, tag);
      const auto before = tags_before_.text(link);
      const bool ours = !staying_files_.contains(link) && host_.read_file(link, 256) == image.digest.named();
      if (ours && before) host_.write_file(link, *before, 0644, owner_of(link));
      if (ours && !before) host_.remove(link), remove_empty_from(path_parent(link));
      remove(paths_.tag_history_link(image.repository, tag, image.digest));
    }
  }

  Owner owner_of(const std::string& path) {
    const auto found = host_.status(path);
    return found ? Owner{std::to_string(found->uid), std::to_string(found->gid)} : Owner{};
  }

  // What is left in a repository after our tags: people's tags and manifests, with all they consist of.
  void note_use(const StoredRepository& repository) {
    std::set<Digest> theirs = staying_manifests_[repository.name];
    for (const auto& [tag, digest] : repository.tags) theirs.insert(digest);
    const std::set<Digest> ours = our_manifests(repository.name);
    for (const Digest& revision : repository.revisions) {
      if (!ours.contains(revision) || there_before_.contains(paths_.revision_link(repository.name, revision))) theirs.insert(revision);
    }
    used_[repository.name] = manifest_closure(paths_, theirs, host_);
  }

  std::set<Digest> our_manifests(const std::string& repository) const {
    std::set<Digest> manifests;
    for (const RegistryImage& image : images_) {
      if (image.repository == repository) manifests.insert(image.manifests.begin(), image.manifests.end());
    }
    return manifests;
  }

  void remove_links(const RegistryImage& image) {
    const std::set<Digest>& used = used_[image.repository];
    for (const Digest& manifest : image.manifests) {
      if (!used.contains(manifest)) remove(paths_.revision_link(image.repository, manifest));
    }
    for (const Digest& layer : image.layers) {
      if (!used.contains(layer)) remove(paths_.layer_link(image.repository, layer));
    }
  }

  void note_linked_blobs(const std::string& root) {
    for (const StoredRepository& repository : read_repositories(root, host_)) {
      linked_.insert(repository.layers.begin(), repository.layers.end());
      linked_.insert(repository.revisions.begin(), repository.revisions.end());
    }
  }

  void remove_blobs(const RegistryImage& image) {
    for (const auto* digests : {&image.layers, &image.manifests}) {
      for (const Digest& digest : *digests) {
        if (!linked_.contains(digest)) remove_blob(digest);
      }
    }
  }

  // With what a killed write left beside it.
  void remove_blob(const Digest& digest) {
    const std::string directory = paths_.blob_directory(digest);
    if (there_before_.contains(paths_.blob(digest))) return;
    host_.remove_tree(directory);
    remove_empty_from(path_parent(directory));
  }

  // Empty directories: a registry leaves some (_uploads), and so does a stop.
  void prune(const std::string& directory) {
    const auto found = host_.status(directory);
    if (!found || found->type != FileStatus::Type::directory) return;
    for (const std::string& name : host_.list(directory)) prune(path_join(directory, name));
    if (host_.list(directory).empty()) host_.remove(directory);
  }

  RegistryPaths paths_;
  HostSystem& host_;
  std::vector<RegistryImage> images_;
  std::set<std::string> there_before_;
  JsonValue tags_before_ = JsonValue::object();
  std::map<std::string, std::set<Digest>> used_;
  std::set<Digest> linked_;
  std::map<std::string, std::set<Digest>> staying_manifests_;  // by repository
  std::set<std::string> staying_files_;
};

void remove_empty_storage(const std::string& root, HostSystem& host) {
  const std::string top = RegistryPaths(root).root;
  for (const std::string& directory :
       {top + "/blobs/sha256", top + "/blobs", top, path_join(root, "docker/registry"), path_join(root, "docker")}) {
    if (host.exists(directory) && host.list(directory).empty()) host.remove(directory);
  }
  host.sync_filesystem(root);
}

}  // namespace

JsonValue registry_undo_data(const std::vector<RegistryImage>& images, const std::string& root, HostSystem& host) {
  const RegistryPaths paths(root);
  std::set<std::string> there;
  JsonValue undo = JsonValue::object();
  JsonValue encoded = JsonValue::array();
  JsonValue tags = JsonValue::object();
  for (const RegistryImage& image : images) {
    encoded.push(encode_image(image));
    for (const std::string& path : files_of(image, paths)) {
      if (host.exists(path)) there.insert(path);
    }
    for (const std::string& tag : image.tags) {
      const std::string link = paths.tag_link(image.repository, tag);
      if (const auto before = host.read_file(link, 256)) tags.set(link, JsonValue::string(*before));
    }
  }
  undo.set("images", std::move(encoded));
  undo.set("there-before", JsonValue::string_array({there.begin(), there.end()}));
  undo.set("tags-before", std::move(tags));
  return undo;
}

void remove_filled(const JsonValue& undo, const std::string& root, HostSystem& host) { remove_superseded(undo, {}, root, host); }

void remove_superseded(const JsonValue& undo, const std::vector<RegistryImage>& now, const std::string& root, HostSystem& host) {
  Remover(undo, now, root, host).run(root);
  remove_empty_storage(root, host);
}

}  // namespace rootcellar
