#!/usr/bin/env python3
"""A consumer of a feed: pulls page after page and checks each window. The standard library is enough; the signature of
the notes is checked too where the gateway's verifier key is given (with the openssl command).

puller.py https://HOST:PORT CA.pem CLIENT.pem CLIENT.key KIND FOLDER [limit=N] [wait=S] [since=TIME] [region=R] [category=C] [vkey=FILE]

Messages go to FOLDER, one a file. FOLDER/state.json holds the cursor and the last window, so that the next run goes on
behind it and knows whether what comes follows it.
"""
import base64, hashlib, hmac, http.client, json, pathlib, ssl, subprocess, sys, tempfile
from urllib.parse import urlencode, urlsplit


class Wrong(Exception):
    """A page is not what its window says, or a window does not follow the one before."""


def tree_root(leaves):
    """RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def leaf(salt, message):
    """The leaf's data are HMAC-SHA-256 of the message under the delivery's salt, as the journal has them."""
    return hashlib.sha256(b"\0" + hmac.new(bytes.fromhex(salt), message, "sha256").digest()).digest()


def parts(content_type, body):
    """The parts of a multipart page: headers and bytes. A part says its length, for a message may be anything."""
    boundary = b"--" + content_type.partition("boundary=")[2].encode()
    found, rest = [], body
    while rest.startswith(boundary + b"\r\n"):
        head, _, rest = rest[len(boundary) + 2:].partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("ascii").split("\r\n"))
        headers = {name.lower(): value for name, value in headers.items()}
        length = int(headers["content-length"])
        found.append((headers, rest[:length]))
        if rest[length:length + 2] != b"\r\n":
            raise Wrong("a part is not as long as it says")
        rest = rest[length + 2:]
    if rest.strip() != boundary + b"--":
        raise Wrong("the page is cut off")
    return found


def note_of(headers):
    """The window's note: its text as a dictionary, and the note itself."""
    note = base64.b64decode(headers["Regbridge-Window-Note"]).decode("utf-8")
    text = note.rpartition("\n\n")[0]
    title, origin, *lines = text.split("\n")
    if title != "regbridge feed window v1":
        raise Wrong("the note is of another sort")
    return {"origin": origin, **dict(line.split(" ", 1) for line in lines)}, note


def check_signature(note, vkey):
    """C2SP signed-note v1.0.0, Ed25519; the key as the gateway publishes it at /agency/v1/vkey."""
    text, _, signatures = note.rpartition("\n\n")
    name, key_id, key = pathlib.Path(vkey).read_text().strip().split("+", 2)
    key = base64.b64decode(key)
    ours = [line.split(" ")[2] for line in signatures.splitlines() if line.startswith(f"— {name} ")]
    signature = base64.b64decode(ours[0]) if ours else b""
    if signature[:4].hex() != key_id or key[0] != 1:
        raise Wrong("the window is signed by another key")
    with tempfile.TemporaryDirectory() as folder:
        put = lambda file, content: (pathlib.Path(folder, file).write_bytes(content), f"{folder}/{file}")[1]
        public = put("key", bytes.fromhex("302a300506032b6570032100") + key[1:])  # RFC 8410
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public, "-rawin",
                               "-in", put("note", f"{text}\n".encode()), "-sigfile", put("signature", signature[4:])],
                              capture_output=True)
    if done.returncode:
        raise Wrong("the window's signature does not fit")


def check(headers, body, last, wanted, vkey=None):
    """The page's messages, in order, and its window. `last` is the window before it, if there was one."""
    window, note = note_of(headers)
    if vkey:
        check_signature(note, vkey)
    for name, value in wanted.items():
        if window[name] != value:
            raise Wrong(f"the window is of {name} {window[name]}, not {value}")
    for name in ("number", "from", "to", "count", "root", "previous"):
        if headers[f"Regbridge-Window-{name.capitalize()}"] != window[name]:
            raise Wrong(f"header and note differ in {name}")
    if last and (window["previous"], window["from"], int(window["number"])) != (last["root"], last["to"], int(last["number"]) + 1):
        raise Wrong("a window is missing between this one and the last")
    if not last and window["previous"] != hashlib.sha256(b"").hexdigest():
        raise Wrong("the first window has one before it")
    found = parts(headers["Content-Type"], body) if body else []
    leaves = [leaf(head["regbridge-salt"], message) for head, message in found]
    if tree_root(leaves).hex() != window["root"] or len(found) != int(window["count"]):
        raise Wrong(what_differs(found, window))
    if body and hashlib.sha256(body).hexdigest() != window["body"]:
        raise Wrong("the page's bytes are others than those that were signed")
    return found, window


def what_differs(found, window):
    """The root says that something differs, numbers and deliveries mostly what."""
    ids = [head["regbridge-delivery"] for head, _ in found]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    numbers = [int(head["regbridge-sequence"]) for head, _ in found]
    if twice:
        return f"a record is there twice: delivery {twice[0]}"
    if numbers != sorted(numbers):
        return "records are not in their order"
    if len(found) < int(window["count"]):
        return f"records are missing: {len(found)} of {window['count']} are there"
    return "a record is another than the one that was signed"


def main():
    address, authority, certificate, key, kind, folder, *rest = sys.argv[1:]
    options = dict(one.split("=", 1) for one in rest)
    vkey = options.pop("vkey", None)
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    kept = folder / "state.json"
    state = json.loads(kept.read_text()) if kept.exists() else {}
    wanted = {"kind": kind, "purpose": "page", "region": options.get("region", "-"), "category": options.get("category", "-")}
    tls = ssl.create_default_context(cafile=authority)
    tls.load_cert_chain(certificate, key)
    gateway = http.client.HTTPSConnection(urlsplit(address).netloc, context=tls, timeout=60)
    since = options.pop("since", None)
    options.setdefault("limit", "100")
    while True:
        query = dict(options)
        if "cursor" in state and not since:
            query["after"] = state["cursor"]
        elif since:  # the place is lost: ask from a time; a chain begins anew
            query["since"], state, since = since, {}, None
        gateway.request("GET", f"/agency/v1/{kind}?{urlencode(query)}", headers={"Accept": "multipart/mixed"})
        answer = gateway.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            print(answer.status, body.decode("utf-8"), file=sys.stderr)
            return 1
        try:
            found, window = check(answer.headers, body, state.get("window"), wanted, vkey)
        except Wrong as wrong:
            print("WRONG", wrong, file=sys.stderr)
            return 2
        if answer.status == 204:
            print("nothing more waits")
            return 0
        for head, message in found:
            (folder / f"{int(head['regbridge-sequence']):08}-{head['regbridge-delivery']}").write_bytes(message)
            if "regbridge-supersedes" in head:
                print(head["regbridge-delivery"], "takes the place of", head["regbridge-supersedes"])
        print(f"OK  window {window['number']}: {window['count']} records, {window['from']}..{window['to']}, root {window['root']}")
        # Written when the messages are: the next question confirms them.
        state = {"cursor": answer.headers["Regbridge-Next"], "window": window}
        kept.with_suffix(".new").write_text(json.dumps(state))
        kept.with_suffix(".new").replace(kept)


if __name__ == "__main__":
    sys.exit(main())
