// SPDX-License-Identifier: MIT
/*
 * The laboratory's workload: makes guest_memfd files of a VM, fills them with pages, punches holes into them and closes
 * them. One static program that needs /dev/kvm alone.
 *
 *   workload [ROUNDS [PAGES]]
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
#include <unistd.h>

#define PAGE_BYTES 4096ull

/* Of our own: the headers that this is built with may be older than the kernel that it runs on. */
struct guest_memfd {
	uint64_t size;
	uint64_t flags;
	uint64_t reserved[6];
};
#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct guest_memfd)

static int must(int result, const char *what)
{
	if (result >= 0) return result;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 3;
	uint64_t size = (argc > 2 ? atoi(argv[2]) : 16) * PAGE_BYTES;
	int kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");

	for (int i = 0; i < rounds; i++) {
		struct guest_memfd wanted = { .size = size };
		int file = must(ioctl(vm, CREATE_GUEST_MEMFD, &wanted), "KVM_CREATE_GUEST_MEMFD");

		must(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size), "fallocate");
		must(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, size / 2), "punch hole");
		close(file);
	}
	printf("%d rounds done\n", rounds);
	return 0;
}
