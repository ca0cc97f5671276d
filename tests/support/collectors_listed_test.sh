#!/usr/bin/env bash
# Every collector that was written is registered: a line lost from collectors/list.inc leaves a source that compiles, a
# fixture and a test behind, and no metric.
#   collectors_listed_test.sh SOURCE_DIR
set -euo pipefail
cd "$1/collectors"
status=0
while read -r file; do
  room=${file%%/*} name=${file##*/}
  line="COLLECTOR($room, ${name%.cpp})"
  if ! grep -qxF "$line" list.inc; then
    echo "not ok - collectors/$file defines a collector; collectors/list.inc has no line $line"
    status=1
  fi
done < <(grep -lE '^extern constinit const CollectorSpec spec' ./*/*.cpp | sed 's|^\./||')
exit $status
