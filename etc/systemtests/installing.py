"""From the package to a daemon that is on duty."""

import os
import shutil
import subprocess

import postgres
from debian import copy
from machine import remove
from steps import expect, step, until
from world import KEY, REPOSITORY

LEDGER_UNIT = """
[Unit]
Description=Writes to a ledger in SQLite

[Service]
User=shop
ExecStart=/usr/local/lib/ledger.py write /srv/shop/shop.db

[Install]
WantedBy=multi-user.target
"""
SETTINGS = """
restore_roots = ["/srv/restored"]

[backup]
on_demand_cooldown = "0s"

[progressive]
every = "10s"

[servers.shop]
folders = ["/srv/shop"]

[servers.archive]
folders = ["/srv/archive"]
# So slow that something can happen in the middle.
read_limit = "4M"

[servers.main]
engine = "postgres"
connection = "host=/var/run/postgresql user=holdfast"
"""


@step("lintian finds no error in the package")
def lintian(world):
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on=error", "--tag-display-limit=0", world.package], capture_output=True,
        text=True,
    )
    for line in done.stdout.splitlines():
        print(f"# {line}", flush=True)
    expect(done.returncode == 0, f"lintian: {done.stdout}{done.stderr}")


@step("the package's man pages are well-formed")
def manual(world):
    tree = os.path.join(world.folder, "tree")
    subprocess.run(["dpkg-deb", "--extract", world.package, tree], check=True)
    pages = [os.path.join(folder, name) for folder, _, names in os.walk(f"{tree}/usr/share/man") for name in names]
    expect(len(pages) > 50, f"only {len(pages)} pages")
    plain = []
    for page in pages:
        subprocess.run(["gunzip", page], check=True)
        plain.append(page.removesuffix(".gz"))
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *plain], capture_output=True, text=True)
    expect(done.returncode == 0, done.stdout[-3000:])


@step("a Debian machine boots", essential=True)
def boot(world):
    world.machine.boot()
    state = world.machine.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
    failed = world.machine.output("systemctl", "--failed", "--no-legend", "--plain")
    expect(state in ("running", "degraded"), f"the machine is {state}:\n{failed}")


@step("databases are there and written to", essential=True)
def databases(world):
    machine = world.machine
    with open(os.path.join(os.path.dirname(__file__), "ledger.py")) as source:
        machine.write("/usr/local/lib/ledger.py", source.read(), 0o755)
    machine.run("useradd", "--system", "shop")
    for folder in ("/srv/shop", "/srv/archive"):
        machine.run("install", "-d", "-o", "shop", "-g", "shop", "-m", "700", folder)
    fill = ("/usr/local/lib/ledger.py", "fill", "/srv/archive/archive.db", "40")
    machine.run("runuser", "-u", "shop", "--", *fill)
    machine.write("/etc/systemd/system/shop.service", LEDGER_UNIT)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "shop.service")
    until("rows from the writer", 30, lambda: os.path.exists(machine.path("/srv/shop/shop.db")))
    postgres.prepare(machine)


@step("installing starts nothing and makes a key", essential=True)
def install(world):
    machine = world.machine
    said = world.install(world.package)
    expect("holdfast setup" in said.stdout, f"it doesn't tell what comes next:\n{said.stdout}{said.stderr}")
    expect(machine.unit("holdfastd.service", "ActiveState", "UnitFileState") == ["inactive", "enabled"], "unit state")
    expect(machine.output("stat", "-c", "%a %U:%G %s", KEY) == "600 root:root 65", "the key's mode, owner or length")
    with open(machine.path(KEY)) as key:
        expect(key.read().strip() not in said.stdout + said.stderr, "the key was printed")
    for path, is_like in (
        ("/etc/holdfast/holdfast.toml", "640 root:holdfast"), ("/etc/holdfast/conf.d", "750 root:holdfast"),
        ("/var/lib/holdfast", "750 holdfast:holdfast"), ("/var/log/holdfast", "750 holdfast:holdfast"),
    ):
        expect(machine.output("stat", "-c", "%a %U:%G", path) == is_like, f"{path} isn't {is_like}")
    expect(machine.run("holdfastd", "--check").stdout.strip().endswith("good"), "the settings aren't good")
    expect(not os.path.exists(machine.path(REPOSITORY)), "there is a repository already")
    expect("holdfast: daemon-started" in machine.output("journalctl", "--list-catalog"), "the journal's catalog lacks our messages")


