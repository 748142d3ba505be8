// Large traces of one shape each, made line by line: what a guest, a host or a bug can have very many of.
// `count` says of what; `full` is as many as `npm run scale -- full` makes; one that `isPiped` comes on
// standard input, one with `pieces` is no text; `format` is what findings are printed in.
import { repeatedDat } from './repeatedDat.mjs';

const KVM = '0xffff888101c58000';

/** A clock that each event moves on, and events of two tasks as ftrace prints them. */
class Printer {
  us = 100_000_000;

  line(event, task = 'CPU 0/KVM-671', tgid = 670) {
    this.us += 3;
    // In the columns of the kernel, `%16s-%-7d (%7d)` and `%5lu.%06lu`: its plain lines are read sooner.
    const dash = task.lastIndexOf('-');
    const [comm, tid] = [task.slice(0, dash).padStart(16), task.slice(dash + 1).padEnd(7)];
    const time = `${Math.floor(this.us / 1e6)}.${String(this.us % 1e6).padStart(6, '0')}`;
    return `${comm}-${tid} (${String(tgid).padStart(7)}) [001] ...1. ${time.padStart(12)}: ${event}\n`;
  }
}

const hex = (n) => n.toString(16);

function installed(gfn, pfn, asId = 0) {
  const spte = hex(BigInt(pfn) * 4096n + 0xe67n);
  return `kvm_tdp_mmu_spte_changed: as id ${asId} gfn ${hex(gfn)} level 1 old_spte 8000000000000000 new_spte ${spte}`;
}

function zapped(gfn, pfn) {
  const spte = hex(BigInt(pfn) * 4096n + 0xe67n);
  return `kvm_tdp_mmu_spte_changed: as id 0 gfn ${hex(gfn)} level 1 old_spte ${spte} new_spte 8000000000000000`;
}

function* vmBegins(p, { kvm = KVM, tgid = 670, ino = INO, npages = 16, flags = 0 } = {}) {
  const task = `qemu-system-x86-${tgid}`;
  const say = (event) => p.line(event, task, tgid);
  yield say('sys_ioctl(fd: 3, cmd: 0xae01, arg: 1)');
  yield say('sys_ioctl -> 0x4');
  yield say(`kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) kvm=${kvm} size=0x10000 flags=0x${hex(flags)}`);
  yield say('kvm_gmem_create_ret: (kvm_vm_ioctl+0x692/0x2490 <- kvm_gmem_create) fd=8');
  yield* bound(p, { kvm, tgid, ino, npages });
}

function* bound(p, { kvm = KVM, tgid = 670, ino = INO, npages = 16 } = {}) {
  const say = (event) => p.line(event, `qemu-system-x86-${tgid}`, tgid);
  yield say(
    `kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=${kvm} slot=10 base_gfn=0x100000 npages=${npages} fd=8 offset=0x0`,
  );
  yield say(
    `kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=10 ino=${ino} pgoff=0x0`,
  );
}

function* conversion(p, gfn, attributes, seq, { kvm = KVM, tgid = 670 } = {}) {
  const range = `start=0x${hex(gfn)} end=0x${hex(gfn + 1)}`;
  const say = (event) => p.line(event, `CPU 0/KVM-${tgid + 1}`, tgid);
  yield say('sys_ioctl(fd: 4, cmd: 0x4020aed2, arg: 0x7f73744936d0)');
  yield say(`kvm_vm_set_mem_attributes: 0x${hex(gfn)} -- 0x${hex(gfn + 1)} [0x${hex(attributes)}]`);
  yield say(`kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${kvm} inprog=0 seq=${seq}`);
  yield say(`kvm_mmu_invalidate_range_add: (kvm_mmu_invalidate_range_add+0x0/0x60) kvm=${kvm} ${range}`);
  const given = `kvm=${kvm} slot=10 ${range} attributes=0x${hex(attributes)}`;
  yield say(`kvm_arch_pre_set_memory_attributes: (kvm_arch_pre_set_memory_attributes+0x0/0x1e0) ${given}`);
  yield say(`kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70) kvm=${kvm} inprog=1 seq=${seq}`);
  yield say(`kvm_arch_post_set_memory_attributes: (kvm_arch_post_set_memory_attributes+0x0/0x250) ${given}`);
  yield say('sys_ioctl -> 0x0');
}

/** Where pages of a file are mapped, and their `struct page`s. */
const VMA = '0x7f5591b0e000';
const PAGES_AT = 0xea0004000000;
const INO = 7479;

/** A pointer of the kernel's half to the `struct page` of a file's page. */
const pagePointer = (pgoff) => `0xffff${hex(PAGES_AT + pgoff * 64)}`;

function cached(pgoff) {
  const place = `pfn=0x${hex(0x100000 + pgoff)} ofs=${pgoff * 4096} order=0`;
  return `mm_filemap_add_to_page_cache: dev 0:16 ino ${hex(INO)} ${place}`;
}

