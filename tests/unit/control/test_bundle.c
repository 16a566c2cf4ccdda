/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what is made can be read, and nothing else can. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_help.h"
#include "control/bundle/manifest.h"
#include "control/bundle/tar.h"

#define CREATED 1795266000 /* 2026-11-21T13:00:00Z */
#define EXPIRES 1803042000

static const char policy[] = "default: { ip: drop }\n";
static const char list[] = "10.0.0.0/8\n192.0.2.0/24\n";
static const char module[700] = "\177ELF";

static const struct cv_bundle_input inputs[] = {
	{"m.bpf.o", "m.bpf.o", module, sizeof(module)},
	{"policy.yaml", "policy.yaml", policy, sizeof(policy) - 1},
	{"cameras.txt", "cameras.txt", list, sizeof(list) - 1},
	{"empty", "empty", "", 0},
};

static uint8_t *build(const struct cv_bundle_input *in, size_t n, size_t *ret_size)
{
	struct cv_bundle_recipe recipe = {"city", 42, CREATED, EXPIRES, in, n};
	struct cv_diagnostics diag = {0};
	uint8_t *bytes;

	assert_int_equal(cv_bundle_build(&recipe, &bytes, ret_size, &diag), 0);
	return bytes;
}

static uint8_t *sample(size_t *ret_size)
{
	return build(inputs, 4, ret_size);
}

static int parse(const void *bytes, size_t size, struct cv_diagnostics *diag)
{
	/* Exactly as long as it is, so that a byte too far is seen. */
	uint8_t *copy = malloc(size ? size : 1);
	struct cv_bundle *b = NULL;
	int r;

	memcpy(copy, bytes, size);
	r = cv_bundle_parse("b", copy, size, &b, diag);
	assert_true((r == 0) == (b != NULL));
	assert_true(r == 0 || diag->errors > 0);
	cv_bundle_free(b);
	free(copy);
	return r;
}

static void what_is_made_is_read(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_bundle *b;
	size_t size;
	uint8_t *bytes = sample(&size);

	assert_true(cv_bundle_looks_like(bytes, size));
	assert_false(cv_bundle_looks_like(policy, sizeof(policy)));
	assert_int_equal(cv_bundle_parse("b", bytes, size, &b, &diag), 0);
	assert_string_equal(b->name, "city");
	assert_int_equal(b->version, 42);
	assert_int_equal(b->created, CREATED);
	assert_int_equal(b->expires, EXPIRES);
	assert_int_equal(b->n_files, 4);
	assert_string_equal(b->files[0].name, "policy.yaml");
	assert_int_equal(b->files[0].kind, CV_BUNDLE_POLICY);
	assert_memory_equal(b->files[0].data, policy, sizeof(policy) - 1);
	assert_string_equal(b->files[1].name, "cameras.txt");
	assert_int_equal(b->files[1].kind, CV_BUNDLE_LIST);
	assert_string_equal(b->files[2].name, "empty");
	assert_int_equal(b->files[2].size, 0);
	assert_int_equal(cv_bundle_find(b, "m.bpf.o")->kind, CV_BUNDLE_MODULE);
	assert_null(cv_bundle_find(b, "MANIFEST"));
	cv_bundle_free(b);
	free(bytes);
}

static void equal_input_gives_equal_bytes(void **state)
{
	struct cv_bundle_input other[4] = {inputs[3], inputs[2], inputs[0], inputs[1]};
	size_t size, again_size;
	uint8_t *bytes = sample(&size), *again = build(other, 4, &again_size);

	assert_int_equal(size, again_size);
	assert_memory_equal(bytes, again, size);
	free(bytes);
	free(again);
}

