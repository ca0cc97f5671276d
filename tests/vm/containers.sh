#!/usr/bin/env bash
# Part of guest.sh: containers on a machine with cgroup version 2 only: Docker's under its systemd driver, Podman's under
# crun and LXC's. Values are held against the cgroups' own files and docker inspect.
# shellcheck disable=SC2154 # $page and the functions are guest.sh's

# cg CONTAINER FILE: a file of the container's control group
cg() { cat "/sys/fs/cgroup/system.slice/docker-${ids[$1]}.scope/$2"; }
# from CONTAINER FILE KEY: a number out of such a file
from() { cg "$1" "$2" | awk -v key="$3" '$1 == key {print $2}'; }
# seconds CONTAINER KEY: microseconds of cpu.stat, in seconds
seconds() { awk -v value="$(from "$1" cpu.stat "$2")" 'BEGIN {printf "%.6f", value / 1e6}'; }
inspect() { docker inspect -f "$2" "$1"; }
started() { date -d "$(inspect "$1" '{{.State.StartedAt}}')" +%s; }
# run NAME OPTIONS... -- COMMAND: a container whose id is then in ids[NAME]
declare -A ids
run() {
  local name=$1 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  ids[$name]=$(docker run -d --name "$name" "${options[@]}" small:1 /bin/busybox sh -c "$2")
}
# shown NAME: the labels that a container of that name has
shown() { printf '%s\n' "id=\"/system.slice/docker-${ids[$1]}.scope\"" "name=\"$1\"" 'image="small:1"'; }
# value NAME CONTAINER OPERATOR NUMBER METRIC [LABEL...]
value() {
  local title=$1 container=$2 labels
  mapfile -t labels < <(shown "$container")
  expect "docker, $container: $title" "$3" "$4" "$page" "$5" "${labels[@]}" "${@:6}"
}

start_containers() {
  mkdir -p /etc/docker /run/image/bin
  echo '{"exec-opts": ["native.cgroupdriver=systemd"], "iptables": false, "ip6tables": false}' >/etc/docker/daemon.json
  cp /bin/busybox /run/image/bin/
  tar -C /run/image -cf /run/image.tar .
  systemctl start docker.service
  ok "docker starts" $?
  [[ $(docker info -f '{{.CgroupDriver}} {{.CgroupVersion}}') == "systemd 2" ]]
  ok "docker uses the systemd driver and version 2" $?
  docker import /run/image.tar small:1 >/dev/null
  ok "docker has an image" $?
  run busy --cpus 0.2 -m 64m --memory-reservation 32m --label com.example.tier=back -- 'while :; do :; done'
  run quiet --cpu-shares 512 --label com.example.tier=front --env A=b -- 'exec busybox sleep 100000'
  run still -m 32m -- 'busybox dd if=/dev/zero of=/file bs=1M count=4; exec busybox sleep 100000'
  run hungry -m 16m -- 'busybox dd if=/dev/zero of=/dev/null bs=64M count=1; exec busybox sleep 100000'
  run short -- 'exec busybox sleep 100000'
  run again -- 'exec busybox sleep 100000'
  docker exec quiet /bin/busybox ping -c 2 -s 4000 -I lo 127.0.0.1 >/dev/null
  docker pause still >/dev/null
  for _ in $(seq 20); do
    (($(from hungry memory.events oom_kill) == 0)) || break
    sleep 0.5
  done
  ok "a process of a container was killed for lack of memory" "$(($(from hungry memory.events oom_kill) == 0))"
}

check_containers() {
  note "the containers are there"
  page=containers.prom
  local throttled
  throttled=$(from busy cpu.stat nr_throttled)
  scrape $page
  ok "a page with containers" $?
  value "memory limit" busy == "$(cg busy memory.max)" container_spec_memory_limit_bytes
  value "memory reservation" busy == "$(cg busy memory.low)" container_spec_memory_reservation_limit_bytes
  value "CPU quota" busy == 20000 container_spec_cpu_quota
  value "CPU period" busy == 100000 container_spec_cpu_period
  value "CPU time is above a second's tenth" busy '>' 0.1 container_cpu_usage_seconds_total 'cpu="total"'
  value "throttled" busy '>=' "$throttled" container_cpu_cfs_throttled_periods_total
  value "its label" busy '>' 0 container_last_seen 'container_label_com_example_tier="back"'
  value "its label" quiet '>' 0 container_last_seen 'container_label_com_example_tier="front"'
  value "no memory limit" quiet == 0 container_spec_memory_limit_bytes
  value "start as docker inspect says" quiet == "$(started quiet)" container_start_time_seconds
  value "received, as its own namespace says" quiet == \
    "$(awk '$1 == "eth0:" {print $2}' "/proc/$(inspect quiet '{{.State.Pid}}')/net/dev")" \
    container_network_receive_bytes_total 'interface="eth0"'
  value "CPU time while paused" still == "$(seconds still usage_usec)" container_cpu_usage_seconds_total 'cpu="total"'
  value "user time while paused" still == "$(seconds still user_usec)" container_cpu_user_seconds_total
  value "memory while paused" still == "$(cg still memory.current)" container_memory_usage_bytes
  value "anonymous memory while paused" still == "$(from still memory.stat anon)" container_memory_rss
  value "page cache while paused" still == "$(from still memory.stat file)" container_memory_cache
  value "page faults while paused" still == "$(from still memory.stat pgfault)" container_memory_failures_total \
    'failure_type="pgfault"' 'scope="container"'
  value "killed for lack of memory" hungry == "$(from hungry memory.events oom_kill)" container_oom_events_total
  value "reached its limit" hungry == "$(from hungry memory.events max)" container_memory_failcnt
  value "pressure" busy '>' 0 container_pressure_cpu_waiting_seconds_total

  # Renamed, removed, started anew: on the next page.
  docker rename quiet calm
  docker rm -f short >/dev/null
  docker restart -t 0 again >/dev/null
  docker update --cpus 0.3 busy >/dev/null
  page=containers-later.prom
  scrape $page
  ids[calm]=${ids[quiet]}
  value "renamed" calm '>' 0 container_last_seen
  ! grep -q "${ids[short]}" $page
  ok "docker, short: removed, and gone from the next page" $?
  value "start after a restart" again == "$(started again)" container_start_time_seconds
  value "CPU quota after an update" busy == 30000 container_spec_cpu_quota
  docker rm -f busy hungry again >/dev/null
}

