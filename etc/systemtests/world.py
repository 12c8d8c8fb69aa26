"""What the steps share: the machine, the packages, and how Holdfast is asked there."""

import glob
import os
import shutil
import subprocess

from machine import Machine
from steps import until

REPOSITORY = "/var/lib/holdfast/repository"
KEY = "/etc/holdfast/repository.key"


class World:
    def __init__(self, folder, package):
        self.folder = folder
        self.package = package
        self.machine = Machine(folder)
        self.others = []

    def holdfast(self, *arguments, **options):
        return self.machine.output("holdfast", *arguments, **options)

    def json(self, *arguments, **options):
        return self.machine.json("holdfast", *arguments, "--json", **options)

    def answers(self):
        return self.machine.run("holdfast", "whoami", check=False, seconds=20).returncode == 0

    def wait_for_daemon(self, seconds=60):
        until("an answer of the daemon", seconds, self.answers)

    def backups(self, name, origin=None, since=""):
        """Newest first; times are compared as texts of one zone."""
        found = self.json("backups", name)["items"]
        return [b for b in found if (origin is None or b["origin"] == origin) and b["instant"] > since]

    def now(self):
        return self.machine.output("date", "-u", "+%Y-%m-%dT%H:%M:%S.%6N")

    def main_pid(self):
        return int(self.machine.unit("holdfastd.service", "MainPID")[0])

    def restart(self):
        self.machine.run("systemctl", "reset-failed", "holdfastd.service", check=False)
        self.machine.run("systemctl", "restart", "holdfastd.service", seconds=180)
        self.wait_for_daemon()

    def install(self, package, machine=None):
        """As the README says: apt resolves nothing, since all that the package needs is there."""
        machine = machine or self.machine
        target = f"/root/{os.path.basename(package)}"
        shutil.copy(package, machine.path(target))
        return machine.run("apt-get", "install", "-q", "-y", target, seconds=400)

    def upgraded(self, suffix):
        """The same package under a higher version; suffixes ascend from step to step."""
        tree = os.path.join(self.folder, f"tree{suffix}")
        package = os.path.join(self.folder, f"holdfast{suffix}.deb")
        subprocess.run(["dpkg-deb", "--raw-extract", self.package, tree], check=True)
        control = os.path.join(tree, "DEBIAN/control")
        with open(control) as file:
            text = file.read()
        with open(control, "w") as file:
            file.writelines(
                f"Version: {line.split()[1]}{suffix}\n" if line.startswith("Version:") else line
                for line in text.splitlines(True)
            )
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, package], check=True,
            stdout=subprocess.DEVNULL,
        )
        return package

    def check_copy(self, source, copy, at_least=0):
        """The last row of a restored SQLite ledger, every row of which is the source's."""
        last = int(self.machine.output("/usr/local/lib/ledger.py", "check", source, copy))
        if last < at_least:
            raise AssertionError(f"{copy} ends at row {last}, and {at_least} were there when the backup began")
        return last

    def rows(self, source):
        return int(self.machine.output("/usr/local/lib/ledger.py", "count", source))

    def explain(self):
        """What the machine says of itself when a step has failed."""
        for machine in (self.machine, *self.others):
            if machine.process is None or machine.process.poll() is not None:
                continue
            for line in machine.journal("--lines=60", "--priority=info").splitlines():
                print(f"#   {line}", flush=True)
            for log in glob.glob(machine.path("/var/log/holdfast/messages.log")):
                with open(log, errors="replace") as file:
                    for line in file.read().splitlines()[-20:]:
                        print(f"#   {line}", flush=True)

    def stop(self):
        for machine in (*self.others, self.machine):
            machine.stop()
