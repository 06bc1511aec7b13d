#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes what is printed from the option tables below FOLDER, as it stands in contrib. What is no check
# (OTHER) has completions and a description only.
# usage: generate.sh FOLDER CHECK... [-- OTHER...] (each in alphabetical order)
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"/completion/{bash,zsh} "$folder"/director/{debian,rpm} \
	"$folder"/{grafana,icinga2,json,nagios,nrpe}

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
is_check=yes
for program; do
	if [ "$program" = -- ]; then
		is_check=
		continue
	fi
	name=${program##*/}
	"$program" --emit bash >"$folder/completion/bash/$name"
	"$program" --emit zsh >"$folder/completion/zsh/_$name"
	"$program" --emit json >"$folder/json/$name.json"
	[ -n "$is_check" ] || continue
	"$program" --emit nagios >"$folder/nagios/$name.cfg"
	"$program" --emit grafana >"$folder/grafana/$name.json"
	"$program" --emit director | sed '/^ *"uuid": /d' >"$folder/director/debian/$name.json"
	"$program" --emit director | sed 's|"/usr/lib/|"/usr/lib64/|' >"$folder/director/rpm/$name.json"
	for engine in icinga2/voip-commands.conf:icinga2 nrpe/voip.cfg:nrpe; do
		echo >>"$folder/${engine%:*}"
		"$program" --emit "${engine#*:}" >>"$folder/${engine%:*}"
	done
done
