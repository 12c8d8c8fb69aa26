"""A control group of a machine's own: machines that share one would take each other's services for their own."""

import contextlib
import os


def hierarchies():
    """Where the hierarchies are mounted that systemd keeps its units in, and where in them this process is."""
    places = {}
    with open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controllers in ("", "name=systemd"):
                places[controllers] = path
    with open("/proc/self/mountinfo") as file:
        for line in file:
            before, _, after = line.rstrip("\n").partition(" - ")
            kind, _, options = after.split(" ", 2)
            name = "" if kind == "cgroup2" else "name=systemd" if "name=systemd" in options.split(",") else None
            if kind.startswith("cgroup") and name in places:
                yield before.split(" ")[4] + places.pop(name).rstrip("/")


class ControlGroup:
    def __init__(self, name):
        self.folders = []
        for place in hierarchies():
            # Where that isn't allowed, the machine shares the group of this test, which is enough for one.
            with contextlib.suppress(OSError):
                os.mkdir(f"{place}/{name}")
                self.folders.append(f"{place}/{name}")

    def enter(self):
        for folder in self.folders:
            with open(f"{folder}/cgroup.procs", "w") as file:
                file.write("0")

    def remove(self):
        for folder in self.folders:
            for path, _, _ in os.walk(folder, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
        self.folders = []
