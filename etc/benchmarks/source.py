"""The database that is backed up, and what changes in it."""

import contextlib
import subprocess
import zlib

PAGE = 4096
ROWS = 2000


def same(one, other):
    return subprocess.run(["cmp", "-s", one, other]).returncode == 0


def changed_pages(before, after):
    """The number of pages that differ, and their size when compressed by zlib level 1 in blocks of 256 KiB."""
    count, compressed, pending = 0, 0, b""
    with open(before, "rb") as old, open(after, "rb") as new:
        while block := new.read(64 * PAGE):
            base = old.read(64 * PAGE)
            if block == base:
                continue
            for start in range(0, len(block), PAGE):
                page = block[start:start + PAGE]
                if page != base[start:start + PAGE]:
                    count += 1
                    pending += page
            if len(pending) >= 64 * PAGE:
                compressed += len(zlib.compress(pending[:64 * PAGE], 1))
                pending = pending[64 * PAGE:]
    return count, compressed + (len(zlib.compress(pending, 1)) if pending else 0)


@contextlib.contextmanager
def application(writer, path):
    """A process that has the database open."""
    holder = subprocess.Popen([writer, "hold", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    try:
        yield
    finally:
        holder.communicate()
