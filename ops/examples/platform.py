#!/usr/bin/env python3
"""A typed client of the platform interface: events, cases, answers for many cases at once, results and leads, files of
agencies that have no system of their own. The standard library is enough; import it, or run it:

platform.py http://HOST:PORT TOKEN work REPLY.json [after=CURSOR]
    reads the events behind CURSOR (0), acknowledges every complaint that came, replies to it with what REPLY.json says,
    and prints the cursor to go on with
platform.py http://HOST:PORT TOKEN file AGENCY FILE RECEIPT
    takes in a file that an agency gave to a person, and saves the receipt for the agency
"""
from __future__ import annotations

import dataclasses
import http.client
import json
import pathlib
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

MEDIA = {
    ".xml": "application/xml",
    ".json": "application/json",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AT_ONCE = 1000  # items of one request


@dataclasses.dataclass(frozen=True)
class Event:
    """What happened, in order. `data` holds ids and states; the record is read from the case."""

    cursor: int
    id: str
    type: str
    case: str
    agency: str
    at: str
    data: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """A matter, with its records, oldest first."""

    id: str
    agency: str
    topic: str
    registration_number: str
    state: str
    region: str
    records: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True)
class Answer:
    """A record of the platform's for a case. The same key with the same record gets the same answer, for ever."""

    case: str
    record: dict[str, Any]
    idempotency_key: str


@dataclasses.dataclass(frozen=True)
class Posted:
    """A record that was taken: the case's state after it, and the delivery that carries it to the agency."""

    record: str
    state: str
    delivery: str
    journal_index: int
    duplicate: bool


class Refused(Exception):
    """A problem document (RFC 9457): what is wrong, in Chinese and English, and each problem with its place."""

    def __init__(self, status: int, problem: dict[str, Any]):
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem.get('detail', problem)}")


class Platform:
    """The platform listener, with a token. A request that the gateway is too busy for is sent again."""

    def __init__(self, address: str, token: str, patience: float = 30.0):
        self.address, self.token, self.patience = urlsplit(address), token, patience

    def events(self, after: int, limit: int = 1000, wait: int = 0) -> Iterator[Event]:
        """Events behind a cursor, page by page, until there are no more; waits for the first `wait` seconds."""
        while True:
            query = urlencode({"after": after, "limit": limit, "wait": wait})
            page = self._json("GET", f"/platform/v1/events?{query}")
            yield from (Event(**event) for event in page["events"])
            if not page["events"]:
                return
            after, wait = page["next"], 0

    def case(self, case: str) -> Case:
        found = self._json("GET", f"/platform/v1/cases/{quote(case)}")
        records = tuple(record["record"] for record in found["records"])
        return Case(found["id"], found["agency"], found["topic"], found["registration_number"], found["state"],
                    found["region"], records)

    def answer(self, answers: Sequence[Answer]) -> list[Posted | Refused]:
        """Posts records for many cases; each is taken or refused by itself, and answered in its place."""
        answered: list[Posted | Refused] = []
        for start in range(0, len(answers), AT_ONCE):
            lines = (json.dumps(dataclasses.asdict(answer)) for answer in answers[start:start + AT_ONCE])
            page = self._json("POST", "/platform/v1/records", "\n".join(lines).encode(), "application/x-ndjson")
            for item in page["items"]:
                if problem := item.get("problem"):
                    answered.append(Refused(item["status"], problem))
                else:
                    members = {field.name: item[field.name] for field in dataclasses.fields(Posted)}
                    answered.append(Posted(**members))
        return answered

    def post(self, kind: Literal["inspection-result", "enforcement-lead"], record: dict[str, Any], key: str,
             to: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Posts a result or a lead that answers nothing; what became of it at each agency."""
        item: dict[str, Any] = {"record": record, "idempotency_key": key}
        if to:
            item["to"] = list(to)
        body = json.dumps(item).encode()
        posted = self._json("POST", f"/platform/v1/records/{kind}", body, "application/json")["posted"]
        return [dict(at_agency) for at_agency in posted]

    def file(self, agency: str, file: pathlib.Path, charset: str | None = None) -> tuple[bytes, str]:
        """Takes in a file for an agency; the receipt for the agency, and its media type."""
        media = MEDIA[file.suffix.lower()] + (f"; charset={charset}" if charset else "")
        path = f"/platform/v1/agencies/{quote(agency)}/files"
        body, headers = self._call("POST", path, file.read_bytes(), media)
        return body, headers["Content-Type"]

    def _json(self, method: str, path: str, body: bytes | None = None, media: str | None = None) -> Any:
        return json.loads(self._call(method, path, body, media)[0])

    def _call(self, method: str, path: str, body: bytes | None, media: str | None) -> tuple[bytes, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **({"Content-Type": media} if media else {})}
        end = time.monotonic() + self.patience
        while True:
            kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
            gateway = kind(self.address.netloc, timeout=60)
            try:
                gateway.request(method, path, body, headers)
                answer = gateway.getresponse()
                content = answer.read()
            finally:
                gateway.close()
            if answer.status in (429, 503) and time.monotonic() < end:
                time.sleep(float(answer.headers.get("Retry-After", 1)))
                continue
            if answer.status >= 400:
                raise Refused(answer.status, json.loads(content))
            return content, answer.headers


def work(platform: Platform, reply: dict[str, Any], after: int) -> int:
    """Acknowledges and replies to every complaint that came; the cursor to go on with."""
    came: list[Event] = []
    for event in platform.events(after):
        after = event.cursor
        if event.type == "regbridge.complaint-order.received":
            came.append(event)
    # Twice the same event, or a run that died half-way, makes no second record: the key is the event's.
    acknowledgement = {"kind": "complaint-acknowledgement", "decision": "accepted"}
    for name, record in (("ack", acknowledgement), ("reply", {"kind": "complaint-reply", **reply})):
        answered = platform.answer([Answer(event.case, record, f"{event.id}-{name}") for event in came])
        for event, answer in zip(came, answered):
            if isinstance(answer, Refused):
                print(f"{event.case} {name}: {answer}", file=sys.stderr)
            else:
                print(event.case, answer.state, "again" if answer.duplicate else "now")
    return after


def main(arguments: Sequence[str]) -> int:
    address, token, command, *rest = arguments
    platform = Platform(address, token)
    if command == "work":
        after = int(next((word[6:] for word in rest[1:] if word.startswith("after=")), "0"))
        print("after", work(platform, json.loads(pathlib.Path(rest[0]).read_text("utf-8")), after))
    else:
        agency, file, receipt = rest
        pathlib.Path(receipt).write_bytes(platform.file(agency, pathlib.Path(file))[0])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        sys.exit(f"{refused}\n{json.dumps(refused.problem, ensure_ascii=False, indent=1)}")
