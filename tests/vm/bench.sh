#!/usr/bin/env bash
# Runs inside the machine that "tests/vm/run.sh --bench" boots: tests/bench/cgroups.py on cgroup version 2 only. Leaves
# its results as guest.sh does.
set -uo pipefail
out=/run/results
mkdir -p $out
cd $out || exit 1
finish() {
  tar -cf /dev/vdb .
  sync
}
trap finish EXIT
ulimit -n 20000
read -ra sizes </opt/sizes
python3 /opt/tests/bench/cgroups.py --ratios-only /opt/tree/usr/bin/resource_exporter /opt/cgroup_floor "${sizes[@]}" \
  > >(tee results) 2> >(tee problems)
