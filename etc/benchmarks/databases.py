"""Measures Holdfast beside restic and Borg in one run; called by etc/bench.

Every round makes fresh repositories, all encrypted, and does the same work with each program in turn on the same
database, which is in the page cache. Times are wall time of the command, medians over the rounds. `small` is Holdfast
with that compression, `bare` the least that any such program must do, on two threads.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from common import (
    MIB, Figures, busy, common_options, machine, parse, print_table, run, say, size_argument, stored, warm, warm_memory,
    write_figures)
from database_targets import targets
from holdfast import Holdfast
from inner import measure_parts
from loss import Loss
from polls import Polls
from record import record
from sizes import Sizes
from source import ROWS, application, changed_pages, same
from tools import BarePipeline, Borg, Restic

NAMES = ("holdfast", "small", "bare", "restic", "borg")


class Bench:
    """The rounds: figures by row and program, medians at the end."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.source = os.path.join(folder, "databases", "bench.db")
        self.writer = os.path.join(options.bin, "ledger-writer")
        self.deadline = time.monotonic() + options.minutes * 60
        self.figures = Figures()
        self.facts = {}
        self.failures = []
        self.load = os.getloadavg()[0]
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
        if row == "full":
            warm_memory(self.folder, self.facts["database_bytes"] // 2)
        warm(self.source)
        os.sync()
        before = 0 if keeps_repository else stored(tool.repository)
        read = tool.bytes_read() if isinstance(tool, Holdfast) else 0
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
        if rows:
            warm_memory(self.folder, self.facts["database_bytes"])
        os.sync()
        started = time.monotonic()
        target = tool.restore(folder)
        plain = time.monotonic() - started
        os.sync()
        if rows:
            synced = time.monotonic() - started
            self.figures.note("restore, s", tool.name, plain)
            self.figures.note("restore and sync, s", tool.name, synced)
            say(f"  {tool.name:9} {'restore':22} {plain:7.2f} s, synced {synced:7.2f} s")
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

    def update_rows(self, seed):
        run([self.writer, "update", self.source, "--rows", str(ROWS), "--seed", str(seed)])

    def holdfast(self, folder, compression="fast", name="holdfast"):
        server = f'engine = "sqlite"\nfolders = ["{os.path.dirname(self.source)}"]'
        return Holdfast(
            os.path.join(folder, name), self.options.bin, "bench.db", server, restore_root=self.folder,
            compression=compression, name=name)

    def others(self, folder):
        return [Restic(os.path.join(folder, "restic"), self.source), Borg(os.path.join(folder, "borg"), self.source)]

    def first_fulls(self, folder, tools):
        """Of every program, and of the two that have no other step; what these have stored is restored at once."""
        small = self.holdfast(folder, compression="small", name="small")
        bare = BarePipeline(
            os.path.join(folder, "bare"), os.path.join(self.options.bin, "bare-pipeline"), self.source)
        for tool in [*tools, bare, small]:
            try:
                if tool not in tools:
                    tool.prepare()
                self.measure("full", tool, tool.full)
                if tool not in tools:
                    self.measure_restore(tool)
            finally:
                if tool not in tools:
                    tool.stop()
                    shutil.rmtree(tool.folder, ignore_errors=True)

    def round(self):
        folder = os.path.join(self.folder, "round")
        os.makedirs(folder)
        holdfast = self.holdfast(folder)
        tools = [holdfast, *self.others(folder)]
        try:
            for tool in tools:
                tool.prepare()
            self.first_fulls(folder, tools)
            for row in ("unchanged", "forced"):
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
        with application(self.writer, self.source):
            # The log is started over by each of these transactions, so the second backup begins to follow it.
            for step in (200, 300):
                self.update_rows(step + self.rounds)
                holdfast.progressive()
            self.update_rows(400 + self.rounds)
            self.measure("progressive by log", holdfast, holdfast.progressive)

    def prune_round(self):
        """A full and four progressive backups in fresh repositories; four of the five are deleted."""
        folder = os.path.join(self.folder, "prune")
        os.makedirs(folder)
        tools = [self.holdfast(folder), *self.others(folder)]
        try:
            for tool in tools:
                tool.prepare()
                tool.full()
            for step in range(4):
                # Rows that no round before has changed so: an update to what is there frees nothing.
                self.update_rows(1000 + 10 * self.rounds + step)
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
        holdfast.fulls, holdfast.ticks = "*-*-* 23:00", "5m"
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
        shutil.rmtree(os.path.dirname(self.source))
        self.attempt(lambda: measure_parts(self))
        self.attempt(Loss(self).go)
        if self.options.large:
            self.attempt(Sizes(self).go)
        self.attempt(Polls(self).go)

    def attempt(self, part):
        """A part that fails is told, and its targets count as missed; the others are worth their time all the same."""
        try:
            part()
        except SystemExit as failure:
            if not isinstance(failure.code, str):
                raise
            self.failures.append(failure.code)
            say(failure.code)

    def targets(self):
        return targets(self.figures, self.facts)


def parsed():
    parser = common_options(__doc__.splitlines()[0], minutes=30)
    parser.add_argument("--size", type=size_argument, default="2G", help="of the database (default 2G)")
    parser.add_argument("--many", type=int, default=10_000, help="databases that are polled (default 10000)")
    parser.add_argument(
        "--large", metavar="SIZE,SIZE", type=lambda text: [size_argument(part) for part in text.split(",")],
        nargs="?", const=[1 << 30, 16 << 30],
        help="also compares a change in databases of these sizes (1G,16G); takes twice the larger one's room")
    parser.add_argument("--no-clusters", action="store_true", help="leave pgBackRest out, also where it is installed")
    return parse(parser)


def clusters(options):
    """The same of PostgreSQL, where its rival is installed."""
    if options.no_clusters or os.geteuid() != 0 or not shutil.which("pgbackrest"):
        return
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clusters.py")
    arguments = ["--bin", options.bin, "--runs", str(options.runs), "--minutes", str(options.minutes)]
    subprocess.run([sys.executable, program, *arguments, *(["--record"] if options.record else [])], check=True)


def main():
    options = parsed()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        bench = Bench(options, folder)
        bench.go()
        facts = machine(folder, {"restic": ["restic", "version"], "borg": ["borg", "--version"]})
    about = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
        f"{facts['kernel']}, {facts['file_system']}; {facts['restic']}; {facts['borg']}",
        f"database {bench.facts['database_bytes'] / MIB:.0f} MiB in page cache, {ROWS} random rows updated = "
        f"{bench.facts['changed_pages']} pages, {bench.facts['changed_pages_compressed_bytes'] / MIB:.2f} MiB "
        f"compressed; medians of {bench.rounds}", busy(bench.load)]
    print("\n" + "\n".join(about) + "\n")
    print_table(NAMES, bench.figures, bench.targets())
    write_figures(options.json, bench, facts)
    if options.record:
        record("Databases", "Databases beside restic and Borg", about, NAMES, bench)
    clusters(options)
    if bench.failures:
        raise SystemExit("\n".join(bench.failures))


if __name__ == "__main__":
    main()
