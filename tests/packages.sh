#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian packages and the RPM spec of contrib/packaging: they build from what a release holds, two
# builds are equal, every file lies where it belongs, the programs run from there, and the list of linked
# libraries says what the binaries say.
. "${srcdir:-.}/tests/lib.sh"

for tool in dpkg-buildpackage dh lintian jq readelf make; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
[ -z "${VOIP_BRIEF:-}" ] || skip_all "VOIP_BRIEF is set"
[ -f Makefile ] || skip_all "the tree is not configured"
unset MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS CPPFLAGS LDFLAGS DEB_BUILD_OPTIONS SOURCE_DATE_EPOCH
chmod 711 "$work"
make -s Makefile >"$work/make.log" 2>&1 # a stale one would speak below

# value VARIABLE...: what the Makefile says, without folders.
value() {
	for variable; do make -s --eval "value: ; @printf '%s\n' \$(notdir \$($variable))" value; done
}
checks=$(value libexec_PROGRAMS)
others=$(value bin_PROGRAMS)
modules=$(value module_PROGRAMS)
version=$(value PACKAGE_VERSION)
name=monitoring-plugins-voip
send=$name-send-results
tree=$name-$version
libdir=usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/$name

# same NAME WANTED GOT: two texts; what differs is shown.
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "$(diff -U 0 --label wanted <(echo "$2") --label got <(echo "$3") | head -n 40)"
	fi
}

# log_is_good NAME LOG COMMAND...
log_is_good() {
	log_name=$1 log=$2
	shift 2
	if "$@" >"$log" 2>&1; then ok "$log_name"; else not_ok "$log_name" "$(tail -n 40 "$log")"; fi
}

# What a release holds.
log_is_good "a release is packed" "$work/dist.log" make -s distdir distdir="$work/$tree"
chmod -R u+w "$work/$tree"
cp -r "$work/$tree/contrib/packaging/deb" "$work/$tree/debian"
epoch=$(cd "$work/$tree" && dpkg-parsechangelog -S Timestamp)
spec=$work/$tree/contrib/packaging/rpm/$name.spec
same "changelog has the version of configure.ac" "$version" \
	"$(cd "$work/$tree" && dpkg-parsechangelog -S Version | sed 's/-[^-]*$//')"
same "the RPM spec has it too" "$version" "$(sed -n 's/^Version: *//p' "$spec")"

# What git has, or else what lies in a source folder in which nothing was built.
source_files() {
	if git -C "$srcdir" rev-parse >/dev/null 2>&1; then
		git -C "$srcdir" ls-files
	else
		(cd "$srcdir" && find . -type f ! -path './autom4te.cache/*' ! -name 'configure~' -printf '%P\n')
	fi | grep -v '^\.git' | LC_ALL=C sort
}
if [ "$srcdir" = . ] && ! git rev-parse >/dev/null 2>&1; then
	skip "a release has every file of the source" "built in the source folder"
else
	same "a release has every file of the source" "" "$(LC_ALL=C comm -23 <(source_files) \
		<(cd "$work/$tree" && find . -type f -printf '%P\n' | LC_ALL=C sort))"
fi

# build FOLDER UMASK VARIABLE=VALUE...: packages of a copy of the tree, in an environment of their own.
build() {
	mkdir -p "$1"
	cp -r "$work/$tree" "$1"
	[ "$(id -u)" != 0 ] || [ "$2" = 022 ] || chown -R 65534:65534 "$1"
	chmod 711 "$1"
	(
		umask "$2"
		cd "$1/$tree" || exit
		shift 2
		[ "$(stat -c %u .)" = "$(id -u)" ] || set -- "$@" setpriv --reuid=65534 --regid=65534 --clear-groups
		exec env -i PATH="$PATH" "$@" dpkg-buildpackage -us -uc -b
	)
}

