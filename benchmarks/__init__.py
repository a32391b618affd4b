"""Measurements, each in a folder with its record."""

from core.threads import let_threads_sleep

let_threads_sleep()  # before anything imports torch, as commands do
