"""A Debian machine that systemd-nspawn boots: commands in it, its journal, restarts."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from cgroups import ControlGroup
from steps import Failed

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


PR_SET_PDEATHSIG = 1


class Machine:
    count = 0

    def __init__(self, folder):
        self.folder = folder
        self.root = os.path.join(folder, "root")
        self.console = os.path.join(folder, "console.log")
        self.process = None
        self.leader = None
        self.group = None
        Machine.count += 1
        self.name = f"holdfast-{os.getpid()}-{Machine.count}"

    def prepare_child(self):
        """The kernel ends it when this test ends in any way; the machine's processes end with it."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        self.group.enter()

    def boot(self, seconds=90):
        """Returns when its service manager has started everything."""
        path = os.path.join(self.folder, "notify")
        self.group = ControlGroup(self.name)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(path)
            notices.settimeout(1)
            with open(self.console, "ab") as console:
                self.process = subprocess.Popen(
                    [
                        "systemd-nspawn", "--quiet", "--boot", "--directory", self.root, "--register=no", "--keep-unit",
                        f"--machine={self.name}", "--private-network", "--resolv-conf=off",
                        "--timezone=off", "--link-journal=no", "--notify-ready=yes", "--console=read-only",
                    ],
                    stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                    preexec_fn=self.prepare_child,
                    env={**os.environ, "NOTIFY_SOCKET": path},
                )
            try:
                self.wait_for_ready(notices, seconds)
            finally:
                os.unlink(path)

    def wait_for_ready(self, notices, seconds):
        self.leader = None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(
                    "systemd-nspawn can't boot here: it needs root, mount and PID namespaces, and a cgroup file system "
                    f"that it may write; it ended with {self.process.returncode}:\n{self.console_tail()}"
                )
            try:
                lines = notices.recv(4096).decode().split("\n")
            except TimeoutError:
                continue
            for line in lines:
                if line.startswith("X_NSPAWN_LEADER_PID="):
                    self.leader = int(line.split("=")[1])
            if "READY=1" in lines and self.leader:
                return
        raise Failed(f"the machine hasn't booted after {seconds} s:\n{self.console_tail()}")

    def run(self, *arguments, check=True, seconds=120, text=None):
        """Runs a command as root in the machine; its output is kept."""
        command = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        command += ["env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items()), *arguments]
        try:
            done = subprocess.run(
                command, input=text, stdin=None if text else subprocess.DEVNULL, capture_output=True, text=True,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as expired:
            raise Failed(f"{' '.join(arguments)}: no end after {seconds} s: {expired.stdout} {expired.stderr}") from None
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(arguments)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def output(self, *arguments, **options):
        return self.run(*arguments, **options).stdout.strip()

    def shell(self, script, **options):
        return self.output("sh", "-ec", script, **options)

    def json(self, *arguments, **options):
        return json.loads(self.output(*arguments, **options))

    def unit(self, unit, *names):
        """Properties of a unit, as a list of texts in the order of their names."""
        lines = self.output("systemctl", "show", unit, *(f"--property={name}" for name in names)).split("\n")
        values = dict(line.split("=", 1) for line in lines if "=" in line)
        return [values.get(name, "") for name in names]

    def path(self, path):
        """Where a path of the machine is for us."""
        return self.root + path

    def write(self, path, text, mode=0o644):
        file = self.path(path)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as output:
            output.write(text)
        os.chmod(file, mode)

    def read(self, path):
        with open(self.path(path)) as file:
            return file.read()

    def reboot(self):
        self.run("systemctl", "reboot", check=False)
        self.wait_for_end()
        self.boot()

    def wait_for_end(self, seconds=150):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"the machine hasn't gone down after {seconds} s:\n{self.console_tail()}") from None
        self.leader = None
        self.group.remove()

    def stop(self):
        """Powers it off, or ends it the hard way: nothing of it stays."""
        try:
            self.end()
        finally:
            if self.group:
                self.group.remove()

    def end(self):
        if self.process is None or self.process.poll() is not None:
            return
        if self.leader:
            try:
                self.run("systemctl", "poweroff", check=False, seconds=20)
                self.process.wait(60)
                return
            except (Failed, subprocess.TimeoutExpired):
                # The kernel ends all processes of a PID namespace with its first.
                try:
                    os.kill(self.leader, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.process.kill()
        self.process.wait()

    def journal(self, *arguments):
        if self.leader:
            done = self.run("journalctl", "--no-pager", "--output=short-precise", *arguments, check=False)
            return done.stdout
        # From outside, when nobody answers inside.
        done = subprocess.run(
            ["journalctl", "--no-pager", f"--directory={self.root}/var/log/journal", *arguments], capture_output=True,
            text=True,
        )
        return done.stdout

    def console_tail(self, count=2000):
        try:
            with open(self.console, errors="replace") as console:
                return console.read()[-count:]
        except FileNotFoundError:
            return ""


def temporary_folder():
    """On a disk, as the machine's own file systems are meant to be there after its restart."""
    return tempfile.mkdtemp(prefix="holdfast-system-", dir="/var/tmp")


def remove(folder):
    """Also when something in it is still mounted."""
    mounted = [line.split()[1] for line in open("/proc/self/mounts") if line.split()[1].startswith(folder + "/")]
    for point in reversed(mounted):
        subprocess.run(["umount", "--lazy", point], check=False)
    shutil.rmtree(folder)