# Other folder, user, umask, date, home, language and options; the date is another one at any time of day.
other=C.UTF-8
locale -a | grep -qx de_DE.utf8 && other=de_DE.UTF-8
log_is_good "Debian packages build" "$work/one.log" \
	build "$work/one" 022 HOME="$work" TZ=XYZ-14 LC_ALL=C DEB_BUILD_OPTIONS=parallel=2
log_is_good "again as somebody else elsewhere" "$work/two.log" \
	build "$work/two/a/longer/way" 077 HOME=/nonexistent TZ=XYZ+12 LC_ALL=$other DEB_BUILD_OPTIONS='parallel=3 nocheck'
packages=$(cd "$work/one" && find . -name '*.deb' -printf '%P\n' | LC_ALL=C sort -t _ -k 1,1)
[ -n "$packages" ] || { done_testing; exit; }
same "a package for the plugins, one for send_results, and their symbols" \
	"$(printf '%s\n' "$name"{,-dbgsym,-send-results{,-dbgsym}})" "$(sed 's/_.*//' <<<"$packages")"
for package in $packages; do
	if cmp -s "$work/one/$package" "$work/two/a/longer/way/$package"; then
		ok "built twice it is the same: ${package%%_*}"
	else
		not_ok "built twice it is the same: ${package%%_*}" \
			"$(diffoscope "$work/one/$package" "$work/two/a/longer/way/$package" 2>&1 | head -n 60)"
	fi
done

same "lintian has nothing to add to its overrides" "" \
	"$(lintian --no-cfg --allow-root --tag-display-limit 0 -EI --pedantic "$work/one"/*.changes 2>&1 |
		grep -v '^\(N\|X\):')"

# list PACKAGE: its files and folders of its own: mode, owner, name.
list() {
	dpkg-deb -c "$work/one/$1"_*.deb | awk '{ print $1, $2, substr($6, 3) }' |
		grep -Ev '[ /]$| usr/share/doc/' | LC_ALL=C sort
}
documents() {
	dpkg-deb -c "$work/one/$1"_*.deb | awk '{ print substr($6, 3) }' | sed -n "s|^usr/share/doc/$1/||p"
}
# file MODE NAME...
file() {
	file_mode=$1
	shift
	printf -- "$file_mode root/root %s\n" "$@"
}
of_program() {
	file -rw-r--r-- "usr/share/man/man8/$1.8.gz" "usr/share/bash-completion/completions/$1" \
		"usr/share/zsh/vendor-completions/_$1"
}
wanted=$(
	for check in $checks; do
		file -rwxr-xr-x "usr/lib/nagios/plugins/$check"
		file -rw-r--r-- "etc/nagios-plugins/config/$check.cfg"
		of_program "$check"
	done
	for module in $modules; do file -rw-r--r-- "$libdir/$module"; done
	file -rw-r--r-- "usr/share/lintian/overrides/$name"
)
same "files of the plugins" "$(LC_ALL=C sort <<<"$wanted")" "$(list "$name")"
wanted=$(
	for program in $others; do
		file -rwxr-xr-x "usr/bin/$program"
		of_program "$program"
	done
	file -rw-r--r-- "usr/share/lintian/overrides/$send"
)
same "files of send_results" "$(LC_ALL=C sort <<<"$wanted")" "$(list "$send")"
# What the tree of examples holds and is not installed elsewhere.
examples=$(cd "$work/$tree/contrib" && find . -type f -printf '%P\n' |
	grep -Ev '^(completion|packaging)/|^nagios/check_|^[^/]*$' | LC_ALL=C sort)
same "all of contrib is among the examples" "$examples" \
	"$( (documents "$name"; documents "$send") | sed -n 's|^examples/\(.*[^/]\)$|\1|p' | LC_ALL=C sort)"

