"""A client of the old open platform: signs a call as its documentation says and makes it over mutual TLS.

Arguments: URL, authority, certificate, key, secret, and the call as JSON: the method's parameters, and under "client"
what is peculiar: "sign_method", "minutes" (how far the clock is off), "sign" (instead of the right one), "query" (names
of parameters that travel in the address).
"""
import datetime, hashlib, hmac, json, ssl, sys, urllib.parse, urllib.request

url, authority, certificate, key, secret, call = sys.argv[1:]
parameters = json.loads(call)
client = parameters.pop("client", {})
zone = datetime.timezone(datetime.timedelta(hours=8))
now = datetime.datetime.now(zone) + datetime.timedelta(minutes=client.get("minutes", 0))
parameters.setdefault("timestamp", now.strftime("%Y-%m-%d %H:%M:%S"))
parameters.setdefault("v", "2.0")
parameters["sign_method"] = client.get("sign_method", "md5")
text = "".join(name + parameters[name] for name in sorted(parameters)).encode()
secret = secret.encode()
sign = {
    "md5": lambda: hashlib.md5(secret + text + secret).hexdigest(),
    "hmac": lambda: hmac.new(secret, text, hashlib.md5).hexdigest(),
    "hmac-sha256": lambda: hmac.new(secret, text, hashlib.sha256).hexdigest(),
}[parameters["sign_method"]]().upper()
parameters["sign"] = client.get("sign", sign)
query = {name: parameters.pop(name) for name in client.get("query", [])}
context = ssl.create_default_context(cafile=authority)
context.load_cert_chain(certificate, key)
request = urllib.request.Request(
    url + ("?" + urllib.parse.urlencode(query) if query else ""),
    data=urllib.parse.urlencode(parameters).encode(),
    headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
with opener.open(request, timeout=30) as answer:
    print(json.dumps({"status": answer.status, "type": answer.headers["Content-Type"], "body": answer.read().decode()}))
