"""The drop-ins that the package has as examples, each put there by the commands that it names itself."""

import contextlib

import postgres
from steps import expect, step, until
from world import KEY, REPOSITORY

EXAMPLES = "/usr/share/doc/holdfast/examples"
MOUNT = "/mnt/backup"


@contextlib.contextmanager
def dropped_in(world, name):
    """A drop-in as its comment tells an admin to put it there; gone afterwards."""
    machine = world.machine
    # A command and what continues it begins the comment's lines with three spaces.
    lines = [line[4:] for line in machine.read(f"{EXAMPLES}/{name}.conf").splitlines() if line.startswith("#   ")]
    script = "\n".join(lines).replace("sudo ", "").split("\n\n")[0]
    commands = [line for line in script.split("\n") if not line.lstrip().startswith(("[", "path =", "engine", "connection"))]
    try:
        machine.shell("\n".join(commands), seconds=200)
        world.wait_for_daemon()
        yield
    finally:
        machine.run("rm", "-f", f"/etc/systemd/system/holdfastd.service.d/{name}.conf")
        machine.run("systemctl", "daemon-reload")
        world.restart()


@step("with the drop-in for an encrypted key, the key file can leave the machine")
def encrypted_key(world):
    machine = world.machine
    with dropped_in(world, "encrypted-key"):
        machine.run("mv", KEY, "/root/kept.key")
        try:
            world.restart()
            slots = [slot["kind"] for slot in world.json("repository", "keys", "list")["items"]]
            expect("key-file" in slots, f"the slots are {slots}")
            world.holdfast("backup", "more/more.db", "--full")
            found = machine.run("holdfast", "doctor", "--json", check=False).stdout
            expect(KEY not in found, f"doctor misses the key file: {found}")
        finally:
            machine.run("mv", "/root/kept.key", KEY)
    machine.run("rm", "-r", "/etc/credstore.encrypted/holdfast.repository-key")


@step("with the drop-in for PostgreSQL's group, the daemon has no capability and still backs a cluster up")
def postgres_group(world):
    machine = world.machine
    machine.run("systemctl", "stop", "postgresql@15-main.service")
    machine.run("chmod", "-R", "g+rX", "/var/lib/postgresql/15/main")
    machine.run("systemctl", "start", "postgresql@15-main.service")
    until("PostgreSQL", 60, lambda: machine.run("pg_isready", check=False).returncode == 0)
    with dropped_in(world, "postgres-group"):
        status = machine.output("cat", f"/proc/{world.main_pid()}/status")
        expect("CapEff:\t0000000000000000" in status, f"the daemon has capabilities: {status}")
        since = world.now()
        world.holdfast("backup", "main", "--full", seconds=200)
        expect(world.backups("main", since=since[:19]), "there is no backup")


@step("with the drop-in for a repository on another disk, an unmounted disk is never taken for a repository")
def repository_elsewhere(world):
    machine = world.machine
    settings = "/etc/holdfast/conf.d/elsewhere.toml"
    machine.run("mkdir", "-p", MOUNT)
    machine.write("/etc/fstab", f"tmpfs {MOUNT} tmpfs mode=755,size=512m 0 0\n", 0o644)
    machine.shell(f"systemctl daemon-reload && mount {MOUNT} && systemctl stop holdfastd.service", seconds=200)
    machine.run("cp", "-a", REPOSITORY, f"{MOUNT}/holdfast")
    machine.write(settings, f'[repository]\npath = "{MOUNT}/holdfast"\n', 0o640)
    try:
        with dropped_in(world, "repository-elsewhere"):
            world.holdfast("backup", "more/more.db", "--full")
            machine.shell(f"systemctl stop holdfastd.service && cp -a {MOUNT}/holdfast /root/moved && umount {MOUNT}")
            # The mount comes back empty, as a disk that isn't the one.
            machine.run("systemctl", "start", "holdfastd.service", check=False, seconds=100)
            expect(not machine.output("ls", "-A", MOUNT), "something was made in the empty mount point")
            machine.shell(f"systemctl stop holdfastd.service; mv /root/moved {MOUNT}/holdfast")
            world.restart()
            world.holdfast("backup", "more/more.db", "--full")
            machine.run("rm", settings)
            machine.run("systemctl", "stop", "holdfastd.service", seconds=200)
    finally:
        machine.run("rm", "-f", settings)
        machine.shell(f"umount {MOUNT} || true; : >/etc/fstab; systemctl daemon-reload")
        world.restart()


@step("clients of a PostgreSQL database are disconnected, and kept out until it is opened again")
def clients(world):
    machine = world.machine
    for statement in (
        "GRANT pg_signal_backend TO holdfast", "CREATE ROLE shop LOGIN", "GRANT shop TO holdfast",
        "ALTER DATABASE shop OWNER TO shop", 'GRANT SET ON PARAMETER "holdfast.connection_limit" TO holdfast',
    ):
        postgres.psql(machine, statement)
    # A superuser's session, which a role that is none can't end.
    machine.run("systemctl", "stop", "ledger-postgres.service")
    visit = ("runuser", "-u", "shop", "--", "psql", "-qXAt", "-c", "SELECT 'let in'", "shop")
    machine.run("systemd-run", "--unit=visitor", "--uid=shop", "psql", "-qX", "-c", "SELECT pg_sleep(600)", "shop")
    until("the visitor", 30, lambda: len(world.json("clients", "list", "main/shop")["items"]) == 1)
    world.holdfast("clients", "disconnect", "--all", "main/shop", "--yes")
    until("the visitor's end", 30, lambda: machine.unit("visitor.service", "ActiveState") != ["active"])
    machine.run("systemctl", "reset-failed", "visitor.service", check=False)
    expect(machine.output(*visit) == "let in", "disconnected, clients may come again")
    world.holdfast("databases", "close", "main/shop", "--yes")
    refused = machine.run(*visit, check=False)
    expect(refused.returncode != 0 and "too many connections" in refused.stderr, f"let in: {refused.stdout}{refused.stderr}")
    world.restart()
    expect(machine.run(*visit, check=False).returncode != 0, "a restart of the daemon opened the database")
    world.holdfast("databases", "open", "main/shop")
    expect(machine.output(*visit) == "let in", "the database didn't open again")
    machine.run("systemctl", "start", "ledger-postgres.service")