# From here on as unpacked.
root=$work/root
for package in "$name" "$send"; do dpkg-deb -x "$work/one/$package"_*.deb "$root"; done
for program in $checks $others; do
	path=$(find "$root/usr/bin" "$root/usr/lib/nagios" -name "$program")
	same "$program runs" "$program $version ($name)" "$("$path" --version 2>&1)"
	same "$program looks for modules in the package alone" "" \
		"$(readelf -d "$path" | sed -n 's/.*\(RPATH\|RUNPATH\).*\[\(.*\)\]/\2/p' | grep -vx "/$libdir")"
	is "$program has its man page" grep -q "^\.TH" <(zcat "$root/usr/share/man/man8/$program.8.gz")
done

for folder in etc/voip var/spool/voip-plugins; do
	is "its package has /$folder" test -d "$root/$folder"
	is "send_results looks there" grep -Fq "/$folder" <("$root/usr/bin/send_results" --help 2>&1)
done

# The list of what is linked.
sbom=$root/usr/share/doc/$name/sbom.cdx.json
is_cyclonedx() {
	jq -e '
	.bomFormat == "CycloneDX" and .specVersion == "1.5" and .version == 1 and
	(keys - ["bomFormat", "specVersion", "version", "metadata", "components", "dependencies"] == []) and
	([.metadata.component, .metadata.component.components[], .components[]] |
		all(.type != null and .name != null and .["bom-ref"] != null)) and
	([.. | .["bom-ref"]? | strings] | length == (unique | length)) and
	([.. | .["bom-ref"]? | strings] as $refs | [.dependencies[] | .ref, .dependsOn[]] - $refs == []) and
	([.components[]["bom-ref"]] - [.dependencies[].dependsOn[]] == []) and
	(.components | all(.purl == "pkg:generic/\(.name)@\(.version)"))' "$sbom" >/dev/null
}
is "the list of libraries is CycloneDX" is_cyclonedx
same "its date is that of the changelog" "$(date -u -d "@$epoch" +%FT%TZ)" "$(jq -r .metadata.timestamp "$sbom")"
same "its version is ours" "$version" "$(jq -r .metadata.component.version "$sbom")"
is "both packages have the same" cmp "$sbom" "$root/usr/share/doc/$send/sbom.cdx.json"
same "it has all programs and modules" "$(printf '%s\n' $checks $modules $others | sort)" \
	"$(jq -r '.metadata.component.components[].name' "$sbom" | sort)"

# library SONAME: what the list calls it.
library() {
	jq -r --arg soname "${1%.so.*}" '[.components[] | select(any(.properties[]; .value == $soname))["bom-ref"]] |
		if . == [] then "unknown \($soname)" else .[] end' "$sbom"
}
needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
for program in $checks $modules $others; do
	path=$(find "$root/usr/bin" "$root/usr/lib" -name "$program")
	same "$program is linked with what the list says" \
		"$(jq -r --arg ref "$program" '.dependencies[] | select(.ref == $ref).dependsOn[]' "$sbom" | sort)" \
		"$(for soname in $(needed "$path"); do library "$soname"; done | sort -u)"
done
for soname in $(find "$root/usr/bin" "$root/usr/lib" -type f | while read -r path; do needed "$path"; done | sort -u); do
	package=$(dpkg-query -S "*/$soname" 2>/dev/null | grep -m 1 "/$soname\$" | cut -d : -f 1)
	installed=$(dpkg-query -W -f '${source:Upstream-Version}\n' "$package" | head -n 1)
	listed=$(jq -r --arg ref "$(library "$soname")" '.components[] | select(.["bom-ref"] == $ref).version' "$sbom")
	is "$soname of $package $installed is listed as $listed" grep -Eqx "${listed//./\\.}([^0-9].*)?" <<<"$installed"
done

