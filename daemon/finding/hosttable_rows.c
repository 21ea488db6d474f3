/* SPDX-License-Identifier: MIT */
#include "hosttable.h"

/*
 * Where two hosts have the same kind of entry, the families tell them apart: of libraries that just
 * lack one of their dependencies many export something that looks like an entry, and none lacks
 * what these hosts alone have. Rows without entries give a program a name, and say where it lies.
 * Modules of a Perl that is in another program have Perl's entries, too, hence the names of theirs.
 */
const struct host hosttable[] = {
	{"PostgreSQL", .entries = "Pg_magic_func", .programs = "postgres",
		.places = "/usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* "
			  "/opt/postgresql/*/bin /usr/local/pgsql/bin"},
	{"Apache", .entries = "*_module", .family = "ap_ apr_ proxy_ dav_ modperl_",
		.programs = "apache2 httpd", .places = "/usr/local/apache2/bin /opt/apache2/bin"},
	{"Apache", .entries = "boot_Apache2_* boot_APR* boot_ModPerl_*",
		.lacked = "modperl_croak modperl_xs_sv2request_rec modperl_thx_interp_get",
		.family = "ap_ apr_ modperl_", .programs = "apache2 httpd",
		.places = "/usr/local/apache2/bin /opt/apache2/bin",
		.via = "/usr/lib/apache2/modules/mod_perl.so /usr/lib64/httpd/modules/mod_perl.so "
		       "/usr/lib/httpd/modules/mod_perl.so /usr/lib/apache2/mod_perl.so "
		       "/usr/lib64/apache2/mod_perl.so /usr/local/apache2/modules/mod_perl.so"},
	{"APR", .entries = "apr_dbm_type_* apr_crypto_*_driver apr_dbd_*_driver apr__ldap_init",
		.family = "apr_", .programs = "apache2 httpd svnserve",
		.libraries = "libapr-1.so* libaprutil-1.so*"},
	{"PHP", .entries = "get_module zend_extension_entry",
		.family = "zend_ php_ _e _zend_ _php_ _safe_ OnUpdate executor_ sapi_ core_globals "
			  "compiler_ add_ array_ object_ smart_str std_object spl_",
		.programs = "php[0-9]* php php-cgi* php-fpm*"},
	{"PyPy", .entries = "PyInit_*", .family = "PyPy _PyPy", .programs = "pypy3*",
		.places = "/usr/lib/pypy3/bin /opt/pypy3/bin", .libraries = "libpypy3*",
		.has_packages = true},
	{"Python", .entries = "PyInit_*", .family = "Py _Py", .programs = "python3*",
		.libraries = "libpython3*", .has_packages = true, .is_tagged = true},
	{"Node", .entries = "napi_register_module_v1 node_register_module_v*",
		.lacked = "napi_module_register node_module_register",
		.family = "napi_ node_api_ uv_ _ZN2v8 _ZNK2v8 _ZTVN2v8 _ZN4node node_module",
		.programs = "node node-[0-9]* nodejs", .libraries = "libnode.so.*"},
	{"Perl", .entries = "boot_*", .family = "Perl_ PL_ perl_ PerlIO", .programs = "perl perl5*",
		.libraries = "libperl.so*"},
	{"Lua", .entries = "luaopen_*", .family = "lua_ luaL_",
		.programs = "lua lua5* lua-5* luajit*", .libraries = "liblua*.so* libluajit*.so*",
		.is_versioned = true},
	{"Ruby", .entries = "Init_*", .family = "rb_ ruby_", .programs = "ruby ruby[0-9]*",
		.libraries = "libruby*.so*"},
	{"Tcl", .entries = "*_Init", .family = "Tcl_ Tk_ Ttk_", .programs = "tclsh* wish*",
		.libraries = "libtcl[0-9]*.so* libtk[0-9]*.so*"},
	{"R", .entries = "R_init_*", .family = "R_ Rf_ Rprintf SET_ VECTOR_ INTEGER REAL",
		.programs = "R", .places = "/usr/lib/R/bin/exec /usr/lib64/R/bin/exec",
		.libraries = "libR.so"},
	{"Octave", .entries = "G* mexFunction",
		.family = "_ZN6octave _ZNK6octave _ZTIN6octave _ZTVN6octave _ZN12octave_value "
			  "_ZN11octave_base _ZN17octave_value_list mex mx",
		.programs = "octave-cli-[0-9]* octave-cli octave", .libraries = "liboctinterp.so*"},
	{"Erlang", .entries = "nif_init driver_init", .family = "enif_ driver_ erl_drv_",
		.programs = "beam.smp",
		.places = "/usr/lib/erlang/erts-*/bin /usr/lib64/erlang/erts-*/bin"},
	{"OCaml", .entries = "caml_plugin_header", .family = "caml",
		.programs = "ocamlopt.opt ocaml*"},
	{"OCaml", .family = "caml_ caml", .programs = "ocamlrun"},
	{"GHC", .entries = "*_closure",
		.family = "stg_ base_ ghczm ghcprim ghc hs_ rts_ newCAF allocate",
		.programs = "ghc ghc-[0-9]*", .places = "/usr/lib/ghc/bin /usr/lib/ghc-*/bin"},
	{"LLVM", .entries = "llvmGetPassPluginInfo", .family = "_ZN4llvm _ZNK4llvm _ZTVN4llvm",
		.programs = "opt opt-[0-9]*", .places = "/usr/lib/llvm-*/bin /usr/lib/llvm/*/bin",
		.libraries = "libLLVM*.so*"},
	{"GNU make", .entries = "plugin_is_GPL_compatible", .family = "gmk_",
		.programs = "make gmake"},
	{"GCC", .entries = "plugin_init+plugin_is_GPL_compatible", .programs = "cc1plus cc1 lto1",
		.places = "/usr/lib/gcc/*/* /usr/libexec/gcc/*/*", .is_versioned = true},
	{"nginx", .entries = "ngx_modules", .family = "ngx_", .programs = "nginx openresty angie",
		.places = "/usr/local/nginx/sbin /usr/local/openresty/nginx/sbin"},
	{"nginx", .entries = "boot_nginx", .family = "ngx_", .programs = "nginx openresty angie",
		.places = "/usr/local/nginx/sbin /usr/local/openresty/nginx/sbin",
		.via = "/usr/lib/nginx/modules/ngx_http_perl_module.so "
		       "/usr/lib64/nginx/modules/ngx_http_perl_module.so "
		       "/usr/local/nginx/modules/ngx_http_perl_module.so"},
	{"lighttpd", .entries = "mod_*_plugin_init", .programs = "lighttpd"},
	{"uWSGI", .entries = "*_plugin", .family = "uwsgi", .programs = "uwsgi-core uwsgi"},
	{"Varnish", .entries = "Vmod_*_Data",
		.family = "VRT_ VS VCL_ VCP_ VTIM_ VUT_ VNUM VMOD_ VPI_ VTCP_ VRE_ WS_ http_ VFP_",
		.programs = "varnishd"},
	{"Traffic Server", .entries = "TSPluginInit TSRemapInit", .family = "TS",
		.programs = "traffic_server", .places = "/opt/ts/bin"},
	{"collectd", .entries = "module_register",
		.family =
			"plugin_ cf_util parse_ uc_ fc_ cdtime c_avl_ ssnprintf sstrncpy strsplit",
		.programs = "collectd"},
	{"zsh", .entries = "setup_+boot_", .programs = "zsh zsh5 zsh-[0-9]*"},
	{"bash", .entries = "*_struct",
		.family = "builtin_ list_optarg internal_getopt loptend reset_internal_getopt sh_ "
			  "bind_ unbind_ find_variable make_builtin legal_ no_options "
			  "interrupt_state terminating_signal throw_to_top_level "
			  "this_command_name posixly_correct get_working_directory",
		.programs = "bash"},
	{"gawk", .entries = "dl_load", .family = "gawk_ api_", .programs = "gawk"},
	{"FreeRADIUS", .entries = "rlm_* proto_*",
		.family = "rad_ fr_ _fr_ pair cf_ radlog module_ map_ tmpl_ radius_ vp_ "
			  "main_config talloc_ _talloc_",
		.programs = "freeradius radiusd"},
	{"strongSwan", .entries = "*_plugin_create", .programs = "charon charon-systemd",
		.places = "/usr/lib/ipsec /usr/libexec/ipsec /usr/libexec/strongswan"},
	{"OpenLDAP", .entries = "init_module *_modinit",
		.family =
			"slap attr_ attrs_ be_ ad_ backend_ overlay_ config_ rs_ entry_ bindconf_ "
			"lutil_ connection_ op_ dn acl_ ch_ frontendDB anlist2",
		.programs = "slapd", .places = "/usr/libexec", .is_versioned = true},
	{"rsyslog", .entries = "modInit", .programs = "rsyslogd"},
	{"MariaDB or MySQL", .entries = "_maria_plugin_declarations_ _mysql_plugin_declarations_",
		.programs = "mariadbd mysqld", .places = "/usr/libexec /usr/local/mysql/bin"},
	{"Xorg", .entries = "*ModuleData", .programs = "Xorg",
		.places = "/usr/lib/xorg /usr/lib/xorg-server /usr/libexec"},
	{"ZNC", .entries = "ZNCModuleEntry", .family = "_Z", .programs = "znc"},
	{"InspIRCd", .entries = "inspircd_module_init", .family = "_Z", .programs = "inspircd"},
	{"Kamailio", .entries = "exports+module_interface_ver", .programs = "kamailio"},
	{"ProFTPD", .entries = "*_module",
		.family =
			"pr_ palloc pcalloc pstr session main_server add_config_param destroy_pool",
		.programs = "proftpd"},
	{"irssi", .entries = "*_abicheck", .programs = "irssi"},
	{"irssi", .entries = "boot_Irssi boot_Irssi__*", .programs = "irssi",
		.via = "/usr/lib/*-linux-gnu/irssi/modules/libperl_core.so "
		       "/usr/lib64/irssi/modules/libperl_core.so "
		       "/usr/lib/irssi/modules/libperl_core.so"},
	{"WeeChat", .entries = "weechat_plugin_init+weechat_plugin_name",
		.programs = "weechat weechat-curses weechat-headless"},
	{"BIND", .entries = "plugin_register+plugin_version", .family = "ns_ dns_ isc_ cfg_",
		.programs = "named"},
	{"Dovecot", .entries = "*_plugin_version *_init+*_deinit",
		.family =
			"mail_ mailbox_ i_ t_ p_ array_ buffer_ str_ auth_ module_ doveadm_ "
			"settings_ event_ imap_ dict_ fs_ hash_ client_ acl_ quota_ fts_ istream_",
		.programs = "imap lmtp doveadm pop3 auth dict indexer-worker old-stats",
		.places = "/usr/lib/dovecot /usr/libexec/dovecot"},
	{"QEMU", .entries = "qemu_stamp_*", .programs = "qemu-system-* qemu-img"},
	{"QEMU", .entries = "qemu_plugin_install+qemu_plugin_version", .family = "qemu_plugin_",
		.programs = "qemu-system-* qemu-[a-z0-9_]*"},
	{"VLC", .entries = "vlc_entry*", .family = "vlc_", .programs = "vlc",
		.libraries = "libvlccore.so*"},
	{"mpv", .entries = "mpv_open_cplugin", .family = "mpv_", .programs = "mpv"},
	{"Pidgin", .entries = "purple_init_plugin", .family = "purple_ pidgin_ finch_ gtk_imhtml",
		.programs = "pidgin finch", .libraries = "libpurple.so*"},
	{"Asterisk", .lacked = "ast_module_register", .family = "ast_ __ast_ ao2_ __ao2_",
		.programs = "asterisk"},
	{"Mosquitto", .entries = "mosquitto_plugin_version mosquitto_auth_plugin_version",
		.family = "mosquitto_", .programs = "mosquitto"},
	{"nbdkit", .entries = "plugin_init filter_init", .family = "nbdkit_", .programs = "nbdkit"},
	{"Nagios", .entries = "nebmodule_init", .programs = "nagios* naemon icinga"},
	{"Zabbix", .entries = "zbx_module_api_version", .programs = "zabbix_agentd zabbix_server"},
	{"Slurm", .entries = "plugin_type+plugin_name+plugin_version",
		.family = "slurm_ list_ pack", .programs = "slurmctld slurmd slurmstepd srun"},
	{"NetworkManager", .entries = "nm_device_factory_create nm_settings_plugin_factory",
		.family = "nm_ _nm_", .programs = "NetworkManager"},
	{"ModemManager", .entries = "mm_plugin_create+mm_plugin_major_version", .family = "mm_",
		.programs = "ModemManager"},
	{"BlueZ", .entries = "bluetooth_plugin_desc", .family = "btd_ g_dbus_ adapter_ device_",
		.programs = "bluetoothd", .places = "/usr/libexec/bluetooth /usr/lib/bluetooth"},
	{"ConnMan", .entries = "connman_plugin_desc", .family = "connman_", .programs = "connmand"},
	{"libvirt", .entries = "virStorageBackend*Register", .family = "virStorage",
		.programs = "libvirtd virtstoraged",
		.via = "/usr/lib/*-linux-gnu/libvirt/connection-driver/libvirt_driver_storage.so "
		       "/usr/lib64/libvirt/connection-driver/libvirt_driver_storage.so "
		       "/usr/lib/libvirt/connection-driver/libvirt_driver_storage.so"},
	{"Graphviz", .entries = "gvplugin_*_LTX_library", .family = "gv ag", .programs = "dot",
		.libraries = "libgvc.so*", .is_versioned = true},
	{"udisks", .programs = "udisksd", .places = "/usr/libexec/udisks2 /usr/lib/udisks2"},
};

const size_t hosttable_count = sizeof(hosttable) / sizeof(hosttable[0]);
