/* Makes known numbers of connections, and says how many: `connects SCENARIO ARGUMENT...` */
#include "common.h"

int storm(char **arguments);
int storm_of_clients(char **arguments);
int storm_of_servers(char **arguments);
int refused(char **arguments);
int many(char **arguments);
int preforked(char **arguments);
int reuseport(char **arguments);
int families(char **arguments);
int fails(char **arguments);
int left_connecting(char **arguments);
int exhausted(char **arguments);
int occupied(char **arguments);
int fast_open(char **arguments);
int sockets(char **arguments);
int held(char **arguments);
int older_connections(char **arguments);
int older_preforked(char **arguments);
int older_server(char **arguments);
int ends(char **arguments);
int renamed(char **arguments);
int as_user(char **arguments);
int in_group(char **arguments);
int exchange(char **arguments);
int rings(char **arguments);
int neighbours(char **arguments);
int lent(char **arguments);
int older_reuseport(char **arguments);
int multipath(char **arguments);
int destroyed(char **arguments);

static const struct scenario scenarios[] = {
	{"storm", storm},
	{"storm-of-clients", storm_of_clients},
	{"storm-of-servers", storm_of_servers},
	{"refused", refused},
	{"many", many},
	{"preforked", preforked},
	{"reuseport", reuseport},
	{"families", families},
	{"fails", fails},
	{"left-connecting", left_connecting},
	{"exhausted", exhausted},
	{"occupied", occupied},
	{"fast-open", fast_open},
	{"sockets", sockets},
	{"held", held},
	{"older-connections", older_connections},
	{"older-preforked", older_preforked},
	{"older-server", older_server},
	{"ends", ends},
	{"renamed", renamed},
	{"as-user", as_user},
	{"in-group", in_group},
	{"exchange", exchange},
	{"rings", rings},
	{"neighbours", neighbours},
	{"lent", lent},
	{"older-reuseport", older_reuseport},
	{"multipath", multipath},
	{"destroyed", destroyed},
	{0},
};

int main(int argc, char **argv)
{
	return play(scenarios, argv);
}
