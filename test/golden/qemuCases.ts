/** Small logs of QEMU's of one case each: what its memslots mean, and what they tell the rules. */

const SLOT = 'kvm_set_user_memory AddrSpace#0 Slot#1 flags=0x4 gpa=0x100000';
const SECOND = 'kvm_set_user_memory AddrSpace#0 Slot#2 flags=0x4';
const AT_800000 = 'size=0x200000 ua=0x7f0000800000';
const NO_FILE = 'guest_memfd=-1 guest_memfd_offset=0x0';
export const OF_QEMU: Readonly<Record<string, readonly string[]>> = {
  'a slot comes and goes': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x0 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x0 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
  ],
  'a slot that failed': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x0 ret=-22`,
  ],
  'a slot without a file': [`${SLOT.replace('0x4', '0x0')} size=0x200000 ua=0x7f0000000000 ${NO_FILE} ret=0`],
  'a slot of SMM, the other address space': [
    `${SLOT.replace('AddrSpace#0', 'AddrSpace#1')} size=0x200000 ua=0x7f0000000000 ${NO_FILE} ret=0`,
  ],
  'a slot of SMM, as an older QEMU numbers it': [
    `kvm_set_user_memory Slot#65537 flags=0x0 gpa=0x100000 size=0x200000 ua=0x7f0000000000 ret=0`,
  ],
  'a slot that is there is asked for with another size: the next guest': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x400000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x400000 ua=0x7f0000400000 guest_memfd=8 guest_memfd_offset=0x3000 ret=0`,
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x3000 ret=-17`,
  ],
  'a second slot on pages of the file that the first has': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x0 ret=0`,
    `${SECOND} gpa=0x800000 ${AT_800000} guest_memfd=8 guest_memfd_offset=0x100000 ret=-22`,
  ],
  'a second slot on guest frames that the first has': [
    `${SLOT} size=0x200000 ua=0x7f0000000000 guest_memfd=8 guest_memfd_offset=0x0 ret=0`,
    `${SECOND} gpa=0x200000 ${AT_800000} guest_memfd=9 guest_memfd_offset=0x0 ret=-17`,
  ],
  'a slot of an older QEMU': [`${SLOT} size=0x200000 ua=0x7f0000000000 ret=0`],
};
