"""Plays the jobs that come as lines of JSON, and answers each with a line; needs only pure code, so
that a faster interpreter than the product's can run it."""

import json
import sys

from tests.bench.pacing.contest import case_of, play


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        result = play(job["contestant"], case_of(job))
        sys.stdout.write(json.dumps({**job, **result}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
