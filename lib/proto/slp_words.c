/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of functions and errors; see slp.h. */
#include "proto/slp.h"

static const char *const FUNCTIONS[] = {
	[SLP_SRV_RQST] = "SrvRqst",
	[SLP_SRV_RPLY] = "SrvRply",
	[SLP_SRV_REG] = "SrvReg",
	[SLP_SRV_DEREG] = "SrvDeReg",
	[SLP_SRV_ACK] = "SrvAck",
	[SLP_ATTR_RQST] = "AttrRqst",
	[SLP_ATTR_RPLY] = "AttrRply",
	[SLP_DA_ADVERT] = "DAAdvert",
	[SLP_SRV_TYPE_RQST] = "SrvTypeRqst",
	[SLP_SRV_TYPE_RPLY] = "SrvTypeRply",
	[SLP_SA_ADVERT] = "SAAdvert",
};

/* RFC 2165 23 */
static const char *const V1_ERRORS[] = {
	[0] = "OK",
	[1] = "LANGUAGE_NOT_SUPPORTED",
	[2] = "PARSE_ERROR",
	[3] = "INVALID_REGISTRATION",
	[4] = "SCOPE_NOT_SUPPORTED",
	[5] = "CHARSET_NOT_UNDERSTOOD",
	[6] = "AUTHENTICATION_ABSENT",
	[7] = "AUTHENTICATION_FAILED",
};

/* RFC 2608 7 */
static const char *const V2_ERRORS[] = {
	[0] = "OK",
	[1] = "LANGUAGE_NOT_SUPPORTED",
	[2] = "PARSE_ERROR",
	[3] = "INVALID_REGISTRATION",
	[4] = "SCOPE_NOT_SUPPORTED",
	[5] = "AUTHENTICATION_UNKNOWN",
	[6] = "AUTHENTICATION_ABSENT",
	[7] = "AUTHENTICATION_FAILED",
	[9] = "VER_NOT_SUPPORTED",
	[10] = "INTERNAL_ERROR",
	[11] = "DA_BUSY_NOW",
	[12] = "OPTION_NOT_UNDERSTOOD",
	[13] = "INVALID_UPDATE",
	[14] = "MSG_NOT_SUPPORTED",
	[15] = "REFRESH_REJECTED",
};

static const char *name_at(const char *const *names, size_t count, size_t i)
{
	return i < count ? names[i] : NULL;
}

const char *slp_function_name(uint8_t version, uint8_t function)
{
	if (version == 1)
		return name_at(FUNCTIONS, SLP_SA_ADVERT, function);
	return version == 2 ? name_at(FUNCTIONS, SLP_SA_ADVERT + 1, function) : NULL;
}

const char *slp_error_name(uint8_t version, uint16_t error)
{
	if (version == 1)
		return name_at(V1_ERRORS, sizeof(V1_ERRORS) / sizeof(V1_ERRORS[0]), error);
	if (version == 2)
		return name_at(V2_ERRORS, sizeof(V2_ERRORS) / sizeof(V2_ERRORS[0]), error);
	return NULL;
}
