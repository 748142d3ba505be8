// SPDX-License-Identifier: MIT
/*
 * The laboratory's workload. One static program that needs /dev/kvm alone.
 *
 *   workload [ROUNDS [PAGES]]           makes guest_memfd files, fills them, punches holes into them, closes them
 *   workload convert [ROUNDS [PAGES]]   binds one to a VM with memory attributes, converts its pages to private and
 *                                       back, all at once and one by one, discards what is left, and forks meanwhile
 *   workload map [ROUNDS [PAGES]]       maps a file whose pages begin as shared (since Linux 6.18), writes it, pins its
 *                                       pages by a pipe, lets a child write it, lets go, and punches it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "programs.h"

static uint64_t page_bytes;

#define GUEST_ADDRESS 0x40000000ull

static int make_file(int vm, uint64_t size, uint64_t flags)
{
	struct guest_memfd wanted = { .size = size, .flags = flags };

	return must(ioctl(vm, CREATE_GUEST_MEMFD, &wanted), "KVM_CREATE_GUEST_MEMFD");
}

static void punch(int file, uint64_t size)
{
	must(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, size), "punch hole");
}

static void convert(int vm, uint64_t first, uint64_t size, uint64_t attributes)
{
	struct attributes wanted = { .address = GUEST_ADDRESS + first, .size = size, .attributes = attributes };

	must(ioctl(vm, SET_ATTRIBUTES, &wanted), "KVM_SET_MEMORY_ATTRIBUTES");
}

static void fill_and_punch(int kvm, int rounds, uint64_t size)
{
	int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

	for (int i = 0; i < rounds; i++) {
		int file = make_file(vm, size, 0);

		must(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size), "fallocate");
		punch(file, size / 2);
		close(file);
	}
}

static void convert_pages(int kvm, int rounds, uint64_t size)
{
	int vm = must(ioctl(kvm, KVM_CREATE_VM, WITH_ATTRIBUTES), "KVM_CREATE_VM with memory attributes");
	int file = make_file(vm, size, 0);
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct memory_region slot = {
		.slot = 1, .flags = IS_GUEST_MEMFD, .guest_address = GUEST_ADDRESS, .size = size,
		.user_address = (uintptr_t)shared, .file = file,
	};

	must(shared == MAP_FAILED ? -1 : 0, "mmap");
	must(ioctl(vm, SET_MEMORY_REGION, &slot), "KVM_SET_USER_MEMORY_REGION2");
	for (int i = 0; i < rounds; i++) {
		memset(shared, i, size);
		convert(vm, 0, size, IS_PRIVATE);
		must(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size), "fallocate");
		for (uint64_t page = 0; page < size; page += page_bytes) convert(vm, page, page_bytes, 0);
		punch(file, size);
		/* A child shares the shared memory, writes it and goes. */
		if (must(fork(), "fork") == 0) {
			memset(shared, 0xff, size);
			_exit(0);
		}
		wait(NULL);
	}
}

static void map_and_pin(int kvm, int rounds, uint64_t size)
{
	int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

	for (int i = 0; i < rounds; i++) {
		int file = make_file(vm, size, MAY_BE_MAPPED | STARTS_SHARED);
		char *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
		struct iovec first_page = { .iov_base = mapped, .iov_len = page_bytes };
		int ends[2];

		must(mapped == MAP_FAILED ? -1 : 0, "mmap of the file");
		memset(mapped, i, size);
		must(pipe(ends), "pipe");
		must(vmsplice(ends[1], &first_page, 1, 0), "vmsplice");
		if (must(fork(), "fork") == 0) {
			memset(mapped, 0xff, size);
			_exit(0);
		}
		wait(NULL);
		/* What lies in the pipe holds its page until here. */
		close(ends[0]);
		close(ends[1]);
		munmap(mapped, size);
		punch(file, size);
		close(file);
	}
}

int main(int argc, char **argv)
{
	int converts = argc > 1 && strcmp(argv[1], "convert") == 0;
	int maps = argc > 1 && strcmp(argv[1], "map") == 0;
	char **numbers = argv + (converts || maps);
	int count = argc - (converts || maps);
	int rounds = count > 1 ? atoi(numbers[1]) : 3;
	int pages = count > 2 ? atoi(numbers[2]) : 16;
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");

	page_bytes = sysconf(_SC_PAGESIZE);
	if (converts) convert_pages(kvm, rounds, pages * page_bytes);
	else if (maps) map_and_pin(kvm, rounds, pages * page_bytes);
	else fill_and_punch(kvm, rounds, pages * page_bytes);
	printf("%d rounds done\n", rounds);
	return 0;
}
