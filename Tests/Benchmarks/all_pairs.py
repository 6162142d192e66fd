#!/usr/bin/env python3
"""Lagged correlations of all pairs: twinmill against numpy, on the same threads, in the same run.

    all_pairs.py TWINMILL [--threads 2] [--size 256x1440 --size 1024x10080] [--repeats 5]

TWINMILL is the release build of the program. Both compute r_l(i, j) of all pairs for lags 0..14; those of negative
lags are the transposes. numpy does one matrix product for each lag, between slices of the standardised samples. Both
start from the same samples and end with finished matrices; they take turns, each as often as numpy manages in half a
second and at least twice, as a new process has cold memory and threads, and the least time of each counts.
Prints one JSON object a size: seconds, numpy / twinmill, and twinmill / dgemm bound, which is the time that
30 N^2 T operations take at the rate of numpy's own product of square matrices. Fails when the sums of the matrices
differ by more than 1e-8 of N, or when the speed is below 1.5 times numpy's or the bound is exceeded twofold.
"""
import argparse
import json
import os
import subprocess
import sys
import time

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
p.add_argument("twinmill")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--size", action="append")
p.add_argument("--repeats", type=int, default=5)
a = p.parse_args()
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(a.threads)
import numpy as np  # noqa: E402  after the number of threads is set

LAGS = 14


def samples(count):
    """SplitMix64 from state 1, as numbers of [0, 1)."""
    z = np.uint64(1) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0 ** -53


def correlations(x):
    x = x - x.mean(1, keepdims=True)
    x /= np.sqrt((x * x).sum(1, keepdims=True))
    t = x.shape[1]
    return [x[:, :t - lag] @ x[:, lag:].T for lag in range(LAGS + 1)]


def dgemm_rate(size=2048):
    x = np.random.default_rng(1).random((size, size))
    times = []
    for _ in range(4):
        begin = time.perf_counter()
        x @ x
        times.append(time.perf_counter() - begin)
    return 2 * size ** 3 / min(times)


failed = False
for size in a.size or ["256x1440", "1024x10080"]:
    n, t = map(int, size.split("x"))
    x = samples(n * t).reshape(n, t)
    ours, theirs, often = [], [], 2
    for _ in range(a.repeats):
        for _ in range(often):
            begin = time.perf_counter()
            matrices = correlations(x)
            theirs.append(time.perf_counter() - begin)
        often = max(2, int(0.5 / min(theirs)))
        out = subprocess.run(
            [a.twinmill, "bench", "correlation", "--series", str(n), "--points", str(t), "--max-lag", str(LAGS),
             "--threads", str(a.threads), "--repeats", str(often)], check=True, capture_output=True, text=True).stdout
        report = json.loads(out)
        ours.append(min(report["seconds"]))
    error = max(abs(m.sum() - s) for m, s in zip(matrices, report["sums"])) / n
    bound = 30 * n * n * t / dgemm_rate()
    row = dict(series=n, points=t, threads=a.threads, twinmill=min(ours), numpy=min(theirs),
               faster=round(min(theirs) / min(ours), 2), dgemm_bound=bound,
               over_bound=round(min(ours) / bound, 2), error=error)
    print(json.dumps(row), flush=True)
    failed = failed or error > 1e-8 or row["faster"] < 1.5 or row["over_bound"] > 2
sys.exit(failed)
