"""The first hour on a machine of its own: package, setup, and every database is proven restorable."""

import os
import re
import time

import postgres
from debian import copy
from installing import LEDGER_UNIT
from machine import Machine
from steps import expect, step, until
from world import KEY, REPOSITORY

LONGEST_SECONDS = 300


def prepare(world):
    """A machine with an application's SQLite database and a PostgreSQL server, and nothing of Holdfast's."""
    folder = os.path.join(world.folder, "first-hour")
    os.mkdir(folder)
    machine = Machine(folder)
    world.others.append(machine)
    copy(world.package, machine.root)
    machine.boot()
    machine.write("/usr/local/lib/ledger.py", world.machine.read("/usr/local/lib/ledger.py"), 0o755)
    machine.run("useradd", "--system", "shop")
    machine.run("install", "-d", "-o", "shop", "-g", "shop", "-m", "700", "/srv/shop")
    machine.write("/etc/systemd/system/shop.service", LEDGER_UNIT)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "shop.service")
    postgres.prepare(machine, grants=False)
    until("the application's database", 30, lambda: os.path.exists(machine.path("/srv/shop/shop.db")))
    return machine


def transcript(machine, command):
    """Runs a command as an admin would type it, and shows what they would see, but for the recovery key."""
    done = machine.run("sh", "-c", f"{command} 2>&1", check=False, seconds=LONGEST_SECONDS)
    print(f"# $ sudo {command}", flush=True)
    for line in done.stdout.splitlines():
        words = line.split()
        is_secret = len(words) > 1 and all(re.fullmatch("[a-z]{5}", word) for word in words)
        print(f"#   {'      …' if is_secret else line}", flush=True)
    return done.returncode


@step("from the package to proven backups it takes two commands and less than five minutes")
def first_hour(world):
    machine = prepare(world)
    started = time.monotonic()
    world.install(world.package, machine)
    status = transcript(machine, "holdfast setup --yes")
    elapsed = time.monotonic() - started
    expect(status == 0, f"status {status}")
    print(f"# {elapsed:.1f} s from the package to here", flush=True)
    expect(elapsed < LONGEST_SECONDS, f"it took {elapsed:.0f} s")
    databases = machine.json("holdfast", "databases", "--json")["items"]
    names = {database["path"]: database for database in databases}
    expect("/srv/shop/shop.db" in names, f"shop.db isn't protected: {list(names)}")
    expect(any(database["engine"] == "postgres" for database in databases), "the PostgreSQL server isn't protected")
    expect(all(database.get("last_proven") for database in databases), f"not all are proven: {databases}")
    expect(machine.unit("holdfastd.service", "ActiveState", "UnitFileState") == ["active", "enabled"], "the service")
    expect(transcript(machine, "holdfast doctor") == 0, "the doctor finds a problem")


@step("root restores where the daemon's sandbox keeps it from writing")
def beyond(world):
    machine = world.others[-1]
    machine.run("install", "-d", "/srv/restored")
    machine.run("holdfast", "restore", "shop/shop.db", "--to", "/srv/restored/shop.db")
    machine.run("/usr/local/lib/ledger.py", "check", "/srv/shop/shop.db", "/srv/restored/shop.db")
    told = [message["text"] for message in machine.json("holdfast", "messages", "--json")["items"]]
    expect(any("is root's own to do" in text for text in told), f"it is not on record: {told}")


@step("the doctor names the key file that the unit misses")
def moved_key(world):
    machine = world.others[-1]
    machine.run("mv", KEY, f"{KEY}.moved")
    machine.run("systemctl", "restart", "holdfastd", check=False)
    said = machine.run("holdfast", "doctor", check=False).stdout
    expect(f"(243/CREDENTIALS): there is no {KEY}" in said, said)
    machine.run("mv", f"{KEY}.moved", KEY)
    machine.run("systemctl", "reset-failed", "holdfastd", check=False)
    machine.run("systemctl", "restart", "holdfastd")
    until("the daemon", 60, lambda: machine.run("holdfast", "status", check=False).returncode == 0)


@step("setup run again changes nothing, and its repository can be read without the daemon")
def again(world):
    machine = world.others[-1]
    journal = machine.run("journalctl", "--no-pager", "--output=cat").stdout
    before = machine.output("sha256sum", "/etc/holdfast/conf.d/servers.toml", KEY)
    second = machine.run("holdfast", "setup", "--yes", seconds=LONGEST_SECONDS)
    expect(machine.output("sha256sum", "/etc/holdfast/conf.d/servers.toml", KEY) == before, "settings or key changed")
    key = machine.read(KEY).strip()
    expect(key not in second.stdout + second.stderr + journal, "the key was printed or logged")
    kinds = [slot["kind"] for slot in machine.json("holdfast", "repository", "keys", "--json")["items"]]
    expect(sorted(kinds) == ["key-file", "recovery"], f"the repository's keys are {kinds}")
    expect(machine.output("stat", "-c", "%U %a", REPOSITORY).startswith("holdfast"), "whose the repository is")
    machine.run("install", "-d", "/srv/copies")
    local = ("--repository", REPOSITORY, "--key-file", KEY)
    machine.run("holdfast", "restore", "shop/shop.db", "--to", "/srv/copies/shop.db", *local)
    machine.run("/usr/local/lib/ledger.py", "check", "/srv/shop/shop.db", "/srv/copies/shop.db")
    machine.stop()
