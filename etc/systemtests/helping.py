"""The root helper for real: units, holders, owners and programs, each as systemd and the kernel have it."""

import json
import re
import shutil
import time

from backing_up import SHOP
from steps import expect, step, until

HELPER = "/usr/lib/holdfast/holdfast-helper"
SOCKET = "/run/holdfast-helper.sock"
NOTES = "/var/tmp/notes"
UPDATE = f"""#!/bin/sh
# What system updates would find: root, in a unit of its own, with the application's unit stopped.
{{ id -un; cat /proc/self/cgroup; systemctl is-active shop.service || true; }} >{NOTES}
"""
COMMAND = """#!/bin/sh
# A command of a schedule; ends badly, so that the message shows what it printed.
echo "user $(id -u)"
grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status
touch /etc/holdfast-was-here 2>&1
cat /etc/holdfast/repository.key 2>&1
exit 3
"""
ASK = """
import socket, sys
asking = socket.socket(socket.AF_UNIX)
asking.connect(sys.argv[1])
asking.sendall(sys.stdin.buffer.read() + b"\\n")
asking.shutdown(socket.SHUT_WR)
answer = b""
while piece := asking.recv(4096):
    answer += piece
print(answer.decode())
"""


def ask(machine, user, petition):
    """What the helper answers to a request that isn't the daemon's."""
    line = petition if isinstance(petition, str) else json.dumps(petition)
    return machine.run(
        "runuser", "-u", user, "--", "python3", "-c", ASK, SOCKET, text=line, check=False, seconds=60
    )


def records(machine, *matches):
    """The helper's records in the journal, oldest first."""
    lines = machine.output("journalctl", "--output=json", "SYSLOG_IDENTIFIER=holdfast-helper", *matches).splitlines()
    return [json.loads(line) for line in lines]


@step("the root helper listens to the daemon only, and systemd-analyze security is told of its unit")
def helper_listens(world):
    machine = world.machine
    expect(machine.unit("holdfast-helper.socket", "ActiveState", "UnitFileState") == ["active", "enabled"], "its socket")
    expect(machine.output("stat", "-c", "%a %U", SOCKET) == "600 holdfast", "the socket's mode or owner")
    expect(ask(machine, "shop", {"unit-state": {"unit": "shop.service"}}).returncode != 0, "others may connect")
    said = ask(machine, "holdfast", {"unit-state": {"unit": "postgresql.service"}}).stdout
    expect("right-refused" in said, f"a unit that the settings don't name: {said}")
    said = ask(machine, "holdfast", "{").stdout
    expect("refused" in said, f"no request: {said}")
    refused = records(machine, "HOLDFAST_VERB=unit-state")
    expect(refused and refused[-1]["HOLDFAST_OBJECT"] == "postgresql.service", "the refusal isn't on record")
    done = machine.run("systemd-analyze", "security", "--no-pager", "holdfast-helper@.service", check=False)
    print(f"# {done.stdout.strip().splitlines()[-1]}", flush=True)


@step("a file that the daemon restores belongs to whom it belonged")
def owned(world):
    machine = world.machine
    world.holdfast("restore", "shop/shop.db", "--to", "/srv/restored/owned.db")
    said = machine.output("stat", "-c", "%U:%G %a", "/srv/restored/owned.db")
    expect(said == machine.output("stat", "-c", "%U:%G %a", SHOP), f"the restored file is {said}")
    world.check_copy(SHOP, "/srv/restored/owned.db")
    world.holdfast("restore", "main", "--to", "/srv/restored/main", seconds=200)
    strangers = machine.output("find", "/srv/restored/main", "!", "-user", "postgres")
    expect(not strangers, f"not the server's: {strangers[:500]}")


@step("who holds a database is told")
def holders(world):
    pid = int(world.machine.unit("shop.service", "MainPID")[0])
    clients = world.json("clients", "list", "shop/shop.db")["items"]
    expect(any(c["pid"] == pid and c.get("unit") == "shop.service" for c in clients), f"{pid} isn't among {clients}")


