"""How the converter grows: a made-up log of one row per shown article, of 2.5, 5 and 10 million rows, to MIND's files.

    python benchmarks/convert.py                 about five minutes, 1 GB of disk for a while
    python benchmarks/convert.py --small         a few thousand rows, to see that it runs

Each size is converted by the command in a process of its own, so that its time and peak memory are its own. The machine may be
shared: beside the time on the clock stand the processor's time and how many processes wanted to run (load). Ten rows make an
impression, a user has ten impressions in seven days.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
SIZES = (2_500_000, 5_000_000, 10_000_000)
LIMITS = {"seconds": 240, "peak_rss_mb": 4096}
SHOWN, START, DAYS = 10, 1_700_006_400, 7


def write_log(folder: Path, rows: int) -> None:
    """articles.csv and clicks.csv with so many rows."""
    rng = np.random.default_rng([rows, 7])
    news, users, impressions = max(50, rows // 500), max(10, rows // 100), rows // SHOWN
    with (folder / "articles.csv").open("w", encoding="utf-8") as file:
        file.write("article_id,title,section\n")
        file.writelines(f'A{i},"Title of article {i}, with a comma",section {i % 17}\n' for i in range(news))
    seconds = START + np.sort(rng.integers(0, DAYS * 86_400, impressions))
    times = np.datetime_as_string(seconds.astype("datetime64[s]"))
    who = rng.integers(0, users, impressions)
    with (folder / "clicks.csv").open("w", encoding="utf-8") as file:
        file.write("impression_id,time,user_id,article_id,clicked\n")
        for start in range(0, impressions, 50_000):
            part = slice(start, min(start + 50_000, impressions))
            size = part.stop - start
            # The news of a day, some read more than others.
            day = (seconds[part, None] - START) / (DAYS * 86_400)
            shown = ((day * 0.8 + rng.random((size, SHOWN)) ** 2 * 0.2) * news).astype(int)
            clicked = rng.random((size, SHOWN)) < 0.04
            clicked[np.arange(size), rng.integers(0, SHOWN, size)] = True
            columns = (times[part].tolist(), who[part].tolist(), shown.tolist(), clicked.tolist())
            for i, (when, user, page, hits) in enumerate(zip(*columns, strict=True), start=start):
                head = f"I{i},{when},U{user}"
                file.writelines(f"{head},A{item},{hit:d}\n" for item, hit in zip(page, hits, strict=True))


def measure(rows: int) -> dict[str, Any]:
    """Convert a log of so many rows; all numbers of one size."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_log(folder, rows)
        command = [sys.executable, "-m", "nrms_np.data.convert", "--news", str(folder / "articles.csv"),
                   "--clicks", str(folder / "clicks.csv"), "--out", str(folder / "out")]  # fmt: skip
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the conversion of {rows:,} rows failed")
        facts = json.loads((folder / "out/conversion.json").read_text(encoding="utf-8"))
        return {
            "rows": rows,
            "megabytes": round((folder / "clicks.csv").stat().st_size / 1e6),
            "impressions": sum(split["impressions"] for split in facts["splits"].values()),
            "seconds": round(seconds, 1),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
            "peak_rss_mb": round(used.ru_maxrss / 1024),
            "load": round(os.getloadavg()[0], 1),
        }


def growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    """How many times more the largest size takes than the smallest."""
    return {
        name: round(rows[-1][name] / rows[0][name], 2) for name in ("rows", "seconds", "cpu_seconds", "peak_rss_mb")
    }


def main() -> None:
    """Measure each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a few thousand rows, to see that it runs")
    parser.add_argument("--json", type=Path, help="also add the numbers to those of earlier runs in this file")
    options = parser.parse_args()
    rows = [measure(size) for size in ((2_000, 4_000) if options.small else SIZES)]
    print(f"{'':14} {'limit':>8} " + " ".join(f"{row['rows']:>12,}" for row in rows))
    for name in list(rows[0])[1:]:
        print(f"{name:14} {LIMITS.get(name, ''):>8} " + " ".join(f"{row[name]:12,}" for row in rows))
    print(
        "from the first size to the last, times: " + ", ".join(f"{name} {more}" for name, more in growth(rows).items())
    )
    if options.json:
        runs = json.loads(options.json.read_text()) if options.json.exists() else []
        runs.append({"cores": os.cpu_count(), "sizes": rows, "growth": growth(rows), "limits": LIMITS})
        options.json.write_text(json.dumps(runs, indent=2) + "\n")


if __name__ == "__main__":
    main()
