/* Connections through a ring, without a call that says connect. */
#include "common.h"

#include <linux/io_uring.h>
#include <sys/mman.h>

static int ring;
static struct io_uring_params parameters;
static char *submitted, *completed;
static struct io_uring_sqe *entries;

static void *map(size_t bytes, long place)
{
	void *it = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, place);

	if (it == MAP_FAILED)
		must("mmap", -1);
	return it;
}

static void set_up(void)
{
	ring = syscall(SYS_io_uring_setup, 8, &parameters);
	if (ring < 0)
		exit(NOT_HERE);
	submitted = map(parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned),
			IORING_OFF_SQ_RING);
	completed =
		map(parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe),
		    IORING_OFF_CQ_RING);
	entries = map(parameters.sq_entries * sizeof(*entries), IORING_OFF_SQES);
}

/* Connects, by a worker of the ring if `flags` say so; 0, or less. */
static int connect_by_ring(int socket, const union address *to, int flags)
{
	unsigned *tail = (unsigned *)(submitted + parameters.sq_off.tail);
	unsigned *array = (unsigned *)(submitted + parameters.sq_off.array);
	unsigned *head = (unsigned *)(completed + parameters.cq_off.head);
	unsigned place = *tail & (parameters.sq_entries - 1);
	const struct io_uring_cqe *done;

	entries[place] = (struct io_uring_sqe){
		.opcode = IORING_OP_CONNECT,
		.flags = flags,
		.fd = socket,
		.addr = (uintptr_t)to,
		.off = length_of(to),
	};
	array[place] = place;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	must("io_uring_enter",
	     syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0));
	done = (struct io_uring_cqe *)(completed + parameters.cq_off.cqes);
	done += *head & (parameters.cq_entries - 1);
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return done->res;
}

static void by_ring(void *n)
{
	union address to[] = {address("127.0.0.1", 8000), address("127.0.0.1", CLOSED)};
	int it, result;
	char byte;
	long i;

	set_up();
	for (i = 0; i < (long)n; i++) {
		/* One of four is refused, one of two is left to a worker. */
		it = tcp(to, 0);
		result = connect_by_ring(it, &to[i % 4 == 3], i % 2 ? IOSQE_ASYNC : 0);
		own.attempts++;
		if (result)
			failed(-result);
		else
			own.established++;
		read(it, &byte, 1);
		close(it);
	}
}

/* N attempts by a ring; a quarter are to where nobody listens. */
int rings(char **arguments)
{
	union address at = address("127.0.0.1", 8000);
	struct server server = begin_server("server", &at, 1, 0);
	pid_t it = child("ring", by_ring, (void *)atol(arguments[0]));
	int status;

	must("wait4", waitpid(it, &status, 0));
	end_server(server);
	return WEXITSTATUS(status);
}
