#!/usr/bin/env python3
"""A bureau's client: submits a message over mutual TLS and saves the receipt. The standard library is enough.

bureau.py https://HOST:PORT CA.pem CLIENT.pem CLIENT.key KIND MESSAGE.xml RECEIPT.xml
"""
import http.client
import ssl
import sys
import xml.etree.ElementTree as xml
from urllib.parse import urlsplit


def readable(answer):
    """An answer in the encoding its Content-Type names; Python's XML reader does not know GB18030 by itself."""
    charset = answer.headers.get_content_charset() or "utf-8"
    text = answer.body.decode(charset)
    return text.partition("?>")[2] if text.startswith("<?xml") else text


def main():
    address, authority, certificate, key, kind, message, receipt = sys.argv[1:]
    tls = ssl.create_default_context(cafile=authority)
    tls.load_cert_chain(certificate, key)
    with open(message, "rb") as file:
        body = file.read()  # the bytes as they are: GB18030 stays GB18030

    gateway = http.client.HTTPSConnection(urlsplit(address).netloc, context=tls, timeout=60)
    gateway.request("POST", f"/agency/v1/{kind}", body, {"Content-Type": "application/xml"})
    answer = gateway.getresponse()
    answer.body = answer.read()

    if answer.status not in (200, 201):  # every refusal says in Chinese and English what is wrong, and where
        print(answer.status, readable(answer), file=sys.stderr)
        return 1
    with open(receipt, "wb") as file:
        file.write(answer.body)
    document = xml.fromstring(readable(answer))
    namespace = document.tag.partition("}")[0] + "}"
    print(answer.status, answer.headers["Regbridge-Outcome"], "case", document.findtext(namespace + "CaseId"))
    print(document.findtext(namespace + "Message"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
