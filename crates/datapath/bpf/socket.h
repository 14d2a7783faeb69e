/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a TCP socket, and of the call that asks for a connection: kernel types by hand, only the
 * fields used. */
#ifndef WINDROW_SOCKET_H
#define WINDROW_SOCKET_H

#include "kernel.h"

#include "connect_abi.h"
#include "task.h"

#define AF_INET 2
#define AF_INET6 10
#define PROTOCOL_TCP 6

/* States of a TCP socket, as in net/tcp_states.h. */
#define STATE_ESTABLISHED 1
#define STATE_SYN_SENT 2
#define STATE_SYN_RECV 3
#define STATE_FIN_WAIT1 4
#define STATE_FIN_WAIT2 5
#define STATE_CLOSE 7
#define STATE_LAST_ACK 9
#define STATE_LISTEN 10
#define STATE_CLOSING 11

#define FLAG_DONE 2 /* skc_flags: the peer has sent its FIN */

#define MODE_TYPE 0170000
#define MODE_SOCKET 0140000
#define SOCKADDR_IN_BYTES 16
#define SOCKADDR_IN6_BYTES 24 /* without a scope, as is enough for the kernel */

/* sock.sk_shutdown of a socket that is being closed. */
#define SHUT_BOTH 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct net;

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	possible_net_t skc_net;
	unsigned long skc_flags;
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

typedef struct {
	int owned;
} socket_lock_t;

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	int sk_err;
	__u8 sk_shutdown;
	__u16 sk_protocol;
};

