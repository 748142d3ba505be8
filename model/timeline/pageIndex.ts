/**
 * Everything that a timeline draws of pages, computed once per analysis: atoms, bands per layer, conversions,
 * marks, and a signature per atom that says which neighbours had the same life.
 *
 * The operations are passed over once per layer, so that the open state of only one layer is in memory at a
 * time.
 */
import type { Analysis, Conversion } from '../analysis.js';
import { AtomBuilder, type Atoms } from './atoms.js';
import { BandStore, BandSweep } from './bands.js';
import { GuestShares, shareShift } from './guests.js';
import { markOf } from './marks.js';
import { conversionValue, Outcome } from './outcome.js';
import { Op, OP_BLOCK_LENGTH, Phase, type OpCode } from '../ops/oplog.js';
import { slotsOf } from '../pages/aliases.js';
import { fold, FACT_OPS } from '../pages/fold.js';
import { opsSeen } from '../pages/opsSeen.js';
import { ownerOf, rangeOwner, spaceOf, type Space } from '../pages/space.js';
import { LayerFacts } from './layerFacts.js';
import { inodeSpace, PlaceCutter, spaceCount, unitOf, vmSpace } from './places.js';

export const Layer = { Attribute: 0, Spte: 1, Mapping: 2, Reference: 3 } as const;
export const LAYER_COUNT = 4;

/** A finding on atoms [a0, a1); `finding` is its index in Analysis.findings. */
export interface PlacedFinding {
  readonly finding: number;
  readonly a0: number;
  readonly a1: number;
}

export interface PageIndex {
  readonly atoms: Atoms;
  /**
   * Inodes that several VMs bind: attributes, SPTEs, guest faults, zaps and conversions of a VM are in its
   * share, not at the inode.
   */
  readonly guests: GuestShares;
  /** By Layer. Values: Attr; SPTE level; number of mappings; number of references. */
  readonly layers: readonly BandStore[];
  /** Values as outcome.ts reads them. Rectangle i belongs to conversion conversionOf[i]. */
  readonly conversions: BandStore;
  readonly conversionOf: readonly number[];
  /** Values: Mark; from is the row. */
  readonly marks: BandStore;
  /** Equal for neighbours with the same life: the same operations, each as often, and the same end. */
  readonly signature: Uint32Array;
  /** Where findings are, in their order; one that is on several pieces of memory is there for each. */
  readonly placedFindings: readonly PlacedFinding[];
}

/** What of a page each layer shows. */
const LAYER_FACTS = ['attribute', 'spte', 'mappings', 'references'] as const;
/** Without one of these there is nothing that other operations could take away. */
const LAYER_BEGINS: readonly (readonly OpCode[])[] = [
  [Op.GfnAttr, Op.PageAttr],
  [Op.SpteSet],
  [Op.MapAdd],
  [Op.RefGet],
];
/**
 * A whole file is unmapped or punched at its end, and its VMAs come and go as wholes: these tell no pages
 * apart.
 */
const NO_BOUNDARY: ReadonlySet<number> = new Set([Op.Unmap, Op.Punch]);
/** Operations that decide whether two pages had the same life; faults and the phases in between do not. */
const SIGNING: ReadonlySet<number> = new Set([
  Op.GfnAttr,
  Op.PageAttr,
  Op.MapAdd,
  Op.MapRemove,
  Op.SpteSet,
  Op.SpteZap,
  Op.SpteDoubt,
  Op.RefGet,
  Op.RefPut,
  Op.Free,
  Op.SlotAdd,
  Op.Poison,
]);

/** `vm` is the VM whose frames the pages are, -1 for pages of a file. */
type SeePiece = (
  op: OpCode,
  space: number,
  first: number,
  count: number,
  row: number,
  value: number,
  aux: number,
  vm: number,
) => void;

