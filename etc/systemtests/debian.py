"""A Debian 12 root to boot, made once and kept in the user's cache."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile

RELEASE = "bookworm"
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "init-system-helpers", "python3", "postgresql", "logrotate", "tzdata",
    "ca-certificates",
)


def run(*arguments, **options):
    return subprocess.run(arguments, check=True, text=True, **options)


def mirror():
    """Where this machine itself gets its packages of that release."""
    lines = run(
        "apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(COMPONENT)", "Created-By: Packages",
        capture_output=True,
    ).stdout.split("\n")
    for line in lines:
        site, _, rest = line.partition(" ")
        if rest == f"{RELEASE} main":
            return site
    raise SystemExit(f"systemtests: no source of Debian {RELEASE} is among this machine's own (apt-get indextargets)")


def dependencies(package):
    """What the package depends on, without versions; the first of alternatives."""
    fields = run("dpkg-deb", "--field", package, "Pre-Depends", "Depends", capture_output=True).stdout
    names = (part.split(":", 1)[-1] for part in fields.replace("\n", ",").split(","))
    return sorted({name.split("|")[0].split("(")[0].strip() for name in names} - {""})


def base(package):
    """The folder of a root in which all but `package` itself is installed."""
    names = sorted({*PACKAGES, *dependencies(package)})
    key = hashlib.sha256(f"1 {RELEASE} {' '.join(names)}".encode()).hexdigest()[:16]
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "holdfast", "systems")
    os.makedirs(cache, mode=0o700, exist_ok=True)
    made = os.path.join(cache, key)
    with open(os.path.join(cache, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(made):
            print(f"# making a Debian {RELEASE} root in {made}", flush=True)
            for old in os.listdir(cache):
                if old != "lock":
                    shutil.rmtree(os.path.join(cache, old))
            making = tempfile.mkdtemp(prefix="making-", dir=cache)
            log = os.path.join(cache, making + ".log")
            with open(log, "w") as output:
                try:
                    run(
                        "debootstrap", "--variant=minbase", f"--include={','.join(names)}", RELEASE, making, mirror(),
                        stdout=output, stderr=subprocess.STDOUT,
                    )
                except subprocess.CalledProcessError:
                    print(open(log).read()[-4000:], flush=True)
                    raise SystemExit("systemtests: debootstrap failed; the end of its output is above") from None
            os.remove(log)
            prepare(making)
            os.rename(making, made)
    return made


def prepare(root):
    """What the tests want of any machine: a journal that stays, and no packages that are unpacked already."""
    shutil.rmtree(os.path.join(root, "var/cache/apt/archives"), ignore_errors=True)
    os.makedirs(os.path.join(root, "var/log/journal"), exist_ok=True)
    os.chmod(root, 0o755)


def copy(package, target):
    """Puts a fresh copy of the root at `target`."""
    run("cp", "-a", "--reflink=auto", base(package), target)
