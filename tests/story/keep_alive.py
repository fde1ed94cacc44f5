"""One connection over mutual TLS that is never opened anew: paths on standard input, answers as JSON lines.

Arguments: host:port, authority, certificate, key.
"""
import http.client, json, ssl, sys

address, authority, certificate, key = sys.argv[1:]
host, port = address.split(":")
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)
connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
connection.connect()
connection.auto_open = 0
for path in sys.stdin:
    try:
        connection.request("GET", path.strip(), headers={"Accept": "application/json"})
        answer = connection.getresponse()
        said = {"status": answer.status, "closes": answer.will_close, "body": answer.read().decode()}
    except Exception as error:
        said = {"status": 0, "error": repr(error)}
    print(json.dumps(said), flush=True)
