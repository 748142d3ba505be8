/**
 * What runs on the recorded host: POSIX sh, as dash and busybox ash have it. It makes one tracefs instance
 * and one group of probes under a name of its own, and removes those alone. The values that it works by are
 * put before it by `script.ts`.
 *
 * Processes watch over each other. The main one records. The lease reads the client's words: `stop`
 * ends the recording, and the end of its input, a client that is gone, ends the main one. The watchdog
 * holds the other end of a pipe that only the main one has open: where that closes without a word, the main
 * one was killed, and the watchdog cleans up in its place. A fourth one, the pulse, ends the main one where
 * the client is silent: a connection that is gone without a word may look open for hours.
 */

/** Words to the client, files of the kernel, and what is read of the machine. */
export const TALK = String.raw`
LC_ALL=C; export LC_ALL
umask 077
newline='
'
blanks=$(printf ' \t')$newline
IFS=$blanks
stopping=

say() {
  printf '@shimtrace %s %s\n' "$nonce" "$*" >&4
  # Who runs it by hand sees what matters; the rest is in the log.
  if [ -z "$leased" ]; then
    case "$1 $3" in probe*|tracepoint*|fact*|hits*|cpu*|'rule yes') ;; *) printf 'shimtrace: %s\n' "$*" >&2 ;; esac
  fi
}
nap() { sleep 0.1 2>/dev/null || sleep 1; }

# In a subshell whose own output is the file: what a shell could not write must not come out elsewhere.
write() { ( exec > "$1" && printf '%s\n' "$2" ) 2>/dev/null; }
append() { ( exec >> "$1" && printf '%s\n' "$2" ) 2>/dev/null; }

# Seconds since the machine was started; the rest of the file is left.
uptime_s() { IFS='. ' read -r up_s up_rest < /proc/uptime; }

find_tracefs() {
  for tracefs in "$sys/kernel/tracing" "$sys/kernel/debug/tracing"; do
    [ -d "$tracefs/events" ] && break
  done
  lockdown=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$sys/kernel/security/lockdown" 2>/dev/null)
  if [ ! -d "$tracefs/events" ]; then
    if [ "$(id -u)" = 0 ]; then say error no-tracefs "$lockdown"; else say error not-root; fi
    return 1
  fi
  dynamic=$tracefs/dynamic_events
  [ -e "$dynamic" ] || dynamic=$tracefs/kprobe_events
}

# A shell may take root for one who can write anything.
is_read_only() {
  awk -v at="$tracefs" '$2 == at { way = $4 } END { exit way !~ /^ro(,|$)/ }' "$proc/mounts" 2>/dev/null
}

may_write() {
  if [ -w "$tracefs/instances" ] && ! is_read_only; then return 0; fi
  if [ "$(id -u)" = 0 ]; then say error read-only "$lockdown"; else say error not-root; fi
  return 1
}

facts() {
  say fact kernel "$(uname -r)"
  say fact machine "$(uname -m)"
  say fact page-bytes "$(awk '$1 == "KernelPageSize:" { print $2 * 1024; exit }' "$proc/self/smaps" 2>/dev/null)"
  say fact host "$(uname -n)"
  say fact boot-id "$(cat "$proc/sys/kernel/random/boot_id" 2>/dev/null)"
  say fact wall-clock "$(date +%s)"
  # What the wall clock is ahead of the monotonic one, in nanoseconds; only root is told.
  say fact wall-offset "$(awk '/^ clock 1:/ { found = 1 } found && $1 == ".offset:" { print $2; exit }' "$proc/timer_list" 2>/dev/null)"
  say fact btf "$(ls "$sys/kernel/btf" 2>/dev/null | sed -n '/^vmlinux$/p;/^kvm/p' | tr '\n' ' ')"
  say fact lockdown "$lockdown"
  # KVM as it was loaded: what callers have copies of can be read in it.
  root_dir=$(printf '%s\n' "$proc" | sed 's#/proc$##')
  kvm_module=$(ls "$root_dir/lib/modules/$(uname -r)"/kernel/arch/*/kvm/kvm.ko* 2>/dev/null | head -n 1)
  say fact kvm-module "$kvm_module"
  [ -d "$tracefs/events/kvm" ] || say fact no-kvm yes
  [ -e "$dynamic" ] || say fact no-kprobes yes
}
`;

