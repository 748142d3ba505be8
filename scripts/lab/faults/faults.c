// SPDX-License-Identifier: GPL-2.0
/*
 * For the laboratory alone: puts one fault into a stock kernel while one workload runs, so that a recording has a bug
 * whose place is known. The kernel's own binary stays as it is; kprobes leave out a call or change what it is given:
 *
 *   skip=FUNCTION,FUNCTION...   the function returns at once, with `returns` (0)
 *   clear=FUNCTION              one argument of the call, the `argument`th from 0, loses `bits`
 *   pause=FUNCTION,FUNCTION...  behind the function the task waits the `pause_ms` of the same place, without sleeping
 *
 * Only of tasks whose name begins with `task`; where `equals` is given, only calls to be skipped whose `argument`th is
 * this; and of each function only the calls from the `from`th on, `count` of them, counted from when `armed` was last
 * set. Behind the last of them its probe is taken off. Each is told to the kernel's log with the time of the clock mono.
 *
 * A kprobe that came later is asked first: loaded when the recorder's probes are on, this hides from them the calls
 * that are left out, as if the kernel had not made them. What it does to the kernel is what it says: pages may be lost
 * or used after they are freed. Nothing but a machine that is thrown away must load it.
 *
 * register_kprobe() is exported to GPL modules only, so this must be under the GPL (version 2, as the kernel), unlike
 * the rest of this repository.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#ifdef CONFIG_X86_64
#include <asm/ibt.h>
#endif

#define MOST 4

static char *skip[MOST];
static int skips;
module_param_array(skip, charp, &skips, 0444);
static long returns;
module_param(returns, long, 0444);
static char *clear;
module_param(clear, charp, 0444);
static int argument;
module_param(argument, int, 0444);
static ulong equals;
module_param(equals, ulong, 0444);
static ulong bits;
module_param(bits, ulong, 0444);
static char *pause[MOST];
static int pauses;
module_param_array(pause, charp, &pauses, 0444);
static uint pause_ms[MOST] = { 100, 100, 100, 100 };
module_param_array(pause_ms, uint, NULL, 0444);
static char *task = "workload";
module_param(task, charp, 0444);
static int from = 1;
module_param(from, int, 0444);
static int count = 1;
module_param(count, int, 0444);

/* A function's probe, with how many calls of it were seen. */
struct hook {
	struct kretprobe probe;
	atomic_t calls;
	bool is_on;
};
static struct hook skipped[MOST], cleared, paused[MOST];
static bool armed = true;

/* How many tasks wait, or have waited, since: a workload looks when to go on. */
static int waits;
module_param(waits, int, 0444);

static int set_armed(const char *value, const struct kernel_param *param)
{
	for (int i = 0; i < MOST; i++) {
		atomic_set(&skipped[i].calls, 0);
		atomic_set(&paused[i].calls, 0);
	}
	atomic_set(&cleared.calls, 0);
	waits = 0;
	return param_set_bool(value, param);
}
static const struct kernel_param_ops armed_ops = { .set = set_armed, .get = param_get_bool };
module_param_cb(armed, &armed_ops, &armed, 0644);

/* A function that is called half a million times is slow under a probe. */
static void take_off_done(struct work_struct *work)
{
	for (int i = 0; i < skips; i++)
		if (atomic_read(&skipped[i].calls) >= from + count - 1) disable_kprobe(&skipped[i].probe.kp);
}
static DECLARE_WORK(done, take_off_done);

/* Whether this call is one of those that are changed; if so, it is told. */
static bool is_meant(struct hook *hook, const char *what)
{
	int call;

	if (!armed || !strstarts(current->comm, task)) return false;
	call = atomic_inc_return(&hook->calls);
	if (call < from || call >= from + count) return false;
	pr_info("faults: %s %s at %llu\n", what, hook->probe.kp.symbol_name, ktime_get_mono_fast_ns());
	if (call == from + count - 1) schedule_work(&done);
	return true;
}

/* What a function's first instruction is turned to when it is left out. */
#ifdef CONFIG_X86_64
extern const char just_return[];
asm(".pushsection .text\n"
    "	.type just_return, @function\n"
    "just_return:\n"
    "	" ASM_ENDBR "\n"
    "	" ASM_RET "\n"
    "	.size just_return, . - just_return\n"
    ".popsection\n");

static void leave(struct pt_regs *regs)
{
	regs->ax = returns;
	instruction_pointer_set(regs, (unsigned long)just_return);
}

static unsigned long *argument_of(struct pt_regs *regs)
{
	unsigned long *places[] = { &regs->di, &regs->si, &regs->dx, &regs->cx, &regs->r8, &regs->r9 };

	return argument >= 0 && argument < ARRAY_SIZE(places) ? places[argument] : NULL;
}
#elif defined(CONFIG_ARM64)
static void leave(struct pt_regs *regs)
{
	regs->regs[0] = returns;
	instruction_pointer_set(regs, procedure_link_pointer(regs));
}

static unsigned long *argument_of(struct pt_regs *regs)
{
	return argument >= 0 && argument < 8 ? (unsigned long *)&regs->regs[argument] : NULL;
}
#endif

static struct hook *hook_of(struct kprobe *probe)
{
	return container_of(probe, struct hook, probe.kp);
}

static int on_skipped(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long *place = argument_of(regs);

	if (equals && (!place || *place != equals)) return 0;
	if (!is_meant(hook_of(probe), "left out")) return 0;
	leave(regs);
	return 1;
}
NOKPROBE_SYMBOL(on_skipped);

static int on_cleared(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long *place = argument_of(regs);

	if (place && (*place & bits) && is_meant(hook_of(probe), "took bits from")) *place &= ~bits;
	return 0;
}
NOKPROBE_SYMBOL(on_cleared);

static int on_paused(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct hook *hook = container_of(get_kretprobe(instance), struct hook, probe);

	if (!is_meant(hook, "waits behind")) return 0;
	waits++;
	mdelay(pause_ms[hook - paused]);
	return 0;
}
NOKPROBE_SYMBOL(on_paused);

static int put_behind(struct hook *hook, const char *name)
{
	int failed;

	hook->probe.kp.symbol_name = name;
	hook->probe.handler = on_paused;
	failed = register_kretprobe(&hook->probe);
	hook->is_on = !failed;
	return failed;
}

static int put_on(struct hook *hook, const char *name, kprobe_pre_handler_t handler)
{
	int failed;

	hook->probe.kp.symbol_name = name;
	hook->probe.kp.pre_handler = handler;
	failed = register_kprobe(&hook->probe.kp);
	hook->is_on = !failed;
	return failed;
}

static void faults_stop(void)
{
	for (int i = 0; i < pauses; i++)
		if (paused[i].is_on) unregister_kretprobe(&paused[i].probe);
	if (cleared.is_on) unregister_kprobe(&cleared.probe.kp);
	for (int i = 0; i < skips; i++)
		if (skipped[i].is_on) unregister_kprobe(&skipped[i].probe.kp);
	cancel_work_sync(&done);
}

static int __init faults_start(void)
{
	int failed = 0;

	for (int i = 0; i < skips && !failed; i++) failed = put_on(&skipped[i], skip[i], on_skipped);
	if (clear && !failed) failed = put_on(&cleared, clear, on_cleared);
	for (int i = 0; i < pauses && !failed; i++) failed = put_behind(&paused[i], pause[i]);
	if (failed) faults_stop();
	return failed;
}

static void __exit faults_exit(void)
{
	faults_stop();
}

module_init(faults_start);
module_exit(faults_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Leaves out a step of a stock kernel for one workload, in a laboratory");
