"""make_index.py LAYOUT NAME TAG...: adds a multi-platform index over images of an OCI layout, as `docker buildx imagetools create` would."""
import hashlib
import json
import os
import sys

INDEX = "application/vnd.oci.image.index.v1+json"


def blob(layout, digest):
    return os.path.join(layout, "blobs", "sha256", digest.split(":")[1])


def read(path):
    with open(path, "rb") as file:
        return json.load(file)


def named(top, tag):
    return next(m for m in top["manifests"] if m["annotations"]["org.opencontainers.image.ref.name"] == tag)


def item(layout, descriptor):
    config = read(blob(layout, read(blob(layout, descriptor["digest"]))["config"]["digest"]))
    platform = {"architecture": config["architecture"], "os": config["os"]}
    return {"mediaType": descriptor["mediaType"], "digest": descriptor["digest"], "size": descriptor["size"], "platform": platform}


def main(layout, name, tags):
    top_path = os.path.join(layout, "index.json")
    top = read(top_path)
    items = [item(layout, named(top, tag)) for tag in tags]
    text = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": items}, indent=1).encode()
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    with open(blob(layout, digest), "wb") as file:
        file.write(text)
    annotations = {"org.opencontainers.image.ref.name": name}
    top["manifests"].append({"mediaType": INDEX, "digest": digest, "size": len(text), "annotations": annotations})
    with open(top_path, "w") as file:
        json.dump(top, file)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
