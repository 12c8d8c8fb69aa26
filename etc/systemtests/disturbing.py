"""Bad days of the daemon: killed, hanging, restarted with the machine. What was under way is made up for."""

import postgres
from backing_up import ARCHIVE, SHOP
from steps import expect, step, until


def begin_full(world, name):
    """Has a schedule make a slow full backup of the archive once, and returns in the middle of it."""
    since = world.now()
    when = world.machine.output("date", "-u", "-d", "3 seconds", "+%Y-%m-%dT%H:%M:%S")
    world.holdfast(
        "schedules", "add", name, "--backup", "full", "--scope", "archive", "--zone", "UTC", "--when", f"once {when}",
        "--deadline", "1h",
    )

    def is_in_the_middle():
        for run in world.json("runs", "--active")["items"]:
            if run.get("schedule") == name and run["state"] == "running" and run.get("progress"):
                return run["progress"]["done"] > 2 << 20
        return False

    until(f"the run of {name} to be in its middle", 60, is_in_the_middle)
    expect(not full_backups(world, since), "the full backup is over already")
    return since


def full_backups(world, since):
    return [b for b in world.backups("archive/archive.db", "scheduled", since) if b["kind"] == "full"]


def expect_made_up_for(world, since):
    """The schedule comes once: only a run that makes up for the lost one can have made the backup."""
    made = until("the full backup that was cut off", 120, lambda: full_backups(world, since))
    expect(len(made) == 1, f"{len(made)} full backups instead of one")
    copy = f"/srv/restored/archive-{made[0]['id']}.db"
    world.holdfast("restore", "archive/archive.db", "--backup", made[0]["id"], "--to", copy, seconds=120)
    rows = world.check_copy(ARCHIVE, copy)
    expect(rows == world.rows(ARCHIVE), f"{rows} rows of {world.rows(ARCHIVE)}")


def restarts(world):
    return int(world.machine.unit("holdfastd.service", "NRestarts")[0])


@step("killed in the middle of a backup, the daemon is restarted and makes up for it")
def killed(world):
    since = begin_full(world, "before-the-kill")
    pid, count = world.main_pid(), restarts(world)
    world.machine.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "holdfastd.service")
    until("another process", 60, lambda: world.main_pid() not in (0, pid))
    world.wait_for_daemon()
    expect(restarts(world) == count + 1, "systemd hasn't restarted it")
    expect_made_up_for(world, since)


@step("hanging in the middle of a backup, the daemon is killed by the watchdog and makes up for it")
def hanging(world):
    machine = world.machine
    drop_in = "/etc/systemd/system/holdfastd.service.d/watchdog.conf"
    machine.write(drop_in, "[Service]\nWatchdogSec=6s\nTimeoutAbortSec=5s\n")
    machine.run("systemctl", "daemon-reload")
    world.restart()
    since = begin_full(world, "before-the-hang")
    pid, count = world.main_pid(), restarts(world)
    machine.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "holdfastd.service")
    until("another process", 90, lambda: world.main_pid() not in (0, pid))
    world.wait_for_daemon()
    expect(restarts(world) == count + 1, "systemd hasn't restarted it")
    told = machine.journal("--unit=holdfastd.service", "--since=-3min")
    expect("Watchdog timeout" in told, "not by the watchdog:\n" + told[-2000:])
    expect_made_up_for(world, since)
    machine.run("rm", drop_in)
    machine.run("systemctl", "daemon-reload")
    world.restart()


@step("stopped in the middle of a backup, the daemon finishes it or makes up for it when it is started")
def stopped(world):
    since = begin_full(world, "before-the-stop")
    world.machine.run("systemctl", "stop", "holdfastd.service", seconds=180)
    expect(world.machine.unit("holdfastd.service", "Result", "ExecMainStatus") == ["success", "0"], "its end")
    world.restart()
    expect_made_up_for(world, since)


@step("after a reboot of the machine the daemon goes on by itself")
def rebooted(world):
    machine = world.machine
    backups = len(world.backups("shop/shop.db"))
    machine.reboot()
    world.wait_for_daemon(90)
    since = world.now()
    until("a scheduled backup of shop.db", 60, lambda: world.backups("shop/shop.db", "scheduled", since))
    expect(len(world.backups("shop/shop.db")) > backups, "backups from before the reboot are gone")
    world.holdfast("restore", "shop/shop.db", "--to", "/srv/restored/rebooted.db")
    world.check_copy(SHOP, "/srv/restored/rebooted.db")
    before = postgres.count(machine)
    world.holdfast("backup", "main", seconds=200)
    expect(before > 0 and world.backups("main", "on-demand", since), "no backup of main since the reboot")
