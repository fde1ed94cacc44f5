"""A small S3-compatible store in a folder: argv is the folder, a certificate and its key.

What it answers is what the S3 API reference says of these calls. Whether a request is signed rightly is judged by botocore, which
knows nothing of the caller. Prints its port, then serves. A file `down` in the folder makes it answer 503, a file `ruin` makes it fail
to join the parts of an upload, under status 200 as S3 does.
"""

import hashlib
import http.server
import pathlib
import re
import ssl
import sys
import threading
import urllib.parse
import uuid
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

FOLDER = pathlib.Path(sys.argv[1])
OBJECTS = FOLDER / "objects"
OBJECTS.mkdir()
KEY = Credentials("AKSTORY", "a secret of the story")
NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
UPLOADS = {}
# Few, so that a list has several pages.
PAGE = 2


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        with open(FOLDER / "calls", "a") as calls:
            calls.write(f"{self.command} {url.path} {length}\n")
        if (FOLDER / "down").exists():
            return self.error(503, "SlowDown", "Please reduce your request rate.")
        if not self.is_signed(query):
            return self.error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        match = re.fullmatch(r"/story(?:/(.*))?", urllib.parse.unquote(url.path))
        if not match:
            return self.error(404, "NoSuchBucket", "The specified bucket does not exist.")
        self.answer(match.group(1) or "", query, body)

    def is_signed(self, query):
        given = query.pop("X-Amz-Signature", "")
        expires = int(query.get("X-Amz-Expires", 0))
        host = self.headers["Host"]
        url = f"https://{host}{self.path}".replace(f"&X-Amz-Signature={given}", "")
        request = AWSRequest(method=self.command, url=url, headers={"host": host})
        auth = S3SigV4QueryAuth(KEY, "s3", "story-1", expires)
        request.context["timestamp"] = query["X-Amz-Date"]
        text = auth.string_to_sign(request, auth.canonical_request(request))
        return given == auth.signature(text, request)

    def answer(self, key, query, body):
        path = OBJECTS / urllib.parse.quote(key, safe="")
        if self.command == "GET" and not key:
            names = sorted(urllib.parse.unquote(p.name) for p in OBJECTS.iterdir())
            names = [n for n in names if n.startswith(query.get("prefix", "")) and n > query.get("continuation-token", "")]
            page, rest = names[:PAGE], names[PAGE:]
            contents = "".join(
                f"<Contents><Key>{escape(urllib.parse.quote(n))}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified>"
                f"<ETag>&quot;x&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
                for n in page
            )
            more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
            return self.xml(
                f"<ListBucketResult {NS}><Name>story</Name><MaxKeys>{PAGE}</MaxKeys><EncodingType>url</EncodingType>"
                f"<IsTruncated>{'true' if rest else 'false'}</IsTruncated>{contents}{more}</ListBucketResult>"
            )
        if self.command == "POST" and "uploads" in query:
            upload = uuid.uuid4().hex
            UPLOADS[upload] = {}
            return self.xml(
                f"<InitiateMultipartUploadResult {NS}><Bucket>story</Bucket><Key>{escape(key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            )
        if self.command == "PUT" and "uploadId" in query:
            UPLOADS[query["uploadId"]][int(query["partNumber"])] = body
            return self.done(200, etag=hashlib.md5(body).hexdigest())
        if self.command == "POST" and "uploadId" in query:
            parts = UPLOADS[query["uploadId"]]
            named = [int(n.text) for n in ElementTree.fromstring(body).iter() if n.tag.endswith("PartNumber")]
            if (FOLDER / "ruin").exists() or named != sorted(parts):
                return self.xml("<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>")
            path.write_bytes(b"".join(parts[n] for n in named))
            del UPLOADS[query["uploadId"]]
            return self.xml(
                f"<CompleteMultipartUploadResult {NS}><Location>x</Location><Bucket>story</Bucket><Key>{escape(key)}</Key>"
                f"<ETag>&quot;joined-{len(named)}&quot;</ETag></CompleteMultipartUploadResult>"
            )
        if self.command == "DELETE" and "uploadId" in query:
            UPLOADS.pop(query["uploadId"], None)
            return self.done(204)
        if self.command == "DELETE":
            path.unlink(missing_ok=True)
            return self.done(204)
        if self.command == "PUT":
            path.write_bytes(body)
            return self.done(200, etag=hashlib.md5(body).hexdigest())
        if not path.exists():
            return self.error(404, "NoSuchKey", "The specified key does not exist.")
        size = path.stat().st_size
        first, last = (int(n) for n in re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        with open(path, "rb") as file:
            file.seek(first)
            data = file.read(min(last, size - 1) - first + 1)
        return self.done(206, data, headers={"Content-Range": f"bytes {first}-{first + len(data) - 1}/{size}"})

    def xml(self, text):
        self.done(200, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), {"Content-Type": "application/xml"})

    def error(self, status, code, message):
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
        self.done(status, text.encode(), {"Content-Type": "application/xml"})

    def done(self, status, data=b"", headers=None, etag=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = handle_any


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
