/** What a recording needs to answer each question: of every group one kind, the one to record first. */
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { QuestionId } from './index.js';

type Needs = readonly (readonly EventKind[])[];

const CONVERSION: readonly EventKind[] = ['SetAttrRequest', 'PostSetAttr', 'ConvertEnter', 'StoreAttr'];
const RESULT: readonly EventKind[] = ['SysExitIoctl', 'GmemIoctlRet', 'VmIoctlRet', 'ConvertRet'];
const PINS: Needs = [
  ['GupRet', 'GrabFolio'],
  ['UnpinPages', 'UnpinPage', 'UnpinFolio'],
];
const HOLDERS: Needs = [...PINS, ['GetPfnRet'], ['RmapAdd'], ['RmapRemove']];
const INSTALLS: readonly EventKind[] = ['SpteChanged', 'SetSpte'];

export const QUESTION_NEEDS: Readonly<Record<QuestionId, Needs>> = {
  holds: HOLDERS,
  brackets: [['InvStart'], ['InvRange', 'UnmapGfnRange'], ['InvEnd'], INSTALLS],
  progress: [['KvmPageFault'], INSTALLS, ['TdpMap']],
  huge: [['SpteChanged']],
  ownership: [CONVERSION, ['GmemCreate'], ['FilemapAdd'], ['SpteChanged'], ...HOLDERS],
  retry: [CONVERSION, RESULT, ...HOLDERS],
  refused: [CONVERSION, RESULT, ['GmemBindRet']],
  difference: [
    CONVERSION,
    RESULT,
    ['InvStart', 'GmemInvStart'],
    ['SpteChanged'],
    ['PostSetAttr', 'StoreAttr'],
  ],
  life: [['PageRef']],
};