/** Ending and removing: by the main process, by the watchdog, and of what a crash left. */
export const CLEANUP = String.raw`
# remove_group GROUP: its probes one by one. An empty write to the file would remove everybody's.
remove_group() {
  [ -e "$dynamic" ] || return 0
  tries=0
  while :; do
    ours=$(sed -n "s#^[a-z][0-9]*:\($1/[^ ]*\) .*#-:\1#p;s#^[a-z][0-9]*:\($1/[^ ]*\)\$#-:\1#p" "$dynamic" 2>/dev/null)
    if [ -z "$ours" ]; then return 0; fi
    for one in $ours; do append "$dynamic" "$one"; done
    tries=$((tries + 1))
    if [ "$tries" -gt 20 ]; then return 1; fi
    [ "$tries" = 1 ] || nap
  done
}

# remove_instance NAME TRIES: fails while somebody reads it, so that a recording that goes on is left alone.
remove_instance() {
  tries=0
  while [ -d "$tracefs/instances/$1" ]; do
    rmdir "$tracefs/instances/$1" 2>/dev/null && return 0
    tries=$((tries + 1))
    if [ "$tries" -gt "$2" ]; then return 1; fi
    nap
  done
}

remove_ours() {
  if [ -d "$tracefs/instances/$group" ]; then
    write "$tracefs/instances/$group/tracing_on" 0
    write "$tracefs/instances/$group/events/enable" 0
  fi
  left=
  remove_instance "$group" 50 || left=instance
  remove_group "$group" || left="$left probes"
  if [ -z "$left" ]; then left=nothing; fi
  say cleaned $left
}

stop_workload() {
  [ -n "$workload_pid" ] || return 0
  waited=0
  # One that ended by itself may have left something running on purpose.
  if [ "$stopping" != workload ]; then kill -TERM "$workload_kill" 2>/dev/null; fi
  while kill -0 "$workload_pid" 2>/dev/null; do
    sleep 0.1 5>&- & wait $!
    waited=$((waited + 1))
    if [ "$waited" = 50 ]; then kill -KILL "$workload_kill" 2>/dev/null; fi
    if [ "$waited" -gt 100 ]; then break; fi
  done
  wait "$workload_pid" 2>/dev/null
  workload_code=$?
  if [ "$stopping" != workload ]; then kill -KILL "$workload_kill" 2>/dev/null; fi
  workload_pid=
  say workload "$workload_code"
}

clean() {
  [ -z "$cleaned" ] || return 0
  cleaned=yes
  trap '' INT TERM HUP PIPE USR1
  # It may come in the middle of anything that splits words otherwise.
  IFS=$blanks
  if [ -n "$lease_pid" ]; then kill -KILL "$lease_pid" 2>/dev/null; fi
  stop_workload
  if [ -n "$reader" ]; then kill -KILL "$reader" 2>/dev/null; wait "$reader" 2>/dev/null; fi
  if [ -n "$made" ]; then remove_ours; else say cleaned nothing; fi
  if [ -n "$pulse_pid" ]; then kill -KILL "$pulse_pid" 2>/dev/null; fi
  printf 'done\n' >&5
}

# Reads what the main process says of the processes it started; only that one holds the other end.
watchdog() {
  trap '' INT TERM HUP PIPE USR1
  started=; finished=; made=; one_reader=
  while read -r word value; do
    case $word in
      started) started="$started $value" ;;
      reader) one_reader=$value ;;
      made) made=yes ;;
      done) finished=yes ;;
    esac
  done
  if [ -n "$finished" ]; then return 0; fi
  for one in $started $one_reader; do kill -KILL "$one" 2>/dev/null; done
  # What the main process has found out went with it.
  if [ -n "$made" ]; then find_tracefs; remove_ours; fi
  return 1
}

# The monotonic clock in nanoseconds, as it is while this is read: by the shell itself, which takes no time.
say_time() {
  now=
  while read -r first second value rest; do
    if [ "$first $second" = 'now at' ]; then now=$value; break; fi
  done < "$proc/timer_list"
  say time "$now"
} 2>/dev/null

# A client says every ten seconds that it is there. Counted in looks, not by a clock: a machine that sleeps
# looks at nothing. Who cannot end by itself, since nobody reads what it says, is ended.
pulse() {
  looks=0
  trap 'looks=0' USR2
  while [ "$looks" -lt "$patience" ]; do sleep 1; looks=$((looks + 1)); done
  kill -TERM "$main_pid" 2>/dev/null
  while [ "$looks" -lt $((patience * 2)) ]; do sleep 1; looks=$((looks + 1)); done
  kill -KILL "$main_pid" 2>/dev/null
}

# The client's words. Its end means that nobody is there any more.
lease() {
  while read -r word <&3; do
    case $word in
      here) kill -USR2 "$pulse_pid" 2>/dev/null ;;
      stop) kill -USR1 "$main_pid" 2>/dev/null ;;
      time) say_time ;;
    esac
  done
  kill -TERM "$main_pid" 2>/dev/null
}

# What recordings left whose process is gone; names that are not ours are not looked at.
clean_leftovers() {
  names=$({ ls "$tracefs/instances"; sed -n 's#^[a-z][0-9]*:\([^/ ]*\)/.*#\1#p' "$dynamic"; } 2>/dev/null |
    grep '^shimtrace_[0-9][0-9]*_[0-9a-f]*$' | sort -u)
  for name in $names; do
    IFS=_; set -- $name; IFS=$blanks
    if [ -d "$proc/$2" ]; then say leftover "$name" running; continue; fi
    if remove_instance "$name" 3 && remove_group "$name"; then say leftover "$name" removed
    else say leftover "$name" busy; fi
  done
  say cleaned nothing
}
`;

