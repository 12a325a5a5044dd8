"""Runs one adapter: `python3 run.py faster_whisper`."""

import pathlib
import runpy
import sys

# The folder of this file must not be on the path: its files are named after the libraries that they import.
sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)
runpy.run_module(f"adapters.{sys.argv[1]}", run_name="__main__")
