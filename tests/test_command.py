"""What all commands share: standard output as the terminal and Python's options have it, a full disk, the number of threads."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nrms_np.command import add_threads

ROOT = Path(__file__).resolve().parents[1]


def run(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, and nothing in its environment that says how wide the output is or how it is buffered."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "", "PYTHONUNBUFFERED": ""}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, text=True, check=False, stderr=subprocess.PIPE, **more
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals there")
def test_a_command_has_the_width_of_the_terminal() -> None:
    import fcntl
    import struct
    import termios

    ours, theirs = os.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
        assert run("-m", "nrms_np.runs", "--help", stdout=theirs).returncode == 0
        lines = os.read(ours, 2**16).decode().splitlines()
    finally:
        os.close(ours)
        os.close(theirs)
    assert 40 < max(map(len, lines)) <= 50


def test_unbuffered_output_stays_so() -> None:
    code = "import os\nfrom nrms_np.command import run_command\nrun_command(lambda _: print('now') or os._exit(7))"
    done = run("-u", "-c", code, stdout=subprocess.PIPE)
    assert (done.stdout, done.returncode) == ("now\n", 7)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
@pytest.mark.parametrize("unbuffered", [[], ["-u"]])
def test_a_full_disk_behind_the_output_is_one_sentence(unbuffered: list[str]) -> None:
    code = "from nrms_np.command import run_command\nrun_command(lambda _: print('lost') or 0)"
    with Path("/dev/full").open("w") as full:
        done = run(*unbuffered, "-c", code, stdout=full)
    assert (done.stderr, done.returncode) == ("error: No space left on device\n", 1)


def test_there_is_a_largest_number_of_threads(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_threads(parser)
    assert parser.parse_args(["--threads", "1024"]).threads == 1024
    for wrong in ("0", "1025", "100000", "two"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--threads", wrong])
        assert f"'{wrong}' is not a whole number from 1 to 1,024" in capsys.readouterr().err
