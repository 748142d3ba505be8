// SPDX-License-Identifier: MIT
/*
 * The laboratory's workload for faults that faults.c puts into a kernel. It needs /dev/kvm alone.
 *
 *   steps [STEP [PAGES [last]]]   takes all steps, one after another, each on pages of its own; with `last` none behind
 *                                 STEP. The fault, if its module is there, is armed for STEP alone
 *
 * `punch` punches a hole into a file that is bound to a memslot. On a kernel with memory attributes (x86), where KVM
 * maps pages without a guest that runs (KVM_PRE_FAULT_MEMORY, since Linux 6.11), `convert` converts shared pages that
 * are mapped to private, `hole` punches private pages that are mapped, `race` converts a page while it is being mapped,
 * `meet` punches a page while it is being mapped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../programs.h"

#define ARMED "/sys/module/faults/parameters/armed"
#define GUEST_ADDRESS 0x40000000ull
#define WAITS "/sys/module/faults/parameters/waits"
#define RACE_US 30000
#define LONGEST_US 3000000
#define MOST_TRIES 1000

#define HAS_ATTRIBUTES 233
struct range {
	uint64_t address, size, flags, padding[5];
};
#define PRE_FAULT_MEMORY _IOWR(KVMIO, 0xd5, struct range)

static uint64_t page_bytes;
static int vm, vcpu, file, has_attributes, is_armed;

/* Without the module there is nothing to arm. */
static void arm(const char *value)
{
	int at = open(ARMED, O_WRONLY | O_CLOEXEC);

	if (at < 0) return;
	must(write(at, value, 1), ARMED);
	is_armed = *value == 'Y';
	close(at);
}

static void convert(uint64_t first, uint64_t pages, uint64_t attributes)
{
	struct attributes wanted = {
		.address = GUEST_ADDRESS + first * page_bytes, .size = pages * page_bytes, .attributes = attributes,
	};

	must(ioctl(vm, SET_ATTRIBUTES, &wanted), "KVM_SET_MEMORY_ATTRIBUTES");
}

static void map(uint64_t first, uint64_t pages)
{
	struct range wanted = { .address = GUEST_ADDRESS + first * page_bytes, .size = pages * page_bytes };

	for (int i = 0; i < MOST_TRIES && wanted.size > 0; i++)
		if (ioctl(vcpu, PRE_FAULT_MEMORY, &wanted) < 0 && errno != EAGAIN && errno != EINTR)
			must(-1, "KVM_PRE_FAULT_MEMORY");
}

static void convert_to_private(uint64_t first, uint64_t pages)
{
	convert(first, pages, IS_PRIVATE);
}

static void convert_and_map(uint64_t first, uint64_t pages)
{
	convert_to_private(first, pages);
	map(first, pages);
}

static void fill(uint64_t first, uint64_t pages)
{
	must(fallocate(file, FALLOC_FL_KEEP_SIZE, first * page_bytes, pages * page_bytes), "fallocate");
}

static void punch(uint64_t first, uint64_t pages)
{
	int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

	must(fallocate(file, mode, first * page_bytes, pages * page_bytes), "punch hole");
}

static void fill_and_punch_half(uint64_t first, uint64_t pages)
{
	fill(first, pages);
	punch(first, pages / 2);
}

static void *map_one(void *first)
{
	map((uintptr_t)first, 1);
	return NULL;
}

/* Until the other thread waits in the kernel, where the module of faults holds it up; else for a moment. */
static void until_it_waits(void)
{
	for (int waited = 0; waited < (is_armed ? LONGEST_US : RACE_US); waited += RACE_US / 10) {
		char count = '0';
		int at = open(WAITS, O_RDONLY | O_CLOEXEC);

		if (at >= 0) must(read(at, &count, 1), WAITS);
		close(at);
		if (count > '0') return;
		usleep(RACE_US / 10);
	}
}

static void while_mapping(uint64_t first, uint64_t pages, void (*act)(uint64_t first, uint64_t pages))
{
	pthread_t thread;

	must(-pthread_create(&thread, NULL, map_one, (void *)(uintptr_t)first), "thread");
	until_it_waits();
	act(first, pages);
	pthread_join(thread, NULL);
}

static void race(uint64_t first, uint64_t pages)
{
	while_mapping(first, pages, convert_to_private);
}

static void meet(uint64_t first, uint64_t pages)
{
	while_mapping(first, pages, punch);
}

/* What comes before a step is never at fault. */
static const struct {
	const char *name;
	int needs_attributes;
	void (*before)(uint64_t first, uint64_t pages);
	void (*take)(uint64_t first, uint64_t pages);
} steps[] = {
	{ "punch", 0, fill_and_punch_half, punch },
	{ "convert", 1, map, convert_to_private },
	{ "hole", 1, convert_and_map, punch },
	{ "race", 1, NULL, race },
	{ "meet", 1, convert_to_private, meet },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void make_vm(uint64_t size)
{
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	struct guest_memfd wanted = { .size = size };
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct memory_region slot = {
		.slot = 1, .flags = IS_GUEST_MEMFD, .guest_address = GUEST_ADDRESS, .size = size,
		.user_address = (uintptr_t)shared,
	};

	must(shared == MAP_FAILED ? -1 : 0, "mmap");
	vm = ioctl(kvm, KVM_CREATE_VM, WITH_ATTRIBUTES);
	has_attributes = vm >= 0 && ioctl(vm, KVM_CHECK_EXTENSION, HAS_ATTRIBUTES) > 0;
	if (vm >= 0 && !has_attributes) close(vm);
	if (!has_attributes) vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	if (!has_attributes) wanted.flags = MAY_BE_MAPPED | STARTS_SHARED;
	file = slot.file = must(ioctl(vm, CREATE_GUEST_MEMFD, &wanted), "KVM_CREATE_GUEST_MEMFD");
	must(ioctl(vm, SET_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION2");
	if (has_attributes) vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
}

int main(int argc, char **argv)
{
	const char *meant = argc > 1 ? argv[1] : "";
	uint64_t pages = argc > 2 ? atoi(argv[2]) : 4;
	int is_last = argc > 3;

	page_bytes = sysconf(_SC_PAGESIZE);
	arm("N");
	make_vm(STEPS * pages * page_bytes);
	for (uint64_t i = 0; i < STEPS; i++) {
		int is_meant = strcmp(meant, steps[i].name) == 0;

		if (steps[i].needs_attributes && !has_attributes) continue;
		if (steps[i].before) steps[i].before(i * pages, pages);
		if (is_meant) arm("Y");
		steps[i].take(i * pages, pages);
		if (is_meant) arm("N");
		if (is_meant && is_last) break;
	}
	puts("all steps taken");
	return 0;
}
