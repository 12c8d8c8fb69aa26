"""The programs that Holdfast is measured beside, each with a repository of its own."""

import json
import os

from common import run, timed


class Restic:
    name = "restic"

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.repository = os.path.join(folder, "repository")
        self.environment = {
            **os.environ, "RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": "benchmark",
            "RESTIC_CACHE_DIR": os.path.join(folder, "cache")}

    def do(self, *arguments):
        return timed(["restic", "-q", *arguments], env=self.environment)

    def prepare(self):
        os.makedirs(self.folder)
        self.do("init")

    def stop(self):
        pass

    def full(self):
        return self.do("backup", self.source)

    unchanged = progressive = full

    def forced(self):
        return self.do("backup", "--force", self.source)

    def restore(self, folder):
        self.do("restore", "latest", "--target", folder)
        return folder + self.source

    def verify(self):
        return self.do("check", "--read-data")

    def points(self):
        return len(json.loads(run(["restic", "snapshots", "--json"], env=self.environment)))

    def prune(self):
        return self.do("forget", "--keep-last", "1", "--prune")


class Borg:
    name = "borg"

    def __init__(self, folder, source):
        self.folder, self.source = folder, source
        self.repository = os.path.join(folder, "repository")
        self.environment = {
            **os.environ, "BORG_REPO": self.repository, "BORG_PASSPHRASE": "benchmark",
            "BORG_BASE_DIR": os.path.join(folder, "base")}
        self.archives = 0

    def do(self, *arguments, **options):
        return timed(["borg", *arguments], env=self.environment, **options)

    def prepare(self):
        os.makedirs(os.path.join(self.folder, "base"))
        self.do("init", "--encryption=repokey")

    def stop(self):
        pass

    def create(self, *options):
        self.archives += 1
        return self.do("create", *options, f"::{self.archives}", self.source)

    def full(self):
        return self.create()

    unchanged = progressive = full

    def forced(self):
        return self.create("--files-cache=disabled")

    def restore(self, folder):
        self.do("extract", f"::{self.archives}", cwd=folder)
        return folder + self.source

    def verify(self):
        return self.do("check", "--verify-data")

    def points(self):
        return len(run(["borg", "list", "--short"], env=self.environment).split())

    def prune(self):
        return self.do("prune", "--keep-last", "1") + self.do("compact")


class BarePipeline:
    """The least that any such program must do: Tests/BarePipeline."""

    name = "bare"

    def __init__(self, folder, program, source):
        self.folder, self.program, self.source = folder, program, source
        self.repository = os.path.join(folder, "repository")
        self.packed = os.path.join(self.repository, "packed")

    def prepare(self):
        os.makedirs(self.repository)

    def full(self):
        return timed([self.program, "store", self.source, self.packed])

    def restore(self, folder):
        target = os.path.join(folder, "restored")
        run([self.program, "restore", self.packed, target])
        return target

    def stop(self):
        pass
