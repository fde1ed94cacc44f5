#!/usr/bin/env python3
"""Verifies a receipt or an evidence package with no code of ours: hashlib and hmac, and the openssl command for Ed25519.

verify.py RECEIPT VKEY BODY      RECEIPT holds a c2sp.org/tlog-proof@v1, alone or inside XML in GB18030 or UTF-8
verify.py PACKAGE.zip VKEY
"""
import base64, hashlib, hmac, html, io, json, pathlib, re, subprocess, sys, tempfile, zipfile

sha, b64 = lambda content: hashlib.sha256(content).digest(), base64.b64decode
content, vkey, *body = (pathlib.Path(name).read_bytes() for name in sys.argv[1:])
name, key_id, key = vkey.decode().strip().split("+", 2)
assert sha(f"{name}\n".encode() + b64(key))[:4].hex() == key_id and b64(key)[0] == 1, "the verifier key is damaged"

def opened(note, known={}):  # C2SP signed-note: a text, an empty line, signatures; the key is 0x01 || Ed25519 key
    text, signatures = note.split("\n\n")
    if known.get(note):
        return text.split("\n")
    lines = [b64(line.split(" ")[2]) for line in signatures.splitlines() if line.startswith(f"— {name} ")]
    assert len(lines) == 1 and lines[0][:4].hex() == key_id, "signed by another key"
    with tempfile.TemporaryDirectory() as folder:
        put = lambda file, content: (pathlib.Path(folder, file).write_bytes(content), f"{folder}/{file}")[1]
        public = put("key", bytes.fromhex("302a300506032b6570032100") + b64(key)[1:])  # RFC 8410
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public, "-rawin", "-in",
                        put("note", f"{text}\n".encode()), "-sigfile", put("signature", lines[0][4:])], check=True,
                       stdout=subprocess.DEVNULL)
    known[note] = True
    return text.split("\n")

def proved(proof):  # a line `extra`, a line `index`, hashes; then, after an empty line, the checkpoint
    head, checkpoint = proof.split("\n\n", 1)
    _, extra, index, *path = head.split("\n")
    extra, index = json.loads(b64(extra.removeprefix("extra "))), int(index.removeprefix("index "))
    origin, size, root = opened(checkpoint)[:3]
    hashed, node, last = sha(b"\0" + extra["entry"].encode()), index, int(size) - 1
    assert origin == name and index <= last, "the entry is younger than the checkpoint"
    for sibling in map(b64, path):  # RFC 6962, section 2.1.1; the walk of RFC 9162, section 2.1.3.2
        assert last, "the path is too long"
        right = node % 2 or node == last
        hashed = sha(b"\1" + sibling + hashed) if right else sha(b"\1" + hashed + sibling)
        while right and node % 2 == 0 and node:
            node, last = node // 2, last // 2
        node, last = node // 2, last // 2
    assert last == 0 and hashed == b64(root), f"entry {index} is not in the journal"
    print(f"OK  entry {index} is in the journal of {size} entries, which {origin} signed")
    return index, json.loads(extra["entry"]), bytes.fromhex(extra.get("salt", "")), checkpoint

if content[:4] != b"PK\3\4":
    text = content.decode("gb18030" if b'encoding="GB18030"' in content[:80] else "utf-8")
    _, entry, salt, _ = proved(html.unescape(re.search(r"c2sp\.org/tlog-proof@v1\n[^<]*", text)[0]))
    assert entry["body"] == hmac.new(salt, body[0], "sha256").hexdigest(), "the entry is for another body"
    sys.exit(print(f"OK  it is for this body of {len(body[0])} bytes, received {entry['at']} from {entry['agency']}"))
archive = zipfile.ZipFile(io.BytesIO(content))
assert all(one.compress_type == 0 for one in archive.infolist()), "compressed, as no package is"
read = {one: archive.read(one) for one in archive.namelist()}
manifest = json.loads(read["manifest.json"])
journal, left_out = manifest["journal"], [one["index"] for one in manifest["left_out"]]
assert opened(read["checkpoint"].decode())[:2] == [name, str(journal["size"])], "the checkpoint is another"
assert journal["vkey"] == vkey.decode().strip(), "the package is under another key"
said = [manifest["format"], manifest["case"]["id"], sha(read["manifest.json"]).hex()]
assert said[0] == "regbridge-package@v1", "a format that is not known here"
assert opened(read["manifest.note"].decode()) == said, "manifest.json is not what was signed"
files = {file["path"]: file["sha256"] for file in manifest["files"]}
assert sorted(archive.namelist()) == sorted([*files, "manifest.json", "manifest.note"]), "files too many, or too few"
for path, digest in files.items():
    assert sha(read[path]).hex() == digest, f"{path} is another file"
for one in manifest["entries"]:
    index, entry, salt, checkpoint = proved(read[one["proof"]].decode())
    assert (index, entry["at"], entry["type"]) == (one["index"], one["at"], one["type"]), f"{one['proof']} is another entry"
    assert checkpoint == read["checkpoint"].decode(), f"{one['proof']} has another checkpoint"
    if path := one.get("body") or one.get("file"):
        found = hmac.new(salt, read[path] if "body" in one else sha(read[path]), "sha256").hexdigest()
        assert found == entry["body" if "body" in one else "file"], f"{path} is not what entry {index} tells of"
        print(f"OK  {path} is what entry {index} tells of")
    elif "body" in entry or "file" in entry:
        assert index in left_out, f"what entry {index} tells of is not here, and nothing says why"
print(f"OK  {len(files)} files about case {manifest['case']['id']}, nothing else")
