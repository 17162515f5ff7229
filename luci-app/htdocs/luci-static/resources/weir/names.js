'use strict';
'require baseclass';
'require weir.format as format';
'require weir.state as state';
'require weir.svg as s';

// Devices, applications, countries and addresses as people know them, and as links.

// Icons of 16 × 16, drawn as lines.
const ICONS = {
	phone: 'M5 1.5h6v13H5zM7 12.5h2', tablet: 'M3 1.5h10v13H3zM7 12.5h2', computer: 'M2.5 3h11v7.5h-11zM1 13h14', tv: 'M1.5 3h13v8.5h-13zM5 14h6',
	speaker: 'M4 1.5h8v13H4zM8 4v.5M8 12a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5', printer: 'M4 6V2h8v4M2 6h12v6H2zM4.5 10h7v4.5h-7z',
	camera: 'M2 4.5h12v8.5H2zM8 11a2.2 2.2 0 1 0 0-4.4a2.2 2.2 0 0 0 0 4.4M5 4.5L6 3h4l1 1.5', console: 'M4.5 5h7l3 7.5l-3-2h-7l-3 2zM5 8h2M6 7v2M10.5 8h.5',
	iot: 'M8 2a4 4 0 0 0-2 7.5V11h4V9.5A4 4 0 0 0 8 2M6.5 13.5h3', nas: 'M2.5 2h11v5h-11zM2.5 9h11v5h-11zM5 4.5h.5M5 11.5h.5',
	voip: 'M3 2l2.5 0l1 3.5l-1.5 1a8 8 0 0 0 4.5 4.5l1-1.5l3.5 1l0 2.5A12 12 0 0 1 3 2z', watch: 'M4.5 5h7v6h-7zM6 5V1.5h4V5M6 11v3.5h4V11',
	router: 'M2 9h12v4.5H2zM4.5 11.2h.5M11 9V3.5M8 6a4 4 0 0 1 6 0', other: 'M8 14a6 6 0 1 0 0-12a6 6 0 0 0 0 12M6.5 6.5a1.5 1.5 0 1 1 1.5 1.800V9.5M8 11.5v.3'
};

// Spellings that a capital at the beginning does not give.
const SPELLED = {};
('AI AOL BBC BitTorrent CBC CBS CNN DHCP DHCPv6 DNS DoH DoT FTP GitHub GitLab HBO HP HTTP HTTPS ICMP ICMPv6 IGMP IMAP IMDb IoT IPP LinkedIn LLMNR mDNS MQTT MSN NBC NBNS NetBIOS NFS ' +
'NTP OpenAI OpenVPN PayPal POP3 QUIC RDP RTP RTSP SIP SMB SMTP SNMP SSDP SSH STUN TCP TikTok TLS TV UDP UPnP VPN WhatsApp WireGuard XMPP YouTube ZDF iCloud iTunes ChatGPT')
	.split(' ').forEach((w) => { SPELLED[w.toLowerCase()] = w; });

const CATEGORIES = {
	other: _('Other'), streaming: _('Streaming'), music: _('Music'), social: _('Social networks'), messaging: _('Messages and calls'), games: _('Games'), work: _('Work'),
	mail: _('Mail'), cloud: _('Cloud storage'), ai: _('Artificial intelligence'), search: _('Search'), web: _('Web'), news: _('News'), shopping: _('Shopping'),
	finance: _('Money'), education: _('Education'), travel: _('Travel'), dating: _('Dating'), adult: _('Adult'), gambling: _('Gambling'), vpn: _('VPN'),
	dns: _('Names (DNS)'), security: _('Security'), ads: _('Advertising'), tracking: _('Tracking'), iot: _('Smart home'), updates: _('Updates'), system: _('System'),
	developer: _('Development'), remote: _('Remote control'), infra: _('Infrastructure')
};

