/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the kernel now. */
#include <errno.h>
#include <libnftnl/gen.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/nft/nft_private.h"

#define DUMP_ATTEMPTS 5

int cv_nft_query(struct cv_nft *nft, struct nlmsghdr *request, mnl_cb_t answer, void *owner)
{
	uint32_t port = mnl_socket_get_portid(nft->socket);
	char buffer[32768];
	int r = MNL_CB_OK;

	request->nlmsg_seq = ++nft->seq;
	if (mnl_socket_sendto(nft->socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (r >= MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(nft->socket, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, request->nlmsg_seq, port, answer, owner);
		if (r < 0)
			return errno ? -errno : -EIO;
		if (r == MNL_CB_STOP)
			break;
	}
	return 0;
}

int cv_nft_dump(struct cv_nft *nft, struct nlmsghdr *request, mnl_cb_t answer, void *sum,
		size_t size)
{
	int r = -EINTR;

	for (int i = 0; r == -EINTR && i < DUMP_ATTEMPTS; i++) {
		memset(sum, 0, size);
		r = cv_nft_query(nft, request, answer, sum);
	}
	return r;
}

static int take_generation(const struct nlmsghdr *h, void *owner)
{
	struct nftnl_gen *gen = nftnl_gen_alloc();
	uint32_t *generation = owner;

	if (gen && nftnl_gen_nlmsg_parse(h, gen) == 0)
		*generation = nftnl_gen_get_u32(gen, NFTNL_GEN_ID);
	if (gen)
		nftnl_gen_free(gen);
	return gen ? MNL_CB_OK : MNL_CB_ERROR;
}

int cv_nft_generation(struct cv_nft *nft, uint32_t *ret)
{
	char buffer[256];
	struct nlmsghdr *h;

	h = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETGEN, NFPROTO_UNSPEC, NLM_F_ACK, 0);
	return cv_nft_query(nft, h, take_generation, ret);
}

static int take_comment(const struct nftnl_udata *attr, void *owner)
{
	const char **comment = owner;
	uint8_t len = nftnl_udata_len(attr);
	const char *text = nftnl_udata_get(attr);

	if (nftnl_udata_type(attr) == NFTNL_UDATA_TABLE_COMMENT && len > 0 && text[len - 1] == 0)
		*comment = text;
	return 0;
}

static void judge_owner(const struct nftnl_table *t, struct cv_nft_table *table)
{
	const char *comment = NULL;
	uint32_t len = 0;
	const void *data = nftnl_table_get_data(t, NFTNL_TABLE_USERDATA, &len);

	table->handle = nftnl_table_get_u64(t, NFTNL_TABLE_HANDLE);
	table->owner = CV_NFT_FOREIGN;
	if (data && nftnl_udata_parse(data, len, take_comment, &comment) < 0)
		comment = NULL;
	if (comment && strncmp(comment, CV_NFT_MARK, strlen(CV_NFT_MARK)) == 0) {
		table->owner = CV_NFT_OURS;
		table->layout = (unsigned int)strtoul(comment + strlen(CV_NFT_MARK), NULL, 10);
	}
}

static int take_table(const struct nlmsghdr *h, void *owner)
{
	struct nftnl_table *t = nftnl_table_alloc();

	if (t && nftnl_table_nlmsg_parse(h, t) == 0)
		judge_owner(t, owner);
	if (t)
		nftnl_table_free(t);
	return t ? MNL_CB_OK : MNL_CB_ERROR;
}

int cv_nft_look(struct cv_nft *nft, struct cv_nft_table *ret)
{
	struct cv_nft_table table = {.owner = CV_NFT_ABSENT};
	char buffer[1024];
	struct nlmsghdr *h;
	struct nftnl_table *t;
	int r;

	/* The number first: what changes behind it makes a batch with it fail. */
	r = cv_nft_generation(nft, &table.generation);
	if (r < 0)
		return r;
	t = nftnl_table_alloc();
	if (!t)
		return -ENOMEM;
	nftnl_table_set_u32(t, NFTNL_TABLE_FAMILY, NFPROTO_INET);
	nftnl_table_set_str(t, NFTNL_TABLE_NAME, CV_NFT_TABLE);
	h = nftnl_nlmsg_build_hdr(buffer, NFT_MSG_GETTABLE, NFPROTO_INET, NLM_F_ACK, 0);
	nftnl_table_nlmsg_build_payload(h, t);
	nftnl_table_free(t);
	r = cv_nft_query(nft, h, take_table, &table);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = table;
	return 0;
}
