"""The programs that back up a cluster, each with a repository of its own."""

import os
import threading
import time

from cluster import Server, as_postgres, make_folder, programs
from common import run, stored, timed
from holdfast import Holdfast

# Port of restored clusters.
RESTORED_PORT = 54330


class PeakMemory:
    """The largest sum of the resident memory of all processes of a name, looked at every 20 ms."""

    def __init__(self, name):
        self.name, self.peak, self.is_over = name, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def watch(self):
        while not self.is_over.wait(0.02):
            self.peak = max(self.peak, sum(self.resident(pid) for pid in os.listdir("/proc") if pid.isdigit()))

    def resident(self, pid):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
                if file.read().strip() != self.name:
                    return 0
            with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return 0


class ClusterHoldfast(Holdfast):
    def __init__(self, folder, binaries, cluster, limits=""):
        server = f'engine = "postgres"\nconnection = "host={cluster.sockets} port={cluster.port} user=postgres"'
        super().__init__(folder, binaries, "bench", server, restore_root="/", limits=limits)

    def stored(self):
        return stored(self.repository)

    def full(self):
        self.forget_peak()
        seconds = super().full()
        return seconds, self.memory("VmHWM")

    def step(self):
        return self.progressive()

    def progressive(self):
        return timed(self.command("backup", "--all"))

    def restore(self, folder):
        started = time.monotonic()
        target = super().restore(folder)
        return target, time.monotonic() - started


class PgBackRest:
    name = "pgbackrest"

    def __init__(self, folder, cluster, compression):
        self.folder, self.cluster, self.compression = folder, cluster, compression
        self.repository = os.path.join(folder, "repository")
        self.settings = os.path.join(folder, "pgbackrest.conf")

    def prepare(self):
        make_folder(self.folder)
        for name in ("repository", "lock", "spool"):
            make_folder(os.path.join(self.folder, name))
        kind, _, level = self.compression.partition(":")
        with open(self.settings, "w", encoding="utf-8") as file:
            file.write(f"""[global]
repo1-path={self.repository}
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=benchmark
repo1-retention-full=9
compress-type={kind}
{f"compress-level={level}" if level else ""}
process-max=2
start-fast=y
lock-path={self.folder}/lock
spool-path={self.folder}/spool
log-level-file=off
log-level-console=error
[bench]
pg1-path={self.cluster.data}
pg1-port={self.cluster.port}
pg1-socket-path={self.cluster.sockets}
pg1-user=postgres
""")
        with open(self.cluster.archive, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec pgbackrest --config={self.settings} --stanza=bench archive-push "$1"\n')
        os.chmod(self.cluster.archive, 0o755)
        self.do("stanza-create")
        self.archive(True)

    def archive(self, isOn):
        if isOn:
            open(self.cluster.archiving, "w", encoding="ascii").close()
        elif os.path.exists(self.cluster.archiving):
            os.remove(self.cluster.archiving)

    def do(self, *arguments):
        return timed(
            as_postgres("pgbackrest", f"--config={self.settings}", "--stanza=bench", *arguments), cwd="/")

    def stored(self):
        return stored(self.repository)

    def full(self):
        with PeakMemory("pgbackrest") as memory:
            seconds = self.do("--type=full", "backup")
        return seconds, memory.peak

    def step(self):
        return self.do("--type=incr", "backup")

    def restore(self, folder):
        target = make_folder(os.path.join(folder, "restored"))
        return target, self.do(f"--pg1-path={target}", "--archive-mode=off", "restore")

    def stop(self):
        self.archive(False)


class PgBaseBackup:
    """Tar files, compressed by gzip at level 1, not encrypted."""

    name = "pg_basebackup"

    def __init__(self, folder, cluster):
        self.folder, self.cluster = folder, cluster
        self.repository = os.path.join(folder, "base")

    def prepare(self):
        make_folder(self.folder)

    def stored(self):
        return stored(self.repository) if os.path.exists(self.repository) else 0

    def full(self):
        with PeakMemory("pg_basebackup") as memory:
            seconds = timed(
                self.cluster.command(
                    "pg_basebackup", "-D", self.repository, "-Ft", "--compress=gzip:1", "-X", "stream", "-c", "fast"),
                env=self.cluster.environment(), cwd="/")
        return seconds, memory.peak

    def restore(self, folder):
        target = make_folder(os.path.join(folder, "restored"))
        os.makedirs(os.path.join(target, "pg_wal"), exist_ok=True)
        return target, timed(
            ["sh", "-c", 'tar -xzf "$1/base.tar.gz" -C "$2" && tar -xzf "$1/pg_wal.tar.gz" -C "$2/pg_wal" && '
             'chown -R postgres: "$2" && chmod 0700 "$2"', "sh", self.repository, target])

    def stop(self):
        pass


def restored_content(target, folder):
    """What a server on a restored folder answers; its log is replayed before."""
    server = Server(target, make_folder(os.path.join(folder, "sockets")), RESTORED_PORT)
    try:
        server.start({"archive_mode": "off", "shared_buffers": "128MB"})
        return server.content()
    finally:
        server.stop()


def versions():
    return {
        "pgbackrest": ["pgbackrest", "version"], "postgres": [os.path.join(programs(), "postgres"), "--version"],
    }
