"""Upgraded, removed, purged: settings stay, backups stay, and the repository can be read to the end."""

import hashlib
import os
import subprocess

from backing_up import LOCAL, SHOP
from disturbing import begin_full, expect_made_up_for
from steps import expect, step
from world import KEY, REPOSITORY

EDIT = "\n# An admin was here.\n"


def fingerprint(machine, folder):
    """Of all files below a folder: path, mode, owner and content."""
    prints = {}
    for parent, _, names in os.walk(machine.path(folder)):
        for name in names:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            with open(path, "rb") as file:
                content = hashlib.sha256(file.read()).hexdigest()
            prints[path.removeprefix(machine.root)] = (status.st_mode, status.st_uid, status.st_gid, content)
    return prints


def version(machine):
    return machine.output("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "holdfast")


@step("upgraded in the middle of a backup, the daemon finishes it or makes up for it, and settings stay as they were")
def upgraded(world):
    machine = world.machine
    with open(machine.path("/etc/holdfast/holdfast.toml"), "a") as settings:
        settings.write(EDIT)
    before = fingerprint(machine, "/etc/holdfast")
    pid = world.main_pid()
    since = begin_full(world, "before-the-upgrade")
    said = world.install(world.upgraded("+2upgrade"))
    expect("holdfast setup" not in said.stdout, "an upgrade tells of the first steps:\n" + said.stdout)
    world.wait_for_daemon()
    expect(version(machine).endswith("+2upgrade installed"), version(machine))
    expect(world.main_pid() not in (0, pid), "the daemon is the old one still")
    expect_made_up_for(world, since)
    expect(fingerprint(machine, "/etc/holdfast") == before, "settings were touched")


@step("a service that is stopped and disabled stays so over an upgrade")
def upgraded_disabled(world):
    machine = world.machine
    machine.run("systemctl", "disable", "--now", "holdfastd.service", seconds=180)
    world.install(world.upgraded("+3disabled"))
    expect(machine.unit("holdfastd.service", "ActiveState", "UnitFileState") == ["inactive", "disabled"], "unit state")
    machine.run("systemctl", "enable", "holdfastd.service")
    world.restart()


@step("removed, the package leaves settings, key, state and repository")
def removed(world):
    machine = world.machine
    world.last_rows = world.rows(SHOP)
    world.holdfast("backup", "shop/shop.db")
    before = fingerprint(machine, "/etc/holdfast")
    machine.run("apt-get", "remove", "-q", "-y", "holdfast", seconds=200)
    expect(not os.path.exists(machine.path("/usr/sbin/holdfastd")), "the daemon's program is still there")
    expect(machine.run("pgrep", "-x", "holdfastd", check=False).returncode == 1, "the daemon is still at work")
    expect(fingerprint(machine, "/etc/holdfast") == before, "settings or key were touched")
    for path in (f"{REPOSITORY}/repository.json", "/var/lib/holdfast/catalog.db", "/var/log/holdfast/messages.log"):
        expect(os.path.exists(machine.path(path)), f"{path} is gone")


@step("removed and installed again, it runs again by itself, unless an admin disabled it")
def removed_and_back(world):
    machine = world.machine
    said = world.install(world.package)
    expect("holdfast setup" not in said.stdout, "it tells of the first steps:\n" + said.stdout)
    world.wait_for_daemon()
    expect(machine.unit("holdfast-helper.socket", "ActiveState") == ["active"], "the helper's socket is closed")
    expect(world.backups("shop/shop.db"), "the backups of before aren't listed")
    machine.run("systemctl", "disable", "holdfastd.service")
    machine.run("apt-get", "remove", "-q", "-y", "holdfast", seconds=200)
    said = world.install(world.package)
    expect(machine.unit("holdfastd.service", "ActiveState") == ["inactive"], "a disabled service was started")
    expect("systemctl enable --now holdfastd.service" in said.stdout + said.stderr, "nobody was told how to start it")
    machine.run("systemctl", "enable", "holdfastd.service")
    machine.run("apt-get", "remove", "-q", "-y", "holdfast", seconds=200)


@step("purged, it leaves repository and key, and nothing else; backups are restored from them")
def purged(world):
    machine = world.machine
    repository = fingerprint(machine, REPOSITORY)
    said = machine.run("apt-get", "purge", "-q", "-y", "holdfast", seconds=200)
    for folder, kept in (("/etc/holdfast", [os.path.basename(KEY)]), ("/var/lib/holdfast", ["repository"])):
        expect(os.listdir(machine.path(folder)) == kept, f"{folder}: {os.listdir(machine.path(folder))}")
    expect("kept /var/lib/holdfast: repository" in said.stderr + said.stdout, said.stdout + said.stderr)
    for path in ("/var/log/holdfast", "/etc/logrotate.d/holdfast", "/lib/systemd/system/holdfastd.service"):
        expect(not os.path.exists(machine.path(path)), f"{path} is still there")
    links = machine.output("find", "/etc/systemd/system", "-name", "holdfast*", "-type", "l")
    expect(not links, f"links are left: {links}")
    expect(fingerprint(machine, REPOSITORY) == repository, "the repository was touched")
    # The one program is all that it takes.
    tree = os.path.join(world.folder, "rescue")
    subprocess.run(["dpkg-deb", "--extract", world.package, tree], check=True)
    subprocess.run(["cp", f"{tree}/usr/bin/holdfast", machine.path("/root/holdfast")], check=True)
    machine.run("/root/holdfast", "restore", "shop/shop.db", *LOCAL, "--to", "/srv/copies/purged.db")
    world.check_copy(SHOP, "/srv/copies/purged.db", world.last_rows)


@step("installed again, it takes the key and the repository that are there")
def again(world):
    machine = world.machine
    with open(machine.path(KEY)) as key:
        before = key.read()
    world.install(world.package)
    with open(machine.path(KEY)) as key:
        expect(key.read() == before, "the key is another one")
    machine.write("/etc/holdfast/conf.d/test.toml", '[servers.shop]\nfolders = ["/srv/shop"]\n')
    world.restart()
    expect(world.backups("shop/shop.db"), "the backups of before aren't listed")
