#!/bin/bash
# command_line_test.sh BUILD: the completion in a bash, and the manual page in groff where there is one.
set -uo pipefail  # without -e, as in the shells that complete
program=$1/exporter/resource_exporter
status=0

# shellcheck source=/dev/null
source <("$program" --completion-bash)
complete -p resource_exporter | grep -q -- '-F _resource_exporter' || { echo 'not ok - nothing is completed'; exit 1; }

# expect WANTED WORD...: what the last word becomes.
expect() {
  local wanted=$1
  shift
  COMP_WORDS=(resource_exporter "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _resource_exporter resource_exporter "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
  if [[ "${COMPREPLY[*]}" == "$wanted" ]]; then
    echo "ok - $* becomes ${wanted:-nothing}"
  else
    echo "not ok - $* becomes '${COMPREPLY[*]}', not '$wanted'"
    status=1
  fi
}

expect 'check scrape acl migrate healthcheck' ''
expect 'scrape' sc
expect 'redis postgres systemd' acl ''
expect 'postgres' acl p
expect 'node container postgres redis merge' scrape ''
expect '' check ''
expect '--log.level= --log.format=' --log.
expect '--collector.loadavg' --collector.load
expect '--no-collector.loadavg' --no-collector.load
expect '--collector.loadavg' check --collector.load
expect '--version' --vers
expect '--help --help-man' --help
# As bash splits words at =, and as it does without.
expect 'debug info warn error' --log.level = ''
expect 'debug info warn error' --log.level =
expect 'warn' --log.level = w
expect 'warn' --log.level w
expect '--log.level=warn' --log.level=w
expect '' --web.config.file = x
# Hidden options.
expect '' --runtime.gomax

if command -v groff > /dev/null; then
  said=$("$program" --help-man | groff -man -ww -Tutf8 -z 2>&1)
  [[ -z $said ]] || { echo "not ok - the manual page: $said"; status=1; }
fi
exit $status
