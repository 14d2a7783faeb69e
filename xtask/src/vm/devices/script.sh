#!/bin/sh
# Exchanges with another namespace over devices of many kinds, under three windrows; then what was
# exchanged, by the kernel's own counters, and what the windrows counted. Both ends have devices of the
# same names.
here() {
	"$@"
}
# By its path, for the shell's own knows few kinds.
far() {
	/bin/ip netns exec far "$@"
}
at_both() {
	here "$@" && far "$@" || exit 1
}
# Takes what `ip` is to do.
batch() {
	"$1" /bin/ip -batch - || exit 1
}

batch here <<'END'
netns add far
END
# Neighbours are asked for once.
echo 3600 >/proc/sys/net/ipv4/neigh/default/delay_first_probe_time || exit 1
# Whatever a TCP segment carries, its header is of 20 bytes, unless it begins a connection; IPv6 sends
# nothing of its own.
at_both sh -ec '
echo 0 >/proc/sys/net/ipv4/tcp_sack
echo 0 >/proc/sys/net/ipv4/tcp_timestamps
echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations
echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
'
batch here <<'END'
link add w0 type veth peer name w0 netns far
link add a1 type veth peer name a1 netns far
link add a2 type veth peer name a2 netns far
link add r1 type veth peer name r1 netns far
link add r2 type veth peer name r2 netns far
link add nlmon1 up type nlmon
link add nlmon2 up type nlmon
END
# The devices of the end with this number, and the other one's number. The second VLAN device leaves the
# tag in the frame where others take it out; the second of GRE has the other end's address from its
# neighbours, and frames that begin with the outer header.
devices() {
	cat <<END
link set w0 up
addr add 10.0.0.$1/24 dev w0
addr add 10.0.1.$1/24 dev w0
link add link w0 name w0.7 up type vlan id 7
addr add 10.7.0.$1/24 dev w0.7
link add link w0 name w0.8 up type vlan id 8 reorder_hdr off
addr add 10.8.0.$1/24 dev w0.8
link add backup up type bond mode active-backup miimon 100
link set a1 master backup
link set a2 master backup
addr add 10.1.0.$1/24 dev backup
link add turns up type bond mode balance-rr miimon 100
link set r1 master turns
link set r2 master turns
addr add 10.2.0.$1/24 dev turns
link add geneve1 up type geneve id 42 remote 10.0.0.$2
addr add 10.3.0.$1/24 dev geneve1
link add gre1 up type gre local 10.0.0.$1 remote 10.0.0.$2
addr add 10.4.0.$1/24 dev gre1
link add gre2 up type gre local 10.0.1.$1
addr add 10.9.0.$1/24 dev gre2
neigh add 10.9.0.$2 lladdr 10.0.1.$2 dev gre2
link add ipip1 up type ipip local 10.0.0.$1 remote 10.0.0.$2
addr add 10.5.0.$1/24 dev ipip1
link add sit1 up type sit local 10.0.0.$1 remote 10.0.0.$2
addr add fd00::$1/64 dev sit1
link add wg1 up type wireguard
addr add 10.6.0.$1/24 dev wg1
END
}
devices 1 2 | batch here || exit 1
devices 2 1 | batch far || exit 1
umask 077
for end in 1 2; do
	wg genkey >/tmp/private$end && wg pubkey </tmp/private$end >/tmp/public$end || exit 1
done
# The same: where it is, and both numbers.
guard() {
	"$1" wg set wg1 listen-port 51820 private-key "/tmp/private$2" peer "$(cat "/tmp/public$3")" \
		endpoint "10.0.0.$3:51820" allowed-ips 0.0.0.0/0 || exit 1
}
guard here 1 2
guard far 2 1

far xtask transfer --serve '[::]:5201' &
server=$!
until far grep -q ':1451 ' /proc/net/tcp6; do
	kill -0 $server || exit 1
	sleep 0.1
done
# Bonds wait for their links, WireGuard agrees upon keys, and neighbours are found.
for to in 10.7.0.2 10.8.0.2 10.1.0.2 10.2.0.2 10.3.0.2 10.4.0.2 10.9.0.2 10.5.0.2 10.6.0.2 fd00::2; do
	tries=0
	until ping -q -c 1 -W 1 $to >/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 20 ] || exit 1
	done
done

start() {
	name=$1
	shift
	: >"/tmp/$name"
	windrow monitor "$@" --json --window 24h --memory 8M >"/tmp/$name" &
	eval "$name=$!"
}
start all -i any --by iface,dir,vlan,src,proto,dport
start parent w0 --by dir,vlan 'vlan 7 or vlan 8'
start child w0.7
windrow monitor nlmon1
echo "{\"type\":\"refused\",\"code\":$?}"
for name in all parent child; do
	until grep -q '"type":"start"' "/tmp/$name"; do
		eval "kill -0 \$$name" || exit 1
		sleep 0.1
	done
done

# Of each interface, the packets that came in and those that went out.
packets() {
	awk 'NR > 2 {
		sub(":", " ")
		printf "%s\"%s\":[%d,%d]", (NR > 3 ? "," : "{"), $1, $3, $11
	}
	END { print "}" }' /proc/net/dev
}
# Of both ends, the segments that were sent, and those among them that were sent again.
segments() {
	at_both awk '/^Tcp: [0-9]/ { print $12 + $13, $13 }' /proc/net/snmp
}
last=$(segments)
exchange() {
	name=$1 to=$2 socket=$3
	before=$(packets)
	pings=$(ping -q -A -c 10 -W 5 "$to" | awk '/received/ { print $4 }')
	after=$(packets)
	xtask transfer "$socket" 1000000 || exit 1
	now=$(segments)
	set -- $last $now
	last=$now
	echo "{\"type\":\"exchange\",\"name\":\"$name\",\"pings\":$pings,\"bytes\":1000000," \
		"\"out\":$(($5 - $1)),\"in\":$(($7 - $3)),\"again\":$(($6 - $2 + $8 - $4))," \
		"\"before\":$before,\"after\":$after}"
}
exchange_ipv4() {
	exchange "$1" "$2" "$2:5201"
}
exchange_ipv4 vlan 10.7.0.2
exchange_ipv4 tagged 10.8.0.2
exchange_ipv4 backup 10.1.0.2
exchange_ipv4 turns 10.2.0.2
exchange_ipv4 geneve 10.3.0.2
exchange_ipv4 gre 10.4.0.2
exchange_ipv4 any 10.9.0.2
exchange_ipv4 ipip 10.5.0.2
exchange_ipv4 wireguard 10.6.0.2
exchange sit fd00::2 '[fd00::2]:5201'
kill $server
for name in all parent child; do
	eval "kill -TERM \$$name && wait \$$name" || exit 1
	cat "/tmp/$name"
done