@step("a window stops the units that use a server, updates as root in a unit of its own, and starts them again")
def window(world):
    machine = world.machine
    machine.write("/usr/local/sbin/update-probe", UPDATE, 0o755)
    machine.write(
        "/etc/holdfast/conf.d/units.toml",
        '[servers.shop]\nunits = ["shop.service"]\nupdate_command = ["/usr/local/sbin/update-probe"]\n', 0o640,
    )
    machine.run("systemctl", "reload", "holdfastd.service")
    world.holdfast(
        "maintenance", "set", "shop", "weekly", "--countdown", "1s", "--announce", "never", "--tasks",
        "system-updates=5m!",
    )
    before = machine.unit("shop.service", "InvocationID")
    world.holdfast("maintenance", "run", "shop", "weekly", "--yes", seconds=300)
    notes = machine.read(NOTES).splitlines()
    expect(notes[0] == "root", f"the update ran as {notes}")
    expect(any("holdfast-task-shop-update.service" in note for note in notes), f"not in a unit of its own: {notes}")
    expect(notes[-1] == "inactive", f"the application wasn't stopped: {notes}")
    expect(machine.unit("shop.service", "ActiveState") == ["active"], "the application wasn't started again")
    expect(machine.unit("shop.service", "InvocationID") != before, "the application never was stopped")
    for verb in ("unit-stop", "task", "unit-start"):
        expect(records(machine, f"HOLDFAST_VERB={verb}"), f"{verb} isn't on record")


@step("a window whose update upgrades Holdfast itself is not cut off, and the daemon is restarted after it")
def upgraded_by_itself(world):
    machine = world.machine
    shutil.copy(world.upgraded("+1window"), machine.path("/root/window.deb"))
    machine.write(
        "/usr/local/sbin/update-probe",
        "#!/bin/sh\nset -e\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive\n"
        f"rm -f {NOTES}\napt-get install -q -y /root/window.deb\ndate >{NOTES}\n", 0o755,
    )
    pid = world.main_pid()
    world.holdfast("maintenance", "run", "shop", "weekly", "--yes", seconds=300)
    expect(machine.read(NOTES), "the update was cut off")
    status = machine.output("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "holdfast")
    expect(status.endswith("+1window installed"), f"the package is {status}")
    until("the daemon's restart", 60, lambda: world.main_pid() not in (0, pid))
    world.wait_for_daemon()
    expect(machine.unit("shop.service", "ActiveState") == ["active"], "the application wasn't started again")


@step("a schedule's command runs as a user of its own without any right")
def command(world):
    machine = world.machine
    machine.write("/usr/local/sbin/command-probe", COMMAND, 0o755)
    world.holdfast(
        "schedules", "add", "probe", "--command", "/usr/local/sbin/command-probe", "--when", "Sun 04:00", "--attempts", "1"
    )
    world.holdfast("schedules", "run", "probe")
    failed = ("messages", "--severity", "warning", "--since", "5m ago", "--json")
    until("the command's end", 60, lambda: "command-failed" in world.machine.output("holdfast", *failed))
    said = machine.output("holdfast", *failed)
    # The users that systemd makes for a unit. Source: systemd.exec(5), DynamicUser=.
    user = re.search(r"user (\d+)", said)
    expect(user and 61184 <= int(user[1]) <= 65519, f"not a user of its own: {said[-3000:]}")
    for text in ("CapEff: 0000000000000000", "CapBnd: 0000000000000000", "NoNewPrivs: 1", "Read-only file system"):
        expect(text in said, f"{text} isn't in what the command printed: {said[-3000:]}")
    expect("repository.key: Permission denied" in said, "the command can read the repository's key")
    world.holdfast("schedules", "remove", "probe", "--yes")
    world.holdfast("messages", "ack", "--all", "--before", "1000000", check=False)


@step("cut off from the daemon, a task is ended with all that it has started")
def abandoned(world):
    machine = world.machine
    machine.write("/usr/local/sbin/update-probe", "#!/bin/sh\nexec sleep 600\n", 0o755)
    unit = "holdfast-task-shop-update.service"
    machine.run("systemd-run", "--collect", "--unit=window", "holdfast", "maintenance", "run", "shop", "weekly", "--yes")
    until("the task", 60, lambda: machine.unit(unit, "ActiveState") == ["active"])
    started = time.monotonic()
    world.holdfast("maintenance", "abort", "shop", seconds=120)
    until("the task's end", 60, lambda: machine.unit(unit, "ActiveState") != ["active"])
    print(f"# ended {time.monotonic() - started:.1f} s after the abort", flush=True)
    until("the application", 60, lambda: machine.unit("shop.service", "ActiveState") == ["active"])
    machine.run("rm", "/etc/holdfast/conf.d/units.toml")
    machine.run("systemctl", "reload", "holdfastd.service")
