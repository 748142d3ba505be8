// SPDX-License-Identifier: Apache-2.0
/* Written for tests: of the kernel it has the names of functions alone. */
#include "kvm_mm.h"

#define GMEM_RETRIES	3

struct gmem_state {
	unsigned long first;
	unsigned long last;
};

static bool kvm_gmem_has_users(struct address_space *mapping, unsigned long first,
			       unsigned long count)
{
	return gmem_count(mapping, first, count) != 0;
}

static int gmem_record(struct gmem_state *state, unsigned long first,
		       unsigned long last)
{
	state->first = first;
	state->last = last;
	return gmem_tree_put(state, GMEM_RETRIES);
}

static void __kvm_gmem_invalidate_start(struct gmem_file *f, unsigned long first,
					unsigned long last)
{
	if (!first_use(f))
		return;
	zap_range(f, first, last);
}

static int __kvm_gmem_set_attributes(struct inode *inode, unsigned long first,
				     unsigned long count, u64 attrs)
{
	struct address_space *mapping = inode->i_mapping;
	struct gmem_state state;
	int ret;

	lock_range(mapping);
	if (attrs)
		unmap_mapping_pages(mapping, first, count, false);

	__kvm_gmem_invalidate_start(inode_file(inode), first, first + count);
	ret = gmem_record(&state, first, first + count);
	trace_kvm_gmem_recorded(first, count);
	unlock_range(mapping);
	return ret;
}

long kvm_gmem_ioctl(struct file *file, unsigned int ioctl, unsigned long arg)
{
	switch (ioctl) {
	case GMEM_SET:
		return __kvm_gmem_set_attributes(file_inode(file), arg, 1, 8);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations gmem_fops = {
	.unlocked_ioctl	= kvm_gmem_ioctl,
};
