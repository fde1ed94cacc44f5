"""Sends a request over mutual TLS whose body comes one byte a second; prints the answer's head and body.

Arguments: host:port, authority, certificate, key.
"""
import socket, ssl, sys, threading, time

address, authority, certificate, key = sys.argv[1:]
host, port = address.split(":")
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)
with context.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname=host) as line:
    line.sendall(
        b"POST /agency/v1/complaint-order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\n"
        b"Accept: application/json\r\nContent-Length: 5000\r\n\r\n"
    )

    def drip():
        try:
            while True:
                line.send(b"<")
                time.sleep(1)
        except OSError:
            pass  # Cut off, as it should be.

    threading.Thread(target=drip, daemon=True).start()
    line.settimeout(30)
    answer = b""
    try:
        while piece := line.recv(4096):
            answer += piece
    except OSError:
        pass
    print(answer.decode())