# Installed for real, in a copy of this machine that is gone afterwards, without network.
cat >"$work/install" <<'END'
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
touch dev/null
mount --bind /dev/null dev/null
mount -o remount,bind,ro dev/null
mount -t tmpfs none tmp
ip link set lo up
shift
cp "$@" tmp
sed -i "/^nagios:/d" etc/passwd etc/group etc/shadow etc/gshadow
sed -i "/nagios/d" var/lib/dpkg/statoverride
exec chroot . sh -ec '
	umask 022
	dpkg --no-triggers -i /tmp/*.deb
	stat -c "%U:%G %a %n" /etc/voip /var/spool/voip-plugins
	sh /tmp/smoke
	dpkg-statoverride --update --add nagios root 0700 /var/spool/voip-plugins
	dpkg --no-triggers -i /tmp/*send-results*.deb
	stat -c "%U:%G %a %n" /var/spool/voip-plugins
	echo waiting >/var/spool/voip-plugins/result
	dpkg --no-triggers --purge monitoring-plugins-voip monitoring-plugins-voip-send-results
	for path in /etc/voip /var/spool/voip-plugins /etc/nagios-plugins/config/check_sip.cfg; do [ ! -e $path ]; done
	echo nothing is left'
END
mkdir "$work/machine"
if ! unshare -mn sh -c "mount -t tmpfs none '$work/machine' && cd '$work/machine' && mkdir u w r &&
	mount -t overlay none -o lowerdir=/,upperdir=u,workdir=w r" 2>/dev/null; then
	skip "packages are installed, run and purged" "no overlay of this machine"
else
	log_is_good "packages are installed, run and purged" "$work/install.log" unshare -mn sh "$work/install" \
		"$work/machine" "$work/one/$name"_*.deb "$work/one/$send"_*.deb "$work/$tree/debian/tests/smoke"
	for line in 'root:nagios 750 /etc/voip' 'nagios:nagios 750 /var/spool/voip-plugins' \
		'nagios:root 700 /var/spool/voip-plugins' 'nothing is left'; do
		is "then: $line" grep -qx "$line" "$work/install.log"
	done
fi

# RPM: a file that no package has, and one that is missing, fail the build.  Without -g, because here no
# debugedit takes the name of the build folder out of the symbols.
# build_rpm FOLDER VARIABLE=VALUE...
build_rpm() {
	rpm_folder=$1
	shift
	mkdir -p "$rpm_folder"
	env -i PATH="$PATH" HOME="$rpm_folder" "$@" rpmbuild -tb --nodeps --nocheck --define "_topdir $rpm_folder" \
		--define "_tmppath $rpm_folder" --define 'optflags -O0' "$work/$tree.tar.xz"
}
if ! command -v rpmbuild >/dev/null; then
	skip "RPM packages build" "rpmbuild is not installed"
else
	rm -r "$work/$tree/debian"
	XZ_OPT=-0 tar -C "$work" -cJf "$work/$tree.tar.xz" "$tree"
	log_is_good "RPM packages build" "$work/rpm.log" build_rpm "$work/rpm/one" TZ=XYZ-14
	log_is_good "again elsewhere" "$work/rpm2.log" build_rpm "$work/rpm/two/longer" TZ=XYZ+12 LC_ALL=$other
	rpms=$(find "$work/rpm/one/RPMS" -name '*.rpm' | sort -r)
	same "an RPM package for the plugins, one for send_results" "$name
$send" "$(rpm -qp --qf '%{NAME}\n' $rpms 2>/dev/null | sort)"
	for rpm in $rpms; do
		is "built twice it is the same: ${rpm##*/}" cmp "$rpm" "$work/rpm/two/longer/${rpm#"$work/rpm/one/"}"
	done
	same "all of contrib is among their documents" "$(sed 's|.*/||' <<<"$examples" | sort)" \
		"$(rpm -qpld $rpms 2>/dev/null | grep "/share/doc/.*/.*/" | sed 's|.*/||' | grep -v '^check_.*cfg$' | sort)"
	plugins=$(rpm --eval '%{_libdir}/nagios/plugins')
	same "the plugins are where RPM systems look for them" "$(printf "$plugins/%s\n" $checks | sort)" \
		"$(rpm -qpl $rpms 2>/dev/null | grep "^$plugins/" | sort)"
fi
done_testing
