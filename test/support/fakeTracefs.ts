/**
 * A tracefs that is a folder: for what a recorder must do on hosts that no laboratory has (128 CPUs, no
 * probes, a read-only file system). The script under test is the real one; only what the kernel does when
 * its files are written is put in place of the script's own writing.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface FakeHost {
  readonly cpus: number;
  /** Functions that the kernel has, as /proc/kallsyms names them. */
  readonly symbols: readonly string[];
  /** Functions at which it refuses every probe all the same. */
  readonly refused: readonly string[];
  /** `system/event`. */
  readonly tracepoints: readonly string[];
  /** What their `format` says, by `system/event`. */
  readonly formats: Readonly<Record<string, string>>;
  /** What `events/header_page` says; '' for a kernel without it. */
  readonly headerPage: string;
  readonly memAvailableKb: number;
  /** False: a kernel without CONFIG_KPROBE_EVENTS. */
  readonly hasProbes: boolean;
  /** False: a kernel without BTF refuses arguments by name, and what lies behind them. */
  readonly hasBtf: boolean;
  /** False: KVM is not loaded. */
  readonly hasKvm: boolean;
  /** False: somebody holds the probes, and none can be removed. */
  readonly givesProbesBack: boolean;
  /** What /sys/kernel/security/lockdown is at; no instance is made where it is `confidentiality`. */
  readonly lockdown: 'none' | 'integrity' | 'confidentiality';
  /** True: it is mounted so; that nothing of it can be written by root, a folder cannot play. */
  readonly isReadOnly: boolean;
  /** Offsets of the counters of VMs that run, as debugfs has them, by `VM/vCPU`; none: not even a counter. */
  readonly vmTicks: Readonly<Record<string, string>>;
  /** What `read events` of the first CPU says in the end. */
  readonly readEvents: number;
}

const HEADER_EVENT = '# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n';
const FOREIGN_PROBE = 'p:other/x do_sys_openat2';

/** Counters of one CPU's buffer. */
export function statsText(readEvents: number, entries = 0): string {
  return `entries: ${entries}\noverrun: 0\ncommit overrun: 0\nbytes: ${entries}\ndropped events: 0\nread events: ${readEvents}\nnow ts: 18446744073709551000\n`;
}

export class FakeTracefs {
  readonly root: string;
  readonly tracefs: string;
  private readonly host: FakeHost;

  /** `folder`: where its own is made. */
  constructor(host: Partial<FakeHost> = {}, folder = os.tmpdir()) {
    this.host = {
      cpus: 2,
      symbols: [],
      refused: [],
      tracepoints: [],
      formats: {},
      headerPage: '',
      memAvailableKb: 1 << 20,
      hasProbes: true,
      hasBtf: true,
      hasKvm: true,
      givesProbesBack: true,
      lockdown: 'none',
      isReadOnly: false,
      vmTicks: {},
      readEvents: 0,
      ...host,
    };
    this.root = fs.mkdtempSync(path.join(folder, 'shimtrace-host-'));
    this.tracefs = path.join(this.root, 'sys/kernel/tracing');
    this.make();
  }

  get sys(): string {
    return path.join(this.root, 'sys');
  }

  get proc(): string {
    return path.join(this.root, 'proc');
  }

  /** Everything that was there before and must be there afterwards, and nothing else. */
  leftovers(): readonly string[] {
    const instances = fs.readdirSync(path.join(this.tracefs, 'instances')).filter((name) => name !== 'other');
    if (!this.host.hasProbes) return instances;
    const probes = this.read('dynamic_events').split('\n');
    return [...instances, ...probes.filter((line) => line !== '' && line !== FOREIGN_PROBE)];
  }

  /** True while the probe and the instance of somebody else are as they were. */
  foreignIsUntouched(): boolean {
    const isOn = fs.readFileSync(path.join(this.tracefs, 'instances/other/tracing_on'), 'utf8') === '1\n';
    return isOn && (!this.host.hasProbes || this.read('dynamic_events').includes(FOREIGN_PROBE));
  }

  read(name: string): string {
    return fs.readFileSync(path.join(this.tracefs, name), 'utf8');
  }

  /** The script with this kernel's answers in it. */
  script(text: string): string {
    const mark = '# --- begin';
    if (!text.includes(mark)) throw new Error('the script has no place for the fake kernel');
    return text.replace(mark, () => `${this.answers()}\n${mark}`);
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }

