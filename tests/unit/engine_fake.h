/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A resolver and a TLS module that do what a test says, in place of the real ones. */
#ifndef ENGINE_FAKE_H
#define ENGINE_FAKE_H

/*
 * conf.resolver: "fail" cannot be made; "at once" answers inside resolver_start; "ready" when its
 * descriptor is readable; "later" 20 ms after the question; "never".
 *
 * tls_conf.ca_file: "no context"; the variable FAKE_NO_MODULE: no module.  The name of a session:
 * "good" and "unverified" send one byte and wait until it comes back; "broken" fails; "full" wants to
 * write first; "alert" fails at the first read, "mute" at the first write; "hoard" holds
 * FAKE_HOARD_BYTES that epoll knows nothing of.
 */
enum { FAKE_HOARD_BYTES = 3000000 };

#endif
