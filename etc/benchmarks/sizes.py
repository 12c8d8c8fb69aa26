"""The same change in databases of two sizes, while an application has them open."""

import contextlib
import os
import shutil

from common import MIB, run, say
from holdfast import Holdfast
from source import ROWS, application

STEPS = 5


class Sizes:
    def __init__(self, bench):
        self.bench, self.figures, self.writer = bench, bench.figures, bench.writer
        self.folder = os.path.join(bench.folder, "sizes")
        self.sizes = dict(zip(("smaller", "larger"), sorted(bench.options.large)))

    def source(self, name):
        return os.path.join(self.folder, name, "databases", f"{name}.db")

    def holdfast(self, name):
        return Holdfast(
            os.path.join(self.folder, name, "holdfast"), self.bench.options.bin, f"{name}.db",
            f'engine = "sqlite"\nfolders = ["{os.path.dirname(self.source(name))}"]', restore_root=self.folder)

    def go(self):
        needed, free = 2 * sum(self.sizes.values()), shutil.disk_usage(self.bench.folder).free
        if free < needed:
            raise SystemExit(f"bench: needs {needed / MIB:.0f} MiB free, there are {free / MIB:.0f}")
        tools = {name: self.holdfast(name) for name in self.sizes}
        try:
            with contextlib.ExitStack() as applications:
                for name, size in self.sizes.items():
                    self.begin(name, size, tools[name], applications)
                for step in range(STEPS):
                    for name, tool in tools.items():
                        self.step(name, tool, step)
        finally:
            for tool in tools.values():
                tool.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self, name, size, tool, applications):
        say(f"generating {size / MIB:.0f} MiB")
        os.makedirs(os.path.dirname(self.source(name)))
        run([self.writer, "create", self.source(name), "--size", str(size)])
        self.bench.facts[f"{name}_bytes"] = os.path.getsize(self.source(name))
        tool.prepare()
        seconds = tool.full()
        self.figures.note("the same change: the full before, s", name, seconds)
        self.figures.note("the same change: peak memory of that, bytes", name, tool.memory("VmHWM"))
        say(f"  {name:9} {'full':22} {seconds:7.2f} s")
        applications.enter_context(application(self.writer, self.source(name)))
        # The second backup begins to follow the log.
        for seed in (1, 2):
            self.update(name, seed)
            tool.progressive()

    def update(self, name, seed):
        run([self.writer, "update", self.source(name), "--rows", str(ROWS), "--seed", str(seed)])

    def step(self, name, tool, step):
        self.update(name, 10 + step)
        os.sync()
        read = tool.bytes_read()
        seconds = tool.progressive()
        self.figures.note("the same change, s", name, seconds)
        self.figures.note("the same change, bytes read", name, tool.bytes_read() - read)
        say(f"  {name:9} {'progressive by log':22} {seconds:7.2f} s")
