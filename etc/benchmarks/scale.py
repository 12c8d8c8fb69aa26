"""Measures what grows with recovery points, with the size of a database and with the number of databases; called by
etc/bench --scale.

Every curve is measured at each size that is printed, in a process of its own: nothing is extrapolated. Points lie in memory
(/dev/shm) where there is room, so that the figures show work and not a disk; images lie in TMPDIR when there is none. Peaks
are those of a test process, which takes about 50 MiB before it does anything.
"""

import os
import re
import shutil
import sqlite3
import tempfile
import time

from common import (
    MIB, Figures, at_most, common_options, machine, parse, print_table, run, say, write_figures)
from holdfast import Holdfast

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATABASES, MESSAGES = 10_000, 1_000_000
GIB = 1 << 30


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def roomy(need):
    """A folder in memory if that has room, else the temporary one."""
    memory = "/dev/shm"
    if os.path.isdir(memory) and shutil.disk_usage(memory).free > need:
        return memory
    if shutil.disk_usage(tempfile.gettempdir()).free < need:
        raise SystemExit(f"bench: needs {need / MIB:.0f} MiB free in {tempfile.gettempdir()}")
    return tempfile.gettempdir()


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.figures = Figures()
        self.facts, self.rounds = {"page_size": options.page}, 1

    def curve(self, suite, column, need, **settings):
        """One size, in a test process that prints its rows as `name[size]: value`."""
        say(column)
        with tempfile.TemporaryDirectory(prefix="holdfast-scale-", dir=roomy(need)) as folder:
            output = run(
                ["swift", "test", "-c", "release", "--skip-build", "--package-path", ROOT, "--filter", suite],
                env={**os.environ, "HOLDFAST_BENCH": "1", "HOLDFAST_BIN_DIR": self.options.bin,
                     "TMPDIR": folder + "/", **settings})
        rows = re.findall(r"^(\w+)\[[^\]]*\]: ([-0-9.e+]+)$", output, re.MULTILINE)
        if not rows:
            raise SystemExit(f"bench: no figures of {suite} in:\n{output[-4000:]}")
        for name, value in rows:
            self.figures.note(name, column, float(value))

    def start_with_many(self):
        """From the start of the program to its first answer."""
        data = os.path.join(self.folder, "data")
        os.makedirs(data)
        first = os.path.join(data, "0000.db")
        with sqlite3.connect(first) as database:
            database.execute("CREATE TABLE t (x)")
        database.close()
        for index in range(1, DATABASES):
            shutil.copyfile(first, os.path.join(data, f"{index:04}.db"))
        tool = Holdfast(self.folder, self.options.bin, "bench/0000.db", f'folders = ["{data}"]', self.folder)
        try:
            tool.prepare()
            self.wait_for_databases(tool)
            tool.stop()
            self.fill_messages(os.path.join(self.folder, "state", "catalog.db"))
            for _ in range(3):
                started = time.monotonic()
                tool.start()
                self.figures.note("start to the first answer, s", "holdfast", time.monotonic() - started)
                self.wait_for_databases(tool)
                self.figures.note("memory after the start, bytes", "holdfast", tool.memory("VmHWM"))
                tool.stop()
        finally:
            tool.stop()

    def wait_for_databases(self, tool):
        deadline = time.monotonic() + 300
        while run(tool.command("databases", "--json")).count('"path"') < DATABASES:
            if time.monotonic() > deadline:
                raise SystemExit("bench: the databases are not found")
            time.sleep(0.2)

    def fill_messages(self, path):
        """As many copies of the newest message as there should be, delivered long ago."""
        database = sqlite3.connect(path)
        with database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(messages)")]
            others = ", ".join(name for name in columns if name != "id")
            database.execute(
                f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {MESSAGES}) "
                f"INSERT INTO messages (id, {others}) SELECT last.id + k, {others} FROM n, "
                "(SELECT * FROM messages ORDER BY id DESC LIMIT 1) AS last")
            database.execute("UPDATE deliveries SET last_message = (SELECT max(id) FROM messages)")
            count = database.execute("SELECT count(*) FROM messages").fetchone()[0]
        database.close()
        if count < MESSAGES:
            raise SystemExit(f"bench: {count} messages")

    def go(self):
        for count in self.options.points:
            self.curve("PointScaleBench", f"{count}", count * 12_000 + (1 << 28),
                       HOLDFAST_SCALE_POINTS=str(count))
        for size in self.options.gib:
            self.curve("ImageScaleBench", f"{size} GiB", size * GIB // 48 + (1 << 28),
                       HOLDFAST_SCALE_BYTES=str(size * GIB), HOLDFAST_SCALE_PAGE=str(self.options.page))
        if not self.options.no_start:
            say(f"start with {DATABASES} databases and {MESSAGES} messages")
            self.start_with_many()

    def growth(self, name):
        """Of the largest number of points over the smallest."""
        if not self.options.points:
            return None
        least, most = (self.figures.median(name, str(count)) for count in (self.options.points[0],
                                                                           self.options.points[-1]))
        return most / least if least and most else None

    def part(self, columns):
        """The rows that have one of the columns."""
        part = Figures()
        part.rows = {row: values for row, values in self.figures.rows.items() if set(columns) & set(values)}
        return part

    def peak(self, columns):
        peaks = [max(value) for row, values in self.part(columns).rows.items() if row.endswith("_peak_mib")
                 for value in values.values()]
        return max(peaks) if peaks else None

    def columns(self):
        return [str(count) for count in self.options.points], [f"{size} GiB" for size in self.options.gib]

    def targets(self):
        points, images = self.columns()
        start = self.figures.median("start to the first answer, s", "holdfast")
        rows = [
            at_most("a commit: most points over fewest", self.growth("commit_20_s"), 1.5, "x"),
            at_most("a commit: reads, most points over fewest", self.growth("commit_reads"), 1.5, "x"),
            at_most("a run of a backup: most points over fewest", self.growth("run_of_a_backup_s"), 1.5, "x"),
            at_most("peak memory with points, MiB", self.peak(points), 128),
            at_most("peak memory with images, MiB", self.peak(images), 128),
            at_most(f"start with {DATABASES} databases, {MESSAGES} messages, s", start, 2),
        ]
        # What was left out is neither met nor missed.
        return [row for row in rows if row[1] is not None]


def main():
    parser = common_options(__doc__.splitlines()[0], minutes=0)
    parser.add_argument("--points", type=numbers, default="1000,10000,100000", help="of one unit, by comma")
    parser.add_argument("--gib", type=numbers, default="1,16,64", help="of one database, by comma; 1024 takes a while")
    parser.add_argument("--page", type=int, default=4096, help="bytes of a page (default 4096)")
    parser.add_argument("--no-start", action="store_true", help="leave out the start with many databases")
    options = parse(parser)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        bench = Bench(options, folder)
        bench.go()
        facts = machine(folder, {})
    print(f"\n{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / GIB:.0f} GiB, {facts['kernel']}")
    points, images = bench.columns()
    for names in (points, images):
        if bench.part(names).rows:
            print()
            print_table(names, bench.part(names), [])
    print()
    print_table(["holdfast"], bench.part(["holdfast"]) if not options.no_start else bench.figures, bench.targets())
    write_figures(options.json, bench, facts)


if __name__ == "__main__":
    main()