/** Making the instance, its probes and events, and saying what can be judged by them. */
export const ARM = String.raw`
make_instance() {
  instance=$tracefs/instances/$group
  if ! mkdir "$instance" 2>/dev/null; then say error no-instance "$lockdown"; return 1; fi
  made=yes
  printf 'made\n' >&5
  write "$instance/tracing_on" 0
  if [ -n "$ticks" ]; then say_ticks; fi
  write "$instance/trace_clock" mono
  write "$instance/options/record-tgid" 1
  if [ -n "$markers" ]; then
    write "$instance/options/copy_trace_marker" 1 && say fact markers yes || say fact markers no
  fi
  say fact clock "$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$instance/trace_clock")"
  cpus=$(ls "$instance/per_cpu" | grep -c '^cpu[0-9]')
  say fact cpus "$cpus"
  # All CPUs together take at most a twentieth of the memory that is free.
  free_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' "$proc/meminfo" | head -n 1)
  share=$((free_kb / 20 / (cpus > 0 ? cpus : 1)))
  if [ "$share" -lt "$buffer_kb" ]; then buffer_kb=$share; fi
  if [ "$buffer_kb" -lt 64 ]; then buffer_kb=64; fi
  until write "$instance/buffer_size_kb" "$buffer_kb"; do
    if [ "$buffer_kb" -le 64 ]; then break; fi
    buffer_kb=$((buffer_kb / 2))
  done
  say fact buffer-kb "$buffer_kb"
}

# One pass over the symbols: those that are asked for, and the compiler's copies of them.
read_symbols() {
  found=$(printf '%s\n' "$PROBES" | awk '
    FNR == NR { want[$4] = 1; want["kvm_gmem_aops"] = 1; next }
    { plain = $3; if (index(plain, ".")) sub(/\..*/, "", plain) }
    plain in want { print "name " plain, $3; print "line " $0 }' FS='|' - FS=' ' "$proc/kallsyms" 2>/dev/null)
  symbols=$(printf '%s\n' "$found" | sed -n 's/^name //p')
  # What tells a page of guest_memfd; an address of zeros is one that is not shown.
  gmem_aops=$(printf '%s\n' "$found" | sed -n 's/^line \([0-9a-f]*[1-9a-f][0-9a-f]*\) . kvm_gmem_aops.*/0x\1/p' | head -n 1)
  kernel_symbols=$(printf '%s\n' "$found" | sed -n 's/^line //p')
}

refused() { say refused "$kind" "$symbol" "$*"; }

# Where a definition can be put: the symbol itself, or a copy where that says the same.
find_symbol() {
  where=$symbol
  if [ -z "$symbols" ]; then return 0; fi
  case "$newline$symbols$newline" in *"$newline$symbol $symbol$newline"*) return 0 ;; esac
  copies=$(printf '%s\n' "$symbols" | sed -n "s/^$symbol \($symbol\..*\)/\1/p" | tr '\n' ' ')
  if [ -z "$copies" ]; then refused "this kernel has no such function"; return 1; fi
  whole=$(printf '%s\n' $copies | grep -v -e '\.cold' -e '\.part' | head -n 1)
  if [ "$copy" = yes ] && [ -n "$whole" ]; then where=$whole; return 0; fi
  refused "only copies that the compiler made, with arguments of their own: $copies"
  return 1
}

# The kernel's own word on the definition that it has just refused.
reason() {
  why=$(awk -v name="$group/$event" '/error:/ { e = $0; sub(/.*error: /, "", e) }
    /Command:/ { if (index($0, name " ")) found = e } END { print found }' "$tracefs/error_log" 2>/dev/null)
  if [ -z "$why" ]; then why="the kernel refused it and does not say why"; fi
  printf '%s' "$why"
}

# set_filter CONDITION: fails where there is none, or the kernel does not take it.
set_filter() {
  if [ -z "$1" ] || ! write "$instance/events/$group/$event/filter" "$1"; then return 1; fi
  keep=$1
}

# would_install: what the kernel would say of a definition, as far as that can be told without asking it.
would_install() {
  case $fetch in *=[a-z_]*) ;; *) return 0 ;; esac
  owner=$(printf '%s\n' "$kernel_symbols" | sed -n "s/^[^ ]* . $where[[:space:]]*\[\(.*\)\]\$/\1/p" | head -n 1)
  if [ -z "$owner" ]; then owner=vmlinux; fi
  if [ -e "$sys/kernel/btf/$owner" ]; then return 0; fi
  refused "no BTF of $owner is there, by which arguments have names"
  return 1
}

install() {
  append "$dynamic" "$type:$group/$event $where $fetch"
  if [ ! -d "$instance/events/$group/$event" ]; then refused "$(reason)"; return 1; fi
  keep=
  { [ -n "$gmem_aops" ] && set_filter "$(printf '%s\n' "$filter" | sed -n "s/@kvm_gmem_aops/$gmem_aops/p")"; } ||
    set_filter "$(printf '%s\n' "$filter" | sed 's/ && .*@.*//')"
  if ! write "$instance/events/$group/$event/enable" 1; then
    append "$dynamic" "-:$group/$event"
    refused "the kernel defined it and would not enable it"
    return 1
  fi
  formats="$formats $group/$event"
}

put() { if [ "$mode" = plan ]; then would_install; else install; fi; }

arm_probes() {
  kinds=; events=; formats=
  set -f; IFS=$newline
  for line in $PROBES; do
    IFS='|'; set -- $line; IFS=$blanks; set +f
    kind=$1; type=$2; event=$3; symbol=$4; fetch=$5; filter=$6; copy=$7; keep=
    if [ "$8" = first ]; then armed=; fi
    if [ -z "$armed" ]; then
      if [ ! -e "$dynamic" ]; then refused "this kernel has no probes (CONFIG_KPROBE_EVENTS)"
      elif find_symbol && put; then
        armed=yes; kinds="$kinds $kind"; events="$events $event"
        say probe "$kind" "$type" "$event" "$where" "$fetch|$keep"
      fi
    fi
    set -f; IFS=$newline
  done
  IFS=$blanks; set +f
}

arm_tracepoints() {
  for line in $TRACEPOINTS; do
    IFS='|'; set -- $line; IFS=$blanks
    kind=$1; symbol=$2
    if [ ! -d "$events_dir/$symbol" ]; then refused "this kernel has no such tracepoint"; continue; fi
    if [ "$mode" != plan ] && ! write "$events_dir/$symbol/enable" 1; then
      refused "the kernel would not enable it"; continue
    fi
    kinds="$kinds $kind"; formats="$formats $symbol"
    say tracepoint "$kind" "$symbol"
  done
}

# A rule can be judged where each group of what it needs has a kind that is recorded. One that is about
# another machine alone was not asked for by name.
judge_rules() {
  machine=$(uname -m)
  # No rule is about anything but KVM: what is recorded without it tells nothing of them.
  if [ -n "$RULES" ] && [ ! -d "$tracefs/events/kvm" ]; then
    for kind in $(printf '%s\n' $kinds | grep -v '^patch:' | sort -u); do
      say refused "$kind" KVM "it is not loaded there"
    done
    kinds=
  fi
  IFS=$newline
  for line in $RULES; do
    IFS='|'; set -- $line
    id=$1; lacks=
    if [ -n "$3" ] && [ "$3" != "$machine" ]; then IFS=$newline; continue; fi
    IFS=';'
    for needed in $2; do
      IFS=' '; has=
      for kind in $needed; do case " $kinds " in *" $kind "*) has=yes ;; esac; done
      if [ -z "$has" ]; then lacks="$lacks;$needed"; fi
      IFS=';'
    done
    # What is said is joined by the first of the blanks.
    IFS=$blanks
    if [ -z "$lacks" ]; then say rule "$id" yes; else say rule "$id" no "$lacks"; fi
    IFS=$newline
  done
  IFS=$blanks
}
`;