/* Every bit of a small bundle: refused as damaged, or its signature is. */
static void every_flipped_bit_is_refused(void **state)
{
	struct cv_bundle_demand demand = {.threshold = 1, .now = CREATED};
	struct cv_diagnostics diag = {0};
	struct cv_bundle_proof proof;
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct cv_bundle *b;
	struct signer signer;
	size_t size, parsed = 0;
	uint8_t *bytes = build(inputs + 1, 2, &size);

	new_signer(&signer, &trust, "k");
	add_signature(&signer, bytes, size, "s", &sigs);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cv_bundle_parse("b", bytes, size, &b, &diag) == 0) {
			parsed++;
			assert_int_equal(cv_bundle_verify(b, &sigs, &trust, &demand, &proof, &diag),
					 -EKEYREJECTED);
			assert_int_equal(sigs.items[0].outcome, CV_SIGN_WRONG);
			cv_bundle_free(b);
		}
		assert_true(diag.errors > 0);
		cv_diagnostics_free(&diag);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* A name, a version or a date may read well with one bit changed. */
	assert_true(parsed > 0 && parsed < 200);
	assert_int_equal(cv_bundle_parse("b", bytes, size, &b, &diag), 0);
	assert_int_equal(cv_bundle_verify(b, &sigs, &trust, &demand, &proof, &diag), 0);
	assert_int_equal(diag.warnings, 0);
	cv_bundle_free(b);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	free(bytes);
}

static void every_other_length_is_refused(void **state)
{
	struct cv_diagnostics diag = {0};
	size_t size;
	uint8_t *bytes = sample(&size);
	uint8_t *longer = calloc(1, size + 10240);

	memcpy(longer, bytes, size);
	for (size_t n = 0; n < size; n++) {
		assert_int_equal(parse(bytes, n, &diag), -EINVAL);
		cv_diagnostics_free(&diag);
	}
	for (size_t n = size + 1; n <= size + 10240; n += n % 512 ? 511 : 1) {
		assert_int_equal(parse(longer, n, &diag), -EINVAL);
		assert_told(&diag, "something follows behind");
	}
	longer[size] = 'x';
	assert_int_equal(parse(longer, size + 1, &diag), -EINVAL);
	assert_told(&diag, "something follows behind");
	free(longer);
	free(bytes);
}

/* Checksum anew, so that the odd field itself is what is looked at. */
static void seal(uint8_t *header)
{
	unsigned int sum = 0;

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < CV_TAR_BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 7, "%06o", sum);
}

/* Bytes put over the header of a good archive's second file. */
static const struct {
	size_t at;
	const char *text;
	size_t len;
	const char *why;
} odd_headers[] = {
	{156, "1", 1, "not a plain file"}, /* hard link */
	{156, "2", 1, "not a plain file"}, /* symbolic link */
	{156, "3", 1, "not a plain file"}, /* device */
	{156, "5", 1, "not a plain file"}, /* folder */
	{156, "x", 1, "not a plain file"}, /* pax header */
	{156, "g", 1, "not a plain file"},
	{156, "L", 1, "not a plain file"}, /* GNU long name */
	{156, "S", 1, "not a plain file"}, /* GNU sparse file */
	{156, "\0", 1, "not a plain file"}, /* a file of old tar */
	{0, "../policy.ya", 13, "another file stands"},
	{0, "/etc/passwd", 12, "another file stands"},
	{0, "MANIFEST\0\0\0", 12, "another file stands"},
	{0, "other.txt\0\0\0", 12, "another file stands"},
	{345, "etc", 3, "name is too long"},
	{100, "0004755", 8, "header is not as"}, /* setuid */
	{108, "0001750", 8, "header is not as"},
	{136, "00000000001", 12, "header is not as"},
	{157, "/etc/passwd", 11, "header is not as"},
	{500, "x", 1, "header is not as"},
	{263, "01", 2, "header is not as"},
	{257, "ustar ", 6, "not the header of a file"}, /* old GNU */
	{124, "77777777777", 12, "cut short"},
	{124, "\x80\0\0\0\0\0\0\0\0\0\0\x16", 12, "size is not a number"},
	{124, "0000000003 ", 12, "size is not a number"},
	{124, "00000000031", 12, "by the manifest"},
};

