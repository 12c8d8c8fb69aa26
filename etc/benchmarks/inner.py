"""What only the program's own parts can measure: scheduler and message center, by tests that print their rows."""

import os
import re

from common import ROOT, run, say

ROWS = (
    ("10,000 schedules: arming, p99, ms", r"^arm_10000_p99_ms: ([0-9.]+)"),
    ("10,000 due at once: claimed, p50, ms", r"^claim_10000_p50_ms: ([0-9.]+)"),
    ("10,000 due at once: claimed, p99, ms", r"^claim_10000_p99_ms: ([0-9.]+)"),
    ("a page of a million messages, worst, ms", r"slowest of \d+ queries ([0-9.]+) ms"),
    ("messages to 50 followers, a second", r"^followers_rate: ([0-9.]+)"),
    ("50 followers hear of a message, p50, ms", r"^followers_p50_ms: ([0-9.]+)"),
    ("50 followers hear of a message, p99, ms", r"^followers_p99_ms: ([0-9.]+)"),
)


def measure_parts(bench):
    say("scheduler and message center")
    # One after the other: each would take the processor from the others.
    output = run(
        ["swift", "test", "-c", "release", "--skip-build", "--no-parallel", "--package-path", ROOT, "--filter",
         "SchedulingBench|MillionMessagesTests|FollowerBench"],
        env={**os.environ, "HOLDFAST_BENCH": "1", "HOLDFAST_BIN_DIR": bench.options.bin,
             "HOLDFAST_BENCH_FOLDER": bench.folder})
    for row, pattern in ROWS:
        found = re.search(pattern, output, re.MULTILINE)
        if not found:
            raise SystemExit(f"bench: no figure for {row} in:\n{output[-4000:]}")
        bench.figures.note(row, "holdfast", float(found[1]))
