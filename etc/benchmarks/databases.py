"""Measures Holdfast beside restic and Borg in one run; called by etc/bench.

Every round makes fresh repositories, all encrypted, and does the same work with each program in turn on the same
database, which is in the page cache. Times are wall time of the command, medians over the rounds.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import zlib

from common import (
    MIB, Figures, at_least, at_most, common_options, machine, parse, print_table, run, say, size_argument, stored,
    timed, warm, write_figures)
from holdfast import Holdfast

PAGE = 4096
ROWS = 2000


def same(one, other):
    return subprocess.run(["cmp", "-s", one, other]).returncode == 0


def changed_pages(before, after):
    """The number of pages that differ, and their size when compressed by zlib level 1 in blocks of 256 KiB."""
    count, compressed, pending = 0, 0, b""
    with open(before, "rb") as old, open(after, "rb") as new:
        while block := new.read(64 * PAGE):
            base = old.read(64 * PAGE)
            if block == base:
                continue
            for start in range(0, len(block), PAGE):
                page = block[start:start + PAGE]
                if page != base[start:start + PAGE]:
                    count += 1
                    pending += page
            if len(pending) >= 64 * PAGE:
                compressed += len(zlib.compress(pending[:64 * PAGE], 1))
                pending = pending[64 * PAGE:]
    return count, compressed + (len(zlib.compress(pending, 1)) if pending else 0)


class Restic:
    name = "restic"

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.repository = os.path.join(folder, "repository")
        self.environment = {
            **os.environ, "RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": "benchmark",
            "RESTIC_CACHE_DIR": os.path.join(folder, "cache")}

    def do(self, *arguments):
        return timed(["restic", "-q", *arguments], env=self.environment)

    def prepare(self):
        os.makedirs(self.folder)
        self.do("init")

    def stop(self):
        pass

    def full(self):
        return self.do("backup", self.source)

    unchanged = progressive = full

    def forced(self):
        return self.do("backup", "--force", self.source)

    def restore(self, folder):
        self.do("restore", "latest", "--target", folder)
        return folder + self.source

    def verify(self):
        return self.do("check", "--read-data")

    def points(self):
        return len(json.loads(run(["restic", "snapshots", "--json"], env=self.environment)))

    def prune(self):
        return self.do("forget", "--keep-last", "1", "--prune")


class Borg:
    name = "borg"

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.repository = os.path.join(folder, "repository")
        self.environment = {
            **os.environ, "BORG_REPO": self.repository, "BORG_PASSPHRASE": "benchmark",
            "BORG_BASE_DIR": os.path.join(folder, "base")}
        self.archives = 0

    def do(self, *arguments, **options):
        return timed(["borg", *arguments], env=self.environment, **options)

    def prepare(self):
        os.makedirs(os.path.join(self.folder, "base"))
        self.do("init", "--encryption=repokey")

    def stop(self):
        pass

    def create(self, *options):
        self.archives += 1
        return self.do("create", *options, f"::{self.archives}", self.source)

    def full(self):
        return self.create()

    unchanged = progressive = full

    def forced(self):
        return self.create("--files-cache=disabled")

    def restore(self, folder):
        self.do("extract", f"::{self.archives}", cwd=folder)
        return folder + self.source

    def verify(self):
        return self.do("check", "--verify-data")

    def points(self):
        return len(run(["borg", "list", "--short"], env=self.environment).split())

    def prune(self):
        return self.do("prune", "--keep-last", "1") + self.do("compact")


class Bench:
    """The rounds: figures by row and program, medians at the end."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.source = os.path.join(folder, "databases", "bench.db")
        self.writer = os.path.join(options.bin, "ledger-writer")
        self.deadline = time.monotonic() + options.minutes * 60
        self.figures = Figures()
        self.facts = {}
        self.rounds = 0

    def generate(self):
        say(f"generating {self.options.size / MIB:.0f} MiB")
        os.makedirs(os.path.dirname(self.source))
        run([self.writer, "create", self.source, "--size", str(self.options.size)])
        size = os.path.getsize(self.source)
        free = shutil.disk_usage(self.folder).free
        if free < 5 * size:
            raise SystemExit(f"bench: needs {5 * size / MIB:.0f} MiB free in {self.folder}, there are {free / MIB:.0f}")
        self.facts["database_bytes"] = size

    def measure(self, row, tool, work, keeps_repository=False):
        """Seconds of one step, with the source in the page cache and nothing else left to write."""
        warm(self.source)
        os.sync()
        before = 0 if keeps_repository else stored(tool.repository)
        read = tool.bytes_read() if tool.name == "holdfast" else 0
        seconds = work()
        self.figures.note(f"{row}, s", tool.name, seconds)
        if not keeps_repository:
            self.figures.note(f"{row}, bytes stored", tool.name, stored(tool.repository) - before)
        if tool.name == "holdfast":
            self.figures.note(f"{row}, bytes read", tool.name, tool.bytes_read() - read)
        say(f"  {tool.name:9} {row:22} {seconds:7.2f} s")

    def measure_restore(self, tool, rows=True):
        folder = os.path.join(self.folder, "restored")
        os.makedirs(folder)
        os.sync()
        started = time.monotonic()
        target = tool.restore(folder)
        plain = time.monotonic() - started
        os.sync()
        if rows:
            self.figures.note("restore, s", tool.name, plain)
            self.figures.note("restore and sync, s", tool.name, time.monotonic() - started)
            say(f"  {tool.name:9} {'restore':22} {plain:7.2f} s")
        if not same(self.source, target):
            raise SystemExit(f"bench: what {tool.name} restored differs from the source")
        shutil.rmtree(folder)

    def update(self):
        """Changes rows; in the first round also finds out how many pages that touches and what they compress to."""
        before = os.path.join(self.folder, "before.db")
        if self.rounds == 0:
            run(["cp", "--reflink=auto", self.source, before])
        self.update_rows(100 + self.rounds)
        if self.rounds == 0:
            count, compressed = changed_pages(before, self.source)
            self.facts.update(changed_pages=count, changed_pages_compressed_bytes=compressed)
            os.remove(before)

    def holdfast(self, folder):
        server = f'engine = "sqlite"\nfolders = ["{os.path.dirname(self.source)}"]'
        return Holdfast(
            os.path.join(folder, "holdfast"), self.options.bin, "bench.db", server, restore_root=self.folder)

    def round(self):
        folder = os.path.join(self.folder, "round")
        os.makedirs(folder)
        holdfast = self.holdfast(folder)
        tools = [holdfast, Restic(os.path.join(folder, "restic"), self.source),
                 Borg(os.path.join(folder, "borg"), self.source)]
        try:
            for tool in tools:
                tool.prepare()
            for row in ("full", "unchanged", "forced"):
                for tool in tools:
                    self.measure(row, tool, getattr(tool, row))
            self.update()
            for tool in tools:
                self.measure("progressive", tool, tool.progressive)
            self.by_log(holdfast)
            for tool in tools[1:]:
                tool.progressive()
            for tool in tools:
                self.measure_restore(tool)
            for tool in tools:
                self.measure("verify", tool, tool.verify, keeps_repository=True)
            self.figures.note("daemon: peak memory, bytes", "holdfast", holdfast.memory("VmHWM"))
            self.figures.note("daemon: memory after work, bytes", "holdfast", holdfast.memory("VmRSS"))
            self.rounds += 1
            if self.rounds == self.options.runs or time.monotonic() > self.deadline:
                self.idle(holdfast)
        finally:
            for tool in tools:
                tool.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def by_log(self, holdfast):
        """The same change while an application has the database open, so that its log tells the pages."""
        with self.application(self.source):
            # The log is started over by each of these transactions, so the second backup begins to follow it.
            for step in (200, 300):
                self.update_rows(step + self.rounds)
                holdfast.progressive()
            self.update_rows(400 + self.rounds)
            self.measure("progressive by log", holdfast, holdfast.progressive)

    @contextlib.contextmanager
    def application(self, path):
        """A process that has the database open."""
        holder = subprocess.Popen([self.writer, "hold", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.communicate()

    def update_rows(self, seed):
        run([self.writer, "update", self.source, "--rows", str(ROWS), "--seed", str(seed)])

    def prune_round(self):
        """A full and four progressive backups in fresh repositories; four of the five are deleted."""
        folder = os.path.join(self.folder, "prune")
        os.makedirs(folder)
        tools = [self.holdfast(folder),
                 Restic(os.path.join(folder, "restic"), self.source), Borg(os.path.join(folder, "borg"), self.source)]
        try:
            for tool in tools:
                tool.prepare()
                tool.full()
            for step in range(4):
                self.update_rows(1000 + step)
                for tool in tools:
                    tool.progressive()
            for tool in tools:
                if tool.points() != 5:
                    raise SystemExit(f"bench: {tool.name} has {tool.points()} points, not 5")
                before = stored(tool.repository)
                os.sync()
                seconds = tool.prune()
                self.figures.note("prune of 4 in 5 points, s", tool.name, seconds)
                self.figures.note("prune of 4 in 5 points, bytes freed", tool.name, before - stored(tool.repository))
                say(f"  {tool.name:9} {'prune of 4 in 5':22} {seconds:7.2f} s")
                if tool.points() != 1:
                    raise SystemExit(f"bench: {tool.name} kept {tool.points()} points, not 1")
                self.measure_restore(tool, rows=False)
            space = json.loads(run(tools[0].command("repository", "space", "--json")))
            self.figures.note("dead after the prune, percent", "holdfast", 100 * space["dead"] / max(1, space["used"]))
        finally:
            for tool in tools:
                tool.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def idle(self, holdfast):
        """A daemon with its default ticks that has nothing to do."""
        holdfast.stop()
        holdfast.ticks = "5m"
        holdfast.start()
        say("  holdfast  at rest for 70 s")
        time.sleep(10)
        wakeups = holdfast.wakeups()
        time.sleep(60)
        self.figures.note("daemon: wake-ups a minute at rest", "holdfast", holdfast.wakeups() - wakeups)
        self.figures.note("daemon: memory at rest, bytes", "holdfast", holdfast.memory("VmRSS"))

    def go(self):
        self.generate()
        while self.rounds < self.options.runs and (self.rounds == 0 or time.monotonic() < self.deadline):
            say(f"round {self.rounds + 1} of {self.options.runs}")
            self.round()
            self.prune_round()
        self.inner_rows()

    def inner_rows(self):
        """What only the program's own parts can measure: scheduler and message center, by tests that print their rows."""
        say("scheduler and message center")
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        output = run(
            ["swift", "test", "-c", "release", "--skip-build", "--package-path", root, "--filter",
             "SchedulingBench|MillionMessagesTests|FollowerBench"],
            env={**os.environ, "HOLDFAST_BENCH": "1", "HOLDFAST_BIN_DIR": self.options.bin,
                 "HOLDFAST_BENCH_FOLDER": self.folder})
        for row, pattern in (
            ("10,000 schedules: arming, p99, ms", r"^arm_10000_p99_ms: ([0-9.]+)"),
            ("10,000 due at once: claimed, p50, ms", r"^claim_10000_p50_ms: ([0-9.]+)"),
            ("10,000 due at once: claimed, p99, ms", r"^claim_10000_p99_ms: ([0-9.]+)"),
            ("a page of a million messages, worst, ms", r"slowest of \d+ queries ([0-9.]+) ms"),
            ("50 followers hear of a message, p50, ms", r"^followers_p50_ms: ([0-9.]+)"),
            ("50 followers hear of a message, p99, ms", r"^followers_p99_ms: ([0-9.]+)"),
        ):
            found = re.search(pattern, output, re.MULTILINE)
            if not found:
                raise SystemExit(f"bench: no figure for {row} in:\n{output[-4000:]}")
            self.figures.note(row, "holdfast", float(found[1]))

    def targets(self):
        """Rows of (what, value, target, whether it is met)."""
        ratio, median = self.figures.ratio, self.figures.median
        changed = self.facts.get("changed_pages_compressed_bytes") or None
        step = median("progressive, bytes stored", "holdfast")
        by_log, restic = median("progressive by log, s", "holdfast"), median("progressive, s", "restic")
        mib = {row: median(row, "holdfast") / MIB for row in self.figures.rows if row.startswith("daemon: ")}
        read = median("unchanged, bytes read", "holdfast")
        return [
            at_least("first full: throughput over restic", ratio("full, s", "restic", "holdfast"), 4),
            at_most("first full: stored over restic", ratio("full, bytes stored", "holdfast", "restic"), 1.12, "x"),
            at_most("progressive by compare: time over restic", ratio("progressive, s", "holdfast", "restic"), 0.06, "x"),
            at_most("progressive by log: time over restic", by_log / restic if by_log and restic else None, 0.02, "x"),
            at_most("progressive: stored over changed pages", step / changed if step and changed else None, 1.2, "x"),
            at_most("unchanged: KiB read by the daemon", None if read is None else read / 1024, 1024),
            at_least("restore: speed over restic", ratio("restore, s", "restic", "holdfast"), 1.3),
            at_least("restore and sync: speed over restic", ratio("restore and sync, s", "restic", "holdfast"), 1.3),
            at_least("verify pages: speed over restic check", ratio("verify, s", "restic", "holdfast"), 1.7),
            at_most("prune of 4 in 5 points: time over restic",
                    ratio("prune of 4 in 5 points, s", "holdfast", "restic"), 0.05, "x"),
            at_most("dead after the prune, percent", median("dead after the prune, percent", "holdfast"), 5),
            at_most("10,000 schedules: arming, p99, ms",
                    median("10,000 schedules: arming, p99, ms", "holdfast"), 1),
            at_most("10,000 due at once: claimed, p99, ms",
                    median("10,000 due at once: claimed, p99, ms", "holdfast"), 50),
            at_most("a page of a million messages, worst, ms",
                    median("a page of a million messages, worst, ms", "holdfast"), 20),
            at_most("50 followers hear of a message, p99, ms",
                    median("50 followers hear of a message, p99, ms", "holdfast"), 20),
            at_most("daemon: peak memory, MiB", mib.get("daemon: peak memory, bytes"), 96),
            at_most("daemon: memory at rest, MiB", mib.get("daemon: memory at rest, bytes"), 30),
            at_most("daemon: wake-ups a minute", median("daemon: wake-ups a minute at rest", "holdfast"), 1),
        ]


def main():
    parser = common_options(__doc__.splitlines()[0], minutes=30)
    parser.add_argument("--size", type=size_argument, default="2G", help="of the database (default 2G)")
    options = parse(parser)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        bench = Bench(options, folder)
        bench.go()
        facts = machine(folder, {"restic": ["restic", "version"], "borg": ["borg", "--version"]})
    print(f"\n{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
          f"{facts['kernel']}, {facts['file_system']}; {facts['restic']}; {facts['borg']}")
    print(f"database {bench.facts['database_bytes'] / MIB:.0f} MiB in page cache, {ROWS} random rows updated = "
          f"{bench.facts['changed_pages']} pages, {bench.facts['changed_pages_compressed_bytes'] / MIB:.2f} MiB "
          f"compressed; medians of {bench.rounds}\n")
    print_table(("holdfast", "restic", "borg"), bench.figures, bench.targets())
    write_figures(options.json, bench, facts)


if __name__ == "__main__":
    main()
