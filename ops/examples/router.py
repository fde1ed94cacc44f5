#!/usr/bin/env python3
"""A bureau's 红盾云桥 client: signs the form as it always did, and posts it under its client certificate.

router.py https://HOST:PORT CA.pem CLIENT.pem CLIENT.key APP_KEY SECRET_FILE METHOD NAME=VALUE|NAME=@FILE…
"""
import datetime, hashlib, hmac, http.client, pathlib, ssl, sys
from urllib.parse import urlencode, urlsplit

address, authority, certificate, key, app_key, secret_file, method, *business = sys.argv[1:]
secret = pathlib.Path(secret_file).read_text().strip().encode()
beijing = datetime.timezone(datetime.timedelta(hours=8))
form = {
    "method": method,
    "app_key": app_key,
    "timestamp": datetime.datetime.now(beijing).strftime("%Y-%m-%d %H:%M:%S"),
    "format": "json",
    "v": "2.0",
    "sign_method": "hmac-sha256",
}
for parameter in business:
    name, _, value = parameter.partition("=")
    form[name] = pathlib.Path(value[1:]).read_text("utf-8") if value.startswith("@") else value
# Names and values in the order of the names, nothing between them.
text = "".join(name + form[name] for name in sorted(form))
form["sign"] = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest().upper()

tls = ssl.create_default_context(cafile=authority)
tls.load_cert_chain(certificate, key)
gateway = http.client.HTTPSConnection(urlsplit(address).netloc, context=tls, timeout=60)
gateway.request("POST", "/router/rest", urlencode(form).encode(),
                {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"})
answer = gateway.getresponse()
print(answer.read().decode("utf-8"))
sys.exit(0 if answer.status == 200 else 1)
