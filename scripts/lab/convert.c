// SPDX-License-Identifier: GPL-2.0
/*
 * For the laboratory alone: lets a stock kernel convert pages. Debian builds KVM without CONFIG_KVM_SW_PROTECTED_VM,
 * so that no VM may have memory attributes. This sets the bit by which KVM offers that type of VM; nothing of KVM's
 * code is changed, and the type's own option does no more on the host's side. What the guest's faults ask for stays
 * shared. It takes a kprobe, which is exported to GPL modules only, so it must be under the GPL, unlike the rest here.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/types.h>
#include <asm/kvm.h>

/* The beginning of struct kvm_caps, arch/x86/kvm/x86.h of Linux 6.12, which comes with no header package. */
struct caps_head {
	bool has_tsc_control;
	u32 max_guest_tsc_khz;
	u8 tsc_scaling_ratio_frac_bits;
	u64 max_tsc_scaling_ratio;
	u64 default_tsc_scaling_ratio;
	bool has_bus_lock_exit;
	bool has_notify_vmexit;
	u32 supported_vm_types;
};
static struct caps_head *caps;

#define KNOWN_TYPES 0xff

/* Later kernels export it to KVM's own modules alone: what looks a symbol up is where a kprobe would be put. */
static void *place_of(const char *name)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*look_up)(const char *name);

	if (register_kprobe(&probe)) return NULL;
	look_up = (void *)probe.addr;
	unregister_kprobe(&probe);
	return (void *)look_up(name);
}

static int __init convert_init(void)
{
	u32 types;

	caps = place_of("kvm_caps");
	if (!caps) return -ENOENT;
	types = caps->supported_vm_types;
	/* Any kernel offers the default type; anything else is no set of types, and lies elsewhere. */
	if (!(types & BIT(KVM_X86_DEFAULT_VM)) || (types & ~KNOWN_TYPES)) return -EINVAL;
	caps->supported_vm_types |= BIT(KVM_X86_SW_PROTECTED_VM);
	return 0;
}

static void __exit convert_exit(void)
{
	caps->supported_vm_types &= ~BIT(KVM_X86_SW_PROTECTED_VM);
}

module_init(convert_init);
module_exit(convert_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Offers VMs with memory attributes on a kernel built without them, in a laboratory");