static void odd_headers_are_refused(void **state)
{
	struct cv_diagnostics diag = {0};
	size_t size, at;
	uint8_t *bytes = sample(&size), *copy = malloc(size);

	/* The second file: behind manifest and policy.yaml. */
	at = CV_TAR_BLOCK * 4;
	assert_string_equal((char *)bytes + at, "cameras.txt");
	for (size_t i = 0; i < sizeof(odd_headers) / sizeof(odd_headers[0]); i++) {
		memcpy(copy, bytes, size);
		memcpy(copy + at + odd_headers[i].at, odd_headers[i].text, odd_headers[i].len);
		seal(copy + at);
		assert_int_equal(parse(copy, size, &diag), -EINVAL);
		assert_told(&diag, odd_headers[i].why);
	}
	/* The helper itself does no harm. */
	memcpy(copy, bytes, size);
	seal(copy + at);
	assert_memory_equal(copy, bytes, size);
	free(copy);
	free(bytes);
}

/* An archive with this manifest and the sample's files. */
static int parse_with_manifest(const char *manifest, struct cv_diagnostics *diag)
{
	size_t size, len = strlen(manifest), all;
	uint8_t *bytes = build(inputs + 1, 1, &size), *copy;
	size_t rest = size - CV_TAR_BLOCK * 2;
	int r;

	all = CV_TAR_BLOCK + cv_tar_padded(len) + rest;
	copy = calloc(1, all);
	cv_tar_write(CV_MANIFEST_FILE, len, copy);
	memcpy(copy + CV_TAR_BLOCK, manifest, len);
	memcpy(copy + all - rest, bytes + size - rest, rest);
	r = parse(copy, all, diag);
	free(copy);
	free(bytes);
	return r;
}

#define HEAD "culvert policy bundle 1\nname: city\nversion: 42\n"
#define TIMES "created: 2026-11-21T13:00:00Z\nexpires: 2027-02-19T13:00:00Z\n"
#define HASH "b7b60c1eb1a1ef5d2c6d7c2f1a2c77ab7aa9d1b5cf6bdb9c2f4f4ea7b0e5e0aa"

static void manifests_have_one_form(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "MANIFEST):1:1"},
		{"culvert policy bundle 2\n", "a format that is not known"},
		{"culvert policy bundle 1", "MANIFEST):1:1"},
		{"culvert policy bundle 1\nversion: 1\n", "MANIFEST):2:1"},
		{"culvert policy bundle 1\nname: a/b\nversion: 42\n", "MANIFEST):2:1"},
		{"culvert policy bundle 1\nname: city\nversion: 0\n", "a number from 1"},
		{"culvert policy bundle 1\nname: city\nversion: -1\n", "a number from 1"},
		{"culvert policy bundle 1\nname: city\nversion: 9223372036854775808\n",
		 "a number from 1"},
		{HEAD "created: never\n", "expected \"created: \""},
		{HEAD "created: 2026-02-31T13:00:00Z\n", "expected \"created: \""},
		{HEAD "created: 2026-11-21T13:00:00Z\nexpires: 2027-02-19 13:00:00Z\n",
		 "expected \"expires: \""},
		{HEAD TIMES, "names no policy.yaml"},
		{HEAD TIMES "file: cameras.txt 1 " HASH "\n", "not in its place"},
		{HEAD TIMES "file: policy.yaml 1\n", "expected \"file: \""},
		{HEAD TIMES "file: policy.yaml x " HASH "\n", "expected \"file: \""},
		{HEAD TIMES "file: ../x 1 " HASH "\n", "expected \"file: \""},
		{HEAD TIMES "file: policy.yaml 999999999999 " HASH "\n", "larger than"},
		{HEAD TIMES "file: policy.yaml 1 " HASH "\nfile: policy.yaml 1 " HASH "\n",
		 "not in its place"},
		{HEAD TIMES "file: policy.yaml 1 " HASH "\nfile: b 1 " HASH "\nfile: a 1 " HASH
			    "\n",
		 "MANIFEST):8:1"},
		{HEAD TIMES "file: policy.yaml 1 " HASH "\nfile: MANIFEST 1 " HASH "\n",
		 "not in its place"},
		{HEAD TIMES "file: policy.yaml 22 " HASH "\n", "SHA-256 is not"},
		{HEAD TIMES "file: policy.yaml 022 " HASH "\n", "not written as"},
		{HEAD TIMES "file: policy.yaml 22  " HASH "\n", "not written as"},
		{HEAD TIMES "file: policy.yaml 22 " HASH " x\n", "not written as"},
		{HEAD TIMES "file: policy.yaml 22 " HASH, "expected \"file: \""},
	};
	struct cv_diagnostics diag = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_with_manifest(cases[i].text, &diag), -EINVAL);
		assert_told(&diag, cases[i].why);
	}
}

