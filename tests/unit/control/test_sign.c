/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, signatures, trust sets. What minisign itself says is in tests/cli/test_policy_sign.sh. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_help.h"

/* What minisign 0.11 wrote: a key pair without password and its signatures of "culvert\n". */
static const char minisign_public[] = "untrusted comment: minisign public key C94DDB706ECEE367\n"
				      "RWRn485ucNtNyX7I7zycJ0aurKzFjdhkVVXcMJVzkGMhv7KOZBvkX2Am\n";
static const char minisign_secret[] = "untrusted comment: minisign encrypted secret key\n"
				      "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
				      "AAAAAAAAAAAAZ+PObnDbTcmLAaxeftdhNH141mzYXI2u10JMfGDfM1BY869+"
				      "Im8tnX7I7zycJ0aurKzFjdhkVVXcMJVzkGMhv7KOZBvkX2AmAAAAAAAAAAAA"
				      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char minisign_hashed[] =
	"untrusted comment: signature from minisign secret key\n"
	"RURn485ucNtNyUNPNVmEHtm78bbF136CvsV1jiz4kd29RunxUFvRATTDZBY0Q8xmuehDgfycOkojV1tp43c/"
	"qsaQeL6+xn8neAQ=\n"
	"trusted comment: a trusted comment\n"
	"XoXYu6GqfQRJSJk56F/"
	"YKe2l7p7ZJeNKS6P1qWMDATY9v0tCI8hgGuLlI6Ekml0ZzrfLEWt0gIpj5lnAm0OZCg==\n";
static const char minisign_legacy[] = "untrusted comment: signature from minisign secret key\n"
				      "RWRn485ucNtNyRYl5qekxTP69c8hMAtCYuUTIYeHbs4Iz9hXO8T6lJj9oLWQ"
				      "g8oSi/Ua6DW+Sh2qLBFlLqGkFJceEPRijVByRwY=\n"
				      "trusted comment: a trusted comment\n"
				      "uHzpUj6wYTO5HbEk1y8YfXSdZFMXgFFaUjb9fMToZZjpgvGPBDcRR0iQb9vO"
				      "pwUvS/V6Qu7SLVLgTmky/VvODA==\n";
static const char message[] = "culvert\n";

/* The least that scrypt takes: the tests are about formats, not about guessing. */
static const struct cv_sign_cost cheap = {32768, 16777216};

static int add_key(const char *text, struct cv_trust *trust, struct cv_diagnostics *diag)
{
	return cv_trust_add_text("k.pub", text, strlen(text), trust, diag);
}

static int add_sig(const char *text, struct cv_signatures *sigs, struct cv_diagnostics *diag)
{
	return cv_signatures_add_text("s", text, strlen(text), sigs, diag);
}

static void minisign_files_are_understood(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct cv_secret_key secret;
	char *text;

	assert_int_equal(add_key(minisign_public, &trust, &diag), 0);
	assert_int_equal(add_sig(minisign_hashed, &sigs, &diag), 0);
	assert_int_equal(add_sig(minisign_legacy, &sigs, &diag), 0);
	assert_true(sigs.items[0].prehashed);
	assert_false(sigs.items[1].prehashed);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 1);
	assert_int_equal(sigs.items[0].outcome, CV_SIGN_GOOD);
	assert_int_equal(sigs.items[1].outcome, CV_SIGN_REPEATED);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 7), 0);
	assert_int_equal(sigs.items[0].outcome, CV_SIGN_WRONG);
	assert_int_equal(sigs.items[1].outcome, CV_SIGN_WRONG);
	assert_int_equal(cv_secret_key_parse("k", minisign_secret, strlen(minisign_secret), NULL,
					     &secret, &diag),
			 0);
	assert_int_equal(cv_public_key_write(&secret, &text), 0);
	assert_string_equal(text, minisign_public);
	free(text);
	cv_secret_key_wipe(&secret);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
}

