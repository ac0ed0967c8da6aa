"""Run all campaigns in turn for a number of seconds, and print what was tried and survived."""

import os
import sys
import time
import traceback
from random import Random

from tests.hostile.campaigns import CAMPAIGNS


def main(seconds, seed):
    tried = dict.fromkeys(CAMPAIGNS, 0)
    rounds = dict.fromkeys(CAMPAIGNS, 0)
    failures = []
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        for name, campaign in CAMPAIGNS.items():
            number += 1
            try:
                tried[name] += campaign(Random(f"{seed}-{number}"))
                rounds[name] += 1
            except BaseException:
                failures.append((name, f"{seed}-{number}", traceback.format_exc()))
                print(name, f"{seed}-{number}", failures[-1][2], sep="\n", flush=True)
    print(f"\n{seconds:.0f} seconds, seed {seed}\n")
    print("| Tried | Rounds | Attempts | Failed |\n| --- | --- | --- | --- |")
    for name in CAMPAIGNS:
        failed = sum(failure[0] == name for failure in failures)
        print(f"| {name} | {rounds[name]} | {tried[name]} | {failed} |")
    return len(failures)


if __name__ == "__main__":
    chosen = sys.argv[2] if len(sys.argv) > 2 else str(int(time.time()))
    code = min(1, main(float(sys.argv[1]), chosen))
    sys.stdout.flush()
    os._exit(code)
