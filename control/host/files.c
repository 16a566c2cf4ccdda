/* SPDX-License-Identifier: Apache-2.0 */
/* From the configuration to the texts of files that others read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/host/host.h"

/* Debian's; chrony.conf(5) of the appliance names none itself. */
#define POOL "2.debian.pool.ntp.org"

#define PART_NAME(id, name, folder, begins, ends) name,
static const char *const part_names[] = {CV_HOST_PARTS(PART_NAME)};

const char *cv_host_part_name(enum cv_host_part part)
{
	return part_names[part];
}

#define DHCP_WORD(id, name, networkd) networkd,
static const char *const dhcp_words[] = {CV_DHCPS(DHCP_WORD)};

static const char head[] = "# Written by culvert config host from the node's configuration.\n";

/* Begin a file. @return where its text goes; NULL: no memory. */
static FILE *begin(struct cv_host_files *files, enum cv_host_part part, const char *name)
{
	struct cv_host_file *f = &files->files[files->n];
	FILE *out;

	if (files->n == CV_HOST_FILES_MAX)
		return NULL;
	*f = (struct cv_host_file){.part = part};
	snprintf(f->name, sizeof(f->name), "%s", name);
	out = open_memstream(&f->text, &f->len);
	if (out)
		files->n++;
	return out;
}

static int end(FILE *out)
{
	return fclose(out) == EOF ? -ENOMEM : 0;
}

static void address_line(const char *key, const struct cv_prefix *p, FILE *out)
{
	char text[CV_PREFIX_TEXT_MAX];

	if (!p->family)
		return;
	cv_prefix_show(p, text);
	fprintf(out, "%s=%s\n", key, text);
}

/* systemd.network(5) */
static int network_file(struct cv_host_files *files, const struct cv_config *config,
			const struct cv_config_interface *in)
{
	char name[64];
	FILE *out;

	snprintf(name, sizeof(name), "10-culvert-%s.network", in->name);
	out = begin(files, CV_HOST_NETWORK, name);
	if (!out)
		return -ENOMEM;
	fprintf(out,
		"%s[Match]\nName=%s\n\n[Link]\nRequiredForOnline=no\n%s\n"
		"[Network]\nDHCP=%s\nLinkLocalAddressing=ipv6\nConfigureWithoutCarrier=yes\n",
		head, in->name,
		/* Frames by a port are for others: its card must not throw them away. */
		cv_config_has_port(config, in->name) ? "Promiscuous=yes\n" : "",
		dhcp_words[in->dhcp]);
	for (size_t i = 0; i < in->n_addresses; i++)
		address_line("Address", &in->addresses[i].address, out);
	address_line("Gateway", &in->gateway, out);
	address_line("Gateway", &in->gateway6, out);
	return end(out);
}

/* resolved.conf(5) */
static int dns_file(struct cv_host_files *files, const struct cv_config_host *h)
{
	FILE *out = begin(files, CV_HOST_DNS, "10-culvert.conf");

	if (!out)
		return -ENOMEM;
	fprintf(out, "%s[Resolve]\n", head);
	for (size_t i = 0; i < h->n_dns; i++)
		address_line("DNS", &h->dns[i].address, out);
	return end(out);
}

/* chrony.conf(5) */
static int time_file(struct cv_host_files *files, const struct cv_config_host *h)
{
	FILE *out = begin(files, CV_HOST_TIME, "culvert.sources");

	if (!out)
		return -ENOMEM;
	fputs(head, out);
	for (size_t i = 0; i < h->n_time_servers; i++)
		fprintf(out, "server %s iburst%s\n", h->time_servers[i].server,
			h->time_servers[i].nts ? " nts" : "");
	if (h->n_time_servers == 0)
		fputs("pool " POOL " iburst\n", out);
	return end(out);
}

static size_t count_keys(const struct cv_config_host *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_users; i++)
		n += h->users[i].n_keys;
	return n;
}

/* sshd(8). The name is one of a few characters (schema): it needs no escape. */
static int keys_file(struct cv_host_files *files, const struct cv_config_host *h)
{
	FILE *out = begin(files, CV_HOST_LOGIN, "authorized_keys");

	if (!out)
		return -ENOMEM;
	fputs(head, out);
	for (size_t i = 0; i < h->n_users; i++)
		for (size_t k = 0; k < h->users[i].n_keys; k++)
			fprintf(out, "environment=\"CULVERT_USER=%s\" %s\n", h->users[i].name,
				h->users[i].keys[k].key);
	return end(out);
}

/* A file that says something by being there; the conditions of ssh.service look for it. */
static int mark_file(struct cv_host_files *files, const char *name)
{
	FILE *out = begin(files, CV_HOST_LOGIN, name);

	if (!out)
		return -ENOMEM;
	fputs(head, out);
	return end(out);
}

int cv_host_files(const struct cv_config *config, struct cv_host_files *ret)
{
	const struct cv_config_host *h = &config->host;
	bool keys = count_keys(h) > 0;
	int r = 0;

	*ret = (struct cv_host_files){0};
	for (size_t i = 0; r == 0 && i < h->n_interfaces; i++)
		r = network_file(ret, config, &h->interfaces[i]);
	if (r == 0 && h->n_dns)
		r = dns_file(ret, h);
	if (r == 0)
		r = time_file(ret, h);
	if (r == 0 && keys)
		r = keys_file(ret, h);
	if (r == 0 && keys)
		r = mark_file(ret, "ssh-enabled");
	if (r == 0 && h->ssh == CV_SSH_OFF)
		r = mark_file(ret, "ssh-off");
	return r;
}

void cv_host_release(struct cv_host_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->files[i].text);
	files->n = 0;
}