/* Every bit of a signature file but those of the comment that nobody signs. */
static void every_flipped_bit_is_refused(void **state)
{
	size_t len = strlen(minisign_hashed), first = strcspn(minisign_hashed, "\n");
	char *copy = strdup(minisign_hashed);
	struct cv_diagnostics diag = {0};
	struct cv_trust trust = {0};
	size_t parsed = 0;

	assert_int_equal(add_key(minisign_public, &trust, &diag), 0);
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct cv_signatures sigs = {0};
		unsigned int signers = 0;

		copy[bit / 8] ^= (char)(1u << bit % 8);
		if (cv_signatures_add_text("s", copy, len, &sigs, &diag) == 0) {
			signers = cv_signatures_verify(&sigs, &trust, message, 8);
			parsed++;
		} else {
			assert_true(diag.errors > 0);
		}
		/* The first line says "untrusted", and that is what it is. */
		if (bit / 8 >= first && bit / 8 != len - 1)
			assert_int_equal(signers, 0);
		cv_diagnostics_free(&diag);
		cv_signatures_free(&sigs);
		copy[bit / 8] ^= (char)(1u << bit % 8);
	}
	assert_true(parsed > 500);
	for (size_t n = 0; n + 1 < len; n++) {
		struct cv_signatures sigs = {0};

		assert_int_equal(cv_signatures_add_text("s", copy, n, &sigs, &diag), -EINVAL);
		assert_int_equal(sigs.n, 0);
		cv_diagnostics_free(&diag);
		cv_signatures_free(&sigs);
	}
	cv_trust_free(&trust);
	free(copy);
}

static void odd_files_are_told(void **state)
{
	static const struct {
		const char *text, *why;
	} keys[] = {
		{"", "no key in it"},
		{"\n\n", "no key in it"},
		{"minisign public key\n",
		 "expected a line that begins with \"untrusted comment:\""},
		{"untrusted comment: x\n", "a public key is missing"},
		{"untrusted comment: x\nAAAA\n", "k.pub:2:1: error: not a public key"},
		{"untrusted comment: x\n"
		 "RWSyooDbxtfh4QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		 "expected 42 bytes in base64"},
		{"untrusted comment: x\n"
		 "UlSyooDbxtfh4QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		 "not an Ed25519 key"},
		{"untrusted comment: \033[2J\n", "k.pub:1:1: error: a control character"},
		{"untrusted comment: \xc2\x9b\n", "a control character"},
		{"untrusted comment: \xff\n", "UTF-8"},
		{"untrusted comment: a\rb\n", "a carriage return"},
	};
	char *large = malloc(CV_SIGN_FILE_MAX + 2);
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(add_key(keys[i].text, &trust, &diag), -EINVAL);
		assert_told(&diag, keys[i].why);
		assert_int_equal(trust.n, 0);
	}
	memset(large, '\n', CV_SIGN_FILE_MAX + 1);
	large[CV_SIGN_FILE_MAX + 1] = 0;
	assert_int_equal(add_key(large, &trust, &diag), -EINVAL);
	assert_told(&diag, "larger than 64 KiB");
	assert_int_equal(add_sig(minisign_public, &sigs, &diag), -EINVAL);
	assert_told(&diag, "s:2:1: error: not a signature");
	assert_int_equal(add_sig("", &sigs, &diag), -EINVAL);
	assert_told(&diag, "no signature in it");
	free(large);
	cv_trust_free(&trust);
}

static void lines_may_end_as_elsewhere(void **state)
{
	char text[1024], *at = text;
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};

	for (const char *p = minisign_hashed; *p; p++) {
		if (*p == '\n')
			*at++ = '\r';
		*at++ = *p;
	}
	*at = 0;
	assert_int_equal(add_key(minisign_public, &trust, &diag), 0);
	assert_int_equal(add_sig(text, &sigs, &diag), 0);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 1);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
}

