'use strict';
'require baseclass';

// What can be configured: sections of a type, with the name of the only one or '' where
// there may be several, a title, a help and options. An option has a name, what it
// takes, a default (of lists, between spaces), a title and a help. What it takes are
// words and kinds of values (@) with a | between them; * is a list, ! has to be given.
// A test holds this to docs/configuration.md, which is made from what the daemon reads.
return baseclass.extend({ sections: [
	[ 'weir', 'main', _('General'), _('What is watched and how.'), [
		[ 'enabled', '@flag', '1', _('Start at boot'), _('Start weir at boot.') ],
		[ 'interface', '*none|@name', 'lan', _('Networks to watch'), _('Networks to watch, by their name in /etc/config/network, or devices; none watches nothing live.') ],
		[ 'wan', '*@name', '', _('Uplinks'), _('Uplinks; without it the masqueraded networks and those named wan*.') ],
		[ 'local_network', '*@cidr', '', _('Further local networks'), _('Networks that are local beside those of the interfaces\' own addresses.') ],
		[ 'source', 'auto|packets|conntrack|hybrid', 'auto', _('What counts'), _('What counts: packets, connection tracking (conntrack), or connection tracking with packets for the names (hybrid); auto takes what suits the machine.') ],
		[ 'sampling', '@int:1:65535', '1', _('Sampling'), _('Look at one packet in so many where packets count; 1 looks at all.') ],
		[ 'snaplen', '@int:96:65535', '1600', _('Bytes of a packet'), _('Bytes of each packet to look at.') ],
		[ 'ring_size', '@size:64K:256M', '512K', _('Packet buffer'), _('Buffer between kernel and weir; a larger one drops fewer packets in bursts.') ],
		[ 'capture_ports', 'auto|1|0', 'auto', _('Watch bridge ports'), _('Watch the ports of a bridge instead of the bridge, which flow offload leads packets past; auto does so in hybrid and with flow offload.') ],
		[ 'host_idle', '@time:10s:30d', '600', _('Hosts stay for'), _('Hosts elsewhere leave memory after this silence.') ],
		[ 'sticky', '*local|remote', '', _('Hosts that always stay'), _('Hosts that stay in memory however long they are silent.') ],
		[ 'device_stale', '@time:1h:10y', '90d', _('Devices stay for'), _('Devices without a name of yours are forgotten after this silence.') ],
		[ 'promiscuous', '@flag', '0', _('Promiscuous mode'), _('Ask for frames to other machines as well, as on a mirror port.') ],
		[ 'max_flows', '@int:256:1048576', '8192', _('Flows in memory'), _('Flows in memory, about 200 bytes each; beyond it the longest silent one is closed.') ],
		[ 'max_devices', '@int:16:65536', '512', _('Devices in memory'), _('Devices in memory; beyond it the longest silent unnamed one is forgotten.') ],
		[ 'idle_timeout', '@time:1s:2h', '60', _('A silent flow ends after'), _('A silent flow ends after this time.') ],
		[ 'active_timeout', '@time:10s:1d', '300', _('A long flow is counted every'), _('A long flow is accounted after this time, and goes on.') ],
		[ 'dns_mode', 'off|seen|local|all', 'local', _('Names from DNS'), _('Names: off, seen in DNS answers, and reverse lookups of local or all addresses.') ],
		[ 'privacy', 'names|domains|bytes', 'names', _('Privacy'), _('What is kept of the far end: full names, domains, or only bytes.') ],
		[ 'memory_limit', '@int:0:65536', '0', _('Memory limit'), _('MiB that weir tries to stay under; 0 chooses from the RAM.') ],
		[ 'log_level', 'debug|info|warn|error', 'info', _('Log level'), _('The least important message to log.') ]
	] ],
	[ 'store', 'store', _('Storage'), _('Where statistics are kept, and for how long.'), [
		[ 'path', '@path', '/var/lib/weir', _('Database'), _('Directory of the live database; in RAM on a router.') ],
		[ 'snapshot_path', 'none|@path', '/etc/weir', _('Copies for a reboot'), _('Directory of the copies that survive a reboot; none keeps everything in RAM. A database that lies on such a file system itself needs none.') ],
		[ 'snapshot_size', 'auto|@size:128K:4G', 'auto', _('Size of the copies'), _('What the copies may take; auto goes by the free space.') ],
		[ 'snapshot_every', '@time:10m:30d', '6h', _('Copy every'), _('How often a copy is made; flash wears with every one.') ],
		[ 'max_size', 'auto|@size:1M:1T', 'auto', _('Size of the database'), _('What the live database may take; auto is 1/32 of the RAM, 2M to 16M.') ],
		[ 'flow_days', '@int:0:3650', '30', _('Days of ended flows'), _('Days that ended flows stay searchable, as far as the space allows; 0 keeps none.') ],
		[ 'series', '*@series', 'device:full', _('What is kept'), _('How much is kept of a class of series: full, light (nothing finer than an hour) or none.') ],
		[ 'tier', '*@tier', '1m:48h 5m:14d 1h:90d 1d:3y', _('How long it is kept'), _('Resolutions of the series and how long each is kept, the finest first; months are kept for good.') ]
	] ],
	[ 'api', 'api', _('Access'), _('Who may ask weir, and where it answers.'), [
		[ 'ubus', '@flag', '1', _('Answer on ubus'), _('Answer on ubus, which LuCI uses.') ],
		[ 'socket', '@path', '/var/run/weir.sock', _('Unix socket'), _('Unix socket for the command line; only its owner may use it.') ],
		[ 'listen', '*@listen', '', _('HTTP addresses'), _('TCP addresses for HTTP and, off OpenWrt, the pages; without it there is none.') ],
		[ 'token_file', '@path', '/etc/weir/token', _('Token file'), _('File with the token that HTTP clients show; made at the first start.') ],
		[ 'login_hours', '@int:1:8760', '12', _('Hours of a login'), _('How many hours a login of the pages lasts.') ],
		[ 'allow', '*@cidr', '', _('Allowed networks'), _('Networks whose clients may connect; without it any client that has the token.') ],
		[ 'host', '*@domain', '', _('Host names'), _('Names under which clients reach HTTP, beside its addresses.') ],
		[ 'origin', '*@origin', '', _('Allowed web sites'), _('Other web sites whose pages may ask (CORS).') ],
		[ 'base_path', '@base', '', _('Path behind a proxy'), _('Path under which a proxy serves weir, if it leaves it in the requests.') ],
		[ 'cert', '@path', '', _('Certificate'), _('Certificate (PEM) for HTTPS.') ],
		[ 'key', '@path', '', _('Private key'), _('Private key (PEM) of the certificate.') ]
	] ],
	[ 'geo', 'geo', _('Places'), _('Databases that tell country, network and vendor of an address.'), [
		[ 'country', '@path', '', _('Countries'), _('Database of countries, MMDB or what weir geo build makes; without it /usr/share/weir/country.db, if that is installed.') ],
		[ 'asn', '@path', '', _('Networks'), _('Database of networks, the same; without it asn.db there.') ],
		[ 'vendor', '@path', '', _('Vendors'), _('Database of the vendors of hardware addresses; without it vendor.db there.') ],
		[ 'update_url', '@url', '', _('Newer databases from'), _('Where newer databases are fetched; without it never.') ],
		[ 'update_every', '@time:0:1y', '0', _('Look for newer every'), _('How often; 0 is never.') ]
	] ],
	[ 'device', '', _('Devices'), _('A device of the house: its name, and the addresses that belong to it.'), [
		[ 'name', '@text:64', '', _('Name'), _('What it is called.') ],
		[ 'mac', '*@mac', '', _('Hardware addresses'), _('Hardware addresses; several make them one device.') ],
		[ 'ip', '*@ip', '', _('IP addresses'), _('IP addresses, for a device behind another router.') ],
		[ 'type', '@text:64', '', _('Type'), _('What it is: phone, laptop, tv, printer …') ],
		[ 'pool', '@text:64', '', _('Pool'), _('Group it belongs to.') ],
		[ 'icon', '@text:64', '', _('Icon'), _('Icon to show; without it the type\'s.') ],
		[ 'private', '@flag', '0', _('Private'), _('Keep no names of the far ends it talks to.') ],
		[ 'hidden', '@flag', '0', _('Hidden'), _('Leave it out of lists; its bytes still count.') ]
	] ],
	[ 'pool', '', _('Pools'), _('A group of devices.'), [
		[ 'name', '@text:64', '', _('Name'), _('What it is called; without it the section\'s name.') ],
		[ 'icon', '@text:64', '', _('Icon'), _('Icon to show.') ],
		[ 'network', '*@cidr', '', _('Networks'), _('Devices with an address in these networks belong to it too.') ]
	] ],
	[ 'network', '', _('Address ranges'), _('A named range of addresses.'), [
		[ 'name', '@text:64', '', _('Name'), _('What it is called; without it the section\'s name.') ],
		[ 'subnet', '*!@cidr', '', _('Addresses'), _('Its addresses.') ]
	] ],
	[ 'application', '', _('Applications'), _('An application of your own, told by name, port or address.'), [
		[ 'name', '@text:64', '', _('Name'), _('What it is called; without it the section\'s name. With the name of a built-in one it adds to that.') ],
		[ 'category', '@text:64', '', _('Category'), _('Category it is counted in, one of the built-in ones or your own; other without it.') ],
		[ 'domain', '*@domain', '', _('Domains'), _('Domains it talks to, with all names below them.') ],
		[ 'port', '*@ports', '', _('Ports'), _('Ports of its servers; with networks too, both must hold.') ],
		[ 'network', '*@cidr', '', _('Networks'), _('Addresses of its servers.') ]
	] ],
	[ 'wan', '', _('Cycles'), _('The accounting cycle of an uplink without a quota.'), [
		[ 'cycle', 'day|week|month|year|days', 'month', _('Cycle'), _('When accounting begins anew; days counts option every from option start.') ],
		[ 'start', '@start', '1', _('Begins on'), _('First day of the cycle, -1 for the last of a month, or a date.') ],
		[ 'every', '@int:1:3660', '30', _('Days of a cycle'), _('Length of a cycle of days.') ]
	] ],
	[ 'quota', '', _('Quotas'), _('A data plan, or the budget of a device or pool.'), [
		[ 'enabled', '@flag', '1', _('Enabled'), _('Watch this quota.') ],
		[ 'scope', '@scope', 'wan', _('Whose bytes'), _('Whose bytes count.') ],
		[ 'bytes', '!@size:1:1024T', '', _('Bytes of a cycle'), _('Bytes a cycle.') ],
		[ 'direction', 'both|rx|tx', 'both', _('Direction'), _('Count received bytes, sent bytes, or both.') ],
		[ 'cycle', 'day|week|month|year|days', 'month', _('Cycle'), _('When accounting begins anew; days counts option every from option start.') ],
		[ 'start', '@start', '1', _('Begins on'), _('First day of the cycle, -1 for the last of a month, or a date.') ],
		[ 'every', '@int:1:3660', '30', _('Days of a cycle'), _('Length of a cycle of days.') ],
		[ 'warn', '*@int:1:100', '80 95', _('Warn at per cent'), _('Warn when so many per cent are used.') ],
		[ 'prior', '@size:0:1024T', '0', _('Used before'), _('Bytes used in this cycle before weir began to count.') ],
		[ 'free', '*@hours', '', _('Free hours'), _('Times of day that do not count.') ],
		[ 'weekday', '*mon|tue|wed|thu|fri|sat|sun', '', _('Days that count'), _('Days that count; without it all.') ]
	] ],
	[ 'source', '', _('Captures'), _('Further sources beside the interfaces: captures in files and pipes.'), [
		[ 'enabled', '@flag', '1', _('Enabled'), _('Read this source.') ],
		[ 'kind', 'pcap', 'pcap', _('Kind'), _('What it is: a capture in pcap or pcapng.') ],
		[ 'path', '!@path', '', _('File or pipe'), _('File or named pipe to read.') ],
		[ 'name', '@text:64', '', _('Interface name'), _('Interface as which it appears; without it the section\'s name.') ],
		[ 'role', 'count', 'count', _('Purpose'), _('Count its bytes, or only learn names from it.') ],
		[ 'pace', 'max|@pace', 'max', _('Speed'), _('Replay at so many times real time.') ],
		[ 'loop', '@flag', '0', _('Repeat'), _('Begin again at the end of the file.') ]
	] ]
] });