/** Calls back with each piece of each wanted operation, in order; a loss has space -1. */
function eachPiece(
  analysis: Analysis,
  cutter: PlaceCutter,
  wanted: (op: number) => boolean,
  see: SeePiece,
): void {
  const want = Uint8Array.from({ length: 256 }, (_, op) => (wanted(op) ? 1 : 0));
  const { ops } = analysis;
  cutter.reset();
  for (let blockAt = 0; blockAt * OP_BLOCK_LENGTH < ops.length; blockAt++) {
    const b = ops.blocks[blockAt]!;
    const n = Math.min(OP_BLOCK_LENGTH, ops.length - blockAt * OP_BLOCK_LENGTH);
    for (let i = 0; i < n; i++) {
      const op = b.op[i]! as OpCode;
      if (want[op] === 0) continue;
      const row = b.row[i]!;
      if (op === Op.Loss) {
        see(op, -1, 0, 0, row, b.value[i]!, 0, -1);
        continue;
      }
      const unit = unitOf(analysis, op, b.subject[i]!);
      if (unit === undefined) continue;
      const owner = rangeOwner(analysis, op, b.subject[i]!);
      const pieces = cutter.cut(unit, owner, b.first[i]!, b.count[i]!, row);
      for (let p = 0; p < pieces; p++) {
        const piece = cutter.pieces[p]!;
        see(
          op,
          piece.space,
          piece.first,
          piece.count,
          row,
          b.value[i]!,
          b.aux[i]!,
          unit === 'gfn' ? owner : -1,
        );
      }
    }
  }
}

/** Builds the index; `rowCount` is the table's length. */
export function buildPageIndex(analysis: Analysis, rowCount: number): PageIndex {
  const cutter = new PlaceCutter(analysis);
  const guests = new GuestShares(analysis, spaceCount(analysis));
  const atoms = buildAtoms(analysis, cutter, guests);
  const shifts = new Shifts(guests, atoms);
  const signature = buildSignatures(analysis, cutter, atoms, shifts);
  const layers: BandStore[] = [];
  const ends = endings(analysis, rowCount);
  const sweep = new BandSweep(atoms.length);
  const seen = opsSeen(analysis.ops);
  for (let layer = 0; layer < LAYER_COUNT; layer++) {
    layers.push(
      LAYER_BEGINS[layer]!.some((op) => seen.has(op))
        ? buildLayer(analysis, cutter, atoms, shifts, layer, signature, ends, sweep)
        : new BandStore(),
    );
  }
  const conversionOf: number[] = [];
  const conversions = buildConversions(analysis, cutter, atoms, shifts, rowCount, conversionOf);
  signConversions(conversions, signature);
  finishSignatures(signature);
  foldGuestSignatures(signature, atoms, guests);
  const marks = buildMarks(analysis, cutter, atoms, shifts);
  const placedFindings = placeFindings(analysis, cutter, atoms, signature);
  for (const store of [...layers, marks, conversions]) store.finish(rowCount);
  return { atoms, guests, layers, conversions, conversionOf, marks, signature, placedFindings };
}

const HERE: readonly number[] = [0];

/**
 * How far behind an inode's atoms those lie that an operation is about: 0, but for inodes that several VMs
 * bind.
 */
class Shifts {
  private readonly ofVm = new Map<number, readonly number[]>();
  private readonly ofAll = new Map<number, readonly number[]>();
  /** False: every answer is 0, and need not be asked for. */
  readonly some: boolean;

  constructor(
    private readonly guests: GuestShares,
    atoms: Atoms,
  ) {
    this.some = guests.all.length > 0;
    for (const share of guests.all) {
      const shift = shareShift(atoms, share);
      this.ofAll.set(share.inode, [...(this.ofAll.get(share.inode) ?? []), shift]);
      for (const vm of share.vms) this.ofVm.set(this.key(share.inode, vm), [shift]);
    }
  }

  /**
   * For an operation on pages of a space: a VM's own are in its share; the file's attribute is that of each
   * of its VMs.
   */
  at(op: OpCode, space: number, vm: number): readonly number[] {
    if (vm >= 0) return this.ofVm.get(this.key(space, vm)) ?? HERE;
    return op === Op.PageAttr ? (this.ofAll.get(space) ?? HERE) : HERE;
  }