static void each_key_counts_once(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct signer a, b, stranger;
	char *text, *again;

	new_signer(&a, &trust, "a.pub");
	new_signer(&b, &trust, "b.pub");
	new_signer(&stranger, NULL, NULL);
	/* The same key under another name, and with another id, is no second signer. */
	assert_int_equal(cv_public_key_write(&a.secret, &text), 0);
	assert_int_equal(cv_trust_add_text("c.pub", text, strlen(text), &trust, &diag), 0);
	assert_int_equal(trust.n, 2);
	a.secret.id[0] ^= 1;
	assert_int_equal(cv_public_key_write(&a.secret, &again), 0);
	assert_int_equal(cv_trust_add_text("d.pub", again, strlen(again), &trust, &diag), 0);
	assert_int_equal(trust.n, 2);
	add_signature(&a, message, 8, "other-id", &sigs);
	a.secret.id[0] ^= 1;
	add_signature(&a, message, 8, "first", &sigs);
	add_signature(&a, message, 8, "second", &sigs);
	add_signature(&stranger, message, 8, "stranger", &sigs);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 1);
	assert_int_equal(sigs.items[0].outcome, CV_SIGN_UNKNOWN_KEY);
	assert_int_equal(sigs.items[1].outcome, CV_SIGN_GOOD);
	assert_int_equal(sigs.items[2].outcome, CV_SIGN_REPEATED);
	assert_int_equal(sigs.items[3].outcome, CV_SIGN_UNKNOWN_KEY);
	add_signature(&b, message, 8, "third", &sigs);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 2);
	/* A stranger who claims the id of a trusted key. */
	memcpy(stranger.secret.id, b.secret.id, sizeof(b.secret.id));
	add_signature(&stranger, message, 8, "liar", &sigs);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 2);
	assert_int_equal(sigs.items[5].outcome, CV_SIGN_WRONG);
	free(text);
	free(again);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
}

/* Two trusted keys of the same id: each verifies its own. */
static void ids_may_collide(void **state)
{
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct signer a, b;
	struct cv_diagnostics diag = {0};
	char *text;

	new_signer(&a, &trust, "a.pub");
	new_signer(&b, NULL, NULL);
	memcpy(b.secret.id, a.secret.id, sizeof(a.secret.id));
	assert_int_equal(cv_public_key_write(&b.secret, &text), 0);
	assert_int_equal(add_key(text, &trust, &diag), 0);
	free(text);
	add_signature(&b, message, 8, "b", &sigs);
	add_signature(&a, message, 8, "a", &sigs);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 2);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
}

static void comments_are_signed(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	struct signer a;
	char *text;

	new_signer(&a, &trust, "a.pub");
	assert_int_equal(cv_sign(&a.secret, message, 8, "two\nlines", &text), -EINVAL);
	assert_int_equal(cv_sign(&a.secret, message, 8, "version:42", &text), 0);
	*strstr(text, "version:42") = 'V'; /* "42" alone may stand in the signature's base64, too */
	assert_int_equal(add_sig(text, &sigs, &diag), 0);
	assert_int_equal(cv_signatures_verify(&sigs, &trust, message, 8), 0);
	assert_int_equal(sigs.items[0].outcome, CV_SIGN_WRONG_COMMENT);
	free(text);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
}

static void passwords_protect(void **state)
{
	struct cv_diagnostics diag = {0};
	struct cv_secret_key key, read = {0};
	char *text;

	cv_secret_key_generate(&key);
	assert_int_equal(cv_secret_key_write(&key, "open sesame", &cheap, &text), 0);
#define READ(password) cv_secret_key_parse("k", text, strlen(text), password, &read, &diag)
	assert_int_equal(READ(NULL), -ENOKEY);
	assert_int_equal(diag.errors, 0);
	assert_int_equal(READ("open sesam"), -EKEYREJECTED);
	assert_told(&diag, "wrong password");
	assert_int_equal(READ("open sesame"), 0);
	assert_memory_equal(&read, &key, sizeof(key));
	free(text);
	assert_int_equal(cv_secret_key_write(&key, NULL, &cheap, &text), 0);
	assert_int_equal(READ(NULL), 0);
	assert_memory_equal(&read, &key, sizeof(key));
	/* Any part of id, key and check: they begin with byte 54, which is digit 72. */
	for (char *p = strchr(text, '\n') + 1 + 72; *p != '=' && *p != '\n'; p++) {
		char was = *p;

		*p = *p == 'A' ? 'B' : 'A';
		if (*p != was)
			assert_true(READ(NULL) < 0);
		*p = was;
	}
	cv_diagnostics_free(&diag);
	free(text);
}

