"""An agency that only publishes: argv is a folder, a certificate, its key, and the authority of those who may ask.

`pages.json` in the folder is a list of pages, each a list of orders. It gives them by cursor at /cursor, by number at /number, and all at
once at /window; in XML to who asks for that. `calls` is what it was asked. With `break` in the folder it answers the third page 503, once.
"""

import http.server
import json
import pathlib
import ssl
import sys
import threading
import urllib.parse

FOLDER = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        peer = dict(x[0] for x in self.connection.getpeercert()["subject"])["commonName"]
        with open(FOLDER / "calls", "a") as calls:
            calls.write(json.dumps({"path": url.path, "query": query, "peer": peer}) + "\n")
        pages = json.loads((FOLDER / "pages.json").read_text())
        if url.path == "/window":
            return self.give({"orders": [order for page in pages for order in page]})
        at = int(query.get("after", "0")) if url.path == "/cursor" else int(query["page"]) - 1
        if at == 2 and (FOLDER / "break").exists():
            (FOLDER / "break").unlink()
            return self.done(503, b"busy", "text/plain")
        page = pages[at] if at < len(pages) else []
        more = {"next": str(at + 1)} if at + 1 < len(pages) else {}
        return self.give({"orders": page, "total": sum(len(p) for p in pages), **more})

    def give(self, value):
        if self.headers["Accept"] == "application/json":
            return self.done(200, json.dumps(value, ensure_ascii=False).encode(), "application/json")
        orders = "".join(f"<orders>{''.join(f'<{k}>{v}</{k}>' for k, v in o.items())}</orders>" for o in value["orders"])
        rest = "".join(f"<{k}>{v}</{k}>" for k, v in value.items() if k != "orders")
        return self.done(200, f"<Page>{orders}{rest}</Page>".encode(), "application/xml")

    def done(self, status, body, media):
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
context.load_verify_locations(sys.argv[4])
context.verify_mode = ssl.CERT_REQUIRED
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
