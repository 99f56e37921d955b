"""forward_proxy.py PORT: a stand-in for a site's HTTP proxy. CONNECT and GET of whole URLs; one line of log for each request."""
import http.server
import select
import socket
import sys
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        print(self.command, self.path, flush=True)

    def do_CONNECT(self):
        host, port = self.path.rsplit(":", 1)
        if host == "forbidden.example":
            return self.send_error(403)
        with socket.create_connection((host, int(port)), 10) as other:
            self.send_response(200)
            self.end_headers()
            self.pass_on(self.connection, other)

    def pass_on(self, one, other):
        pairs = {one: other, other: one}
        while True:
            for ready in select.select(list(pairs), [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                pairs[ready].sendall(data)

    def do_GET(self):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.path, timeout=10) as answer:
            body = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