struct inet_sock {
	__u16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 packets_out;
	__u32 srtt_us; /* times 8 */
	__u32 total_retrans;
	__u32 snd_una;
	__u32 write_seq;
	__u64 bytes_acked;
	__u64 bytes_received;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct socket {
	struct file *file;
	struct sock *sk;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};

/* Registers of a call, on both machines. */
struct pt_regs___x86_call {
	unsigned long di, si, dx; /* by the numbering of 64-bit programs */
	unsigned long bx, cx; /* of 32-bit ones, with dx behind them */
};

struct pt_regs___arm64_call {
	__u64 regs[3];
	__u64 orig_x0;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#pragma clang attribute pop

/* Who has begun a connection or listens: a copy of what is told apart by. */
static __always_inline void owner_of(struct task_struct *task, struct owner *owner)
{
	task_comm(task, owner->comm);
	owner->cgroup = task_cgroup(task);
	owner->pid = task->tgid;
	owner->life = task->group_leader->start_time >> PROCESS_LIFE_SHIFT;
	owner->uid = task->cred->uid.val;
	owner->inner_pid = task_inner_pid(task);
}

/* Ends of a connection as seen from a socket, network byte order. */
struct ends {
	__u32 local[4]; /* IPv4: in the first */
	__u32 remote[4];
	__u32 family; /* FAMILY_… */
};

static __always_inline int is_mapped(__u32 first, __u32 second, __u32 third)
{
	return !first && !second && third == bpf_htonl(0xffff);
}

/* Of both families: in IPv6's form an address of IPv4 is mapped, and prints as what it is. */
static __always_inline void socket_ends(const struct sock *sk, struct ends *ends)
{
	const struct sock_common *common = &sk->__sk_common;
	const __u32 *remote = common->skc_v6_daddr.in6_u.u6_addr32;
	const __u32 *local = common->skc_v6_rcv_saddr.in6_u.u6_addr32;
	__u32 word;

	if (common->skc_family == AF_INET || is_mapped(remote[0], remote[1], remote[2])) {
		__builtin_memset(ends, 0, sizeof(*ends));
		ends->local[0] = common->skc_rcv_saddr;
		ends->remote[0] = common->skc_daddr;
		ends->family = FAMILY_IPV4;
		return;
	}
	for (word = 0; word < 4; word++) {
		ends->local[word] = local[word];
		ends->remote[word] = remote[word];
	}
	ends->family = FAMILY_IPV6;
}

static __always_inline void listener_key_of(const struct sock *sk, __u16 port,
					    struct listener_key *key)
{
	key->net = (__u64)sk->__sk_common.skc_net.net;
	key->port = port;
	key->pad = 0;
}

/* Whether the current task has locked the socket; otherwise what happens to it comes in a softirq. */
static __always_inline int is_locked(const struct sock *sk)
{
	return !!sk->sk_lock.owned;
}

static __always_inline int is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == PROTOCOL_TCP;
}

/* What connect() was asked for. */
struct asked {
	__u64 socket; /* the kernel's own, by its address */
	struct ends ends;
	__u16 port; /* network byte order */
};

struct call_arguments {
	__u64 fd;
	__u64 address;
	__u64 length;
};

static __always_inline void arguments_of(void *regs, __u32 compat, struct call_arguments *to)
{
	if (bpf_core_field_exists(((struct pt_regs___arm64_call *)0)->orig_x0)) {
		struct pt_regs___arm64_call *arm64 = regs;

		to->fd = BPF_CORE_READ(arm64, orig_x0);
		to->address = BPF_CORE_READ(arm64, regs[1]);
		to->length = BPF_CORE_READ(arm64, regs[2]);
	} else {
		struct pt_regs___x86_call *x86 = regs;

		to->fd = compat ? BPF_CORE_READ(x86, bx) : BPF_CORE_READ(x86, di);
		to->address = compat ? BPF_CORE_READ(x86, cx) : BPF_CORE_READ(x86, si);
		to->length = BPF_CORE_READ(x86, dx);
	}
	if (compat)
		to->address = (__u32)to->address;
}

/* The socket of a descriptor, as the kernel has it; NULL: it is none. */
static __always_inline struct sock *socket_of(struct task_struct *task, __u32 fd)
{
	struct task_struct___files *theirs = (void *)task;
	struct fdtable *table = BPF_CORE_READ(theirs, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = 0;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(table, max_fds) ||
	    bpf_probe_read_kernel(&file, sizeof(file), files + fd) || !file)
		return 0;
	if ((BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return 0;
	return BPF_CORE_READ(socket, sk);
}

/* What the call was asked for, of a TCP socket; false: it was something else. */
static __always_inline int asked_of(struct task_struct *task, void *regs, struct asked *asked)
{
	/* As in struct sockaddr_in and sockaddr_in6: family, port, then the address. */
	__u32 words[6] = {};
	struct call_arguments call;
	struct sock *sk;
	__u16 family;

	arguments_of(regs, task_is_compat(task), &call);
	sk = socket_of(task, call.fd);
	if (!sk || BPF_CORE_READ(sk, sk_protocol) != PROTOCOL_TCP)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	if (call.length < SOCKADDR_IN_BYTES ||
	    bpf_probe_read_user(words, SOCKADDR_IN_BYTES, (void *)call.address))
		return 0;
	asked->socket = (__u64)sk;
	asked->port = words[0] >> 16;
	__builtin_memset(&asked->ends, 0, sizeof(asked->ends));
	if ((words[0] & 0xffff) == AF_INET) {
		asked->ends.remote[0] = words[1];
	} else if ((words[0] & 0xffff) == AF_INET6 && call.length >= SOCKADDR_IN6_BYTES &&
		   !bpf_probe_read_user(words, SOCKADDR_IN6_BYTES, (void *)call.address)) {
		if (!is_mapped(words[2], words[3], words[4])) {
			asked->ends.family = FAMILY_IPV6;
			__builtin_memcpy(asked->ends.remote, words + 2, 16);
			BPF_CORE_READ_INTO(&asked->ends.local, sk, __sk_common.skc_v6_rcv_saddr);
			return 1;
		}
		asked->ends.remote[0] = words[5];
	} else {
		return 0;
	}
	asked->ends.family = FAMILY_IPV4;
	asked->ends.local[0] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	return 1;
}

#endif
