// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What runs where connections are made and closed: the least that can tell how long a handshake took,
 * at all tracepoints that are needed to miss none.
 */
#include "kernel.h"

#include "task.h"

#define ESTABLISHED 1 /* TCP's states, as the kernel numbers them */
#define SYN_SENT 2
#define CONNECT_X86 42 /* numbers of connect(2) */
#define CONNECT_ARM64 203

struct sock;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} starts SEC(".maps");

SEC("tp_btf/inet_sock_set_state")
int floor_state(unsigned long long *arguments)
{
	struct sock *socket = (struct sock *)arguments[0];
	const int state = arguments[2];
	__u64 *start;

	if (state == SYN_SENT) {
		start = bpf_sk_storage_get(&starts, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);
		if (start)
			*start = bpf_ktime_get_ns();
	} else if (state == ESTABLISHED) {
		start = bpf_sk_storage_get(&starts, socket, 0, 0);
		/* The duration takes the place of the start: it has to be kept somewhere. */
		if (start)
			*start = bpf_ktime_get_ns() - *start;
	}
	return 0;
}

SEC("tp_btf/inet_sk_error_report")
int floor_error(void *context)
{
	return 0;
}

/* Of connect(2), whatever for: some fail before the socket has a state. */
__u64 failures;

static __always_inline int is_connect(void *regs)
{
	const int number = regs_number(regs);

	if (bpf_core_field_exists(((struct pt_regs___x86 *)0)->orig_ax))
		return number == CONNECT_X86;
	return number == CONNECT_ARM64;
}

SEC("tp_btf/sys_exit")
int floor_exit(unsigned long long *arguments)
{
	if (is_connect((void *)arguments[0]) && (long)arguments[1] < 0)
		failures++;
	return 0;
}

SEC("tp_btf/sys_exit")
int empty_exit(void *context)
{
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int empty_state(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
