"""What a tick of very many databases costs when none of them has changed."""

import os
import shutil
import time

from common import run, say
from holdfast import Holdfast
from loss import instant

TICKS = 5
FOLDERS = 100


class Polls:
    def __init__(self, bench):
        self.figures, self.writer, self.many = bench.figures, bench.writer, bench.options.many
        self.folder = os.path.join(bench.folder, "polls")
        self.source = os.path.join(self.folder, "databases")
        self.holdfast = Holdfast(
            os.path.join(self.folder, "holdfast"), bench.options.bin, "bench",
            f'engine = "sqlite"\nfolders = ["{self.source}"]', restore_root=self.folder)
        # The tick of these minutes is asked for; it does what the planned one does.
        self.holdfast.ticks = "99m"

    def go(self):
        say(f"{self.many} databases, polled")
        try:
            self.create()
            self.holdfast.prepare()
            seconds = self.first_fulls()
            self.figures.note("many databases: first fulls of all, s", "holdfast", seconds)
            say(f"  holdfast  {'first fulls of all':22} {seconds:7.2f} s")
            # What the first tick finds out about each is part of none.
            self.tick(isNoted=False)
            for _ in range(TICKS):
                self.tick()
            self.figures.note("many databases: memory after polls, bytes", "holdfast", self.holdfast.memory("VmRSS"))
        finally:
            self.holdfast.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def create(self):
        model = os.path.join(self.folder, "model.db")
        os.makedirs(self.source)
        run([self.writer, "create", model, "--size", "65536"])
        for number in range(self.many):
            folder = os.path.join(self.source, f"{number % FOLDERS:02}")
            os.makedirs(folder, exist_ok=True)
            shutil.copyfile(model, os.path.join(folder, f"{number}.db"))
        os.sync()

    def first_fulls(self):
        """Seconds until all have one; asked for without waiting, since that takes an answer for each."""
        started = time.monotonic()
        run(self.holdfast.command("backup", "--all", "--full", "--no-wait"))
        while self.holdfast.ask("runs", "--active", "--limit", "1")["items"]:
            time.sleep(1)
        return time.monotonic() - started

    def settled(self):
        """CPU of the daemon, once it has done nothing for a second."""
        used, since = self.holdfast.processor_seconds(), time.monotonic()
        while time.monotonic() - since < 1:
            time.sleep(0.05)
            now = self.holdfast.processor_seconds()
            if now - used > 0.02:
                used, since = now, time.monotonic()
        return used

    def tick(self, isNoted=True):
        before = self.settled()
        run(self.holdfast.command("schedules", "run", "bench-progressive"))
        used = self.settled() - before
        last = self.holdfast.ask("schedules", "show", "bench-progressive")["history"][0]
        if last["state"] != "succeeded" or last["runs"]:
            raise SystemExit(f"bench: the tick ended as {last}")
        seconds = instant(last["closed"]) - instant(last["claimed"])
        if isNoted:
            self.figures.note(f"{self.many:,} databases polled, s", "holdfast", seconds)
            self.figures.note("a database polled unchanged: CPU, ms", "holdfast", 1000 * used / self.many)
        say(f"  holdfast  {'poll of all':22} {seconds:7.2f} s, {1000 * used / self.many:.3f} ms CPU each")
