/* SPDX-License-Identifier: Apache-2.0 */
#include "control/update/generation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/journal.h"

/* How often and how long apart the firmware is told of a good slot. */
#define MARK_TRIES 5
#define MARK_PAUSE_S 5

static const struct cv_policy_handler handlers[] = {
	{"status", cv_update_status},	  {"install", cv_update_install},
	{"rollback", cv_update_rollback}, {"mark", cv_update_mark},
	{"confirm", cv_update_confirm},	  {"restore", cv_update_restore},
	{"poll", cv_update_poll},	  {0},
};

int cv_update_command(int argc, char **argv)
{
	static const struct cv_cli_command *const tables[] = {cv_cli_update_offline, NULL};
	static const struct cv_policy_verbs verbs = {"update", tables, handlers};

	return cv_policy_run_verb(&verbs, argc, argv);
}

int cv_update_load(const struct cv_policy_args *args, struct cv_update_self *self,
		   struct cv_update_attempt *attempt)
{
	char why[160];
	int r;

	if (cv_update_self(self) < 0)
		return cv_policy_say(args, CV_CLI_INPUT,
				     "this is not the appliance: it was not started from a system "
				     "slot (docs/operator/upgrade.md)");
	r = cv_update_read(CV_UPDATE_DIR, attempt);
	if (r == 0)
		return CV_CLI_OK;
	snprintf(why, sizeof(why), "cannot read " CV_UPDATE_DIR "/attempt.json: %s%s", strerror(-r),
		 r == -EBADMSG ? "; remove it to begin anew" : "");
	return cv_policy_say(args, CV_CLI_INPUT, why);
}

/* ---- status ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* RAUC's entry of a slot with a bootname: [{"rootfs.0": {...}}, ...] */
static const json_t *find_slot(const json_t *rauc, const char *bootname)
{
	json_t *entry, *slot;
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(rauc, "slots"), i, entry)
	{
		json_object_foreach(entry, name, slot) if (strcmp(text_of(slot, "bootname"),
								  bootname) == 0) return slot;
	}
	return NULL;
}

static const char *slot_version(const struct cv_update_self *self, const json_t *slot,
				const char *name)
{
	const json_t *bundle = json_object_get(json_object_get(slot, "slot_status"), "bundle");

	return strcmp(self->slot, name) == 0 ? self->version : text_of(bundle, "version");
}

static const char *slot_state(const json_t *slot, const char *name,
			      const struct cv_update_attempt *attempt)
{
	if (attempt->phase != CV_UPDATE_NONE && strcmp(attempt->slot, name) == 0)
		return cv_update_phase_name(attempt->phase);
	return cv_update_has_system(name) ? text_of(slot, "boot_status") : "empty";
}

/* 0 = none is known. The system that the disk was written with has no bundle that RAUC could tell of. */
static uint64_t slot_generation(const struct cv_update_self *self, const char *name,
				const char *version)
{
	struct cv_update_generation g = {0};
	uint64_t number = 0;

	if (strcmp(self->slot, name) == 0)
		return cv_update_generation_number(CV_UPDATE_DIR, self);
	if (cv_update_generation_read(CV_UPDATE_DIR, name, *version ? version : NULL, &g) == 0)
		number = g.number;
	cv_update_generation_release(&g);
	return number;
}

static json_t *slots_json(const struct cv_update_self *self,
			  const struct cv_update_attempt *attempt, const json_t *rauc)
{
	static const char *const slots[] = {"A", "B"};
	json_t *list = json_array();

	for (size_t i = 0; i < 2; i++) {
		const json_t *slot = find_slot(rauc, slots[i]);
		const char *version = slot_version(self, slot, slots[i]);
		uint64_t number = slot_generation(self, slots[i], version);

		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s, s:s, s:o}", "slot", slots[i], "running",
					strcmp(self->slot, slots[i]) == 0, "version", version,
					"state", slot_state(slot, slots[i], attempt), "generation",
					number ? json_integer((json_int_t)number) : json_null()));
	}
	return list;
}

