# SPDX-License-Identifier: MIT
"""Programs of Debian 12 that have plugins, where both are, and which packages bring them.

This is what the verdicts are held against, and so tells nothing to the daemon, which has a table of
its own.
"""

import collections
import fnmatch
import glob
import os

from elffile import is_program
from sweep import find_libraries


class Host(collections.namedtuple("Host", "name programs plugins packages before",
                                  defaults=[""])):
    """A host: patterns of its programs, and of its plugins or directories with them. 'before' are
    plugins of which these are plugins again."""

    def found_programs(self):
        """Those that are here, each file once."""
        found = (os.path.realpath(path) for pattern in self.programs.split()
                 for path in sorted(glob.glob(pattern)))
        return list(dict.fromkeys(path for path in found if is_program(path)))

    def found_plugins(self):
        found = [path for pattern in self.plugins.split() for path in glob.glob(pattern)]
        files = {os.path.realpath(path) for path in found if os.path.isfile(path)}
        return sorted(files.union(find_libraries(filter(os.path.isdir, found))))

    def has(self, path):
        """Whether a file is one of its plugins."""
        return any(fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + "/*")
                   for pattern in self.plugins.split())

    def found_before(self):
        return [path for pattern in self.before.split() for path in glob.glob(pattern)]


LIB = "/usr/lib/x86_64-linux-gnu"
PERL5 = f"{LIB}/perl5/*/auto"
HOSTS = [Host(*fields) for fields in (
    ("zsh", "/usr/bin/zsh", f"{LIB}/zsh/*/zsh", "zsh"),
    ("Apache", "/usr/sbin/apache2", "/usr/lib/apache2/modules",
     "apache2-bin libapache2-mod-php8.2 libapache2-mod-perl2 libapache2-mod-qos "
     "libapache2-mod-security2 libapache2-mod-wsgi-py3 libapache2-mod-auth-openidc "
     "libapache2-mod-xsendfile"),
    ("Python", "/usr/bin/python3.11",
     "/usr/lib/python3.11/lib-dynload /usr/lib/python3*/dist-packages",
     "python3 python3-numpy python3-lxml python3-pil python3-cryptography python3-gi "
     "python3-psycopg2"),
    ("APR", "/usr/sbin/apache2", f"{LIB}/apr-util-1", "libaprutil1"),
    ("bash", "/usr/bin/bash", "/usr/lib/bash", "bash-builtins"),
    ("BIND", "/usr/sbin/named", f"{LIB}/bind", "bind9"),
    ("collectd", "/usr/sbin/collectd", "/usr/lib/collectd", "collectd-core"),
    ("Dovecot", "/usr/bin/doveadm /usr/lib/dovecot/*", "/usr/lib/dovecot/modules", "dovecot-core"),
    ("Erlang", "/usr/lib/erlang/erts-*/bin/beam.smp", "/usr/lib/erlang/lib",
     "erlang-base erlang-crypto"),
    ("FreeRADIUS", "/usr/sbin/freeradius", "/usr/lib/freeradius",
     "freeradius freeradius-ldap freeradius-postgresql"),
    ("gawk", "/usr/bin/gawk", f"{LIB}/gawk", "gawk"),
    ("iptables", "/usr/sbin/xtables-*-multi", f"{LIB}/xtables", "iptables"),
    ("InspIRCd", "/usr/sbin/inspircd", "/usr/lib/inspircd", "inspircd"),
    ("irssi", "/usr/bin/irssi", f"{LIB}/irssi", "irssi irssi-plugin-otr"),
    ("Kamailio", "/usr/sbin/kamailio", f"{LIB}/kamailio/modules", "kamailio"),
    ("lighttpd", "/usr/sbin/lighttpd", "/usr/lib/lighttpd",
     "lighttpd lighttpd-mod-openssl lighttpd-modules-lua"),
    *((f"Lua {version}", f"/usr/bin/lua{version}", f"{LIB}/liblua{version}-*.so.*",
       f"lua{version} lua-socket lua-lpeg lua-sec lua-expat")
      for version in ("5.1", "5.2", "5.3", "5.4")),
    ("MariaDB", "/usr/sbin/mariadbd", "/usr/lib/mysql/plugin",
     "mariadb-server mariadb-plugin-connect mariadb-plugin-s3"),
    ("nginx", "/usr/sbin/nginx", "/usr/lib/nginx/modules",
     "nginx libnginx-mod-http-lua libnginx-mod-http-perl libnginx-mod-stream libnginx-mod-mail "
     "libnginx-mod-http-image-filter libnginx-mod-http-geoip libnginx-mod-http-ndk "
     "libnginx-mod-http-echo"),
    ("Octave", "/usr/bin/octave-cli", f"{LIB}/octave/*/oct", "octave"),
    ("mod_perl", "/usr/sbin/apache2",
     " ".join(f"{PERL5}/{name}" for name in ("APR", "Apache2", "ModPerl")),
     "libapache2-mod-perl2", "/usr/lib/apache2/modules/mod_perl.so"),
    ("irssi's Perl", "/usr/bin/irssi", f"{PERL5}/Irssi", "irssi",
     f"{LIB}/irssi/modules/libperl_core.so"),
    ("nginx's Perl", "/usr/sbin/nginx", f"{PERL5}/nginx", "libnginx-mod-http-perl",
     "/usr/lib/nginx/modules/ngx_http_perl_module.so"),
    ("Perl", "/usr/bin/perl",
     f"{LIB}/perl/*/auto " + " ".join(f"{PERL5}/{name}" for name in (
         "Algorithm", "Clone", "DBD", "DBI", "File", "HTML", "JSON", "Locale", "Net", "XML")),
     "perl libdbi-perl libdbd-sqlite3-perl libxml-libxml-perl libdbd-pg-perl libjson-xs-perl "
     "libnet-ssleay-perl"),
    ("PHP", "/usr/bin/php8.2", "/usr/lib/php/20220829",
     "php8.2-cli php8.2-common php8.2-mysql php8.2-pgsql php8.2-gd php8.2-xml php8.2-mbstring "
     "php8.2-curl php8.2-intl php8.2-sqlite3 php8.2-zip php8.2-bz2 php8.2-gmp php8.2-ldap "
     "php8.2-opcache php8.2-readline"),
    ("PostgreSQL", "/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/15/lib",
     "postgresql-15 postgresql-plperl-15 postgresql-plpython3-15 postgresql-pltcl-15 "
     "postgresql-15-cron postgresql-15-postgis-3 postgresql-15-repack"),
    ("ProFTPD", "/usr/sbin/proftpd", "/usr/lib/proftpd",
     "proftpd-core proftpd-mod-crypto proftpd-mod-ldap proftpd-mod-pgsql"),
    ("Python's libraries", "/usr/bin/python3.11",
     f"{LIB}/libboost_python*.so.* {LIB}/libvtk*Python*.so.* {LIB}/libvtkParallelMPI4Py*.so.*",
     "libboost-python1.74.0 libvtk9.1"),
    ("QEMU", "/usr/bin/qemu-system-x86_64", f"{LIB}/qemu", "qemu-block-extra qemu-system-x86"),
    ("R", "/usr/lib/R/bin/exec/R", "/usr/lib/R/library /usr/lib/R/modules", "r-base-core"),
    ("rsyslog", "/usr/sbin/rsyslogd", f"{LIB}/rsyslog",
     "rsyslog rsyslog-pgsql rsyslog-gnutls rsyslog-relp"),
    ("Ruby", "/usr/bin/ruby3.1", f"{LIB}/ruby", "ruby3.1 libruby3.1"),
    ("slapd", "/usr/sbin/slapd", "/usr/lib/ldap", "slapd slapd-contrib"),
    ("strongSwan", "/usr/lib/ipsec/charon", "/usr/lib/ipsec/plugins",
     "strongswan-charon libstrongswan libstrongswan-extra-plugins libcharon-extra-plugins"),
    ("sudo", "/usr/bin/sudo", "/usr/libexec/sudo", "sudo"),
    ("uWSGI", "/usr/bin/uwsgi-core", "/usr/lib/uwsgi/plugins",
     "uwsgi-core uwsgi-plugin-python3 uwsgi-plugin-psgi uwsgi-plugin-lua5.1 "
     "uwsgi-plugin-rack-ruby3.1 uwsgi-plugin-alarm-curl uwsgi-plugin-router-access "
     "uwsgi-plugin-xslt uwsgi-plugin-ldap uwsgi-plugin-fiber"),
    ("Varnish", "/usr/sbin/varnishd", f"{LIB}/varnish/vmods", "varnish varnish-modules"),
    ("Xorg", "/usr/lib/xorg/Xorg", "/usr/lib/xorg/modules",
     "xserver-xorg-core xserver-xorg-video-dummy xserver-xorg-input-libinput"),
    ("ZNC", "/usr/bin/znc", "/usr/lib/znc", "znc"),
)]
# Of small packages, which packaging/install-dependencies.sh installs.
SHORT = ("zsh", "Apache", "Python")


def hosts_of(path):
    return [host for host in HOSTS if host.has(path)]
