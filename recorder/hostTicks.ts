/**
 * How clocks stand to each other where two kernels share a processor. Its counter is what both can read: an
 * instance has it for a clock, while it records nothing, and KVM tells in debugfs what a VM's is ahead by.
 */
export const TICKS = String.raw`
# Reads the clock, the counter and the clock again within one process, and tells the three that were closest.
say_ticks() {
  case " $(cat "$sys/devices/system/clocksource/clocksource0/available_clocksource" 2>/dev/null) " in
    *' tsc '*) ;;
    *) return 0 ;;
  esac
  write "$instance/trace_clock" x86-tsc
  grep -q '\[x86-tsc\]' "$instance/trace_clock" 2>/dev/null || return 0
  set -- $(awk -v clock="$proc/timer_list" -v counter="$instance/per_cpu/cpu0/stats" '
    function read(file, head, field,   line, parts, found) {
      while ((getline line < file) > 0)
        if (index(line, head) == 1) { split(line, parts, " "); found = parts[field]; break }
      close(file)
      return found
    }
    BEGIN {
      for (i = 0; i < 20; i++) {
        before = read(clock, "now at", 3); count = read(counter, "now ts:", 3); after = read(clock, "now at", 3)
        if (best == "" || after - before < took) { took = after - before; best = before " " count " " after }
      }
      print best
    }' 2>/dev/null)
  case $# in 3) say ticks "$@" ;; esac
  # What the counter of each VM is: this one, scaled where there is a scale, and so much ahead.
  for vm in "$sys"/kernel/debug/kvm/[0-9]*-*; do
    told=
    for dir in "$vm"/vcpu*; do
      { read -r ahead < "$dir/tsc-offset"; } 2>/dev/null || continue
      { read -r ratio < "$dir/tsc-scaling-ratio" && read -r bits < "$dir/tsc-scaling-ratio-frac-bits"; } 2>/dev/null ||
        { ratio=1; bits=0; }
      if [ -n "$told" ] && [ "$told" != "$ahead $ratio $bits" ]; then told=; break; fi
      told="$ahead $ratio $bits"
    done
    [ -z "$told" ] || say vm-ticks $told
  done
}
`;
