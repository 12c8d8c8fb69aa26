"""Backups on schedule and on demand; what is restored is compared with what was written."""

import json

import postgres
from steps import expect, step, until
from world import KEY, REPOSITORY

LOCAL = ("--repository", REPOSITORY, "--key-file", KEY)
SHOP = "/srv/shop/shop.db"
ARCHIVE = "/srv/archive/archive.db"


@step("SQLite and PostgreSQL are backed up on demand")
def on_demand(world):
    world.on_demand_rows = world.rows(SHOP), postgres.count(world.machine)
    world.holdfast("backup", "shop/shop.db", "main", seconds=200)
    expect(world.backups("shop/shop.db", "on-demand"), "no on-demand backup of shop.db")
    expect(world.backups("main", "on-demand"), "no on-demand backup of main")


@step("a backup in a transient unit of systemd-run succeeds")
def transient(world):
    since = world.now()
    world.machine.run(
        "systemd-run", "--wait", "--pipe", "--collect", "--quiet", "holdfast", "backup", "shop/shop.db", seconds=200
    )
    expect(world.backups("shop/shop.db", "on-demand", since), "no on-demand backup since then")


@step("SQLite and PostgreSQL are backed up on schedule")
def on_schedule(world):
    since = world.now()
    world.holdfast(
        "schedules", "add", "main-often", "--backup", "progressive", "--scope", "main", "--when", "every 15s"
    )
    until("a scheduled backup of shop.db", 60, lambda: world.backups("shop/shop.db", "scheduled", since))
    until("a scheduled backup of main", 120, lambda: world.backups("main", "scheduled", since))
    world.holdfast("schedules", "remove", "main-often", "--yes")


@step("the daemon restores into a root of its own, and what it restores is the source's")
def restored_by_daemon(world):
    backup = world.backups("shop/shop.db")[0]
    world.holdfast("restore", "shop/shop.db", "--backup", backup["id"], "--to", "/srv/restored/shop.db")
    world.check_copy(SHOP, "/srv/restored/shop.db", world.on_demand_rows[0])


@step("root restores without the daemon, and what it restores is the source's")
def restored_by_root(world):
    machine = world.machine
    machine.run("install", "-d", "-m", "755", "/srv/copies", "/srv/clusters")
    world.holdfast("restore", "shop/shop.db", "--to", "/srv/copies/shop.db", *LOCAL)
    world.check_copy(SHOP, "/srv/copies/shop.db", world.on_demand_rows[0])
    # The log is received as it is written: it brings the copy to about a second before now.
    before = postgres.count(machine)
    until("rows of some seconds", 30, lambda: postgres.count(machine) > before + 30)
    world.holdfast("restore", "main", "--to", "/srv/clusters/main", *LOCAL, seconds=200)
    last = postgres.check_copy(machine, "/srv/clusters/main")
    expect(last >= before, f"the restored cluster ends at row {last}, and {before} were there seconds before")


@step("drills prove both restorable")
def drills(world):
    world.holdfast("drill", "shop/shop.db", "main", seconds=300)
    for name in ("shop/shop.db", "main"):
        expect(world.json("databases", "show", name).get("last_proven"), f"{name} isn't proven")


@step("a reload takes new settings, and keeps the old ones when the file is bad")
def reload(world):
    machine = world.machine
    pid = world.main_pid()
    folder = "/srv/more"
    machine.run("install", "-d", "-o", "shop", "-m", "700", folder)
    machine.run("runuser", "-u", "shop", "--", "/usr/local/lib/ledger.py", "fill", f"{folder}/more.db", "1")
    machine.write("/etc/holdfast/conf.d/more.toml", f'[servers.more]\nfolders = ["{folder}"]\n')
    machine.run("systemctl", "reload", "holdfastd.service")
    until("the new server", 30, lambda: "more/more.db" in world.holdfast("databases"))
    machine.write("/etc/holdfast/conf.d/more.toml", "[servers.more]\nfolder = 1\n")
    done = machine.run("systemctl", "reload", "holdfastd.service", check=False)
    expect(done.returncode != 0, "a reload of bad settings looks like a success")
    messages = ("messages", "--severity", "error", "--json")
    until("a message of the bad file", 30, lambda: "more.toml" in machine.output("holdfast", *messages))
    expect("more/more.db" in world.holdfast("databases"), "the old settings were given up")
    world.holdfast("backup", "more/more.db")
    machine.write("/etc/holdfast/conf.d/more.toml", f'[servers.more]\nfolders = ["{folder}"]\n')
    machine.run("systemctl", "reload", "holdfastd.service")
    expect(world.main_pid() == pid, "the daemon was restarted")
    world.holdfast("messages", "ack", "--all", "--before", "1000000", check=False)


@step("messages are in the log file and, with their fields, in the journal")
def messages(world):
    log = world.machine.read("/var/log/holdfast/messages.log")
    expect("backup-succeeded" in log, log[-1000:])
    entries = world.machine.output(
        "journalctl", "--output=json", "--lines=1", "HOLDFAST_DATABASE=shop/shop.db", "HOLDFAST_CODE=backup-succeeded"
    )
    expect(entries and json.loads(entries)["MESSAGE_ID"], "no entry with fields in the journal")
    # libdispatch's, of each thread whose priority it may not set. One is left where the machine doesn't let LimitNICE= rise.
    noise = world.machine.output(
        "journalctl", "--output=cat", f"_PID={world.main_pid()}", "--grep=thread priority", check=False).splitlines()
    expect(len(noise) <= 1, f"{len(noise)} times: {noise[:1]}")
