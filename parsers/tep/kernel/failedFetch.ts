/** Values that no memory holds where a probe read them, as ../../events/failedFetch.ts knows them. */

/** What is checked of a slot. */
const IS_LINK: u32 = 0;
const IS_INODE: u32 = 2;
const IS_INDEX: u32 = 3;
const MAPPING_FLAGS: u64 = 3;
const KERNEL_MIN: u64 = 0xff00000000000000;
const INODE_MIN: u64 = 0x8000000000000000;
const INDEX_MIN: u64 = 1 << 51;

/** True where a fetch has failed. */
export function isFailed(what: u32, read: u64): bool {
  if (what === IS_INODE) return read >= INODE_MIN;
  if (what === IS_INDEX) return read >= INDEX_MIN;
  if (read === 0) return true;
  if (what === IS_LINK) return false;
  return (read & MAPPING_FLAGS) !== 0 || (read >> 32 !== 0 && read < KERNEL_MIN);
}
