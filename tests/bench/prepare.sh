# shellcheck shell=bash disable=SC2034,SC2154 # what it sets is used by who sources this, who has set $root
# Sourced, not run: what the benches have in common.
#   choose_program ARGUMENTS   sets $program to the first argument where that is a path, with a '/' in it, else to a
#                              release build; and $rest to the other arguments
#   build_floor NAME           builds NAME.cpp beside this file when it is newer and sets $floor to the program
# $root is the repository.
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

choose_program() {
  if [[ ${1:-} == */* && ${1:-} != --* ]]; then
    program=$(realpath "$1")
    shift
  else
    program=$("$root/packaging/quickstart.sh" --build-only | tail -n 1)
  fi
  rest=("$@")
}

build_floor() {
  local source_file=$root/tests/bench/$1.cpp
  floor=$root/build/bench/$1
  mkdir -p "$root/build/bench"
  [[ $floor -nt $source_file ]] || g++ -std=c++20 -O2 -o "$floor" "$source_file"
}