  private make(): void {
    const { cpus, symbols, memAvailableKb, tracepoints, hasProbes, readEvents, lockdown } = this.host;
    const { formats, headerPage, hasKvm, hasBtf, isReadOnly } = this.host;
    const file = (name: string, text: string): void => {
      const at = path.join(this.root, name);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.writeFileSync(at, text);
    };
    const folders = ['sys/kernel/tracing/instances', 'sys/kernel/tracing/events', 'template/events'];
    if (hasBtf) folders.push('sys/kernel/btf/vmlinux', 'sys/kernel/btf/kvm');
    if (hasKvm) folders.push('sys/kernel/tracing/events/kvm');
    for (const name of folders) fs.mkdirSync(path.join(this.root, name), { recursive: true });
    const tracing = 'sys/kernel/tracing';
    const way = isReadOnly ? 'ro' : 'rw';
    file('proc/mounts', `tracefs ${path.join(this.root, tracing)} tracefs ${way},relatime 0 0\n`);
    if (hasProbes) file(`${tracing}/dynamic_events`, `${FOREIGN_PROBE}\n`);
    file(`${tracing}/error_log`, '');
    file(`${tracing}/kprobe_profile`, 'x 5 0\n');
    file(`${tracing}/instances/other/tracing_on`, '1\n');
    const states = ['none', 'integrity', 'confidentiality'].map((at) => (at === lockdown ? `[${at}]` : at));
    file('sys/kernel/security/lockdown', `${states.join(' ')}\n`);
    file('proc/kallsyms', symbols.map((name) => `ffffffff81000000 t ${name}\t[kvm]\n`).join(''));
    file('proc/meminfo', `MemTotal: 9 kB\nMemAvailable:   ${memAvailableKb} kB\n`);
    file('proc/sys/kernel/random/boot_id', '6d3c\n');
    for (const name of [
      'tracing_on',
      'trace_clock',
      'buffer_size_kb',
      'options/record-tgid',
      'events/enable',
    ])
      file(`template/${name}`, name === 'trace_clock' ? 'local [mono]\n' : '0\n');
    for (const tracepoint of tracepoints)
      for (const where of [tracing, 'template']) file(`${where}/events/${tracepoint}/enable`, '0\n');
    const vms = Object.entries(this.host.vmTicks);
    for (const [vcpu, offset] of vms) file(`sys/kernel/debug/kvm/${vcpu}/tsc-offset`, `${offset}\n`);
    if (vms.length > 0) {
      file('sys/devices/system/clocksource/clocksource0/available_clocksource', 'tsc hpet\n');
      file('proc/timer_list', 'Timer List Version: v0.10\nnow at 7000 nsecs\n');
    }
    for (const [name, text] of Object.entries(formats)) file(`template/events/${name}/format`, text);
    if (headerPage !== '') file(`${tracing}/events/header_page`, headerPage);
    file(`${tracing}/events/header_event`, HEADER_EVENT);
    file(`${tracing}/saved_cmdlines`, '77 qemu-kvm\n');
    for (let cpu = 0; cpu < cpus; cpu++)
      file(`template/per_cpu/cpu${cpu}/stats`, statsText(cpu === 0 ? readEvents : 0));
  }

  private answers(): string {
    const { refused, hasBtf, givesProbesBack, lockdown } = this.host;
    return `
fake=${this.root}
mkdir() {
  case $1 in
    "$tracefs"/instances/*) ${lockdown === 'confidentiality' ? 'return 1;' : ''} command mkdir "$1" && cp -R "$fake/template/." "$1" && mkfifo "$1/trace_pipe" ;;
    *) command mkdir "$@" ;;
  esac
}
rmdir() {
  case $1 in
    "$tracefs"/instances/*) [ ! -e "$1/busy" ] && rm -rf "$1" ;;
    *) command rmdir "$@" ;;
  esac
}
write() {
  case $1 in *trace_clock) printf 'local [%s]\\n' "$2" > "$1"; return 0 ;; esac
  ( exec > "$1" && printf '%s\\n' "$2" ) 2>/dev/null
}
append() {
  if [ "$1" != "$dynamic" ]; then ( exec >> "$1" && printf '%s\\n' "$2" ) 2>/dev/null; return; fi
  printf '%s\\n' "$2" >> "$fake/writes"
  case $2 in
    -:*)
      ${givesProbesBack ? '' : 'return 1'}
      fake_name=$(printf '%s' "$2" | cut -c 3-)
      grep -v ":$fake_name " "$dynamic" > "$fake/kept"
      cat "$fake/kept" > "$dynamic"
      rm -rf "$tracefs"/instances/*/events/"$fake_name" ;;
    *)
      fake_symbol=$(printf '%s' "$2" | cut -d ' ' -f 2)
      fake_name=$(printf '%s' "$2" | cut -d ' ' -f 1 | cut -d : -f 2)
      case ' ${refused.join(' ')} ' in *" $fake_symbol "*)
        printf '[ 1.5] trace_kprobe: error: Invalid argument name\\n  Command: %s\\n' "$2" >> "$tracefs/error_log"
        return 1 ;;
      esac
      case $2 in *=[a-z_]*)
        ${hasBtf ? '' : `printf '[ 1.5] trace_kprobe: error: BTF is not available or not supported\\n  Command: %s\\n' "$2" >> "$tracefs/error_log"; return 1`} ;;
      esac
      printf '%s\\n' "$2" >> "$dynamic"
      command mkdir -p "$instance/events/$fake_name"
      printf '0\\n' > "$instance/events/$fake_name/enable"
      printf 'none\\n' > "$instance/events/$fake_name/filter"
      fake_event=$(printf '%s' "$fake_name" | cut -d / -f 2)
      printf '%s 7 1\\n' "$fake_event" >> "$tracefs/kprobe_profile" ;;
  esac
}`;
  }
}