/* A manifest that names more, or fewer, files than there are. */
static void files_and_manifest_agree(void **state)
{
	struct cv_diagnostics diag = {0};
	size_t size, less_size;
	uint8_t *bytes = sample(&size), *less = build(inputs + 1, 2, &less_size), *mixed;

	/* The manifest of two files before four, and that of four before two. */
	mixed = malloc(size);
	memcpy(mixed, less, CV_TAR_BLOCK * 2);
	memcpy(mixed + CV_TAR_BLOCK * 2, bytes + CV_TAR_BLOCK * 2, size - CV_TAR_BLOCK * 2);
	assert_int_equal(parse(mixed, size, &diag), -EINVAL);
	assert_told(&diag, "something follows behind the last file");
	memcpy(mixed, bytes, CV_TAR_BLOCK * 2);
	memcpy(mixed + CV_TAR_BLOCK * 2, less + CV_TAR_BLOCK * 2, less_size - CV_TAR_BLOCK * 2);
	assert_int_equal(parse(mixed, less_size, &diag), -EINVAL);
	assert_told(&diag, "\"empty\" is in the manifest and not in the bundle");
	free(mixed);
	free(less);
	free(bytes);
}

static void wrong_recipes_are_told(void **state)
{
	struct cv_bundle_input two[2] = {inputs[1], inputs[1]}, bad[2] = {inputs[1], inputs[2]};
	struct cv_bundle_recipe r = {"city", 1, CREATED, EXPIRES, inputs, 4};
	struct cv_diagnostics diag = {0};
	uint8_t *bytes;
	size_t size;

#define REFUSED(part)                                                                              \
	do {                                                                                       \
		assert_true(cv_bundle_build(&r, &bytes, &size, &diag) < 0);                        \
		assert_told(&diag, part);                                                          \
	} while (0)
	r.name = "-x";
	REFUSED("not a name for a policy");
	r.name = "city";
	r.version = 0;
	REFUSED("count from 1");
	r.version = 1;
	r.expires = CREATED;
	REFUSED("expire before it is made");
	r.expires = CV_BUNDLE_NEVER;
	r.inputs = two;
	r.n_inputs = 2;
	REFUSED("two files named \"policy.yaml\"");
	r.inputs = bad;
	bad[1].name = "a/b";
	REFUSED("cannot have this name");
	bad[1].name = ".hidden";
	REFUSED("cannot have this name");
	bad[1].name = "MANIFEST";
	REFUSED("cannot have this name");
	r.inputs = inputs + 2;
	REFUSED("there is no policy.yaml");
	bad[1].name = "big";
	bad[1].size = CV_BUNDLE_SIZE_MAX + 1;
	r.inputs = bad;
	REFUSED("larger than a bundle");
}

