// SPDX-License-Identifier: MIT
/* What the laboratory's programs have in common: to be included behind all other headers. */

/* Of our own: the headers that this is built with may be older than the kernel that it runs on. */
struct guest_memfd {
	uint64_t size;
	uint64_t flags;
	uint64_t reserved[6];
};
#define CREATE_GUEST_MEMFD _IOWR(KVMIO, 0xd4, struct guest_memfd)
/* Without attributes no memslot takes a file that is private. */
#define MAY_BE_MAPPED 1ull
#define STARTS_SHARED 2ull
struct memory_region {
	uint32_t slot, flags;
	uint64_t guest_address, size, user_address, file_offset;
	uint32_t file, pad1;
	uint64_t pad2[14];
};
#define SET_MEMORY_REGION _IOW(KVMIO, 0x49, struct memory_region)
#define IS_GUEST_MEMFD (1u << 2)
struct attributes {
	uint64_t address, size, attributes, flags;
};
#define SET_ATTRIBUTES _IOW(KVMIO, 0xd2, struct attributes)
#define IS_PRIVATE (1ull << 3)
#define WITH_ATTRIBUTES 1

/* The result, if it is none of a failure; else says what failed, and why, and exits. */
static int must(int result, const char *what)
{
	if (result >= 0) return result;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}