check_podman() {
  podman import -q /run/image.tar small:1 >/dev/null
  ids[pod]=$(podman run -d --name pod --network none -m 48m --cpus 0.3 --label com.example.tier=pod \
    small:1 /bin/busybox sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exec busybox sleep 100000')
  ok "podman runs a container" $?
  local labels=('name="pod"' 'image="localhost/small:1"') pid path folder
  pid=$(podman inspect -f '{{.State.Pid}}' pod)
  for _ in $(seq 20); do
    grep -q exec "/proc/$pid/cmdline" || break  # still in the shell's loop
    sleep 0.5
  done
  path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  folder=/sys/fs/cgroup$path
  report "# podman's container is in $path"
  # crun's own group below the scope has the limits; the scope has the name.
  [[ $path == *.scope/container && $(<"$folder/memory.max") == 50331648 && $(<"${folder%/*}/memory.max") == max ]]
  ok "podman: crun keeps the limits below the scope" $? "$path"
  scrape podman.prom
  labels+=("id=\"${path%/container}\"")
  expect "podman: memory limit" == 50331648 podman.prom container_spec_memory_limit_bytes "${labels[@]}"
  expect "podman: CPU quota" == 30000 podman.prom container_spec_cpu_quota "${labels[@]}"
  expect "podman: one row" '>' 0 podman.prom container_last_seen 'name="pod"'
  expect "podman: memory" '>' 100000 podman.prom container_memory_usage_bytes "${labels[@]}"
  expect "podman: anonymous memory" == "$(awk '$1 == "anon" {print $2}' "$folder/memory.stat")" podman.prom \
    container_memory_rss "${labels[@]}"
  expect "podman: processes" == 1 podman.prom container_processes "${labels[@]}"
  expect "podman: periods of its quota" '>' 0 podman.prom container_cpu_cfs_periods_total "${labels[@]}"
  expect "podman: its label" '>' 0 podman.prom container_last_seen "${labels[@]}" 'container_label_com_example_tier="pod"'
  ! grep -qF "id=\"$path\"" podman.prom
  ok "podman: no second row for the same container" $?
  podman rm -f -t 0 pod >/dev/null  # the machine would wait for it at its end
}

check_lxc() {
  mkdir -p /srv/box/bin  # nothing may be executed below /run
  cp /bin/busybox /srv/box/bin/
  lxc-create -n box -t none >/dev/null
  cat >/var/lib/lxc/box/config <<'CONFIG'
lxc.uts.name = box
lxc.rootfs.path = dir:/srv/box
lxc.init.cmd = /bin/busybox sleep 100000
lxc.net.0.type = empty
lxc.cgroup2.memory.max = 41943040
lxc.cgroup2.cpu.max = 40000 100000
CONFIG
  # Into a file: the monitor keeps the log open, and a pipe would not end.
  lxc-start -n box -o lxc.log -l WARN >lxc.out 2>&1 </dev/null
  ok "LXC starts a container" $? "$(cat lxc.log lxc.out)"
  local pid path
  pid=$(lxc-info -n box -p -H)
  path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  report "# LXC's container is in $path"
  scrape lxc.prom
  local labels=("id=\"$path\"" 'name="box"')
  expect "LXC: one row with the name" '>' 0 lxc.prom container_last_seen 'name="box"'
  expect "LXC: memory limit" == 41943040 lxc.prom container_spec_memory_limit_bytes "${labels[@]}"
  expect "LXC: CPU quota" == 40000 lxc.prom container_spec_cpu_quota "${labels[@]}"
  expect "LXC: anonymous memory" == "$(awk '$1 == "anon" {print $2}' "/sys/fs/cgroup$path/memory.stat")" lxc.prom \
    container_memory_rss "${labels[@]}"
  expect "LXC: processes" == 1 lxc.prom container_processes "${labels[@]}"
  expect "LXC: no name on its monitor" == 0 lxc.prom container_spec_memory_limit_bytes 'id="/lxc.monitor.box"'
  lxc-stop -n box -k
  ok "LXC stops the container" $?
  scrape lxc-later.prom
  ! grep -q 'name="box"' lxc-later.prom
  ok "LXC: stopped, and gone from the next page" $?
}