@step("installed, removed and purged where systemd doesn't run, the package minds its own business")
def unbooted(world):
    """As in an image that is being made: there is nothing to start, and everything else must be so."""
    root = os.path.join(world.folder, "image")
    copy(world.package, root)
    shutil.copy(world.package, f"{root}/root/holdfast.deb")
    command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--as-pid2"]
    command += ["--pipe", f"--directory={root}", "--setenv=DEBIAN_FRONTEND=noninteractive"]

    def run(*arguments):
        done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        expect(done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    wants = f"{root}/etc/systemd/system/multi-user.target.wants/holdfastd.service"
    run("apt-get", "install", "-q", "-y", "/root/holdfast.deb")
    expect(run("stat", "-c", "%a %U", KEY).strip() == "600 root", "the key's mode or owner")
    expect(os.path.islink(wants), "the service isn't enabled")
    run("apt-get", "purge", "-q", "-y", "holdfast")
    expect(not os.path.islink(wants), "the service is still enabled")
    expect(os.listdir(f"{root}/etc/holdfast") == [os.path.basename(KEY)], os.listdir(f"{root}/etc/holdfast"))
    expect(not os.path.exists(f"{root}/var/lib/holdfast"), "an empty state folder is left")
    remove(root)


@step("the package's programs, manual and completions are in their places")
def places(world):
    machine = world.machine
    for path in (
        "/usr/bin/holdfast", "/usr/sbin/holdfastd", "/lib/systemd/system/holdfastd.service",
        "/usr/share/man/man1/holdfast-backup.1.gz", "/usr/share/man/man5/holdfast.toml.5.gz",
        "/usr/share/man/man8/holdfastd.8.gz", "/usr/share/bash-completion/completions/holdfast",
        "/usr/share/zsh/vendor-completions/_holdfast", "/usr/share/fish/vendor_completions.d/holdfast.fish",
    ):
        expect(os.path.isfile(machine.path(path)), f"{path} is missing")
    machine.run("bash", "-n", "/usr/share/bash-completion/completions/holdfast")
    libraries = machine.output("ldd", "/usr/sbin/holdfastd")
    expect("libswift" not in libraries and "not found" not in libraries, libraries)


@step("the daemon starts, and is on duty", essential=True)
def start(world):
    machine = world.machine
    machine.write("/etc/holdfast/conf.d/test.toml", SETTINGS)
    machine.run("install", "-d", "-o", "holdfast", "-g", "holdfast", "-m", "750", "/srv/restored")
    machine.shell(
        "install -D -m 644 /usr/share/doc/holdfast/examples/restore-roots.conf "
        "/etc/systemd/system/holdfastd.service.d/restore-roots.conf && systemctl daemon-reload"
    )
    world.holdfast("repository", "init", "--repository", REPOSITORY, "--key-file", KEY)
    machine.run("chown", "-R", "holdfast:holdfast", REPOSITORY)
    machine.run("systemctl", "start", "holdfastd.service", seconds=180)
    world.wait_for_daemon()
    expect(machine.unit("holdfastd.service", "ActiveState", "User") == ["active", "holdfast"], "unit state")
    status = machine.output("cat", f"/proc/{world.main_pid()}/status")
    held = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Cap"))
    # CAP_DAC_READ_SEARCH is number 2.
    expect(all(int(held[name], 16) == 1 << 2 for name in ("CapPrm", "CapBnd", "CapAmb")), f"capabilities: {held}")


@step("systemd-analyze security says 1.7 or less of the daemon's unit")
def security(world):
    done = world.machine.run("systemd-analyze", "security", "--no-pager", "--threshold=17", "holdfastd.service", check=False)
    print(f"# {done.stdout.strip().splitlines()[-1]}", flush=True)
    expect(done.returncode == 0, done.stdout[-4000:])
