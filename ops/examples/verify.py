#!/usr/bin/env python3
"""Verifies a receipt with no code of ours: hashlib and hmac, and the openssl command for Ed25519.

verify.py RECEIPT VKEY BODY      RECEIPT holds a c2sp.org/tlog-proof@v1, alone or inside XML in GB18030 or UTF-8
"""
import base64, hashlib, hmac, html, json, pathlib, re, subprocess, sys, tempfile

receipt, vkey, body = (pathlib.Path(name).read_bytes() for name in sys.argv[1:])
text = receipt.decode("gb18030" if b'encoding="GB18030"' in receipt[:80] else "utf-8")
proof = html.unescape(re.search(r"c2sp\.org/tlog-proof@v1\n[^<]*", text)[0])

# The proof: a line `extra`, a line `index`, hashes; then, after an empty line, the checkpoint.
head, checkpoint = proof.split("\n\n", 1)
_, extra, index, *path = head.split("\n")
extra = json.loads(base64.b64decode(extra.removeprefix("extra ")))
index, path = int(index.removeprefix("index ")), [base64.b64decode(line) for line in path]
signed, signatures = checkpoint.split("\n\n")
origin, size, root = signed.split("\n")[:3]

# 1. The checkpoint is signed by the key (C2SP signed-note: key = name + id + base64(0x01 || Ed25519 key)).
name, key_id, key = vkey.decode().strip().split("+", 2)
key = base64.b64decode(key)
assert hashlib.sha256(f"{name}\n".encode() + key).hexdigest()[:8] == key_id and key[0] == 1, "the verifier key is damaged"
(signature,) = [base64.b64decode(line.split(" ")[2]) for line in signatures.splitlines() if line.startswith(f"— {name} ")]
assert signature[:4].hex() == key_id and origin == name, "signed by another key"
with tempfile.TemporaryDirectory() as folder:
    put = lambda file, content: (pathlib.Path(folder, file).write_bytes(content), f"{folder}/{file}")[1]
    public = put("key", bytes.fromhex("302a300506032b6570032100") + key[1:])  # SubjectPublicKeyInfo, RFC 8410
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public, "-rawin", "-in",
                    put("note", f"{signed}\n".encode()), "-sigfile", put("signature", signature[4:])], check=True,
                   stdout=subprocess.DEVNULL)
print(f"OK  the checkpoint of {origin} at {size} entries is signed")

# 2. The entry is in it (RFC 6962, section 2.1.1; the walk of RFC 9162, section 2.1.3.2).
hashed, node, last = hashlib.sha256(b"\0" + extra["entry"].encode()).digest(), index, int(size) - 1
assert index <= last, "the entry is younger than the checkpoint"
for sibling in path:
    assert last, "the path is too long"
    if node % 2 or node == last:
        hashed = hashlib.sha256(b"\1" + sibling + hashed).digest()
        while node % 2 == 0 and node:
            node, last = node // 2, last // 2
    else:
        hashed = hashlib.sha256(b"\1" + hashed + sibling).digest()
    node, last = node // 2, last // 2
assert last == 0 and hashed == base64.b64decode(root), "the entry is not in the journal"
print(f"OK  entry {index} is in it")

# 3. The entry is for this body: HMAC-SHA-256 under the proof's salt.
entry = json.loads(extra["entry"])
found = hmac.new(bytes.fromhex(extra["salt"]), body, "sha256").hexdigest()
assert entry["body"] == found, "the entry is for another body"
print(f"OK  it is for this body of {len(body)} bytes, received {entry['at']} from {entry['agency']}")
