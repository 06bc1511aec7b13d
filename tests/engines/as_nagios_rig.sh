# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the rigs of Nagios and NRPE, behind lib.sh: root runs what they start under the user nagios, others
# under their own. `"${under[@]}" COMMAND` starts it, `ours FILE...` gives it files, and it gets into $work.
under=()
if [ "$(id -u)" = 0 ]; then
	id nagios >/dev/null 2>&1 || skip_all "no user nagios"
	under=(setpriv --reuid=nagios --regid=nagios --clear-groups)
fi
ours() { [ ${#under[@]} = 0 ] || chown -R nagios: "$@"; }
chmod 711 "$work"
