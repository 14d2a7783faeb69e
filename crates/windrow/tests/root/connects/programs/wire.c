/* A device with a wire behind it that does what is asked of it, by the address that a packet goes to. */
#include "common.h"

#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>

#define MOST_WAITING 4096

/* A packet without options of IP. */
struct packet {
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		unsigned char bytes[1980];
	};
} __attribute__((packed, aligned(4)));

/* Packets on their way through the mirror, in order. */
static struct waiting {
	int64_t due;
	struct packet packet;
} waiting[MOST_WAITING];
static unsigned first, last;

static int device;

static uint16_t checksum(const void *data, int bytes, uint32_t sum)
{
	const uint8_t *at = data;

	for (; bytes > 1; bytes -= 2, at += 2)
		sum += at[0] << 8 | at[1];
	if (bytes)
		sum += at[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void put(const struct packet *it)
{
	must("write to the wire", write(device, it, ntohs(it->ip.tot_len)));
}

/* Source and destination change places, and no checksum changes. */
static struct packet turned(const struct packet *it)
{
	struct packet back = *it;

	back.ip.saddr = it->ip.daddr;
	back.ip.daddr = it->ip.saddr;
	return back;
}

/* The head of an answer with so many bytes behind it. */
static struct packet answer(const struct packet *to, int protocol, int bytes)
{
	struct packet it = {.ip = {
				    .version = 4,
				    .ihl = 5,
				    .ttl = 64,
				    .protocol = protocol,
				    .saddr = to->ip.daddr,
				    .daddr = to->ip.saddr,
			    }};

	it.ip.tot_len = htons(sizeof(it.ip) + bytes);
	it.ip.check = checksum(&it.ip, sizeof(it.ip), 0);
	return it;
}

static void put_tcp(const struct packet *to, struct tcphdr head)
{
	struct packet it = answer(to, IPPROTO_TCP, sizeof(head));
	uint32_t pseudo = IPPROTO_TCP + sizeof(head);
	const uint8_t *addresses = (const uint8_t *)&it.ip.saddr;
	int i;

	head.source = to->tcp.dest;
	head.dest = to->tcp.source;
	head.doff = sizeof(head) / 4;
	for (i = 0; i < 8; i += 2)
		pseudo += addresses[i] << 8 | addresses[i + 1];
	head.check = checksum(&head, sizeof(head), pseudo);
	it.tcp = head;
	put(&it);
}

/* Both begin: ours is SYN_RECV then, and a reset is one. */
static void reset(const struct packet *to)
{
	put_tcp(to, (struct tcphdr){.syn = 1, .seq = htonl(1000), .window = htons(1000)});
	put_tcp(to, (struct tcphdr){.rst = 1, .seq = htonl(1001)});
}

static void refuse(const struct packet *to)
{
	uint32_t next = htonl(ntohl(to->tcp.seq) + 1);

	put_tcp(to, (struct tcphdr){.rst = 1, .ack = 1, .ack_seq = next});
}

static void no_host(const struct packet *to)
{
	/* It quotes the head, and the first eight bytes behind it. */
	struct packet it = answer(to, IPPROTO_ICMP, 8 + sizeof(to->ip) + 8);
	struct icmphdr *head = (struct icmphdr *)it.bytes;

	*head = (struct icmphdr){.type = ICMP_DEST_UNREACH, .code = ICMP_HOST_UNREACH};
	memcpy(head + 1, to, sizeof(to->ip) + 8);
	head->checksum = checksum(head, 8 + sizeof(to->ip) + 8, 0);
	put(&it);
}

static void wait_for(const struct packet *it, int64_t due)
{
	waiting[last++ % MOST_WAITING] = (struct waiting){due, turned(it)};
}

/* What begins from both sides meets on the way. */
static void cross(const struct packet *it)
{
	static struct packet one;
	static int held;

	if (held == 1 && it->tcp.source == one.tcp.source)
		return; /* sent once more */
	if (!held && it->tcp.syn && !it->tcp.ack) {
		one = turned(it);
		held = 1;
		return;
	}
	wait_for(it, now());
	if (held == 1 && it->tcp.syn) {
		put(&one);
		held = 2;
	}
}

static void arrived(const struct packet *it)
{
	if (it->ip.version != 4 || it->ip.protocol != IPPROTO_TCP)
		return;
	switch (ntohl(it->ip.daddr) & 0xff) {
	case 2:
		return wait_for(it, now() + MIRROR_NS);
	case 4:
		return no_host(it);
	case 5:
		return it->tcp.syn && !it->tcp.ack ? reset(it) : (void)0;
	case 6:
		return refuse(it);
	case 7:
		return cross(it);
	}
}

static void set_up(void)
{
	struct ifreq request = {.ifr_name = "wire"};
	int any = must("socket", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	union address here = address(HERE, 0), mask = address("255.255.255.0", 0);

	device = must("/dev/net/tun", open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	must("TUNSETIFF", ioctl(device, TUNSETIFF, &request));
	memcpy(&request.ifr_addr, &here.four, sizeof(here.four));
	must("an address", ioctl(any, SIOCSIFADDR, &request));
	memcpy(&request.ifr_netmask, &mask.four, sizeof(mask.four));
	must("a mask", ioctl(any, SIOCSIFNETMASK, &request));
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	must("up", ioctl(any, SIOCSIFFLAGS, &request));
	close(any);
}

static void run(void)
{
	struct pollfd ready = {.fd = device, .events = POLLIN};
	struct timespec left;
	struct packet it;
	int64_t due;

	for (;;) {
		due = first == last ? 1000000000L : waiting[first % MOST_WAITING].due - now();
		due = due < 0 ? 0 : due;
		left = (struct timespec){due / 1000000000L, due % 1000000000L};
		ppoll(&ready, 1, &left, 0);
		while (read(device, &it, sizeof(it)) > 0)
			arrived(&it);
		while (first != last && waiting[first % MOST_WAITING].due <= now())
			put(&waiting[first++ % MOST_WAITING].packet);
	}
}

pid_t wire(void)
{
	const pid_t parent = getpid();
	pid_t it;

	set_up();
	it = must("fork", fork());
	if (it) {
		close(device);
		return it;
	}
	named("wire");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	run();
	return 0;
}
