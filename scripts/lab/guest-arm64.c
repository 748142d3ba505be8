// SPDX-License-Identifier: MIT
/*
 * The laboratory's guest for arm64. One static program that needs /dev/kvm alone.
 *
 *   guest-arm64 [plain|protected [PAGES [VMS]]]   runs a guest that writes each of its pages, shares every second one
 *                                                 with the host and takes every fourth back, then switches itself off;
 *                                                 as many of them after one another. Under pKVM a protected one's
 *                                                 pages are donated by the host
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "programs.h"

/* Where the guest's memory begins; its first pages hold its code. */
#define GUEST_ADDRESS 0x40000000ull
#define CODE_PAGES 16
/* The type of a VM that the host must not see into, in the first bit that is no size of addresses. */
#define PROTECTED (1ul << 31)

/*
 * The guest: x19 is the address of its first page, x20 how many there are, x21 their size. The calls are MEM_SHARE and
 * MEM_UNSHARE of Documentation/virt/kvm/arm/hypercalls.rst, the last one is PSCI's SYSTEM_OFF.
 */
asm("	.pushsection .rodata\n"
    "	.balign 8\n"
    "	.global guest_begin, guest_end\n"
    "guest_begin:\n"
    "	mov x9, x19\n"
    "	mov x10, x20\n"
    "write_page:\n"
    "	str x10, [x9]\n"
    "	add x9, x9, x21\n"
    "	subs x10, x10, #1\n"
    "	b.ne write_page\n"
    "	ldr x12, =0xc6000003\n"
    "	lsl x11, x21, #1\n"
    "	bl call_for_pages\n"
    "	ldr x12, =0xc6000004\n"
    "	lsl x11, x21, #2\n"
    "	bl call_for_pages\n"
    "	ldr x0, =0x84000008\n"
    "	hvc #0\n"
    "	b .\n"
    "call_for_pages:\n"
    "	mov x9, x19\n"
    "	madd x10, x20, x21, x19\n"
    "call_for_page:\n"
    "	mov x0, x12\n"
    "	mov x1, x9\n"
    "	mov x2, xzr\n"
    "	mov x3, xzr\n"
    "	hvc #0\n"
    "	add x9, x9, x11\n"
    "	cmp x9, x10\n"
    "	b.lo call_for_page\n"
    "	ret\n"
    "	.ltorg\n"
    "guest_end:\n"
    "	.popsection\n");
extern const char guest_begin[], guest_end[];

static void set_register(int vcpu, uint64_t offset, uint64_t value)
{
	struct kvm_one_reg one = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / sizeof(uint32_t),
		.addr = (uintptr_t)&value,
	};

	must(ioctl(vcpu, KVM_SET_ONE_REG, &one), "KVM_SET_ONE_REG");
}
#define X(n) (offsetof(struct kvm_regs, regs.regs) + (n) * sizeof(uint64_t))

static int make_vcpu(int vm, uint64_t pages, uint64_t page_bytes)
{
	struct kvm_vcpu_init init;
	int vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");

	must(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	must(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
	set_register(vcpu, offsetof(struct kvm_regs, regs.pc), GUEST_ADDRESS);
	set_register(vcpu, X(19), GUEST_ADDRESS + CODE_PAGES * page_bytes);
	set_register(vcpu, X(20), pages);
	set_register(vcpu, X(21), page_bytes);
	return vcpu;
}

static void run_guest(int kvm, unsigned long type, uint64_t pages)
{
	uint64_t page_bytes = sysconf(_SC_PAGESIZE), size = (CODE_PAGES + pages) * page_bytes;
	int vm = must(ioctl(kvm, KVM_CREATE_VM, type), "KVM_CREATE_VM");
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region slot = {
		.guest_phys_addr = GUEST_ADDRESS, .memory_size = size, .userspace_addr = (uintptr_t)memory,
	};
	struct kvm_run *run;
	int run_bytes, vcpu;

	must(memory == MAP_FAILED ? -1 : 0, "mmap");
	memcpy(memory, guest_begin, guest_end - guest_begin);
	must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION");
	vcpu = make_vcpu(vm, pages, page_bytes);
	run_bytes = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	must(run == MAP_FAILED ? -1 : 0, "mmap of the vCPU");
	do
		must(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
	while (run->exit_reason == KVM_EXIT_HYPERCALL);
	if (run->exit_reason != KVM_EXIT_SYSTEM_EVENT) {
		fprintf(stderr, "the guest ended by exit %u\n", run->exit_reason);
		exit(1);
	}
	munmap(run, run_bytes);
	close(vcpu);
	close(vm);
	munmap(memory, size);
}

int main(int argc, char **argv)
{
	int is_protected = argc > 1 && strcmp(argv[1], "protected") == 0;
	uint64_t pages = argc > 2 ? atoi(argv[2]) : 16;
	int vms = argc > 3 ? atoi(argv[3]) : 2;
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");

	for (int i = 0; i < vms; i++) run_guest(kvm, is_protected ? PROTECTED : 0, pages);
	printf("%d guests done\n", vms);
	return 0;
}
