"""What all measurements share: running commands, and facts of the machine."""

import argparse
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


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


def warm_memory(folder, size):
    """Memory that a virtual machine's host has taken back costs whoever writes to it first; nobody shall be that."""
    path = os.path.join(folder, "scratch")
    with open(path, "wb", buffering=0) as file:
        for _ in range(size // MIB * 5 // 4):
            file.write(bytes(MIB))
    os.remove(path)
    os.sync()


def stored(folder):
    total = 0
    for base, _, names in os.walk(folder):
        total += sum(os.lstat(os.path.join(base, name)).st_size for name in names)
    return total


def first_line(arguments):
    return run(arguments).splitlines()[0]


def machine(folder, programs):
    """What the figures depend on; `programs` are commands that print their version, by name."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(), "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "kernel": platform.release(),
        "file_system": first_line(["stat", "-f", "-c", "%T", folder]),
        **{name: first_line(command) for name, command in programs.items()},
    }


def busy(before):
    """How much else the machine had to do, as a line for people; `before` is the load when all began."""
    return f"load average {before:.1f} at the start, {os.getloadavg()[0]:.1f} at the end (the run itself makes about 2)"


class Figures:
    """Values by row and program; medians at the end."""

    def __init__(self):
        self.rows = {}

    def note(self, row, name, value):
        self.rows.setdefault(row, {}).setdefault(name, []).append(value)

    def median(self, row, name):
        values = self.rows.get(row, {}).get(name)
        return statistics.median(values) if values else None

    def ratio(self, row, over, under):
        one, other = self.median(row, over), self.median(row, under)
        return one / other if one is not None and other else None


def at_most(what, value, limit, unit=""):
    return what, value, f"<= {limit}{unit}", value is not None and value <= limit


def at_least(what, value, limit):
    return what, value, f">= {limit}x", value is not None and value >= limit


def shown(row, value):
    if value is None:
        return "-"
    if "bytes" in row:
        return f"{value / MIB:.2f} MiB"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def table(names, figures):
    """Rows of medians: of the programs named, and one each of whatever else a row compares."""
    for row in figures.rows:
        values = [figures.median(row, name) for name in names]
        if any(value is not None for value in values):
            yield row, [shown(row, value) for value in values]
        for other in figures.rows[row]:
            if other not in names:
                yield f"{row}: {other}", [shown(row, figures.median(row, other))] + ["-"] * (len(names) - 1)


def print_table(names, figures, targets):
    rows = list(table(names, figures))
    width = max(len(row) for row, _ in rows) + 2
    print(f"{'':{width}}" + "".join(f"{name:>14}" for name in names))
    for row, values in rows:
        print(f"{row:{width}}" + "".join(f"{value:>14}" for value in values))
    width = max(len(target[0]) for target in targets) + 2
    print(f"\n{'':{width}}{'measured':>10}  target")
    for what, value, target, met in targets:
        print(f"{what:{width}}{shown('', value):>10}  {target:10} {'met' if met else 'NOT MET'}")


def write_figures(path, bench, facts):
    path = path or os.path.join(tempfile.gettempdir(), f"holdfast-bench-{int(time.time())}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({
            "machine": facts, "facts": bench.facts, "rounds": bench.rounds, "figures": bench.figures.rows,
            "targets": [dict(zip(("what", "value", "target", "met"), row)) for row in bench.targets()],
        }, file, indent=2)
        file.write("\n")
    print(f"\nfigures: {path}")


def common_options(description, minutes):
    parser = argparse.ArgumentParser(prog="etc/bench", description=description)
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=3, help="rounds (default 3)")
    parser.add_argument(
        "--minutes", type=float, default=minutes, help=f"start no further round after this (default {minutes})")
    parser.add_argument("--record", action="store_true", help="keep table and plot in the documentation")
    parser.add_argument("--json", metavar="FILE", help="where the figures go (default: a new file in TMPDIR)")
    return parser


def parse(parser):
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("at least one round")
    # Whatever was started is ended on the way out.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    return options
