"""Print how many inputs were tried, right, refused with one message, and wrong."""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from catalogue import MODULES, cases, interpreted, run
from coles_ops.config import Resources
from coles_ops.preprocess.session import spark_session


def main() -> int:
    """Exit 1 where one is wrong."""
    counts = Counter()
    with (
        spark_session(Resources(cpus=2, spark_memory="1g")) as spark,
        interpreted(spark),
        TemporaryDirectory() as place,
    ):
        for number, case in enumerate(cases()):
            folder = Path(place, str(number))
            folder.mkdir()
            outcome = run(case, folder, spark)
            counts[outcome.state] += 1
            if outcome.state == "wrong" or "-v" in sys.argv:
                sys.stdout.write(f"{outcome.state}: {case.name}: {outcome.why}\n")
    sys.stdout.write(
        f"{counts.total()} inputs tried ({', '.join(MODULES)}): {counts['right']} right, "
        f"{counts['refused']} refused with one message, {counts['wrong']} wrong\n"
    )
    return int(counts["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
