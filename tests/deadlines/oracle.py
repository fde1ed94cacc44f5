"""A second opinion on deadlines: reads the table, prints each case's last day as it calculates it.

It shares nothing with the gateway. The days off and the make-up days were typed from the State Council's notices
(国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号), each as the notice words it; the rest is the Civil Code, art. 201 and 203, and the two
orders' lengths. Where the gateway counts day by day, this makes the list of all days that count and takes the n-th.

usage: oracle.py cases.csv
"""

import csv
import sys
from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))

# "1月1日放假" and so on: year, then first day, last day, and what is worked for it, as month*100+day.
NOTICES = {
    2024: [(101, 101), (210, 217, 204, 218), (404, 406, 407), (501, 505, 428, 511), (610, 610), (915, 917, 914), (1001, 1007, 929, 1012)],
    2025: [(101, 101), (128, 204, 126, 208), (404, 406), (501, 505, 427), (531, 602), (1001, 1008, 928, 1011)],
    2026: [(101, 103, 104), (215, 223, 214, 228), (404, 406), (501, 505, 509), (619, 621), (925, 927), (1001, 1007, 920, 1010)],
}

# Working days or days, by rule set and deadline.
LENGTHS = {
    ("cn-order-20", "accept"): ("W", 7),
    ("cn-order-20", "mediate"): ("W", 45),
    ("cn-order-121", "accept"): ("W", 7),
    ("cn-order-121", "mediate"): ("D", 60),
    ("cn-12315-platform", "negotiate"): ("W", 10),
}


def day(year, number):
    return date(year, number // 100, number % 100)


def all_days():
    first, last = date(min(NOTICES), 1, 1), date(max(NOTICES), 12, 31)
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def working_days():
    off, made_up = set(), set()
    for year, holidays in NOTICES.items():
        for first, last, *work in holidays:
            a, b = day(year, first), day(year, last)
            off |= {a + timedelta(n) for n in range((b - a).days + 1)}
            made_up |= {day(year, one) for one in work}
    return [d for d in all_days() if d in made_up or (d not in off and d.isoweekday() < 6)]


ALL, WORKED = all_days(), working_days()


def china(text):
    return datetime.fromisoformat(text).astimezone(CHINA).date()


def nth(days, after, n):
    """The n-th of `days` after a day; None beyond what the notices cover."""
    place = bisect_right(days, after) + n - 1
    return days[place] if place < len(days) else None


def missing():
    return "missing:%d" % (max(NOTICES) + 1)


def due(row):
    received = china(row["received"])
    order = "cn-order-20" if received <= date(2026, 4, 14) else "cn-order-121"
    rule_set = "cn-12315-platform" if row["deadline"] == "negotiate" else order
    assert rule_set == row["rule_set"], (row["case"], rule_set)
    unit, length = LENGTHS[rule_set, row["deadline"]]
    begun = china(row["acknowledged"]) if row["deadline"] == "mediate" else received
    days = WORKED if unit == "W" else ALL
    if row["testing_from"]:
        # The testing's own first day is not part of it, by the same article.
        a, b = china(row["testing_from"]), china(row["testing_to"])
        days = [d for d in days if not a < d <= b]
    last = nth(days, begun, length)
    if last is None:
        return missing()
    if unit == "D":
        # A last day off: the next working day.
        last = next((d for d in WORKED if d >= last), None)
        if last is None:
            return missing()
    return last.isoformat()


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            print(row["case"], due(row))


main()
