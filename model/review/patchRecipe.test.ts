import assert from 'node:assert/strict';
import { inTree, inUse, GUEST_MEMFD, openText } from '../../test/support/reviewSamples.js';
import { recipeProbes } from '../findings/recipe.js';
import { codeLinesOf } from './codeLines.js';
import { evidenceOf } from './evidence.js';
import { imagesOf } from './images.js';
import { patchRecipe, type RecipeInput } from './patchRecipe.js';
import { indexSources } from './sourceIndex.js';
import { readSymbols } from './symbols.js';
import { touchedBy } from './touched.js';

const images = imagesOf(inUse(), inTree);
const index = indexSources([[GUEST_MEMFD, images.after.get(GUEST_MEMFD)!.join('\n')]]);
const touched = touchedBy(inUse(), images);
const { functions } = touched;
const input: RecipeInput = {
  functions,
  index,
  codeLines: (f) => codeLinesOf({ series: inUse(), images, touched }, f),
  symbols: undefined,
};

const probesOf = (lines: readonly string[]): readonly string[] =>
  lines
    .flatMap((line) => /^probe '(\S+ [^\s']+)/.exec(line)?.[1] ?? [])
    .filter((probe) => probe.includes(':review/'));

describe('a recipe for a patch', () => {
  it('has an entry and a return of each function, but what the rules record anyway', () => {
    const lines = patchRecipe(input);
    assert.deepEqual(probesOf(lines), [
      'p:review/gmem_record gmem_record',
      'r:review/gmem_record_ret gmem_record',
      'p:review/kvm_gmem_is_safe_for_conversion kvm_gmem_is_safe_for_conversion',
      'r:review/kvm_gmem_is_safe_for_conversion_ret kvm_gmem_is_safe_for_conversion',
    ]);
    for (const name of ['kvm_gmem_is_safe_for_conversion', '__kvm_gmem_set_attributes'])
      for (const end of ['p', 'r'])
        assert.equal(
          lines.filter((line) => new RegExp(`^probe '${end}\\S* ${name}[ ']`).test(line)).length,
          1,
          name,
        );
    for (const probe of recipeProbes())
      assert.ok(
        lines.some((line) => line.includes(`probe '`) && line.includes(`'${probe}'`)),
        probe,
      );
    assert.ok(lines.includes('enable review'));
    assert.ok(lines.includes(`#   echo 'gmem_record' >> set_ftrace_filter`));
  });

  it('for a kernel has the copies that it has, and callers of what it has not', () => {
    const symbols = readSymbols(
      [
        'ffffffff81000000 t __kvm_gmem_set_attributes.isra.0\t[kvm]',
        'ffffffff81000100 t __kvm_gmem_set_attributes.constprop.0.cold\t[kvm]',
        'ffffffff81000200 T kvm_gmem_ioctl',
        'ffffffff81000300 d gmem_record',
      ].join('\n'),
    );
    const lines = patchRecipe({ ...input, symbols });
    const record = lines.findIndex((line) => line.startsWith('# gmem_record '));
    assert.match(lines[record]!, /no such symbol; its callers: __kvm_gmem_set_attributes\.isra\.0$/);
    // perf looks into no module that it is not told of.
    assert.match(lines[record + 1]!, /: perf probe -m kvm --add 'gmem_record'$/);
    // What the patch adds to it, by its line in the file after the patch.
    const line =
      1 + images.after.get(GUEST_MEMFD)!.indexOf('\tif (kvm_gmem_has_users(mapping, first, count))');
    assert.ok(
      lines.some((text) =>
        text.includes(`--add 'review:kvm_gmem_is_safe_for_conversion_L${line}=${GUEST_MEMFD}:${line}'`),
      ),
    );
    assert.ok(
      probesOf(lines).includes('p:review/__kvm_gmem_set_attributes_isra_0 __kvm_gmem_set_attributes.isra.0'),
    );
    assert.ok(!lines.some((line) => line.includes('.cold')));
    assert.deepEqual(readSymbols('f [kvm]\ng.part.0\nh.constprop.0\n').of('h'), ['h.constprop.0']);
  });

  it('says of a module that perf may have to be told of it, where no symbols say so', () => {
    const hint = 'with debug information (and -m kvm where KVM is a module): perf probe --add';
    assert.ok(patchRecipe(input).some((line) => line.includes(`${hint} 'gmem_record'`)));
    const builtIn = readSymbols('ffffffff81000000 t __kvm_gmem_set_attributes\n');
    assert.ok(patchRecipe({ ...input, symbols: builtIn }).every((line) => !line.includes('-m kvm')));
  });

  it('goes on to the callers of callers that were inlined themselves', () => {
    const body = (name: string, called: string): string =>
      `static int ${name}(void)\n{\n\treturn ${called};\n}\n`;
    const source = body('c', '0') + body('b', 'c() + b()') + body('a', 'b()');
    const inlined = {
      ...input,
      functions: [{ ...functions[0]!, name: 'c' }],
      index: indexSources([['virt/kvm/x.c', source]]),
      symbols: readSymbols('ffffffff81000000 t a\t[kvm]\n'),
    };
    assert.deepEqual(probesOf(patchRecipe(inlined)), ['p:review/a a', 'r:review/a_ret a']);
  });

  it('runs nothing that a patch says', () => {
    const evil = { ...functions[0]!, path: "x\nrm -rf ~; '\u0000.c" };
    const lines = patchRecipe({ ...input, functions: [evil] });
    assert.ok(lines.every((line) => !/[\n\0]/.test(line)));
    assert.ok(lines.some((line) => line.startsWith('# gmem_record (x?rm?-rf')));
  });

  it('beside a trace has only what that lacks', () => {
    const { table, describe: text } = openText(
      [
        '# tracer: nop',
        '        qemu-7 [001] d.... 1.000000: a: (gmem_record+0x0/0x10)',
        '        qemu-7 [001] d.... 1.000001: b: (x+0x1/0x2 <- kvm_gmem_is_safe_for_conversion) ret=0',
        '',
      ].join('\n'),
    );
    const names = functions.map((f) => f.name);
    const evidence = evidenceOf({ table, describe: text }, names, index);
    const lines = patchRecipe({ ...input, trace: { table, evidence } });
    assert.deepEqual(probesOf(lines), ['r:review/gmem_record_ret gmem_record']);
    assert.ok(!lines.some((line) => line.startsWith('# kvm_gmem_is_safe_for_conversion')));
  });
});
