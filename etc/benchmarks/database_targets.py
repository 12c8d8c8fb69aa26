"""What is expected of the figures of databases, each as (what, value, target, whether it is met)."""

from common import MIB, at_least, at_most

PLAIN = (
    ("a database polled unchanged: CPU, ms", 1),
    ("10,000 databases polled, s", 5),
    ("recovery point objective at every = 1s, s", 2),
    ("10,000 schedules: arming, p99, ms", 1),
    ("10,000 due at once: claimed, p99, ms", 50),
    ("a page of a million messages, worst, ms", 20),
    ("50 followers hear of a message, p99, ms", 20),
    ("dead after the prune, percent", 5),
    ("daemon: wake-ups a minute at rest", 1),
)


def targets(figures, facts):
    ratio, median = figures.ratio, figures.median

    def mine(row):
        return median(row, "holdfast")

    def share(value, of):
        return value / of if value is not None and of else None

    synced = "restore and sync, s"
    return [
        at_least("first full, fast: speed over restic", ratio("full, s", "restic", "holdfast"), 4),
        at_least("first full, fast: speed over a bare pipeline", ratio("full, s", "bare", "holdfast"), 0.8),
        at_most("first full, fast: stored over restic", ratio("full, bytes stored", "holdfast", "restic"), 1.12, "x"),
        at_most("first full, small: stored over restic", ratio("full, bytes stored", "small", "restic"), 0.95, "x"),
        at_most("progressive by log: time over restic",
                share(mine("progressive by log, s"), median("progressive, s", "restic")), 0.02, "x"),
        at_most("progressive by compare: time over restic", ratio("progressive, s", "holdfast", "restic"), 0.06, "x"),
        at_most("progressive: stored over compressed changed pages",
                share(mine("progressive, bytes stored"), facts.get("changed_pages_compressed_bytes")), 1.2, "x"),
        *sizes(figures),
        at_most("unchanged: KiB read by the daemon", share(mine("unchanged, bytes read"), 1024), 1024),
        at_least("restore, synced: speed over restic", ratio(synced, "restic", "holdfast"), 1.3),
        at_least("restore, synced: speed over a bare pipeline", ratio(synced, "bare", "holdfast"), 0.8),
        at_least("verify pages: speed over restic check", ratio("verify, s", "restic", "holdfast"), 1.7),
        at_most("prune of 4 in 5 points: time over restic",
                ratio("prune of 4 in 5 points, s", "holdfast", "restic"), 0.05, "x"),
        at_least("writer beside backups over the writer alone",
                 ratio("transactions a second, backed up every second", "holdfast", "alone"), 0.95),
        at_most("daemon: peak memory, MiB", share(mine("daemon: peak memory, bytes"), MIB), 96),
        at_most("daemon: memory at rest, MiB", share(mine("daemon: memory at rest, bytes"), MIB), 30),
        *(at_most(row, mine(row), limit) for row, limit in PLAIN),
    ]


def sizes(figures):
    """Only where they were asked for."""
    row = "the same change, s"
    if row not in figures.rows:
        return []
    return [at_most("the same change in the larger database: time", figures.ratio(row, "larger", "smaller"), 1.2, "x")]
