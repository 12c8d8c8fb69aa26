"""The package and the service on a real system: etc/test --system [--keep] [--package FILE] [STEP]

Builds the package, boots a Debian 12 machine by systemd-nspawn, installs the package there, and lives through what a
service meets. STEP ends the test after the last step whose title holds these words. --keep leaves the machine's folder.
"""

import argparse
import os
import signal
import subprocess
import sys

import steps
from debian import copy
from machine import remove, temporary_folder
from world import World

# In the order of a service's life.
import installing  # noqa: F401
import setting_up  # noqa: F401
import backing_up  # noqa: F401
import helping  # noqa: F401
import dropping_in  # noqa: F401
import disturbing  # noqa: F401
import leaving  # noqa: F401

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build():
    done = subprocess.run([os.path.join(TOP, "etc/package")], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1]


def main():
    parser = argparse.ArgumentParser(prog="etc/test --system", description=__doc__.split("\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave the machine's folder for a look")
    parser.add_argument("--package", help="test this package instead of building one")
    parser.add_argument("step", nargs="?", default="", help="end after the last step whose title holds these words")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("etc/test --system: needs root, to boot a machine; run: sudo etc/test --system")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    package = os.path.abspath(options.package or build())
    folder = temporary_folder()
    world = World(folder, package)
    try:
        print(f"# {package}", flush=True)
        copy(package, world.machine.root)
        failed = steps.run(world, options.step)
    finally:
        world.stop()
        if options.keep:
            print(f"# kept {folder}", flush=True)
        else:
            remove(folder)
    sys.exit(1 if failed else 0)


main()
