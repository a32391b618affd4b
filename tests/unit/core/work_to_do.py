"""Functions that tests let another process call."""

import os
import signal
import time

from core.errors import InputError


def niceness(*given, progress):
    progress("begun", 1)
    return os.getpid(), os.getpriority(os.PRIO_PROCESS, 0), given


def fail(*, progress):
    raise InputError("The number is wrong; give another one.")


def wait(seconds, *, progress):
    progress("waiting")
    time.sleep(seconds)


def vanish(*, progress):
    os.kill(os.getpid(), signal.SIGKILL)
