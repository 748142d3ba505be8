import assert from 'node:assert/strict';
import { findField, formatId, parseFormat } from './tep.js';

const TEXT = `name: kvm_gmem
ID: 1234
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:unsigned long gfn;\toffset:8;\tsize:8;\tsigned:0;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:__data_loc char[] name;\toffset:32;\tsize:4;\tsigned:0;
\tfield:__rel_loc u32[] list;\toffset:36;\tsize:4;\tsigned:0;
\tfield:struct kvm * kvm;\toffset:40;\tsize:8;\tsigned:0;
\tfield:u64 args[6];\toffset:48;\tsize:48;\tsigned:0;
\tfield:s8 level;\toffset:96;\tsize:1;\tsigned:1;

print fmt: "gfn %lx", REC->gfn
`;

describe('format files', () => {
  const format = parseFormat(TEXT, 'kvm', 8)!;

  it('tell the event and its print format', () => {
    assert.deepEqual(
      [format.name, format.id, format.system, format.printFmt],
      ['kvm_gmem', 1234, 'kvm', '"gfn %lx", REC->gfn'],
    );
    assert.equal(formatId(TEXT), 1234);
    assert.deepEqual(
      format.common.map((f) => f.name),
      ['common_type', 'common_pid'],
    );
  });

  it('tell the fields', () => {
    assert.deepEqual(
      format.fields.map((f) => [f.name, f.offset, f.size, f.signed, f.location, f.isArray, f.elementSize]),
      [
        ['gfn', 8, 8, false, 'inline', false, 8],
        ['comm', 16, 16, false, 'inline', true, 1],
        ['name', 32, 4, false, 'data_loc', true, 1],
        ['list', 36, 4, false, 'rel_loc', true, 4],
        ['kvm', 40, 8, false, 'inline', false, 8],
        ['args', 48, 48, false, 'inline', true, 8],
        ['level', 96, 1, true, 'inline', false, 1],
      ],
    );
    const of = (name: string) => findField(format, name)!;
    assert.deepEqual(
      [
        of('gfn').isLong,
        of('kvm').isPointer,
        of('comm').isString,
        of('list').isString,
        of('common_pid').signed,
      ],
      [true, true, true, false, true],
    );
  });

  it('are refused when damaged', () => {
    assert.equal(parseFormat(TEXT.replace('ID: 1234', 'ID: x'), 'kvm', 8), undefined);
    assert.equal(parseFormat(TEXT.replace('name: ', 'nome: '), 'kvm', 8), undefined);
    assert.equal(parseFormat(TEXT.replace('offset:8;', 'offset:99999999;'), 'kvm', 8), undefined);
    assert.equal(parseFormat('', 'kvm', 8), undefined);
  });
});