/** Recording itself: reading, the workload, the end of it and the proof. */
export const RECORD = String.raw`
# Hits and misses of our probes, by events whose names nobody else's probe has: the file names no groups.
profile() {
  awk -v ours="$events" 'BEGIN { split(ours, list, " "); for (i in list) want[list[i]] = 1 }
    $1 in want { n[$1]++; line[$1] = $1 " " $2 " " $3 }
    END { for (name in n) if (n[name] == 1) print line[name] }' "$tracefs/kprobe_profile" 2>/dev/null
}

say_hits() {
  lines=$(printf '%s\n=\n%s\n' "$before" "$after" | awk '
    $1 == "=" { second = 1; next }
    !second { hits[$1] = $2; missed[$1] = $3; next }
    NF == 3 { print $1, $2 - hits[$1], $3 - missed[$1] }')
  IFS=$newline
  for line in $lines; do IFS=$blanks; say hits $line; IFS=$newline; done
  IFS=$blanks
}

say_buffers() {
  for dir in "$instance"/per_cpu/cpu*; do
    [ -e "$dir/stats" ] || continue
    say cpu "$(basename "$dir")" $(sed -n 's/^entries: */entries=/p;s/^overrun: */overrun=/p
      s/^commit overrun: */commit-overrun=/p;s/^dropped events: */dropped=/p;s/^read events: */read=/p' "$dir/stats")
  done
}

# sum NAME: of a counter over all CPUs.
sum() { cat "$instance"/per_cpu/cpu*/stats 2>/dev/null | awk -F ': *' -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'; }

# The end waits while a process starts: as long as its number is not known, it would not be ended with the rest.
hold_end() { trap 'ended=yes' TERM HUP PIPE; }
let_end() {
  trap 'exit 1' TERM HUP PIPE
  if [ -n "$ended" ]; then exit 1; fi
}

start_reader() {
  if [ -n "$raw" ]; then return 0; fi
  # Plain reads: a reader that splices loses what does not fit into the pipe behind it. An interrupt from a
  # terminal is for the main process, which then empties the buffer.
  hold_end
  ( trap '' INT; exec dd if="$instance/trace_pipe" bs=65536 2>/dev/null 3<&- 4>&- 5>&- ) & reader=$!
  printf 'started %s\n' "$reader" >&5
  let_end
}

# As the user who asked, in a group of its own where there is setsid.
start_workload() {
  if [ -z "$workload" ]; then return 0; fi
  wrap=; as=
  if command -v setsid > /dev/null 2>&1; then wrap=setsid; fi
  if [ -n "$SUDO_USER" ] && [ "$SUDO_USER" != root ]; then as="sudo -n -u $SUDO_USER --"; fi
  hold_end
  ( exec $wrap $as sh -c "$workload" < /dev/null >&2 3<&- 4>&- 5>&- ) & workload_pid=$!
  workload_kill=$workload_pid
  if [ -n "$wrap" ]; then workload_kill=-$workload_pid; fi
  printf 'started %s\n' "$workload_kill" >&5
  let_end
}

# Until the workload ends, its time is over, the client says so, or nothing is read any more.
watch() {
  uptime_s; until_s=$((up_s + seconds)); said_s=$up_s
  while [ -z "$stopping" ]; do
    sleep 0.2 5>&- & wait $!
    if [ -n "$stopping" ]; then break; fi
    if [ -n "$workload_pid" ] && ! kill -0 "$workload_pid" 2>/dev/null; then stopping=workload; break; fi
    if [ -n "$raw" ]; then read_full_pages
    elif ! kill -0 "$reader" 2>/dev/null; then stopping=reader; break; fi
    # The shell that was started: its end is the end of the connection, or a user who killed it.
    if ! kill -0 $$ 2>/dev/null; then stopping=parent; break; fi
    uptime_s
    if [ "$seconds" -gt 0 ] && [ "$up_s" -ge "$until_s" ]; then stopping=seconds; fi
    if [ "$up_s" -ge $((said_s + 5)) ]; then
      said_s=$up_s
      say progress "$(sum overrun)" "$(sum 'read events')"
      if [ -n "$leased" ]; then after=$(profile); say_hits; fi
    fi
  done
}

# True when the reader waits for the kernel: its call is one on the file it reads, not on the one it writes.
reader_waits() {
  read -r call at rest < "/proc/$reader/syscall" || return 1
  [ "$at" = 0x0 ]
} 2>/dev/null

# Until all that was written has been read and passed on; a minute without any progress is the end.
drain() {
  if [ -n "$raw" ]; then drain_pages; return 0; fi
  waiting=0; last=
  while kill -0 "$reader" 2>/dev/null; do
    left=$(sum entries)
    if [ "$left" = 0 ] && reader_waits; then break; fi
    if [ "$left" = "$last" ]; then waiting=$((waiting + 1)); else waiting=0; fi
    if [ "$waiting" -gt 600 ]; then say error drain "$left"; break; fi
    last=$left
    sleep 0.1 5>&- & wait $!
  done
  kill -TERM "$reader" 2>/dev/null
  wait "$reader" 2>/dev/null
  reader=
}

# KVM as it was loaded, whole; nothing where it cannot be read.
send_module() {
  printf '@shimtrace %s begin\n' "$nonce"
  cat "$kvm_module" 2>/dev/null
  printf '@shimtrace %s end\n' "$nonce"
}

record() {
  # The shell reads its own process's file by itself.
  read -r main_pid rest < /proc/self/stat
  cleaned=; made=; lease_pid=; pulse_pid=; reader=; workload_pid=; ended=
  trap clean EXIT
  trap 'exit 1' INT TERM HUP PIPE
  trap 'stopping=stopped' USR1
  find_tracefs && may_write || exit 1
  facts
  make_instance || exit 1
  if [ -n "$raw" ]; then page_size || exit 1; fi
  events_dir=$instance/events
  read_symbols
  arm_probes; arm_tracepoints; judge_rules
  say state armed
  if [ -n "$leased" ]; then
    read -r word <&3 || exit 1
    if [ "$word" = module ]; then
      send_module
      read -r word <&3 || exit 1
    fi
    if [ "$word" != go ]; then exit 0; fi
    # Closed by itself: a redirection of a function leaves a copy of what it closes.
    ( exec < /dev/null > /dev/null 2>&1 3<&- 4>&- 5>&-; pulse ) & pulse_pid=$!
    printf 'started %s\n' "$pulse_pid" >&5
    ( exec 5>&-; lease ) & lease_pid=$!
    printf 'started %s\n' "$lease_pid" >&5
    printf '@shimtrace %s begin\n' "$nonce"
  fi
  if [ -n "$raw" ]; then send_file header_page "$tracefs/events/header_page"; fi
  trap 'stopping=stopped' INT
  before=$(profile)
  start_reader
  write "$instance/tracing_on" 1
  say state recording
  start_workload
  watch
  write "$instance/tracing_on" 0
  say state "stopped $stopping"
  stop_workload
  after=$(profile)
  drain
  say_hits; say_buffers
  if [ -n "$raw" ]; then send_files; fi
  # Another clock empties the buffers.
  if [ -n "$ticks" ]; then say_ticks; fi
  say state complete
  if [ -n "$leased" ]; then printf '@shimtrace %s end\n' "$nonce"; fi
}

# What would be done, and nothing of it.
plan_only() {
  find_tracefs || return 1
  facts
  if is_read_only; then say error read-only "$lockdown"; return 1; fi
  if [ "$lockdown" = confidentiality ]; then say error no-instance "$lockdown"; return 1; fi
  events_dir=$tracefs/events
  read_symbols
  arm_probes; arm_tracepoints; judge_rules
  say cleaned nothing
}
`;

/** The last lines: which of all that is done. */
export const GO = `
# --- begin
group=shimtrace_$$_$nonce
case $mode in
  plan) plan_only ;;
  clean) find_tracefs && may_write && clean_leftovers ;;
  run)
    exec 6>&1
    # An interrupt from a terminal is for the process that records; this one waits until all is removed.
    trap : INT
    ( exec 5>&1 >&6 6>&-; record ) | watchdog ;;
esac
`;
