"""The rehearsal: `python -m nrms_np.train --small --preset recommenders` from zips, at MIND-small's size, all epochs in one go.

Run: python benchmarks/rehearsal.py FOLDER [--epochs 5] [--threads 2] [--json FILE]

The corpus is made up (`python -m nrms_np.data.demo --scale small`), since MIND may not be passed on. It is zipped as the official
files are and put where the command looks for them. Its fingerprints stand in for those of MIND-small in this process alone: the one
thing that differs from a run on MIND, and it makes the report show the published numbers, which say nothing about this corpus.
FOLDER keeps the zips, the data and the run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nrms_np import train
from nrms_np.data.demo import scale
from nrms_np.data.mind import files
from nrms_np.data.mind.files import COLUMNS, FOLDERS, TO_TRAIN, Fingerprint, git_blob_sha1
from nrms_np.training.report import processor


def zip_corpus(folder: Path) -> dict[str, Fingerprint]:
    """Write MINDsmall_train.zip and MINDsmall_dev.zip into a folder; returns the fingerprints of the files in them."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Fingerprint] = {}
    made = folder / "made"
    scale.write(made, seed=1)
    for split in TO_TRAIN:
        with ZipFile(folder / f"MINDsmall_{split}.zip", "w", ZIP_DEFLATED) as archive:
            for name in COLUMNS:
                path = made / split / name
                found[f"{split}/{name}"] = Fingerprint(path.stat().st_size, git_blob_sha1(path))
                archive.write(path, name)
                path.unlink()
            archive.writestr("entity_embedding.vec", "Q1\t" + "\t".join(["0.0"] * 100) + "\n")
            archive.writestr("relation_embedding.vec", "P1\t" + "\t".join(["0.0"] * 100) + "\n")
        (made / split).rmdir()
    made.rmdir()
    return found


def main() -> None:
    """Make the zips, train, tell hours, memory and metrics."""
    parser = argparse.ArgumentParser(description="The rehearsal of a training on MIND-small.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(options.folder)
    files.FINGERPRINTS["small"] = zip_corpus(FOLDERS["small"])
    arguments = [
        "--small",
        "--preset",
        "recommenders",
        "--epochs",
        f"{options.epochs}",
        "--threads",
        f"{options.threads}",
    ]
    started, load = time.time(), os.getloadavg()
    code = train.main([*arguments, "--patience", f"{options.epochs}", "--out", "run"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "command": " ".join(["python -m nrms_np.train", *arguments]),
        "exit_code": code,
        "hours": (time.time() - started) / 3600,
        "cpu_hours": (used.ru_utime + used.ru_stime) / 3600,
        "load_at_start_and_end": [load[0], os.getloadavg()[0]],
        "peak_rss_mb": used.ru_maxrss / 1024,
        "processor": processor(),
        "epochs": [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()],
    }
    text = json.dumps(result, indent=1) + "\n"
    if options.json is not None:
        (ROOT / options.json).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
