#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes what is printed from the option tables below FOLDER, as it stands in contrib.
# usage: generate.sh FOLDER PROGRAM... (in alphabetical order)
set -eu
folder=$1
shift
mkdir -p "$folder/completion" "$folder/icinga2" "$folder/nagios" "$folder/nrpe"

cat >"$folder/icinga2/voip-commands.conf" <<'END'
/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Check commands of monitoring-plugins-voip for Icinga 2.13 and later, printed by --emit icinga2.
 * Needs PluginContribDir, the folder of the plugins, and "include <plugins>" of the template library.
 *
 * Each option is a variable: --ca-file of check_sip is voip_sip_ca_file. Of repeatable options it
 * may be an array; of options without value true, of --verbose also a number, of options with an
 * optional value true or the value.
 *
 * The target is the host's address, or its address6 as check_ipv4 and check_ipv6 say. Set for
 * example voip_sip_hostname to check another one, or to false when the targets come from elsewhere
 * (voip_sip_targets, voip_eicon_slp_multicast) or are the host that runs the check (voip_listener,
 * voip_rtp_local).
 *
 * Secrets are in no command: put them in a file that only Icinga can read, and name it with
 * voip_sip_extra_opts, voip_sip_credentials_file or voip_listener_credentials. A voip_..._timeout of
 * a minute or more also needs check_timeout.
 */
END
cat >"$folder/nrpe/voip.cfg" <<'END'
# Commands of monitoring-plugins-voip for NRPE, printed by --emit nrpe. They are samples: keep what you
# need, with hosts and whole file names of yours. None takes arguments (dont_blame_nrpe=0 is enough).
# check_nrpe waits for 10 s: for a longer check give it and command_timeout more, or the check a smaller -t.
END
for program; do
	name=${program##*/}
	"$program" --emit bash >"$folder/completion/$name"
	"$program" --emit nagios >"$folder/nagios/$name.cfg"
	for engine in icinga2/voip-commands.conf:icinga2 nrpe/voip.cfg:nrpe; do
		echo >>"$folder/${engine%:*}"
		"$program" --emit "${engine#*:}" >>"$folder/${engine%:*}"
	done
done