static const char *const phase_texts[] = {
	[CV_UPDATE_NONE] = "",
	[CV_UPDATE_INSTALLING] = "was being written when it ended: install again",
	[CV_UPDATE_TRIAL] = "is started once by the next reboot; health decides whether it stays",
	[CV_UPDATE_FAILED] = "was tried, was not well, and was left",
};

static void print_status(const struct cv_update_self *self, const struct cv_update_attempt *attempt,
			 const json_t *slots)
{
	json_t *slot;
	size_t i;

	printf("running   slot %s, version %s, generation %llu%s\n", self->slot, self->version,
	       (unsigned long long)cv_update_generation_number(CV_UPDATE_DIR, self),
	       cv_update_on_trial(self, attempt) ? " (on trial)" : "");
	json_array_foreach((json_t *)slots, i, slot)
	{
		const json_t *number = json_object_get(slot, "generation");

		printf("slot %s    %-10s %s", text_of(slot, "slot"), text_of(slot, "state"),
		       text_of(slot, "version"));
		if (json_is_integer(number))
			printf("%s %lld", *text_of(slot, "version") ? ", generation" : "generation",
			       (long long)json_integer_value(number));
		putchar('\n');
	}
	if (attempt->phase != CV_UPDATE_NONE && !cv_update_on_trial(self, attempt))
		printf("attempt   version %s in slot %s %s\n", attempt->version, attempt->slot,
		       phase_texts[attempt->phase]);
}