function pinned(pgoff) {
  const of = `page0=${pagePointer(pgoff)} index0=0x${hex(pgoff)} ino0=${INO}`;
  const from = "([unknown/kretprobe'd] <- gup_fast_fallback)";
  return `gup_fast_fallback_ret: ${from} ret=1 start=0x${hex(0x7f5591b0e000 + pgoff * 4096)} gup_flags=0x80000 ${of}`;
}

function released(pgoff) {
  const of = `folio=${pagePointer(pgoff)} npages=1 ino=${INO} index=0x${hex(pgoff)}`;
  return `unpin_user_folio: (unpin_user_folio+0x0/0xa0) ${of}`;
}

function* convertedInPlace(p, pgoff, pages = 1) {
  const what = `ino=${INO} start=0x${hex(pgoff)} nr_pages=${pages} attrs=0x8`;
  const by = '__kvm_gmem_set_attributes';
  const stored = `index=0x${hex(pgoff)} last=0x${hex(pgoff + pages - 1)} attrs=0x8`;
  yield p.line(`kvm_gmem_set_attributes: (${by}+0x0/0x440) ${what}`);
  yield p.line(`kvm_gmem_store_attributes: (kvm_gmem_store_attributes+0x0/0x20) ${stored}`);
  yield p.line(`kvm_gmem_set_attributes_ret: (kvm_gmem_ioctl+0x109/0x170 <- ${by}) ${what} ret=0`);
}

/** Pages of the file begin shared. */
const INIT_SHARED = 2;

/** One event of each page of a file. */
const ofEachPage = (event) =>
  function* (n) {
    const p = new Printer();
    yield* vmBegins(p, { flags: INIT_SHARED });
    for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(event(pgoff));
  };

/** As many findings as `findings` makes, printed in another format than JSON. */
const inFormat = (format) => ({
  count: `findings, as ${format}`,
  full: 1_000_000,
  format,
  lines: (n) => SHAPES.findings.lines(n),
});

/** Larger than any count here, times which it stays exact. */
const PRIME = 1_000_003;

