#!/usr/bin/python3
"""A ledger whose every row names the one before it, so that a copy proves by its content that nothing is missing.

ledger.py write FILE          adds a row to a SQLite ledger every 50 ms, in WAL mode, until it is told to end
ledger.py fill FILE MEBIBYTE  makes a SQLite ledger of that size at least
ledger.py count FILE          prints the number of the last row
ledger.py check FILE [COPY]   fails unless the chain is whole, and the copy is where the file once was; prints its last row
"""

import hashlib
import os
import signal
import sqlite3
import sys
import time


def digest(before, number, payload):
    return hashlib.md5(f"{before}{number}{payload}".encode()).hexdigest()


def opened(path):
    ledger = sqlite3.connect(path, timeout=30, isolation_level=None)
    ledger.execute("PRAGMA journal_mode=WAL")
    ledger.execute("CREATE TABLE IF NOT EXISTS ledger(n INTEGER PRIMARY KEY, payload TEXT NOT NULL, digest TEXT NOT NULL)")
    return ledger


def add(ledger, payload):
    ledger.execute("BEGIN IMMEDIATE")
    number, before = ledger.execute("SELECT n, digest FROM ledger ORDER BY n DESC LIMIT 1").fetchone() or (0, "")
    number += 1
    ledger.execute("INSERT INTO ledger VALUES(?, ?, ?)", (number, payload, digest(before, number, payload)))
    ledger.execute("COMMIT")


def write(path):
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    ledger = opened(path)
    while not stopped:
        add(ledger, os.urandom(100).hex())
        time.sleep(0.05)


def fill(path, mebibytes):
    ledger = opened(path)
    while ledger.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0] < mebibytes << 20:
        add(ledger, os.urandom(200_000).hex())
    ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rows(path):
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    return ledger, ledger.execute("SELECT n, payload, digest FROM ledger ORDER BY n")


def check(path, copy=None):
    source, all_of_it = rows(path)
    if copy:
        restored, kept = rows(copy)
        verdict = restored.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            sys.exit(f"{copy}: {verdict}")
    else:
        kept = iter(all_of_it.fetchall())
        all_of_it = iter([])
    before, number = "", 0
    for row in kept:
        number += 1
        if row != (number, row[1], digest(before, number, row[1])):
            sys.exit(f"{copy or path}: row {number} doesn't follow from the one before")
        if copy and next(all_of_it, None) != row:
            sys.exit(f"{copy}: row {number} is not the row of {path}")
        before = row[2]
    print(number)


if __name__ == "__main__":
    verb, file, *rest = sys.argv[1:]
    if verb == "write":
        write(file)
    elif verb == "fill":
        fill(file, int(rest[0]))
    elif verb == "count":
        print(rows(file)[0].execute("SELECT coalesce(max(n), 0) FROM ledger").fetchone()[0])
    else:
        check(file, *rest)
