"""measure.py [--group FOLDER] [--watch FOLDER]... -- COMMAND...: runs it, then syncs the watched folders; prints
"SECONDS PEAK_KIB EXTRA_BYTES READ_BYTES" on descriptor 3.

EXTRA_BYTES is the most that lay in the watched folders at any sample, less what lies there at the end; READ_BYTES came from a disk.
With --group the command runs in that control group.
"""
import os
import resource
import subprocess
import sys
import threading
import time


def size_of(folder):
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                pass  # gone between the two looks
    return total


class Watch(threading.Thread):
    def __init__(self, folders):
        super().__init__(daemon=True)
        self.folders, self.most, self.over = folders, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            self.look()

    def look(self):
        now = sum(map(size_of, self.folders))
        self.most = max(self.most, now)
        return now


def sync(folders):
    for folder in folders:
        if os.path.isdir(folder):
            subprocess.run(["sync", "-f", folder], check=True)


def main(arguments):
    split = arguments.index("--")
    options = list(zip(arguments[:split:2], arguments[1:split:2]))
    folders = [value for name, value in options if name == "--watch"]
    groups = [value for name, value in options if name == "--group"]

    def enter():
        for group in groups:
            with open(group + "/cgroup.procs", "w") as file:
                file.write(str(os.getpid()))

    watch = Watch(folders)
    watch.start()
    before = time.monotonic()
    status = subprocess.run(arguments[split + 1:], stdout=subprocess.DEVNULL, preexec_fn=enter).returncode
    sync(folders)
    seconds = time.monotonic() - before
    watch.over.set()
    watch.join()
    final = watch.look()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with os.fdopen(3, "w") as out:
        out.write("%.3f %d %d %d\n" % (seconds, used.ru_maxrss, max(watch.most - final, 0), used.ru_inblock * 512))
    return status


sys.exit(main(sys.argv[1:]))