int cv_update_status(const struct cv_policy_args *args)
{
	static const char *const rauc_status[] = {"rauc", "status", "--detailed",
						  "--output-format=json", NULL};
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	json_t *rauc = NULL, *slots;
	int code = cv_update_load(args, &self, &attempt);

	if (code != CV_CLI_OK)
		return code;
	if (cv_update_run(rauc_status, &rauc) != 0 || !rauc) {
		json_decref(rauc);
		return cv_policy_say(args, CV_CLI_UNREACHABLE,
				     "rauc gives no answer: systemctl status rauc");
	}
	slots = slots_json(&self, &attempt, rauc);
	if (args->json) {
		json_t *doc =
			json_pack("{s:s, s:s, s:I, s:b, s:{s:s, s:s, s:s, s:s, s:I}, s:O}", "slot",
				  self.slot, "version", self.version, "generation",
				  (json_int_t)cv_update_generation_number(CV_UPDATE_DIR, &self),
				  "trial", cv_update_on_trial(&self, &attempt), "attempt", "phase",
				  cv_update_phase_name(attempt.phase), "slot", attempt.slot,
				  "version", attempt.version, "from", attempt.from, "since",
				  (json_int_t)attempt.since, "slots", slots);

		if (json_dumpf(doc, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF)
			code = CV_CLI_OUTPUT;
		json_decref(doc);
	} else {
		print_status(&self, &attempt, slots);
	}
	json_decref(slots);
	json_decref(rauc);
	return code;
}

/* ---- mark, confirm ------------------------------------------------------------------------ */

#define GOOD "slot %s, version %s: good, generation %llu"

static void tell(enum cv_message what, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(enum cv_message what, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	cv_journal("culvert update", cv_messages[what].id, cv_messages[what].level, format, args);
	va_end(args);
}

/* The slot that runs is good: RAUC puts it first with the firmware, and the attempt is over. */
static int make_good(const struct cv_policy_args *args, const struct cv_update_self *self,
		     const struct cv_update_attempt *attempt)
{
	static const char *const mark_good[] = {"rauc", "status", "mark-good", NULL};
	const struct cv_update_attempt none = {0};
	unsigned long long number;
	json_t *ignored;
	int r, tries = 0;

	/* A busy machine may take longer than D-Bus waits, and a slot on trial would be left for it. */
	do {
		r = cv_update_run(mark_good, &ignored);
		json_decref(ignored);
	} while (r != 0 && ++tries < MARK_TRIES && sleep(MARK_PAUSE_S) == 0);
	if (r != 0)
		return cv_policy_say(args, CV_CLI_UNREACHABLE,
				     "rauc cannot tell the firmware that this slot is good");
	if (cv_update_on_trial(self, attempt) && cv_update_generation_good(CV_UPDATE_DIR, self) < 0)
		cv_policy_say(args, CV_CLI_OK, "cannot write " CV_UPDATE_DIR "/generations");
	/* What failed in the other slot stays known. It is good all the same where that cannot be written:
	 * the next start finds it on trial and says so again. */
	if (cv_update_on_trial(self, attempt) && cv_update_write(CV_UPDATE_DIR, &none) < 0)
		cv_policy_say(args, CV_CLI_OK,
			      "cannot write " CV_UPDATE_DIR ": is the data partition full?");
	number = cv_update_generation_number(CV_UPDATE_DIR, self);
	if (cv_update_on_trial(self, attempt))
		tell(CV_MESSAGE_UPDATE_GOOD, GOOD, self->slot, self->version, number);
	else
		printf(GOOD "\n", self->slot, self->version, number);
	return CV_CLI_OK;
}

int cv_update_mark(const struct cv_policy_args *args)
{
	static const char *const mark_bad[] = {"rauc", "status", "mark-bad", "other", NULL};
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	bool good = strcmp(args->operands[0], "good") == 0;
	int code;

	if (!good && strcmp(args->operands[0], "bad") != 0)
		return cv_policy_usage(args, "good (this slot) or bad (the other one)");
	code = cv_update_load(args, &self, &attempt);
	if (code != CV_CLI_OK)
		return code;
	if (good)
		return make_good(args, &self, &attempt);
	if (cv_update_run(mark_bad, NULL) != 0)
		return cv_policy_say(args, CV_CLI_UNREACHABLE, "rauc cannot mark the slot");
	/* Of what was last attempted there the version stays known: a fleet must not bring it again. */
	if (strcmp(attempt.slot, self.other) != 0)
		attempt = (struct cv_update_attempt){0};
	attempt.phase = CV_UPDATE_FAILED;
	attempt.since = time(NULL);
	snprintf(attempt.slot, sizeof(attempt.slot), "%s", self.other);
	snprintf(attempt.from, sizeof(attempt.from), "%s", self.version);
	if (cv_update_write(CV_UPDATE_DIR, &attempt) < 0)
		return cv_policy_say(args, CV_CLI_OUTPUT, "cannot write " CV_UPDATE_DIR);
	printf("slot %s: bad\n", self.other);
	return CV_CLI_OK;
}

/* A slot that was to be tried at this start, and does not run, has been left. */
static void note_what_was_left(const struct cv_update_self *self, struct cv_update_attempt *attempt)
{
	if (attempt->phase != CV_UPDATE_TRIAL || !cv_update_was_left(self, attempt))
		return;
	attempt->phase = CV_UPDATE_FAILED;
	attempt->since = time(NULL);
	if (cv_update_write(CV_UPDATE_DIR, attempt) == 0)
		tell(CV_MESSAGE_UPDATE_LEFT,
		     "version %s in slot %s was not well; this is slot %s, version %s again",
		     attempt->version, attempt->slot, self->slot, self->version);
}

int cv_update_confirm(const struct cv_policy_args *args)
{
	static const char *const leave[] = {"rauc", "status", "mark-active", "other", NULL};
	static const char *const reboot[] = {"systemctl", "reboot", NULL};
	const char *wait = cv_policy_value(args, "wait");
	const char *const health[] = {"culvert", "health", "--wait", wait ? wait : "0", NULL};
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	int code = cv_update_load(args, &self, &attempt);
	bool well;

	if (code != CV_CLI_OK)
		return code;
	note_what_was_left(&self, &attempt);
	code = cv_update_run(health, NULL);
	well = code == CV_CLI_OK;
	if (well)
		code = make_good(args, &self, &attempt);
	if (code == CV_CLI_OK)
		return code;
	if (!cv_update_on_trial(&self, &attempt)) {
		tell(CV_MESSAGE_UPDATE_UNWELL, "%s; slot %s was good before and stays",
		     well ? "the firmware was not told" : "the node is not well", self.slot);
		return code;
	}
	fprintf(stderr, "culvert update: slot %s, version %s is not well: rebooting to slot %s\n",
		self.slot, self.version, self.other);
	/* The firmware would start the other one by itself, unless it has been told already that this is good. */
	(void)cv_update_run(leave, NULL);
	(void)cv_update_run(reboot, NULL);
	return code;
}