static void write_text(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[512];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, mode), 0);
}

/* As a node's configuration names it. */
static void expect_trust_of_node(const char *dir, size_t keys)
{
	struct cv_diagnostics diag = {0};
	struct cv_trust trust = {0};
	struct cv_config *config;

	assert_int_equal(cv_config_default("policy.yaml", &config), 0);
	snprintf(config->path, sizeof(config->path), "%s/culvert.yaml", dir);
	assert_int_equal(cv_trust_load_node(config, &trust, &diag), 0);
	assert_int_equal(trust.n, 0);
	strcpy(config->trust_keys, ".");
	assert_int_equal(cv_trust_load_node(config, &trust, &diag), 0);
	assert_int_equal(trust.n, keys);
	cv_config_free(config);
	cv_trust_free(&trust);
}

static void trust_comes_from_a_directory(void **state)
{
	char dir[] = "/tmp/culvert-trust.XXXXXX", path[512], *text;
	struct cv_diagnostics diag = {0};
	struct cv_trust trust = {0};
	struct signer a;

	assert_non_null(mkdtemp(dir));
	new_signer(&a, NULL, NULL);
	assert_int_equal(cv_trust_load(dir, &trust, &diag), 0);
	assert_int_equal(trust.n, 0);
	assert_int_equal(cv_public_key_write(&a.secret, &text), 0);
	write_text(dir, "one.pub", minisign_public, 0644);
	write_text(dir, "two.pub", text, 0644);
	write_text(dir, "notes.txt", "not a key", 0644);
	assert_int_equal(cv_trust_load(dir, &trust, &diag), 0);
	assert_int_equal(trust.n, 2);
	assert_non_null(strstr(trust.keys[0].file, "/one.pub"));
	expect_trust_of_node(dir, 2);
	/* One file with both. */
	cv_trust_free(&trust);
	snprintf(path, sizeof(path), "%s/notes.txt", dir);
	write_text(dir, "notes.txt", minisign_public, 0644);
	write_text(dir, "both", "", 0644);
	snprintf(path, sizeof(path), "cat %s/one.pub %s/two.pub >%s/both", dir, dir, dir);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/both", dir);
	assert_int_equal(cv_trust_load(path, &trust, &diag), 0);
	assert_int_equal(trust.n, 2);
	cv_trust_free(&trust);
	/* One wrong file fails it all. */
	write_text(dir, "zwrong.pub", "x", 0644);
	assert_int_equal(cv_trust_load(dir, &trust, &diag), -EINVAL);
	assert_int_equal(trust.n, 0);
	assert_told(&diag, "zwrong.pub:1:1");
	write_text(dir, "zwrong.pub", minisign_public, 0666);
	assert_int_equal(cv_trust_load(dir, &trust, &diag), -EPERM);
	assert_told(&diag, "anybody may write to it");
	assert_true(cv_trust_load("/nonexistent", &trust, &diag) < 0);
	assert_told(&diag, "cannot read");
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
	cv_trust_free(&trust);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minisign_files_are_understood),
		cmocka_unit_test(every_flipped_bit_is_refused),
		cmocka_unit_test(odd_files_are_told),
		cmocka_unit_test(lines_may_end_as_elsewhere),
		cmocka_unit_test(each_key_counts_once),
		cmocka_unit_test(ids_may_collide),
		cmocka_unit_test(comments_are_signed),
		cmocka_unit_test(passwords_protect),
		cmocka_unit_test(trust_comes_from_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
