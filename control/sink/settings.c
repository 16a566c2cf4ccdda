/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/settings.h"

#define TYPE_NAME(id, name, what, library) name,
#define TYPE_LIBRARY(id, name, what, library) library,
#define NAME(id, name) name,
static const char *const types[] = {CV_SINK_TYPES(TYPE_NAME)};
static const char *const libraries[] = {CV_SINK_TYPES(TYPE_LIBRARY)};
static const char *const formats[] = {CV_SINK_FORMATS(NAME)};

const char *cv_sink_type_name(unsigned int type)
{
	return type < CV_SINK_TYPE_COUNT ? types[type] : "?";
}

const char *cv_sink_type_library(unsigned int type)
{
	return type < CV_SINK_TYPE_COUNT ? libraries[type] : "";
}

const char *cv_sink_format_name(unsigned int format)
{
	return format < CV_SINK_FORMAT_COUNT ? formats[format] : "?";
}