export const SHAPES = {
  pages: {
    count: 'pages of one guest, each mapped as 4K',
    full: 67_108_864,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) yield p.line(installed(0x100000 + i, 0x10000 + i));
    },
  },
  spaces: {
    count: 'pages of one guest, half of them in another address space',
    full: 67_108_864,
    *lines(n) {
      const p = new Printer();
      const half = Math.ceil(n / 2);
      for (let i = 0; i < n; i++)
        yield p.line(installed(0x100000 + (i % half), 0x10000 + i, i < half ? 0 : 1));
    },
  },
  events: {
    count: 'events, 1024 pages mapped and unmapped in turn',
    full: 100_000_000,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) {
        const page = i % 1024;
        const change = Math.floor(i / 1024) % 2 === 0 ? installed : zapped;
        yield p.line(change(0x100000 + page, 0x10000 + page));
      }
    },
  },
  piped: {
    count: 'events on standard input, 1024 pages mapped and unmapped in turn',
    full: 34_000_000,
    isPiped: true,
    lines: (n) => SHAPES.events.lines(n),
  },
  findings: {
    count: 'findings',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p);
      yield p.line(`kvm_mmu_invalidate_start: (kvm_mmu_invalidate_start+0x0/0x40) kvm=${KVM} inprog=0 seq=1`);
      yield p.line(`kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70) kvm=${KVM} inprog=1 seq=1`);
      for (let i = 0; i < n; i++)
        yield p.line(`kvm_mmu_invalidate_end: (kvm_mmu_invalidate_end+0x0/0x70) kvm=${KVM} inprog=0 seq=2`);
    },
  },
  text: inFormat('text'),
  sarif: inFormat('sarif'),
  junit: inFormat('junit'),
  again: {
    count: 'times that one page is mapped, never unmapped',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) yield p.line(installed(0x100000, 0x10000 + i));
    },
  },
  conversions: {
    count: 'conversions of one page',
    full: 100_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p);
      for (let i = 0; i < n; i++) yield* conversion(p, 0x100000, i % 2 === 0 ? 8 : 0, i + 1);
    },
  },
  scattered: {
    count: 'conversions, each of another page, in no order',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p, { npages: n });
      // Coprime with every count: each page comes once.
      for (let i = 0; i < n; i++) yield* conversion(p, 0x100000 + ((i * PRIME) % n), 8, i + 1);
    },
  },
  vms: {
    count: 'VMs after one another, each with a file, pages and an end',
    full: 10_000,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) {
        const kvm = `0xffff8881${hex(0x1000000 + i * 0x1000)}`;
        const [tgid, ino] = [10_000 + i, 100_000 + i];
        yield* vmBegins(p, { kvm, tgid, ino });
        const task = `qemu-system-x86-${tgid}`;
        yield p.line(`kvm_gmem_release: (kvm_gmem_release+0x0/0x190) ino=${ino} size=0x10000`, task, tgid);
        yield p.line(`kvm_destroy_vm: (kvm_destroy_vm+0x0/0x2e0) kvm=${kvm}`, task, tgid);
      }
    },
  },
  alive: {
    count: 'VMs at once, each of which converts a page there and back',
    full: 40_000,
    *lines(n) {
      const p = new Printer();
      const vms = Array.from({ length: n }, (_, i) => ({
        kvm: `0xffff8881${hex(0x1000000 + i * 0x1000)}`,
        tgid: 10_000 + i,
        ino: 100_000 + i,
      }));
      for (const vm of vms) yield* vmBegins(p, vm);
      for (const attributes of [8, 0])
        for (const { kvm, tgid } of vms)
          yield* conversion(p, 0x100000, attributes, attributes === 8 ? 1 : 2, { kvm, tgid });
    },
  },
  rebound: {
    count: 'times that a memslot comes again, and a page of it is mapped',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) {
        yield* i === 0 ? vmBegins(p) : bound(p);
        yield p.line(installed(0x100000, 0x10000 + (i % 16)));
      }
    },
  },
  stacks: {
    count: 'events, each with a stack of forty frames',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) {
        yield p.line(installed(0x100000 + (i % 1024), 0x10000 + (i % 1024)));
        yield p.line('<stack trace>');
        for (let k = 0; k < 40; k++) yield ` => function_${(i + k) % 1000}.constprop.0\n`;
      }
    },
  },
  mapped: {
    count: 'pages of a file, each mapped by user space, and each a folio',
    full: 67_108_864,
    lines: ofEachPage((pgoff) => {
      const page = pagePointer(pgoff);
      const of = `folio=${page} ino=${INO} index=0x${hex(pgoff)} page=${page} nr_pages=1 vm_start=${VMA}`;
      return `folio_add_file_rmap_ptes: (folio_add_file_rmap_ptes+0x0/0x280) ${of}`;
    }),
  },
  cached: {
    count: 'pages in the page cache of a file',
    full: 67_108_864,
    lines: ofEachPage(cached),
  },
  pinned: {
    count: 'pages of a file, each pinned',
    full: 67_108_864,
    lines: ofEachPage(pinned),
  },
  held: {
    count: 'pages that become private while they are pinned, and are released later',
    full: 200_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p, { flags: INIT_SHARED });
      for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(pinned(pgoff));
      for (let pgoff = 0; pgoff < n; pgoff++) yield* convertedInPlace(p, pgoff);
      for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(released(pgoff));
    },
  },
  past: {
    count: 'pages of an old file that become private, and others that are released',
    full: 200_000,
    *lines(n) {
      const p = new Printer();
      for (let pgoff = 0; pgoff < n; pgoff++) yield* convertedInPlace(p, 2 * pgoff, 2);
      for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(pinned(2 * n + pgoff));
      for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(released(2 * n + pgoff));
    },
  },
  poisoned: {
    count: 'pages of a file whose memory fails',
    full: 67_108_864,
    lines: ofEachPage(
      (pgoff) => `kvm_gmem_error_folio: (kvm_gmem_error_folio+0x0/0xb0) ino=${INO} index=0x${hex(pgoff)}`,
    ),
  },
  failed: {
    count: 'frames in the page cache whose memory fails, one after another',
    full: 10_000_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p);
      for (let pgoff = 0; pgoff < n; pgoff++) yield p.line(cached(pgoff));
      for (let pgoff = 0; pgoff < n; pgoff++) {
        const frame = `pfn 0x${hex(0x100000 + pgoff)}`;
        yield p.line(`memory_failure_event: ${frame}: recovery action for dirty LRU page: Recovered`);
      }
    },
  },
  told: {
    count: 'SPTEs that are told, of which no event shows the change',
    full: 67_108_864,
    *lines(n) {
      const p = new Printer();
      for (let i = 0; i < n; i++) {
        const spte = hex(BigInt(0x10000 + i) * 4096n + 0xe67n);
        yield p.line(`kvm_mmu_set_spte: gfn ${hex(0x100000 + i)} spte ${spte} (rwxu) level 1 at 102a6fc00`);
      }
    },
  },
  deleted: {
    count: 'pages that leave the page cache while an SPTE maps them: findings that wait for the end',
    full: 1_000_000,
    *lines(n) {
      const p = new Printer();
      yield* vmBegins(p, { npages: n });
      for (let i = 0; i < n; i++) yield p.line(installed(0x100000 + i, 0x100000 + i));
      for (let i = 0; i < n; i++)
        yield p.line(cached(i).replace('add_to_page_cache', 'delete_from_page_cache'));
    },
  },
  dat: {
    count: 'times that the pages of a trace.dat of 2,004 events come again',
    full: 45_000,
    pieces: repeatedDat,
  },
};

/** The whole text in pieces of about a megabyte; what is no text comes in pieces of its own. */
export function* piecesOf(shape, n) {
  if (shape.pieces) return yield* shape.pieces(n);
  let piece = '# tracer: nop\n#\n# clock: mono\n';
  for (const line of shape.lines(n)) {
    piece += line;
    if (piece.length < 1 << 20) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