static void age_and_version_are_judged(void **state)
{
	uint8_t hash[CV_BUNDLE_SHA256_SIZE] = {1};
	struct cv_bundle_demand demand = {.threshold = 1, .now = EXPIRES - 1, .min_version = 42};
	struct cv_diagnostics diag = {0};
	struct cv_bundle_proof proof;
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct cv_bundle *b;
	struct signer signer;
	size_t size;
	uint8_t *bytes = sample(&size);

	new_signer(&signer, &trust, "k");
	add_signature(&signer, bytes, size, "s", &sigs);
	assert_int_equal(cv_bundle_parse("b", bytes, size, &b, &diag), 0);
#define VERIFY() cv_bundle_verify(b, &sigs, &trust, &demand, &proof, &diag)
	assert_int_equal(VERIFY(), 0);
	assert_true(proof.is_signed);
	demand.now = EXPIRES;
	assert_int_equal(VERIFY(), -EKEYEXPIRED);
	assert_told(&diag, "expired at 2027-02-19T13:00:00Z");
	demand.now = CREATED;
	demand.min_version = 43;
	assert_int_equal(VERIFY(), -ESTALE);
	assert_told(&diag, "version 42 of \"city\" is older than 43");
	demand.min_version = 42;
	demand.min_version_sha256 = b->sha256;
	assert_int_equal(VERIFY(), 0);
	demand.min_version_sha256 = hash;
	assert_int_equal(VERIFY(), -ESTALE);
	assert_told(&diag, "was seen here with other content");
	demand.min_version = 41;
	assert_int_equal(VERIFY(), 0);
	/* What is worst is returned, and all is told. */
	demand.min_version = 43;
	demand.now = EXPIRES;
	demand.threshold = 2;
	assert_int_equal(VERIFY(), -EKEYREJECTED);
	assert_int_equal(diag.errors, 3);
	cv_diagnostics_free(&diag);
	cv_bundle_free(b);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	free(bytes);
}

static void times_have_one_form(void **state)
{
	static const char *const bad[] = {"",
					  "2026-11-21",
					  "2026-11-21T13:00:00+00:00",
					  "2026-11-21t13:00:00Z",
					  "2026-13-21T13:00:00Z",
					  "2026-11-31T13:00:00Z",
					  "2026-11-21T24:00:00Z",
					  "2026-11-21T13:00:60Z",
					  "1969-12-31T23:59:59Z",
					  " 026-11-21T13:00:00Z",
					  "2026-11-21T13:00:00Z ",
					  "+026-11-21T13:00:00Z"};
	char text[CV_BUNDLE_TIME_TEXT];
	int64_t t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cv_bundle_time_parse(bad[i], &t), -EINVAL);
	assert_int_equal(cv_bundle_time_parse("2026-11-21T13:00:00Z", &t), 0);
	assert_int_equal(t, CREATED);
	assert_int_equal(cv_bundle_time_parse("9999-12-31T23:59:59Z", &t), 0);
	cv_bundle_time_text(t, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	assert_int_equal(cv_bundle_time_parse("never", &t), 0);
	cv_bundle_time_text(t, text);
	assert_string_equal(text, "never");
	cv_bundle_time_text(INT64_MAX - 1, text);
	assert_string_equal(text, "never");
}

static void unpacked_files_are_private(void **state)
{
	struct cv_diagnostics diag = {0};
	char dir[PATH_MAX], path[PATH_MAX + 32];
	struct cv_bundle *b;
	struct stat st;
	size_t size;
	uint8_t *bytes = sample(&size);

	assert_int_equal(cv_bundle_parse("b", bytes, size, &b, &diag), 0);
	assert_int_equal(cv_bundle_unpack(b, NULL, dir, &diag), 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/m.bpf.o", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, sizeof(module));
	cv_bundle_discard(b, dir);
	assert_int_equal(stat(dir, &st), -1);
	assert_true(cv_bundle_unpack(b, "/nonexistent", dir, &diag) < 0);
	assert_told(&diag, "cannot be unpacked into /nonexistent");
	cv_bundle_free(b);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_is_read),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(odd_headers_are_refused),
		cmocka_unit_test(manifests_have_one_form),
		cmocka_unit_test(files_and_manifest_agree),
		cmocka_unit_test(wrong_recipes_are_told),
		cmocka_unit_test(age_and_version_are_judged),
		cmocka_unit_test(times_have_one_form),
		cmocka_unit_test(unpacked_files_are_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
