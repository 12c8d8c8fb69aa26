"""A throw-away PostgreSQL cluster with the tables of pgbench, run as user postgres."""

import glob
import os
import pwd
import re
import signal
import subprocess
import time

from common import run

# As an admin of a small machine would set them; the rest is as PostgreSQL has it.
SETTINGS = {
    "shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "15min", "listen_addresses": "",
    "archive_mode": "on", "log_min_messages": "fatal",
}


def programs():
    """The folder of the newest server installed."""
    found = glob.glob("/usr/lib/postgresql/*/bin")
    if not found:
        raise SystemExit("bench: there is no PostgreSQL server below /usr/lib/postgresql")
    return max(found, key=lambda path: int(re.search(r"/(\d+)/", path)[1]))


def as_postgres(*arguments):
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", *arguments]


def make_folder(path):
    """A folder that user postgres owns."""
    os.makedirs(path, mode=0o700)
    user = pwd.getpwnam("postgres")
    os.chown(path, user.pw_uid, user.pw_gid)
    return path


class Server:
    """A server on a data folder; its socket is in a folder of its own, and nothing else reaches it."""

    def __init__(self, data, sockets, port):
        self.data, self.sockets, self.port = data, sockets, port
        self.process = None

    def start(self, settings=None):
        options = {"port": str(self.port), "unix_socket_directories": self.sockets, **(settings or {})}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = open(self.data + ".log", "ab")
        self.process = subprocess.Popen(
            as_postgres(os.path.join(programs(), "postgres"), "-D", self.data, *arguments), cwd="/",
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 300
        while self.ask("SELECT NOT pg_is_in_recovery()", fails=True) != "t":
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.data + ".log", encoding="utf-8", errors="replace") as text:
                    raise SystemExit(f"bench: the server on {self.data} doesn't answer:\n{text.read()[-4000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(30)

    def environment(self):
        return {**os.environ, "PGHOST": self.sockets, "PGPORT": str(self.port), "PGUSER": "postgres"}

    def command(self, name, *arguments):
        return as_postgres(os.path.join(programs(), name), *arguments)

    def ask(self, query, fails=False):
        result = subprocess.run(
            self.command("psql", "-XAtqc", query, "postgres"), env=self.environment(), cwd="/",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if result.returncode != 0 and not fails:
            raise SystemExit(f"bench: {query} failed:\n{result.stderr[-2000:]}")
        return result.stdout.strip()

    def content(self):
        """What a restored copy must have, too."""
        return self.ask(
            "SELECT count(*), sum(abalance), sum(aid::numeric * abalance) FROM pgbench_accounts; "
            "SELECT count(*), sum(tbalance) FROM pgbench_tellers; "
            "SELECT count(*), sum(bbalance) FROM pgbench_branches; "
            "SELECT count(*), sum(delta), max(mtime) FROM pgbench_history")


class Cluster(Server):
    """The source of all backups."""

    def __init__(self, folder, port=54329):
        super().__init__(make_folder(os.path.join(folder, "cluster")) + "/data", os.path.join(folder, "cluster"), port)
        self.folder = os.path.join(folder, "cluster")
        # While this file is there, the log goes to pgBackRest's archive.
        self.archiving = os.path.join(self.folder, "archiving")
        # pgBackRest wants to see its name in the command.
        self.archive = os.path.join(self.folder, "pgbackrest-archive")

    def create(self, scale):
        run(self.command("initdb", "-D", self.data, "--data-checksums", "-A", "trust", "--locale=C.UTF-8"), cwd="/")
        command = f"test ! -e {self.archiving} || {self.archive} %p"
        self.start({**SETTINGS, "archive_command": command})
        run(self.command("pgbench", "-i", "-q", "-s", str(scale), "postgres"), env=self.environment(), cwd="/")

    def size(self):
        return int(self.ask("SELECT sum(pg_database_size(oid)) FROM pg_database"))

    def settle(self):
        """Nothing is left to write, and all files are in the page cache."""
        self.ask("CHECKPOINT")
        os.sync()
        run(["sh", "-c", 'find "$1" -type f -exec cat {} + >/dev/null 2>&1 || :', "sh", self.data + "/base"])

    def transactions(self, count):
        run(self.command("pgbench", "-n", "-c", "4", "-j", "2", "-t", str(count // 4), "postgres"),
            env=self.environment(), cwd="/")

    def load(self, seconds, rate):
        """A steady load in the background, which keeps a log of its transactions."""
        folder = os.path.join(self.folder, "load")
        run(["rm", "-rf", folder])
        make_folder(folder)
        return Load(folder, subprocess.Popen(
            self.command("pgbench", "-n", "-c", "4", "-j", "2", "-R", str(rate), "-T", str(seconds), "-l",
                         "--log-prefix", os.path.join(folder, "log"), "postgres"),
            env=self.environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL))


class Load:
    def __init__(self, folder, process):
        self.folder, self.process = folder, process

    def finish(self):
        """Instants and latencies of all transactions, counted from when they were due, both in seconds."""
        self.process.wait(900)
        result = []
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), encoding="ascii") as file:
                for line in file:
                    # Source: pgbench(1), "Per-Transaction Logging".
                    fields = line.split()
                    result.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2]) / 1e6))
        return result

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None
