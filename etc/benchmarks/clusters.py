"""Measures Holdfast beside pgBackRest and pg_basebackup in one run; called by etc/bench --postgres.

Every round makes fresh repositories and does the same work with each program in turn on the same cluster, which is in
the page cache, and whose order changes from round to round. Holdfast and pgBackRest encrypt, pg_basebackup doesn't.
Times are wall time of the command, medians over the rounds. pgBackRest has two processes and the log's archive.
"""

import os
import shutil
import tempfile
import time

from cluster import Cluster, percentile
from cluster_tools import ClusterHoldfast, PgBackRest, PgBaseBackup, restored_content, versions
from common import (
    MIB, Figures, at_least, at_most, busy, common_options, machine, parse, print_table, say, warm_memory,
    write_figures)
from record import record

NAMES = ("holdfast", "pgbackrest", "pg_basebackup")
TRANSACTIONS = 10_000
# Before a backup begins beside the load: not counted, and counted as the load alone.
WARM_UP, ALONE = 5, 20
# What holdfastd takes of one core when nothing is set.
LIMIT_PERCENT = 12 * max(2, os.cpu_count() or 1)
# As the others are: the rows beside a load say what limits do.
UNLIMITED = 'cpu_limit = "0%"'


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.cluster = Cluster(folder)
        self.deadline = time.monotonic() + options.minutes * 60
        self.figures = Figures()
        self.facts = {"compression": options.compression, "rate": options.rate, "scale": options.scale}
        self.load = os.getloadavg()[0]
        self.rounds = 0

    def holdfast(self, folder, limits=""):
        return ClusterHoldfast(os.path.join(folder, "holdfast"), self.options.bin, self.cluster, limits)

    def pgbackrest(self, folder):
        return PgBackRest(os.path.join(folder, "pgbackrest"), self.cluster, self.options.compression)

    def in_turn(self, tools):
        shift = self.rounds % len(tools)
        return tools[shift:] + tools[:shift]

    def note(self, row, tool, value):
        self.figures.note(row, tool.name, value)
        text = f"{value / MIB:.1f} MiB" if "bytes" in row else f"{value:.2f}"
        say(f"  {tool.name:13} {row:40} {text}")

    def create(self):
        say(f"making a cluster of scale {self.options.scale}")
        self.cluster.create(self.options.scale)
        size = self.facts["cluster_bytes"] = self.cluster.size()
        free = shutil.disk_usage(self.folder).free
        if free < 5 * size:
            raise SystemExit(f"bench: needs {5 * size / MIB:.0f} MiB free in {self.folder}, there are {free / MIB:.0f}")

    def full(self, tool):
        self.cluster.settle()
        before = tool.stored()
        seconds, memory = tool.full()
        self.note("full, s", tool, seconds)
        self.note("full, bytes stored", tool, tool.stored() - before)
        self.note("full, peak memory in bytes", tool, memory)

    def step(self, tool, before):
        self.cluster.settle()
        # What came into the archive while the transactions ran counts.
        archived = tool.stored() - before
        seconds = tool.step()
        self.note("after 10,000 transactions, s", tool, seconds)
        self.note("after 10,000 transactions, bytes stored", tool, tool.stored() - before)
        self.note("of these by the log's archive, bytes", tool, archived)

    def restore(self, tool, content):
        folder = os.path.join(self.folder, "restored")
        os.makedirs(folder, mode=0o711)
        warm_memory(self.folder, self.facts["cluster_bytes"])
        target, seconds = tool.restore(folder)
        started = time.monotonic()
        os.sync()
        self.note("restore and sync, s", tool, seconds + time.monotonic() - started)
        if restored_content(target, folder) != content:
            raise SystemExit(f"bench: what {tool.name} restored differs from the source")
        shutil.rmtree(folder)

    def round(self):
        folder = os.path.join(self.folder, "round")
        os.makedirs(folder, mode=0o711)
        tools = [self.holdfast(folder, UNLIMITED), self.pgbackrest(folder), PgBaseBackup(os.path.join(folder, "pg"), self.cluster)]
        stepping = tools[:2]
        try:
            for tool in tools:
                tool.prepare()
            for tool in self.in_turn(tools):
                self.full(tool)
            content = {tools[2].name: self.cluster.content()}
            before = {tool.name: tool.stored() for tool in stepping}
            self.cluster.transactions(TRANSACTIONS)
            for tool in self.in_turn(stepping):
                self.step(tool, before[tool.name])
            content.update({tool.name: self.cluster.content() for tool in stepping})
            for tool in self.in_turn(tools):
                self.restore(tool, content[tool.name])
        finally:
            for tool in tools:
                tool.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def latencies(self):
        """The load alone, then beside a full into a fresh repository."""
        for make in self.in_turn([
            self.holdfast, self.pgbackrest,
            lambda folder: self.holdfast(folder, UNLIMITED),
        ]):
            folder = os.path.join(self.folder, "latency")
            os.makedirs(folder, mode=0o711)
            tool = make(folder)
            try:
                tool.prepare()
                self.latency(tool, " without a limit" if getattr(tool, "limits", "") else "")
            finally:
                tool.stop()
                shutil.rmtree(folder, ignore_errors=True)

    def latency(self, tool, how):
        expected = self.figures.median("full, s", tool.name) or 10
        self.cluster.settle()
        load = self.cluster.load(int(WARM_UP + ALONE + expected * 4 + 5), self.options.rate)
        try:
            time.sleep(WARM_UP + ALONE)
            used = tool.processor_seconds() if tool.name == "holdfast" else 0
            begun, started = time.time(), time.monotonic()
            seconds, _ = tool.full()
            elapsed = time.monotonic() - started
            if tool.name == "holdfast" and not how:
                share = (tool.processor_seconds() - used) / elapsed
                self.note("full beside a load: percent of a core", tool, 100 * share)
            transactions = load.finish()
        finally:
            load.stop()
        alone = percentile([took for at, took in transactions if begun - ALONE <= at < begun], 0.95)
        beside = percentile([took for at, took in transactions if begun <= at < begun + seconds], 0.95)
        if alone is None or beside is None:
            raise SystemExit("bench: the load stood still")
        self.note(f"full beside a load{how}, s", tool, seconds)
        self.note(f"p95 alone, before it{how}, ms", tool, alone * 1000)
        self.note(f"p95 beside a full{how}, ms", tool, beside * 1000)
        self.note(f"p95 beside over alone{how}", tool, beside / alone)

    def go(self):
        try:
            self.create()
            while self.rounds < self.options.runs and (self.rounds == 0 or time.monotonic() < self.deadline):
                say(f"round {self.rounds + 1} of {self.options.runs}")
                self.round()
                self.latencies()
                self.rounds += 1
        finally:
            self.cluster.stop()

    def targets(self):
        ratio, median = self.figures.ratio, self.figures.median
        memory = median("full, peak memory in bytes", "holdfast")
        step, stored = "after 10,000 transactions, s", "after 10,000 transactions, bytes stored"
        return [
            at_least("full: speed over pgBackRest", ratio("full, s", "pgbackrest", "holdfast"), 1.5),
            at_most("step: time over pgBackRest", ratio(step, "holdfast", "pgbackrest"), 0.3, "x"),
            at_most("step: stored over pgBackRest", ratio(stored, "holdfast", "pgbackrest"), 0.5, "x"),
            at_least("restore and sync: speed over pgBackRest", ratio("restore and sync, s", "pgbackrest", "holdfast"),
                     1.2),
            at_most("full: peak memory, MiB", None if memory is None else memory / MIB, 160),
            at_most("p95 of queries beside a full over alone", median("p95 beside over alone", "holdfast"), 1.3, "x"),
            at_most(f"percent of a core, limited to {LIMIT_PERCENT}",
                    median("full beside a load: percent of a core", "holdfast"), LIMIT_PERCENT + 5),
        ]


