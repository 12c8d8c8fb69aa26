"""A private holdfastd with a repository of its own."""

import json
import os
import re
import signal
import subprocess
import time

from common import run, timed


class Holdfast:
    def __init__(
            self, folder, binaries, database, server, restore_root, limits="", compression="fast", name="holdfast"):
        """`server` and `limits` are lines of settings: of the one server, and of [backup]."""
        self.name, self.compression = name, compression
        self.folder, self.binaries, self.restore_root = folder, binaries, restore_root
        self.database, self.server, self.limits = database, server, limits
        self.repository = os.path.join(folder, "repository")
        self.key = os.path.join(folder, "repository.key")
        self.socket = os.path.join(folder, "holdfast.sock")
        # When the next daemon makes backups by itself.
        self.fulls = self.ticks = "off"
        self.daemon = None

    def prepare(self):
        for name in ("state", "log"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700)
        run([self.tool("holdfast"), "repository", "init", "--repository", self.repository, "--key-file", self.key])
        self.start()

    def start(self):
        settings = os.path.join(self.folder, "holdfast.toml")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f'''socket = "{self.socket}"
state_directory = "{self.folder}/state"
log_directory = "{self.folder}/log"
restore_roots = ["{self.restore_root}"]
[repository]
path = "{self.repository}"
key_file = "{self.key}"
compression = "{self.compression}"
[backup]
on_demand_cooldown = "0s"
{self.limits}
[full]
at = "{self.fulls}"
[progressive]
every = "{self.ticks}"
[servers.bench]
{self.server}
''')
        log = open(os.path.join(self.folder, "holdfastd.log"), "ab")
        self.daemon = subprocess.Popen(
            [self.tool("holdfastd"), "--config", settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 60
        while subprocess.run(self.command("status"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.folder, "holdfastd.log"), encoding="utf-8", errors="replace") as text:
                    raise SystemExit(f"bench: holdfastd doesn't answer:\n{text.read()[-4000:]}")
            time.sleep(0.1)

    def stop(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()

    def tool(self, name):
        return os.path.join(self.binaries, name)

    def command(self, *arguments):
        return [self.tool("holdfast"), *arguments, "--socket", self.socket]

    def ask(self, *arguments):
        """What a command answers, as data."""
        return json.loads(run(self.command(*arguments, "--json")))

    def full(self):
        return timed(self.command("backup", "--all", "--full"))

    def unchanged(self):
        return timed(self.command("backup", "--all"))

    forced = full
    progressive = unchanged

    def restore(self, folder):
        target = os.path.join(folder, "restored")
        run(self.command("restore", self.database, "--to", target))
        return target

    def identifiers(self):
        """Of all backups, oldest first."""
        reply = run(self.command("backups", "--json"))
        return sorted(re.findall(r'"id":"([0-9a-f]+-\d+)"', reply), key=lambda text: int(text.split("-")[1]))

    def newest(self):
        return self.identifiers()[-1]

    def verify(self):
        return timed(self.command("verify", self.newest(), "--level", "pages"))

    def points(self):
        return len(self.identifiers())

    def prune(self):
        delete = timed(self.command("backups", "delete", *self.identifiers()[:-1], "--yes"))
        return delete + timed(self.command("prune", "--now", "--confirm", "--yes"))

    def proc(self, name):
        with open(f"/proc/{self.daemon.pid}/{name}", encoding="ascii") as file:
            return dict(line.split(":", 1) for line in file if ":" in line)

    def memory(self, field):
        return int(self.proc("status")[field].split()[0]) * 1024

    def bytes_read(self):
        return int(self.proc("io")["rchar"])

    def forget_peak(self):
        """Lets the peak of memory count from now on. Source: proc(5), clear_refs."""
        with open(f"/proc/{self.daemon.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def processor_seconds(self):
        with open(f"/proc/{self.daemon.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self):
        total = 0
        for task in os.listdir(f"/proc/{self.daemon.pid}/task"):
            with open(f"/proc/{self.daemon.pid}/task/{task}/status", encoding="ascii") as file:
                total += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.MULTILINE)[1])
        return total


