"""Measures Holdfast beside restic and Borg in one run; called by etc/bench.

Every round makes fresh repositories, all encrypted, and does the same work with each program in turn on the same
database, which is in the page cache. Times are wall time of the command, medians over the rounds.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

MIB = 1 << 20
PAGE = 4096
ROWS = 2000


def say(text):
    print(text, file=sys.stderr, flush=True)


def size_argument(text):
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if not match:
        raise argparse.ArgumentTypeError("a size such as 512M or 2G")
    return int(match[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[match[2]]


def run(arguments, **options):
    """Runs a command to its end; its output is shown only when it fails."""
    result = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode != 0:
        raise SystemExit(f"bench: {' '.join(arguments)} failed with {result.returncode}:\n{result.stdout[-4000:]}")
    return result.stdout


def timed(arguments, **options):
    started = time.monotonic()
    run(arguments, **options)
    return time.monotonic() - started


def warm(path):
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(4 * MIB)
        while file.readinto(buffer):
            pass


def stored(folder):
    total = 0
    for base, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(base, name)).st_size for name in names)
    return total


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


class Holdfast:
    name = "holdfast"

    def __init__(self, folder, binaries, source, restore_root):
        self.folder, self.binaries, self.source, self.restore_root = folder, binaries, source, restore_root
        self.repository = os.path.join(folder, "repository")
        self.key = os.path.join(folder, "repository.key")
        self.socket = os.path.join(folder, "holdfast.sock")
        self.ticks = "off"
        self.daemon = None

    def prepare(self):
        for name in ("state", "log"):
            os.makedirs(os.path.join(self.folder, name), mode=0o700)
        run([self.tool("holdfast"), "repository", "init", "--repository", self.repository, "--key-file", self.key])
        self.start()

    def start(self):
        full = "off" if self.ticks == "off" else "*-*-* 23:00"
        settings = os.path.join(self.folder, "holdfast.toml")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f'''socket = "{self.socket}"
state_directory = "{self.folder}/state"
log_directory = "{self.folder}/log"
restore_roots = ["{self.restore_root}"]
[repository]
path = "{self.repository}"
key_file = "{self.key}"
[backup]
on_demand_cooldown = "0s"
[full]
at = "{full}"
[progressive]
every = "{self.ticks}"
[servers.bench]
engine = "sqlite"
folders = ["{os.path.dirname(self.source)}"]
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

    def full(self):
        return timed(self.command("backup", "--all", "--full"))

    def unchanged(self):
        return timed(self.command("backup", "--all"))

    forced = full
    progressive = unchanged

    def restore(self, folder):
        target = os.path.join(folder, "restored.db")
        run(self.command("restore", os.path.basename(self.source), "--to", target))
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

    def wakeups(self):
        total = 0
        for task in os.listdir(f"/proc/{self.daemon.pid}/task"):
            with open(f"/proc/{self.daemon.pid}/task/{task}/status", encoding="ascii") as file:
                total += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.MULTILINE)[1])
        return total


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
        self.figures = {}
        self.facts = {}
        self.rounds = 0

    def note(self, row, name, value):
        self.figures.setdefault(row, {}).setdefault(name, []).append(value)

    def median(self, row, name):
        values = self.figures.get(row, {}).get(name)
        return statistics.median(values) if values else None

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
        self.note(f"{row}, s", tool.name, seconds)
        if not keeps_repository:
            self.note(f"{row}, bytes stored", tool.name, stored(tool.repository) - before)
        if tool.name == "holdfast":
            self.note(f"{row}, bytes read", tool.name, tool.bytes_read() - read)
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
            self.note("restore, s", tool.name, plain)
            self.note("restore and sync, s", tool.name, time.monotonic() - started)
            say(f"  {tool.name:9} {'restore':22} {plain:7.2f} s")
        if not same(self.source, target):
            raise SystemExit(f"bench: what {tool.name} restored differs from the source")
        shutil.rmtree(folder)

    def update(self):
        """Changes rows; in the first round also finds out how many pages that touches and what they compress to."""
        before = os.path.join(self.folder, "before.db")
        if self.rounds == 0:
            run(["cp", "--reflink=auto", self.source, before])
        run([self.writer, "update", self.source, "--rows", str(ROWS), "--seed", str(100 + self.rounds)])
        if self.rounds == 0:
            count, compressed = changed_pages(before, self.source)
            self.facts.update(changed_pages=count, changed_pages_compressed_bytes=compressed)
            os.remove(before)

    def round(self):
        folder = os.path.join(self.folder, "round")
        os.makedirs(folder)
        holdfast = Holdfast(os.path.join(folder, "holdfast"), self.options.bin, self.source, self.folder)
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
            for tool in tools:
                self.measure_restore(tool)
            for tool in tools:
                self.measure("verify", tool, tool.verify, keeps_repository=True)
            self.note("daemon: peak memory, bytes", "holdfast", holdfast.memory("VmHWM"))
            self.note("daemon: memory after work, bytes", "holdfast", holdfast.memory("VmRSS"))
            self.rounds += 1
            if self.rounds == self.options.runs or time.monotonic() > self.deadline:
                self.idle(holdfast)
        finally:
            for tool in tools:
                tool.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def prune_round(self):
        """A full and four progressive backups in fresh repositories; four of the five are deleted."""
        folder = os.path.join(self.folder, "prune")
        os.makedirs(folder)
        tools = [Holdfast(os.path.join(folder, "holdfast"), self.options.bin, self.source, self.folder),
                 Restic(os.path.join(folder, "restic"), self.source), Borg(os.path.join(folder, "borg"), self.source)]
        try:
            for tool in tools:
                tool.prepare()
                tool.full()
            for step in range(4):
                run([self.writer, "update", self.source, "--rows", str(ROWS), "--seed", str(1000 + step)])
                for tool in tools:
                    tool.progressive()
            for tool in tools:
                if tool.points() != 5:
                    raise SystemExit(f"bench: {tool.name} has {tool.points()} points, not 5")
                before = stored(tool.repository)
                os.sync()
                seconds = tool.prune()
                self.note("prune of 4 in 5 points, s", tool.name, seconds)
                self.note("prune of 4 in 5 points, bytes freed", tool.name, before - stored(tool.repository))
                say(f"  {tool.name:9} {'prune of 4 in 5':22} {seconds:7.2f} s")
                if tool.points() != 1:
                    raise SystemExit(f"bench: {tool.name} kept {tool.points()} points, not 1")
                self.measure_restore(tool, rows=False)
            space = json.loads(run(tools[0].command("repository", "space", "--json")))
            self.note("dead after the prune, percent", "holdfast", 100 * space["dead"] / max(1, space["used"]))
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
        self.note("daemon: wake-ups a minute at rest", "holdfast", holdfast.wakeups() - wakeups)
        self.note("daemon: memory at rest, bytes", "holdfast", holdfast.memory("VmRSS"))

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
        root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
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
            self.note(row, "holdfast", float(found[1]))

    def targets(self):
        """Rows of (what, value, target, whether it is met)."""
        def ratio(row, over, under):
            one, other = self.median(row, over), self.median(row, under)
            return one / other if one is not None and other else None

        def at_most(what, value, limit, unit=""):
            return what, value, f"<= {limit}{unit}", value is not None and value <= limit

        def at_least(what, value, limit):
            return what, value, f">= {limit}x", value is not None and value >= limit

        changed = self.facts.get("changed_pages_compressed_bytes") or None
        step = self.median("progressive, bytes stored", "holdfast")
        mib = {row: self.median(row, "holdfast") / MIB for row in self.figures if row.startswith("daemon: ")}
        read = self.median("unchanged, bytes read", "holdfast")
        return [
            at_least("first full: throughput over restic", ratio("full, s", "restic", "holdfast"), 2.5),
            at_most("first full: stored over restic", ratio("full, bytes stored", "holdfast", "restic"), 1.12, "x"),
            at_most("progressive: time over restic", ratio("progressive, s", "holdfast", "restic"), 0.15, "x"),
            at_most("progressive: stored over changed pages", step / changed if step and changed else None, 1.5, "x"),
            at_most("unchanged: KiB read by the daemon", None if read is None else read / 1024, 1024),
            at_least("restore: speed over restic", ratio("restore, s", "restic", "holdfast"), 1.1),
            at_least("restore and sync: speed over restic", ratio("restore and sync, s", "restic", "holdfast"), 1.1),
            at_least("verify pages: speed over restic check", ratio("verify, s", "restic", "holdfast"), 1.2),
            at_most("prune of 4 in 5 points: time over restic",
                    ratio("prune of 4 in 5 points, s", "holdfast", "restic"), 0.1, "x"),
            at_most("dead after the prune, percent", self.median("dead after the prune, percent", "holdfast"), 5),
            at_most("10,000 schedules: arming, p99, ms",
                    self.median("10,000 schedules: arming, p99, ms", "holdfast"), 1),
            at_most("10,000 due at once: claimed, p99, ms",
                    self.median("10,000 due at once: claimed, p99, ms", "holdfast"), 50),
            at_most("a page of a million messages, worst, ms",
                    self.median("a page of a million messages, worst, ms", "holdfast"), 20),
            at_most("50 followers hear of a message, p99, ms",
                    self.median("50 followers hear of a message, p99, ms", "holdfast"), 100),
            at_most("daemon: peak memory, MiB", mib.get("daemon: peak memory, bytes"), 128),
            at_most("daemon: memory at rest, MiB", mib.get("daemon: memory at rest, bytes"), 40),
            at_most("daemon: wake-ups a minute", self.median("daemon: wake-ups a minute at rest", "holdfast"), 1),
        ]


def first_line(arguments):
    return run(arguments).splitlines()[0]


def machine(folder):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(), "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "kernel": platform.release(),
        "file_system": first_line(["stat", "-f", "-c", "%T", folder]),
        "restic": first_line(["restic", "version"]), "borg": first_line(["borg", "--version"]),
    }


def shown(row, value):
    if value is None:
        return "-"
    return f"{value / MIB:.2f} MiB" if "bytes" in row else f"{value:.2f}"


def print_table(bench, facts):
    print(f"\n{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
          f"{facts['kernel']}, {facts['file_system']}; {facts['restic']}; {facts['borg']}")
    print(f"database {bench.facts['database_bytes'] / MIB:.0f} MiB in page cache, {ROWS} random rows updated = "
          f"{bench.facts['changed_pages']} pages, {bench.facts['changed_pages_compressed_bytes'] / MIB:.2f} MiB "
          f"compressed; medians of {bench.rounds}\n")
    names = ("holdfast", "restic", "borg")
    print(f"{'':34}" + "".join(f"{name:>14}" for name in names))
    for row in bench.figures:
        print(f"{row:34}" + "".join(f"{shown(row, bench.median(row, name)):>14}" for name in names))
    print(f"\n{'':42}{'measured':>10}  target")
    for what, value, target, met in bench.targets():
        number = "-" if value is None else f"{value:.2f}"
        print(f"{what:42}{number:>10}  {target:10} {'met' if met else 'NOT MET'}")


def main():
    parser = argparse.ArgumentParser(prog="etc/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=size_argument, default="2G", help="of the database (default 2G)")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--minutes", type=float, default=30, help="start no further round after this (default 30)")
    parser.add_argument("--json", metavar="FILE", help="where the figures go (default: a new file in TMPDIR)")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("at least one round")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        bench = Bench(options, folder)
        bench.go()
        facts = machine(folder)
    print_table(bench, facts)
    path = options.json or os.path.join(tempfile.gettempdir(), f"holdfast-bench-{int(time.time())}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({
            "machine": facts, "facts": bench.facts, "rounds": bench.rounds, "figures": bench.figures,
            "targets": [dict(zip(("what", "value", "target", "met"), row)) for row in bench.targets()],
        }, file, indent=2)
        file.write("\n")
    print(f"\nfigures: {path}")


if __name__ == "__main__":
    main()
