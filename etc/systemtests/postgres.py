"""The ledger of ledger.py in a PostgreSQL cluster."""

from steps import Failed, expect, until

PROGRAMS = "/usr/lib/postgresql/15/bin"
CREATE = """
CREATE TABLE ledger(n bigint PRIMARY KEY, payload text NOT NULL, digest text NOT NULL);
INSERT INTO ledger VALUES(1, 'first', md5('1first'));
"""
ADD = (
    "INSERT INTO ledger SELECT n + 1, p, md5(digest || (n + 1) || p) FROM ledger, (SELECT md5(random()::text)) AS r(p) "
    "ORDER BY n DESC LIMIT 1;"
)
# How many rows there are, the last number, and how many follow from the one before.
CHECK = (
    "SELECT count(*), max(n), count(*) FILTER (WHERE digest = md5(before || n || payload)) FROM "
    "(SELECT n, payload, digest, coalesce(lag(digest) OVER (ORDER BY n), '') AS before FROM ledger) AS rows"
)
UNIT = f"""
[Unit]
Description=Writes to a ledger in PostgreSQL
After=postgresql.service

[Service]
User=postgres
ExecStart=/bin/sh -c 'while sleep 0.1; do echo "{ADD.replace('%', '%%')}"; done | psql -qX -v ON_ERROR_STOP=0 shop'
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""


def psql(machine, statement, database="shop", options=()):
    return machine.output("runuser", "-u", "postgres", "--", "psql", "-qXAt", *options, "-c", statement, database)


def prepare(machine, grants=True):
    """A database with a ledger, and a role for Holdfast with what the README tells to grant."""
    if not machine.output("pg_lsclusters", "--no-header"):
        machine.run("pg_createcluster", "15", "main")
        machine.run("systemctl", "restart", "postgresql.service")
    until("PostgreSQL", 60, lambda: machine.run("pg_isready", check=False).returncode == 0)
    psql(machine, "CREATE DATABASE shop", "postgres")
    psql(machine, CREATE)
    for statement in () if not grants else (
        "CREATE ROLE holdfast LOGIN REPLICATION",
        "GRANT pg_monitor TO holdfast",
        "GRANT EXECUTE ON FUNCTION pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_control_system(), "
        "pg_control_checkpoint(), pg_create_restore_point(text) TO holdfast",
        "ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'",
        "SELECT pg_reload_conf()",
    ):
        psql(machine, statement, "postgres")
    machine.write("/etc/systemd/system/ledger-postgres.service", UNIT)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "ledger-postgres.service")
    until("rows from the writer", 30, lambda: count(machine) > 3)


def count(machine):
    return int(psql(machine, "SELECT max(n) FROM ledger"))


def check_copy(machine, folder):
    """Starts a server on a restored data folder, compares its ledger with the source's, and returns its last row."""
    port = "5499"
    machine.run("chown", "-R", "postgres:postgres", folder)
    machine.run("chmod", "700", folder)
    # Debian keeps a cluster's configuration outside of its data folder.
    options = (
        f"-c config_file=/etc/postgresql/15/main/postgresql.conf -c data_directory={folder} -c external_pid_file= "
        f"-c port={port} -c listen_addresses= -c unix_socket_directories=/tmp -c ssl=off"
    )
    server = ["runuser", "-u", "postgres", "--", f"{PROGRAMS}/pg_ctl", "-D", folder, "-l", "/tmp/copy.log", "-w"]
    started = machine.run(*server, "-t", "100", "-o", options, "start", check=False)
    if started.returncode != 0:
        raise Failed(f"no server starts on {folder}:\n{started.stdout}{machine.run('cat', '/tmp/copy.log').stdout}")
    try:
        copy = ("-h", "/tmp", "-p", port)
        rows, last, whole = psql(machine, CHECK, options=copy).split("|")
        expect(rows == last == whole, f"{folder}: of {rows} rows up to {last} only {whole} follow from the one before")
        digest = f"SELECT digest FROM ledger WHERE n = {last}"
        expect(psql(machine, digest, options=copy) == psql(machine, digest), f"{folder}: row {last} isn't the source's")
        return int(last)
    finally:
        machine.run(*server, "-m", "fast", "stop", check=False)
