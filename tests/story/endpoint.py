"""A receiver: every POST is written to a book, one JSON line each, before it is answered.

Arguments: book, then for mutual TLS the certificate, its key, and the authority of the clients.
With the file `<book>.down` beside it, it answers 503 and says so in the book; with `<book>.slow`, it answers half a
second after the line was written; with `<book>.answer`, in the words of that file, in which @ID@ stands for the id of
the message that came.
"""
import base64, http.server, json, os, re, ssl, sys, threading, time

book, tls = sys.argv[1], sys.argv[2:]
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 503 if os.path.exists(book + ".down") else 200
        peer = self.connection.getpeercert() if tls else None
        line = {
            "path": self.path,
            "status": status,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": base64.b64encode(body).decode(),
            "peer": dict(pair for part in peer["subject"] for pair in part).get("commonName") if peer else None,
        }
        with lock, open(book, "a") as out:
            out.write(json.dumps(line) + "\n")
            out.flush()
        if os.path.exists(book + ".slow"):
            time.sleep(0.5)
        answer = b""
        if status == 200 and os.path.exists(book + ".answer"):
            message = re.search(rb"<MessageId>(.*?)</MessageId>", body).group(1)
            with open(book + ".answer", "rb") as words:
                answer = words.read().replace(b"@ID@", message)
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # A client that breaks off is what some stories are about.


server = Server(("127.0.0.1", 0), Receiver)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls[0], tls[1])
    context.load_verify_locations(tls[2])
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
