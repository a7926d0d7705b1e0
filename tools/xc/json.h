/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers as JSON on stdout: objects and lists are opened and closed, commas come by themselves. */
#ifndef XC_JSON_H
#define XC_JSON_H

#include <stdbool.h>
#include <stdint.h>

/* key is NULL in a list and at the top. */
void json_open(const char *key, char bracket);
void json_close(char bracket);
void json_string(const char *key, const char *value);
void json_number(const char *key, uint64_t value);
void json_signed(const char *key, int64_t value);
void json_bool(const char *key, bool value);
void json_null(const char *key);

#endif
