/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/host.h"

static const struct cv_state_device *device_at(const struct cv_intake *in, uint32_t device)
{
	return cv_state_at(in->state, device);
}

void cv_alarm_host_device(void *owner, uint32_t device, struct cv_alarm_device *ret)
{
	const struct cv_intake *in = owner;
	const struct cv_state_device *d = device_at(in, device);
	const struct cv_registry_facts *f = d ? cv_registry_live_facts(in->live, d->row) : NULL;
	const struct cv_registry_area *a = f ? cv_registry_live_area(in->live, f->area) : NULL;

	*ret = (struct cv_alarm_device){
		.urn = d ? cv_state_urn(in->state, d) : "",
		.urn_len = d ? d->urn_len : 0,
		.kind = cv_registry_live_word(in->live, f ? f->kind : 0),
		.tags = cv_registry_live_word(in->live, f ? f->tags : 0),
		.interval = f ? f->interval : 0,
	};
	ret->area[CV_ALARM_LEVEL_ALL] = "";
	ret->area[CV_ALARM_LEVEL_CITY] = cv_registry_live_word(in->live, a ? a->city : 0);
	ret->area[CV_ALARM_LEVEL_DISTRICT] = cv_registry_live_word(in->live, a ? a->district : 0);
	ret->area[CV_ALARM_LEVEL_STREET] = cv_registry_live_word(in->live, a ? a->street : 0);
	ret->area[CV_ALARM_LEVEL_COMMUNITY] = cv_registry_live_word(in->live, a ? a->community : 0);
}

static const char *urn_of(void *owner, uint32_t device, size_t *ret_len)
{
	const struct cv_intake *in = owner;
	const struct cv_state_device *d = device_at(in, device);

	*ret_len = d ? d->urn_len : 0;
	return d ? cv_state_urn(in->state, d) : "";
}

/* With its place in the registry, which an event would give it. */
static uint32_t device_of(void *owner, const char *urn, size_t len)
{
	struct cv_intake *in = owner;
	uint32_t device = cv_state_device(in->state, urn, len), area = 0;
	struct cv_state_device *d = cv_state_at(in->state, device);

	if (d && d->row == 0) {
		d->row = cv_registry_live_find(in->live, urn, len, &area);
		d->area = area;
	}
	return device;
}

struct cv_alarm_urns cv_alarm_host_urns(struct cv_intake *in)
{
	return (struct cv_alarm_urns){.owner = in, .urn = urn_of, .device = device_of};
}

void cv_alarm_host_stamp(const struct cv_intake *in, const struct cv_alarm *a,
			 struct cv_record *rec)
{
	uint32_t first = a->n_devices ? a->devices[0] : 0;
	const struct cv_state_device *d = device_at(in, a->device ? a->device : first);

	rec->registry_row = d && a->device && !*a->area ? d->row : 0;
	rec->area_row = d ? d->area : 0;
}

uint64_t cv_alarm_host_version(const struct cv_intake *in)
{
	return cv_registry_live_version(in->live);
}

void cv_alarm_host_event(const struct cv_intake *in, struct cv_alarm_engine *e, uint32_t device,
			 const struct cv_record *rec, int64_t now)
{
	const struct cv_state_device *d = device_at(in, device);

	if (d && d->urn_len <= CV_ALARM_URN_MAX)
		cv_alarm_engine_event(e, device, rec, cv_alarm_host_version(in), now);
}