const SERVICES = {
	21: 'ftp', 22: 'ssh', 23: 'telnet', 25: 'smtp', 53: 'dns', 67: 'dhcp', 68: 'dhcp', 80: 'http', 110: 'pop3', 123: 'ntp', 137: 'netbios-ns', 139: 'netbios-ssn', 143: 'imap',
	161: 'snmp', 443: 'https', 445: 'smb', 465: 'smtps', 500: 'ike', 514: 'syslog', 546: 'dhcpv6', 547: 'dhcpv6', 554: 'rtsp', 587: 'submission', 631: 'ipp', 853: 'dns-tls',
	993: 'imaps', 995: 'pop3s', 1883: 'mqtt', 1900: 'ssdp', 3389: 'rdp', 3478: 'stun', 4500: 'ipsec', 5060: 'sip', 5223: 'push', 5228: 'push', 5353: 'mdns', 5355: 'llmnr', 51820: 'wireguard'
};

let regions = null;

function appLabel(key) {
	if (!key || key == 'unknown')
		return _('Not recognised');

	return key.split('_').map((w) => SPELLED[w] || w.charAt(0).toUpperCase() + w.slice(1)).join(' ');
}

function categoryLabel(key) { return CATEGORIES[key] || appLabel(key); }

function countryName(code) {
	try {
		regions = regions || new Intl.DisplayNames([ format.LOCALE ], { type: 'region' });

		return regions.of(code);
	}
	catch (e) {
		return code || '–';
	}
}

// called keeps what devices are called: replies that name only some of them by id
// go with others that tell more.
const called = {};

function deviceLabel(d) {
	const first = (list) => (list && list.length) ? list[0].mac || list[0].ip || list[0] : null;
	const label = d.name || d.label || first(d.macs) || d.ip || first(d.ips);

	if (label && d.id != null)
		called[d.id] = label;

	return label || called[d.id] || _('Device %s').format(d.id);
}

function service(port, proto) {
	return (port != null && SERVICES[port] && proto != 'icmp') ? SERVICES[port] : null;
}

function icon(type) {
	return s.svg('svg', { 'class': 'weir-icon', viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' }, [ s.svg('path', { d: ICONS[type] || ICONS.other }) ]);
}

function link(page, params, children, filter, term, title) {
	const a = E('a', { 'class': 'weir-name', 'href': filter ? '#' : state.link(page, params), 'title': title || null }, children);

	if (filter)
		a.addEventListener('click', (ev) => {
			if (ev.metaKey || ev.ctrlKey)
				return;

			ev.preventDefault();
			filter.add(...term);
		});

	return a;
}

function device(d, filter) {
	const label = deviceLabel(d);

	return link('devices', { device: d.id }, [ d.bare ? '' : icon(d.icon || d.type), label ], filter, [ 'device', d.id, label ], d.vendor);
}

// A tile of the application's colour with its initial, which the style sheet writes:
// it is a sign for the eye, not a part of the name.
function app(a, filter) {
	const key = (a && a.key !== undefined) ? a.key : a, label = (a && a.label) || appLabel(key);
	const tile = E('i', { 'class': 'weir-tile', 'data-sign': label.charAt(0) });

	const colour = s.colour('app:' + (key || 'unknown'));

	tile.style.cssText = 'background:' + colour + ';color:' + s.ink(colour);

	return link('applications', { app: key || 'unknown' }, [ tile, label ], filter, [ 'app', key || 'unknown' ], a && a.category ? categoryLabel(a.category) : null);
}

function country(code, filter) {
	if (!code || code == 'other')
		return E('span', {}, [ _('Not known') ]);

	const name = countryName(code);

	return link('world', { country: code }, [ E('i', { 'class': 'weir-flag', 'data-sign': code }), name ], filter, [ 'country', code ], name);
}

function host(h, filter) {
	const label = h.name || h.host || h.ip;

	if (h.device != null && h.scope != 'remote')
		return device({ id: h.device, name: label, bare: true, vendor: (label == h.ip) ? null : h.ip }, filter);

	return link('hosts', { ip: h.ip }, [ h.country ? E('i', { 'class': 'weir-flag', 'data-sign': h.country, 'role': 'img', 'aria-label': countryName(h.country), 'title': countryName(h.country) }) : '', label ], filter, [ 'ip', h.ip ], h.ip);
}

function asn(n, name, filter) {
	return (n && n != 'other') ? link('world', { asn: n }, [ name || 'AS' + n ], filter, [ 'asn', n ], 'AS' + n) : E('span', {}, [ _('Not known') ]);
}

return baseclass.extend({ device, app, country, host, asn, appLabel, categoryLabel, countryName, deviceLabel, service });
