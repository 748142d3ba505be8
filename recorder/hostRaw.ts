/**
 * Reading the ring buffers as they are, for a trace.dat: POSIX sh, like the rest of the script. Pages of
 * all CPUs share one output, each run of them behind a line that says whose they are and how many bytes.
 * Only pages that are there for certain are read, so that no read waits while another CPU's buffer fills.
 */
export const RAW = String.raw`
# The sizes of a page's head and of the data behind it, as the kernel describes its pages.
page_size() {
  set -- $(sed -n 's/.*char data;.*offset:\([0-9]*\);.*size:\([0-9]*\);.*/\1 \2/p' "$tracefs/events/header_page" 2>/dev/null)
  if [ $# != 2 ]; then say error no-pages; return 1; fi
  page_data=$2; page_bytes=$(($1 + $2))
}

# copy_pages CPU COUNT
copy_pages() {
  printf '@shimtrace %s pages %s %s\n' "$nonce" "$1" $(($2 * page_bytes))
  hold_end
  ( trap '' INT
    exec dd if="$instance/per_cpu/cpu$1/trace_pipe_raw" bs="$page_bytes" count="$2" 2>/dev/null 3<&- 4>&- 5>&-
  ) & reader=$!
  printf 'reader %s\n' "$reader" >&5
  let_end
  # A word of the client ends the wait, not the reader.
  while kill -0 "$reader" 2>/dev/null; do wait "$reader"; done
  reader=
  printf 'reader\n' >&5
}

# Of each CPU as many pages as what it holds must fill.
read_full_pages() {
  runs=$(awk -F ': *' -v page="$page_data" '
    FNR == 1 { cpu = FILENAME; sub(/\/stats$/, "", cpu); sub(/.*cpu/, "", cpu) }
    $1 == "entries" { entries = $2 }
    $1 == "bytes" { n = int($2 / page); if (n > entries) n = entries; if (n > 0) print cpu ":" n }
  ' "$instance"/per_cpu/cpu*/stats 2>/dev/null)
  for run in $runs; do
    IFS=:; set -- $run; IFS=$blanks
    copy_pages "$1" "$2"
  done
}

# Nothing is written any more: the last pages, full or not, until every CPU has none.
drain_pages() {
  read_full_pages
  for dir in "$instance"/per_cpu/cpu*; do
    last=
    while :; do
      left=$(sed -n 's/^entries: *//p' "$dir/stats")
      case $left in ''|0) break ;; esac
      if [ "$left" = "$last" ]; then say error drain "$left"; break; fi
      last=$left
      copy_pages "$(basename "$dir" | tr -d a-z)" 1
    done
  done
}

# send_text NAME TEXT: what the shell cut from its end is left out.
send_text() {
  printf '@shimtrace %s file %s %s\n' "$nonce" "$1" "$(printf %s "$2" | wc -c)"
  printf %s "$2"
}
send_file() { send_text "$1" "$(cat "$2" 2>/dev/null)$newline"; }

# What it takes to understand the pages.
send_files() {
  send_file header_event "$tracefs/events/header_event"
  for one in $formats; do send_file "format:$one" "$events_dir/$one/format"; done
  for one in saved_cmdlines saved_tgids printk_formats; do send_file "$one" "$tracefs/$one"; done
  send_text kallsyms "$kernel_symbols$newline"
}
`;
