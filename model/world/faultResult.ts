/** What a fault of a user mapping came to, as the kernel returns it. */

/** vm_fault_reason, include/linux/mm_types.h. */
const VM_FAULT_NOPAGE = 0x100;
const VM_FAULT_LOCKED = 0x200;
/** OOM 1, SIGBUS 2, HWPOISON 0x10, HWPOISON_LARGE 0x20, SIGSEGV 0x40, RETRY 0x400. */
const VM_FAULT_NOT_SERVICED = 0x473;

/**
 * True for the VM_FAULT code of a fault that was serviced: 0 or NOPAGE with the page installed, or LOCKED.
 */
export function isServiced(ret: number): boolean {
  const gavePage = (ret & VM_FAULT_LOCKED) !== 0 && (ret & VM_FAULT_NOT_SERVICED) === 0;
  return ret === 0 || ret === VM_FAULT_NOPAGE || gavePage;
}