def main():
    parser = common_options(__doc__.splitlines()[0], minutes=30)
    parser.add_argument("--scale", type=int, default=100, help="of pgbench, 15 MiB each (default 100)")
    parser.add_argument("--rate", type=int, default=100, help="transactions a second beside backups (default 100)")
    parser.add_argument("--compression", default="gz:1", help="of pgBackRest: gz:1, lz4, zst:1 … (default gz:1)")
    options = parse(parser)
    if os.geteuid() != 0:
        parser.error("runs servers as user postgres, so it needs root")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        os.chmod(folder, 0o711)
        bench = Bench(options, folder)
        bench.go()
        facts = machine(folder, versions())
    about = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
        f"{facts['kernel']}, {facts['file_system']}; {facts['postgres']}; {facts['pgbackrest']}",
        f"cluster {bench.facts['cluster_bytes'] / MIB:.0f} MiB (pgbench scale {options.scale}) in page cache, "
        f"pgBackRest with {options.compression}; load of {options.rate} transactions a second; "
        f"medians of {bench.rounds}", busy(bench.load)]
    print("\n" + "\n".join(about) + "\n")
    print_table(NAMES, bench.figures, bench.targets())
    write_figures(options.json, bench, facts)
    if options.record:
        record("Clusters", "A PostgreSQL cluster beside pgBackRest and pg_basebackup", about, NAMES, bench)


if __name__ == "__main__":
    main()
