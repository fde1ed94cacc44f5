#!/usr/bin/env python3
"""The other side's book: makes an agency's manifest of a day from a folder of message files, and compares two.

manifest.py make AGENCY DAY FOLDER      print the manifest of that day
manifest.py compare OURS THEIRS         print where two differ; ends with 1 if they do

FOLDER/index.tsv names the messages, one a line, tab-separated: FILE, TIME, DIRECTION (submit or receive), KIND, ID and, if
there is something to say, MARK (refused, stopped). TIME is that of the receipt for what was sent and that of the header
Regbridge-Made for what was received, in any offset; or - if it is not known: such a line belongs to whichever day is asked
for. FILE holds the message's bytes as exchanged.

The form is described in schemas/reconciliation/README.md. The standard library is enough.
"""
from __future__ import annotations

import datetime
import hashlib
import pathlib
import sys
from collections import Counter

CHINA = datetime.timezone(datetime.timedelta(hours=8))


class Wrong(Exception):
    """A file is not what it should be."""


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def root(lines: list[str]) -> str:
    return tree_root([hashlib.sha256(b"\0" + line.encode()).digest() for line in lines]).hex()


def escaped(text: str) -> str:
    """Visible ASCII but % as it is, every other byte of UTF-8 percent-encoded."""
    return "".join(chr(b) if 0x21 <= b <= 0x7E and b != 0x25 else f"%{b:02X}" for b in text.encode())


def manifest(agency: str, day: str, lines: list[str]) -> str:
    """The text of a manifest of these lines."""
    lines = sorted(set(lines), key=str.encode)
    counts = Counter(" ".join(line.split(" ")[1:3]) for line in lines)
    head = ["regbridge manifest v1", f"agency {agency}", f"day {day}", "zone +08:00", f"count {len(lines)}"]
    head += [f"{name} {counts[name]}" for name in sorted(counts)]
    head += [f"root {root(lines)}", ""]
    return "".join(line + "\n" for line in head + lines)


def make(agency: str, day: str, folder: pathlib.Path) -> str:
    """Reads the folder's index and its messages."""
    lines = []
    index = folder / "index.tsv"
    for number, row in enumerate(index.read_text("utf-8").splitlines(), 1):
        fields = row.split("\t")
        if len(fields) not in (5, 6):
            raise Wrong(f"{index}:{number}: FILE, TIME, DIRECTION, KIND, ID and perhaps MARK are wanted")
        name, time, direction, kind, message = fields[:5]
        mark = fields[5] if len(fields) == 6 else "-"
        if time != "-":
            at = datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone(CHINA)
            if at.date().isoformat() != day:
                continue
            time = at.replace(microsecond=0).isoformat()
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines.append(f"{time} {direction} {kind} {escaped(message)} {digest} {mark}")
    return manifest(agency, day, lines)


def read(path: pathlib.Path) -> list[str]:
    """The lines of a manifest, if it is what its head says."""
    text = path.read_bytes().decode("utf-8")
    head, blank, body = text.partition("\n\n")
    fields = head.split("\n")
    if not blank or fields[0] != "regbridge manifest v1" or not text.endswith("\n"):
        raise Wrong(f"{path}: no manifest, or cut off")
    lines = body.splitlines()
    agency, day = fields[1].partition(" ")[2], fields[2].partition(" ")[2]
    if manifest(agency, day, lines) != text:
        raise Wrong(f"{path}: order, counts or root do not fit its lines")
    return lines


def compare(ours: list[str], theirs: list[str]) -> list[str]:
    """What differs, by direction, kind and id; marks and erased bytes are no difference."""
    known: dict[str, dict[str, str]] = {}
    for side, lines in (("ours", ours), ("theirs", theirs)):
        for line in lines:
            time, direction, kind, message, digest, _ = line.split(" ")
            known.setdefault(f"{direction} {kind} {message}", {})[side] = f"{digest} {time}"
    found = []
    for key, sides in sorted(known.items()):
        one, other = sides.get("ours"), sides.get("theirs")
        if one is None or other is None:
            found.append(f"missing in {'ours' if one is None else 'theirs'}: {key}")
            continue
        (digest, time), (their_digest, their_time) = one.split(" "), other.split(" ")
        if "erased" not in (digest, their_digest) and digest != their_digest:
            found.append(f"other bytes: {key}")
        elif "-" not in (time, their_time) and time != their_time:
            found.append(f"other time: {key}")
    return found


def main(arguments: list[str]) -> int:
    match arguments:
        case ["make", agency, day, folder]:
            sys.stdout.buffer.write(make(agency, day, pathlib.Path(folder)).encode())
            return 0
        case ["compare", ours, theirs]:
            found = compare(read(pathlib.Path(ours)), read(pathlib.Path(theirs)))
            for line in found:
                print(line)
            return 1 if found else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Wrong, OSError, ValueError) as error:
        sys.exit(f"manifest.py: {error}")