  private key(space: number, vm: number): number {
    return vm * (this.guests.firstSpace + 1) + space;
  }
}

function buildAtoms(analysis: Analysis, cutter: PlaceCutter, guests: GuestShares): Atoms {
  const builder = new AtomBuilder(spaceCount(analysis));
  eachPiece(
    analysis,
    cutter,
    (op) => op !== Op.Loss && !NO_BOUNDARY.has(op),
    (_op, space, first, count) => builder.add(space, first, count),
  );
  const put = (unit: Space, owner: number, first: number, count: number, row: number): void => {
    const pieces = cutter.cut(unit, owner, first, count, row);
    for (let p = 0; p < pieces; p++)
      builder.add(cutter.pieces[p]!.space, cutter.pieces[p]!.first, cutter.pieces[p]!.count);
  };
  analysis.inodes.forEach((inode, i) => {
    put('pgoff', i, 0, inode.pageCount, 0);
  });
  for (const slot of analysis.slots) {
    if (slot.inode >= 0 && slot.pgoff >= 0) put('pgoff', slot.inode, slot.pgoff, slot.pageCount, 0);
    else put('gfn', slot.vm, slot.baseGfn, slot.pageCount, 0);
  }
  cutter.reset();
  for (const c of analysis.conversions) put(spaceOf(c), ownerOf(c), c.first, c.count, c.fromRow);
  cutter.reset();
  for (const f of analysis.findings) {
    if (f.pages)
      put(
        f.pages.unit,
        f.pages.unit === 'gfn' ? f.pages.vm : f.pages.inode,
        f.pages.first,
        f.pages.count,
        f.at,
      );
  }
  return builder.finish(guests.all.map((share) => inodeSpace(share.inode)));
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * What goes into a signature is told apart by where its numbers begin: operations from 1, as many per code as
 * there are details of one; ends by layer and value; findings; values of conversions; VMs of an inode.
 */
const DETAILS = 64;
const END_SALT = 4096;
const FINDING_SALT = 8192;
const CONVERSION_SALT = 12288;
const GUEST_SALT = 16384;
/** Values of a layer are bytes. */
const LAYER_VALUES = 256;

/** What an operation adds to the signature of the pages it touches: its code and what is drawn of it. */
function signatureOf(op: OpCode, value: number, aux: number): number {
  return mix(op * DETAILS + (drawnDetail(op, value, aux) & (DETAILS - 1)) + 1);
}

/**
 * What a picture tells apart of an operation: the level of an SPTE, an attribute, the kind of a reference.
 */
function drawnDetail(op: OpCode, value: number, aux: number): number {
  switch (op) {
    case Op.SpteSet:
    case Op.SpteZap:
      return aux;
    case Op.GfnAttr:
    case Op.PageAttr:
    case Op.RefGet:
      return value;
    default:
      return 0;
  }
}

/** Sums of what touched each atom, still as differences between neighbours: see finishSignatures. */
function buildSignatures(analysis: Analysis, cutter: PlaceCutter, atoms: Atoms, shifts: Shifts): Uint32Array {
  const signature = new Uint32Array(atoms.length + 1);
  eachPiece(
    analysis,
    cutter,
    (op) => SIGNING.has(op),
    (op, space, first, count, _row, value, aux, vm) => {
      const a0 = atoms.at(space, first);
      const a1 = atoms.at(space, first + count);
      if (!shifts.some) addSignature(signature, a0, a1, signatureOf(op, value, aux));
      else
        for (const shift of shifts.at(op, space, vm))
          addSignature(signature, a0 + shift, a1 + shift, signatureOf(op, value, aux));
    },
  );
  return signature;
}

function addSignature(signature: Uint32Array, a0: number, a1: number, h: number): void {
  signature[a0] = signature[a0]! + h;
  signature[a1] = signature[a1]! - h;
}

function finishSignatures(signature: Uint32Array): void {
  let sum = 0;
  for (let a = 0; a < signature.length; a++) {
    sum = (sum + signature[a]!) >>> 0;
    signature[a] = sum;
  }
}

/** What each of its VMs had of a page belongs to the page's life. */
function foldGuestSignatures(signature: Uint32Array, atoms: Atoms, guests: GuestShares): void {
  for (const share of guests.all) {
    const shift = shareShift(atoms, share);
    for (let a = atoms.spaceStart[share.inode]!; a < atoms.spaceStart[share.inode + 1]!; a++) {
      if (signature[a + shift] !== 0)
        signature[a] = (signature[a]! + mix(signature[a + shift]! + mix(GUEST_SALT + share.ordinal))) >>> 0;
    }
  }
}

/** Pages whose VM is gone after a row: what was known of its attributes and SPTEs says nothing any more. */
interface Ending {
  readonly row: number;
  readonly vm: number;
}

/** VMs all of whose memslots have gone by a row of the trace. */
function endings(analysis: Analysis, rowCount: number): readonly Ending[] {
  const out: Ending[] = [];
  for (let vm = 0; vm < analysis.vms.length; vm++) {
    const row = slotsOf(analysis, 'gfn', vm).reduce((last, { untilRow }) => Math.max(last, untilRow), -1);
    if (row >= 0 && row < rowCount) out.push({ row, vm });
  }
  return out.sort((a, b) => a.row - b.row);
}

/** Takes what a VM held out of a layer. */
function endVm(
  analysis: Analysis,
  atoms: Atoms,
  shifts: Shifts,
  sweep: BandSweep,
  { row, vm }: Ending,
): void {
  for (const s of slotsOf(analysis, 'gfn', vm)) {
    if (s.inode < 0 || s.pgoff < 0) continue;
    const space = inodeSpace(s.inode);
    for (const shift of shifts.at(Op.SlotRemove, space, vm))
      sweep.carve(atoms.at(space, s.pgoff) + shift, atoms.at(space, s.pgoff + s.pageCount) + shift, row);
  }
  sweep.carve(atoms.spaceStart[vmSpace(analysis, vm)]!, atoms.spaceStart[vmSpace(analysis, vm) + 1]!, row);
}

function buildLayer(
  analysis: Analysis,
  cutter: PlaceCutter,
  atoms: Atoms,
  shifts: Shifts,
  layer: number,
  signature: Uint32Array,
  ends: readonly Ending[],
  sweep: BandSweep,
): BandStore {
  sweep.restart();
  const mine: ReadonlySet<number> = new Set(FACT_OPS[LAYER_FACTS[layer]!]);
  const facts = new LayerFacts(sweep);
  // An inode's own attributes outlive the VM, as do its mappings and references.
  const ending = ends.filter(
    (e) =>
      layer === Layer.Spte || (layer === Layer.Attribute && analysis.vms[e.vm]!.attributesOf !== 'inode'),
  );
  let next = 0;
  const endBefore = (row: number): void => {
    for (; next < ending.length && ending[next]!.row < row; next++)
      endVm(analysis, atoms, shifts, sweep, ending[next]!);
  };
  eachPiece(
    analysis,
    cutter,
    (op) => op === Op.Loss || mine.has(op),
    (op, space, first, count, row, value, aux, vm) => {
      endBefore(row);
      const lost = op === Op.Loss;
      const a0 = lost ? 0 : atoms.at(space, first);
      const a1 = lost ? 0 : Math.max(a0 + 1, atoms.at(space, first + count));
      if (lost || !shifts.some) fold(facts, op, space, a0, a1, row, value, aux);
      else
        for (const shift of shifts.at(op, space, vm))
          fold(facts, op, space, a0 + shift, a1 + shift, row, value, aux);
    },
  );
  endBefore(Infinity);
  // How a page ends belongs to its life: it tells a page that went private last from one that went shared
  // last.
  sweep.eachOpen((a0, a1, value) =>
    addSignature(signature, a0, a1, mix(END_SALT + layer * LAYER_VALUES + value)),
  );
  return sweep.store;
}

function buildMarks(analysis: Analysis, cutter: PlaceCutter, atoms: Atoms, shifts: Shifts): BandStore {
  const store = new BandStore();
  eachPiece(
    analysis,
    cutter,
    (op) => op !== Op.Loss && markOf(op as OpCode, 0) >= 0,
    (op, space, first, count, row, value, _aux, vm) => {
      // These ranges need not begin or end where an atom does.
      const a0 = Math.max(atoms.spaceStart[space]!, atoms.holding(space, first));
      const a1 = Math.max(a0 + 1, atoms.holding(space, first + count - 1) + 1);
      if (a0 >= atoms.spaceStart[space + 1]!) return;
      for (const shift of shifts.at(op, space, vm))
        store.push(a0 + shift, a1 + shift, row, row, markOf(op, value));
    },
  );
  store.mergeEnds();
  return store;
}

/** How a conversion ended. */
export function outcomeOf(c: Conversion): number {
  if (c.untilRow < 0) return Outcome.Unfinished;
  if (c.result === 0 || (c.phaseRows[Phase.Done] ?? -1) >= 0) return Outcome.Done;
  if (c.result !== undefined || (c.phaseRows[Phase.Failed] ?? -1) >= 0) return Outcome.Failed;
  return Outcome.Unknown;
}

function buildConversions(
  analysis: Analysis,
  cutter: PlaceCutter,
  atoms: Atoms,
  shifts: Shifts,
  rowCount: number,
  conversionOf: number[],
): BandStore {
  const store = new BandStore();
  cutter.reset();
  for (const c of analysis.conversions) {
    const pieces = cutter.cut(spaceOf(c), ownerOf(c), c.first, c.count, c.fromRow);
    for (let p = 0; p < pieces; p++) {
      const piece = cutter.pieces[p]!;
      const a0 = atoms.at(piece.space, piece.first);
      const a1 = Math.max(a0 + 1, atoms.at(piece.space, piece.first + piece.count));
      const until = c.untilRow < 0 ? rowCount : c.untilRow;
      for (const shift of shifts.at(Op.Phase, piece.space, spaceOf(c) === 'gfn' ? c.vm : -1)) {
        store.push(a0 + shift, a1 + shift, c.fromRow, until, conversionValue(outcomeOf(c), c.toPrivate));
        conversionOf.push(c.index);
      }
    }
  }
  return store;
}

/** A page whose conversion failed or never ended is not like its neighbours. */
function signConversions(store: BandStore, signature: Uint32Array): void {
  for (const b of store.blocks) {
    for (let i = 0; i < b.length; i++)
      addSignature(signature, b.a0[i]!, b.a1[i]!, mix(CONVERSION_SALT + b.value[i]!));
  }
}

/** Puts findings on their atoms; a page with a finding is like no other, so it is never folded away. */
function placeFindings(
  analysis: Analysis,
  cutter: PlaceCutter,
  atoms: Atoms,
  signature: Uint32Array,
): readonly PlacedFinding[] {
  const out: PlacedFinding[] = [];
  cutter.reset();
  analysis.findings.forEach((f, finding) => {
    if (!f.pages) return;
    const pieces = cutter.cut(
      f.pages.unit,
      f.pages.unit === 'gfn' ? f.pages.vm : f.pages.inode,
      f.pages.first,
      f.pages.count,
      f.at,
    );
    for (let p = 0; p < pieces; p++) {
      const piece = cutter.pieces[p]!;
      const a0 = atoms.at(piece.space, piece.first);
      const a1 = Math.max(a0 + 1, atoms.at(piece.space, piece.first + piece.count));
      out.push({ finding, a0, a1 });
      for (let a = a0; a < a1 && a < a0 + SIGNED_ATOMS_MAX; a++)
        signature[a] = (signature[a]! ^ mix(FINDING_SALT + finding)) >>> 0;
    }
  });
  return out;
}

/** A finding on more atoms than this is on a range, which its first pages show. */
const SIGNED_ATOMS_MAX = 64;
