"""make_charts.py FILES REGISTRY: a chart repository in the folder FILES/charts, and charts pushed to the registry HOST:PORT as helm does."""
import gzip
import hashlib
import http.client
import io
import json
import os
import sys
import tarfile

TIME = 1704265445  # 2024-01-03T07:04:05Z
CONFIG = "application/vnd.cncf.helm.config.v1+json"
LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def packed(files):
    text = io.BytesIO()
    with gzip.GzipFile(fileobj=text, mode="wb", mtime=0) as out, tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            item = tarfile.TarInfo(name)
            item.size = len(content)
            tar.addfile(item, io.BytesIO(content.encode()))
    return text.getvalue()


def chart(name, version, more=""):
    return packed({f"{name}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}", f"{name}/values.yaml": "port: 80\n"})


def digest(data):
    return hashlib.sha256(data).hexdigest()


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    os.utime(path, (TIME, TIME))


class Registry:
    def __init__(self, place):
        self.place = place

    def ask(self, method, path, body=b"", kind="application/octet-stream"):
        connection = http.client.HTTPConnection(self.place)
        connection.request(method, path, body, {"Content-Type": kind})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (201, 202), f"{method} {path}: {answer.status}"
        return answer.headers.get("Location", "")

    def put_blob(self, repository, data, kind):
        place = self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        place = place[place.index("/v2/"):]
        self.ask("PUT", f"{place}{'&' if '?' in place else '?'}digest=sha256:{digest(data)}", data)
        return {"mediaType": kind, "digest": f"sha256:{digest(data)}", "size": len(data)}

    def push(self, repository, tag, data):
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": self.put_blob(repository, b"{}", CONFIG),
                    "layers": [self.put_blob(repository, data, LAYER)],
                    "annotations": {"org.opencontainers.image.created": "2024-01-03T07:04:05Z"}}
        self.ask("PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), MANIFEST)


def main(files, place):
    folder = os.path.join(files, "charts")
    os.mkdir(folder)
    web, older = chart("web", "1.1.0"), chart("web", "1.0.0")
    needy = chart("needy", "1.0.0", "dependencies: [{name: redis, version: 9.4.1, repository: https://charts.example/other}]\n")
    for name, data in (("web-1.1.0.tgz", web), ("web-1.0.0.tgz", older), ("needy-1.0.0.tgz", needy)):
        write(folder, name, data)
    write(folder, "SHA256SUMS", f"{digest(older)}  web-1.0.0.tgz\n{digest(web)} *web-1.1.0.tgz\n".encode())
    write(folder, "index.yaml", f"""apiVersion: v1
entries:
  web:
    - {{version: v1.1.0, digest: {digest(web)}, urls: ["https://charts.example/lab/web-1.1.0.tgz"]}}
    - {{version: 1.0.0, digest: "sha256:{digest(older)}", urls: [web-1.0.0.tgz]}}
    - {{version: 0.9.0, digest: {digest(web)}, urls: [/lab/web-1.0.0.tgz]}}
    - {{version: 0.8.0, urls: [web-1.0.0.tgz]}}
    - {{version: 0.7.0, digest: {digest(web)}, urls: []}}
  needy:
    - {{version: 1.0.0, digest: {digest(needy)}, urls: [needy-1.0.0.tgz]}}
""".encode())
    Registry(place).push("charts/web", "1.1.0_build.1", web)


main(sys.argv[1], sys.argv[2])
