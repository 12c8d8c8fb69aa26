"""What would be lost at the worst moment while a database is written all the time and backed up every second."""

import datetime
import os
import re
import shutil
import subprocess
import time

from common import MIB, run, say
from holdfast import Holdfast
from source import application

SIZE = 256 * MIB
SECONDS, RATE = 20, 1000
ROUNDS = 3
# Until the first backups of a started daemon are over: they compare.
WARM_UP = 5


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Loss:
    """A writer of small commits alone and beside the daemon, in turn."""

    def __init__(self, bench):
        self.figures, self.writer = bench.figures, bench.writer
        self.folder = os.path.join(bench.folder, "loss")
        self.source = os.path.join(self.folder, "databases", "busy.db")
        self.holdfast = Holdfast(
            os.path.join(self.folder, "holdfast"), bench.options.bin, "busy.db",
            f'engine = "sqlite"\nfolders = ["{os.path.dirname(self.source)}"]', restore_root=self.folder)

    def go(self):
        say(f"{RATE} commits a second, backed up every second")
        os.makedirs(os.path.dirname(self.source))
        run([self.writer, "create", self.source, "--size", str(SIZE)])
        self.holdfast.ticks = "1s"
        try:
            self.holdfast.prepare()
            self.holdfast.full()
            self.holdfast.stop()
            for number in range(ROUNDS):
                for measure in (self.alone, self.beside) if number % 2 == 0 else (self.beside, self.alone):
                    measure()
        finally:
            self.holdfast.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, seconds):
        """A writer in the background."""
        return subprocess.Popen(
            [self.writer, "write", self.source, "--rate", str(RATE), "--seconds", str(seconds), "--report",
             "--synchronous", "normal"], stdout=subprocess.PIPE, text=True)

    def note(self, name, writer):
        output, _ = writer.communicate()
        found = re.search(r"transactions=(\d+) max_commit_ms=(\d+)", output)
        if writer.returncode != 0 or not found:
            raise SystemExit(f"bench: the writer failed: {output}")
        rate = int(found[1]) / SECONDS
        self.figures.note("transactions a second, backed up every second", name, rate)
        self.figures.note("longest commit, backed up every second, ms", name, int(found[2]))
        say(f"  {name:9} {'transactions a second':22} {rate:7.0f}")

    def alone(self):
        os.sync()
        # As beside the daemon: somebody else has the database open, and writes before.
        with application(self.writer, self.source):
            self.write(WARM_UP).communicate()
            self.note("alone", self.write(SECONDS))

    def beside(self):
        os.sync()
        self.holdfast.start()
        with application(self.writer, self.source):
            self.write(WARM_UP).communicate()
            used, began = self.holdfast.processor_seconds(), time.time()
            self.note("holdfast", self.write(SECONDS))
            ended, used = time.time(), self.holdfast.processor_seconds() - used
        self.figures.note("CPU of backups every second, percent of a core", "holdfast", 100 * used / SECONDS)
        self.note_loss(began, ended)
        self.holdfast.stop()

    def note_loss(self, began, ended):
        """At any moment the newest good backup is so old; the worst moment is right before the next one is good."""
        finished = {
            one["backup"]: instant(one["finished"])
            for one in self.holdfast.ask("runs", "--limit", "1000")["items"]
            if one["state"] == "succeeded" and one.get("backup") and one.get("finished")}
        points = sorted(
            (instant(one["instant"]), finished[one["id"]]) for one in self.holdfast.ask("backups")["items"]
            if one["id"] in finished)
        # The one before the writer began counts as of its beginning.
        points = [(max(at, began), good) for at, good in points if good >= began and at <= ended]
        ages = [good - at for (at, _), (_, good) in zip(points, points[1:])]
        if len(ages) < SECONDS / 4:
            raise SystemExit(f"bench: only {len(ages) + 1} backups in {SECONDS} seconds")
        self.figures.note("backups a minute at every = 1s", "holdfast", 60 * len(points) / (ended - began))
        self.figures.note("recovery point objective at every = 1s, s", "holdfast", max(ages))
        say(f"  holdfast  {'oldest newest backup':22} {max(ages):7.2f} s")
